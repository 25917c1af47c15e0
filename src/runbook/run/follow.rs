//! What was started at AWS, followed until it is over everywhere. A question that gets no answer says nothing of how it
//! stands: it is asked again, less often, and only what AWS will never tell is given up.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::time::Instant;

use super::call::{Over, Started};
use super::event::Event;
use super::record::Outcome;
use super::step::Task;
use crate::aws::{Cloud, Failure, InvocationRow, Place, Why};
use crate::fanout;

/// Between two looks at how it stands: the first, and the longest while AWS gives no answer.
const PAUSE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// What was just begun is not known everywhere at once.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);

/// Why it can no longer be seen how something stands; it may go on.
pub(super) struct Lost(pub String);

/// How often AWS is asked.
struct Patience {
    begun_at: Instant,
    pause: Duration,
    /// What was told of the last failure.
    told: Option<String>,
}

impl Patience {
    fn new() -> Patience {
        Patience {
            begun_at: Instant::now(),
            pause: PAUSE[0],
            told: None,
        }
    }

    fn answered(&mut self) {
        (self.pause, self.told) = (PAUSE[0], None);
    }

    /// `Some` is to be told. An error where waiting cannot help.
    fn failed(&mut self, failure: &Failure) -> Result<Option<String>, Lost> {
        let is_young = self.begun_at.elapsed() < UNKNOWN_FOR;
        match failure.why {
            Why::Absent | Why::Target if is_young => return Ok(None),
            Why::Absent | Why::Target | Why::Denied | Why::Unsupported => {
                return Err(Lost(format!("{failure}; {}", failure.hint)));
            }
            _ => {}
        }
        self.pause = (self.pause * 2).min(PAUSE[1]);
        let says = failure.to_string();
        let is_known = self.told.replace(says.clone()).is_some_and(|told| told == says);
        Ok((!is_known).then_some(says))
    }
}

impl Task {
    pub(super) async fn follow(
        &self,
        started: &Started,
        cloud: &Cloud,
        place: &Place,
        id: &str,
    ) -> Result<Over, Lost> {
        match started {
            Started::Command(command) => self.follow_command(command, cloud, place, id).await,
            Started::Automation(execution) => self.follow_automation(execution, cloud, place, id).await,
        }
    }

    /// Waits until AWS is asked again; what is wrong is said once.
    async fn wait(&self, patience: &mut Patience, failure: Option<Failure>) -> Result<(), Lost> {
        match failure {
            None => patience.answered(),
            Some(failure) => {
                if let Some(says) = patience.failed(&failure)? {
                    let says = format!("how step {} stands is not known: {says}", self.step.id);
                    let hint = "it goes on there, and is asked for again".to_owned();
                    let _ = self.events.send(Event::Told { says, hint }).await;
                }
            }
        }
        tokio::time::sleep(patience.pause).await;
        Ok(())
    }

    /// Its steps as they end; one that waits for a person is waited for.
    async fn follow_automation(
        &self,
        execution: &str,
        cloud: &Cloud,
        place: &Place,
        id: &str,
    ) -> Result<Over, Lost> {
        let mut told: BTreeSet<(String, String)> = BTreeSet::new();
        let (mut output, mut patience) = (String::new(), Patience::new());
        loop {
            let now = match cloud.fetch_execution(place, execution).await {
                Ok(now) => now,
                Err(failure) => {
                    self.wait(&mut patience, Some(failure)).await?;
                    continue;
                }
            };
            let stirred = now
                .steps
                .iter()
                .filter(|step| step.status.is_over() || step.status.wants_somebody());
            for step in stirred {
                if told.insert((step.name.clone(), step.status.to_string())) {
                    let failure = step.failure.as_ref().map(|why| format!(": {why}"));
                    let text = format!("{} {}{}\n", step.name, step.status, failure.unwrap_or_default());
                    self.tell(id, text, &mut output).await;
                }
            }
            if !now.status.is_over() {
                self.wait(&mut patience, None).await?;
                continue;
            }
            let mut heard = Heard::default();
            for (name, values) in &now.outputs {
                let values = values.join(", ");
                self.tell(id, format!("{name}: {values}\n"), &mut output).await;
                // Of several each is told by its name; one alone is what the document is for.
                heard.text.push_str(&match now.outputs.len() {
                    1 => format!("{values}\n"),
                    _ => format!("{name}: {values}\n"),
                });
            }
            let why = now.failure.unwrap_or_else(|| now.status.to_string());
            return Ok(match now.status.is_success() {
                true => self.judged(&[(execution.to_owned(), heard)], output),
                false => Over::of(Outcome::Failed, format!("automation {execution}: {why}"), output),
            });
        }
    }

