//! What a person does to automations, each with its line in the audit log: begin, tell, stop, and how it ended. The line
//! is written whether or not AWS took it. A line that cannot be written is told to the user; where policy is strict, nothing
//! is begun and nobody is answered then. What stops something is never held up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Preview;
use super::watch::Seen;
use crate::audit::{Actor, Entry, Event, Kind, Log, Range, Target};
use crate::aws::{Cloud, Failure, Place, Signal, StartAutomation, StepRun, Why};
use crate::recording::redaction::covered;
use crate::runbook::Level;

/// A word of a parameter's name that tells that its value is nobody's business.
const SECRET: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "privatekey",
    "apikey",
    "accesskey",
];

/// Who acts where, and where that is written.
#[derive(Clone)]
pub struct Desk {
    pub cloud: Cloud,
    pub place: Place,
    pub data_dir: PathBuf,
    /// Why, as the user says it.
    pub reason: String,
    /// What the audit log cannot be told is not begun.
    pub is_strict: bool,
    /// Hears why a line is not in the audit log.
    pub unwritten: Unwritten,
    /// Machines that it goes to as they are known now: a report tells by them what was touched.
    pub touches: Vec<Target>,
}

pub type Unwritten = Arc<dyn Fn(&str) + Send + Sync>;

impl Desk {
    /// Begins an automation that was previewed and confirmed; the answer is its id.
    pub async fn start(
        &self,
        start: StartAutomation,
        preview: &Preview,
        level: Level,
    ) -> Result<String, Failure> {
        let mut event = self
            .event(Kind::RunbookStart, "", &start.document)
            .await
            .with("phase", "start")
            .with("version", start.version.clone())
            .with("parameters", kept(&start.parameters))
            .with("interactive", start.is_interactive)
            .with("confirm", level.to_string())
            .with("foreseen", preview.says())
            .with("may_change", preview.may_change())
            .with("token", start.token.clone());
        if let Some((key, values)) = &start.targets {
            event = event.with("targets", format!("{key}={}", values.join(",")));
        }
        if !start.maps.is_empty() {
            event = event.with("maps", json!(start.maps.iter().map(kept).collect::<Vec<_>>()));
        }
        let places = start.locations.iter();
        event = sent(event, places.map(|at| (&at.accounts, &at.regions)));
        let reach = super::reach(&start);
        if !reach.is_empty() {
            event = event.with("reach", covered(&reach.join("; ")));
        }
        self.announce(&event, "ask").await?;
        let outcome = self.cloud.start_automation(&self.place, start).await;
        if let Ok(id) = &outcome {
            event = event.with("execution_id", id.clone());
        }
        self.write(event, &outcome).await;
        outcome
    }

    /// Tells a waiting automation something.
    pub async fn signal(&self, id: &str, document: &str, signal: &Signal) -> Result<(), Failure> {
        let mut event = self
            .event(Kind::RunbookStep, id, document)
            .await
            .with("signal", signal.word());
        event = match signal {
            Signal::Approve { comment } | Signal::Reject { comment } | Signal::Revoke { comment } => {
                event.with("comment", covered(comment))
            }
            Signal::StartStep { step } | Signal::Resume { step } => event.with("step", step.clone()),
            Signal::StopStep { id, step } => event.with("step", step.clone()).with("step_id", id.clone()),
        };
        if signal.lets_go_on() {
            self.announce(&event, "ask").await?;
        }
        let outcome = self.cloud.signal_automation(&self.place, id, signal).await;
        self.write(event, &outcome).await;
        outcome
    }

    /// Writes how one that was followed has ended.
    pub async fn ended(&self, seen: &Seen) {
        let execution = &seen.execution;
        let machines: Vec<Target> = seen.touched().into_iter().map(|told| self.known(told)).collect();
        let ids: Vec<&String> = machines.iter().filter_map(|target| target.id.as_ref()).collect();
        let mut event = self
            .event(Kind::RunbookEnd, &execution.id, &execution.document)
            .await
            .with("phase", "end")
            .with("status", execution.status.word())
            .with("steps", execution.steps.len())
            .with("ran", execution.steps.iter().map(ran).collect::<Vec<_>>())
            .with("machines", json!(ids))
            .with("touches", json!(machines))
            .with("ended_at", execution.ended_at.map(|at| at.to_string()));
        event = sent(
            event,
            execution
                .locations
                .iter()
                .map(|(accounts, regions)| (accounts, regions)),
        );
        let spared = seen.spared();
        if !spared.is_empty() {
            event = event.with("spared", spared);
        }
        if !execution.status.is_success() {
            let says = execution.failure.clone();
            event = event.failed(covered(
                &says.unwrap_or_else(|| execution.status.says().to_owned()),
            ));
        }
        self.append(event).await;
    }

