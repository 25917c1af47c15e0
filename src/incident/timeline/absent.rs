//! What a log alone tells of runs and commands, where the run's journal or the recording is not here. A step stands in two
//! lines: one with what was sent to its machine when it began, and one with how it ended. They are told as one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::audited::{is_command, is_mark, text};
use super::{Item, Kind, Target, is_machine};
use crate::audit::{self, Entry, Outcome};

type Lines = [(Option<String>, Entry)];

/// Lines that belong together; entries by their `uid`.
#[derive(Default)]
pub struct Absent<'e> {
    /// How the step ended that a mark began.
    ended: BTreeMap<&'e str, &'e Entry>,
    /// Ends that are told with their mark.
    joined: BTreeSet<&'e str>,
    /// Ends of steps whose commands a recording tells that is here.
    recorded: BTreeSet<&'e str>,
    /// Exit codes of commands, which the end of their session has.
    exits: BTreeMap<&'e str, i32>,
    /// What was typed, by recording.
    typed: BTreeSet<(&'e str, &'e str)>,
    machines: BTreeMap<&'e str, &'e audit::Target>,
}

/// Whether it is a line of a run of a runbook, by its journal.
fn is_of_run(entry: &Entry) -> bool {
    entry.event.starts_with("runbook.") && text(entry, "run").is_some() && text(entry, "document").is_none()
}

fn is(entry: &Entry, kind: audit::Kind) -> bool {
    entry.event == kind.name()
}