    async fn follow_command(
        &self,
        command: &str,
        cloud: &Cloud,
        place: &Place,
        id: &str,
    ) -> Result<Over, Lost> {
        let mut patience = Patience::new();
        let mut told: BTreeSet<String> = BTreeSet::new();
        let (mut output, mut failures, mut heard) = (String::new(), Vec::new(), Vec::new());
        let mut is_late_told = false;
        loop {
            let looked = look(cloud, place, command, &told).await;
            for (row, said) in looked.said {
                let text = format!("{}: {}\n{}", row.node, row.status, said.text);
                let text = format!("{}\n", text.trim_end());
                failures.extend(
                    self.fault(&row.status, said.code)
                        .map(|why| format!("{}: {why}", row.node)),
                );
                self.tell(id, text, &mut output).await;
                told.insert(row.node.clone());
                heard.push((row.node, said));
            }
            let is_young = patience.begun_at.elapsed() < UNKNOWN_FOR;
            if !is_young && !looked.waiting.is_empty() && !std::mem::replace(&mut is_late_told, true) {
                let who = looked.waiting.join(", ");
                let says = format!("step {} has not been fetched yet by {who}", self.step.id);
                let hint =
                    "a machine that is stopped or whose agent is not online fetches nothing".to_owned();
                let _ = self.events.send(Event::Told { says, hint }).await;
            }
            match (&looked.failure, looked.all) {
                (None, Some(0)) if !is_young => {
                    return Ok(Over::failed(format!("command {command} reached no machine")));
                }
                (None, Some(all)) if all > 0 && told.len() == all => break,
                _ => self.wait(&mut patience, looked.failure).await?,
            }
        }
        Ok(match failures.is_empty() {
            true => self.judged(&heard, output),
            false => Over {
                exit: common(&heard),
                ..Over::of(Outcome::Failed, failures.join("; "), output)
            },
        })
    }

    /// Why it has failed on a machine as AWS tells it, if it has: where the page says which codes are a success, a command
    /// that ended by itself is judged by its own.
    fn fault(&self, status: &str, code: Option<i32>) -> Option<String> {
        let wanted = self.step.attributes.exits.as_ref();
        match (status, code, wanted) {
            ("Success", Some(_), _) | ("Success", None, None) | ("Failed", Some(_), Some(_)) => None,
            ("Success", None, Some(_)) => {
                Some("AWS tells no exit code of it, and expect-exit wants one".to_owned())
            }
            (status, Some(code), _) => Some(format!("{status}, exit code {code}")),
            (status, None, _) => Some(status.to_owned()),
        }
    }

    /// What AWS calls a success, held against what the page expects: of each machine by its own output, and a value that is
    /// captured must be the same on all.
    fn judged(&self, heard: &[(String, Heard)], output: String) -> Over {
        let mut captured: Option<(String, String)> = None;
        for (who, heard) in heard {
            let says = match self.judge(heard.code.unwrap_or(0), &heard.text, heard.is_cut) {
                Err(unmet) => unmet.to_string(),
                Ok(Some((name, value))) if captured.as_ref().is_some_and(|(_, before)| *before != value) => {
                    format!("{name} is not the same on all machines: capture it on one")
                }
                Ok(found) => {
                    captured = found.or(captured);
                    continue;
                }
            };
            return Over {
                exit: heard.code,
                ..Over::of(Outcome::Failed, format!("{who}: {says}"), output)
            };
        }
        Over {
            captured,
            exit: common(heard),
            ..Over::of(Outcome::Success, "", output)
        }
    }
}

