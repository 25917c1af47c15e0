//! The one alarm that a name or an ARN means, with the instance that it watches.

use futures_util::StreamExt;

use crate::alarm::{Alarm, Roster, Tags, Wanted, fetch};
use crate::aws::{Cloud, Failure, Place};
use crate::cli::{Error, quote};
use crate::config::nearest::nearest;
use crate::fleet::{self, Node};

pub struct Found {
    pub alarm: Alarm,
    /// The instance in its dimensions, if the fleet has it.
    pub node: Option<Node>,
    pub failures: Vec<Failure>,
    /// Where nobody tells this identity what is muted.
    pub unmuted: Vec<Place>,
}

/// Exit 5 when there is none, 2 when there are several.
pub async fn find(cloud: &Cloud, wanted: &str) -> Result<Found, Error> {
    // An ARN ends in the name, which may hold colons of its own.
    let name = match wanted.strip_prefix("arn:") {
        Some(rest) => rest.split_once(":alarm:").map_or(wanted, |(_, name)| name),
        None => wanted,
    };
    let mut roster = Roster::default();
    let mut batches = fetch(cloud, Wanted::Named(vec![name.to_owned()]), &Tags::once());
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let fits = |alarm: &Alarm| alarm.name == name && (name == wanted || alarm.arn == wanted);
    let mut found: Vec<Alarm> = roster.sorted().into_iter().filter(fits).collect();
    let alarm = match found.len() {
        1 => found.remove(0),
        0 => {
            let silent: Vec<String> = roster.failures.iter().map(ToString::to_string).collect();
            let says = match silent.is_empty() {
                true => format!("no alarm is called {}", quote(wanted)),
                false => format!(
                    "{} was not found, and not every region answered: {}",
                    quote(wanted),
                    quote(&silent.join("; "))
                ),
            };
            let near = near(cloud, name).await;
            let near = near.map_or_else(String::new, |near| format!("did you mean {}? ", quote(&near)));
            let hint = format!("{near}`qd alarms ls --state all` lists them");
            return Err(Error::unreachable(says).hint(hint));
        }
        _ => {
            let arns: Vec<&str> = found.iter().map(|alarm| alarm.arn.as_str()).collect();
            let says = format!(
                "{} alarms are called {}: {}",
                arns.len(),
                quote(wanted),
                quote(&arns.join(", "))
            );
            return Err(Error::usage(says).hint("give the ARN of the one that is meant, or --region"));
        }
    };
    let node = match alarm.instance_id() {
        Some(id) => instance(cloud, id).await,
        None => None,
    };
    Ok(Found {
        alarm,
        node,
        failures: roster.failures,
        unmuted: roster.unmuted,
    })
}

/// The one whose name a misspelt name, or one that was cut short, is closest to.
async fn near(cloud: &Cloud, name: &str) -> Option<String> {
    let mut roster = Roster::default();
    let mut batches = fetch(cloud, Wanted::All, &Tags::none());
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    let alarms = roster.sorted();
    let names: Vec<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    let begins = names
        .iter()
        .find(|known| !name.is_empty() && known.starts_with(name));
    begins
        .copied()
        .or_else(|| nearest(name, &names))
        .map(str::to_owned)
}

async fn instance(cloud: &Cloud, id: &str) -> Option<Node> {
    let mut roster = fleet::Roster::default();
    let mut batches = fleet::fetch(cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    roster.nodes.into_iter().find(|node| node.id.0 == id)
}
