//! `qd runbooks show`: a page as the panel shows it at a width, as plain text.

use std::io::IsTerminal;

use super::super::context::print;
use super::super::{Context, Exit, Outcome};
use super::{Paths, load};
use crate::runbook;
use crate::ui::Look;
use crate::ui::markdown::{self, Layout};

#[derive(clap::Args)]
pub struct Args {
    /// A file, `-` for standard input, or a name or title from the library
    file: String,
    /// Columns; default: the terminal's, or 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    width: Option<u16>,
    #[command(flatten)]
    library: Paths,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let text = load(&args.file, args.library, context)?;
    let width = args.width.unwrap_or_else(terminal_width);
    let found = runbook::blocks(&text);
    let marks = markdown::marks(&found);
    let plain = |_| ratatui::style::Style::new();
    let layout = Layout {
        width: usize::from(width),
        look: Look::new(&plain),
        marks: &marks,
        selected: None,
        coloured: false,
    };
    print(&markdown::layout(&text, &layout).plain())?;
    Ok(Exit::Done)
}

/// The terminal's columns; a file or pipe gets what reads well anywhere.
fn terminal_width() -> u16 {
    let size = std::io::stdout().is_terminal().then(crossterm::terminal::size);
    size.and_then(Result::ok)
        .map_or(100, |(columns, _)| columns.max(1))
}
