//! `qd watch`: follows a session that runs now, read-only. On this machine it joins at the session's door and reads the
//! growing file; a session of another machine is followed through its segments in the team store.
//! A terminal gets the screen as cells, a pipe the bytes exactly as they come from now on.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use tokio::runtime::Runtime;

use super::aim::note;
use super::recordings::play::{Shown, terminal};
use super::{Context, Error, Exit, Outcome, notice, quote, store};
use crate::audit::{Actor, Kind, Log, Target};
use crate::recording::live::{Follower, Visit};
use crate::recording::remote::{Mirror, locate};
use crate::recording::{Keyring, Library, Reader, What, clock, event_of};
use crate::term::PaneLook;

/// How often the file is looked at: a frame.
const LOOK: Duration = Duration::from_millis(16);
/// How often the store is asked for another segment.
const ASK: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub struct Args {
    /// Session id, recording id or any unique beginning of it
    #[arg(value_name = "SESSION|ID")]
    session: String,
    /// End the session instead of watching it, where [watch] may_end allows it
    #[arg(long)]
    end: bool,
}

/// Where the bytes come from.
enum Source {
    Here(Visit),
    Store {
        mirror: Box<Mirror>,
        runtime: Runtime,
        asked_at: Instant,
    },
}

struct Watch {
    source: Source,
    follower: Follower,
    may_end: bool,
    /// The key that ends it was pressed, and waits for its confirmation.
    confirming: bool,
    says: String,
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let may_end = context.config.watch.may_end && !context.read_only;
    let found = Library::open(&context.paths.data_dir).find(&args.session);
    if args.end && !may_end {
        let says = "ending a session that is only watched is not allowed here";
        let refused = Error::refused(says).hint("set may_end = true in [watch], or ask who opened it");
        note_refusal(context, &found, &refused);
        return Err(refused);
    }
    let mut watch = match found {
        Ok(path) => here(context, path, may_end)?,
        Err(crate::recording::Error::NotFound(_)) if context.config.store.is_some() && !args.end => {
            elsewhere(context, &args.session)?
        }
        Err(error) => return Err(error.into()),
    };
    if args.end {
        watch.end()?;
        notice("qd: the session is being ended");
        return Ok(Exit::Done);
    }
    let is_seen = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if is_seen {
        watch.show(context.colour)?;
    } else {
        watch.pass()?;
    }
    if let Some(end) = watch.follower.end() {
        notice(format!("qd: the session has ended: {}", quote(&end.why)));
    }
    Ok(Exit::Done)
}

/// Joins at the door of a session on this machine.
fn here(context: &Context, path: PathBuf, may_end: bool) -> Result<Watch, Error> {
    let (header, _) = crate::recording::header_of(&path)?;
    let user = Actor::local().user.unwrap_or_default();
    let who = format!("{user} (pid {})", std::process::id());
    let over = |says: String| {
        Error::unreachable(says).hint(format!(
            "`qd recordings play {}` replays what there is",
            header.id
        ))
    };
    if !Visit::is_possible(&context.paths.data_dir, header.id) {
        return Err(over("that session is not running, or cannot be watched".into()));
    }
    let (visit, start) = Visit::join(&context.paths.data_dir, header.id, &who)
        .map_err(|cause| over(format!("that session does not let anybody in: {cause}")))?;
    Ok(Watch {
        source: Source::Here(visit),
        follower: Follower::open(&path, Some(start), &Keyring::of(&context.config.recording))?,
        may_end,
        confirming: false,
        says: String::new(),
    })
}

/// Follows the segments that another machine stores; reading them is an access that is logged here.
fn elsewhere(context: &Context, wanted: &str) -> Result<Watch, Error> {
    context.require_network()?;
    let runtime =
        Runtime::new().map_err(|cause| Error::failed(format!("cannot start worker threads: {cause}")))?;
    let mirror = runtime.block_on(async {
        let bucket = store::open(context).await?;
        let listed = locate(&bucket, wanted).await?;
        if listed.manifest.is_some() {
            return Err(Error::unreachable("that session has ended").hint(format!(
                "`qd recordings play --store {}` replays it",
                listed.header.id
            )));
        }
        Ok(Mirror::open(bucket, &listed).await?)
    })?;
    let reader = Reader::open(&mirror.path())?;
    let event = event_of(Kind::RecordingAccess, &reader).with("how", "watched through the team store");
    Log::open(&context.paths.data_dir)?.append(event)?;
    Ok(Watch {
        follower: Follower::open(&mirror.path(), None, &Keyring::of(&context.config.recording))?,
        source: Source::Store {
            mirror: Box::new(mirror),
            runtime,
            asked_at: Instant::now(),
        },
        may_end: false,
        confirming: false,
        says: String::new(),
    })
}

