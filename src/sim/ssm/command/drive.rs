//! A sent command on its way: so many nodes at a time, until too many have failed, with real shells.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::order::{Order, Plugin, State, Step};
use crate::sim::agent::{Runner, Script, Verdict};
use crate::sim::logs::Shelf;
use crate::sim::s3::Buckets;

/// What GetCommandInvocation shows of standard output and of standard error, in characters.
pub const SHOWN: usize = 24_000;
const SHOWN_OF_ERRORS: usize = 8_000;
const CUT: &str = "\n---Output truncated---";
/// How long a message takes to a paced agent.
const DELIVERY: Duration = Duration::from_millis(300);

/// Where outputs go in full.
pub type Sinks = (Arc<Buckets>, Arc<Shelf>);

/// Runs until every node is over.
pub async fn drive(order: Arc<Order>, runner: Runner, sinks: Sinks) {
    let nodes: Vec<(usize, bool)> = order
        .invocations()
        .iter()
        .enumerate()
        .map(|(index, each)| (index, each.online))
        .collect();
    let total = nodes.len();
    let at_once = share(&order.concurrency, total).max(1);
    let tolerated = share(&order.errors, total);
    let (online, offline): (Vec<_>, Vec<_>) = nodes.into_iter().partition(|(_, online)| *online);
    let mut waiting = JoinSet::new();
    for (index, _) in offline {
        waiting.spawn(expire(order.clone(), index));
    }
    let mut queue = online.into_iter().map(|(index, _)| index);
    let mut running = JoinSet::new();
    loop {
        let errors = order
            .invocations()
            .iter()
            .filter(|each| each.state.is_error())
            .count();
        let is_stopped = errors > tolerated || *order.cancel.borrow();
        while !is_stopped
            && running.len() < at_once
            && let Some(index) = queue.next()
        {
            running.spawn(deliver(order.clone(), index, runner.clone(), sinks.clone()));
        }
        if running.join_next().await.is_none() {
            break;
        }
    }
    let rest = if *order.cancel.borrow() {
        State::Cancelled
    } else {
        State::Terminated
    };
    for index in queue {
        finish(&order, index, rest);
    }
    while waiting.join_next().await.is_some() {}
}

fn finish(order: &Order, index: usize, state: State) {
    order.set(index, |each| {
        each.state = state;
        each.ended_at = Some(Timestamp::now());
    });
}

/// A node that is not online never fetches it.
async fn expire(order: Arc<Order>, index: usize) {
    let until = Instant::now() + Duration::from_secs(order.delivery_seconds);
    let mut cancelled = order.cancel.subscribe();
    let late = sleep(Duration::from_secs(order.delivery_seconds.min(10)));
    tokio::select! {
        () = late => order.set(index, |each| each.state = State::Delayed),
        _ = cancelled.wait_for(|cancelled| *cancelled) => {}
    }
    let cancelled = cancelled.wait_for(|cancelled| *cancelled);
    let wait = until.saturating_duration_since(Instant::now());
    let state = match timeout(wait, cancelled).await {
        Ok(_) => State::Cancelled,
        Err(_) => State::NotDelivered,
    };
    finish(&order, index, state);
}

async fn deliver(order: Arc<Order>, index: usize, runner: Runner, (buckets, logs): Sinks) {
    if runner.is_paced() {
        sleep(DELIVERY).await;
    }
    let node = order.invocations().get(index).cloned();
    let Some(node) = node else { return };
    order.set(index, |each| {
        each.state = State::InProgress;
        each.started_at = Some(Timestamp::now());
    });
    let mut whole = State::Success;
    for step in &order.steps {
        let begun_at = Timestamp::now();
        order.set(index, |each| each.plugins.push(Plugin::begun(begun_at)));
        let (state, code, stdout, stderr) = match step.is_passed_over(&node.platform) {
            true => {
                let says = format!(
                    "Step execution skipped due to incompatible platform. Step name: {}",
                    step.name
                );
                (State::Success, 0, says.into_bytes(), Vec::new())
            }
            false => ran(&order, step, &node.computer, &runner).await,
        };
        keep(
            &order,
            step,
            &node.node,
            &[("stdout", &stdout), ("stderr", &stderr)],
            (&buckets, &logs),
        );
        order.set(index, |each| {
            if let Some(plugin) = each.plugins.last_mut() {
                *plugin = Plugin {
                    state,
                    code,
                    started_at: begun_at,
                    ended_at: Some(Timestamp::now()),
                    stdout: shown(&stdout, SHOWN),
                    stderr: shown(&stderr, SHOWN_OF_ERRORS),
                };
            }
        });
        if state != State::Success {
            whole = state;
        }
        if state == State::Cancelled || (state != State::Success && step.exits) {
            break;
        }
    }
    finish(&order, index, whole);
}

/// A step's script to its end, with its code and what it said.
async fn ran(order: &Order, step: &Step, computer: &str, runner: &Runner) -> (State, i32, Vec<u8>, Vec<u8>) {
    let script = Script {
        hostname: computer.split('.').next().map(str::to_owned),
        text: step.script.clone(),
        folder: order.folder.clone(),
        lasts_at_most: Duration::from_secs(order.lasts_seconds),
    };
    match runner.run(script, order.cancel.subscribe()).await {
        Ok(ran) => {
            let (state, code) = match ran.verdict {
                Verdict::Exited(0) => (State::Success, 0),
                Verdict::Exited(code) => (State::Failed, code),
                Verdict::TimedOut => (State::TimedOut, -1),
                Verdict::Cancelled => (State::Cancelled, -1),
            };
            (state, code, ran.stdout, ran.stderr)
        }
        Err(says) => (State::Failed, 1, Vec::new(), format!("{says}\n").into_bytes()),
    }
}

/// Whole outputs where they were told to go as well.
fn keep(
    order: &Order,
    step: &Step,
    node: &str,
    said: &[(&str, &Vec<u8>)],
    (buckets, logs): (&Buckets, &Shelf),
) {
    for (name, bytes) in said.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        if let Some(bucket) = &order.bucket {
            let key = format!("{}/{name}", order.key(node, step));
            // A bucket that is not there is no trouble of the command's, as with the real agent.
            let _ = buckets.put(order.place.0, bucket, &key, (*bytes).clone().into());
        }
        if let Some(group) = &order.log_group {
            logs.put(&order.place, group, &order.stream(node, step, name), bytes);
        }
    }
}

pub fn shown(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most - CUT.chars().count()).collect();
    kept + CUT
}

/// A number, or a share of all in per cent.
fn share(text: &str, total: usize) -> usize {
    match text.strip_suffix('%') {
        Some(share) => total * share.parse::<usize>().unwrap_or(100) / 100,
        None => text.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_shares() {
        assert_eq!(
            [share("50", 8), share("25%", 8), share("100%", 7), share("0", 3)],
            [50, 2, 7, 0]
        );
    }

    #[test]
    fn long_output_is_cut_where_the_service_cuts_it() {
        let text = shown("é".repeat(30_000).as_bytes(), SHOWN);
        assert!(text.chars().count() == SHOWN && text.ends_with("truncated---"));
        assert_eq!(shown(b"short", SHOWN), "short");
    }
}
