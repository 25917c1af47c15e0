//! A run from its first record to its last: batches side by side, or one after the other where a limit counts over all.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::disk::Disk;
use super::drive::{Job, drive};
use super::evidence::{Counts, Evidence};
use super::plan::batches;
use super::roll;
use super::{Count, Event, Given, Outcome, Request, Run};
use crate::audit::Kind;
use crate::aws::{Cloud, Failure, Why};
use crate::recording::{Mode, remote};
use crate::session::{stamp, stamped};

/// Commands that are followed at the same time.
const AT_ONCE: usize = 8;
/// What AWS takes as a comment.
const COMMENT: usize = 100;

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Refused {
    pub says: String,
    pub hint: String,
}

/// What the jobs of a run share.
pub struct Shared {
    pub cloud: Cloud,
    pub evidence: Evidence,
    pub mode: Mode,
    pub data_dir: PathBuf,
    pub events: mpsc::Sender<Event>,
    pub cancel: watch::Sender<bool>,
    pub succeeded: AtomicUsize,
    /// All that did not succeed, those that were never asked or never began with them.
    pub failed: AtomicUsize,
    pub not_connected: AtomicUsize,
    pub never_began: AtomicUsize,
    pub unknown: AtomicUsize,
    pub disk: Disk,
}

impl Shared {
    /// Recorded, then told. A hearer that has gone misses what the recording has.
    pub async fn over(&self, outcome: Outcome) {
        if self.disk.is_over() {
            return;
        }
        let counts: &[&AtomicUsize] = match Count::of(&outcome.status) {
            Count::Succeeded => &[&self.succeeded],
            Count::Unknown => &[&self.unknown],
            Count::NotConnected => &[&self.failed, &self.not_connected],
            Count::NeverBegan => &[&self.failed, &self.never_began],
            Count::Failed => &[&self.failed],
        };
        for count in counts {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if self.is_recorded(self.evidence.outcome(&outcome)).await {
            let _ = self.events.send(Event::Over(Box::new(outcome))).await;
        }
    }
}

/// Starts a run. Needs a tokio runtime; it goes on when the handle is dropped, and ends when every node has.
pub async fn start(request: Request) -> Result<(Run, mpsc::Receiver<Event>), Refused> {
    begin(request, None).await
}

/// The same with a Command document; the request's text then only says in words what is run.
pub async fn start_document(request: Request, given: Given) -> Result<(Run, mpsc::Receiver<Event>), Refused> {
    begin(request, Some(given)).await
}

async fn begin(request: Request, given: Option<Given>) -> Result<(Run, mpsc::Receiver<Event>), Refused> {
    let here = |cause: crate::recording::Error| Refused {
        says: cause.to_string(),
        hint: "nothing is run that cannot be recorded; see --data-dir".into(),
    };
    remote::admit().await.map_err(|cause| Refused {
        says: format!("nothing is run without the team store: {cause}"),
        hint: cause.hint(),
    })?;
    let arn = match request.nodes.first() {
        Some(node) => request.cloud.identity(&node.profile).await.ok(),
        None => None,
    };
    let (evidence, hash) = Evidence::begin(&request, arn.map(|identity| identity.arn)).map_err(here)?;
    let id = evidence.id;
    let total = request.nodes.len();
    let said = evidence.say(Kind::Exec, |event| {
        let begun = event.clone().with("phase", "start").with("targets", total);
        *event = roll::touching(&request.nodes, begun);
    });
    let (events, heard) = mpsc::channel(256);
    if let Err(cause) = said.await {
        if request.mode == Mode::Strict {
            evidence
                .end("the audit log cannot be written", Counts::default())
                .await;
            return Err(Refused {
                says: format!("the audit log cannot be written, and this target is strict: {cause}"),
                hint: "nothing was run; make room or make the data directory writable, see --data-dir".into(),
            });
        }
        let _ = events.send(Event::Failed(unwritten(&cause))).await;
    }
    evidence.warn().await;
    let cancel = watch::Sender::new(false);
    let shared = Arc::new(Shared {
        cloud: request.cloud.clone(),
        evidence,
        mode: request.mode,
        data_dir: request.data_dir.clone(),
        events,
        cancel: cancel.clone(),
        succeeded: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
        not_connected: AtomicUsize::new(0),
        never_began: AtomicUsize::new(0),
        unknown: AtomicUsize::new(0),
        disk: Disk::default(),
    });
    let job = Job {
        text: request.text.clone(),
        given,
        comment: stamped(&request.reason, &stamp(&hash), COMMENT),
        limits: request.limits.clone(),
        output: request.output.clone(),
    };
    let (mut over, cancelled) = (shared.evidence.over(), cancel.clone());
    tokio::spawn(async move {
        if over.wait_for(|over| *over).await.is_ok() {
            cancelled.send_replace(true);
        }
    });
    tokio::spawn(all(shared, request, job));
    Ok((Run { id, cancel }, heard))
}

/// That a line is missing in the audit log, as one more thing that failed meanwhile.
fn unwritten(cause: &str) -> Failure {
    Failure {
        account: String::new(),
        region: String::new(),
        service: "audit".into(),
        cause: format!("this is not in the audit log: {cause}"),
        hint: "make room or make the data directory writable; see --data-dir".into(),
        profile: String::new(),
        why: Why::Refused,
    }
}

async fn all(shared: Arc<Shared>, request: Request, job: Job) {
    let watching = shared.clone();
    let watching = tokio::spawn(async move { watching.watch_disk().await });
    // Where AWS chooses, it asks every agent that it knows, and tells how each stands.
    let by_tag = request.tags.is_some();
    let (asked, others): (Vec<_>, Vec<_>) = request
        .nodes
        .into_iter()
        .partition(|node| node.is_online() || (by_tag && node.ping.is_some()));
    for node in &others {
        let says = match &node.ping {
            Some(ping) => format!("its agent is not online ({ping})"),
            None => "no agent of it is known to Systems Manager".to_owned(),
        };
        shared.over(Outcome::of(node, "NotConnected", says)).await;
    }
    // Agents that are known to be away do not count against the limit: nothing failed there.
    let away = shared.failed.load(Ordering::Relaxed);
    let batches = batches(asked, request.tags.as_deref());
    let one_by_one = job.limits.is_absolute();
    let places = Arc::new(Semaphore::new(if one_by_one { 1 } else { AT_ONCE }));
    let tolerated: Option<usize> = job.limits.errors.as_ref().and_then(|text| text.parse().ok());
    let mut running = JoinSet::new();
    for batch in batches {
        // It is never closed.
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let mut job = job.clone();
        if let Some(tolerated) = tolerated {
            let failed = shared.failed.load(Ordering::Relaxed) - away;
            if failed > tolerated {
                for node in &batch.nodes {
                    let outcome = Outcome::of(node, "Terminated", "too many others had failed");
                    shared.over(outcome).await;
                }
                continue;
            }
            job.limits.errors = Some((tolerated - failed).to_string());
        }
        let shared = shared.clone();
        running.spawn(async move {
            drive(&shared, batch, job).await;
            drop(place);
        });
    }
    while running.join_next().await.is_some() {}
    let why = match shared.disk.trouble() {
        Some(says) => format!("it can no longer be recorded: {says}"),
        None if *shared.cancel.borrow() => "cancelled".into(),
        None => "every node is over".into(),
    };
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    let (not_connected, never_began) = (count(&shared.not_connected), count(&shared.never_began));
    let counts = Counts {
        succeeded: count(&shared.succeeded),
        failed: count(&shared.failed).saturating_sub(not_connected + never_began),
        not_connected,
        never_began,
        unknown: count(&shared.unknown),
    };
    shared.evidence.end(&why, counts).await;
    watching.abort();
}
