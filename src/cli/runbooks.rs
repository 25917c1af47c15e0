//! `qd runbooks`: what is in the library, where something is said, a page as the panel shows it, its code blocks.
//! Reads only: no command of a page is run, no page is changed.

mod run;
mod runs;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::context::print;
use super::{Context, Error, Exit, Outcome, notice};
use crate::runbook::{self, Block, Hit, Library, Page, Runnable};
use crate::ui::Look;
use crate::ui::markdown::{self, Layout};

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the runbooks of the library
    Ls {
        #[command(flatten)]
        library: Paths,
    },
    /// Find the runbooks that hold every word, best first
    Search {
        /// Words, in any order
        #[arg(required = true, value_name = "WORD")]
        words: Vec<String>,
        #[command(flatten)]
        library: Paths,
    },
    /// Print a page as the panel shows it, nothing cut
    Show {
        /// A file, `-` for standard input, or a name or title from the library
        file: String,
        /// Columns; default: the terminal's, or 100
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        width: Option<u16>,
        #[command(flatten)]
        library: Paths,
    },
    /// List the code blocks of a page: which can run, their commands, what is to be filled in
    Blocks {
        /// A file, `-` for standard input, or a name or title from the library
        file: String,
        #[command(flatten)]
        library: Paths,
    },
    /// Carry a page out, step by step, confirmed and on record
    Run(Box<run::Args>),
    /// Approve a step of a page for somebody else's run; prints the file for their --approval
    Approve {
        /// A file, or a name or title from the library
        file: String,
        /// The step, by name or number
        step: String,
        #[command(flatten)]
        library: Paths,
    },
    /// What was run: list, show, verify
    Runs(runs::Args),
}

#[derive(ClapArgs)]
struct Paths {
    /// Folder or file instead of `paths` under [runbooks], repeatable
    #[arg(long = "path", value_name = "DIR")]
    paths: Vec<PathBuf>,
}

impl Paths {
    fn scan(self, context: &Context) -> Result<Library, Error> {
        let paths = match self.paths.is_empty() {
            true => context.config.runbooks.paths.clone(),
            false => self.paths,
        };
        if paths.is_empty() {
            return Err(Error::usage("no folder of runbooks is configured")
                .hint("name one with --path DIR, or set `paths` under [runbooks] in the configuration"));
        }
        let library = Library::scan(&paths);
        for failure in &library.failures {
            let says = format!(
                "cannot read {}: {}; {}",
                failure.path.display(),
                failure.cause,
                failure.hint
            );
            notice(super::quote(&says));
        }
        Ok(library)
    }
}

pub fn run(args: Args, context: &Context) -> Outcome {
    match args.verb {
        Verb::Ls { library } => ls(&library.scan(context)?, context),
        Verb::Search { words, library } => search(&library.scan(context)?, &words.join(" "), context),
        Verb::Show { file, width, library } => show(&load(&file, library, context)?, width),
        Verb::Blocks { file, library } => blocks(&load(&file, library, context)?, context),
        Verb::Runs(args) => runs::run(args, context),
        Verb::Approve { file, step, library } => run::approve(&file, &step, &library, context),
        Verb::Run(_) => Err(Error::failed("a run was not begun in a runtime")),
    }
}

impl Args {
    /// Whether it opens sessions, and so needs a runtime and the team store beside it.
    pub fn runs(&self) -> bool {
        matches!(self.verb, Verb::Run(_))
    }
}

/// The verb that opens sessions; the others need no runtime.
pub async fn carry_out(args: Args, context: Context) -> Outcome {
    match args.verb {
        Verb::Run(args) => run::run(*args, context).await,
        _ => run(args, &context),
    }
}

/// The path and the text of a file, or of a page of the library.
fn locate(file: &str, library: &Paths, context: &Context) -> Result<(PathBuf, String), Error> {
    let unreadable = |cause: std::io::Error| Error::failed(format!("cannot read {file}: {cause}"));
    let has_library = !library.paths.is_empty() || !context.config.runbooks.paths.is_empty();
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((PathBuf::from(file), text)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && has_library => {
            let paths = Paths {
                paths: library.paths.clone(),
            };
            let library = paths.scan(context)?;
            let page = library
                .find(file)
                .map(|page| (page.path.clone(), page.text.clone()));
            page.ok_or_else(|| {
                Error::unreachable(format!("no file and no runbook is called {file}"))
                    .hint("`qd runbooks ls` lists them")
            })
        }
        Err(cause) => Err(unreadable(cause)),
    }
}

