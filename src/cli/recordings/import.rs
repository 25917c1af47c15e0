//! `qd recordings import`: what other recorders made becomes recordings of this device. One bad file does not keep the
//! others out.

use super::super::{Context, Error, Outcome, notice};
use super::{Exit, access};
use crate::audit::Kind;
use crate::recording::{self, DeviceKey, Reader, Sealed, import};
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// Files, or directories of sudo I/O logs; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What made them; without it the content tells
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The timing file that `script` wrote beside the one FILE
    #[arg(long, value_name = "FILE")]
    timing: Option<PathBuf>,
    /// Size of the terminal, where the format does not say it; default: 80x24
    #[arg(long, value_name = "COLSxROWS", value_parser = parse_size)]
    size: Option<(u16, u16)>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Format {
    /// asciinema, version 1, 2 or 3
    Asciicast,
    Ttyrec,
    /// util-linux script; needs --timing
    Script,
    /// The directory of a sudo I/O log
    Sudo,
}

impl From<Format> for import::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Asciicast => import::Format::Asciicast,
            Format::Ttyrec => import::Format::Ttyrec,
            Format::Script => import::Format::Script,
            Format::Sudo => import::Format::Sudo,
        }
    }
}

fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let side = |side: &str| side.parse().ok().filter(|side| (1..=1_000).contains(side));
    let size = text
        .split_once('x')
        .and_then(|(cols, rows)| side(cols).zip(side(rows)));
    size.ok_or_else(|| "allowed: columns and rows from 1 to 1000, like 120x40".into())
}

#[derive(Serialize)]
struct Line {
    id: String,
    path: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    if args.timing.is_some() && args.files.len() != 1 {
        return Err(
            Error::usage("--timing belongs to one typescript").hint("import the others by themselves")
        );
    }
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    let recipients = crate::cli::aim::recipients(&context.config, false)?;
    let (mut lines, mut failed) = (Vec::new(), Vec::new());
    for file in &args.files {
        let source = import::Source {
            path: file.clone(),
            format: args.format.map(Into::into),
            timing: args.timing.clone(),
            size: args.size,
            recipients: recipients.clone(),
        };
        let sealed = match take(source, &context.paths.data_dir, &device) {
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

fn take(mut source: import::Source, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, recording::Error> {
    if source.path != Path::new("-") {
        return import::import(&source, data_dir, device);
    }
    let mut bytes = Vec::new();
    source.path = "standard input".into();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|cause| recording::Error::Io {
            what: "read",
            path: source.path.clone(),
            source: cause,
        })?;
    import::import_bytes(bytes, &source, data_dir, device)
}