/// What something at AWS said.
#[derive(Default)]
struct Heard {
    text: String,
    /// AWS shows no more of it.
    is_cut: bool,
    /// Of a command that ended by itself.
    code: Option<i32>,
}

/// The exit code, where it is the same on all machines.
fn common(heard: &[(String, Heard)]) -> Option<i32> {
    let mut codes = heard.iter().map(|(_, heard)| heard.code);
    let first = codes.next().flatten();
    first.filter(|_| codes.all(|code| code == first))
}

/// The code of a document of several steps: that of the first which has failed, else of the last.
fn code_of(parts: &[fanout::Part]) -> Option<i32> {
    let failed = parts
        .iter()
        .filter_map(|part| part.exit_code)
        .find(|code| *code != 0);
    failed.or_else(|| parts.iter().rev().find_map(|part| part.exit_code))
}

/// How a command stands on its machines.
#[derive(Default)]
struct Look {
    /// How many it has, where that was told.
    all: Option<usize>,
    /// What those said that have newly ended.
    said: Vec<(InvocationRow, Heard)>,
    /// Those that have not fetched it.
    waiting: Vec<String>,
    /// What stood in the way of more.
    failure: Option<Failure>,
}

async fn look(cloud: &Cloud, place: &Place, command: &str, told: &BTreeSet<String>) -> Look {
    let rows: Vec<InvocationRow> = match cloud.fetch_invocations(place, command).await.try_concat().await {
        Ok(rows) => rows,
        Err(failure) => {
            return Look {
                failure: Some(failure),
                ..Look::default()
            };
        }
    };
    let waiting = rows
        .iter()
        .filter(|row| ["Pending", "Delayed"].contains(&row.status.as_str()));
    let mut looked = Look {
        all: Some(rows.len()),
        waiting: waiting.map(|row| row.node.clone()).collect(),
        ..Look::default()
    };
    for row in rows
        .into_iter()
        .filter(|row| row.is_over && !told.contains(&row.node))
    {
        match fanout::parts(cloud, place, None, command, &row.node, false).await {
            Ok(parts) => {
                let (stdout, stderr) = fanout::joined(&parts);
                let told = parts.iter().filter_map(fanout::Part::told).collect::<Vec<_>>();
                let text = [stdout, stderr, told.join("\n").into_bytes()].concat();
                let heard = Heard {
                    text: String::from_utf8_lossy(&text).into_owned(),
                    is_cut: parts.iter().any(|part| part.is_cut),
                    code: code_of(&parts),
                };
                looked.said.push((row, heard));
            }
            Err(failure) => {
                looked.failure = Some(failure);
                break;
            }
        }
    }
    looked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(why: Why, cause: &str) -> Failure {
        Failure {
            account: "613489207754".into(),
            region: "us-east-1".into(),
            service: "ssm".into(),
            cause: cause.into(),
            hint: String::new(),
            profile: "shop".into(),
            why,
        }
    }

    #[test]
    fn a_gap_is_waited_out_and_said_once_and_only_what_is_never_told_is_given_up() {
        let mut patience = Patience::new();
        let throttled = failure(Why::Throttled, "too many");
        assert!(patience.failed(&throttled).is_ok_and(|told| told.is_some()));
        assert!(patience.failed(&throttled).is_ok_and(|told| told.is_none()));
        assert_eq!(patience.pause, PAUSE[0] * 4);
        for _ in 0..20 {
            assert!(patience.failed(&failure(Why::Unreachable, "no route")).is_ok());
        }
        assert_eq!(patience.pause, PAUSE[1]);
        patience.answered();
        assert_eq!(patience.pause, PAUSE[0]);
        assert!(
            patience.failed(&failure(Why::Absent, "not there")).is_ok(),
            "not yet"
        );
        patience.begun_at -= UNKNOWN_FOR;
        assert!(patience.failed(&failure(Why::Absent, "not there")).is_err());
        assert!(patience.failed(&failure(Why::Denied, "no")).is_err());
    }
}
