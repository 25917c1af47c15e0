//! One SendCommand and its nodes: sent, asked after with growing pauses, each result fetched as soon as it is there.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::watch;

use super::ledger::Entry;
use super::output::Kept;
use super::owed::{Heard, Owed};
use super::part::{Part, joined, parts};
use super::plan::Batch;
use super::run::Shared;
use super::{Event, Given, Limits, Outcome, UNKNOWN};
use crate::aws::{Failure, InvocationRow, SendCommand, Sendees, Why};
use crate::fleet::{Id, Node};

/// The pauses between two questions: first and longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// How long a node may take to fetch the command. An agent that is online takes a second.
const DELIVERY_SECONDS: i32 = 120;
/// Times that a throttled command is sent.
const THROTTLED: u32 = 8;
/// Results fetched at the same time.
const AT_ONCE: usize = 6;
/// Questions that may fail in a row before the rest is unknown; each was tried several times already.
const FAILURES: u32 = 5;
/// Times that a list may come without a node after the tags chose: AWS shows them a moment later.
const EMPTY: u32 = 6;

/// What is sent to every batch.
#[derive(Clone)]
pub struct Job {
    pub text: String,
    /// A document in the place of the text.
    pub given: Option<Given>,
    pub comment: String,
    pub limits: Limits,
    pub output: Option<(String, String)>,
}

pub async fn drive(shared: &Shared, batch: Batch, job: Job) {
    let mut cancel = shared.cancel.subscribe();
    if *cancel.borrow() {
        return all(shared, &batch.nodes, "Cancelled", "cancelled before it was sent").await;
    }
    let given = job.given.clone().unwrap_or_else(|| Given {
        document: batch.document.to_owned(),
        version: None,
        parameters: [
            ("commands", job.text.lines().map(str::to_owned).collect()),
            ("executionTimeout", vec![job.limits.lasts_seconds.to_string()]),
        ]
        .map(|(name, values)| (name.to_owned(), values))
        .into(),
    });
    let send = SendCommand {
        document: given.document,
        version: given.version,
        parameters: given.parameters,
        to: batch.to.clone(),
        comment: job.comment.clone(),
        delivery_seconds: DELIVERY_SECONDS,
        concurrency: job.limits.concurrency.clone(),
        // AWS's own default stops at the first failure; ours is to ask everywhere.
        errors: Some(job.limits.errors.clone().unwrap_or_else(|| "100%".to_owned())),
        output: job.output.clone(),
    };
    let command_id = match sent(shared, &batch, send).await {
        Ok(id) => id,
        // One machine that has gone has the others refused with it.
        Err(failure) if failure.why == Why::Target && batch.can_be_halved() => {
            for half in batch.halves() {
                Box::pin(drive(shared, half, job.clone())).await;
            }
            return;
        }
        Err(failure) => {
            let says = failure.cause.clone();
            let _ = shared.events.send(Event::Failed(failure)).await;
            return all(shared, &batch.nodes, "NotSent", &says).await;
        }
    };
    let entry = Entry::save(&shared.data_dir, &batch.place, &command_id, batch.nodes.len());
    let recorded = shared.evidence.sent(&command_id, batch.nodes.len());
    if shared.is_recorded(recorded).await {
        let sent = Event::Sent {
            command_id: command_id.clone(),
            nodes: batch.nodes.len(),
        };
        let _ = shared.events.send(sent).await;
    }
    let follow = Follow {
        shared,
        batch: &batch,
        command_id,
        output: job.output,
        // Of AWS's own documents for a script it is known; any other may have more.
        has_one: job.given.is_none(),
        seen: HashMap::new(),
        owed: Vec::new(),
        is_busy_told: false,
    };
    // What may still run stays in the ledger, for the next start.
    if follow.run(&mut cancel).await {
        entry.remove();
    }
}

