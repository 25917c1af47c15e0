//! Puts the timeline together. What cannot be read is a warning that names it, and what the audit log tells of it stands in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use super::absent::Absent;
use super::automation::{Automations, Unsettled};
use super::fanned::Fanned;
use super::logs::{Logs, Other};
use super::own::own;
use super::{Item, Kind, Ran, Tape, Target, audited, command, identify, is_machine, run, sort};
use crate::audit::{self, Actor, Entry, Event, Log, Outcome};
use crate::incident::journal::{Error, Journal};
use crate::incident::{Link, Record, State};
use crate::recording::{Catalogue, Keyring, Library, Row};

/// Where to look.
pub struct Ground<'a> {
    pub data_dir: &'a Path,
    /// The fleet as it was last listed, and what Cost Explorer answered.
    pub cache_dir: &'a Path,
    /// Opens recordings that are encrypted.
    pub keyring: Keyring,
    pub others: &'a [Other],
    /// Every recording is read to its end; otherwise how far they can be trusted stays open.
    pub checks: bool,
}

#[cfg(test)]
impl Ground<'_> {
    /// A folder alone: no keys, no log of others, nothing checked.
    pub fn plain(dir: &Path) -> Ground<'_> {
        Ground {
            data_dir: dir,
            cache_dir: dir,
            keyring: Keyring::new(Vec::new()),
            others: &[],
            checks: false,
        }
    }
}

#[derive(Default)]
pub struct Timeline {
    pub state: State,
    pub items: Vec<Item>,
    /// By the time they began.
    pub tapes: Vec<Tape>,
    pub runs: Vec<Ran>,
    /// What was touched, with its tags.
    pub touched: Vec<audit::Target>,
    /// Automations that may have touched more than is known.
    pub unsettled: Vec<Unsettled>,
    /// Machines that a command was sent to and that no log here names.
    pub untold: u64,
    /// Ids of those that only the log of somebody else tells of, and which.
    pub hearsay: BTreeMap<String, String>,
    pub warnings: Vec<String>,
    pub journal: Journal,
    /// Lines of the journal that the audit log knows.
    pub witnessed: u64,
}

/// Notes in the audit log that the commands in recordings are about to be read for an incident.
pub fn log_access(data_dir: &Path, incident: &str) -> Result<(), audit::Error> {
    let event = Event::new(audit::Kind::RecordingAccess, Actor::local());
    let event = event.with("how", "incident").with("incident", incident);
    Log::open(data_dir)?.append(event).map(drop)
}

/// What belongs to the incident of that id.
pub fn gather(ground: &Ground, id: &str) -> Result<Timeline, Error> {
    gather_from(ground, id, &Logs::read(ground))
}

/// The same of logs that were read before, for whoever asks for several incidents.
pub(in crate::incident) fn gather_from(ground: &Ground, id: &str, logs: &Logs) -> Result<Timeline, Error> {
    let mut journal = Journal::load(ground.data_dir, id)?;
    let entries = &logs.entries;
    let mut timeline = Timeline {
        warnings: logs.warnings.clone(),
        ..Timeline::default()
    };
    let own = entries.iter().filter(|(from, _)| from.is_none());
    timeline.witnessed = journal.compare(id, own.map(|(_, entry)| entry));
    timeline.state = State::of(id, &journal.lines);
    let span = Span::of(&timeline.state);
    timeline.journal = journal;
    let mut gathering = Gathering {
        ground,
        span,
        rows: BTreeMap::new(),
        wanted: BTreeSet::new(),
        timeline,
    };
    gathering.own_lines();
    gathering.recordings();
    gathering.runs(entries);
    let told = gathering.inside();
    gathering.audited(entries, &told);
    gathering.tapes(entries);
    Ok(gathering.finish())
}

/// From the beginning to the close, both included; an incident that goes on has no end.
#[derive(Clone, Copy)]
struct Span {
    from: Timestamp,
    to: Timestamp,
}

impl Span {
    fn of(state: &State) -> Span {
        Span {
            from: state.started_at.unwrap_or_default(),
            to: state.closed_at.unwrap_or(Timestamp::MAX),
        }
    }

    fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at <= self.to
    }

    fn touches(self, row: &Row) -> bool {
        let ended_at = row.ended_at.unwrap_or(i64::MAX);
        ended_at >= self.from.as_microsecond() && row.started_at <= self.to.as_microsecond()
    }
}

struct Gathering<'g> {
    ground: &'g Ground<'g>,
    span: Span,
    /// Recordings that are here, by id.
    rows: BTreeMap<String, Row>,
    /// Ids of recordings that belong to it, here or not.
    wanted: BTreeSet<String>,
    timeline: Timeline,
}

