//! Days out of the ways in which exports write an instant: `2024-09-18 22:00:00`, `2026-05-01T00:00:00.000Z`,
//! `2026-05-01`, with an offset or without. A day is a UTC day.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

pub fn parse_day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    // By far the most: ten digits of a day, and a time that is UTC or says nothing.
    let is_utc = match bytes.get(10) {
        None => true,
        Some(b'T' | b' ') => !bytes[11..].iter().any(|byte| matches!(byte, b'+' | b'-')),
        _ => false,
    };
    if is_utc && (bytes.len() == 10 || plausible(bytes.get(11..)?)) {
        return text.get(..10)?.parse().ok();
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(TimeZone::UTC).date());
    }
    text.parse::<DateTime>().ok().map(DateTime::date)
}

/// `22:00:00`, perhaps with a fraction and a `Z` or ` UTC`.
fn plausible(time: &[u8]) -> bool {
    let digits = time.len() >= 8
        && time[..8].iter().enumerate().all(|(at, byte)| match at {
            2 | 5 => *byte == b':',
            _ => byte.is_ascii_digit(),
        });
    digits
        && time[8..]
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'Z' | b' ' | b'U' | b'T' | b'C'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_writing_a_day_is_read_in_utc() {
        for (text, day) in [
            ("2024-09-18 22:00:00", "2024-09-18"),
            ("2026-05-01T00:00:00Z", "2026-05-01"),
            ("2023-11-01T00:00:00.000Z", "2023-11-01"),
            ("2026-05-01", "2026-05-01"),
            ("2026-05-01 23:30:00 UTC", "2026-05-01"),
            ("2026-05-01T23:30:00-05:00", "2026-05-02"),
            ("2026-05-01T00:30:00+02:00", "2026-04-30"),
        ] {
            assert_eq!(
                parse_day(text).map(|day| day.to_string()).as_deref(),
                Some(day),
                "{text}"
            );
        }
        for text in [
            "",
            "2026-13-01",
            "2026-05-01T",
            "yesterday",
            "2026-02-30",
            "05/01/2026",
            "2026-05-01Tabc",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_can_make_it_panic(text in "\\PC{0,30}|[-0-9T: .Z+]{0,30}") {
            let _ = parse_day(&text);
        }
    }
}
