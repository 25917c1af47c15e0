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

/// `1:02:03`, or `2:03` under an hour.
pub fn clock(us: i64) -> String {
    let seconds = us.max(0) / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Hours, minutes and seconds with a fraction, or seconds alone; microseconds.
pub fn parse_clock(text: &str) -> Option<u64> {
    let mut seconds = 0.0;
    let parts: Vec<&str> = text.split(':').collect();
    let (last, whole) = parts.split_last()?;
    for (place, part) in whole.iter().take(3).enumerate() {
        let part = part.parse::<u32>().ok().filter(|part| place == 0 || *part < 60)?;
        seconds = seconds * 60.0 + f64::from(part);
    }
    let is_whole = whole.is_empty();
    let rest: f64 = last.parse().ok()?;
    if !(0.0..=1e9).contains(&rest) || !(is_whole || rest < 60.0) {
        return None;
    }
    (parts.len() <= 3).then_some(((seconds * 60.0 + rest) * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_reads_back() {
        for us in [0, 59_000_000, 60_000_000, 3_723_000_000] {
            assert_eq!(parse_clock(&clock(us)), Some(us as u64));
        }
    }

    #[test]
    fn a_clock_has_minutes_and_seconds_below_sixty() {
        assert_eq!(parse_clock("90"), Some(90_000_000));
        assert_eq!(parse_clock("90:30"), Some(5_430_000_000));
        assert_eq!(parse_clock("1:02:03.5"), Some(3_723_500_000));
        for bad in [
            "9:99:99", "1:60", "1:60:00", "-1", "1:-5", "1:2:3:4", "", ":", "nan",
        ] {
            assert_eq!(parse_clock(bad), None, "{bad:?}");
        }
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
