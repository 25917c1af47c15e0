//! What of a followed automation goes to the user: each change once, on standard error, or one JSON object a change; what
//! it left at the end on standard output.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::aws::{ExecutionRow, Status, StepRun};
use crate::cli::context::print;
use crate::cli::documents::status::awaited;
use crate::cli::documents::{lasted, tell_unlisted};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::document::Seen;

pub struct Teller {
    json: bool,
    document: String,
    status: Option<Status>,
    steps: HashMap<String, Status>,
    children: HashMap<String, Status>,
    /// The step at which each one further down was last told to wait for a person.
    deeper: HashMap<String, Option<String>>,
    /// Why its children could not be listed when that was last told.
    unlisted: Option<String>,
    /// Of machines, once there is a child to name.
    names: Option<HashMap<String, String>>,
}

impl Teller {
    pub fn new(json: bool) -> Teller {
        Teller {
            json,
            document: String::new(),
            status: None,
            steps: HashMap::new(),
            children: HashMap::new(),
            deeper: HashMap::new(),
            unlisted: None,
            names: None,
        }
    }

    pub fn document(&self) -> &str {
        &self.document
    }

    pub fn seen(&mut self, context: &Context, seen: &Seen) -> Result<(), Error> {
        self.document.clone_from(&seen.execution.document);
        if seen.execution.is_sent() && self.names.is_none() && !self.json {
            self.names = Some(super::super::names(context));
        }
        for step in &seen.execution.steps {
            // A step of a loop runs under one name again and again.
            let key = if step.id.is_empty() { &step.name } else { &step.id };
            if self.steps.insert(key.clone(), step.status.clone()).as_ref() != Some(&step.status) {
                self.step(context, seen, step)?;
            }
        }
        let apart: HashSet<&str> = seen.told_apart().map(|child| child.id.as_str()).collect();
        for child in seen.children.iter().chain(&seen.begun) {
            // What waits for a person is told with how that is answered, though its step was told.
            let is_told = seen.begun.contains(child) || apart.contains(child.id.as_str());
            if !self.json && !is_told && !child.status.wants_somebody() {
                continue;
            }
            if self
                .children
                .insert(child.id.clone(), child.status.clone())
                .as_ref()
                != Some(&child.status)
            {
                self.child(context, seen, child)?;
            }
        }
        self.deeper(context, seen)?;
        let unlisted = seen.unlisted.as_ref();
        let cause = unlisted.map(|failure| failure.cause.clone());
        if let Some(failure) = unlisted.filter(|_| self.unlisted != cause) {
            tell_unlisted(failure);
        }
        self.unlisted = cause;
        let status = &seen.execution.status;
        if self.status.replace(status.clone()).as_ref() != Some(status) && self.json {
            context.print_json_line(&json!({
                "event": "status", "execution_id": seen.execution.id, "status": status,
            }))?;
        }
        Ok(())
    }

    fn step(&self, context: &Context, seen: &Seen, step: &StepRun) -> Result<(), Error> {
        if self.json {
            return context.print_json_line(&json!({
                "event": "step", "name": step.name, "action": step.action, "status": step.status,
                "started_at": step.started_at, "ended_at": step.ended_at, "failure": step.failure,
            }));
        }
        if step.status == Status::Pending {
            return Ok(());
        }
        let called = match &self.names {
            Some(names) => super::super::step_called(names, seen, step),
            None => step.name.clone(),
        };
        notice(format!("{} {}", mark(&step.status), quote(&words(&called, step))));
        Ok(())
    }

    fn child(&self, context: &Context, seen: &Seen, child: &ExecutionRow) -> Result<(), Error> {
        if self.json {
            return context.print_json_line(&json!({
                "event": "child", "execution_id": child.id, "target": child.target, "status": child.status,
                "failure": child.failure, "document": child.document,
            }));
        }
        if child.status.wants_somebody() {
            notice(format!(
                "{} {}",
                mark(&child.status),
                quote(&awaited(seen, child))
            ));
            return Ok(());
        }
        let called = match &self.names {
            Some(names) => super::super::called(names, seen, child),
            None => seen.called(child),
        };
        let called = called.unwrap_or_else(|| child.document.clone());
        let why = child
            .failure
            .as_ref()
            .map(|why| format!(": {why}"))
            .unwrap_or_default();
        let says = format!("{called} {} ({}){why}", child.status.says(), child.id);
        notice(format!("{} {}", mark(&child.status), quote(&says)));
        Ok(())
    }

    /// Further down only what waits for a person is told, once for each step that it waits at.
    fn deeper(&mut self, context: &Context, seen: &Seen) -> Result<(), Error> {
        let last = std::mem::take(&mut self.deeper);
        for row in seen.waiting().filter(|row| seen.deep(row).is_some()) {
            if last.get(&row.id) != Some(&row.current_step) {
                self.child(context, seen, row)?;
            }
            self.deeper.insert(row.id.clone(), row.current_step.clone());
        }
        Ok(())
    }

    /// What it left, and how it ended.
    pub fn end(&self, context: &Context, seen: &Seen) -> Outcome {
        let execution = &seen.execution;
        if self.json {
            context.print_json_line(&json!({
                "event": "ended", "execution_id": execution.id, "status": execution.status,
                "outputs": execution.outputs, "failure": execution.failure,
                "started_at": execution.started_at, "ended_at": execution.ended_at,
                "never_begun": seen.unbegun().map_or(0, |(left, _)| left),
            }))?;
        } else {
            for (name, values) in &execution.outputs {
                for line in values.iter().flat_map(|value| value.lines()) {
                    print(&format!("{}: {}\n", quote(name), quote(line)))?;
                }
            }
        }
        let took = lasted(execution.started_at, execution.ended_at);
        let why = execution
            .failure
            .as_ref()
            .map(|why| format!(": {why}"))
            .unwrap_or_default();
        notice(format!(
            "qd: {} after {took}{}",
            execution.status.says(),
            quote(&why)
        ));
        if let Some((left, all)) = seen.unbegun() {
            notice(format!("qd: {left} of {all} targets were never begun"));
        }
        Ok(match execution.status.is_success() {
            true => Exit::Done,
            false => Exit::Failed,
        })
    }
}

/// One cell for how something stands.
pub fn mark(status: &Status) -> &'static str {
    match status {
        status if status.is_success() => "✓",
        Status::Pending | Status::Scheduled => "·",
        status if status.wants_somebody() => "?",
        Status::Cancelled | Status::Cancelling | Status::Exited => "■",
        status if status.is_over() => "✗",
        _ => "▶",
    }
}

/// A step and how it stands, in one line.
pub fn words(called: &str, step: &StepRun) -> String {
    let took = match step.status.is_over() {
        true => format!(" after {}", lasted(step.started_at, step.ended_at)),
        false => String::new(),
    };
    let why = step
        .failure
        .as_ref()
        .map(|why| format!(": {}", super::super::one_line(why)));
    format!("{called} {}{took}{}", step.status.says(), why.unwrap_or_default())
}
