//! `qd recordings import`: asciicasts become recordings of this device. One bad file does not keep the others out.

use super::super::{Context, Error, Outcome, notice};
use super::{Exit, access};
use crate::audit::Kind;
use crate::recording::{self, DeviceKey, Reader, Sealed, import};
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// asciicast files, version 1, 2 or 3; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Line {
    id: String,
    path: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let (mut lines, mut failed) = (Vec::new(), Vec::new());
    for file in &args.files {
        let sealed = match take(file, &context.paths.data_dir, &device) {
            Ok(sealed) => sealed,
            Err(error) => {
                failed.push(error);
                continue;
            }
        };
        let reader = Reader::open(&sealed.path)?;
        access::record(
            context,
            Kind::RecordingImported,
            &reader,
            &file.display().to_string(),
        )?;
        let line = Line {
            id: reader.header().id.to_string(),
            path: sealed.path.display().to_string(),
        };
        if context.json {
            context.print_json_line(&line)?;
        } else {
            lines.push([line.id, line.path]);
        }
    }
    if !lines.is_empty() {
        context.print_table(&["ID", "PATH"], &lines)?;
    }
    let Some(last) = failed.pop() else {
        return Ok(Exit::Done);
    };
    for error in failed {
        notice(format!("qd: {error}"));
    }
    Err(Error::from(last))
}

fn take(file: &Path, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, recording::Error> {
    if file != Path::new("-") {
        return import::asciicast(file, data_dir, device);
    }
    let mut bytes = Vec::new();
    let name = Path::new("standard input");
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|source| recording::Error::Io {
            what: "read",
            path: name.into(),
            source,
        })?;
    import::asciicast_bytes(&bytes, name, jiff::Timestamp::now(), data_dir, device)
}