fn ls(library: &Library, context: &Context) -> Outcome {
    if context.json {
        let failures: Vec<_> = library.failures.iter().map(failure).collect();
        let pages: Vec<_> = library.pages.iter().map(listed).collect();
        context.print_json(&json!({ "runbooks": pages, "failures": failures }))?;
    } else {
        let row = |page: &Page| {
            let reviewed = page.reviewed_on.map(|date| date.to_string()).unwrap_or_default();
            vec![
                page.name.clone(),
                page.title.clone(),
                page.tags.join(","),
                reviewed,
            ]
        };
        let rows: Vec<Vec<String>> = library.pages.iter().map(row).collect();
        context.print_table(&["NAME", "TITLE", "TAGS", "REVIEWED"], &rows)?;
    }
    done(library)
}

/// A page that could not be read fails the run only if nothing else could be.
fn done(library: &Library) -> Outcome {
    match library.pages.is_empty() && !library.failures.is_empty() {
        true => Err(Error::failed("no runbook could be read")),
        false => Ok(Exit::Done),
    }
}

fn listed(page: &Page) -> serde_json::Value {
    json!({
        "name": page.name,
        "path": page.path,
        "title": page.title,
        "keys": page.keys,
        "tags": page.tags,
        "owner": page.owner,
        "reviewed_on": page.reviewed_on.map(|date| date.to_string()),
    })
}

fn failure(failure: &runbook::Failure) -> serde_json::Value {
    json!({ "path": failure.path, "cause": failure.cause, "hint": failure.hint })
}

fn search(library: &Library, query: &str, context: &Context) -> Outcome {
    let hits = library.search(query);
    if context.json {
        let found = |hit: &Hit<'_>| {
            let snippet = hit.snippet();
            let snippet = snippet.as_ref();
            json!({
                "name": hit.page.name,
                "path": hit.page.path,
                "title": hit.page.title,
                "line": snippet.map(|snippet| snippet.line),
                "text": snippet.map(|snippet| snippet.text.as_str()),
            })
        };
        let found: Vec<_> = hits.iter().map(found).collect();
        context.print_json(&json!({ "hits": found }))?;
    } else {
        let row = |hit: &Hit<'_>| {
            let snippet = hit.snippet();
            let line = snippet.as_ref().map(|snippet| snippet.line.to_string());
            let text = snippet.map(|snippet| snippet.text);
            vec![
                hit.page.name.clone(),
                hit.page.title.clone(),
                line.unwrap_or_default(),
                text.unwrap_or_default(),
            ]
        };
        let rows: Vec<Vec<String>> = hits.iter().map(row).collect();
        context.print_table(&["NAME", "TITLE", "LINE", "TEXT"], &rows)?;
    }
    done(library)
}

fn show(text: &str, width: Option<u16>) -> Outcome {
    let width = width.unwrap_or_else(terminal_width);
    let found = runbook::blocks(text);
    let marks = markdown::marks(&found);
    let plain = |_| ratatui::style::Style::new();
    let layout = Layout {
        width: usize::from(width),
        look: Look::new(&plain),
        marks: &marks,
        selected: None,
        coloured: false,
    };
    print(&markdown::layout(text, &layout).plain())?;
    Ok(Exit::Done)
}

/// The terminal's columns; a file or pipe gets what reads well anywhere.
fn terminal_width() -> u16 {
    let size = std::io::stdout().is_terminal().then(crossterm::terminal::size);
    size.and_then(Result::ok)
        .map_or(100, |(columns, _)| columns.max(1))
}

fn blocks(text: &str, context: &Context) -> Outcome {
    let blocks = runbook::blocks(text);
    if context.json {
        #[derive(Serialize)]
        struct Document {
            blocks: Vec<Block>,
        }
        context.print_json(&Document { blocks })?;
        return Ok(Exit::Done);
    }
    let row = |block: &Block| {
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
    };
    let rows: Vec<Vec<String>> = blocks.iter().map(row).collect();
    context.print_table(
        &["LINES", "LANG", "RUNNABLE", "COMMANDS", "TO FILL IN", "FIRST"],
        &rows,
    )?;
    Ok(Exit::Done)
}

/// The text of a file, of standard input, or of a page of the library.
fn load(file: &str, library: Paths, context: &Context) -> Result<String, Error> {
    let unreadable = |cause: std::io::Error| Error::failed(format!("cannot read {file}: {cause}"));
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    let has_library = !library.paths.is_empty() || !context.config.runbooks.paths.is_empty();
    match std::fs::read_to_string(file) {
        Err(cause)
            if cause.kind() == std::io::ErrorKind::NotFound
                && has_library
                && !Path::new(file).is_absolute() =>
        {
            let library = library.scan(context)?;
            let page = library.find(file).map(|page| page.text.clone());
            page.ok_or_else(|| {
                Error::unreachable(format!("no file and no runbook is called {file}"))
                    .hint("`qd runbooks ls` lists them")
            })
        }
        read => read.map_err(unreadable),
    }
}
