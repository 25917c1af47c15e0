//! A page being carried out: its steps with how they stand, the output of one beside them, and the question that waits.
//! The run itself is an actor elsewhere; answers travel to it, nothing is decided here.

mod about;
mod form;
mod hint;
mod place;
mod start;
mod undo;
mod update;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::runbook::Values;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::run::{Outcome, Question};
use crate::ui::{Cursor, Ids};

pub use form::view as view_start;
pub use place::{found, resume};
pub use start::{Start, press as press_start, set, unasked, unset};
pub use undo::undo;
pub use update::{asked, begin, given, going, perform, refused, stale, step, told};
pub(in crate::panel) use update::{is_secret, label};
pub use view::view;

/// Lines of an output that are kept to be looked at; the journal has all.
const KEPT_LINES: usize = 2_000;

/// Which steps of a page a run comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    Whole,
    /// This step and those behind it.
    From(String),
    Only(String),
}

/// What is carried out of a page, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub part: Part,
    /// Only steps that look.
    pub looks_only: bool,
    /// Nothing but what undoes the steps that are done.
    pub undoes: bool,
    /// As they were typed.
    pub values: Values,
    /// Of a page that was fetched: as it was read, though its bucket cannot be asked whether it has changed.
    pub as_read: bool,
}

/// How a step stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    Pending,
    Running(Timestamp),
    Done {
        lasted_ms: u128,
    },
    /// A person did it.
    Ticked,
    Failed(String),
    /// It was begun, and nobody saw its end.
    Unknown(String),
    LeftOut(String),
    /// Done by an earlier process.
    Stood,
}

/// A step as the panel shows it.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: String,
    pub number: usize,
    pub title: String,
    pub is_task: bool,
    pub reads: bool,
    pub mark: Mark,
    /// What the page says right above it.
    pub about: String,
    /// Commands as they were run.
    pub commands: Vec<String>,
    pub output: Vec<String>,
    /// Machines on which it has failed.
    failed: BTreeSet<String>,
    /// Machines on which nobody saw its end.
    unseen: BTreeSet<String>,
    /// The last line of the output has not ended.
    is_open: bool,
}

impl Row {
    fn of(step: &Step, page: &str) -> Row {
        Row {
            id: step.id.clone(),
            number: step.number,
            title: step.title.clone(),
            is_task: step.is_task(),
            reads: step.reads,
            mark: Mark::Pending,
            about: about::about(page, step.lines.0),
            commands: step.commands(),
            output: Vec::new(),
            failed: BTreeSet::new(),
            unseen: BTreeSet::new(),
            is_open: false,
        }
    }

    /// On one of its machines; what others printed stays.
    fn begin(&mut self, target: &str, now: Timestamp, is_many: bool) {
        self.failed.remove(target);
        self.unseen.remove(target);
        let was_begun = matches!(
            self.mark,
            Mark::Running(_) | Mark::Failed(_) | Mark::Unknown(_) | Mark::Done { .. }
        );
        if !(is_many && was_begun) {
            self.output.clear();
        }
        self.mark = Mark::Running(now);
    }

    /// A step that has failed anywhere has failed; else it is unknown where nobody saw its end anywhere.
    fn end(&mut self, target: String, outcome: Outcome, lasted: Duration, says: String) {
        let on = |machines: &BTreeSet<String>| {
            let machines: Vec<&str> = machines.iter().map(String::as_str).collect();
            format!("on {}", machines.join(", "))
        };
        let is_failure = outcome.is_failure();
        match outcome {
            Outcome::Success => {}
            Outcome::Unknown => drop(self.unseen.insert(target)),
            _ => drop(self.failed.insert(target)),
        }
        self.mark = match (self.failed.is_empty(), self.unseen.is_empty()) {
            (true, true) => Mark::Done {
                lasted_ms: lasted.as_millis(),
            },
            (false, _) if is_failure => Mark::Failed(says),
            (false, _) => Mark::Failed(on(&self.failed)),
            (true, false) if outcome == Outcome::Unknown => Mark::Unknown(says),
            (true, false) => Mark::Unknown(on(&self.unseen)),
        };
    }

    fn hear(&mut self, text: &str) {
        for (at, piece) in text.split('\n').enumerate() {
            let piece = piece.trim_end_matches('\r');
            match self.output.last_mut() {
                Some(last) if at == 0 && self.is_open => last.push_str(piece),
                _ => self.output.push(piece.to_owned()),
            }
        }
        self.is_open = !text.ends_with('\n');
        if !self.is_open {
            self.output.pop();
        }
        let over = self.output.len().saturating_sub(KEPT_LINES);
        self.output.drain(..over);
    }
}

