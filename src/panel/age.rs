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

/// A moment in Unix microseconds as `2026-03-01 04:05:06`, UTC.
pub fn stamp(us: i64) -> String {
    Timestamp::from_microsecond(us)
        .map_or_else(|_| "—".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_stay_short() {
        let short = |seconds| short(Duration::from_secs(seconds));
        assert_eq!(
            [short(5), short(720), short(7200), short(864_000)],
            ["5s", "12m", "2h", "10d"]
        );
    }
}
