//! The question before an automation begins, or goes on in production; where nobody can be asked it is refused.

use std::io::{self, IsTerminal};

use crate::cli::{Error, notice, quote};
use crate::runbook::Level;

pub struct Question<'a> {
    pub level: Level,
    /// Whether it was answered ahead.
    pub is_yes: bool,
    /// What is asked for: `start it`.
    pub does: &'a str,
    /// What then was not done: `started`.
    pub done: &'a str,
    /// Why it is asked, in one line; then whole, line by line.
    pub why: &'a str,
    pub lines: &'a [String],
    /// What must be typed for production.
    pub phrase: &'a str,
}

/// Exit 3 where it is not confirmed.
pub fn confirm(question: &Question) -> Result<(), Error> {
    let level = question.level;
    if level == Level::None || (question.is_yes && level.is_answered_by_yes()) {
        return Ok(());
    }
    let is_there = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !is_there {
        let hint = match level.is_answered_by_yes() {
            true => format!("give --yes, or {} on a terminal", question.does),
            false => "only a person at a terminal can confirm it".into(),
        };
        return Err(Error::refused(format!(
            "it wants confirmation ({level}), and nobody is here: {}",
            question.why
        ))
        .hint(hint));
    }
    for line in question.lines {
        notice(quote(line));
    }
    let does = question.does;
    match level {
        Level::Type | Level::Two => {
            eprint!("this is PRODUCTION; type {} to {does}: ", quote(question.phrase));
        }
        Level::Enter => eprint!("this is PRODUCTION; enter to {does}: "),
        _ => eprint!("{does}? type yes: "),
    }
    let mut typed = String::new();
    let read = io::stdin().read_line(&mut typed);
    let read = read.map_err(|cause| Error::failed(format!("standard input: {cause}")))?;
    let typed = typed.trim();
    let is_confirmed = match level {
        Level::Type | Level::Two => typed == question.phrase,
        Level::Enter => read > 0 && typed.is_empty(),
        _ => typed == "yes",
    };
    match is_confirmed {
        true => Ok(()),
        false => Err(Error::refused(format!(
            "not confirmed; nothing was {}",
            question.done
        ))),
    }
}