/// On record with the session that was to be ended, where there is one.
fn note_refusal(context: &Context, found: &Result<PathBuf, crate::recording::Error>, refused: &Error) {
    let reader = found.as_ref().ok().and_then(|path| Reader::open(path).ok());
    let (mut target, mut sid) = (Target::default(), None);
    if let Some(reader) = &reader {
        let header = reader.header();
        target.account = header.account.clone();
        target.region = header.region.clone();
        target.id = header.target.clone();
        target.name = header.target_name.clone();
        sid = Some(header.id);
    }
    note(context, target, sid, refused);
}

impl Watch {
    fn end(&mut self) -> Result<(), Error> {
        match &mut self.source {
            Source::Here(visit) => visit
                .end()
                .map_err(|cause| Error::failed(format!("the session was not ended: {cause}"))),
            Source::Store { .. } => Err(Error::refused("a session of another machine is ended there")),
        }
    }

    /// Takes in what is new; a store that does not answer is tried again.
    fn advance(&mut self, pass: impl FnMut(&What)) -> Result<bool, Error> {
        if let Source::Store {
            mirror,
            runtime,
            asked_at,
        } = &mut self.source
            && asked_at.elapsed() >= ASK
        {
            let grown = runtime.block_on(mirror.grow());
            *asked_at = Instant::now();
            self.says = match grown {
                Ok(_) => String::new(),
                Err(error) => quote(&error.to_string()),
            };
        }
        Ok(self.follower.advance(pass)?)
    }

    /// Into a pipe: bytes as they came, from now on.
    fn pass(&mut self) -> Result<(), Error> {
        let mut out = std::io::stdout().lock();
        while self.follower.end().is_none() {
            let mut failed = None;
            let is_new = self.advance(|what| {
                if let What::Output(bytes) | What::Stderr(bytes) = what
                    && failed.is_none()
                {
                    failed = out.write_all(bytes).and_then(|()| out.flush()).err();
                }
            })?;
            if let Some(cause) = failed {
                return Err(Error::output(cause));
            }
            if !is_new {
                std::thread::sleep(LOOK);
            }
        }
        Ok(())
    }

    fn show(&mut self, colour: bool) -> Result<(), Error> {
        let look = PaneLook {
            colors: colour,
            ..PaneLook::default()
        };
        let mut shown = Shown::take().map_err(terminal)?;
        let (mut dirty, mut second) = (true, 0);
        while self.follower.end().is_none() {
            if dirty {
                let drawn = shown.terminal.draw(|frame| {
                    let area = frame.area();
                    let pane = Rect {
                        height: area.height.saturating_sub(1),
                        ..area
                    };
                    self.follower.screen().paint(pane, frame.buffer_mut(), &look);
                    let style = Style::new().add_modifier(Modifier::REVERSED);
                    let line = Rect {
                        y: area.y + pane.height,
                        height: area.height.min(1),
                        ..area
                    };
                    frame.buffer_mut().set_style(line, style);
                    let width = usize::from(area.width);
                    frame
                        .buffer_mut()
                        .set_stringn(line.x, line.y, self.status(), width, style);
                });
                drawn.map_err(terminal)?;
            }
            dirty = false;
            if event::poll(LOOK).map_err(terminal)? {
                match event::read().map_err(terminal)? {
                    Event::Key(key) if key.kind != KeyEventKind::Release => {
                        let ctrl_c =
                            key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
                        if ctrl_c || self.key(key.code) {
                            return Ok(());
                        }
                        dirty = true;
                    }
                    Event::Resize(..) => dirty = true,
                    _ => {}
                }
            }
            dirty |= self.advance(|_| {})?;
            let now = self.follower.at_us() / 1_000_000;
            dirty |= std::mem::replace(&mut second, now) != now;
        }
        Ok(())
    }

    /// True when the watcher leaves.
    fn key(&mut self, code: KeyCode) -> bool {
        let confirming = std::mem::take(&mut self.confirming);
        match code {
            KeyCode::Char('y') if confirming => {
                self.says = match self.end() {
                    Ok(()) => "ending it".into(),
                    Err(error) => error.says,
                };
            }
            KeyCode::Char('q') | KeyCode::Esc if !confirming => return true,
            KeyCode::Char('e') if self.may_end => self.confirming = true,
            _ => {}
        }
        false
    }

    fn status(&self) -> String {
        if self.confirming {
            return " end this session for whoever works in it? y ends it, any other key does not".into();
        }
        let header = self.follower.header();
        let target = header.target_name.as_ref().or(header.target.as_ref());
        let target = target.map_or(header.kind.as_str(), String::as_str);
        let from = match self.source {
            Source::Here(_) => "live",
            Source::Store { .. } => "live by the store, at most 60 s late",
        };
        let keys = if self.may_end { "e end  q leave" } else { "q leave" };
        let parts = [
            format!(" watching {}", quote(target)),
            from.into(),
            clock(self.follower.at_us()),
            self.says.clone(),
            keys.into(),
        ];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("  ")
    }
}
