//! The beginning that every kind of session has: recording and ledger first, then AWS, then the channel. Whatever fails on the
//! way leaves a sealed recording that says so.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::audit::Kind;
use crate::aws::{StartSession, Why};
use crate::recording::redaction::covered;
use crate::recording::{self, DeviceKey, End, Header, Marker, Recorder};
use crate::ssm::{Channel, Event, Options, Tries};

use super::journal::Journal;
use super::ledger;
use super::open::{Refused, Request};
use super::opening::Opening;

/// What AWS takes as a reason, less a margin: 200 characters of the user's, and our hash behind them.
const REASON: usize = 220;
const STOPPED: &str = "it was stopped before it was open";
/// How long StartSession may still answer once nobody wants the session; then the ledger's next reader looks for it.
const UNWANTED: Duration = Duration::from_secs(3);

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

/// Recording, ledger, StartSession, channel, in that order.
pub(super) async fn begin(request: &Request, options: Options, opening: &Opening) -> Result<Begun, Refused> {
    let admitted = tokio::select! {
        admitted = recording::remote::admit() => admitted,
        () = opening.stopped() => return Err(Refused::here(STOPPED, "")),
    };
    if let Err(cause) = admitted {
        let says = format!("no session without the team store: {cause}");
        return Err(Refused::here(says, cause.hint()));
    }
    let identity = tokio::select! {
        identity = request.cloud.identity_at(&request.place) => identity.ok(),
        () = opening.stopped() => return Err(Refused::here(STOPPED, "")),
    };
    let header = header(request, identity.as_ref().map(|identity| identity.arn.clone()));
    let id = header.id;
    let (device, mut recorder) = record(request, header).await?;
    let journal = Journal::new(
        request,
        id,
        identity.map(|identity| identity.arn),
        device,
        recorder.path(),
    );

    let stamp = stamp(&recorder.header_hash());
    let mut entry = ledger::Entry::intend(request, id, stamp.clone());
    let start = StartSession {
        target: request.target.clone(),
        document: request.document.clone(),
        parameters: request.parameters.clone(),
        reason: Some(stamped(&request.reason, &stamp, REASON)),
    };
    let asking = async {
        match &request.container {
            Some(execute) => {
                request
                    .cloud
                    .execute_command(&request.place, execute.clone())
                    .await
            }
            None => request.cloud.start_session(&request.place, start).await,
        }
    };
    let unwanted = async {
        opening.stopped().await;
        tokio::time::sleep(UNWANTED).await;
    };
    let started = tokio::select! {
        started = asking => started,
        () = unwanted => return Err(give_up(recorder, &journal, Refused::there(STOPPED, "")).await),
    };
    let ticket = match started {
        Ok(ticket) => ticket,
        Err(failure) => {
            // Without a clear answer the session may exist all the same.
            if !matches!(failure.why, Why::Unreachable | Why::Faulty | Why::Unsupported) {
                entry.remove();
            }
            let refused = Refused {
                absent: failure.why == Why::Target,
                ..Refused::there(failure.cause.clone(), failure.hint.clone())
            };
            return Err(give_up(recorder, &journal, refused).await);
        }
    };
    let session_id = ticket.session_id.clone();
    entry.opened(&session_id);
    let told = request.command.as_ref().map(|command| recorder.told(command));
    let recorded = recorder
        .session_id(&session_id)
        .and_then(|()| match &request.command {
            Some(command) => recorder.marker(Marker {
                kind: "command".into(),
                label: command.clone(),
                ..Marker::default()
            }),
            None => Ok(()),
        });
    if let Err(cause) = recorded {
        end(request, &session_id, &mut entry).await;
        let refused = Refused::here(cause, "free some space, then open the session again");
        return Err(give_up(recorder, &journal, refused).await);
    }
    let (tries, trying) = watch::channel(None);
    let options = Options {
        target: request.target.clone(),
        tries: Some(tries),
        network: request.cloud.network().clone(),
        ..options
    };
    let renewal = request.cloud.renewal(&request.place);
    let opened = tokio::select! {
        opened = Channel::open(ticket, renewal, options) => Some(opened),
        () = follow(trying, opening) => None,
        () = opening.stopped() => None,
    };
    let (channel, events) = match opened {
        Some(Ok(opened)) => opened,
        Some(Err(cause)) => {
            // What could not be terminated stays in the ledger, for the next start.
            if cause.terminated {
                entry.remove();
            }
            let refused = Refused::there(cause.to_string(), cause.hint);
            return Err(give_up(recorder, &journal, refused).await);
        }
        None => {
            end(request, &session_id, &mut entry).await;
            return Err(give_up(recorder, &journal, Refused::there(STOPPED, "")).await);
        }
    };
    journal
        .say(Kind::SessionStart, |event| {
            event.ssm_session_id = Some(session_id.clone())
        })
        .await;
    if let Some(command) = &told {
        journal.command(command, None).await;
    }
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
        recipients: request.recipients.keys().to_vec(),
        ..Header::new(request.kind, request.size)
    }
}

