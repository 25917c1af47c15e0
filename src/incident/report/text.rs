//! Foreign text on its way into a document, and how times and spans are written. Nothing that a target or a person wrote can
//! act there: control characters and the marks that reorder text become visible escapes.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone that times are told in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// By its name in the tz database.
    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Date and time to the second.
    pub fn moment(&self, at: Timestamp) -> String {
        at.to_zoned(self.0.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    }

    /// The same of a stamp that this report made.
    pub fn stamped(&self, at: &Option<String>) -> String {
        let parsed = at.as_deref().and_then(|at| at.parse().ok());
        parsed.map_or_else(|| "not known".into(), |at| self.moment(at))
    }
}

/// One line: controls, line feeds and reordering marks as escapes.
pub fn line(text: &str) -> String {
    escape(text, |c| c == '\t' || c == '\n')
}

/// Several lines; line feeds and tabs stay, a carriage return before a line feed goes.
pub fn lines(text: &str) -> String {
    escape(&text.replace("\r\n", "\n"), |_| false)
}

fn escape(text: &str, shows: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' if shows(c) => escaped.push_str("\\n"),
            '\t' if shows(c) => escaped.push_str("\\t"),
            '\n' | '\t' => escaped.push(c),
            '\r' => escaped.push_str("\\r"),
            c if c.is_control() || reorders(c) => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Marks that make a line read as another one, and separators that end a line for some readers.
fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A span as people say it.
pub fn lasted(us: u64) -> String {
    let seconds = us / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_reader_is_shown_instead() {
        assert_eq!(
            line("a\u{1b}[2Jb\u{202e}c\nd\0"),
            "a\\u{1b}[2Jb\\u{202e}c\\nd\\u{0}"
        );
        assert_eq!(lines("a\r\nb\tc\rd\u{2066}"), "a\nb\tc\\rd\\u{2066}");
    }

    #[test]
    fn spans_are_told_in_two_words() {
        let said = [5, 65, 3_700, 90_000].map(|seconds| lasted(seconds * 1_000_000));
        assert_eq!(said, ["5 s", "1 min 5 s", "1 h 1 min", "1 d 1 h 0 min"]);
    }
}
