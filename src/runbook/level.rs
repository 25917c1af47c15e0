//! How much a person has to say before a step runs. Surroundings raise it, nothing lowers it.

use std::fmt;
use std::str::FromStr;

/// In their order: each asks for more than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    #[default]
    None,
    /// One key.
    Enter,
    /// The word `yes`.
    Yes,
    /// The name of the target, or of its environment.
    Type,
    /// A second person.
    Two,
}

impl Level {
    pub const ALL: [Level; 5] = [Level::None, Level::Enter, Level::Yes, Level::Type, Level::Two];
    pub const ALLOWED: &'static str = "allowed are auto, none, enter, yes, type, two";

    /// One more than this; the highest stays.
    pub fn raised(self) -> Level {
        let next = Level::ALL.into_iter().find(|level| *level > self);
        next.unwrap_or(Level::Two)
    }

    /// Whether `--yes` answers it: what wants a name typed or a second person is never answered ahead.
    pub fn is_answered_by_yes(self) -> bool {
        self <= Level::Yes
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Level::None => "none",
            Level::Enter => "enter",
            Level::Yes => "yes",
            Level::Type => "type",
            Level::Two => "two",
        })
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Level, ()> {
        let said = |level: &Level| level.to_string() == text;
        Level::ALL.into_iter().find(said).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surroundings_raise_by_one_and_the_highest_stays() {
        let raised: Vec<Level> = Level::ALL.into_iter().map(Level::raised).collect();
        assert_eq!(
            raised,
            [Level::Enter, Level::Yes, Level::Type, Level::Two, Level::Two]
        );
        assert!(!Level::Type.is_answered_by_yes() && Level::Yes.is_answered_by_yes());
    }
}
