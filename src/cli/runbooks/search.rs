//! `qd runbooks search`: the pages that hold every word, each with the line that says most about why.

use serde_json::json;

use super::super::{Context, Error, Outcome, notice};
use super::{Paths, done};
use crate::runbook::{Hit, Query};

#[derive(clap::Args)]
pub struct Args {
    /// Words in any order; tag:, alarm:, owner:, title:, cmd: and in: ask for one place, is:overdue for late reviews
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    library: Paths,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let words = args.words.join(" ");
    if let Some(why) = Query::parse(&words).refused() {
        return Err(Error::usage(why).hint("tag:, alarm:, owner:, title:, cmd: and in: ask for one place"));
    }
    let library = args.library.scan(context)?;
    let hits = library.search(&words);
    if context.json {
        let found: Vec<_> = hits.iter().map(found).collect();
        context.print_json(&json!({ "hits": found }))?;
    } else {
        let rows: Vec<Vec<String>> = hits.iter().map(row).collect();
        context.print_table(&["NAME", "TITLE", "LINE", "TEXT"], &rows)?;
        if rows.is_empty() {
            let pages = library.pages.len();
            notice(format!(
                "qd: no page of this library holds every one of these words; it has {pages}, which `qd runbooks ls` lists"
            ));
        }
    }
    done(&library)
}

fn found(hit: &Hit<'_>) -> serde_json::Value {
    let snippet = hit.snippet();
    let snippet = snippet.as_ref();
    json!({
        "name": hit.page.name,
        "path": hit.page.path,
        "title": hit.page.title,
        "source": hit.page.source.label,
        "line": snippet.map(|snippet| snippet.line),
        "text": snippet.map(|snippet| snippet.text.as_str()),
    })
}

fn row(hit: &Hit<'_>) -> Vec<String> {
    let snippet = hit.snippet();
    let line = snippet.as_ref().map(|snippet| snippet.line.to_string());
    let text = snippet.map(|snippet| snippet.text);
    vec![
        hit.page.name.clone(),
        hit.page.title.clone(),
        line.unwrap_or_default(),
        text.unwrap_or_default(),
    ]
}