    /// The same of one that was started from here and that nobody followed to its end.
    pub async fn ended_unless_told(&self, seen: &Seen) {
        let (data_dir, id) = (self.data_dir.clone(), seen.execution.id.clone());
        let untold = tokio::task::spawn_blocking(move || is_untold(&data_dir, &id)).await;
        if untold.unwrap_or_default() {
            self.ended(seen).await;
        }
    }

    /// A machine as it was known when it was sent there, in the place that its child tells.
    fn known(&self, told: Target) -> Target {
        let mut known = self.touches.iter().filter(|known| known.id == told.id);
        let known = known.next().cloned().unwrap_or_default();
        Target {
            id: told.id,
            account: told.account.or(known.account),
            region: told.region.or(known.region),
            ..known
        }
    }

    pub(super) async fn event(&self, kind: Kind, id: &str, document: &str) -> Event {
        let identity = self.cloud.identity_at(&self.place).await.ok();
        let actor = Actor {
            arn: identity.as_ref().map(|identity| identity.arn.clone()),
            ..Actor::local()
        };
        let mut event = Event::new(kind, actor);
        event.target = Some(Target {
            account: identity.map(|identity| identity.account),
            region: Some(self.place.region.clone()),
            ..Target::default()
        });
        event.reason = Some(covered(&self.reason)).filter(|reason| !reason.is_empty());
        let mut event = event.with("document", document);
        if !self.touches.is_empty() {
            event = event.with("touches", json!(self.touches));
        }
        match id.is_empty() {
            true => event,
            false => event.with("execution_id", id),
        }
    }

    pub(super) async fn write<T>(&self, event: Event, outcome: &Result<T, Failure>) {
        let event = match outcome {
            Ok(_) => event,
            Err(failure) => event.failed(failure.cause.clone()),
        };
        self.append(event).await;
    }

    /// Where policy is strict: what is about to be done is on the log before it is, or is not done.
    async fn announce(&self, event: &Event, phase: &str) -> Result<(), Failure> {
        if !self.is_strict {
            return Ok(());
        }
        let mut event = event.clone();
        event.kind = Kind::RunbookStep;
        let written = append(&self.data_dir, event.with("phase", phase)).await;
        written.map_err(|cause| Failure {
            account: String::new(),
            region: self.place.region.clone(),
            service: "audit".into(),
            cause: format!(
                "the audit log cannot be written, and this target is strict: {cause}; nothing was sent"
            ),
            hint: "make room or make the data directory writable; see --data-dir".into(),
            profile: self.place.profile.clone(),
            why: Why::Refused,
        })
    }

    async fn append(&self, event: Event) {
        if let Err(cause) = append(&self.data_dir, event).await {
            (self.unwritten)(&format!("this is not in the audit log: {cause}"));
        }
    }
}

/// Values as they may be kept.
pub fn shown(name: &str, values: &[String]) -> Vec<String> {
    let name: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    if SECRET.iter().any(|word| name.contains(word)) {
        return vec!["[redacted]".into()];
    }
    values.iter().map(|value| covered(value)).collect()
}

fn kept(values: &super::Values) -> Map<String, Value> {
    let pair = |(name, values): (&String, &Vec<String>)| (name.clone(), shown(name, values).into());
    values.iter().map(pair).collect()
}

/// With the accounts and regions that it is sent to: its machines are there, and not where it begins.
fn sent<'a>(event: Event, places: impl Iterator<Item = (&'a Vec<String>, &'a Vec<String>)>) -> Event {
    let place = |(accounts, regions)| json!({ "accounts": accounts, "regions": regions });
    let places: Vec<Value> = places.map(place).collect();
    match places.is_empty() {
        true => event,
        false => event.with("locations", places),
    }
}

