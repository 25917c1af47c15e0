//! The live tree: the document's own where its text is known, each step with how it stands; else the steps as AWS tells
//! them. Children stand at the end.

use crate::aws::{ExecutionRow, Status, StepRun};
use crate::document::{Document, What, flow};
use crate::ui::{Cursor, Ids};

use super::Documents;
use super::live::Run;

/// A line of it.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: String,
    pub depth: usize,
    pub says: String,
    /// `None`: a way, a heading, or a step that has not begun.
    pub step: Option<StepRun>,
    pub status: Option<Status>,
    /// The automation that it began.
    pub child: Option<String>,
}

pub struct Lines(pub Vec<Line>);

impl Ids for Lines {
    type Id = String;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.0.get(index).map(|line| line.id.clone())
    }
}

fn of_step(step: &StepRun, depth: usize, nth: usize) -> Line {
    let child = (step.action == "aws:executeAutomation")
        .then(|| step.began().map(str::to_owned))
        .flatten();
    Line {
        id: format!("{nth} {}", step.name),
        depth,
        says: step.name.clone(),
        status: Some(step.status.clone()),
        child,
        step: Some(step.clone()),
    }
}

fn plain(says: String, depth: usize, nth: usize) -> Line {
    Line {
        id: format!("{nth} {says}"),
        depth,
        says,
        step: None,
        status: None,
        child: None,
    }
}

/// The lines of a run.
pub fn lines(documents: &Documents, run: &Run) -> Lines {
    let Some(seen) = &run.seen else {
        return Lines(Vec::new());
    };
    let steps = &seen.execution.steps;
    let is_of_version = |version: &Option<String>| {
        version
            .as_ref()
            .is_none_or(|version| *version == seen.execution.version)
    };
    let document = documents
        .named(&run.place, &run.document)
        .filter(|body| is_of_version(&body.listed.row.version))
        .and_then(|body| Document::parse(&body.text).ok())
        // A tree that does not hold what ran is of another text.
        .filter(|document| {
            steps
                .iter()
                .all(|step| step.inside.is_some() || document.step(&step.name).is_some())
        });
    let mut all: Vec<Line> = match &document {
        Some(document) => flow(document)
            .iter()
            .enumerate()
            .map(|(nth, row)| match &row.what {
                What::Step(path) => {
                    let name = document
                        .step_at(path)
                        .map(|step| step.name.clone())
                        .unwrap_or_default();
                    match run.step(&name) {
                        Some(step) => of_step(step, row.depth, nth),
                        None => Line {
                            status: Some(Status::Pending),
                            ..plain(name, row.depth, nth)
                        },
                    }
                }
                What::Way { when, to: None } => plain(format!("{when}:"), row.depth, nth),
                What::Way { when, to: Some(to) } => plain(format!("{when} → {to}"), row.depth, nth),
                What::Heading(says) => plain(format!("{says}:"), row.depth, nth),
                What::GoesTo(name) => plain(format!("→ {name}"), row.depth, nth),
            })
            .collect(),
        None => steps
            .iter()
            .enumerate()
            .map(|(nth, step)| {
                let line = of_step(step, usize::from(step.inside.is_some()), nth);
                let called = seen.step_called(step).unwrap_or_else(|| step.name.clone());
                Line { says: called, ..line }
            })
            .collect(),
    };
    // Where a step tells of a child it stands there, with its failure and its place.
    let is_told = |child: &ExecutionRow| all.iter().any(|line| line.child.as_ref() == Some(&child.id));
    let untold: Vec<&ExecutionRow> = seen.children.iter().filter(|child| !is_told(child)).collect();
    let known = all.len();
    all.extend(untold.into_iter().enumerate().map(|(nth, child)| Line {
        status: Some(child.status.clone()),
        child: Some(child.id.clone()),
        ..plain(
            seen.called(child).unwrap_or_else(|| child.id.clone()),
            0,
            known + nth,
        )
    }));
    // What a step began stands as it does, and as what that began: one that waits for a person is not just going on.
    for line in &mut all {
        let waits = seen
            .waiting()
            .find(|child| line.child.as_deref() == Some(seen.under(child)));
        if let Some(child) = waits {
            line.status = Some(child.status.clone());
        }
    }
    Lines(all)
}

/// The line under the cursor.
pub fn selected(documents: &Documents, run: &Run) -> Option<Line> {
    let lines = lines(documents, run);
    let at = at(run, &lines)?;
    lines.0.into_iter().nth(at)
}

/// Where the cursor stands; where nobody moved it, with what goes on.
fn at(run: &Run, lines: &Lines) -> Option<usize> {
    if run.at.selected().is_some() {
        return run.at.index(lines);
    }
    follow(lines).or(run.at.index(lines))
}

/// The cursor to paint and to move: it follows the run until it is moved.
pub fn cursor(run: &Run, lines: &Lines) -> Cursor<String> {
    let mut cursor = run.at.clone();
    if cursor.selected().is_none() {
        cursor.select(follow(lines).and_then(|at| lines.id_at(at)));
    }
    cursor
}

fn follow(lines: &Lines) -> Option<usize> {
    let is_open = |line: &Line| {
        line.status
            .as_ref()
            .is_some_and(|status| !status.is_over() && *status != Status::Pending)
    };
    let begun = |line: &Line| line.step.as_ref().is_some_and(|step| step.started_at.is_some());
    lines
        .0
        .iter()
        .position(is_open)
        .or_else(|| lines.0.iter().rposition(begun))
}
