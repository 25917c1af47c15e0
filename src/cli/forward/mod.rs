//! `qd forward`: tunnels in this process until it is interrupted. Every local port is bound before AWS is asked for
//! anything; standard output says where to connect, or with `--json` one line at each change of state.

mod line;
mod plan;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, IsTerminal};
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep};

use crate::aws::Place;
use crate::forward::{Listener, Request, State, Status, Tunnel};
use crate::runtime::shed;

use super::aim::{Aim, aim_anywhere};
use super::signals::Signals;
use super::{Context, Error, Exit, Outcome, cloud, context, opening, quote};
use line::Line;
use plan::Plan;

const REDRAW_EVERY: Duration = Duration::from_secs(1);
/// After a change, until what it ran through is let go.
const SETTLED: Duration = Duration::from_millis(500);
/// A second signal within this time is the first one, sent to the program and to its group, or by an impatient hand.
const ONE_WISH: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
#[command(after_help = "SPEC is written as for `ssh -L`:\n  \
    5432                      the instance's port, under the same number here\n  \
    15432:5432                under another number; 0 picks one\n  \
    15432:db.internal:5432    a port of a host that the instance reaches\n  \
    0.0.0.0:8080:[fd00::7]:80 listening elsewhere; IPv6 in brackets\n  \
    /run/user/1000/db.sock:5432    a Unix socket")]
pub struct Args {
    /// Instance id, `mi-…`, Name tag, key=value tags, or ecs:CLUSTER/TASK/CONTAINER; without a SPEC the name of a configured forward
    #[arg(value_name = "TARGET", required_unless_present = "all")]
    target: Option<String>,
    /// What to forward, repeatable: [[BIND:]LOCAL:][HOST:]PORT
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,
    /// Every tunnel that the configuration names
    #[arg(long, conflicts_with = "target")]
    all: bool,
    /// Address to listen on, repeatable; default: 127.0.0.1 and ::1
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<String>,
    /// Spread the connections of each tunnel over up to N sessions, opened as load demands
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=crate::config::MOST_SESSIONS as i64))]
    sessions: Option<u8>,
    /// Open the session with the first connection, not at once
    #[arg(long)]
    lazy: bool,
    /// Why: goes to AWS and into the recording, at most 200 characters (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

/// A tunnel as it is shown.
struct Open {
    label: String,
    /// `HOST:PORT` or `PORT`.
    remote: String,
    target: String,
    tunnel: Tunnel,
}

pub async fn run(args: Args, context: Context) -> Outcome {
    context.require_write("forward a port")?;
    let plans = plan::of(&args, &context.config)?;
    shed::pages();
    let mut bound = Vec::new();
    for plan in plans {
        let listener = Listener::bind(&plan.spec.local, &plan.bind)
            .await
            .map_err(|unbound| Error::failed(unbound.says).hint(unbound.hint))?;
        bound.push((plan, listener));
    }
    let mut signals = Signals::listen()?;
    let opened = tokio::select! {
        opened = shed::meanwhile(open(bound, &context)) => opened?,
        _ = signals.next() => return Ok(Exit::Done),
    };
    attend(&opened, &context, signals).await
}

async fn open(bound: Vec<(Plan, Listener)>, context: &Context) -> Result<Vec<Open>, Error> {
    let clients = cloud::connect(context);
    opening::tidy(&clients, &context.paths.data_dir);
    let mut aimed: HashMap<(String, String), Aim> = HashMap::new();
    // All are found before the first is opened: a wrong name among them opens nothing.
    for (plan, _) in &bound {
        let key = (plan.target.clone(), plan.reason.clone());
        if let Entry::Vacant(place) = aimed.entry(key) {
            place.insert(aim_anywhere(context, &clients, &plan.target, &plan.reason).await?);
        }
    }
    let mut opened = Vec::new();
    for (plan, listener) in bound {
        let Some(Aim {
            node,
            reason,
            mode,
            recipients,
        }) = aimed.get(&(plan.target, plan.reason))
        else {
            continue;
        };
        let remote = plan.spec.remote;
        let machine = if node.name.is_empty() {
            node.id.to_string()
        } else {
            node.name.clone()
        };
        opened.push(Open {
            label: quote(&plan.name.unwrap_or_else(|| format!("{machine} {remote}"))),
            remote: remote.to_string(),
            target: node.id.to_string(),
            tunnel: Tunnel::open(
                listener,
                Request {
                    cloud: clients.clone(),
                    place: Place {
                        profile: node.profile.clone(),
                        region: node.region.clone(),
                    },
                    account: node.account.clone(),
                    target: node.id.to_string(),
                    name: node.name.clone(),
                    tags: node.tags.clone(),
                    agent_version: node.agent_version.clone(),
                    remote,
                    reason: reason.clone(),
                    mode: *mode,
                    recipients: recipients.clone(),
                    data_dir: context.paths.data_dir.clone(),
                    sessions: plan.sessions,
                    lazy: plan.lazy,
                },
            ),
        });
    }
    Ok(opened)
}

