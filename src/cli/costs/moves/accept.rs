//! `qd costs moves accept`: the decision is kept with the part of the bill that should fall, and the runbook that does it is
//! named with every value filled in. Nothing is changed at AWS here.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::json;

use super::{find, trouble};
use crate::cli::runbooks::library;
use crate::cli::{Context, Exit, Outcome, notice, quote};
use crate::cost;
use crate::cost::advice::{Accepted, Action, Book, Finding};
use crate::runbook::plan::Plan;

pub async fn run(context: &Context, all: &[Finding], id: &str, now: Timestamp) -> Outcome {
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
    let plan = plan(context, action.runbook).await;
    let command = command(action, plan.as_ref());
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

/// The runbook as it would be run; `None` where it cannot be read, which its run will tell.
async fn plan(context: &Context, runbook: &str) -> Option<Plan> {
    let library = library(context).await.ok()?;
    let page = library.find(&format!("{runbook}.md"))?;
    Plan::read(&page.path, &page.name, &page.text).ok()
}

/// The command that runs the runbook with the values that it takes, for a shell: another one would be refused there.
fn command(action: &Action, plan: Option<&Plan>) -> String {
    let mut command = format!("qd runbooks run {}.md", action.runbook);
    let is_taken = |name: &str, value: &str| plan.is_none_or(|plan| plan.accepts(name, value).is_ok());
    for (name, value) in &action.parameters {
        if !is_taken(name, value) {
            continue;
        }
        let value = quote(value);
        let value = shlex::try_quote(&value).unwrap_or(Cow::Borrowed(&value));
        let _ = write!(command, " --set {name}={value}");
    }
    command
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_command_has_the_values_that_the_page_takes() {
        let action = Action {
            runbook: "costs/p",
            parameters: vec![
                ("region", "eu-west-1".into()),
                ("usage_type", "NatGateway-Bytes".into()),
            ],
        };
        let text = "# P\n\n`{{usage_type}}` costs too much.\n\n```sh\necho \"{{region}}\"\n```\n";
        let plan = Plan::read(Path::new("p.md"), "p.md", text).unwrap();
        let run = "qd runbooks run costs/p.md --set region=eu-west-1";
        assert_eq!(command(&action, Some(&plan)), run);
        assert_eq!(
            command(&action, None),
            format!("{run} --set usage_type=NatGateway-Bytes")
        );
        let spaced = Action {
            runbook: "costs/p",
            parameters: vec![("team", "it's ours".into())],
        };
        assert_eq!(
            command(&spaced, None),
            r#"qd runbooks run costs/p.md --set team="it's ours""#
        );
    }
}
