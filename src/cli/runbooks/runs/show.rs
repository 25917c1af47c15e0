//! `qd runbooks runs show`: a run by its journal, in words for a person, record by record for a program.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::cli::{Context, Exit, Outcome, quote};
use crate::runbook::run::record::{Kept, Record, Who};
use crate::runbook::run::{State, journal};

pub(super) fn show(wanted: &str, context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let run = journal::find(data_dir, wanted)?;
    let lines = journal::load(data_dir, &run)?;
    if context.json {
        for line in lines {
            context.print_json_line(&line)?;
        }
        return Ok(Exit::Done);
    }
    let names: BTreeMap<String, String> = State::of(&lines)
        .machines
        .into_iter()
        .map(|machine| (machine.id, machine.name))
        .collect();
    let mut text = String::new();
    for line in &lines {
        let at = line.at.get(..19).unwrap_or_default().replace('T', " ");
        let mut told = told(&line.record, &names).into_iter();
        for first in told.by_ref().take(1) {
            let _ = writeln!(text, "{at}  {}", quote(&first));
        }
        for more in told {
            let _ = writeln!(text, "{:21}{}", "", quote(&more));
        }
    }
    crate::cli::context::print(&text)?;
    Ok(Exit::Done)
}

/// A record as a person reads it: a line, and what belongs to it below.
fn told(record: &Record, names: &BTreeMap<String, String>) -> Vec<String> {
    let name = |target: &String| {
        names
            .get(target)
            .filter(|name| !name.is_empty())
            .unwrap_or(target)
            .clone()
    };
    let seconds = |us: u64| format!("{:.1} s", us as f64 / 1e6);
    let who = |who: &Who| who.user.clone().unwrap_or_else(|| "somebody".into());
    match record {
        Record::Opened {
            title,
            runbook,
            who: by,
            reason,
            machines,
            ..
        } => {
            let on: Vec<String> = machines.iter().map(|machine| name(&machine.id)).collect();
            let mut told = vec![
                format!("{title} begun by {} on {}", who(by), on.join(", ")),
                format!("page {runbook}"),
            ];
            told.extend(Some(format!("reason {reason}")).filter(|_| !reason.is_empty()));
            told
        }
        Record::Resumed { who: by, targets, .. } => {
            let on: Vec<String> = targets.iter().map(name).collect();
            let on = match on.as_slice() {
                [] => String::new(),
                on => format!(" on {}", on.join(", ")),
            };
            vec![format!("gone on with by {}{on}", who(by))]
        }
        Record::Changed { by, .. } => vec![format!("{by} took the page as it is now")],
        Record::Valued {
            name: variable,
            source,
            value,
            target,
            ..
        } => {
            let on = target
                .as_ref()
                .map(|target| format!(" for {}", name(target)))
                .unwrap_or_default();
            let value = value.as_deref().unwrap_or("(secret)");
            vec![format!("{variable}={value}{on}, {source}")]
        }
        Record::Confirmed {
            step,
            targets,
            level,
            impact,
            doubt,
            typed,
            by,
        } => {
            let on: Vec<String> = targets.iter().map(name).collect();
            let typed = if typed.is_empty() {
                String::new()
            } else {
                format!(", said {typed:?}")
            };
            let said = format!("{by} confirmed {step} ({level}) for {}{typed}", on.join(", "));
            let told = impact.iter().map(|line| format!("told: {line}"));
            let doubt = doubt.iter().map(|doubt| format!("perhaps no command: {doubt}"));
            std::iter::once(said).chain(told).chain(doubt).collect()
        }
        Record::Started {
            step,
            target,
            attempt,
            commands,
            ..
        } => {
            let again = if *attempt > 1 {
                format!(", attempt {attempt}")
            } else {
                String::new()
            };
            let mut told = vec![format!("{step} began on {}{again}", name(target))];
            told.extend(
                commands
                    .iter()
                    .flat_map(|command| command.lines())
                    .map(|line| format!("  $ {line}")),
            );
            told
        }
        Record::Ended {
            step,
            target,
            outcome,
            exit,
            lasted_us,
            output,
            says,
            ..
        } => {
            let exit = exit.map(|code| format!(", exit {code}")).unwrap_or_default();
            let word = format!("{outcome:?}").to_lowercase();
            let mut told = vec![format!(
                "{step} ended on {}: {word}{exit}, {}",
                name(target),
                seconds(*lasted_us)
            )];
            told.extend(Some(format!("  {says}")).filter(|_| !says.is_empty()));
            told.extend(
                output
                    .iter()
                    .map(|kept| format!("  output {} ({})", kept.file, length(kept))),
            );
            told
        }
        Record::Ticked { step, by, note, .. } => {
            let note = if note.is_empty() {
                String::new()
            } else {
                format!(": {note}")
            };
            vec![format!("{by} did {step}{note}")]
        }
        Record::Skipped { step, why } => vec![format!("{step} was left out: {why}")],
        Record::Sent { step, kind, id, .. } => vec![format!("{step} goes on at AWS as {kind} {id}")],
        Record::Dropped { says, .. } => vec![says.clone()],
        Record::Moved { step, target, folder } => {
            let folder = folder.as_deref().unwrap_or("another folder, which is not known");
            vec![format!("{step} left the shell on {} in {folder}", name(target))]
        }
        Record::Decided {
            step,
            target,
            done,
            by,
        } => {
            let how = if *done { "is done" } else { "is to run again" };
            vec![format!("{by} said that {step} {how} on {}", name(target))]
        }
        Record::Recovered { bytes, .. } => vec![format!("{bytes} bytes of a torn last line were set aside")],
        Record::Closed {
            outcome,
            says,
            lasted_us,
            recordings,
            ..
        } => {
            let word = format!("{outcome:?}").to_lowercase();
            let mut told = vec![format!("closed: {word}, {}", seconds(*lasted_us))];
            told.extend(Some(format!("  {says}")).filter(|_| !says.is_empty()));
            told.extend(
                recordings
                    .iter()
                    .map(|(on, id)| format!("  recording {id} of {}", name(on))),
            );
            told
        }
    }
}

/// Of what is kept, and of what was printed where that is more.
fn length(kept: &Kept) -> String {
    let cut = kept
        .cut
        .map(|cut| format!(" of {} printed: the beginning and the end", cut.printed));
    format!("{} bytes{}", kept.bytes, cut.unwrap_or_default())
}
