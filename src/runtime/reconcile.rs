//! AWS's history against the recordings, for the audit panel: what was found is in the log, which is read again, and
//! one sentence says it.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::app::{Msg, Notice, Weight};
use crate::audit::reconcile::{
    Case, Found, Report, Source, Whose, fetch, judge, last_output_at, load_kept, write,
};
use crate::audit::{Log, Range};
use crate::aws::Cloud;
use crate::recording::DeviceKey;

use super::connected;
use super::inbox::Outbox;

/// As far as DescribeSessions looks back.
const SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

pub async fn run(cloud: watch::Receiver<Option<Cloud>>, data_dir: PathBuf, out: Outbox) {
    let Some(cloud) = connected(cloud).await else {
        return;
    };
    let now = Timestamp::now();
    let both = Source {
        history: true,
        trail: true,
    };
    let found = fetch(&cloud, both, now - SPAN, now).await;
    let failures = found.failures.len();
    let compared = tokio::task::spawn_blocking(move || compare(&data_dir, &found, now));
    match compared.await {
        Ok(Ok((report, msg))) => {
            let mut says = report.says();
            if failures > 0 {
                says = format!("{says}; {failures} questions to AWS failed");
            }
            let weight = match (report.is_clean(), failures) {
                (false, _) => Weight::Bad,
                (true, 0) => Weight::Good,
                (true, _) => Weight::Warn,
            };
            out.send(msg);
            out.send(Msg::Noticed(Notice::new(weight, says)));
        }
        Ok(Err(says)) => out.send(Msg::Noticed(Notice::new(Weight::Bad, says))),
        Err(cause) => tracing::error!(%cause, "the comparison with AWS failed"),
    }
}

fn compare(data_dir: &std::path::Path, found: &Found, now: Timestamp) -> Result<(Report, Msg), String> {
    let (kept, _) = load_kept(data_dir).map_err(|cause| cause.to_string())?;
    let report = judge(&Case {
        claims: &found.claims,
        kept: &kept,
        whose: Whose::Ours(found.identities.clone()),
        cover: &found.cover,
        now,
        last_output_at: &last_output_at,
    });
    let device = DeviceKey::load_or_create(data_dir).map_err(|cause| cause.to_string())?;
    let read = || {
        write(data_dir, &device, &report, &kept)?;
        let log = Log::open(data_dir)?;
        let entries = log.read(Range::default())?;
        entries.collect::<Result<Vec<_>, _>>()
    };
    let entries = read().map_err(|cause: crate::audit::Error| cause.to_string())?;
    let msg = Msg::AuditRead {
        entries,
        verdict: None,
    };
    Ok((report, msg))
}
