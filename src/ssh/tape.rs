//! The recording and the audit lines of what is no session of AWS: the local terminal of `qd ssh`, any program under
//! `qd rec`, a tunnel through an EC2 Instance Connect Endpoint. Sealed whatever happens; bytes are recorded before anyone sees them.

use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use crate::audit::{self, Kind};
use crate::recording::{DeviceKey, End, Error, Header, Marker, Recorder};
use crate::session::{Connection, Journal, Request, seal};

/// How long the name of the caller may take: it is a nicety here.
const IDENTITY: Duration = Duration::from_secs(5);

pub struct Tape {
    pub id: Uuid,
    recorder: Recorder,
    journal: Journal,
}

impl Tape {
    /// Starts a recording of `request.kind`; nothing is asked of AWS but who we are.
    pub async fn start(request: &Request) -> Result<Tape, Error> {
        let asked = request.cloud.identity_at(&request.place);
        let identity = tokio::time::timeout(IDENTITY, asked).await;
        let arn = identity.ok().and_then(Result::ok).map(|identity| identity.arn);
        let device = DeviceKey::load_or_create(&request.data_dir)?;
        let header = Header {
            account: Some(request.account.clone()),
            region: Some(request.place.region.clone()),
            target: Some(request.target.clone()),
            target_name: Some(request.name.clone()).filter(|name| !name.is_empty()),
            document: request.document.clone(),
            actor: arn.clone(),
            reason: Some(request.reason.clone()).filter(|reason| !reason.is_empty()),
            term: Some("xterm-256color".into()),
            mode: request.mode,
            recipients: request.recipients.keys().to_vec(),
            ..Header::new(request.kind, request.size)
        };
        let id = header.id;
        let recorder = Recorder::create(&request.data_dir, header, &device, request.scrollback)?;
        let journal = Journal::new(request, id, arn, device, recorder.path());
        let kind = request.kind;
        journal
            .say(Kind::SessionStart, |event| {
                *event = event.clone().with("kind", kind)
            })
            .await;
        Ok(Tape {
            id,
            recorder,
            journal,
        })
    }

    /// Starts a recording of a local program; `command` is its whole command line.
    pub async fn start_local(data_dir: &Path, header: Header, command: &str) -> Result<Tape, Error> {
        let device = DeviceKey::load_or_create(data_dir)?;
        let mut template = audit::Event::new(Kind::SessionStart, audit::Actor::local());
        let id = header.id;
        template.sid = Some(id);
        template.reason = header.reason.clone();
        template.ticket = header.ticket.clone();
        template.target = Some(audit::Target {
            id: header.local_host.clone(),
            name: header.target_name.clone(),
            ..audit::Target::default()
        });
        let kind = header.kind.clone();
        let mut recorder = Recorder::create(data_dir, header, &device, 0)?;
        recorder.marker(Marker {
            kind: "command".into(),
            label: command.to_owned(),
            ..Marker::default()
        })?;
        template.rec = Some(audit::Rec {
            path: recorder.path().display().to_string(),
            ..audit::Rec::default()
        });
        let journal = Journal::local(data_dir, template, device);
        journal
            .say(Kind::SessionStart, |event| {
                *event = event.clone().with("kind", kind)
            })
            .await;
        let ran = command.to_owned();
        journal
            .say(Kind::SessionCommand, |event| {
                *event = event.clone().with("command", ran)
            })
            .await;
        Ok(Tape {
            id,
            recorder,
            journal,
        })
    }

    pub fn recorder(&mut self) -> &mut Recorder {
        &mut self.recorder
    }

    pub fn connection(&mut self, connection: &Connection) -> Result<(), Error> {
        self.recorder.marker(connection.marker())
    }

    /// Seals it.
    pub async fn end(self, why: &str, exit_code: Option<i32>) -> Result<(), Error> {
        let end = End {
            why: why.to_owned(),
            exit_code,
            ..End::default()
        };
        let sealed = self.recorder.end(end);
        self.journal
            .say(Kind::SessionEnd, |event| {
                *event = event.clone().with("why", why.to_owned());
                match &sealed {
                    Ok(sealed) => seal(event, sealed),
                    Err(cause) => {
                        *event = event
                            .clone()
                            .failed(format!("the recording is not sealed: {cause}"));
                    }
                }
            })
            .await;
        sealed.map(drop)
    }
}