/// The device key and the recording that it certifies. An ssh-agent may take its time, so this is off the session's task.
async fn record(request: &Request, header: Header) -> Result<(DeviceKey, Recorder), Refused> {
    let (data_dir, scrollback) = (request.data_dir.clone(), request.scrollback);
    let made = tokio::task::spawn_blocking(move || {
        let device = DeviceKey::load_or_create(&data_dir)?;
        let recorder = Recorder::create(&data_dir, header, &device, scrollback)?;
        Ok((device, recorder))
    });
    let refused = |cause: recording::Error| {
        let hint = match (&cause, cause.hint()) {
            (recording::Error::Agent { .. }, Some(hint)) => hint,
            _ => "nothing is opened that cannot be recorded; see --data-dir",
        };
        Refused::here(&cause, hint)
    };
    match made.await {
        Ok(made) => made.map_err(refused),
        Err(cause) => Err(Refused::here(cause, "")),
    }
}

/// Passes on why the channel is not open yet; never ends by itself.
async fn follow(mut told: watch::Receiver<Option<Tries>>, opening: &Opening) {
    while told.changed().await.is_ok() {
        opening.tell(told.borrow_and_update().as_ref());
    }
    std::future::pending().await
}

/// Ends a session that nobody will use; what AWS does not confirm stays in the ledger.
async fn end(request: &Request, session_id: &str, entry: &mut ledger::Entry) {
    if request
        .cloud
        .terminate_session(&request.place, session_id)
        .await
        .is_ok()
    {
        entry.remove();
    }
}

/// The beginning of the header's hash, as it stands at the end of the reason.
pub fn stamp(hash: &[u8; 32]) -> String {
    format!("qd:{}", hex::encode(&hash[..8]))
}

/// The user's reason followed by the stamp, `most` characters in all: AWS thereby dates our commitment before the first
/// byte.
pub fn stamped(reason: &str, stamp: &str, most: usize) -> String {
    let room = most.saturating_sub(stamp.len() + 1);
    let kept: String = covered(reason)
        .chars()
        .filter(|c| !c.is_control())
        .take(room)
        .collect();
    format!("{} {stamp}", kept.trim()).trim_start().to_owned()
}

/// Seals a recording of nothing, so that the attempt is on record.
async fn give_up(recorder: Recorder, journal: &Journal, refused: Refused) -> Refused {
    let end = End {
        why: format!("not opened: {}", refused.says),
        exit_code: None,
        abnormal: true,
    };
    let sealed = recorder.end(end);
    if let Err(cause) = &sealed {
        tracing::warn!(%cause, "the recording of a refused session is not sealed");
    }
    let why = refused.says.clone();
    journal
        .say(Kind::SessionRejected, |event| {
            *event = event.clone().failed(why);
            if let (Ok(sealed), Some(rec)) = (sealed, &mut event.rec) {
                rec.size = Some(sealed.len);
                rec.sha256 = Some(hex::encode(sealed.sha256));
            }
        })
        .await;
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_carries_the_hash_and_stays_within_what_aws_takes() {
        let stamp = stamp(&[0xab; 32]);
        assert_eq!(
            stamped("INC-7 disk full", &stamp, 220),
            "INC-7 disk full qd:abababababababab"
        );
        assert_eq!(stamped("", &stamp, 220), "qd:abababababababab");
        assert_eq!(stamped(&"é".repeat(500), &stamp, 220).chars().count(), 220);
        assert_eq!(stamped(&"é".repeat(500), &stamp, 100).chars().count(), 100);
    }
}
