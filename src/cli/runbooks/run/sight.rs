//! What `--dry-run` prints: exactly what would run, where, and what must be said before.

use std::fmt::Write;

use serde_json::json;

use crate::cli::context::print as print_text;
use crate::cli::{Context, Error, quote};
use crate::runbook::plan::Plan;
use crate::runbook::run::{Placed, Preview, Reached};

pub fn print(previews: &[Preview], plan: &Plan, context: &Context) -> Result<(), Error> {
    if context.json {
        return context.print_json(&json!({
            "runbook": plan.path.display().to_string(),
            "title": plan.title,
            "sha256": plan.sha256,
            "steps": previews,
        }));
    }
    let mut text = format!("{}\n", quote(&plan.title));
    let mut phase = "";
    for preview in previews {
        if preview.phase != phase {
            phase = &preview.phase;
            let _ = writeln!(text, "\n## {}", quote(phase));
        }
        step(&mut text, preview);
    }
    print_text(&text)
}

fn step(text: &mut String, preview: &Preview) {
    let name = if preview.step == preview.number.to_string() {
        String::new()
    } else {
        format!(" {}", preview.step)
    };
    let _ = write!(text, "\n{}{}  {}", preview.number, quote(&name), preview.kind);
    let _ = match preview.kind {
        "task" => writeln!(text, ", done by a person\n   [ ] {}", quote(&preview.title)),
        _ => writeln!(
            text,
            ", confirm: {}, at most {} s",
            preview.confirm,
            preview.timeout_ms / 1000
        ),
    };
    let mut line = |label: &str, said: &str| {
        let _ = writeln!(text, "   {label}: {}", quote(said));
    };
    // What keeps it from running is said once.
    if let Some(doubt) = preview
        .doubt
        .as_ref()
        .filter(|_| preview.doubt != preview.blocked)
    {
        line("maybe", doubt);
    }
    if !preview.tabs.is_empty() {
        line("one of the tabs", &preview.tabs.join(", "));
    }
    if !preview.needs.is_empty() {
        line("needs", &preview.needs.join(", "));
    }
    if let Some(rollback) = &preview.rollback {
        line("undone by", rollback);
    }
    if let Some(why) = &preview.left_out {
        line("left out", why);
    }
    for out in &preview.left_out_on {
        let label = if out.name.is_empty() { &out.id } else { &out.name };
        line(&format!("left out on {}", quote(label)), &out.why);
    }
    if let Some(why) = &preview.blocked {
        line("BLOCKED", why);
    }
    if let Some(says) = preview.reaches.as_ref().and_then(Reached::says) {
        line("reaches", &says);
    }
    // Machines with the same commands are told together.
    let mut rest: Vec<&Placed> = preview.targets.iter().collect();
    while let Some(first) = rest.first().copied() {
        let same = |other: &&Placed| {
            other.commands == first.commands
                && other.variables == first.variables
                && other.missing == first.missing
        };
        let (alike, others): (Vec<&Placed>, Vec<&Placed>) = rest.into_iter().partition(same);
        rest = others;
        placed(text, first, &alike);
    }
}

fn placed(text: &mut String, first: &Placed, alike: &[&Placed]) {
    let label = |placed: &&Placed| {
        let production = if placed.production { "PRODUCTION " } else { "" };
        let id = if placed.id == placed.name || placed.name.is_empty() {
            String::new()
        } else {
            format!(" {}", placed.id)
        };
        let name = if placed.name.is_empty() {
            &placed.id
        } else {
            &placed.name
        };
        format!("{production}{name}{id}")
    };
    let labels: Vec<String> = alike.iter().map(label).collect();
    let _ = writeln!(text, "   on {}", quote(&labels.join(", ")));
    for (name, value) in &first.variables {
        let value = value
            .as_deref()
            .map_or("(secret)".to_owned(), crate::runbook::shell::quote);
        let _ = writeln!(text, "     {name}={}", quote(&value));
    }
    for (name, from) in &first.later {
        let _ = writeln!(text, "     {}: from {}", quote(name), quote(from));
    }
    if !first.missing.is_empty() {
        let _ = writeln!(text, "     asked for: {}", quote(&first.missing.join(", ")));
    }
    for command in &first.commands {
        for (at, line) in command.lines().enumerate() {
            let mark = if at == 0 { "$" } else { ">" };
            let _ = writeln!(text, "     {mark} {}", quote(line));
        }
    }
}
