//! `qd costs moves accept`: the decision is kept with the part of the bill that should fall, and the runbook that does it is
//! named with every value filled in. Nothing is changed at AWS here.

use jiff::Timestamp;
use serde_json::json;

use super::{find, trouble};
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::cost;
use crate::cost::advice::{Accepted, Book, Finding, Taken, Trouble};

pub fn run(context: &Context, all: &[Finding], id: &str, now: Timestamp) -> Outcome {
    let finding = find(all, id)?;
    let book = Book::load(&context.paths.data_dir).map_err(trouble)?;
    let open = book.open(all, &finding.id(), cost::today(now));
    let counted = open.map_err(refused)?;
    // As it counts beside the others: a commitment is for what they leave.
    let finding = &counted.finding;
    let booked = Book::accept(
        &context.paths.data_dir,
        &finding.id(),
        Accepted::of(&counted, now),
    );
    booked.map_err(not_kept)?;
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

/// A decision that is not in the book.
pub fn not_kept(why: Trouble) -> Error {
    match why {
        Trouble::Taken(taken) => refused(taken),
        other => trouble(other),
    }
}

/// Nothing is changed, and what to do about it.
fn refused(taken: Taken) -> Error {
    let back = format!("`qd costs moves withdraw {} --reason TEXT`", taken.id);
    let hint = match taken.other {
        None => format!("`qd costs moves ledger` tells what it saves, and {back} takes it back"),
        Some(_) => format!("take that back with {back}"),
    };
    Error::failed(taken.to_string()).hint(hint)
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