/// Sends it once, and again only where AWS says that it did not take it.
async fn sent(shared: &Shared, batch: &Batch, send: SendCommand) -> Result<String, Failure> {
    let mut pause = PAUSE.0;
    for _ in 1..THROTTLED {
        match shared.cloud.send_command(&batch.place, send.clone()).await {
            Err(failure) if failure.why == Why::Throttled => {}
            answer => return answer,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
    shared.cloud.send_command(&batch.place, send).await
}

/// The code of the whole: the first that tells a failure, else that of them all.
fn code_of(parts: &[Part]) -> Option<i32> {
    let codes = || parts.iter().map(|part| part.exit_code);
    let failed = codes().flatten().find(|code| *code != 0);
    failed.or_else(|| codes().collect::<Option<Vec<i32>>>()?.first().copied())
}

/// Waits until the run is cancelled.
async fn asked(cancel: &mut watch::Receiver<bool>) {
    // Without a sender nobody can cancel; the run holds one as long as this lasts.
    let _ = cancel.wait_for(|cancel| *cancel).await;
}

async fn all(shared: &Shared, nodes: &[Node], status: &str, says: &str) {
    for node in nodes {
        shared.over(Outcome::of(node, status, says)).await;
    }
}

struct Follow<'a> {
    shared: &'a Shared,
    batch: &'a Batch,
    command_id: String,
    output: Option<(String, String)>,
    /// Whether the document has only one step.
    has_one: bool,
    /// The last status of each node, and whether it was told to be over.
    seen: HashMap<String, (String, bool)>,
    /// Nodes that are over, whose output is still asked for.
    owed: Vec<Owed>,
    is_busy_told: bool,
}

impl Follow<'_> {
    /// Until every node is over, or it was cancelled as it cannot be recorded; whether nothing is left to cancel.
    async fn run(mut self, cancel: &mut watch::Receiver<bool>) -> bool {
        let (mut pause, mut failures, mut empty) = (PAUSE.0, 0, 0);
        let mut asked_to_cancel = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = asked(cancel), if !asked_to_cancel => {
                    asked_to_cancel = true;
                    let is_cancelled = self.cancel().await;
                    if self.shared.disk.is_over() {
                        return is_cancelled;
                    }
                    pause = PAUSE.0;
                    continue;
                }
            }
            let rows = match self.rows().await {
                Ok(rows) => rows,
                Err(failure) => {
                    failures += 1;
                    if failures >= FAILURES {
                        self.lost(failure).await;
                        return true;
                    }
                    pause = PAUSE.1;
                    continue;
                }
            };
            failures = 0;
            empty = if rows.is_empty() { empty + 1 } else { 0 };
            pause = if self.hear(rows).await {
                PAUSE.0
            } else {
                pause.mul_f64(1.5).min(PAUSE.1)
            };
            if self.is_done(empty) {
                return true;
            }
        }
    }

    async fn rows(&self) -> Result<Vec<InvocationRow>, Failure> {
        let cloud = &self.shared.cloud;
        let mut pages = cloud.fetch_invocations(&self.batch.place, &self.command_id).await;
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            rows.extend(page?);
        }
        Ok(rows)
    }

    /// Tells what is new; whether anything was.
    async fn hear(&mut self, rows: Vec<InvocationRow>) -> bool {
        let (mut ended, mut owed): (Vec<Owed>, Vec<Owed>) = self.owed.drain(..).partition(Owed::is_due);
        let mut is_new = false;
        for row in rows {
            let known = self.seen.get(&row.node);
            if known.is_some_and(|(status, over)| *over || *status == row.status) {
                continue;
            }
            is_new = true;
            self.seen
                .insert(row.node.clone(), (row.status.clone(), row.is_over));
            if row.is_over {
                ended.push(Owed::new(row));
            } else {
                let changed = Event::Changed {
                    node: row.node,
                    status: row.status,
                };
                let _ = self.shared.events.send(changed).await;
            }
        }
        let mut busy = None;
        let this = &*self;
        let asked = ended.into_iter().map(|owed| async move {
            let heard = this.result(&owed.row).await;
            (owed, heard)
        });
        {
            let mut results = std::pin::pin!(stream::iter(asked).buffer_unordered(AT_ONCE));
            while let Some((asked, Heard { outcome, missed })) = results.next().await {
                match missed.and_then(|why| asked.again(why)) {
                    Some(again) => {
                        let is_busy = missed == Some(Why::Throttled);
                        busy = busy.or_else(|| is_busy.then(|| outcome.label().to_owned()));
                        owed.push(again);
                    }
                    None => {
                        is_new = true;
                        this.shared.over(outcome).await;
                    }
                }
            }
        }
        self.owed = owed;
        if let Some(node) = busy.filter(|_| !self.is_busy_told) {
            self.is_busy_told = true;
            let at_least_seconds = Owed::asked_for().as_secs();
            let _ = self
                .shared
                .events
                .send(Event::Busy {
                    node,
                    at_least_seconds,
                })
                .await;
        }
        is_new
    }

    async fn result(&self, row: &InvocationRow) -> Heard {
        let node = self.node(row);
        let cloud = &self.shared.cloud;
        let place = &self.batch.place;
        let bucket = self.output.as_ref().map(|(name, prefix)| Kept::Bucket {
            name,
            prefix,
            named_in: "bucket of [run]",
        });
        let found = parts(cloud, place, bucket, &self.command_id, &row.node, self.has_one);
        let parts = match found.await {
            Ok(parts) => parts,
            Err(failure) => {
                return Heard {
                    outcome: self.unheard(row, &failure),
                    missed: Some(failure.why),
                };
            }
        };
        let (stdout, stderr) = joined(&parts);
        let says: Vec<String> = parts.iter().filter_map(Part::told).collect();
        let missed = parts.iter().find_map(|part| part.missed);
        let status = match parts.as_slice() {
            _ if row.status == "Success" && missed.is_some() => UNKNOWN.to_owned(),
            [only] if !only.status.is_empty() => only.status.clone(),
            _ => row.status.clone(),
        };
        let outcome = Outcome {
            exit_code: code_of(&parts),
            is_cut: parts.iter().any(|part| part.is_cut),
            stdout,
            stderr,
            steps: parts
                .iter()
                .filter(|part| !part.step.is_empty())
                .map(Part::ended)
                .collect(),
            started_at: parts.iter().filter_map(|part| part.started_at).min(),
            ended_at: parts.iter().filter_map(|part| part.ended_at).max(),
            says: Some(says.join("; ")).filter(|says| !says.is_empty()),
            ..Outcome::of(&node, &status, "")
        };
        Heard { outcome, missed }
    }

    /// A node that is over, without anything of its output.
    fn unheard(&self, row: &InvocationRow, failure: &Failure) -> Outcome {
        let says = format!("its output is unknown: {}", failure.cause);
        let mut outcome = Outcome::of(&self.node(row), &row.status, says);
        if outcome.is_success() {
            outcome.status = UNKNOWN.into();
        }
        outcome
    }

    /// The node of a row; AWS may have chosen one that the fleet did not know.
    fn node(&self, row: &InvocationRow) -> Node {
        let known = self.batch.nodes.iter().find(|node| node.id.0 == row.node);
        known.cloned().unwrap_or_else(|| {
            let mut node = self.batch.nodes.first().cloned().unwrap_or_default();
            node.id = Id(row.node.clone());
            node.name.clone_from(&row.name);
            node
        })
    }

    fn is_done(&self, empty: u32) -> bool {
        let all_over = self.seen.values().all(|(_, over)| *over);
        let is_told = self.owed.is_empty();
        match &self.batch.to {
            Sendees::Instances(ids) => is_told && all_over && self.seen.len() >= ids.len(),
            Sendees::Tags(_) => is_told && (empty >= EMPTY || (all_over && !self.seen.is_empty())),
        }
    }

    async fn cancel(&self) -> bool {
        let cloud = &self.shared.cloud;
        let asked = cloud.cancel_command(&self.batch.place, &self.command_id).await;
        let is_cancelled = asked.is_ok();
        if let Err(failure) = asked {
            let _ = self.shared.events.send(Event::Failed(failure)).await;
        }
        is_cancelled
    }

    /// Nobody knows any more how the rest stands.
    async fn lost(&self, failure: Failure) {
        let says = match failure.why {
            Why::Denied => "ssm:ListCommandInvocations is not allowed".to_owned(),
            _ => failure.cause.clone(),
        };
        for owed in &self.owed {
            self.shared.over(self.unheard(&owed.row, &failure)).await;
        }
        let _ = self.shared.events.send(Event::Failed(failure)).await;
        for node in &self.batch.nodes {
            if self.seen.get(&node.id.0).is_none_or(|(_, over)| !over) {
                self.shared.over(Outcome::of(node, UNKNOWN, says.clone())).await;
            }
        }
    }
}
