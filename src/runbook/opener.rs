//! Commands that open a shell, or the prompt of another program, and wait there for someone to type: what stands behind one
//! belongs to what it opens, and never to the shell that the page is carried out in.

mod compound;
mod container;
mod flag;
mod program;
mod simple;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::placeholder;
use super::shell::Script;
use simple::Simple;

/// A place that a list of commands does not come past as it seems to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The line of the command.
    pub line: String,
    /// Whether anything stands behind it.
    pub is_followed: bool,
}

/// The first command that opens a shell or a prompt of its own, or calls one of these functions, which do.
pub fn opened(commands: &[String], openers: &BTreeSet<String>) -> Option<Turn> {
    let openers = functions(commands, openers);
    turn(commands, |simple| is_opener(simple, &openers))
}

/// The functions that open such a thing where they are called: those that are known, and what the commands make of them.
pub fn functions(commands: &[String], known: &BTreeSet<String>) -> BTreeSet<String> {
    let mut openers = known.clone();
    let defines = |command: &&String| command.contains("()") || command.contains("function ");
    for command in commands.iter().filter(defines) {
        let all = split(command);
        let named = |simple: &Simple| simple.function.clone();
        for name in all.iter().filter_map(named) {
            openers.remove(&name);
        }
        for simple in &all {
            if let Some(name) = named(simple).filter(|_| is_opener(simple, &openers)) {
                openers.insert(name);
            }
        }
    }
    openers
}

fn is_opener(simple: &Simple, openers: &BTreeSet<String>) -> bool {
    let words = simple.words();
    let calls = words.first().is_some_and(|word| openers.contains(*word));
    !simple.has_input && (calls || program::opens(&words, false))
}

/// The first command that leaves the shell whichever way it goes, where anything stands behind it.
pub fn left(commands: &[String]) -> Option<Turn> {
    let leaves = |simple: &Simple| {
        let is_certain = simple.depth == 0 && !simple.is_conditional;
        is_certain && matches!(simple.words()[..], ["exit" | "logout"] | ["exit", _])
    };
    turn(commands, leaves).filter(|turn| turn.is_followed)
}

/// The first command that ends or goes on with a loop where there is none: it would be that of whoever runs it.
pub fn loopless(commands: &[String]) -> Option<String> {
    commands.iter().find_map(|command| {
        let is_loose = |simple: &&Simple| !simple.is_in_loop && ends_loop(simple);
        let all = simples(command);
        let loose = all.iter().find(is_loose)?;
        let whole = command.get(loose.at..loose.end).unwrap_or(command);
        Some(whole.lines().next().unwrap_or_default().to_owned())
    })
}

/// Whether it is `break` or `continue`, by itself or behind what runs a builtin under its name.
fn ends_loop(simple: &Simple) -> bool {
    let words = simple.words();
    let mut words = words.iter();
    let own = words.find(|word| !matches!(**word, "command" | "builtin" | "eval" | "-p" | "--"));
    matches!(own, Some(&("break" | "continue")))
}

/// Whether a command is known to open nothing that the commands behind it would be for.
pub(super) fn stays(command: &str) -> bool {
    let stays = |simple: &Simple| {
        let words = simple.words();
        (simple.has_input || !program::opens(&words, false)) && program::is_known(&words)
    };
    simples(command).iter().all(stays)
}

fn turn(commands: &[String], is_it: impl Fn(&Simple) -> bool) -> Option<Turn> {
    commands.iter().enumerate().find_map(|(nth, command)| {
        let all = simples(command);
        let at = all.iter().position(&is_it)?;
        let is_followed = nth + 1 < commands.len() || at + 1 < all.len();
        let whole = command.get(all[at].at..all[at].end).unwrap_or(command);
        let line = whole.lines().next().unwrap_or("");
        Some(Turn {
            line: line.to_owned(),
            is_followed,
        })
    })
}

/// The simple commands of a text in their order. What defines a function runs nothing yet.
fn simples(command: &str) -> Vec<Simple> {
    let mut all = split(command);
    all.retain(|simple| simple.function.is_none());
    all
}

/// The same with what functions do.
fn split(command: &str) -> Vec<Simple> {
    let opaque: Vec<_> = placeholder::written(command)
        .into_iter()
        .map(|found| found.at)
        .collect();
    let script = Script::parse(command, &opaque);
    simple::split(command, &script, &opaque)
}

/// Whether a text that another shell is given ends in something that waits for someone to type.
fn opens_at_its_end(text: &str) -> bool {
    let all = simples(text);
    all.last()
        .is_some_and(|last| !last.has_input && program::opens(&last.words(), true))
}
