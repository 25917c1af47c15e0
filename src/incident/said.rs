//! What a person types with a word such as *recovered*: when it was, where that was not now, and a note. A clock time is
//! UTC, as every time of an incident is, and of the day before where it would lie in the future.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::runbook::duration::parse_duration;

/// The time that a text begins with, and what stands behind it.
pub fn parse(text: &str, now: Timestamp) -> Result<(Option<Timestamp>, String), String> {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match instant(word, now)? {
        Some(at) => Ok((Some(at), rest.trim().to_owned())),
        None => Ok((None, text.to_owned())),
    }
}

/// `-10m`, `14:05` or an instant; `None` where it is no time at all.
pub fn instant(word: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let future = |at: Timestamp| match at > now {
        true => Err(format!("{word} lies in the future")),
        false => Ok(Some(at)),
    };
    if let Ok(at) = word.parse::<Timestamp>() {
        return future(at);
    }
    if let Some(ago) = word.strip_prefix('-')
        && !ago.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(ago) = parse_duration(ago)
    {
        let ago = SignedDuration::try_from(ago).map_err(|_| format!("{word} is too long ago"))?;
        let at = now.checked_sub(ago);
        return at.map(Some).map_err(|_| format!("{word} is too long ago"));
    }
    let is_clock = word.contains(':') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let Some(time) = word.parse::<Time>().ok().filter(|_| is_clock) else {
        return Ok(None);
    };
    let today = now.to_zoned(TimeZone::UTC).date();
    let on = |date: jiff::civil::Date| date.to_datetime(time).to_zoned(TimeZone::UTC).ok();
    let at = on(today).map(|at| at.timestamp()).filter(|at| *at <= now);
    let before = || today.yesterday().ok().and_then(on).map(|at| at.timestamp());
    Ok(at.or_else(before))
}

/// Nothing of an incident was before its beginning.
pub fn check(state: &State, at: Option<Timestamp>) -> Result<(), String> {
    match (state.started_at, at) {
        (Some(began), Some(at)) if at < began => Err(format!(
            "{} is before the incident began, at {}",
            at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            began.strftime("%Y-%m-%d %H:%M:%S UTC")
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read(text: &str) -> Result<(Option<Timestamp>, String), String> {
        parse(text, at("2026-11-21T14:30:00Z"))
    }

    #[test]
    fn a_time_stands_before_the_note() {
        let told = |when: &str, note: &str| Ok((Some(at(when)), note.to_owned()));
        assert_eq!(
            read("-10m rolled back"),
            told("2026-11-21T14:20:00Z", "rolled back")
        );
        assert_eq!(read(" -1h30m "), told("2026-11-21T13:00:00Z", ""));
        assert_eq!(read("14:05 by hand"), told("2026-11-21T14:05:00Z", "by hand"));
        assert_eq!(read("23:50"), told("2026-11-20T23:50:00Z", ""), "the day before");
        assert_eq!(read("2026-11-21T14:00:01Z x"), told("2026-11-21T14:00:01Z", "x"));
    }

    #[test]
    fn what_is_no_time_is_a_note() {
        for note in [
            "",
            "rolled back",
            "-foo",
            "-10",
            "- 10m",
            "web-01:80 is back",
            "10",
        ] {
            assert_eq!(read(note), Ok((None, note.to_owned())), "{note}");
        }
        assert!(read("2026-11-21T15:00:00Z").unwrap_err().contains("future"));
    }

    #[test]
    fn nothing_was_before_the_beginning() {
        let state = State {
            started_at: Some(at("2026-11-21T14:00:00Z")),
            ..State::default()
        };
        assert!(check(&state, Some(at("2026-11-21T13:59:59Z"))).is_err());
        assert_eq!(check(&state, Some(at("2026-11-21T14:00:00Z"))), Ok(()));
        assert_eq!(check(&state, None), Ok(()));
    }
}
