//! A time in a recording as a user writes it: `90`, `1.5`, `1:30`, `1:02:03`.

/// Microseconds since the start.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let bad = || "allowed: seconds, or [H:]M:S, like 90 or 1:30".to_owned();
    let mut seconds = 0.0;
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(bad());
    }
    for part in parts {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number: f64 = part.parse().ok().filter(|_| digits).ok_or_else(bad)?;
        seconds = seconds * 60.0 + number;
    }
    // Rounded: a float is no whole number of microseconds.
    let us = (seconds * 1e6).round();
    (us < 1e15).then_some(us as u64).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn seconds_minutes_and_hours_are_read_and_the_rest_is_refused() {
        assert_eq!(parse("90"), Ok(90_000_000));
        assert_eq!(parse("1.000001"), Ok(1_000_001));
        assert_eq!(parse("1:02:03.5"), Ok(3_723_500_000));
        for bad in ["", "-1", "1:", "a", "1:2:3:4", "inf", "1e9", "99999999999"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
