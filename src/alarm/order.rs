//! Which alarm is looked at first: what burns and nobody silenced, then the worst, then what stays before what comes and
//! goes, then the youngest, since that is the one that just woke somebody. One whose tags are not known may be worse than one
//! in the middle, and stands before it.

use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;

use super::{Alarm, Severity, State};

/// From so many times into alarm within a day on it flaps.
pub const FLAPPING: u32 = 3;

type Key = (
    State,
    bool,
    (Severity, bool),
    bool,
    Reverse<Option<Timestamp>>,
    String,
    String,
);

fn key(alarm: &Alarm) -> Key {
    let severity = alarm.severity();
    (
        alarm.state,
        alarm.suppressed.is_some(),
        (
            severity.unwrap_or(Severity::Medium),
            severity.is_some() || alarm.tags.is_some(),
        ),
        alarm.is_flapping(),
        Reverse(alarm.since),
        alarm.name.clone(),
        alarm.arn.clone(),
    )
}

pub fn compare(a: &Alarm, b: &Alarm) -> Ordering {
    key(a).cmp(&key(b))
}

/// In that order; what burns is its beginning.
pub fn sort(alarms: &mut [Alarm]) {
    alarms.sort_by_cached_key(key);
}
