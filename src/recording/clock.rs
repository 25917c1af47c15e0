//! Places in a recording and how long it is, as people read and write them: the same everywhere.

/// `1:02:03`, or `02:03` under an hour; microseconds.
pub fn clock(us: u64) -> String {
    let seconds = us / 1_000_000;
    match seconds / 3600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
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
        let told = [5_000_000, 754_000_000, 3_754_000_000].map(clock);
        assert_eq!(told, ["00:05", "12:34", "1:02:34"]);
        for us in [0, 59_000_000, 60_000_000, 3_723_000_000_u64] {
            assert_eq!(parse_clock(&clock(us)), Some(us));
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
}
