//! `qd documents show`: the form as a table, the steps as a tree; nothing cut.

use serde_json::{Value, json};

use super::one_line;
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::document::{Document, OnTrouble, Parameter, Row, Step, What, flow};

#[derive(clap::Args)]
pub struct Args {
    /// A document's name or ARN, or a file
    #[arg(value_name = "NAME|FILE")]
    name: String,
    /// A version; default: the one that AWS takes by default
    #[arg(id = "document_version", long = "document-version", value_name = "N")]
    version: Option<String>,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let loaded = super::load(context, &clients, &args.name, args.version.as_deref()).await?;
    let (text, document) = (&loaded.text, &loaded.document);
    for gap in &document.gaps {
        notice(format!("qd: {}: {}", quote(&text.name), quote(&gap.to_string())));
    }
    if context.json {
        context.print_json(&json!({
            "name": text.name,
            "version": Some(&text.version).filter(|version| !version.is_empty()),
            "profile": loaded.place.as_ref().map(|place| &place.profile),
            "region": loaded.place.as_ref().map(|place| &place.region),
            "kind": document.kind.to_string(),
            "schema": document.schema,
            "description": document.description,
            "assume_role": document.assume_role,
            "session_type": document.session_type,
            "parameters": document.parameters.iter().map(parameter).collect::<Vec<_>>(),
            "steps": document.steps.iter().map(step).collect::<Vec<_>>(),
            "tree": flow(document).iter().map(|row| json!({ "depth": row.depth, "text": says(document, row) })).collect::<Vec<_>>(),
            "outputs": document.outputs,
        }))?;
        return Ok(Exit::Done);
    }
    let place = match &loaded.place {
        Some(place) => format!(", version {}, {} {}", text.version, place.profile, place.region),
        None => String::new(),
    };
    print(&format!(
        "{}  {} {}{}\n",
        quote(&text.name),
        document.kind,
        quote(&document.schema),
        quote(&place)
    ))?;
    for line in document.description.trim().lines() {
        print(&format!("{}\n", quote(line)))?;
    }
    if !document.parameters.is_empty() {
        print("\n")?;
        form(context, &document.parameters)?;
    }
    if !document.steps.is_empty() {
        print("\n")?;
        tree(context, document)?;
    }
    if !document.outputs.is_empty() {
        print(&format!("\noutputs: {}\n", quote(&document.outputs.join(", "))))?;
    }
    Ok(Exit::Done)
}

fn form(context: &Context, parameters: &[Parameter]) -> Result<(), Error> {
    let rows: Vec<Vec<String>> = parameters
        .iter()
        .map(|parameter| {
            let usual = match parameter.usual() {
                None => "required".to_owned(),
                Some(usual) if usual.is_empty() => "empty".to_owned(),
                Some(usual) => usual,
            };
            vec![
                parameter.name.clone(),
                parameter.kind.to_string(),
                one_line(&usual),
                takes(parameter),
                one_line(&parameter.description),
            ]
        })
        .collect();
    context.print_table(&["PARAMETER", "TYPE", "DEFAULT", "TAKES", "ABOUT"], &rows)
}

/// What a value must be, besides its type.
fn takes(parameter: &Parameter) -> String {
    let mut parts = Vec::new();
    if !parameter.allowed.is_empty() {
        parts.push(parameter.allowed.join(" | "));
    }
    parts.extend(parameter.pattern.clone());
    for (what, bounds) in [("characters", parameter.chars), ("values", parameter.items)] {
        match (bounds.least, bounds.most) {
            (Some(least), Some(most)) => parts.push(format!("{least} to {most} {what}")),
            (Some(least), None) => parts.push(format!("{what} from {least}")),
            (None, Some(most)) => parts.push(format!("{what} to {most}")),
            (None, None) => {}
        }
    }
    parts.join(", ")
}

fn tree(context: &Context, document: &Document) -> Result<(), Error> {
    let rows: Vec<Vec<String>> = flow(document)
        .iter()
        .map(|row| {
            let name = format!("{}{}", "  ".repeat(row.depth), says(document, row));
            let Some(step) = step_of(document, row) else {
                return vec![name];
            };
            let mark = match document.kind {
                crate::document::Kind::Session => String::new(),
                _ => step.impact.word().to_owned(),
            };
            vec![
                name,
                step.action.clone(),
                mark,
                notes(step),
                one_line(&step.description),
            ]
        })
        .collect();
    context.print_table(&["STEP", "ACTION", "DOES", "AND", "ABOUT"], &rows)
}

fn step_of<'a>(document: &'a Document, row: &Row) -> Option<&'a Step> {
    match &row.what {
        What::Step(path) => document.step_at(path),
        _ => None,
    }
}

/// A line of the tree without what stands beside it.
pub fn says(document: &Document, row: &Row) -> String {
    match &row.what {
        What::Step(path) => document
            .step_at(path)
            .map(|step| step.name.clone())
            .unwrap_or_default(),
        What::Way { when, to: None } => format!("{when}:"),
        What::Way { when, to: Some(to) } => format!("{when} → {to}"),
        What::Heading(says) => format!("{says}:"),
        What::GoesTo(name) => format!("→ {name}"),
    }
}

/// What the step says besides what it does.
pub fn notes(step: &Step) -> String {
    let mut parts = Vec::new();
    if let Some(api) = step.input("Api") {
        let service = step
            .input("Service")
            .map(|service| service.shown())
            .unwrap_or_default();
        parts.push(format!("{service}:{}", api.shown()));
    }
    parts.extend(step.starts().map(|document| format!("runs {document}")));
    if step.on_failure != OnTrouble::Abort {
        parts.push(format!("failed: {}", step.on_failure));
    }
    if step.on_cancel != OnTrouble::Abort {
        parts.push(format!("cancelled: {}", step.on_cancel));
    }
    if step.is_critical == Some(false) {
        parts.push("not critical".into());
    }
    parts.extend(
        step.max_attempts
            .as_ref()
            .filter(|times| *times != "1")
            .map(|times| format!("{times} attempts")),
    );
    parts.extend(
        step.timeout_seconds
            .as_ref()
            .map(|seconds| format!("at most {seconds} s")),
    );
    parts.extend(step.precondition.as_ref().map(|when| format!("if {when}")));
    if step.is_end {
        parts.push("ends".into());
    }
    parts.join("; ")
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name, "type": parameter.kind.to_string(), "required": parameter.is_required(),
        "default": parameter.default, "allowed": parameter.allowed, "pattern": parameter.pattern,
        "min_chars": parameter.chars.least, "max_chars": parameter.chars.most,
        "min_items": parameter.items.least, "max_items": parameter.items.most,
        "description": parameter.description,
    })
}

fn step(of: &Step) -> Value {
    let inputs: serde_json::Map<String, Value> = of
        .inputs
        .iter()
        .map(|(name, value)| (name.clone(), value.json()))
        .collect();
    json!({
        "name": of.name, "action": of.action, "impact": of.impact, "description": of.description, "line": of.line,
        "inputs": inputs, "outputs": of.outputs, "next": of.next, "is_end": of.is_end, "is_critical": of.is_critical,
        "on_failure": of.on_failure.to_string(), "on_cancel": of.on_cancel.to_string(),
        "timeout_seconds": of.timeout_seconds, "max_attempts": of.max_attempts, "precondition": of.precondition,
        "choices": of.choices.iter().map(|choice| json!({ "when": choice.when, "to": choice.to })).collect::<Vec<_>>(),
        "otherwise": of.otherwise, "steps": of.steps.iter().map(step).collect::<Vec<_>>(),
    })
}
