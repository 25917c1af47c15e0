//! The beginning that every kind of session has: recording first, then AWS, then the channel. Whatever fails on the
//! way leaves a sealed recording that says so.

use tokio::sync::mpsc;
use uuid::Uuid;

use crate::audit::Kind;
use crate::aws::StartSession;
use crate::recording::{DeviceKey, End, Header, Recorder};
use crate::ssm::{Channel, Event, Options};

use super::journal::Journal;
use super::ledger;
use super::open::{Refused, Request};

/// Characters of the user's reason that are kept: AWS takes 256, and our hash stands behind it.
const REASON: usize = 200;

/// A session that AWS has opened and that is on record, before anything was shown of it.
pub(super) struct Begun {
    pub id: Uuid,
    pub session_id: String,
    pub recorder: Recorder,
    pub journal: Journal,
    pub entry: ledger::Entry,
    pub channel: Channel,
    pub events: mpsc::Receiver<Event>,
}

/// Recording, StartSession, ledger, channel, in that order.
pub(super) async fn begin(request: &Request, options: Options) -> Result<Begun, Refused> {
    let identity = request.cloud.identity_at(&request.place).await.ok();
    let device = DeviceKey::load_or_create(&request.data_dir)
        .map_err(|cause| Refused::here(cause, "the data directory must be writable: see --data-dir"))?;
    let header = header(request, identity.as_ref().map(|identity| identity.arn.clone()));
    let id = header.id;
    let mut recorder = Recorder::create(&request.data_dir, header, &device, request.scrollback)
        .map_err(|cause| Refused::here(cause, "nothing is opened that cannot be recorded; see --data-dir"))?;
    let journal = Journal::new(
        request,
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
    let mut entry = ledger::Entry::write(request, id, &session_id);
    let renewal = request.cloud.renewal(&request.place);
    let options = Options {
        target: request.target.clone(),
        ..options
    };
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
    Ok(Begun {
        id,
        session_id,
        recorder,
        journal,
        entry,
        channel,
        events,
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
        ..Header::new(request.kind, request.size)
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
