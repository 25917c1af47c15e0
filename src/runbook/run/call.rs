//! A document of Systems Manager started for a step and followed until it is over everywhere. What it prints on each machine
//! is kept like the output of a shell; when time is up or the user stops, it is cancelled at AWS too.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt;

use super::event::Event;
use super::journal::Error;
use super::record::{Outcome, Record};
use super::shell::{Stop, beyond};
use super::step::{Task, Went};
use super::target::Target;
use crate::aws::{Cloud, Failure, Place, SendCommand, Sendees, StartAutomation};
use crate::runbook::Filled;
use crate::runbook::call::{Call, On};

/// Between two looks at how it stands.
const PAUSE: Duration = Duration::from_secs(1);
/// A command is in no list for a moment after it was sent.
const UNLISTED: Duration = Duration::from_secs(30);
/// A machine fetches a command within this, or never.
const DELIVERED_SECONDS: i32 = 600;
/// The parameter of Automations that takes one machine after the other.
const TARGET: &str = "InstanceId";

/// How a call ended, and its output.
pub(super) struct Over {
    pub outcome: Outcome,
    pub exit: Option<i32>,
    pub says: String,
    pub output: String,
    pub captured: Option<(String, String)>,
}

impl Over {
    pub fn of(outcome: Outcome, says: impl Into<String>, output: String) -> Over {
        Over {
            outcome,
            exit: None,
            says: says.into(),
            output,
            captured: None,
        }
    }

    pub fn failed(says: impl Into<String>) -> Over {
        Over::of(Outcome::Failed, says, String::new())
    }
}

impl From<Failure> for Over {
    fn from(failure: Failure) -> Over {
        Over::failed(format!("{failure}; {}", failure.hint))
    }
}

/// What goes on at AWS.
enum Started {
    Command(String),
    Automation(String),
}

impl Started {
    fn id(&self) -> &str {
        match self {
            Started::Command(id) | Started::Automation(id) => id,
        }
    }
}

async fn automation(call: &Call, cloud: &Cloud, place: &Place) -> Result<Started, Over> {
    let targets = match &call.on {
        On::Run => None,
        On::Machines(ids) => Some(("ParameterValues".to_owned(), ids.clone())),
        On::Tags(tags) => match tags.iter().next() {
            Some((key, values)) if tags.len() == 1 => Some((format!("tag:{key}"), values.clone())),
            _ => return Err(Over::failed("an Automation finds its targets by one tag")),
        },
    };
    let start = StartAutomation {
        document: call.document.clone(),
        version: call.version.clone(),
        parameters: call.parameters.clone(),
        token: uuid::Uuid::new_v4().to_string(),
        is_interactive: call.interactive,
        target_parameter: targets.is_some().then(|| TARGET.to_owned()),
        targets,
        ..StartAutomation::default()
    };
    Ok(Started::Automation(cloud.start_automation(place, start).await?))
}

impl Task {
    /// Starts what the step names, once: what failed on the way may run none the less.
    pub async fn call(
        &mut self,
        target: &Target,
        filled: &Filled,
        attempts_before: u32,
    ) -> Result<Went, Error> {
        let id = target.machine.id.clone();
        let attempt = attempts_before + 1;
        let started_at = self.open(&id, attempt, &filled.commands).await?;
        let over = match (&filled.call, self.home.clone()) {
            (Some(call), Some((cloud, place))) => self.start(call, &cloud, &place, &id).await,
            (None, _) => Over::failed("the step names no document"),
            (_, None) => Over::failed("no account and region to start it in: give --on, or credentials"),
        };
        self.close(&id, attempt, started_at, over).await
    }

    /// Tells the journal, then the user, that it begins.
    pub(super) async fn open(&self, id: &str, attempt: u32, commands: &[String]) -> Result<Instant, Error> {
        let redact = self.step.redact();
        let (shown, commands): (Vec<String>, Vec<String>) = {
            let (purse, also) = (self.purse.lock(), redact.as_ref());
            let both = |line: &String| (purse.cover(line, also), purse.keep(line, also));
            commands.iter().map(both).unzip()
        };
        let started = Record::Started {
            step: self.step.id.clone(),
            target: id.to_owned(),
            attempt,
            sha256: self.step.sha256(),
            commands,
            spot: None,
        };
        self.desk.append(started).await?;
        let began = Event::Began {
            step: self.step.id.clone(),
            target: id.to_owned(),
            attempt,
            commands: shown,
        };
        let _ = self.events.send(began).await;
        Ok(Instant::now())
    }

    /// Tells the journal, then the user, how it ended.
    pub(super) async fn close(
        &self,
        id: &str,
        attempt: u32,
        started_at: Instant,
        over: Over,
    ) -> Result<Went, Error> {
        let (step, lasted, redact) = (&self.step.id, started_at.elapsed(), self.step.redact());
        let (says, kept) = {
            let purse = self.purse.lock();
            let keep = |text| purse.keep(text, redact.as_ref());
            (keep(&over.says), keep(&over.output))
        };
        let output = self.desk.keep(step, id, attempt, kept.into_bytes()).await?;
        let ended = Record::Ended {
            step: step.clone(),
            target: id.to_owned(),
            attempt,
            outcome: over.outcome,
            exit: over.exit,
            lasted_us: lasted.as_micros() as u64,
            output: Some(output),
            spot: None,
            says: says.clone(),
        };
        self.desk.append(ended).await?;
        let ended = Event::Ended {
            step: step.clone(),
            target: id.to_owned(),
            outcome: over.outcome,
            exit: over.exit,
            lasted,
            says: says.clone(),
        };
        let _ = self.events.send(ended).await;
        Ok(Went {
            outcome: over.outcome,
            says,
            captured: over.captured,
        })
    }

