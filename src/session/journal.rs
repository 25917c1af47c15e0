//! The session's lines in the audit log. Appending syncs to the disk, so it happens off the session's own task.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::audit::notify::Rules;
use crate::audit::{self, Event, Kind, Log};
use crate::recording::redaction::{covered, masked};
use crate::recording::{DeviceKey, Sealed, Told};

use super::open::Request;

static RISKY: OnceLock<Rules> = OnceLock::new();

/// From now on somebody is told of such commands, also where the log has no more than their digest.
pub fn watch_for(rules: Rules) {
    let _ = RISKY.set(rules);
}

#[derive(Clone)]
pub(crate) struct Journal {
    data_dir: PathBuf,
    template: Event,
    device: Arc<DeviceKey>,
}

/// What the end of a session says of its recording.
pub(crate) fn seal(event: &mut Event, sealed: &Sealed) {
    if let Some(rec) = &mut event.rec {
        rec.size = Some(sealed.len);
        rec.sha256 = Some(hex::encode(sealed.sha256));
    }
    let summary = &sealed.summary;
    let mut add = |key: &str, value: serde_json::Value| event.body.insert(key.to_owned(), value);
    add("duration_ms", (summary.duration_us / 1000).into());
    add("bytes", summary.output_bytes.into());
    if let Some(code) = summary.exit_code {
        add("exit_code", code.into());
    }
}

/// An event with the command that it is about, as far as that may be told: what the rules of redaction find in it is not in
/// the log, whatever policy says of recordings.
pub(crate) fn telling(event: Event, command: &Told) -> Event {
    match command {
        Told::Clear(text) => event.with("command", masked(text)),
        Told::Sealed { digest, .. } => event.with("command_digest", digest.clone()),
    }
}

/// The rule that a command breaks of which the log has only the digest: nobody who reads that can judge it.
pub(crate) fn broken_by(command: &Told) -> Option<&'static str> {
    match command {
        Told::Clear(_) => None,
        Told::Sealed { text, .. } => RISKY.get()?.find(text),
    }
}

pub(crate) fn alert(event: Event, command: &Told, rule: &str, seen_in: Kind) -> Event {
    telling(event, command)
        .with("rule", rule)
        .with("seen_in", seen_in.name())
}

/// Typed lines on their way into the log, in order; nobody waits for its disk but the end of the session.
pub(crate) struct Lines {
    typed: Option<mpsc::UnboundedSender<Told>>,
    writing: Option<JoinHandle<()>>,
}

impl Lines {
    pub fn of(journal: &Journal) -> Lines {
        let (typed, mut lines) = mpsc::unbounded_channel::<Told>();
        let journal = journal.clone();
        let writing = tokio::spawn(async move {
            while let Some(line) = lines.recv().await {
                journal.command(&line, Some("typed")).await;
            }
        });
        Lines {
            typed: Some(typed),
            writing: Some(writing),
        }
    }

    pub fn tell(&self, lines: Vec<Told>) {
        for line in lines {
            let _ = self.typed.as_ref().map(|typed| typed.send(line));
        }
    }

    /// Waits until all are in the log.
    pub async fn finish(&mut self) {
        self.typed = None;
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
    }
}

impl Journal {
    pub fn new(request: &Request, id: Uuid, arn: Option<String>, device: DeviceKey, path: &Path) -> Self {
        let actor = audit::Actor {
            arn,
            ..audit::Actor::local()
        };
        let mut template = Event::new(Kind::SessionStart, actor);
        template.target = Some(audit::Target {
            account: Some(request.account.clone()),
            region: Some(request.place.region.clone()),
            id: Some(request.target.clone()),
            name: Some(request.name.clone()),
            tags: audit::tags(&request.tags),
            ..audit::Target::default()
        });
        template.sid = Some(id);
        template.reason = Some(covered(&request.reason)).filter(|reason| !reason.is_empty());
        template.rec = Some(audit::Rec {
            path: path.display().to_string(),
            ..audit::Rec::default()
        });
        Self {
            data_dir: request.data_dir.clone(),
            template,
            device: Arc::new(device),
        }
    }

    /// For what is no session of AWS: `template` says who, what and which recording.
    pub fn local(data_dir: &Path, mut template: Event, device: DeviceKey) -> Self {
        for said in [&mut template.reason, &mut template.ticket].into_iter().flatten() {
            *said = covered(said);
        }
        Self {
            data_dir: data_dir.to_owned(),
            template,
            device: Arc::new(device),
        }
    }

    /// A command that was run, and how it is known.
    pub async fn command(&self, command: &Told, source: Option<&str>) {
        self.say(Kind::SessionCommand, |event| {
            *event = telling(event.clone(), command);
            if let Some(source) = source {
                *event = event.clone().with("source", source);
            }
        })
        .await;
        if let Some(rule) = broken_by(command) {
            self.say(Kind::AlertMatch, |event| {
                *event = alert(event.clone(), command, rule, Kind::SessionCommand);
            })
            .await;
        }
    }

    /// Appends one event. The end of a session is followed by a signed checkpoint of the log.
    pub async fn say(&self, kind: Kind, fill: impl FnOnce(&mut Event)) {
        let mut event = self.template.clone();
        event.kind = kind;
        fill(&mut event);
        let (data_dir, device) = (self.data_dir.clone(), self.device.clone());
        let written = tokio::task::spawn_blocking(move || {
            let log = Log::open(&data_dir)?;
            let actor = event.actor.clone();
            log.append(event)?;
            if kind == Kind::SessionEnd {
                log.checkpoint(&*device, actor)?;
            }
            Ok::<_, audit::Error>(())
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => tracing::error!(%cause, event = kind.name(), "the audit log was not written"),
            Err(cause) => tracing::error!(%cause, event = kind.name(), "the audit log was not written"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_a_command_is_in_the_log_in_clear() {
        let event = Event::new(Kind::SessionCommand, audit::Actor::local());
        let typed = Told::Clear("vault login s.AbCdEf0123456789XyZ12345; date".into());
        let event = telling(event, &typed);
        assert_eq!(
            event.body["command"],
            "vault login s.[redacted: vault-token]; date"
        );
    }
}
