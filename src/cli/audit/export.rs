//! `qd audit export`: the log as Parquet in folders a day, for DuckDB, Trino and Athena, or as one stream of JSON lines,
//! CSV or OCSF. Days are written whole, so that doing it again changes nothing.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::{Context, Error, Exit, Outcome, notice};
use super::ls::{VERIFY, parse_instant};
use crate::audit::export::{Row, csv_header, csv_line, project, write_days};
use crate::audit::{Log, Range};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["parquet", "format"]))]
pub struct Args {
    /// Write dt=YYYY-MM-DD/part-….parquet below this folder; whole days, in UTC
    #[arg(long, value_name = "DIR")]
    parquet: Option<PathBuf>,
    /// Write one stream instead
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Where the stream goes
    #[arg(long, short, value_name = "FILE|-", default_value = "-")]
    output: PathBuf,
    /// From this day or instant (2026-03-01, 2026-03-01T14:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    from: Option<Timestamp>,
    /// Up to this day or instant, not included
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    to: Option<Timestamp>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The lines as they stand in the log
    Jsonl,
    /// The promoted columns
    Csv,
    /// Open Cybersecurity Schema Framework 1.8, a line an event
    Ocsf,
}

#[derive(Serialize)]
struct Written {
    day: String,
    rows: usize,
    path: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let log = Log::open(&context.paths.data_dir)?;
    let mut range = Range {
        from: args.from,
        to: args.to,
    };
    if args.parquet.is_some() {
        range.from = range.from.map(midnight_before);
        range.to = range.to.map(midnight_after);
    }
    let (mut rows, mut unreadable) = (Vec::new(), 0);
    for line in log.read_raw(range)? {
        match line.map(|(entry, raw)| Row::of(entry, raw)) {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => unreadable += 1,
            Err(error) => {
                notice(format!("qd: {error}"));
                unreadable += 1;
            }
        }
    }
    match (&args.parquet, args.format) {
        (Some(dir), _) => days(dir, rows, context)?,
        (None, Some(format)) => stream(&args.output, format, &rows)?,
        (None, None) => return Err(Error::usage("neither --parquet nor --format is given")),
    }
    match unreadable {
        0 => Ok(Exit::Done),
        many => Err(Error::tampering(format!("{many} lines of the audit log cannot be read")).hint(VERIFY)),
    }
}

fn days(dir: &std::path::Path, rows: Vec<Row>, context: &Context) -> Result<(), Error> {
    let written = write_days(dir, rows).map_err(|bad| {
        Error::failed(bad.to_string()).hint("what was there before is unchanged; see that the disk has room")
    })?;
    let written: Vec<Written> = written
        .into_iter()
        .map(|day| Written {
            day: day.day.to_string(),
            rows: day.rows,
            path: day.path.display().to_string(),
        })
        .collect();
    if context.json {
        return written.iter().try_for_each(|day| context.print_json_line(day));
    }
    let rows: Vec<[String; 3]> = written
        .into_iter()
        .map(|day| [day.day, day.rows.to_string(), day.path])
        .collect();
    context.print_table(&["DAY", "EVENTS", "FILE"], &rows)
}

fn stream(output: &std::path::Path, format: Format, rows: &[Row]) -> Result<(), Error> {
    if output == std::path::Path::new("-") {
        let mut out = BufWriter::new(io::stdout().lock());
        return put(&mut out, format, rows).map_err(Error::output);
    }
    let failed = |cause: io::Error| Error::failed(format!("cannot write {}: {cause}", output.display()));
    let mut out = BufWriter::new(File::create(output).map_err(failed)?);
    put(&mut out, format, rows)
        .and_then(|()| out.get_ref().sync_all())
        .map_err(failed)
}

fn put(out: &mut impl Write, format: Format, rows: &[Row]) -> io::Result<()> {
    if matches!(format, Format::Csv) {
        out.write_all(csv_header().as_bytes())?;
    }
    for row in rows {
        match format {
            Format::Jsonl => writeln!(out, "{}", row.raw)?,
            Format::Csv => out.write_all(csv_line(row).as_bytes())?,
            Format::Ocsf => writeln!(out, "{}", project(row))?,
        }
    }
    out.flush()
}

fn midnight_before(at: Timestamp) -> Timestamp {
    let day = at.to_zoned(TimeZone::UTC).date();
    day.to_zoned(TimeZone::UTC).map_or(at, |start| start.timestamp())
}

fn midnight_after(at: Timestamp) -> Timestamp {
    let start = midnight_before(at);
    if start == at {
        return at;
    }
    let day = start.to_zoned(TimeZone::UTC).date();
    let next = day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    next.map_or(at, |start| start.timestamp())
}
