//! `qd runbooks blocks`: the code blocks of a page with their lines and hashes, as a runner would see them.

use serde::Serialize;

use super::super::{Context, Exit, Outcome};
use super::{Paths, load};
use crate::runbook::{self, Block, Runnable};

#[derive(clap::Args)]
pub struct Args {
    /// A file, `-` for standard input, or a name or title from the library
    file: String,
    #[command(flatten)]
    library: Paths,
}

#[derive(Serialize)]
struct Document {
    blocks: Vec<Block>,
    /// Commands in the text of list items, which are no steps.
    spans: Vec<Block>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let text = load(&args.file, args.library, context)?;
    let (blocks, spans) = (runbook::blocks(&text), runbook::spans(&text));
    if context.json {
        context.print_json(&Document { blocks, spans })?;
        return Ok(Exit::Done);
    }
    let mut rows: Vec<Vec<String>> = blocks.iter().map(|block| row(block, None)).collect();
    rows.extend(spans.iter().map(|span| row(span, Some("at a prompt"))));
    let heads = ["LINES", "LANG", "RUNNABLE", "COMMANDS", "TO FILL IN", "FIRST"];
    context.print_table(&heads, &rows)?;
    Ok(Exit::Done)
}

fn row(block: &Block, how: Option<&str>) -> Vec<String> {
    let runnable = how.unwrap_or(match block.runnable {
        Runnable::Yes => "yes",
        Runnable::Maybe => "maybe",
        Runnable::No => "no",
    });
    vec![
        format!("{}-{}", block.start_line, block.end_line),
        block.lang.clone(),
        runnable.to_string(),
        block.commands.len().to_string(),
        block.placeholders.join(" "),
        block.commands.first().cloned().unwrap_or_default(),
    ]
}
