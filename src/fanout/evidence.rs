//! What is left of a run: one recording of every node's output with its result, and two lines in the audit log. A result
//! is shown only after it was recorded.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::watch;
use uuid::Uuid;

use super::roll::Roll;
use super::{Outcome, Request};
use crate::audit::{self, Kind, Log};
use crate::recording::redaction::covered;
use crate::recording::{DeviceKey, End, Error, Header, Marker, Mode, Recorder, Told};
use crate::session::{Gallery, Journal, Status, alert, broken_by, telling};

pub struct Evidence {
    pub id: Uuid,
    mode: Mode,
    gallery: Arc<Gallery>,
    template: audit::Event,
    told: Told,
    data_dir: PathBuf,
    /// The machines' tags as they are now, by id.
    tags: BTreeMap<String, Map<String, Value>>,
    roll: Roll,
}

/// Nodes by how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub succeeded: usize,
    pub failed: usize,
    pub not_connected: usize,
    pub never_began: usize,
    pub unknown: usize,
}

impl Counts {
    fn is_success(self) -> bool {
        self.failed == 0 && self.others().iter().all(|(_, count)| *count == 0)
    }

    /// What did neither succeed nor fail, as the audit log has it.
    fn others(self) -> [(&'static str, usize); 3] {
        [
            ("not_connected", self.not_connected),
            ("never_began", self.never_began),
            ("unknown", self.unknown),
        ]
    }
}

impl Evidence {
    /// The recording begins before AWS is asked anything; the hash of its header is what AWS is told of it.
    pub fn begin(request: &Request, arn: Option<String>) -> Result<(Self, [u8; 32]), Error> {
        let device = DeviceKey::load_or_create(&request.data_dir)?;
        let places: std::collections::BTreeSet<_> = request
            .nodes
            .iter()
            .map(|node| (&node.account, &node.region))
            .collect();
        let one = if places.len() == 1 { places.first() } else { None };
        let target = match request.nodes.as_slice() {
            [node] => node.id.to_string(),
            nodes => format!("{} instances", nodes.len()),
        };
        let header = Header {
            account: one.map(|(account, _)| (*account).clone()),
            region: one.map(|(_, region)| (*region).clone()),
            target: Some(target.clone()),
            actor: arn.clone(),
            reason: Some(request.reason.clone()).filter(|reason| !reason.is_empty()),
            mode: request.mode,
            recipients: request.recipients.keys().to_vec(),
            ..Header::new("fanout", (160, 48))
        };
        let id = header.id;
        let mut recorder = Recorder::create(&request.data_dir, header, &device, 0)?;
        recorder.marker(Marker {
            kind: "command".into(),
            label: request.text.clone(),
            ..Marker::default()
        })?;
        let hash = recorder.header_hash();
        let actor = audit::Actor {
            arn,
            ..audit::Actor::local()
        };
        let mut template = audit::Event::new(Kind::Exec, actor);
        template.sid = Some(id);
        template.reason = Some(covered(&request.reason)).filter(|reason| !reason.is_empty());
        template.target = Some(audit::Target {
            id: Some(target),
            ..audit::Target::default()
        });
        template.rec = Some(audit::Rec {
            path: recorder.path().display().to_string(),
            ..audit::Rec::default()
        });
        let told = recorder.told(&request.text);
        let template = telling(template, &told);
        let journal = Journal::local(&request.data_dir, template.clone(), device);
        let evidence = Self {
            id,
            mode: request.mode,
            gallery: Arc::new(Gallery::open(
                recorder,
                &request.data_dir,
                id,
                journal,
                request.mode,
            )),
            template,
            told,
            data_dir: request.data_dir.clone(),
            tags: request
                .nodes
                .iter()
                .map(|node| (node.id.to_string(), audit::tags(&node.tags)))
                .collect(),
            roll: Roll::default(),
        };
        Ok((evidence, hash))
    }

    /// A disk may take its time, and only a thread of its own may wait for that.
    async fn record(
        &self,
        write: impl FnOnce(&mut Recorder) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let gallery = self.gallery.clone();
        let written = tokio::task::spawn_blocking(move || gallery.record(write)).await;
        written.unwrap_or_else(|cause| Err(Error::io("write", &self.data_dir)(cause.into())))
    }

    /// Says in `recording_failed` that its disk does not keep it.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.gallery.status()
    }

