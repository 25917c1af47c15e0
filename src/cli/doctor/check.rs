//! One thing that was looked at: a mark, what it is, what was found, and what to do about it.

use std::fmt::Write;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::super::quote;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    Ok,
    /// Works, but not everything does.
    Warn,
    Bad,
    /// Could not be looked at, or does not matter here.
    Skip,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Mark::Ok => "✓",
            Mark::Warn => "!",
            Mark::Bad => "✗",
            Mark::Skip => "·",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Mark::Ok => "32",
            Mark::Warn => "33",
            Mark::Bad => "31",
            Mark::Skip => "2",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub mark: Mark,
    pub what: String,
    pub result: String,
    pub hint: Option<String>,
}

impl Check {
    pub fn new(mark: Mark, what: impl Into<String>, result: impl Into<String>) -> Check {
        Check {
            mark,
            what: what.into(),
            result: result.into(),
            hint: None,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Check {
        self.hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self
    }
}

/// One line a check and one more for its hint, results below each other.
pub fn render(checks: &[Check], colour: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let width = checks.iter().map(|check| check.what.width()).max().unwrap_or(0);
    let mut text = String::new();
    for check in checks {
        let gap = " ".repeat(width - check.what.width());
        let sign = paint(check.mark.colour(), check.mark.sign());
        let result = match check.mark {
            Mark::Bad | Mark::Skip => paint(check.mark.colour(), &quote(&check.result)),
            Mark::Ok | Mark::Warn => quote(&check.result),
        };
        let _ = writeln!(text, "{sign} {}{gap}  {result}", check.what);
        if let Some(hint) = &check.hint {
            let _ = writeln!(
                text,
                "  {}  {}",
                " ".repeat(width),
                paint("2", &format!("→ {}", quote(hint)))
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_below_each_other_and_foreign_text_is_quoted() {
        let checks = [
            Check::new(Mark::Ok, "agent", "online"),
            Check::new(Mark::Bad, "connection", "a\x1b[31m").hint("start it"),
        ];
        assert_eq!(
            render(&checks, false),
            "✓ agent       online\n✗ connection  a\\u{1b}[31m\n              → start it\n"
        );
        assert!(render(&checks, true).contains("\x1b[32m✓\x1b[0m agent"));
    }
}