impl Gathering<'_> {
    fn warn(&mut self, says: String) {
        self.timeline.warnings.push(says);
    }

    /// The incident's own lines, whenever they were written.
    fn own_lines(&mut self) {
        let lines = std::mem::take(&mut self.timeline.journal.lines);
        if let Some(alarm) = &self.timeline.state.alarm
            && let Some(since) = alarm.since
            // One that is in order may be so for days: that is none of it.
            && (alarm.burnt_since().is_some() || self.span.contains(since))
        {
            let state = alarm.state.as_deref().unwrap_or("ALARM");
            let mut item = Item::new(
                since,
                Kind::Alert,
                format!("alarm {} went to {state}", alarm.name),
            );
            item.target = Some(Target {
                account: alarm.account.clone(),
                region: alarm.region.clone(),
                ..Target::default()
            });
            self.timeline.items.push(item);
        }
        let mut before: Option<Timestamp> = None;
        for line in &lines {
            let mut item = own(line);
            item.clock_went_back = before.is_some_and(|before| line.at < before);
            if let Some(before) = before.filter(|_| item.clock_went_back) {
                let says = "the clock of the machine went back";
                self.warn(format!(
                    "{says} by {} s before line {} of the incident's journal",
                    line.at.duration_until(before).as_secs(),
                    line.seq
                ));
            }
            before = Some(line.at);
            // A report is nothing that was done.
            if !matches!(line.record, Record::Priced { .. }) {
                self.timeline.items.push(item);
            }
        }
        self.timeline.journal.lines = lines;
    }

    /// Recordings that went on meanwhile, and those that somebody linked.
    fn recordings(&mut self) {
        let library = Library::open(self.ground.data_dir);
        match library.list() {
            Ok((rows, failed)) => {
                for cause in failed {
                    self.warn(format!("a recording cannot be read: {cause}"));
                }
                self.rows = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
            }
            Err(cause) => self.warn(format!("recordings cannot be listed: {cause}")),
        }
        for row in self.rows.values().filter(|row| self.span.touches(row)) {
            self.wanted.insert(row.id.clone());
        }
        for link in &self.timeline.state.links {
            if let Link::Recording(id) = link {
                self.wanted.insert(id.clone());
            }
        }
    }

    fn runs(&mut self, entries: &[(Option<String>, Entry)]) {
        // Each with the log that alone names it, where it is somebody else's.
        let mut ids: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (from, entry) in entries {
            if let Some(run) = audited::text(entry, "run")
                && entry.at().is_some_and(|at| self.span.contains(at))
            {
                let known = ids.entry(run.to_owned()).or_insert_with(|| from.clone());
                if from.is_none() {
                    *known = None;
                }
            }
        }
        let linked = self.timeline.state.links.iter().filter_map(|link| match link {
            Link::Run(id) => Some(id.clone()),
            _ => None,
        });
        let linked: BTreeSet<String> = linked.collect();
        ids.extend(linked.iter().map(|id| (id.clone(), None)));
        for (id, from) in &ids {
            match Ran::load(self.ground.data_dir, id) {
                Ok(ran) => {
                    let whole = linked.contains(id);
                    let items = ran.items().into_iter();
                    self.timeline
                        .items
                        .extend(items.filter(|item| whole || self.span.contains(item.at)));
                    self.wanted.extend(ran.recordings());
                    if !ran.is_whole {
                        self.timeline.warnings.push(format!(
                            "the journal of run {id} cannot be trusted as a whole; `qd runbooks runs verify {id}` tells where"
                        ));
                    }
                    self.timeline.runs.push(ran);
                }
                Err(_) if from.is_some() && !run::is_here(self.ground.data_dir, id) => {
                    let name = from.as_deref().unwrap_or_default();
                    self.warn(format!(
                        "run {id} is told of by {name}: its journal is not here, `qd runbooks runs verify {id}` on that machine tells whether it is whole"
                    ));
                }
                Err(cause) => self.warn(format!(
                    "run {id} cannot be read: {cause}; what the audit log tells of it stands in"
                )),
            }
        }
    }

    /// What was run inside recordings. Returns those whose commands are told.
    fn inside(&mut self) -> BTreeSet<String> {
        let catalogue = Catalogue::open(self.ground.data_dir, self.ground.keyring.clone());
        let of_runs: BTreeSet<String> = self.timeline.runs.iter().flat_map(Ran::recordings).collect();
        let mut told = of_runs.clone();
        let linked = self.timeline.state.links.clone();
        let rows: Vec<Row> = self
            .wanted
            .difference(&of_runs)
            .filter_map(|id| self.rows.get(id).cloned())
            .collect();
        for row in rows {
            let whole = linked.contains(&Link::Recording(row.id.clone()));
            match command::items(&catalogue, &row) {
                Ok(items) => {
                    let items = items.into_iter();
                    self.timeline
                        .items
                        .extend(items.filter(|item| whole || self.span.contains(item.at)));
                    told.insert(row.id);
                }
                Err(cause) => self.warn(format!(
                    "commands in recording {} cannot be read: {cause}",
                    row.id
                )),
            }
        }
        told
    }

    /// What the logs tell and nothing else does.
    fn audited(&mut self, entries: &[(Option<String>, Entry)], told: &BTreeSet<String>) {
        let runs: BTreeSet<String> = self.timeline.runs.iter().map(|ran| ran.id.clone()).collect();
        let absent = Absent::of(entries, &runs, told);
        let mut before: BTreeMap<Option<&str>, Timestamp> = BTreeMap::new();
        let mut touched: BTreeMap<String, audit::Target> = BTreeMap::new();
        let mut hearsay: BTreeMap<String, String> = BTreeMap::new();
        let mut touch = |target: &audit::Target, from: Option<&String>| {
            let Some(id) = target.id.as_ref().filter(|id| is_machine(id)) else {
                return;
            };
            match from {
                None => drop(hearsay.remove(id)),
                Some(from) if !touched.contains_key(id) => drop(hearsay.insert(id.clone(), from.clone())),
                Some(_) => {}
            }
            let known = touched.entry(id.clone()).or_default();
            fill(known, target);
        };
        // Commands were run where they stand; what was refused stands in the log alone.
        let commands = self.timeline.items.iter().filter(|item| item.run.is_none());
        let named: Vec<audit::Target> = commands
            .filter(|item| !item.is_untouched)
            .filter_map(|item| Some(item.target.as_ref()?.audited()))
            .collect();
        let linked = self.timeline.state.links.iter().filter_map(|link| match link {
            Link::Automation(id) => Some(id.clone()),
            _ => None,
        });
        let linked: BTreeSet<String> = linked.collect();
        let automations = Automations::of(entries);
        let fanned = Fanned::of(entries);
        let mut ended: BTreeSet<&str> = BTreeSet::new();
        let mut told_at: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for (from, entry) in entries {
            let (Some(logged_at), Some(mut at)) = (entry.at(), audited::at(entry)) else {
                continue;
            };
            // A line is written when AWS has answered: it may have ended by then, and did not end before its cause.
            if let Some(id) = audited::execution(entry) {
                if audited::is_end(entry) {
                    at = told_at.get(id).map_or(at, |told| at.max(*told));
                } else if entry.outcome != Outcome::Failure {
                    told_at.insert(id, logged_at);
                }
            }
            let last = before.insert(from.as_deref(), logged_at);
            let went_back = last.is_some_and(|last| logged_at < last);
            let execution = audited::execution(entry);
            if !self.span.contains(at) && !execution.is_some_and(|id| linked.contains(id)) {
                continue;
            }
            if let Some(last) = last.filter(|_| went_back) {
                self.timeline.warnings.push(format!(
                    "the clock of the machine went back by {} s before event {} of {}",
                    logged_at.duration_until(last).as_secs(),
                    entry.seq,
                    from.as_deref().unwrap_or("the audit log")
                ));
            }
            if audited::is_look(entry) || audited::is_announced(entry) {
                continue;
            }
            if audited::touches(entry) && !fanned.has_reached_none(entry) {
                let from = from.as_ref();
                entry.target.iter().for_each(|target| touch(target, from));
                // What stands there of them was known when it was done.
                let described = audited::described(entry);
                let place = automations.place(entry);
                for id in audited::machines(entry) {
                    if automations.has_spared(entry, &id) {
                        continue;
                    }
                    if let Some(known) = described.iter().find(|known| known.id.as_ref() == Some(&id)) {
                        touch(known, from);
                    }
                    let target = audit::Target {
                        id: Some(id),
                        account: place.and_then(|place| place.account.clone()),
                        region: place.and_then(|place| place.region.clone()),
                        ..audit::Target::default()
                    };
                    touch(&target, from);
                }
            }
            self.timeline.unsettled.extend(automations.unsettled(entry));
            // Everyone who follows it writes how it ended.
            if audited::is_end(entry) && execution.is_some_and(|id| !ended.insert(id)) {
                continue;
            }
            if let Some(sid) = &entry.sid {
                self.wanted.insert(sid.clone());
            }
            let is_told = entry.sid.as_ref().is_some_and(|sid| told.contains(sid));
            let in_run = audited::text(entry, "run").is_some_and(|run| runs.contains(run));
            if in_run
                || absent.is_joined(entry)
                || is_told && (audited::is_command(entry) || audited::is_mark(entry))
            {
                continue;
            }
            if !is_told {
                for mut item in fanned.results(entry) {
                    let reached = item.target.as_ref().filter(|_| !item.is_untouched);
                    reached
                        .iter()
                        .for_each(|target| touch(&target.audited(), from.as_ref()));
                    item.from.clone_from(from);
                    self.timeline.items.push(item);
                }
                if let Some(untold) = fanned.untold(entry, from.as_ref()) {
                    self.timeline.untold += untold.machines;
                    self.timeline.warnings.push(untold.says);
                }
            }
            let row = entry.sid.as_ref().and_then(|sid| self.rows.get(sid));
            let item = audited::item(
                entry,
                row.map(|row| row.kind.as_str()),
                row.map(|row| row.started_at),
                automations.place(entry),
            );
            if let Some(mut item) = item {
                absent.tell(entry, &mut item);
                let began = execution.filter(|_| !entry.body.contains_key("signal") && !item.failed);
                if began.is_some_and(|id| !automations.is_over(id)) {
                    item.says.push_str(" (how it ended is not known here)");
                }
                if audited::is_cancelled(entry) && execution.is_some_and(|id| automations.is_stopped(id)) {
                    item.failed = false;
                }
                if audited::is_end(entry) && execution.is_some() {
                    item.at = at;
                }
                item.from.clone_from(from);
                item.clock_went_back = went_back;
                self.timeline.items.push(item);
            }
        }
        named.iter().for_each(|target| touch(target, None));
        // Machines that only a run names.
        let reached = self.timeline.runs.iter().flat_map(Ran::reached);
        let meanwhile = reached.filter(|(at, _)| self.span.contains(*at));
        meanwhile.for_each(|(_, target)| touch(&target.audited(), None));
        // What another line knew of a machine, of those that were written before the incident was over.
        let lines = entries.iter().rev().map(|(_, entry)| entry);
        let lines = lines.filter(|entry| entry.at().is_some_and(|at| at <= self.span.to));
        for target in lines.flat_map(audited::described) {
            if let Some(known) = target.id.as_ref().and_then(|id| touched.get_mut(id)) {
                fill(known, &target);
            }
        }
        self.timeline.touched = touched.into_values().collect();
        self.timeline.hearsay = hearsay;
    }

    fn tapes(&mut self, entries: &[(Option<String>, Entry)]) {
        for id in std::mem::take(&mut self.wanted) {
            let about = |(_, entry): &&(Option<String>, Entry)| entry.sid.as_deref() == Some(&id);
            let tape = match self.rows.get(&id) {
                Some(row) => {
                    let mut tape = Tape::of(row);
                    if self.ground.checks {
                        let hash = |(_, entry): &(Option<String>, Entry)| entry.rec.as_ref()?.sha256.clone();
                        let sealed = entries.iter().filter(about).filter_map(hash).next_back();
                        tape.check(sealed.as_deref());
                    }
                    tape
                }
                None => {
                    let mut lines = entries.iter().filter(about);
                    let first = lines.clone().next().map(|(_, entry)| entry);
                    match first.zip(lines.clone().next().and_then(|(from, _)| from.as_deref())) {
                        Some((first, from)) if lines.all(|(from, _)| from.is_some()) => {
                            Tape::elsewhere(&id, first, from)
                        }
                        _ => Tape::gone(&id, first),
                    }
                }
            };
            self.timeline.tapes.push(tape);
        }
        self.timeline
            .tapes
            .sort_by(|a, b| (&a.started_at, &a.id).cmp(&(&b.started_at, &b.id)));
    }

    fn finish(mut self) -> Timeline {
        sort(&mut self.timeline.items);
        identify(&mut self.timeline.items);
        self.timeline
    }
}

/// Adds what is not known yet.
fn fill(known: &mut audit::Target, told: &audit::Target) {
    let fields = [
        (&mut known.id, &told.id),
        (&mut known.name, &told.name),
        (&mut known.account, &told.account),
        (&mut known.region, &told.region),
        (&mut known.platform, &told.platform),
    ];
    for (known, told) in fields {
        if known.as_ref().is_none_or(String::is_empty) {
            known.clone_from(told);
        }
    }
    if known.tags.is_empty() {
        known.tags.clone_from(&told.tags);
    }
}