    /// Becomes true when somebody who watches ends it.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.gallery.over()
    }

    /// AWS's id of a command, as soon as it is known.
    pub async fn sent(&self, command_id: &str, nodes: usize) -> Result<(), Error> {
        let marker = Marker {
            kind: "sent".into(),
            label: command_id.to_owned(),
            fields: [("nodes".to_owned(), nodes.to_string())].into(),
        };
        self.record(|recorder| recorder.marker(marker)).await
    }

    /// A node's result and its output, each line under the node's name.
    pub async fn outcome(&self, outcome: &Outcome) -> Result<(), Error> {
        self.roll.note(outcome);
        let mut fields = vec![
            ("name", outcome.name.clone()),
            ("account", outcome.account.clone()),
            ("region", outcome.region.clone()),
            ("status", outcome.status.clone()),
        ];
        fields.extend(outcome.exit_code.map(|code| ("exit_code", code.to_string())));
        let tags = self.tags.get(&outcome.id).filter(|tags| !tags.is_empty());
        fields.extend(tags.map(|tags| ("tags", Value::Object(tags.clone()).to_string())));
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        let marker = Marker {
            kind: "result".into(),
            label: outcome.id.clone(),
            fields: fields.collect(),
        };
        let under = |bytes: &[u8]| {
            let mut text = Vec::with_capacity(bytes.len() + 64);
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                text.extend_from_slice(outcome.label().as_bytes());
                text.extend_from_slice(b": ");
                text.extend_from_slice(line);
                text.extend_from_slice(b"\r\n");
            }
            text
        };
        let (stdout, stderr) = (under(&outcome.stdout), under(&outcome.stderr));
        let goes_on = self.mode != Mode::Strict;
        self.record(move |recorder| {
            let mut written = recorder.marker(marker);
            for (bytes, is_output) in [(stdout, true), (stderr, false)] {
                let kept = match is_output {
                    true => recorder.output(&bytes),
                    false => recorder.stderr(&bytes),
                };
                if let Err(cause) = kept {
                    if goes_on {
                        recorder.show_unrecorded(&bytes);
                    }
                    written = written.and(Err(cause));
                }
            }
            written
        })
        .await
    }

    /// A line in the audit log; why not, where it could not be written.
    pub async fn say(&self, kind: Kind, fill: impl FnOnce(&mut audit::Event)) -> Result<(), String> {
        let mut event = self.template.clone();
        event.kind = kind;
        fill(&mut event);
        let data_dir = self.data_dir.clone();
        let written = tokio::task::spawn_blocking(move || Log::open(&data_dir)?.append(event));
        let written = match written.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(cause)) => Err(cause.to_string()),
            Err(cause) => Err(cause.to_string()),
        };
        written.inspect_err(|cause| tracing::error!(%cause, "the audit log was not written"))
    }

    /// Says that the command is one to be told of, where its text is in the recording alone.
    pub async fn warn(&self) {
        if let Some(rule) = broken_by(&self.told) {
            let warn = |event: &mut audit::Event| *event = alert(event.clone(), &self.told, rule, Kind::Exec);
            let _ = self.say(Kind::AlertMatch, warn).await;
        }
    }

    /// Seals the recording.
    pub async fn end(&self, why: &str, counts: Counts) {
        let end = End {
            why: why.to_owned(),
            exit_code: Some(i32::from(!counts.is_success())),
            abnormal: false,
        };
        self.gallery.settle().await;
        let gallery = self.gallery.clone();
        let Ok(Some(sealed)) = tokio::task::spawn_blocking(move || gallery.finish(end)).await else {
            return;
        };
        self.gallery.dismiss().await;
        let _ = self
            .say(Kind::Exec, |event| {
                *event = event
                    .clone()
                    .with("phase", "end")
                    .with("why", why)
                    .with("succeeded", counts.succeeded)
                    .with("failed", counts.failed);
                for (name, count) in counts.others().into_iter().filter(|(_, count)| *count > 0) {
                    *event = event.clone().with(name, count);
                }
                match sealed {
                    Ok(sealed) => {
                        if let Some(rec) = &mut event.rec {
                            rec.size = Some(sealed.len);
                            rec.sha256 = Some(hex::encode(sealed.sha256));
                        }
                    }
                    Err(cause) => {
                        *event = event
                            .clone()
                            .failed(format!("the recording is not sealed: {cause}"))
                    }
                }
                *event = self.roll.fill(event.clone());
            })
            .await;
    }
}
