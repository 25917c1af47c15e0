//! Spans of time in as few cells as an eye needs: `45s`, `12m`, `3h`, `9d`, `2y`.

use std::time::Duration;

use jiff::Timestamp;

pub fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        86_400..63_072_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// From `at` to `now`; nothing is younger than now.
pub fn since(at: Timestamp, now: Timestamp) -> String {
    short(Duration::from_secs(
        now.as_second().saturating_sub(at.as_second()).max(0) as u64,
    ))
}

/// Until what [`since`] says of it is another; seconds are not counted one by one.
pub fn changes_in(at: Timestamp, now: Timestamp) -> Duration {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0) as u64;
    let unit = match seconds {
        0..60 => 15,
        60..3600 => 60,
        3600..86_400 => 3600,
        _ => 86_400,
    };
    Duration::from_secs(unit - seconds % unit)
}

/// A moment in Unix microseconds as `2026-03-01 04:05:06`, UTC.
pub fn stamp(us: i64) -> String {
    Timestamp::from_microsecond(us)
        .map_or_else(|_| "—".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_anew_when_it_is_another() {
        let at = Timestamp::UNIX_EPOCH;
        let wakes = |seconds| changes_in(at, Timestamp::from_second(seconds).unwrap()).as_secs();
        assert_eq!(
            [-5, 0, 50, 60, 119, 3600, 90_000].map(wakes),
            [15, 15, 10, 60, 1, 3600, 82_800]
        );
    }

    #[test]
    fn ages_stay_short() {
        let short = |seconds| short(Duration::from_secs(seconds));
        assert_eq!(
            [short(5), short(720), short(7200), short(864_000)],
            ["5s", "12m", "2h", "10d"]
        );
    }
}
