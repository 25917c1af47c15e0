//! When each target was last visited, by the recordings and the audit log of this machine: what no bill and no metric tells.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Ask;
use crate::audit::{Log, Range};
use crate::recording::Library;

#[derive(Debug, Default)]
pub struct Visits {
    last: BTreeMap<String, Timestamp>,
    first: Option<Timestamp>,
}

/// What people do on a target, as the audit log names it.
const DEEDS: [&str; 4] = ["session.start", "exec", "runbook.start", "runbook.step"];

impl Visits {
    /// Everything on record; a sentence when a record cannot be read, since a gap in it would prove absences.
    pub fn read(ask: &Ask<'_>) -> Result<Visits, String> {
        let unread = |what: &str, why: String| {
            format!("{what} cannot be read, so that nobody's absence is proven: {why}")
        };
        let mut visits = Visits::default();
        let recordings = Library::open(ask.data_dir).list();
        let (recordings, _) = recordings.map_err(|why| unread("the recordings", why.to_string()))?;
        for row in recordings {
            if let (Some(target), Ok(at)) = (row.target, Timestamp::from_microsecond(row.started_at)) {
                visits.keep(Some(target), at);
            }
        }
        let unlogged = |why: crate::audit::Error| unread("the audit log", why.to_string());
        let log = Log::open(ask.data_dir).map_err(unlogged)?;
        for entry in log.read(Range::default()).map_err(unlogged)?.flatten() {
            if let Some(at) = entry.at() {
                let visit = DEEDS.contains(&entry.event.as_str());
                let target = entry.target.and_then(|target| target.id);
                visits.keep(target.filter(|_| visit), at);
            }
        }
        Ok(visits)
    }

    fn keep(&mut self, target: Option<String>, at: Timestamp) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        if let Some(target) = target {
            let last = self.last.entry(target).or_insert(at);
            *last = at.max(*last);
        }
    }

    pub fn days_before(&self, target: &str, now: Timestamp) -> Option<u32> {
        self.last.get(target).map(|at| days(*at, now))
    }

    /// How far the records reach back.
    pub fn records_for_days(&self, now: Timestamp) -> u32 {
        self.first.map_or(0, |first| days(first, now))
    }
}

fn days(at: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((now.as_second() - at.as_second()) / 86_400).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_visit_and_the_earliest_record_count() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let mut visits = Visits::default();
        visits.keep(None, at("2026-09-01T00:00:00Z"));
        visits.keep(Some("i-1".into()), at("2026-11-01T00:00:00Z"));
        visits.keep(Some("i-1".into()), at("2026-10-01T00:00:00Z"));
        let now = at("2026-11-21T12:00:00Z");
        assert_eq!(visits.days_before("i-1", now), Some(20));
        assert_eq!(visits.days_before("i-2", now), None);
        assert_eq!(visits.records_for_days(now), 81);
    }
}
