//! Opening: recording first, then AWS, then the channel. Whatever fails on the way leaves a sealed recording that
//! says so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::audit::Kind;
use crate::aws::{Cloud, Place, StartSession};
use crate::recording::{DeviceKey, End, Header, Mode, Recorder};
use crate::ssm::{Channel, Options};

use super::actor::Actor;
use super::journal::Journal;
use super::turns::Turns;
use super::{Core, Live, Status, ledger};

/// Characters of the user's reason that are kept: AWS takes 256, and our hash stands behind it.
const REASON: usize = 200;

/// What to open, and where it is kept.
pub struct Request {
    pub cloud: Cloud,
    pub place: Place,
    pub account: String,
    /// `i-…` or `mi-…`.
    pub target: String,
    pub name: String,
    /// Without one the account's own shell preferences hold.
    pub document: Option<String>,
    pub parameters: BTreeMap<String, String>,
    pub reason: String,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Lines of history kept in memory; older ones are in the recording.
    pub scrollback: usize,
    pub mode: Mode,
    pub data_dir: PathBuf,
    /// Told, once, whenever the screen or the status changed.
    pub changed: Arc<Notify>,
    /// Gets every byte after it was recorded: the user's own terminal, a pipe.
    pub sink: Option<mpsc::Sender<Bytes>>,
}

/// Why no session came to be.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Refused {
    pub says: String,
    pub hint: String,
    /// AWS was asked and the connection failed, rather than something on this side.
    pub connecting: bool,
}

impl Refused {
    fn here(says: impl ToString, hint: impl Into<String>) -> Self {
        Self {
            says: says.to_string(),
            hint: hint.into(),
            connecting: false,
        }
    }

    fn there(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            hint: hint.into(),
            connecting: true,
        }
    }
}

/// Opens a session. One whose opener stopped waiting is ended, not forgotten.
pub async fn open(request: Request) -> Result<Live, Refused> {
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        // Refused here, the handle is dropped, and that ends the session.
        let _ = tell.send(open_all(request).await);
    });
    told.await
        .unwrap_or_else(|_| Err(Refused::here("opening the session was interrupted", "")))
}

async fn open_all(request: Request) -> Result<Live, Refused> {
    let identity = request.cloud.identity_at(&request.place).await.ok();
    let device = DeviceKey::load_or_create(&request.data_dir)
        .map_err(|cause| Refused::here(cause, "the data directory must be writable: see --data-dir"))?;
    let header = header(&request, identity.as_ref().map(|identity| identity.arn.clone()));
    let id = header.id;
    let mut recorder = Recorder::create(&request.data_dir, header, &device, request.scrollback)
        .map_err(|cause| Refused::here(cause, "nothing is opened that cannot be recorded; see --data-dir"))?;
    let journal = Journal::new(
        &request,
        id,
        identity.map(|identity| identity.arn),
        device,
        recorder.path(),
    );

    let start = StartSession {
        target: request.target.clone(),
        document: request.document.clone(),
        parameters: request.parameters.clone(),
        reason: Some(stamped(&request.reason, &recorder.header_hash())),
    };
    let ticket = match request.cloud.start_session(&request.place, start).await {
        Ok(ticket) => ticket,
        Err(failure) => {
            let refused = Refused::there(failure.cause.clone(), failure.hint.clone());
            return Err(give_up(recorder, &journal, refused).await);
        }
    };
    let session_id = ticket.session_id.clone();
    if let Err(cause) = recorder.session_id(&session_id) {
        let _ = request.cloud.terminate_session(&request.place, &session_id).await;
        let refused = Refused::here(cause, "free some space, then open the session again");
        return Err(give_up(recorder, &journal, refused).await);
    }
    let mut entry = ledger::Entry::write(&request, id, &session_id);
    let options = Options {
        size: Some(request.size),
        ..Options::default()
    };
    let renewal = request.cloud.renewal(&request.place);
    let (channel, events) = match Channel::open(ticket, renewal, options).await {
        Ok(opened) => opened,
        Err(cause) => {
            // What could not be terminated stays in the ledger, for the next start.
            if cause.terminated {
                entry.remove();
            }
            let refused = Refused::there(cause.to_string(), cause.hint);
            return Err(give_up(recorder, &journal, refused).await);
        }
    };
    journal
        .say(Kind::SessionStart, |event| {
            event.ssm_session_id = Some(session_id.clone())
        })
        .await;

    let core = Arc::new(Turns::new(Core::Recording(Box::new(recorder))));
    let (orders, ordered) = mpsc::unbounded_channel();
    let (keys, typed) = mpsc::unbounded_channel();
    let status = Status {
        session_id: Some(session_id),
        ..Status::default()
    };
    let (told, watched) = watch::channel(status);
    let actor = Actor {
        core: core.clone(),
        channel,
        events,
        ordered,
        keys: keys.downgrade(),
        status: told,
        changed: request.changed,
        sink: request.sink,
        mode: request.mode,
        journal,
        entry,
        held: None,
        after: None,
    };
    tokio::spawn(actor.run(typed));
    Ok(Live {
        id,
        core,
        orders,
        keys,
        status: watched,
    })
}

fn header(request: &Request, arn: Option<String>) -> Header {
    Header {
        account: Some(request.account.clone()),
        region: Some(request.place.region.clone()),
        target: Some(request.target.clone()),
        target_name: Some(request.name.clone()).filter(|name| !name.is_empty()),
        document: request.document.clone(),
        actor: arn,
        reason: Some(request.reason.clone()).filter(|reason| !reason.is_empty()),
        term: Some("xterm-256color".into()),
        mode: request.mode,
        ..Header::new("shell", request.size)
    }
}

/// The user's reason followed by the beginning of the header's hash: AWS thereby dates our commitment before the
/// first byte.
fn stamped(reason: &str, hash: &[u8; 32]) -> String {
    let kept: String = reason.chars().filter(|c| !c.is_control()).take(REASON).collect();
    format!("{} qd:{}", kept.trim(), hex::encode(&hash[..8]))
        .trim_start()
        .to_owned()
}

/// Seals a recording of nothing, so that the attempt is on record.
async fn give_up(recorder: Recorder, journal: &Journal, refused: Refused) -> Refused {
    let end = End {
        why: format!("not opened: {}", refused.says),
        exit_code: None,
        abnormal: true,
    };
    if let Err(cause) = recorder.end(end) {
        tracing::warn!(%cause, "the recording of a refused session is not sealed");
    }
    let why = refused.says.clone();
    journal
        .say(Kind::SessionRejected, |event| *event = event.clone().failed(why))
        .await;
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_carries_the_hash_and_stays_within_what_aws_takes() {
        let hash = [0xab; 32];
        assert_eq!(
            stamped("INC-7 disk full", &hash),
            "INC-7 disk full qd:abababababababab"
        );
        assert_eq!(stamped("", &hash), "qd:abababababababab");
        assert!(stamped(&"é".repeat(500), &hash).chars().count() <= 256);
    }
}
