//! What a reconciliation leaves behind: an event for each session that nobody recorded and each reason that lies, once;
//! a proof beside each recording that AWS bears out; and that it was done.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Claim, Kept, Report};
use crate::audit::{Actor, Error, Event, Kind, Log, Range, Target};
use crate::recording::evidence::{self, Level, Proof};
use crate::recording::{self, DeviceKey, State};

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// New events, besides the one that says that it was done.
    pub events: usize,
    /// Recordings that are now `correlated`.
    pub proofs: usize,
    /// Recordings whose proof could not be kept.
    pub failures: Vec<recording::Error>,
}

/// Writes events and proofs; both only where there are none yet.
pub fn write(data_dir: &Path, device: &DeviceKey, report: &Report, kept: &[Kept]) -> Result<Written, Error> {
    let log = Log::open(data_dir)?;
    let mut known = HashSet::new();
    for entry in log.read(Range::default())?.filter_map(Result::ok) {
        if entry.event == Kind::RecordingMissing.name() || entry.event == Kind::Tamper.name() {
            known.extend(entry.ssm_session_id.map(|id| (entry.event, id)));
        }
    }
    let mut written = Written::default();
    for event in events(report) {
        let key = (
            event.kind.name().to_owned(),
            event.ssm_session_id.clone().unwrap_or_default(),
        );
        if known.insert(key) {
            log.append(event)?;
            written.events += 1;
        }
    }
    for (claim, at) in &report.agreed {
        let Some(kept) = kept.get(*at) else { continue };
        match prove(claim, kept, device) {
            Ok(true) => written.proofs += 1,
            Ok(false) => {}
            Err(failure) => written.failures.push(failure),
        }
    }
    let done = Event::new(Kind::Reconciled, Actor::local())
        .with("says", report.says())
        .with("sessions", report.sessions)
        .with("recorded", report.recorded)
        .with("missing", report.missing.len())
        .with("unmatched", report.unmatched.len())
        .with("disagreements", report.disagreements.len());
    log.append(if report.is_clean() {
        done
    } else {
        done.failed("what AWS remembers and what is recorded differ")
    })?;
    Ok(written)
}

fn events(report: &Report) -> Vec<Event> {
    let missing = report.missing.iter().map(|missing| {
        let mut event = Event::new(Kind::RecordingMissing, Actor::local())
            .failed("AWS has a session that no recording here covers")
            .with("owner", missing.actor.clone())
            .with("started_at", missing.started_at.clone())
            .with("event_id", missing.event_id.clone());
        event.ssm_session_id = Some(missing.session_id.clone());
        event.target = Some(Target {
            account: Some(missing.account.clone()),
            region: Some(missing.region.clone()),
            id: Some(missing.target.clone()),
            ..Target::default()
        });
        event
    });
    let lies = report
        .disagreements
        .iter()
        .filter(|found| found.what == "reason")
        .map(|found| {
            let mut event = Event::new(Kind::Tamper, Actor::local())
                .failed(found.says.clone())
                .with("owner", found.actor.clone());
            event.ssm_session_id = Some(found.session_id.clone());
            event.sid = found.id.parse().ok();
            event
        });
    missing.chain(lies).collect()
}

/// Whether a new proof was kept. Only a sealed file whose session is over has a begin and an end to agree with.
fn prove(claim: &Claim, kept: &Kept, device: &DeviceKey) -> Result<bool, recording::Error> {
    let is_whole = matches!(kept.state, State::Sealed) && claim.ended_at.is_some();
    if !is_whole {
        return Ok(false);
    }
    let failed = |source: io::Error| recording::Error::Io {
        what: "read",
        path: kept.path.clone(),
        source,
    };
    let size = std::fs::metadata(&kept.path).map_err(failed)?.len();
    let known = evidence::load_proofs(&kept.path)?;
    let devices = [device.public()];
    if known.iter().any(|proof| {
        proof.level == Level::Correlated
            && proof.size == size
            && proof.is_noted_by(&devices)
            && proof.is_complete()
    }) {
        return Ok(false);
    }
    let (size, sha256) = evidence::fingerprint(&kept.path).map_err(failed)?;
    let text = |at: Option<Timestamp>| at.map(|at| Value::from(at.to_string())).unwrap_or_default();
    let detail = Map::from_iter([
        ("session_id".to_owned(), claim.session_id.clone().into()),
        ("owner".to_owned(), claim.owner.clone().into()),
        ("describe_sessions".to_owned(), claim.in_history.into()),
        ("cloudtrail_event_id".to_owned(), claim.event_id.clone().into()),
        ("started_at".to_owned(), text(claim.started_at)),
        ("ended_at".to_owned(), text(claim.ended_at)),
    ]);
    let proof = Proof {
        level: Level::Correlated,
        at: Timestamp::now().to_string(),
        size,
        sha256,
        detail,
        noted: None,
    };
    evidence::save_proof(&kept.path, &proof.noted_by(device)?)?;
    Ok(true)
}