/// A step as it went.
fn ran(step: &StepRun) -> Value {
    let lasted = step.started_at.zip(step.ended_at);
    let ms = lasted.map(|(from, to)| to.duration_since(from).as_millis().max(0) as u64);
    json!({ "step": step.name, "status": step.status.word(), "ms": ms })
}

/// What the audit log has of an automation, in its order.
fn logged(data_dir: &Path, id: &str) -> Vec<Entry> {
    if !data_dir.join("audit").is_dir() {
        return Vec::new();
    }
    let Ok(log) = Log::open(data_dir) else {
        return Vec::new();
    };
    let Ok(lines) = log.read(Range::default()) else {
        return Vec::new();
    };
    let is_of = |entry: &Entry| entry.body.get("execution_id").and_then(Value::as_str) == Some(id);
    lines.flatten().filter(is_of).collect()
}

/// Whether the audit log knows its start and not its end.
fn is_untold(data_dir: &Path, id: &str) -> bool {
    let lines = logged(data_dir, id);
    let has = |kind: Kind| lines.iter().any(|entry| entry.event == kind.name());
    has(Kind::RunbookStart) && !has(Kind::RunbookEnd)
}

/// The document that the audit log has it as.
pub(super) fn document_of(data_dir: &Path, id: &str) -> Option<String> {
    let lines = logged(data_dir, id);
    let mut named = lines
        .iter()
        .filter_map(|entry| entry.body.get("document")?.as_str());
    named.find(|name| !name.is_empty()).map(str::to_owned)
}

/// Adds a line; why not, where it could not be written.
async fn append(data_dir: &Path, event: Event) -> Result<(), String> {
    let data_dir = data_dir.to_owned();
    let written = tokio::task::spawn_blocking(move || Log::open(&data_dir)?.append(event)).await;
    let written = match written {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(cause)) => Err(cause.to_string()),
        Err(cause) => Err(cause.to_string()),
    };
    written.inspect_err(|cause| tracing::error!(%cause, "the audit log was not written"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::audit::unwritable;
    use crate::document::Document;
    use crate::sim::{Options, Sim};

    #[test]
    fn a_parameter_is_secret_by_its_name_however_it_is_spelt() {
        let of = |name| shown(name, &["hunter2".into()]).remove(0);
        for name in [
            "DbPassword",
            "api-key",
            "API_KEY",
            "MasterPasswd",
            "SecretAccessKey",
        ] {
            assert_eq!(of(name), "[redacted]", "{name}");
        }
        assert_eq!(of("InstanceId"), "hunter2");
    }

    #[tokio::test]
    async fn what_is_strict_is_not_begun_without_its_line_and_anything_else_tells_that_it_lacks() {
        let sim = Sim::start(Options::default()).unwrap();
        let (cloud, place) = sim.cloud();
        let data = unwritable();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        let desk = |is_strict| Desk {
            cloud: cloud.clone(),
            place: place.clone(),
            data_dir: data.path().into(),
            reason: String::new(),
            is_strict,
            unwritten: {
                let hears = hears.clone();
                Arc::new(move |says: &str| hears.lock().unwrap().push(says.to_owned()))
            },
            touches: Vec::new(),
        };
        let start = StartAutomation {
            document: "None".into(),
            ..StartAutomation::default()
        };
        let text = "schemaVersion: '0.3'\nmainSteps:\n- {name: x, action: 'aws:sleep'}\n";
        let preview = Preview::of(&Document::parse(text).unwrap(), "a test");
        let begin = async |is_strict| {
            let begun = desk(is_strict).start(start.clone(), &preview, Level::None).await;
            begun.unwrap_err().service
        };
        assert_eq!(begin(true).await, "audit");
        assert!(heard.lock().unwrap().is_empty());
        assert_eq!(begin(false).await, "ssm");
        let stopped = desk(true).stop("x", "None", false).await.unwrap_err().service;
        assert_eq!(stopped, "ssm", "what stops something is never held up");
        let heard = heard.lock().unwrap();
        assert!(
            heard.len() == 2 && heard[0].contains("not in the audit log"),
            "{heard:?}"
        );
    }
}
