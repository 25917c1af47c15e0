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
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let blocks = runbook::blocks(&load(&args.file, args.library, context)?);
    if context.json {
        context.print_json(&Document { blocks })?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = blocks.iter().map(row).collect();
    let heads = ["LINES", "LANG", "RUNNABLE", "COMMANDS", "TO FILL IN", "FIRST"];
    context.print_table(&heads, &rows)?;
    Ok(Exit::Done)
}

fn row(block: &Block) -> Vec<String> {
    let runnable = match block.runnable {
        Runnable::Yes => "yes",
        Runnable::Maybe => "maybe",
        Runnable::No => "no",
    };
    vec![
        format!("{}-{}", block.start_line, block.end_line),
        block.lang.clone(),
        runnable.to_string(),
        block.commands.len().to_string(),
        block.placeholders.join(" "),
        block.commands.first().cloned().unwrap_or_default(),
    ]
}
