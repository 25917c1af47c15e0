//! `qd recordings recover`: closes recordings whose writer died. Each is an audit event.

use super::super::{Context, Error, Outcome, notice};
use super::{Exit, library};
use crate::audit::Log;
use crate::recording::{DeviceKey, Reader, recovered_event};
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, or a file; without one, every torn recording
    #[arg(value_name = "ID|FILE")]
    recording: Option<String>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    path: String,
    events: u64,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let library = library(context);
    let done = match args.recording {
        Some(one) => vec![library.recover(&library.find(&one)?, &device)],
        None => library.recover_torn(&device)?,
    };
    let none = done.is_empty();
    let (mut lines, mut failed) = (Vec::new(), None);
    for result in done {
        let sealed = match result {
            Ok(sealed) => sealed,
            Err(error) => {
                notice(format!("qd: {error}"));
                failed = Some(Error::from(error));
                continue;
            }
        };
        let reader = Reader::open(&sealed.path)?;
        Log::open(&context.paths.data_dir)?.append(recovered_event(&sealed.path)?)?;
        let line = Line {
            id: reader.header().id.to_string(),
            path: sealed.path.display().to_string(),
            events: sealed.summary.events,
        };
        if context.json {
            context.print_json_line(&line)?;
        } else {
            lines.push([line.id, line.path, line.events.to_string()]);
        }
    }
    if none {
        notice("qd: nothing is torn");
    }
    if !lines.is_empty() {
        context.print_table(&["ID", "PATH", "EVENTS"], &lines)?;
    }
    failed.map_or(Ok(Exit::Done), |error| Err(Error::new(error.exit, "")))
}