impl<'e> Absent<'e> {
    /// `runs` have their journals here, `told` their recordings.
    pub fn of(entries: &'e Lines, runs: &BTreeSet<String>, told: &BTreeSet<String>) -> Absent<'e> {
        let mut absent = Absent::default();
        let mut marks: Vec<(Option<&str>, &Entry)> = Vec::new();
        let mut commands: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for (from, entry) in entries {
            let target = entry.target.as_ref();
            if let Some((id, target)) = target.and_then(|target| Some((target.id.as_deref()?, target))) {
                absent.machines.insert(id, target);
            }
            if let (Some(sid), Some(command)) = (entry.sid.as_deref(), text(entry, "command")) {
                absent.typed.insert((sid, command.trim()));
            }
            if is_mark(entry) {
                marks.push((from.as_deref(), entry));
            } else if is_of_run(entry) && is(entry, audit::Kind::RunbookStep) {
                let is_here = text(entry, "run").is_some_and(|run| runs.contains(run));
                let begun =
                    |(by, mark): &(Option<&str>, &Entry)| *by == from.as_deref() && begins(mark, entry);
                if !is_here && let Some(nth) = marks.iter().rposition(begun) {
                    absent.join(marks.remove(nth).1, entry, told);
                }
            } else if let Some(sid) = entry.sid.as_deref() {
                match () {
                    () if is_command(entry) => commands.entry(sid).or_default().push(entry),
                    () if is(entry, audit::Kind::SessionEnd) => {
                        let commands = commands.get(sid).map_or(&[][..], Vec::as_slice);
                        absent.exits.extend(exit_of(commands, entry));
                    }
                    () => {}
                }
            }
        }
        absent
    }

    fn join(&mut self, mark: &'e Entry, end: &'e Entry, told: &BTreeSet<String>) {
        if mark.sid.as_ref().is_some_and(|sid| told.contains(sid)) {
            self.recorded.insert(&end.uid);
        } else {
            self.ended.insert(&mark.uid, end);
            self.joined.insert(&end.uid);
        }
    }

    /// Whether another line tells it too, and is told for both.
    pub fn is_joined(&self, entry: &Entry) -> bool {
        self.joined.contains(&*entry.uid)
    }

    /// Says of a line what those that belong to it add.
    pub fn tell(&self, entry: &Entry, item: &mut Item) {
        if let Some(code) = self.exits.get(&*entry.uid) {
            (item.exit, item.failed) = (Some(*code), *code != 0);
        }
        if is_mark(entry) {
            return match self.ended.get(&*entry.uid) {
                Some(end) => step(entry, end, item),
                None => self.sent(entry, item),
            };
        }
        if !is_of_run(entry) {
            return;
        }
        let page = text(entry, "runbook").unwrap_or_default();
        let failed = entry.outcome == Outcome::Failure;
        let says = match () {
            () if is(entry, audit::Kind::RunbookStart) && entry.body.contains_key("resumed") => {
                format!("runbook {page} was gone on with")
            }
            () if is(entry, audit::Kind::RunbookStart) => format!("runbook {page} began"),
            () if is(entry, audit::Kind::RunbookEnd) && failed => {
                format!("runbook {page} ended without success")
            }
            () if is(entry, audit::Kind::RunbookEnd) => format!("runbook {page} ended well"),
            () if is(entry, audit::Kind::RunbookStep) => self.ending(entry, page, item),
            () => return,
        };
        let why = entry.reason.as_deref().filter(|why| !why.is_empty());
        item.says = why.map_or_else(|| says.clone(), |why| format!("{says}: {why}"));
    }

    /// A step of which only the end is told.
    fn ending(&self, entry: &Entry, page: &str, item: &mut Item) -> String {
        let id = text(entry, "step").unwrap_or_default();
        if let Some(on) = text(entry, "on").filter(|on| is_machine(on)) {
            let known = self.machines.get(on).map(|known| Target::of(known));
            let bare = || Target {
                id: Some(on.to_owned()),
                ..Target::default()
            };
            item.target = Some(known.unwrap_or_else(bare));
        }
        if entry.body.get("by_hand").and_then(Value::as_bool) == Some(true) {
            item.kind = Kind::Step;
            return format!("step {id} of {page} was done by hand");
        }
        if self.recorded.contains(&*entry.uid) {
            return format!("step {id} of {page} ended");
        }
        item.kind = Kind::Step;
        format!("step {id} of {page} (what it ran stands in the journal of its run)")
    }

    /// What a page sent to a machine, and no step is known of.
    fn sent(&self, mark: &Entry, item: &mut Item) {
        let sent = text(mark, "text").unwrap_or_default();
        let sid = mark.sid.as_deref().unwrap_or_default();
        let is_typed = |line: &str| self.typed.contains(&(sid, line.trim()));
        // Its lines are told one by one.
        if sent.lines().all(is_typed) {
            let page = text(mark, "runbook").unwrap_or_default();
            item.says = format!("commands of {page} were sent");
            return;
        }
        (item.kind, item.says, item.known) = (Kind::Command, sent.to_owned(), Some("marked"));
    }
}

/// Whether a mark is the beginning of the step that ended so: its page, its name and its machine.
fn begins(mark: &Entry, end: &Entry) -> bool {
    let (Some(page), Some(step), Some(on)) = (text(end, "runbook"), text(end, "step"), text(end, "on"))
    else {
        return false;
    };
    let target = mark.target.as_ref().and_then(|target| target.id.as_deref());
    let label = text(mark, "runbook").unwrap_or_default();
    target == Some(on) && label.starts_with(&format!("{page} {step}: "))
}

/// The exit code of a session for one command, which its log has at its end. What was typed in a shell tells no source
/// only where it was the session's own command.
fn exit_of<'e>(commands: &[&'e Entry], end: &Entry) -> Option<(&'e str, i32)> {
    let [command] = commands else {
        return None;
    };
    let code = end.body.get("exit_code").and_then(Value::as_i64)?;
    let code = i32::try_from(code).ok()?;
    text(command, "source").is_none().then_some((&*command.uid, code))
}

/// A step as the journal of its run would tell it.
fn step(mark: &Entry, end: &Entry, item: &mut Item) {
    let id = text(end, "step").unwrap_or_default();
    let sent = text(mark, "text").unwrap_or_default();
    let commands: Vec<&str> = sent.lines().collect();
    item.says = format!("step {id}: {}", commands.join("; "));
    if let Some(why) = end.reason.as_deref().filter(|why| !why.is_empty()) {
        item.says.push_str(&format!(" ({why})"));
    }
    let exit = end.body.get("exit_code").and_then(Value::as_i64);
    item.exit = exit.and_then(|code| i32::try_from(code).ok());
    item.failed = end.has_failed();
    item.run = text(end, "run").map(str::to_owned);
    (item.kind, item.known) = (Kind::Step, Some("marked"));
}
