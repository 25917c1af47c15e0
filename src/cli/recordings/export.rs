//! `qd recordings export`: a recording in the format of others. A file appears whole or not at all, with a signed
//! manifest of what it was made from beside it.

use super::super::context::print;
use super::super::{Context, Error, Outcome, notice};
use super::harmless::harmless;
use super::manifest::{self, Hashing};
use super::{Exit, access, moment, open, redacting};
use crate::audit::Kind;
use crate::config::Redact;
use crate::recording::export::{self, Asciicast, Report, View};
use crate::recording::{self, DeviceKey};
use serde_json::json;
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
    /// Begin here: seconds, or [H:]M:S
    #[arg(long, value_name = "TIME", value_parser = moment::parse, default_value = "0")]
    from: u64,
    /// End here
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    to: Option<u64>,
    /// The moment that an svg shows; default: the last one
    #[arg(long, value_name = "TIME", value_parser = moment::parse, conflicts_with_all = ["from", "to"])]
    at: Option<u64>,
    /// Cover secrets: `[redacted: RULE]`. On unless the format is raw, because exports are made to be given away;
    /// `[recording] redact = "off"` turns that round
    #[arg(long, conflicts_with = "no_redact")]
    redact: bool,
    /// Leave secrets as they were shown
    #[arg(long)]
    no_redact: bool,
    /// Where the signed manifest goes; default: OUTPUT.manifest.json, and nowhere for standard output
    #[arg(long, value_name = "FILE|-")]
    manifest: Option<String>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    #[value(name = "asciicast-v2")]
    AsciicastV2,
    #[value(name = "asciicast-v3")]
    AsciicastV3,
    /// What was shown, line by line
    Text,
    /// The exact bytes of the output
    Raw,
    /// One page that plays it, from a file as well
    Html,
    /// The screen of one moment
    Svg,
    /// A moving picture, made by asciinema's agg
    Gif,
}

impl Format {
    pub(super) fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self).map_or_else(String::new, |value| value.get_name().into())
    }
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let reader = open(context, &args.recording)?;
    let to_stdout = args.output == "-";
    if to_stdout && matches!(args.format, Format::Raw | Format::Gif) && std::io::stdout().is_terminal() {
        return Err(Error::usage("raw bytes of a remote host do not go to a terminal")
            .hint("give --output FILE, or use `qd recordings play`"));
    }
    if args.at.is_some() && args.format != Format::Svg {
        return Err(Error::usage("--at is a moment of an svg").hint("other formats take --from and --to"));
    }
    if to_stdout && args.manifest.as_deref() == Some("-") {
        return Err(Error::usage(
            "export and manifest cannot both go to standard output",
        ));
    }
    let to_us = args.at.or(args.to);
    if to_us.is_some_and(|to| to < args.from) {
        return Err(Error::usage("--to is before --from"));
    }
    let by_default = context.config.recording.redact != Redact::Off && args.format != Format::Raw;
    let view = View {
        reader: &reader,
        from_us: args.from,
        to_us,
        rules: redacting(context, args.redact || (by_default && !args.no_redact))?,
    };
    let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
    access::record_with(
        context,
        Kind::RecordingExported,
        &reader,
        &args.format.name(),
        |event| {
            event
                .with("redacted", view.rules.is_some())
                .with("range_us", json!([view.from_us, view.to_us]))
        },
    )?;
    let (report, hashed) = if to_stdout && std::io::stdout().is_terminal() {
        let mut made = Hashing::new(Vec::new());
        let report = write(&view, args.format, &mut made)?;
        let (made, hashed) = made.finish();
        let quoting = match args.format {
            Format::AsciicastV2 | Format::AsciicastV3 => |c| format!("\\u{c:04x}"),
            Format::Html | Format::Svg => |c| format!("&#x{c:x};"),
            Format::Text | Format::Raw | Format::Gif => |c| format!("\\u{{{c:x}}}"),
        };
        print(&harmless(&String::from_utf8_lossy(&made), quoting))?;
        (report, hashed)
    } else if to_stdout {
        let mut out = Hashing::new(BufWriter::new(std::io::stdout().lock()));
        match write(&view, args.format, &mut out) {
            Err(recording::Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
                return Ok(Exit::Done);
            }
            other => {
                let report = other?;
                out.flush().map_err(Error::output)?;
                (report, out.finish().1)
            }
        }
    } else {
        to_file(&view, args.format, Path::new(&args.output))?
    };
    let made = export::Made {
        format: &args.format.name(),
        sha256: hashed.0,
        size: hashed.1,
        report: &report,
        actor: crate::audit::Actor::local().user,
        options: json!({ "at_us": args.at }),
    };
    manifest::save(&view, &made, &device, &args.output, args.manifest.as_deref())?;
    tell(&report);
    Ok(Exit::Done)
}

fn tell(report: &Report) {
    if report.replaced > 0 {
        let count = report.replaced;
        notice(format!(
            "{count} byte sequences are not UTF-8 and became U+FFFD; --format raw keeps them"
        ));
    }
    if !report.redacted.is_empty() {
        let each: Vec<String> = report
            .redacted
            .iter()
            .map(|(rule, count)| format!("{rule} {count}"))
            .collect();
        notice(format!(
            "secrets were covered: {}; --no-redact leaves them",
            each.join(", ")
        ));
    }
}

pub(super) fn write(view: &View, format: Format, out: &mut impl Write) -> Result<Report, recording::Error> {
    let view = view.clone();
    match format {
        Format::AsciicastV2 => export::asciicast(view, Asciicast::V2, out),
        Format::AsciicastV3 => export::asciicast(view, Asciicast::V3, out),
        Format::Text => export::text(view, out),
        Format::Raw => export::raw(view, out),
        Format::Html => export::html(view, out),
        Format::Svg => export::svg(view, out),
        Format::Gif => export::gif(view, out),
    }
}

fn to_file(view: &View, format: Format, path: &Path) -> Result<(Report, ([u8; 32], u64)), Error> {
    let failed = |e: std::io::Error| Error::failed(format!("cannot write {}: {e}", path.display()));
    // A device or a pipe is written to, never replaced.
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        let mut out = Hashing::new(BufWriter::new(file));
        let report = write(view, format, &mut out)?;
        out.flush().map_err(failed)?;
        return Ok((report, out.finish().1));
    }
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let made = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
    let mut out = Hashing::new(BufWriter::new(made));
    let report = write(view, format, &mut out)?;
    let (out, hashed) = out.finish();
    let made = out.into_inner().map_err(|e| failed(e.into_error()))?;
    made.persist(path).map_err(|e| failed(e.error))?;
    Ok((report, hashed))
}
