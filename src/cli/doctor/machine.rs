//! This machine: configuration, data directory, terminal, and whether the demo can keep its shells apart.

use std::io::IsTerminal;

use super::super::Context;
use super::super::terminal::size_or_default;
use super::check::{Check, Mark};
use crate::sim::agent::Isolation;
use crate::store;

pub async fn look(context: &Context) -> Vec<Check> {
    let isolation = tokio::task::spawn_blocking(|| {
        let own = std::env::current_exe().ok();
        Isolation::probe(own.as_deref())
    });
    vec![
        configuration(context),
        data(context),
        terminal(context),
        demo(isolation.await.unwrap_or(Isolation::None)),
    ]
}

/// A file that is wrong has ended the run before.
fn configuration(context: &Context) -> Check {
    let file = &context.paths.config_file;
    let result = if file.exists() {
        format!("{} is right", file.display())
    } else {
        format!("{} does not exist; the defaults hold", file.display())
    };
    Check::new(Mark::Ok, "configuration", result)
}

fn data(context: &Context) -> Check {
    let dir = &context.paths.data_dir;
    let tried = store::create_private_dir(dir)
        .map_err(|cause| cause.to_string())
        .and_then(|()| tempfile::NamedTempFile::new_in(dir).map_err(|cause| cause.to_string()));
    match tried {
        Ok(_) => Check::new(
            Mark::Ok,
            "data directory",
            format!("{} can be written", dir.display()),
        ),
        Err(cause) => Check::new(
            Mark::Bad,
            "data directory",
            format!("{} cannot be written: {cause}", dir.display()),
        )
        .hint("make it writable or name another with --data-dir: without it no session is recorded"),
    }
}

fn terminal(context: &Context) -> Check {
    let what = "terminal";
    if !std::io::stdout().is_terminal() {
        return Check::new(Mark::Skip, what, "standard output is no terminal");
    }
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let (cols, rows) = size_or_default();
    let term = said("TERM");
    let colour = match said("COLORTERM").as_str() {
        _ if !context.colour => "no colour (NO_COLOR)",
        "truecolor" | "24bit" => "true colour",
        _ if term.contains("256color") => "256 colours",
        _ => "16 colours",
    };
    let size = match (cols, rows) {
        (0, 0) => "unknown size".to_owned(),
        _ => format!("{cols}x{rows}"),
    };
    let result = format!("{term}, {size}, {colour}");
    if term.is_empty() || term == "dumb" {
        return Check::new(Mark::Bad, what, result)
            .hint("set TERM to what the terminal is, such as xterm-256color");
    }
    if cols > 0 && (cols < 80 || rows < 24) {
        return Check::new(Mark::Warn, what, result).hint("the console wants 80 columns and 24 rows");
    }
    Check::new(Mark::Ok, what, result)
}

fn demo(isolation: Isolation) -> Check {
    let what = "demo shells";
    match isolation {
        Isolation::None => Check::new(Mark::Warn, what, "cannot be kept away from this machine")
            .hint("allow unprivileged user namespaces or install bubblewrap; real sessions do not need it"),
        kept => Check::new(
            Mark::Ok,
            what,
            format!("are kept away from this machine by {}", kept.as_str()),
        ),
    }
}
