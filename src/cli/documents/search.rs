//! `qd documents search`: over the texts, which are kept by version.

use serde_json::json;

use super::ls::Which;
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice};
use crate::document::{Index, search};

#[derive(clap::Args)]
pub struct Args {
    /// Words that must all be in the name or the text
    #[arg(required = true, value_name = "TEXT")]
    words: Vec<String>,
    #[command(flatten)]
    which: Which,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let index = Index::fetch(&clients, &context.paths.cache_dir, &args.which.query()).await;
    if index.fetched > 0 {
        notice(format!("qd: {} texts were fetched and kept", index.fetched));
    }
    let found = search(&index.bodies, &args.words.join(" "));
    if context.json {
        for hit in &found {
            let listed = &index.bodies[hit.at].listed;
            context.print_json_line(&json!({
                "name": listed.row.name, "kind": listed.row.kind, "version": listed.row.version,
                "profile": listed.place.profile, "region": listed.place.region,
                "line": hit.line.as_ref().map(|(line, _)| line),
                "text": hit.line.as_ref().map(|(_, text)| text),
            }))?;
        }
    } else {
        let cells: Vec<Vec<String>> = found
            .iter()
            .map(|hit| {
                let listed = &index.bodies[hit.at].listed;
                let (line, text) = hit.line.clone().unwrap_or_default();
                vec![
                    listed.row.name.clone(),
                    listed.row.kind.clone(),
                    format!("{}/{}", listed.place.profile, listed.place.region),
                    if line > 0 {
                        format!("{line}: {text}")
                    } else {
                        String::new()
                    },
                ]
            })
            .collect();
        context.print_table(&["NAME", "KIND", "WHERE", "LINE"], &cells)?;
    }
    index.failures.iter().for_each(cloud::tell);
    match index.bodies.is_empty() && !index.failures.is_empty() {
        true => Err(Error::failed("no document could be read")),
        false => Ok(Exit::Done),
    }
}