#[derive(Debug, Default)]
pub struct Carry {
    pub title: String,
    /// The page that is carried out.
    pub page: PathBuf,
    /// Where steps run that do not say where.
    pub target: String,
    pub production: bool,
    /// The run's id, once it has one.
    pub run: Option<String>,
    pub rows: Vec<Row>,
    pub cursor: Cursor<String>,
    /// What waits for an answer.
    pub question: Option<Question>,
    pub closed: Option<(Outcome, String)>,
    /// When a key answered last, or tried to.
    pressed_at: Option<Timestamp>,
    is_begun: bool,
    /// Nothing runs but what undoes a run that was over.
    undoes: bool,
    /// By the ids of the steps, what the page says undoes them.
    rollbacks: BTreeMap<String, String>,
    /// Outputs are told apart by their machines.
    is_many: bool,
    /// What people call the machines, by their ids.
    names: BTreeMap<String, String>,
}

impl Carry {
    fn of(plan: &Plan, target: String, production: bool) -> Carry {
        Carry {
            title: plan.title.clone(),
            page: plan.path.clone(),
            target,
            production,
            rows: {
                let steps = plan.steps.iter().chain(&plan.rollbacks);
                steps.map(|step| Row::of(step, &plan.text)).collect()
            },
            is_begun: true,
            rollbacks: rollbacks(plan),
            ..Carry::default()
        }
    }

    /// Whether steps of it can be undone now: it is over, and one is done that nothing has undone.
    pub fn is_undoable(&self) -> bool {
        let is_left = |(step, rollback): (&String, &String)| {
            self.mark_of(step).is_some_and(|mark| self.may_be_done(mark))
                && !matches!(self.mark_of(rollback), Some(Mark::Done { .. } | Mark::Stood))
        };
        self.run.is_some() && self.closed.is_some() && self.rollbacks.iter().any(is_left)
    }

    /// Of what has failed on one of many machines, others may have it done.
    fn may_be_done(&self, mark: &Mark) -> bool {
        match mark {
            Mark::Done { .. } | Mark::Stood | Mark::Ticked => true,
            Mark::Failed(_) | Mark::Unknown(_) => self.is_many,
            _ => false,
        }
    }

    /// What was undone just now, by what undid it.
    fn undone(&self) -> Vec<&str> {
        let is_done = |row: &&Row| self.is_rollback(&row.id) && matches!(row.mark, Mark::Done { .. });
        self.rows
            .iter()
            .filter(is_done)
            .map(|row| row.id.as_str())
            .collect()
    }

    /// Whether a step was done, and what the page says undoes it was done since.
    fn is_undone(&self, row: &Row) -> bool {
        let rollback = self.rollbacks.get(&row.id);
        let rollback = rollback.and_then(|rollback| self.mark_of(rollback));
        matches!(row.mark, Mark::Done { .. } | Mark::Stood)
            && matches!(rollback, Some(Mark::Done { .. } | Mark::Stood))
    }

    /// A step begins once more: what undid it before has to undo it again.
    fn redo(&mut self, step: &str) {
        let was_undone = self.rows.iter().any(|row| row.id == step && self.is_undone(row));
        if was_undone && let Some(rollback) = self.rollbacks.get(step).cloned() {
            self.mark(&rollback, Mark::Pending);
        }
    }

    /// Whether what was to undo a step is not known to have done so: it failed, or nobody saw its end.
    fn has_kept(&self) -> bool {
        let is_kept = |mark: &Mark| matches!(mark, Mark::Failed(_) | Mark::Unknown(_));
        self.has_rollback(is_kept)
    }

    fn has_rollback(&self, is: impl Fn(&Mark) -> bool) -> bool {
        self.rows
            .iter()
            .any(|row| self.is_rollback(&row.id) && is(&row.mark))
    }

    fn is_rollback(&self, id: &str) -> bool {
        self.rollbacks.values().any(|rollback| rollback == id)
    }

    fn mark_of(&self, id: &str) -> Option<&Mark> {
        let row = self.rows.iter().find(|row| row.id == id);
        row.map(|row| &row.mark)
    }

    pub fn is_going(&self) -> bool {
        self.is_begun && self.closed.is_none()
    }

    /// Whether a run of this page goes on.
    pub fn is_of(&self, page: &Path) -> bool {
        self.is_going() && self.page == page
    }

    /// How the run that goes on stands, in words that follow its name.
    pub fn stands(&self) -> Option<&'static str> {
        self.is_going().then_some(match self.question {
            Some(_) => "waits for your answer",
            None => "is under way",
        })
    }

    fn name_of<'a>(&'a self, target: &'a str) -> &'a str {
        self.names.get(target).map_or(target, String::as_str)
    }

    pub fn selected(&self) -> Option<&Row> {
        self.cursor.index(self).and_then(|at| self.rows.get(at))
    }

    fn mark(&mut self, step: &str, to: Mark) {
        if let Some(row) = self.row(step) {
            row.mark = to;
        }
    }

    fn row(&mut self, id: &str) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == id)
    }
}

fn rollbacks(plan: &Plan) -> BTreeMap<String, String> {
    let steps = plan.steps.iter();
    let named = steps.filter_map(|step| Some((step.id.clone(), step.attributes.rollback.clone()?)));
    named.collect()
}

impl Ids for Carry {
    type Id = String;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.rows.get(index).map(|row| row.id.clone())
    }
}

#[cfg(test)]
mod tests;
