//! `qd audit tail`: the last events, and those that come while somebody looks.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::context::print;
use super::super::{Context, Exit, Outcome, notice};
use super::log;
use super::ls::{row, wanted};
use crate::audit::{Entry, Range};
use crate::cli::quote;
use crate::ui::text::width;

/// How often the end of the log is looked at.
const EVERY: Duration = Duration::from_millis(250);
/// Columns that most events' fields fit into: time, event, outcome, user, target. The session is left out.
const WIDTHS: [usize; 5] = [20, 28, 7, 10, 20];

#[derive(clap::Args)]
pub struct Args {
    /// How many of the last events
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: usize,
    /// Go on with what comes, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Only this event, or all below it (session.start, session.recording), repeatable
    #[arg(long = "event", value_name = "NAME")]
    events: Vec<String>,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let log = log(context)?;
    // Asked for first: what is written while the log is read comes twice rather than never.
    let mut end = log.end()?;
    let mut last = VecDeque::new();
    let mut seen = None;
    for entry in log.read(Range::default())? {
        match entry {
            Ok(entry) => {
                seen = Some(entry.seq);
                if wanted(&entry, &args.events) {
                    last.push_back(entry);
                }
            }
            Err(error) => notice(format!("qd: {error}")),
        }
        if last.len() > args.lines {
            last.pop_front();
        }
    }
    last.iter().try_for_each(|entry| show(entry, context))?;
    if !args.follow {
        return Ok(Exit::Done);
    }
    loop {
        for (entry, position) in log.read_after(&end)? {
            let is_new = seen.is_none_or(|seq| entry.seq > seq);
            if is_new && wanted(&entry, &args.events) {
                show(&entry, context)?;
            }
            seen = seen.max(Some(entry.seq));
            end = position;
        }
        std::thread::sleep(EVERY);
    }
}

fn show(entry: &Entry, context: &Context) -> Result<(), super::Error> {
    if context.json {
        return context.print_json_line(entry);
    }
    let [time, event, outcome, user, target, _, reason] = row(entry).map(|cell| quote(&cell));
    let mut line = String::new();
    for (cell, room) in [time, event, outcome, user, target].iter().zip(WIDTHS) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', room.saturating_sub(width(cell)) + 2));
    }
    line.push_str(&reason);
    print(&format!("{}\n", line.trim_end()))
}
