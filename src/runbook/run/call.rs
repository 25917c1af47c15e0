//! A document of Systems Manager started for a step: what was started is on record before it is followed, so that a later
//! process looks at that one first. When time is up or the user stops, it is cancelled at AWS too.

use std::time::Instant;

use super::event::Event;
use super::follow::Lost;
use super::journal::Error;
use super::record::{Outcome, Record};
use super::shell::{Stop, beyond};
use super::state::Sent;
use super::step::{Task, Went};
use super::target::Target;
use crate::audit;
use crate::aws::{Cloud, Failure, Place, SendCommand, Sendees, StartAutomation};
use crate::runbook::Filled;
use crate::runbook::call::{Call, On};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Started {
    Command(String),
    Automation(String),
}

impl Started {
    pub fn id(&self) -> &str {
        match self {
            Started::Command(id) | Started::Automation(id) => id,
        }
    }

    fn of(sent: &Sent) -> Started {
        match sent.is_command {
            true => Started::Command(sent.id.clone()),
            false => Started::Automation(sent.id.clone()),
        }
    }
}

/// An Automation as it is started, and previewed before.
pub(super) fn start_of(call: &Call) -> Result<StartAutomation, Over> {
    let targets = match &call.on {
        On::Run => None,
        On::Machines(ids) => Some(("ParameterValues".to_owned(), ids.clone())),
        On::Tags(tags) => match tags.iter().next() {
            Some((key, values)) if tags.len() == 1 => Some((format!("tag:{key}"), values.clone())),
            _ => return Err(Over::failed("an Automation finds its targets by one tag")),
        },
    };
    Ok(StartAutomation {
        document: call.document.clone(),
        version: call.version.clone(),
        parameters: call.parameters.clone(),
        token: uuid::Uuid::new_v4().to_string(),
        is_interactive: call.interactive,
        target_parameter: targets.is_some().then(|| TARGET.to_owned()),
        targets,
        ..StartAutomation::default()
    })
}

async fn automation(call: &Call, cloud: &Cloud, place: &Place) -> Result<Started, Over> {
    let id = cloud.start_automation(place, start_of(call)?).await?;
    Ok(Started::Automation(id))
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
            (Some(call), Some((cloud, place))) => {
                let started = self.start(call, &cloud, &place).await;
                match started {
                    Ok(started) => {
                        let machines = self.reached(call, &started);
                        let sent = Sent {
                            attempt,
                            id: started.id().to_owned(),
                            is_command: matches!(started, Started::Command(_)),
                            place: place.clone(),
                            known: self.known(&machines),
                            machines,
                        };
                        self.desk.append(sent.record(&self.step.id, &id)).await?;
                        self.until_over(&started, &cloud, &place, &id)
                            .await
                            .unwrap_or_else(|lost| Over::of(Outcome::Unknown, lost.0, String::new()))
                    }
                    Err(over) => over,
                }
            }
            (None, _) => Over::failed("the step names no document"),
            (_, None) => Over::failed("no account and region to start it in: give --on, or credentials"),
        };
        self.close(&id, attempt, started_at, over).await
    }

    /// The machines that it goes to, as far as that is known before.
    fn reached(&self, call: &Call, started: &Started) -> Vec<String> {
        let is_all = call.on == On::Run && matches!(started, Started::Command(_));
        let mut reached = if is_all { self.machines.clone() } else { Vec::new() };
        let lines = call.lines();
        let words = lines
            .iter()
            .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
        let named = words.filter(|word| word.starts_with("i-") || word.starts_with("mi-"));
        reached.extend(named.map(str::to_owned));
        reached.sort();
        reached.dedup();
        reached
    }

    /// What the fleet knows of machines now, for who asks later what was touched.
    fn known(&self, ids: &[String]) -> Vec<audit::Target> {
        let nodes = self.fleet.nodes.iter();
        let meant = nodes.filter(|node| ids.contains(&node.id.0));
        meant.map(audit::Target::from).collect()
    }

    /// Goes on with what an earlier process started. `None` where it can no longer be seen; that is told.
    pub async fn pick_up(&mut self, target: &Target, sent: &Sent) -> Result<Option<Went>, Error> {
        let Some((cloud, _)) = self.home.clone() else {
            return Ok(None);
        };
        let (id, started_at, started) = (target.machine.id.clone(), Instant::now(), Started::of(sent));
        let told = Event::Told {
            says: format!(
                "step {} was started as {}: that one is looked at",
                self.step.id, sent.id
            ),
            hint: String::new(),
        };
        let _ = self.events.send(told).await;
        match self.until_over(&started, &cloud, &sent.place, &id).await {
            Ok(over) => self.close(&id, sent.attempt, started_at, over).await.map(Some),
            Err(Lost(says)) => {
                let hint = "look at AWS how it stands".to_owned();
                let _ = self.events.send(Event::Told { says, hint }).await;
                Ok(None)
            }
        }
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
            let mut purse = self.purse.lock();
            let keep = |text| purse.keep(text, redact.as_ref());
            let (says, kept) = (keep(&over.says), keep(&over.output));
            purse.hide_cut(over.captured.as_ref(), &over.output, &kept);
            (says, kept)
        };
        let output = self.desk.keep(step, id, attempt, kept.into_bytes(), None).await?;
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
            moved: None,
            hint: String::new(),
        })
    }

    async fn start(&mut self, call: &Call, cloud: &Cloud, place: &Place) -> Result<Started, Over> {
        let document = cloud.fetch_document_version(place, &call.document, call.version.as_deref());
        match document.await?.kind.as_str() {
            "Command" => self.command(call, cloud, place).await,
            "Automation" if self.step.attributes.exits.is_some() => Err(Over::failed(
                "expect-exit is for commands, and an Automation ends without an exit code: take it off the fence",
            )),
            "Automation" => automation(call, cloud, place).await,
            other => Err(Over::failed(format!(
                "{} is a document of type {other}; runs start Commands and Automations",
                call.document
            ))),
        }
    }

    /// Until it has ended, its time is up, or the user stops it.
    async fn until_over(
        &mut self,
        started: &Started,
        cloud: &Cloud,
        place: &Place,
        id: &str,
    ) -> Result<Over, Lost> {
        let lasts = self.step.timeout(&self.plan.manifest);
        let mut stop = self.stop.clone();
        let (outcome, says) = tokio::select! {
            over = self.follow(started, cloud, place, id) => return over,
            () = tokio::time::sleep(lasts) => (Outcome::TimedOut, format!("it was cancelled after {} s", lasts.as_secs())),
            _ = beyond(&mut stop, Stop::No) => (Outcome::Stopped, "it was cancelled".to_owned()),
        };
        let cancelled = match started {
            Started::Command(command) => cloud.cancel_command(place, command).await,
            Started::Automation(execution) => cloud.stop_automation(place, execution, false).await,
        };
        let says = match cancelled {
            Ok(()) => says,
            Err(failure) => format!("{says}, and {} may go on: {failure}", started.id()),
        };
        Ok(Over::of(outcome, says, String::new()))
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
}
