//! `qd runbooks new`: a page from a template, or a draft from what was run in a recording with placeholders for secrets,
//! prompts and output left out. A file that is there is never written over.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::super::context::print;
use super::super::recordings;
use super::super::{Context, Error, Exit, Outcome, notice};
use crate::runbook::{draft, quoted};

const ALERT: &str = include_str!("../../../assets/templates/alert.md");
const TASK: &str = include_str!("../../../assets/templates/task.md");
const CHECKLIST: &str = include_str!("../../../assets/templates/checklist.md");

#[derive(Clone, Copy, Default, ValueEnum)]
enum Template {
    /// For an alarm: meaning, impact, diagnosis, mitigation
    #[default]
    Alert,
    /// For a change that is made by hand: checks, steps, rollback
    Task,
    /// Boxes to tick
    Checklist,
}

#[derive(clap::Args)]
pub struct Args {
    /// Its title; the file is named after it
    name: String,
    #[arg(long, value_enum, default_value_t, conflicts_with = "recording")]
    template: Template,
    /// The commands of a recording as a draft: id, any unique beginning of it, or a file
    #[arg(long = "from-recording", value_name = "ID|FILE")]
    recording: Option<String>,
    /// File or folder to write to, `-` for standard output; default: the first folder under [runbooks], else here
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let title: String = args.name.trim().trim_end_matches(".md").into();
    if title.is_empty() || title.chars().any(char::is_control) {
        return Err(Error::usage("a runbook wants a name of one line"));
    }
    let text = match &args.recording {
        Some(wanted) => {
            let (facts, steps, secrets) = recordings::commands_of(context, wanted)?;
            let facts: Vec<(&str, &str)> = facts
                .iter()
                .map(|(what, value)| (*what, value.as_str()))
                .collect();
            draft(&title, &facts, &steps, &secrets.names())
        }
        None => filled(args.template, &title),
    };
    if args.output.as_deref().is_some_and(|path| path.as_os_str() == "-") {
        print(&text)?;
        return Ok(Exit::Done);
    }
    let path = path(&args, &title, context);
    write(&path, &text)?;
    if context.json {
        context.print_json(&json!({ "path": path }))?;
    } else {
        print(&format!("{}\n", path.display()))?;
    }
    notice("qd: written; `qd runbooks check` says what it still lacks");
    Ok(Exit::Done)
}

fn filled(template: Template, title: &str) -> String {
    let text = match template {
        Template::Alert => ALERT,
        Template::Task => TASK,
        Template::Checklist => CHECKLIST,
    };
    let today = jiff::Zoned::now().date().to_string();
    text.replace("\"TITLE\"", &quoted(title))
        .replace("TITLE", title)
        .replace("TODAY", &today)
}

fn path(args: &Args, title: &str, context: &Context) -> PathBuf {
    let folders = &context.config.runbooks.paths;
    let folder = || {
        folders
            .iter()
            .find(|path| path.is_dir())
            .cloned()
            .unwrap_or_default()
    };
    let chosen = args.output.clone().unwrap_or_else(folder);
    match chosen.as_os_str().is_empty() || chosen.is_dir() {
        true => chosen.join(format!("{}.md", stem(title))),
        false => chosen,
    }
}

/// A title as a file's name: letters and digits of any script, the rest becomes `-`.
fn stem(title: &str) -> String {
    let mut stem = String::new();
    for c in title.chars() {
        if c.is_alphanumeric() || c == '_' {
            stem.extend(c.to_lowercase());
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() {
        "runbook".into()
    } else {
        stem.into()
    }
}

fn write(path: &PathBuf, text: &str) -> Result<(), Error> {
    let failed = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => Error::failed(format!("{} is there already", path.display()))
            .hint("choose another name, or another file with --output"),
        _ => Error::failed(format!("cannot write {}: {cause}", path.display())),
    };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)
}
