//! Which alarm is looked at first: what nobody silenced, then the worst, then what stays before what comes and goes, then
//! the youngest, since that is the one that just woke somebody.

use std::cmp::{Ordering, Reverse};

use super::{Alarm, Severity};

/// From so many times into alarm within a day on it flaps.
pub const FLAPPING: u32 = 3;

pub fn compare(a: &Alarm, b: &Alarm) -> Ordering {
    let key = |alarm: &Alarm| {
        (
            alarm.state,
            alarm.suppressed.is_some(),
            alarm.severity().unwrap_or(Severity::Medium),
            alarm.is_flapping(),
            Reverse(alarm.since),
        )
    };
    let name = |alarm: &Alarm| (alarm.name.clone(), alarm.arn.clone());
    key(a).cmp(&key(b)).then_with(|| name(a).cmp(&name(b)))
}
