//! `qd runbooks runs`: what was run, by whom and how it ended; whether its journal can be trusted. Reads only.

mod show;

use std::collections::BTreeMap;

use serde_json::json;

use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::runbook::run::{State, journal};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Check the journal of a run, or of all: its chain, its outputs, what the audit log knows of it
    Verify {
        /// A run by its id, or the beginning of it
        run: Option<String>,
    },
    /// Tell a run by its journal; with --json one record a line
    Show {
        /// A run by its id, or the beginning of it; `last` is the newest
        run: String,
    },
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        None => list(context),
        Some(Verb::Verify { run }) => verify(run.as_deref(), context),
        Some(Verb::Show { run }) => show::show(&run, context),
    }
}

fn list(context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for run in journal::list(data_dir)?.into_iter().rev() {
        let lines = match journal::load(data_dir, &run) {
            Ok(lines) => lines,
            Err(cause) => {
                notice(format!("qd: {}", quote(&cause.to_string())));
                continue;
            }
        };
        let state = State::of(&lines);
        let (status, says) = match journal::is_live(data_dir, &run) {
            true => ("running", "running".to_owned()),
            false => (state.word(), state.says()),
        };
        let (done, of) = state.progress();
        let machines: Vec<&str> = state
            .machines
            .iter()
            .map(|machine| machine.name.as_str())
            .collect();
        let steps: Vec<_> = state
            .steps
            .iter()
            .map(|step| {
                let spent = state.spent_us.get(&step.step).copied().unwrap_or_default();
                json!({ "step": step.step, "title": step.title, "phase": step.phase, "done": state.is_done(&step.step), "undone": state.is_undone(&step.step), "ms": spent / 1000 })
            })
            .collect();
        objects.push(json!({
            "run": run,
            "runbook": state.runbook,
            "title": state.title,
            "status": status,
            "by": state.by,
            "reason": Some(&state.reason).filter(|reason| !reason.is_empty()),
            "started_at": state.started_at,
            "last_at": state.last_at,
            "targets": state.machines,
            "unknown": state.unknown().into_iter().map(|(step, target)| json!({"step": step, "target": target})).collect::<Vec<_>>(),
            "steps": steps,
        }));
        rows.push(vec![
            run,
            says,
            format!("{done}/{of}"),
            state.started_at.get(..19).unwrap_or_default().replace('T', " "),
            state.by.clone(),
            machines.join(","),
            state.title.clone(),
        ]);
    }
    if context.json {
        context.print_json(&json!({ "runs": objects }))?;
    } else {
        context.print_table(
            &["RUN", "STATUS", "DONE", "STARTED", "BY", "ON", "RUNBOOK"],
            &rows,
        )?;
    }
    Ok(Exit::Done)
}

fn verify(wanted: Option<&str>, context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let runs = match wanted {
        Some(wanted) => vec![journal::find(data_dir, wanted)?],
        None => journal::list(data_dir)?,
    };
    let witness = journal::Witness::of(data_dir);
    let mut bad = 0;
    for run in &runs {
        let verdict = journal::verify_by(&witness, data_dir, run)?;
        bad += usize::from(!verdict.is_ok());
        if context.json {
            let faults: Vec<_> = verdict
                .faults
                .iter()
                .map(|fault| json!({ "line": fault.line, "says": fault.says }))
                .collect();
            context.print_json_line(&json!({
                "run": run, "ok": verdict.is_ok(), "records": verdict.records, "outputs": verdict.outputs,
                "witnessed": verdict.witnessed, "torn": verdict.is_torn,
                "page_changed": verdict.has_changed, "faults": faults,
            }))?;
            continue;
        }
        let torn = if verdict.is_torn {
            ", the last line torn by a crash"
        } else {
            ""
        };
        let word = if verdict.is_ok() { "ok" } else { "NOT OK" };
        let mut text = format!(
            "{run}  {word}: {} records, {} outputs, {} known to the audit log{torn}\n",
            verdict.records, verdict.outputs, verdict.witnessed
        );
        if verdict.has_changed == Some(true) {
            text.push_str("  its page was changed since; the one that was run is kept beside the journal\n");
        }
        for fault in &verdict.faults {
            text.push_str(&format!("  line {}: {}\n", fault.line, quote(&fault.says)));
        }
        crate::cli::context::print(&text)?;
    }
    let gone = match wanted {
        Some(_) => BTreeMap::new(),
        None => witness.gone(data_dir)?,
    };
    for (run, lines) in &gone {
        let says = format!("it is gone: the audit log knows {lines} of its lines");
        if context.json {
            context.print_json_line(
                &json!({ "run": run, "ok": false, "faults": [{ "line": null, "says": says }] }),
            )?;
            continue;
        }
        crate::cli::context::print(&format!("{}  NOT OK: {says}\n", quote(run)))?;
    }
    match bad + gone.len() {
        0 => Ok(Exit::Done),
        bad => {
            let all = runs.len() + gone.len();
            Err(
                Error::tampering(format!("{bad} of {all} journals cannot be trusted"))
                    .hint("compare with a copy, and with `qd audit ls`"),
            )
        }
    }
}
