//! Search in what recordings showed: the newest first, on as many threads as there are processors, told as it is found.

use super::catalogue::{Catalogue, Kept};
use super::query::Text;
use super::{Command, Error, Line, Page, Player, Query, Reader, Row, Transcript};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// More hits in one recording than anyone steps through.
const MOST: usize = 10_000;
/// Recordings that may be searched ahead of the one whose turn it is to be told.
const AHEAD: usize = 64;

/// A line that holds what was sought, and when it stood on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub at_us: u64,
    pub text: String,
}

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a line of output.
    Line,
    /// On a screen, such as that of an editor.
    Screen,
    Command,
    /// The recording as a whole is what was sought.
    Recording,
}

impl Place {
    pub fn as_str(self) -> &'static str {
        match self {
            Place::Line => "line",
            Place::Screen => "screen",
            Place::Command => "command",
            Place::Recording => "recording",
        }
    }
}

/// One answer to a search in all recordings.
#[derive(Debug, Clone)]
pub struct Found {
    pub row: Arc<Row>,
    /// Microseconds since the recording began; the player shows it there.
    pub at_us: u64,
    pub text: String,
    pub place: Place,
    /// The command that was found, or during which the line came.
    pub command: Option<Command>,
}

impl Player {
    /// Every line shown that has what is sought, in the order of time.
    pub fn search(&self, text: &str) -> Result<Vec<Hit>, Error> {
        let query = Query::parse(text, jiff::Timestamp::now())?;
        Ok(Transcript::read(self.reader())?.search(&query))
    }
}

impl Transcript {
    /// Every line that has what is sought, and every command where it is about those, in the order of time.
    pub fn search(&mut self, query: &Query) -> Vec<Hit> {
        let hit = |at_us, text: &str| Hit {
            at_us,
            text: text.trim().into(),
        };
        let mut hits = Vec::new();
        if query.is_about_commands() {
            let fits = self
                .commands
                .iter()
                .filter(|command| query.admits_command(command));
            hits.extend(fits.map(|command| hit(command.at_us, &command.text)));
        } else if !query.is_about_recordings() {
            for page in &mut self.pages {
                look(query, page, &mut |_| {}, &mut |line, text| {
                    hits.push(hit(line.at_us, text));
                    hits.len() < MOST
                });
            }
            hits.sort_by_key(|hit| hit.at_us);
        }
        hits
    }
}

