//! `qd documents status`: an automation, step by step.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::follow::follow;
use super::{lasted, one_line};
use crate::aws::{ExecutionRow, Place, StepRun};
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::config::Mode;
use crate::document::{Seen, asked, wants};

#[derive(clap::Args)]
pub struct Args {
    /// The automation's id
    #[arg(value_name = "ID")]
    id: String,
    /// Follow it until it is over
    #[arg(long)]
    watch: bool,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let (place, seen) = super::execution(context, &clients, &args.id).await?;
    let is_followed = args.watch && !seen.is_over();
    let mode = match is_followed {
        true => super::standing(context, &clients, &place, &seen).await?.mode,
        // Nothing is said to it.
        false => Mode::BestEffort,
    };
    let desk = super::desk(context, clients, place.clone(), String::new(), mode);
    if is_followed {
        return follow(context, &desk, &seen.execution.id).await;
    }
    if seen.is_over() {
        desk.ended_unless_told(&seen).await;
    }
    match context.json {
        true => context.print_json(&document(&place, &seen))?,
        false => table(context, &place, &seen)?,
    }
    Ok(Exit::Done)
}

fn document(place: &Place, seen: &Seen) -> Value {
    let execution = &seen.execution;
    let child = |child: &ExecutionRow| {
        let step = seen.step_of(child);
        json!({
            "execution_id": child.id, "target": child.target, "status": child.status, "failure": child.failure,
            "account": step.and_then(|step| step.account.as_ref()),
            "region": step.and_then(|step| step.region.as_ref()),
        })
    };
    let waits = |child: &ExecutionRow| {
        json!({
            "execution_id": child.id, "document": child.document, "target": child.target,
            "current_step": child.current_step,
            "within": seen.deep(child).map(|deep| deep.within.clone()).unwrap_or_default(),
        })
    };
    let children: Vec<Value> = seen.children.iter().map(child).collect();
    let waiting: Vec<Value> = seen.waiting().map(waits).collect();
    json!({
        "execution_id": execution.id, "document": execution.document, "version": execution.version,
        "profile": place.profile, "region": place.region, "status": execution.status,
        "mode": execution.mode.word(), "started_at": execution.started_at, "ended_at": execution.ended_at,
        "by": execution.by, "parent": execution.parent, "failure": execution.failure, "warning": execution.warning,
        "parameters": execution.parameters, "outputs": execution.outputs, "target": execution.target,
        "target_parameter": execution.target_parameter,
        "targets": execution.targets.iter().map(|(key, values)| json!({ "key": key, "values": values })).collect::<Vec<_>>(),
        "resolved": execution.resolved, "resolved_cut": execution.is_resolved_cut, "progress": execution.progress,
        "target_maps": execution.maps, "heeds": execution.heeds, "alarms": execution.alarms, "wants": wants(execution).map(|want| want.says()),
        "approval": asked(execution),
        "steps": execution.steps,
        "children": children, "waiting": waiting, "unlisted": seen.unlisted,
    })
}

fn table(context: &Context, place: &Place, seen: &Seen) -> Result<(), Error> {
    let execution = &seen.execution;
    let took = lasted(execution.started_at, execution.ended_at);
    print(&format!(
        "{}  {} version {}, {}, {took}, {} {}\n",
        quote(&execution.id),
        quote(&execution.document),
        quote(&execution.version),
        execution.status.says(),
        quote(&place.profile),
        place.region
    ))?;
    for (what, says) in [("failed", &execution.failure), ("warning", &execution.warning)] {
        if let Some(says) = says {
            print(&format!("{what}: {}\n", quote(says)))?;
        }
    }
    if !execution.alarms.is_empty() {
        print(&format!("stopped by: {}\n", quote(&execution.alarms.join(", "))))?;
    } else if !execution.heeds.is_empty() && !seen.is_over() {
        print(&format!("heeds: {}\n", quote(&execution.heeds.join(", "))))?;
    }
    if let Some(want) = wants(execution) {
        notice(format!("qd: {}", quote(&want.says())));
        super::tell_asked(execution);
    }
    for child in seen.waiting() {
        notice(format!("qd: {}", quote(&awaited(seen, child))));
    }
    let names = match execution.is_sent() {
        true => super::names(context),
        false => HashMap::new(),
    };
    let called = |step: &StepRun| super::step_called(&names, seen, step);
    let rows: Vec<Vec<String>> = execution
        .steps
        .iter()
        .map(|step| row(called(step), step))
        .collect();
    if !rows.is_empty() {
        context.print_table(&["STEP", "ACTION", "STATUS", "TOOK", "SAYS"], &rows)?;
    }
    let rows: Vec<Vec<String>> = seen
        .told_apart()
        .map(|child| {
            vec![
                super::called(&names, seen, child).unwrap_or_default(),
                child.id.clone(),
                child.status.says().to_owned(),
                lasted(child.started_at, child.ended_at),
                one_line(child.failure.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    if !rows.is_empty() {
        context.print_table(&["TARGET", "ID", "STATUS", "TOOK", "SAYS"], &rows)?;
    }
    if let Some(failure) = &seen.unlisted {
        super::tell_unlisted(failure);
    }
    for (name, values) in &execution.outputs {
        let says = shortened(&values.join(", "), &execution.id);
        print(&format!("{}: {}\n", quote(name), quote(&says)))?;
    }
    Ok(())
}

/// A child that waits for a person, and how that is answered.
pub fn awaited(seen: &Seen, child: &ExecutionRow) -> String {
    let called = seen.called(child).map(|called| format!(" ({called})"));
    let step = child.current_step.as_ref().map(|step| format!(" at {step}"));
    // Of any other step its own status says what it waits for.
    let answer = match child.current_action.as_deref() {
        Some("aws:approve") => "approve",
        Some("aws:pause") => "resume",
        _ => "status",
    };
    format!(
        "{}{} waits for a person{}: qd documents {answer} {}",
        child.document,
        called.unwrap_or_default(),
        step.unwrap_or_default(),
        child.id
    )
}

/// An output in one line: what goes on is told where it is whole.
fn shortened(text: &str, id: &str) -> String {
    let text = text.trim_end();
    let mut lines = text.lines();
    match (lines.next().unwrap_or_default(), lines.count()) {
        (first, 0) => first.to_owned(),
        (first, more) => {
            let lines = if more == 1 { "line" } else { "lines" };
            format!("{first} … and {more} more {lines}: qd documents output {id}")
        }
    }
}

fn row(called: String, step: &StepRun) -> Vec<String> {
    let kind = step.failure_kind.as_deref();
    let told = |says: &str| match kind == Some(says) {
        true => format!("({})", one_line(says)),
        false => one_line(says),
    };
    let mut says: Vec<String> = step.troubles().into_iter().map(told).collect();
    says.extend(step.began().map(|began| format!("began {began}")));
    let name = match &step.inside {
        Some((parent, round)) => format!("  {called} ({parent}, round {round})"),
        None => called,
    };
    vec![
        name,
        step.action.clone(),
        step.status.says().to_owned(),
        lasted(
            step.started_at,
            step.ended_at.or(if step.status.is_over() {
                step.started_at
            } else {
                None
            }),
        ),
        says.join(" "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_of_many_lines_is_told_in_one() {
        assert_eq!(shortened("a\n", "x"), "a");
        assert_eq!(
            shortened("a\nb\nc", "x"),
            "a … and 2 more lines: qd documents output x"
        );
    }
}
