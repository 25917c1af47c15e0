//! The rules of composite alarms: `ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA(c))`. Parsed as they are read, without a tree.

use super::State;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Whether the rule holds; `state` tells how another alarm stands, `None` when there is none of that name.
pub fn holds(rule: &str, state: &dyn Fn(&str) -> Option<State>) -> Result<bool, Malformed> {
    let mut reader = Reader {
        rest: rule,
        state,
        depth: 0,
    };
    let holds = reader.either()?;
    if reader.rest.trim_start().is_empty() {
        Ok(holds)
    } else {
        Err(Malformed)
    }
}

/// The alarms that a rule names, in order and each once.
pub fn names(rule: &str) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    let note = |name: &str| {
        let mut found = found.borrow_mut();
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
        None
    };
    // A malformed rule names what it named before it broke.
    let _ = holds(rule, &note);
    found.into_inner()
}

const DEEPEST: usize = 50;

struct Reader<'a> {
    rest: &'a str,
    state: &'a dyn Fn(&str) -> Option<State>,
    depth: usize,
}

impl Reader<'_> {
    fn either(&mut self) -> Result<bool, Malformed> {
        let mut holds = self.both()?;
        while self.word("OR") {
            // Not short-circuited: the rest must be read anyway.
            holds |= self.both()?;
        }
        Ok(holds)
    }

    fn both(&mut self) -> Result<bool, Malformed> {
        let mut holds = self.one()?;
        while self.word("AND") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, Malformed> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Malformed);
        }
        let holds = self.term();
        self.depth -= 1;
        holds
    }

    fn term(&mut self) -> Result<bool, Malformed> {
        if self.word("NOT") {
            return self.one().map(|holds| !holds);
        }
        if self.mark("(") {
            let holds = self.either()?;
            return self.mark(")").then_some(holds).ok_or(Malformed);
        }
        for (word, holds) in [("TRUE", true), ("FALSE", false)] {
            if self.word(word) {
                return Ok(holds);
            }
        }
        for wanted in [State::Alarm, State::Unknown, State::Ok] {
            if self.word(wanted.word()) {
                let state = self.state;
                return Ok(state(self.name()?) == Some(wanted));
            }
        }
        Err(Malformed)
    }

    /// `("a name")`, or without quotes.
    fn name(&mut self) -> Result<&str, Malformed> {
        if !self.mark("(") {
            return Err(Malformed);
        }
        let rest = self.rest.trim_start();
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (name, after) = quoted.split_once('"').ok_or(Malformed)?;
                (name, after.trim_start().strip_prefix(')').ok_or(Malformed)?)
            }
            None => rest.split_once(')').ok_or(Malformed)?,
        };
        self.rest = after;
        Ok(name.trim())
    }

    fn mark(&mut self, mark: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(mark);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(after) = rest.strip_prefix(word) else {
            return false;
        };
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if ends {
            self.rest = after;
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stands(name: &str) -> Option<State> {
        match name {
            "hot" => Some(State::Alarm),
            "cold one" => Some(State::Ok),
            _ => None,
        }
    }

    #[test]
    fn rules_bind_as_their_words_say() {
        for (rule, expected) in [
            ("ALARM(hot)", Ok(true)),
            (r#"ALARM("cold one") OR NOT OK("cold one")"#, Ok(false)),
            (r#"ALARM(hot) AND (OK("cold one") OR FALSE)"#, Ok(true)),
            ("TRUE OR FALSE AND FALSE", Ok(true)),
            ("INSUFFICIENT_DATA(nobody)", Ok(false)),
            ("ALARM(hot", Err(Malformed)),
            ("ALARM(hot) hot", Err(Malformed)),
            ("", Err(Malformed)),
        ] {
            assert_eq!(holds(rule, &stands), expected, "{rule}");
        }
        assert_eq!(
            names(r#"ALARM(hot) OR OK("cold one") OR ALARM(hot)"#),
            ["hot", "cold one"]
        );
    }

    proptest! {
        #[test]
        fn any_text_ends(rule in r#"[()" a-zANDORLMTUE]{0,300}"#) {
            let _ = holds(&rule, &stands);
        }
    }
}
