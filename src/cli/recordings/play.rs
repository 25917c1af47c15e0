//! `qd recordings play`: the loop around the stage. It owns the terminal and gives it back however it ends;
//! nothing recorded reaches it except as cells.

use super::super::{Context, Error, Outcome};
use super::harmless::harmless;
use super::score::Score;
use super::stage::{Flow, Stage};
use super::{Exit, access, far, open, redacting};
use crate::audit::Kind;
use crate::config::Redact;
use crate::recording::export::{self, View};
use crate::recording::redaction::{Veil, redacted_copy};
use crate::recording::{Catalogue, Deck, DeviceKey, Keyring, Player, Reader, parse_clock};
use crate::term::PaneLook;
use crate::tui::clipboard;
use crossterm::event::{self, Event, KeyEventKind};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{BufWriter, IsTerminal, Stdout, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A frame while something moves.
const FRAME: Duration = Duration::from_millis(33);
/// Nothing moves, but the timeline is still read.
const READING: Duration = Duration::from_millis(100);
/// Nothing moves: wait for a key.
const STILL: Duration = Duration::from_secs(3600);

#[derive(clap::Args)]
pub struct Args {
    /// Id, any unique beginning of it, a file, or an address s3://…/ID
    #[arg(value_name = "ID|FILE")]
    recording: String,
    /// Straight from the team store, fetching only what is shown; needs s3:ListBucket and s3:GetObject
    #[arg(long)]
    store: bool,
    /// 0.25 to 32
    #[arg(long, default_value_t = 1.0, value_parser = parse_speed)]
    speed: f64,
    /// Cut waits longer than this many seconds; 0 keeps them
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = parse_seconds)]
    idle_limit: f64,
    /// Begin this many seconds after the start
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = parse_seconds)]
    start: f64,
    /// Cover secrets; on where `[recording] redact` is not "off" and the output is a pipe
    #[arg(long, conflicts_with = "no_redact")]
    redact: bool,
    /// Leave secrets as they were shown
    #[arg(long)]
    no_redact: bool,
    /// Begin at this time: 90, 1:30 or 1:02:03.5
    #[arg(long, value_name = "TIME", value_parser = parse_at, conflicts_with = "start")]
    at: Option<u64>,
    /// Play this recording at its side, at the same wall time
    #[arg(long, value_name = "ID|FILE")]
    beside: Option<String>,
}

fn parse_at(text: &str) -> Result<u64, String> {
    parse_clock(text)
        .ok_or_else(|| "a time is 90, 1:30 or 1:02:03.5, with minutes and seconds below 60".into())
}

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_string())?;
    (0.25..=32.0)
        .contains(&speed)
        .then_some(speed)
        .ok_or_else(|| "it must be from 0.25 to 32".into())
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_string())?;
    (0.0..=1e9)
        .contains(&seconds)
        .then_some(seconds)
        .ok_or_else(|| "it must be from 0 to 1000000000".into())
}

