//! `qd costs moves accept`: the decision is kept with the part of the bill that should fall, and the runbook that does it is
//! named with every value filled in. Nothing is changed at AWS here.

use jiff::Timestamp;
use serde_json::json;

use super::{find, trouble};
use crate::cli::{Context, Exit, Outcome, notice, quote};
use crate::cost;
use crate::cost::advice::{Accepted, Book, Finding};

pub fn run(context: &Context, all: &[Finding], id: &str, now: Timestamp) -> Outcome {
    let finding = find(all, id)?;
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    let open = book.open(all, &finding.id(), cost::today(now));
    let counted = open.map_err(|taken| trouble(taken.into()))?;
    // As it counts beside the others: a commitment is for what they leave.
    let finding = &counted.finding;
    let booked = Book::accept(
        &context.paths.data_dir,
        &finding.id(),
        Accepted::of(&counted, now),
    );
    booked.map_err(trouble)?;
    let action = &finding.action;
    let command = command(finding);
    if context.json {
        let parameters: serde_json::Map<_, _> = action
            .parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
            .collect();
        context.print_json(&json!({
            "id": finding.id(),
            "runbook": action.runbook,
            "parameters": parameters,
            "command": command,
        }))?;
        return Ok(Exit::Done);
    }
    notice(format_args!(
        "accepted; what it saves is booked after 7, 14 and 28 days.\nread it:  qd runbooks show {}.md\nrun it:   {command}",
        action.runbook
    ));
    let rows: Vec<[String; 2]> = action
        .parameters
        .iter()
        .map(|(name, value)| [(*name).to_owned(), value.clone()])
        .collect();
    context.print_table(&["PARAMETER", "VALUE"], &rows)?;
    Ok(Exit::Done)
}

/// The command that opens the runbook with its values, for a shell.
fn command(finding: &Finding) -> String {
    let action = &finding.action;
    let mut command = format!("qd runbooks run {}.md", action.runbook);
    for (name, value) in &action.parameters {
        let setting = quote(&format!("{name}={value}"));
        command += " --set ";
        command += &shlex::try_quote(&setting).map_or_else(|_| setting.clone(), |quoted| quoted.into_owned());
    }
    command
}