/// Tells every change until all tunnels have ended. Once nobody can be told, they are ended: not one session is left.
async fn attend(opened: &[Open], context: &Context, mut signals: Signals) -> Outcome {
    let mut line = Line::new(io::stderr().is_terminal() && !context.json);
    let stop = || opened.iter().for_each(|open| open.tunnel.stop());
    let mut deaf = opened.iter().try_for_each(|open| announce(open, context)).err();
    if deaf.is_some() {
        stop();
    }
    let mut changes = follow(opened);
    let mut tick = interval_at(Instant::now() + REDRAW_EVERY, REDRAW_EVERY);
    let mut shown = vec![Status::default(); opened.len()];
    let mut exit = Exit::Done;
    let mut asked_at: Option<Instant> = None;
    let mut worked = true;
    loop {
        tokio::select! {
            change = changes.recv() => match change {
                Some((at, status)) => {
                    let open = &opened[at];
                    if deaf.is_none()
                        && let Err(error) = tell(open, &shown[at], &status, context, &mut line)
                    {
                        deaf = Some(error);
                        stop();
                    }
                    if let (Some((_, connecting)), Exit::Done) = (&status.refusal, exit) {
                        exit = if *connecting { Exit::Connection } else { Exit::Failed };
                    }
                    if status.state != shown[at].state {
                        shed::pages();
                    }
                    worked = true;
                    shown[at] = status;
                }
                None => break,
            },
            _ = signals.next() => match asked_at {
                None => {
                    asked_at = Some(Instant::now());
                    stop();
                }
                // Asked once more: what is still open is in the ledger, for the next start.
                Some(at) if at.elapsed() >= ONE_WISH => return Ok(Exit::Failed),
                Some(_) => {}
            },
            _ = tick.tick(), if line.is_shown() => line.draw(opened),
            () = sleep(SETTLED), if worked => {
                worked = false;
                shed::pages();
            }
        }
    }
    line.clear();
    deaf.map_or(Ok(exit), Err)
}

/// The changes of all tunnels, until the last has ended.
fn follow(opened: &[Open]) -> mpsc::UnboundedReceiver<(usize, Status)> {
    let (tell, told) = mpsc::unbounded_channel();
    for (at, open) in opened.iter().enumerate() {
        let (mut status, tell) = (open.tunnel.status(), tell.clone());
        tokio::spawn(async move {
            loop {
                let now = status.borrow_and_update().clone();
                let over = now.has_ended();
                if tell.send((at, now)).is_err() || over || status.changed().await.is_err() {
                    return;
                }
            }
        });
    }
    told
}

fn announce(open: &Open, context: &Context) -> Result<(), Error> {
    if context.json {
        return object(open, &State::Listening, context);
    }
    let listening = open.tunnel.listening().join(", ");
    let (remote, target) = (quote(&open.remote), &open.target);
    context::print(&format!("{listening} -> {remote} on {target}\n"))
}

fn object(open: &Open, state: &State, context: &Context) -> Result<(), Error> {
    let because = match state {
        State::Resuming { because, .. } | State::Retrying { because, .. } => Some(because),
        State::Ended { why } => Some(why),
        _ => None,
    };
    context.print_json_line(&json!({
        "listening": open.tunnel.listening().first(),
        "addresses": open.tunnel.listening(),
        "target": open.target,
        "remote": open.remote,
        "name": open.label,
        "state": state.word(),
        "because": because,
    }))
}

fn tell(open: &Open, before: &Status, now: &Status, context: &Context, line: &mut Line) -> Result<(), Error> {
    if let Some((_, says)) = now.notice.as_ref().filter(|_| now.notice != before.notice) {
        line.say(&format!("qd: {}: {}", open.label, quote(says)));
    }
    if now.state == before.state {
        return Ok(());
    }
    if context.json {
        object(open, &now.state, context)?;
    }
    if let Some((hint, _)) = &now.refusal {
        line.say(&format!("qd: {}: {}", open.label, quote(&now.state.to_string())));
        line.say(&format!("hint: {}", quote(hint)));
    } else if !context.json {
        line.say(&format!("qd: {}: {}", open.label, quote(&now.state.to_string())));
    }
    Ok(())
}