    async fn start(&mut self, call: &Call, cloud: &Cloud, place: &Place, id: &str) -> Over {
        let document = cloud.fetch_document_version(place, &call.document, call.version.as_deref());
        let kind = match document.await {
            Ok(document) => document.kind,
            Err(failure) => return failure.into(),
        };
        let started = match kind.as_str() {
            "Command" => self.command(call, cloud, place).await,
            "Automation" => automation(call, cloud, place).await,
            other => Err(Over::failed(format!(
                "{} is a document of type {other}; runs start Commands and Automations",
                call.document
            ))),
        };
        let started = match started {
            Ok(started) => started,
            Err(over) => return over,
        };
        let lasts = self.step.timeout(&self.plan.manifest);
        let mut stop = self.stop.clone();
        let (outcome, says) = tokio::select! {
            over = self.follow(&started, cloud, place, id) => return over,
            () = tokio::time::sleep(lasts) => (Outcome::TimedOut, format!("it was cancelled after {} s", lasts.as_secs())),
            _ = beyond(&mut stop, Stop::No) => (Outcome::Stopped, "it was cancelled".to_owned()),
        };
        let cancelled = match &started {
            Started::Command(command) => cloud.cancel_command(place, command).await,
            Started::Automation(execution) => cloud.stop_automation(place, execution, false).await,
        };
        let says = match cancelled {
            Ok(()) => says,
            Err(failure) => format!("{says}, and {} may go on: {failure}", started.id()),
        };
        Over::of(outcome, says, String::new())
    }

    async fn command(&self, call: &Call, cloud: &Cloud, place: &Place) -> Result<Started, Over> {
        let to = match &call.on {
            On::Run if self.machines.is_empty() => {
                let says = "it goes to the machines of the run, which has none: give --on";
                return Err(Over::failed(says));
            }
            On::Run => Sendees::Instances(self.machines.clone()),
            On::Machines(ids) => Sendees::Instances(ids.clone()),
            On::Tags(tags) => Sendees::Tags(tags.clone().into_iter().collect()),
        };
        let send = SendCommand {
            document: call.document.clone(),
            version: call.version.clone(),
            parameters: call.parameters.clone(),
            to,
            comment: format!("runbook {}", self.plan.title).chars().take(100).collect(),
            delivery_seconds: DELIVERED_SECONDS,
            concurrency: self.step.attributes.concurrency.clone(),
            errors: self.step.attributes.max_errors.clone(),
            output: None,
        };
        Ok(Started::Command(cloud.send_command(place, send).await?))
    }

    async fn follow(&self, started: &Started, cloud: &Cloud, place: &Place, id: &str) -> Over {
        match started {
            Started::Command(command) => self.follow_command(command, cloud, place, id).await,
            Started::Automation(execution) => self.follow_automation(execution, cloud, place, id).await,
        }
    }

    /// Passes on what has come and keeps it.
    pub(super) async fn tell(&self, id: &str, text: String, output: &mut String) {
        output.push_str(&text);
        let told = Event::Output {
            step: self.step.id.clone(),
            target: id.to_owned(),
            bytes: self
                .purse
                .lock()
                .cover(&text, self.step.redact().as_ref())
                .into_bytes(),
        };
        let _ = self.events.send(told).await;
    }

    /// Its steps as they end; one that waits for a person is waited for.
    async fn follow_automation(&self, execution: &str, cloud: &Cloud, place: &Place, id: &str) -> Over {
        let mut told: BTreeSet<(String, String)> = BTreeSet::new();
        let mut output = String::new();
        loop {
            let now = match cloud.fetch_execution(place, execution).await {
                Ok(now) => now,
                Err(failure) => return failure.into(),
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
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            for (name, values) in &now.outputs {
                self.tell(id, format!("{name}: {}\n", values.join(", ")), &mut output)
                    .await;
            }
            let why = now.failure.unwrap_or_else(|| now.status.to_string());
            return match now.status.is_success() {
                true => Over::of(Outcome::Success, "", output),
                false => Over::of(Outcome::Failed, format!("automation {execution}: {why}"), output),
            };
        }
    }

    async fn follow_command(&self, command: &str, cloud: &Cloud, place: &Place, id: &str) -> Over {
        let sent_at = Instant::now();
        let mut told: BTreeSet<String> = BTreeSet::new();
        let (mut output, mut failures) = (String::new(), Vec::new());
        loop {
            let mut rows = Vec::new();
            let mut pages = cloud.fetch_invocations(place, command).await;
            while let Some(page) = pages.next().await {
                match page {
                    Ok(page) => rows.extend(page),
                    Err(failure) => return failure.into(),
                }
            }
            for row in rows.iter().filter(|row| row.is_over && !told.contains(&row.node)) {
                let said = match cloud.fetch_invocation(place, command, &row.node).await {
                    Ok(said) => said,
                    Err(failure) => return failure.into(),
                };
                let text = format!("{}: {}\n{}{}", row.node, row.status, said.stdout, said.stderr);
                let text = format!("{}\n", text.trim_end());
                if row.status != "Success" {
                    failures.push(format!("{}: {}", row.node, row.status));
                }
                self.tell(id, text, &mut output).await;
            }
            told.extend(rows.iter().filter(|row| row.is_over).map(|row| row.node.clone()));
            match rows.is_empty() {
                true if sent_at.elapsed() > UNLISTED => {
                    return Over::failed(format!("command {command} reached no machine"));
                }
                false if told.len() == rows.len() => break,
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
        let outcome = match failures.is_empty() {
            true => Outcome::Success,
            false => Outcome::Failed,
        };
        Over::of(outcome, failures.join("; "), output)
    }
}
