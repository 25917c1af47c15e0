//! The OpsItem that stands for an incident at AWS: made once, changed as the incident goes on, resolved when it closes. What
//! somebody else changed in it is left as it is. What AWS refuses is written into the journal as refused; the journal itself
//! never waits for AWS.

mod merge;

use std::path::Path;

use super::journal::{self, Error, Journal};
use super::report::Cover;
use super::state::{State, Status};
use super::{Alarm, Line, Record, Who};
use crate::aws::{Cloud, Failure, OpsItem, OpsStatus, Place};

/// Notes that its description tells, newest first.
const NOTES: usize = 8;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: Option<String>,
    /// `created`, `updated`, `resolved`, `taken over`.
    pub did: &'static str,
    pub region: String,
    /// What stays as somebody else set it.
    pub left: Vec<String>,
}

impl Done {
    /// One sentence, without its end.
    pub fn says(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        let did = format!("OpsItem {id} in {} {}", self.region, self.did);
        did + &left(&self.left)
    }
}

/// That something stays as somebody else set it; nothing where nothing does.
pub fn left(left: &[String]) -> String {
    match left {
        [] => String::new(),
        left => format!("; left as somebody else set it: {}", left.join(", ")),
    }
}

/// Why AWS has not what the journal has.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Journal(#[from] Error),
    #[error("the OpsItem was not written: {0}")]
    Refused(Box<Failure>),
    #[error("no region is known where an OpsItem could be")]
    Nowhere,
}

impl Trouble {
    pub fn hint(&self) -> String {
        match self {
            Trouble::Journal(cause) => cause.hint().to_owned(),
            Trouble::Refused(failure) => failure.hint.clone(),
            Trouble::Nowhere => "name one with --region".into(),
        }
    }
}

/// Brings the OpsItem to where the journal is. Texts are covered on their way out.
pub async fn follow(cloud: &Cloud, data_dir: &Path, id: &str, cover: &mut Cover) -> Result<Done, Trouble> {
    let lines = Journal::load(data_dir, id)?.lines;
    let state = State::of(id, &lines);
    let (place, account) = place_of(cloud, &state).await?;
    let item = item_of(&state, &lines, &account, &place.region, cover);
    let known = state.opsitem.as_ref().map(|known| known.id.clone());
    let outcome = match &known {
        Some(known) => update(cloud, &place, known, &item).await,
        None => create(cloud, &place, &item).await,
    };
    let (result, record) = match outcome {
        Ok((id, did, left)) => {
            let done = Done {
                id: Some(id.clone()),
                did,
                region: place.region.clone(),
                left: left.clone(),
            };
            (Ok(done), (did.to_owned(), Some(id), None, left))
        }
        Err(failure) => {
            let wish = if known.is_some() { "updated" } else { "created" };
            let why = cover.text(&failure.cause);
            (
                Err(Trouble::Refused(Box::new(failure))),
                (wish.to_owned(), known, Some(why), Vec::new()),
            )
        }
    };
    let (did, opsitem, refused, left) = record;
    let record = Record::Opsitem {
        did,
        id: opsitem,
        account,
        region: place.region,
        refused,
        left,
    };
    journal::append(data_dir, id, record, Who::here())?;
    result
}

/// Its id, what was done, and what was left.
type Outcome = Result<(String, &'static str, Vec<String>), Failure>;

/// A new one is open; an incident that is further than that says so at once.
async fn create(cloud: &Cloud, place: &Place, item: &OpsItem) -> Outcome {
    let created = cloud.create_ops_item(place, &merge::fresh(item)).await?;
    let mut left = Vec::new();
    if created.existed || item.status != OpsStatus::Open {
        (_, _, left) = update(cloud, place, &created.id, item).await?;
    }
    let did = if created.existed { "taken over" } else { "created" };
    Ok((created.id, did, left))
}

async fn update(cloud: &Cloud, place: &Place, id: &str, item: &OpsItem) -> Outcome {
    let there = cloud.fetch_ops_item(place, id).await?;
    let merged = merge::merge(item, &there);
    cloud.update_ops_item(place, id, &merged.change).await?;
    let status = match merged.change.status {
        Some(status) => status.as_str(),
        None => &there.status,
    };
    let did = match item.status {
        OpsStatus::Resolved if status == OpsStatus::Resolved.as_str() => "resolved",
        _ => "updated",
    };
    Ok((id.to_owned(), did, merged.left))
}

/// Where it is already; else where the alarm is; else the first place there is.
async fn place_of(cloud: &Cloud, state: &State) -> Result<(Place, String), Trouble> {
    let known = state.opsitem.as_ref();
    let alarm = state.alarm.as_ref();
    let account = known
        .map(|item| item.account.clone())
        .or_else(|| alarm?.account.clone());
    let region = known
        .map(|item| item.region.clone())
        .or_else(|| alarm?.region.clone());
    let mut places = cloud.places().await;
    let mut refused = places.failed.pop();
    for mut place in places.found {
        if let Some(region) = &region {
            place.region.clone_from(region);
        }
        match cloud.identity_at(&place).await {
            Ok(identity)
                if account
                    .as_ref()
                    .is_none_or(|account| *account == identity.account) =>
            {
                return Ok((place, identity.account));
            }
            Ok(_) => {}
            Err(failure) => refused = Some(failure),
        }
    }
    Err(refused.map_or(Trouble::Nowhere, |failure| Trouble::Refused(Box::new(failure))))
}

fn item_of(state: &State, lines: &[Line], account: &str, region: &str, cover: &mut Cover) -> OpsItem {
    OpsItem {
        title: cover.text(&state.title),
        description: cover.text(&description(state, lines)),
        severity: state.severity.digit().into(),
        status: match state.status {
            Status::Open => OpsStatus::Open,
            Status::Acknowledged | Status::Mitigated | Status::Recovered => OpsStatus::InProgress,
            Status::Closed => OpsStatus::Resolved,
        },
        resources: state
            .alarm
            .as_ref()
            .map(|alarm| resources(alarm, account, region))
            .unwrap_or_default(),
        dedup: format!("quarterdeck-incident-{}", state.id),
        facts: vec![
            ("quarterdeck/incident".into(), state.id.clone()),
            ("quarterdeck/report".into(), format!("qd report {}", state.id)),
        ],
    }
}

fn description(state: &State, lines: &[Line]) -> String {
    let mut text = format!(
        "{} ({}). The timeline and the recordings are in `qd report {}`.",
        state.status.as_str(),
        state.severity,
        state.id
    );
    let notes = lines.iter().rev().filter_map(|line| match &line.record {
        Record::Note { text } => Some((line.at, line.by.name(), text)),
        _ => None,
    });
    for (at, who, note) in notes.take(NOTES) {
        text.push_str(&format!("\n{} {who}: {note}", at.strftime("%Y-%m-%d %H:%M UTC")));
    }
    text
}

/// The alarm and the instance that it watches.
fn resources(alarm: &Alarm, account: &str, region: &str) -> Vec<String> {
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let arn =
        |service: &str, resource: String| format!("arn:{partition}:{service}:{region}:{account}:{resource}");
    let instance = alarm.dimensions.get("InstanceId");
    std::iter::once(arn("cloudwatch", format!("alarm:{}", alarm.name)))
        .chain(instance.map(|id| arn("ec2", format!("instance/{id}"))))
        .collect()
}
