//! `qd policy test`: what the configuration demands of a session on each node that a filter names, which line of it
//! decided, and who could read the recording. Nothing is opened.

use clap::Subcommand;
use futures_util::StreamExt;
use serde::Serialize;

use super::{Context, Error, Exit, Outcome, cloud};
use crate::config::Mode;
use crate::fleet::{self, Filter, Node, Policy, Roster, SortKey, Terms};
use crate::recording::Recipients;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Tell what policy demands of a session: recording mode and which rule says so, reason, encryption and to whom
    Test {
        /// In the fleet's filter language, such as 'web env:prod'; all nodes where it is absent
        #[arg(value_name = "EXPR", default_value = "")]
        filter: String,
    },
}

const HEADERS: [&str; 6] = ["NAME", "ID", "MODE", "REASON", "ENCRYPTED TO", "BECAUSE"];

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    production: bool,
    mode: &'static str,
    reason_required: bool,
    encrypted: bool,
    /// Public keys of those who could read it.
    recipients: Vec<String>,
    /// Why no session is possible at all.
    refused: Option<String>,
    because: String,
}

pub async fn run(args: Args, context: Context) -> Outcome {
    let Verb::Test { filter } = args.verb;
    let filter = Filter::parse(&filter).map_err(|bad| Error::usage(bad.to_string()))?;
    let policy = Policy::of(&context.config)?;
    let mut roster = Roster::default();
    let cloud = cloud::connect(&context);
    let mut batches = fleet::fetch(&cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    roster.failures.iter().for_each(cloud::tell);
    let mut nodes: Vec<&Node> = roster.nodes.iter().filter(|node| filter.matches(node)).collect();
    if nodes.is_empty() {
        return Err(Error::unreachable("no instance or managed node matches")
            .hint("`qd fleet ls` lists what can be reached"));
    }
    nodes.sort_by(|a, b| SortKey::Name.compare(a, b, false));
    let rows: Vec<Row> = nodes
        .into_iter()
        .map(|node| row(node, policy.on(node), &context))
        .collect();
    if context.json {
        context.print_json(&serde_json::json!({ "nodes": rows }))?;
    } else {
        let rows: Vec<Vec<String>> = rows.into_iter().map(cells).collect();
        context.print_table(&HEADERS, &rows)?;
    }
    Ok(Exit::Done)
}

fn row<'a>(node: &'a Node, terms: Terms, context: &Context) -> Row<'a> {
    let recipients = Recipients::of(&context.config.recording, terms.is_production);
    let refused = recipients.as_ref().err().map(ToString::to_string);
    let recipients = recipients.map_or(Vec::new(), |found| found.keys().to_vec());
    Row {
        id: &node.id.0,
        name: &node.name,
        production: terms.is_production,
        mode: match terms.mode {
            Mode::Strict => "strict",
            Mode::BestEffort => "best_effort",
        },
        reason_required: terms.wants_reason,
        encrypted: refused.is_some() || !recipients.is_empty(),
        recipients,
        refused,
        because: terms.because,
    }
}

fn cells(row: Row) -> Vec<String> {
    vec![
        row.name.to_owned(),
        row.id.to_owned(),
        row.mode.to_owned(),
        if row.reason_required { "required" } else { "-" }.to_owned(),
        match (&row.refused, row.recipients.as_slice()) {
            (Some(refused), _) => format!("no session: {refused}"),
            (None, []) => "-".to_owned(),
            (None, keys) => keys.iter().map(|key| short(key)).collect::<Vec<_>>().join(" "),
        },
        row.because,
    ]
}

/// Enough of an age key to tell it from others.
fn short(key: &str) -> String {
    key.chars().take(12).collect::<String>() + "\u{2026}"
}
