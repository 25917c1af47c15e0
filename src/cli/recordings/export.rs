//! `qd recordings export`: a recording in the format of others. A file appears whole or not at all.

use super::super::{Context, Error, Outcome, notice};
use super::{Exit, access, open};
use crate::audit::Kind;
use crate::recording::export::{self, Asciicast, Report};
use crate::recording::{self, Reader};
use std::fs::OpenOptions;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, or a file
    #[arg(value_name = "ID|FILE")]
    recording: String,
    #[arg(long, value_enum, default_value = "asciicast-v3")]
    format: Format,
    /// Where to; - is standard output
    #[arg(long, short, value_name = "FILE|-", default_value = "-")]
    output: String,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq)]
enum Format {
    #[value(name = "asciicast-v2")]
    AsciicastV2,
    #[value(name = "asciicast-v3")]
    AsciicastV3,
    /// What was shown, line by line
    Text,
    /// The exact bytes of the output
    Raw,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let reader = open(context, &args.recording)?;
    let to_stdout = args.output == "-";
    if to_stdout && args.format == Format::Raw && std::io::stdout().is_terminal() {
        return Err(Error::usage("raw bytes of a remote host do not go to a terminal")
            .hint("give --output FILE, or use `qd recordings play`"));
    }
    let name = clap::ValueEnum::to_possible_value(&args.format).map(|v| v.get_name().to_string());
    access::record(
        context,
        Kind::RecordingExported,
        &reader,
        &name.unwrap_or_default(),
    )?;
    let report = if to_stdout {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let report = write(&reader, args.format, &mut out);
        match report {
            Err(recording::Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
                return Ok(Exit::Done);
            }
            other => {
                out.flush().map_err(Error::output)?;
                other?
            }
        }
    } else {
        to_file(&reader, args.format, Path::new(&args.output))?
    };
    if report.replaced > 0 {
        let count = report.replaced;
        notice(format!(
            "{count} byte sequences are not UTF-8 and became U+FFFD; --format raw keeps them"
        ));
    }
    Ok(Exit::Done)
}

fn write(reader: &Reader, format: Format, out: &mut impl Write) -> Result<Report, recording::Error> {
    match format {
        Format::AsciicastV2 => export::asciicast(reader, Asciicast::V2, out),
        Format::AsciicastV3 => export::asciicast(reader, Asciicast::V3, out),
        Format::Text => export::text(reader, out),
        Format::Raw => export::raw(reader, out),
    }
}

fn to_file(reader: &Reader, format: Format, path: &Path) -> Result<Report, Error> {
    let failed = |e: std::io::Error| Error::failed(format!("cannot write {}: {e}", path.display()));
    // A device or a pipe is written to, never replaced.
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path).map_err(failed)?);
        let report = write(reader, format, &mut out)?;
        out.flush().map_err(failed)?;
        return Ok(report);
    }
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let made = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
    let mut out = BufWriter::new(made);
    let report = write(reader, format, &mut out)?;
    let made = out.into_inner().map_err(|e| failed(e.into_error()))?;
    made.persist(path).map_err(|e| failed(e.error))?;
    Ok(report)
}
