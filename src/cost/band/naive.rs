//! The second opinion: the same weekday of last week, give or take what such steps usually are.

use jiff::ToSpan;
use jiff::civil::Date;

use super::history::History;
use super::median::median;

const WIDTH: f64 = 4.0;
const MAD_TO_DEVIATION: f64 = 1.4826;
/// Steps are never taken to be smaller than this share of the value.
const LEAST_SPREAD: f64 = 0.03;

/// Whether a cost is unusual against last week's; `false` where there is no such day.
pub(super) fn seconds(history: &History, day: Date, cost: f64) -> bool {
    let recent = history.recent();
    let week_before = |day: Date| {
        let then = day.saturating_sub(7.days());
        let at = recent.binary_search_by_key(&then, |past| past.day).ok()?;
        recent.get(at).map(|past| past.clean)
    };
    let Some(expected) = week_before(day) else {
        return false;
    };
    let steps = recent
        .iter()
        .filter_map(|past| Some((past.clean - week_before(past.day)?).abs()));
    let usual = median(steps).unwrap_or_default() * MAD_TO_DEVIATION;
    (cost - expected).abs() > WIDTH * usual.max(LEAST_SPREAD * expected.abs())
}