pub fn run(args: Args, context: &Context) -> Outcome {
    // Lives as long as the replay that reads through it.
    let runtime;
    let (reader, how) = if args.store || args.recording.starts_with("s3://") {
        runtime = far::runtime()?;
        let mut reader = far::open(context, &runtime, &args.recording)?;
        reader.unlock(&Keyring::of(&context.config.recording))?;
        (reader, "replay from the team store")
    } else {
        (open(context, &args.recording)?, "replay")
    };
    if !(std::io::stdout().is_terminal() && std::io::stdin().is_terminal()) {
        access::record(context, Kind::RecordingAccess, &reader, "text")?;
        let by_default = context.config.recording.redact != Redact::Off && !args.no_redact;
        let view = View {
            rules: redacting(context, args.redact || by_default)?,
            ..View::from(&reader)
        };
        let mut text = Vec::new();
        export::text(view, &mut text)?;
        if std::io::stdout().is_terminal() {
            let shown = harmless(&String::from_utf8_lossy(&text), |c| format!("\\u{{{c:x}}}"));
            text = shown.into_bytes();
        }
        let mut out = BufWriter::new(std::io::stdout().lock());
        out.write_all(&text)
            .and_then(|()| out.flush())
            .map_err(Error::output)?;
        return Ok(Exit::Done);
    }
    // In memory where the system has room for it there; gone when the replay ends.
    let dir = covered_dir(context)?;
    let rules = redacting(context, args.redact)?;
    // The timeline of what is far away would fetch all of it.
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut player = |reader: Reader, how: &str| -> Result<Player, Error> {
        access::record(context, Kind::RecordingAccess, &reader, how)?;
        let reader = match &rules {
            Some(rules) => {
                let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
                let mut copy = Reader::open(&redacted_copy(&reader, rules, dir.path(), &device)?.path)?;
                copy.unlock(&Keyring::of(&context.config.recording))?;
                copy
            }
            None => reader,
        };
        if reader.path().is_file() {
            paths.push(reader.path().to_path_buf());
        }
        Ok(Player::of(reader)?)
    };
    let first = player(reader, how)?;
    let mut deck = match &args.beside {
        Some(beside) => Deck::pair(first, player(open(context, beside)?, "replay")?),
        None => Deck::from(first),
    };
    deck.set_speed(args.speed);
    deck.seek(args.at.unwrap_or((args.start * 1e6) as u64))?;
    deck.set_idle_limit((args.idle_limit > 0.0).then(|| Duration::from_secs_f64(args.idle_limit)));
    let look = PaneLook {
        colors: context.colour,
        ..PaneLook::default()
    };
    let veil = rules.clone().map(Veil::new);
    let mut shown = Shown::take().map_err(terminal)?;
    let keyring = Keyring::of(&context.config.recording);
    let score = Score::new(Catalogue::open(&context.paths.data_dir, keyring), paths, rules);
    let played = play(Stage::new(deck, look, score, veil), &mut shown);
    drop(shown);
    played.map(|()| Exit::Done)
}

fn covered_dir(context: &Context) -> Result<tempfile::TempDir, Error> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| std::path::Path::new(dir).is_dir());
    let parent = runtime.map_or_else(|| context.paths.data_dir.clone(), Into::into);
    let made = tempfile::Builder::new().prefix("qd-view-").tempdir_in(&parent);
    made.map_err(|cause| {
        Error::failed(format!(
            "cannot make a directory in {}: {cause}",
            parent.display()
        ))
    })
}

fn play(mut stage: Stage, shown: &mut Shown) -> Result<(), Error> {
    let mut last = Instant::now();
    let mut dirty = true;
    loop {
        if dirty {
            shown
                .terminal
                .draw(|frame| stage.paint(frame.area(), frame.buffer_mut()))
                .map_err(terminal)?;
        }
        dirty = false;
        let wait = match () {
            () if stage.is_moving() => FRAME,
            () if stage.is_reading() => READING,
            () => STILL,
        };
        if event::poll(wait).map_err(terminal)? {
            match event::read().map_err(terminal)? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match stage.key(key)? {
                    Flow::Quit => return Ok(()),
                    Flow::Draw => dirty = true,
                    Flow::Copy(text) => {
                        let says = match clipboard::copy(&text).map_err(terminal)? {
                            true => "copied".into(),
                            false => {
                                format!("longer than the {} bytes that terminals take", clipboard::LIMIT)
                            }
                        };
                        stage.say(says);
                        dirty = true;
                    }
                },
                Event::Resize(..) => dirty = true,
                _ => {}
            }
        }
        let now = Instant::now();
        dirty |= stage.advance(now - std::mem::replace(&mut last, now))?;
    }
}

pub(in crate::cli) fn terminal(cause: std::io::Error) -> Error {
    Error::failed(format!("cannot use this terminal: {cause}"))
}

/// The terminal while it is ours.
pub(in crate::cli) struct Shown {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Shown {
    pub fn take() -> std::io::Result<Shown> {
        enable_raw_mode()?;
        // From here on a failure must undo what was done.
        let shown = Shown {
            terminal: Terminal::new(CrosstermBackend::new(std::io::stdout()))?,
        };
        crossterm::execute!(std::io::stdout(), EnterAlternateScreen)?;
        Ok(shown)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = crossterm::execute!(std::io::stdout(), LeaveAlternateScreen, crossterm::cursor::Show);
        let _ = disable_raw_mode();
    }
}