/// Tells every answer, the newest recording's first; `tell` says whether to go on. `stop` ends it from outside.
pub fn search(
    catalogue: &Catalogue,
    query: &Query,
    stop: &AtomicBool,
    mut tell: impl FnMut(Result<Found, Error>) -> bool,
) -> Result<(), Error> {
    let paths = catalogue.paths()?;
    let (next, told, over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, answers) = mpsc::channel();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let is_over = || stop.load(Ordering::Relaxed) || over.load(Ordering::Relaxed);
            let (paths, next, told) = (&paths, &next, &told);
            scope.spawn(move || {
                while !is_over() {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(nth) else { return };
                    while nth > told.load(Ordering::Relaxed) + AHEAD && !is_over() {
                        std::thread::park_timeout(std::time::Duration::from_millis(1));
                    }
                    let found = one(catalogue, query, path).unwrap_or_else(|cause| vec![Err(cause)]);
                    if sender.send((nth, found)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        for (nth, found) in answers {
            waiting.insert(nth, found);
            while let Some(found) = waiting.remove(&told.load(Ordering::Relaxed)) {
                told.fetch_add(1, Ordering::Relaxed);
                if !found.into_iter().all(&mut tell) {
                    over.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    });
    Ok(())
}

type Answers = Vec<Result<Found, Error>>;

fn one(catalogue: &Catalogue, query: &Query, path: &Path) -> Result<Answers, Error> {
    let mut kept = match catalogue.load(path) {
        Err(locked @ Error::Locked { .. }) => return by_header(query, path, locked),
        loaded => loaded?,
    };
    if !query.admits(&kept.row) {
        return Ok(Vec::new());
    }
    if query.is_about_recordings() {
        return Ok(vec![Ok(as_a_whole(kept.row))]);
    }
    let row = Arc::new(kept.row.clone());
    let commands = std::mem::take(&mut kept.commands);
    let found = |at_us, text: &str, place, command: Option<&Command>| {
        Ok(Found {
            row: row.clone(),
            at_us,
            text: text.trim().into(),
            place,
            command: command.cloned(),
        })
    };
    if query.is_about_commands() {
        let fits = commands.iter().filter(|command| query.admits_command(command));
        return Ok(fits
            .take(MOST)
            .map(|command| found(command.at_us, &command.text, Place::Command, Some(command)))
            .collect());
    }
    match kept.may_hold(query.text().iter().filter_map(Text::word)) {
        Some(true) => {}
        Some(false) => return Ok(Vec::new()),
        None => kept = catalogue.read(path)?,
    }
    let mut hits = lines(catalogue, query, kept)?;
    hits.sort_by_key(|(line, _)| line.at_us);
    let answer = |(line, text): &(Line, String)| {
        let place = if line.on_screen {
            Place::Screen
        } else {
            Place::Line
        };
        let before = commands.partition_point(|command| command.at_us <= line.at_us);
        let during = before.checked_sub(1).and_then(|nth| commands.get(nth));
        found(line.at_us, text, place, during)
    };
    Ok(hits.iter().map(answer).collect())
}

/// What is known of a recording that no key opens is in its header: that may rule it out, or be all that is sought.
fn by_header(query: &Query, path: &Path, locked: Error) -> Result<Answers, Error> {
    let row = Row::of(&Reader::open(path)?)?;
    Ok(match query.admits(&row) {
        false => Vec::new(),
        true if query.is_about_recordings() => vec![Ok(as_a_whole(row))],
        true => vec![Err(locked)],
    })
}

fn as_a_whole(row: Row) -> Found {
    Found {
        at_us: 0,
        text: row.reason.clone().unwrap_or_default(),
        place: Place::Recording,
        command: None,
        row: Arc::new(row),
    }
}

fn lines(catalogue: &Catalogue, query: &Query, kept: Kept) -> Result<Vec<(Line, String)>, Error> {
    let path = kept.row.path.clone();
    let mut hits = Vec::new();
    let walk = |kept: Kept, hits: &mut Vec<(Line, String)>| {
        kept.each_page(|page, unpack| {
            look(query, page, unpack, &mut |line, text| {
                hits.push((line.clone(), text.to_owned()));
                hits.len() < MOST
            })
        })
    };
    if !walk(kept, &mut hits) {
        hits.clear();
        walk(catalogue.read(&path)?, &mut hits);
    }
    Ok(hits)
}

/// Tells the lines of a page that have what is sought; what is known of them is unpacked only where it is needed. False
/// when `tell` has enough.
fn look(
    query: &Query,
    page: &mut Page,
    unpack: &mut dyn FnMut(&mut Page),
    tell: &mut dyn FnMut(&Line, &str) -> bool,
) -> bool {
    // An expression may hold for a row of a line that wrapped and not for the line.
    let minds_rows = query.text().iter().any(Text::minds_rows);
    if minds_rows {
        unpack(page);
    }
    let wraps = minds_rows && page.lines().any(|(line, _)| !line.breaks.is_empty());
    let Some(lead) = query.text().iter().find(|text| text.can_lead() && !wraps) else {
        if !minds_rows {
            unpack(page);
        }
        return page
            .lines()
            .filter(|(line, text)| query.admits_line(text, &line.breaks))
            .all(|(line, text)| tell(line, text));
    };
    let found = starts(query, lead, page.text());
    if !minds_rows && !found.is_empty() {
        unpack(page);
    }
    found
        .iter()
        .all(|start| page.line_at(*start).is_none_or(|(line, text)| tell(line, text)))
}

/// Where the lines begin that have it all: from match to match of one term.
fn starts(query: &Query, lead: &Text, text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = lead.next(text, from) {
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |feed| feed + 1);
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |feed| at + feed);
        // The match may reach over the line's end: the line is judged by itself.
        if query.admits_line(&text[start..end], &[]) {
            found.push(start);
        }
        from = end + 1;
        if from >= text.len() {
            break;
        }
    }
    found
}
