//! What the replay's keys do and how it is painted: the recorded screens, the timeline and one line below them. No
//! terminal here.

use super::score::Score;
use crate::panel::age::stamp;
use crate::panel::recordings::{marks, paint_commands, walk_commands};
use crate::recording::redaction::Veil;
use crate::recording::{Deck, Error, FASTEST, Player, Query, SLOWEST, clock};
use crate::term::{Direction, PaneLook};
use crate::ui::timeline::Timeline;
use crate::ui::{Cursor, Look, Role};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::cell::RefCell;
use std::time::Duration;

const SECOND_US: i64 = 1_000_000;
/// What the key `i` cuts waits to.
const IDLE_LIMIT: Option<Duration> = Some(Duration::from_secs(2));
/// Below this many rows there is no timeline.
const LOW: u16 = 12;
/// Going back from just behind a command goes to the one before it, also while it plays.
const BEHIND_US: u64 = 700_000;
const HELP: [&str; 13] = [
    "space      pause, go on",
    "←  →       5 seconds back, on; with shift a minute",
    "0 to 9     to that tenth;  home, end",
    "[  ]       half, double the speed: 0.25 to 32",
    ",  .       one event back, on",
    "k  j       previous, next command",
    "c          every command; enter goes there",
    "M  m       previous, next marker, join or gap",
    "/          search: words, \"a phrase\", /regex/, cmd:word",
    "N  n       previous, next place where it was found",
    "y          copy what the screen shows",
    "i          cut waits to 2 seconds, or keep them",
    "q          quit",
];

#[derive(Debug, PartialEq)]
pub(super) enum Flow {
    Draw,
    /// For the clipboard of the terminal.
    Copy(String),
    Quit,
}

/// What lies over the screens.
enum Over {
    Help,
    Commands(Cursor<usize>),
    /// The search text while it is typed.
    Search(String),
}

pub(super) struct Stage {
    pub(super) deck: Deck,
    look: PaneLook,
    score: Score,
    veil: Option<RefCell<Veil>>,
    over: Option<Over>,
    sought: String,
    hits: Vec<u64>,
    pattern: Option<String>,
    says: String,
    /// Position as last shown, in whole seconds.
    shown_s: u64,
}

impl Stage {
    /// With a veil, what the screens show is covered as well.
    pub fn new(deck: Deck, look: PaneLook, mut score: Score, veil: Option<Veil>) -> Stage {
        score.begin(&deck);
        Stage {
            deck,
            look,
            score,
            veil: veil.map(RefCell::new),
            over: None,
            sought: String::new(),
            hits: Vec::new(),
            pattern: None,
            says: String::new(),
            shown_s: 0,
        }
    }

    pub fn is_moving(&self) -> bool {
        !self.deck.is_paused() && !self.deck.is_at_end()
    }

    /// Whether the timeline is not complete yet.
    pub fn is_reading(&self) -> bool {
        self.score.is_coming()
    }

    /// Wall time has passed; true when it is worth painting.
    pub fn advance(&mut self, by: Duration) -> Result<bool, Error> {
        let read = self.score.take()?;
        let changed = self.deck.advance(by)?;
        let second = self.deck.at_us() / SECOND_US as u64;
        Ok(std::mem::replace(&mut self.shown_s, second) != second || changed || read)
    }

    pub fn key(&mut self, key: KeyEvent) -> Result<Flow, Error> {
        self.says.clear();
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Ok(Flow::Quit);
        }
        match self.over.take() {
            Some(Over::Search(text)) => self.type_in(text, key.code)?,
            Some(Over::Commands(cursor)) => return self.choose(cursor, key),
            Some(Over::Help) => {}
            None => return self.play(key),
        }
        Ok(Flow::Draw)
    }

    fn play(&mut self, key: KeyEvent) -> Result<Flow, Error> {
        let far = key.modifiers.contains(KeyModifiers::SHIFT);
        let stride = if far { 60 } else { 5 };
        let deck = &mut self.deck;
        if !matches!(key.code, KeyCode::Char('n' | 'N' | '?')) {
            let screen = deck.player_mut(0).screen_mut();
            screen.clear_search();
            screen.scroll_to_end();
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Ok(Flow::Quit),
            KeyCode::Char(' ') if deck.is_at_end() => {
                deck.seek(0)?;
                deck.set_paused(false);
            }
            KeyCode::Char(' ') => deck.set_paused(!deck.is_paused()),
            KeyCode::Char('+' | '=' | ']') => deck.set_speed((deck.speed() * 2.0).min(FASTEST)),
            KeyCode::Char('-' | '[') => deck.set_speed((deck.speed() / 2.0).max(SLOWEST)),
            KeyCode::Left => deck.seek(deck.at_us().saturating_add_signed(-stride * SECOND_US))?,
            KeyCode::Right => deck.seek(deck.at_us().saturating_add_signed(stride * SECOND_US))?,
            KeyCode::Home => deck.seek(0)?,
            KeyCode::End => deck.seek_percent(100.0)?,
            KeyCode::Char(digit @ '0'..='9') => {
                deck.seek_percent(f64::from(digit.to_digit(10).unwrap_or(0)) * 10.0)?;
            }
            KeyCode::Char('y') => {
                let screen = deck.player_mut(0).screen();
                return Ok(Flow::Copy(match &self.veil {
                    Some(veil) => veil.borrow_mut().text(screen),
                    None => screen.text(),
                }));
            }
            KeyCode::Char('.') => deck.step(1)?,
            KeyCode::Char(',') => deck.step(-1)?,
            KeyCode::Char('i') => deck.set_idle_limit(IDLE_LIMIT.filter(|_| deck.idle_limit().is_none())),
            KeyCode::Char('?') => self.over = Some(Over::Help),
            KeyCode::Char('/') => self.over = Some(Over::Search(String::new())),
            KeyCode::Char('n') => self.hit(true)?,
            KeyCode::Char('N') => self.hit(false)?,
            KeyCode::Char('j') | KeyCode::Down => self.command(true)?,
            KeyCode::Char('k') | KeyCode::Up => self.command(false)?,
            KeyCode::Char('m') => self.moment(true)?,
            KeyCode::Char('M') => self.moment(false)?,
            KeyCode::Char('c') => {
                self.score.need_commands(&self.deck)?;
                let here = self.deck.at_us();
                let before = self.score.overview.commands.partition_point(|c| c.at_us <= here);
                let mut cursor = Cursor::default();
                cursor.select(Some(before.saturating_sub(1)));
                self.over = Some(Over::Commands(cursor));
            }
            _ => {}
        }
        Ok(Flow::Draw)
    }

    fn type_in(&mut self, mut text: String, code: KeyCode) -> Result<(), Error> {
        match code {
            KeyCode::Esc => return Ok(()),
            KeyCode::Enter => {
                let query = match Query::parse(&text, jiff::Timestamp::now()) {
                    Ok(query) => query,
                    Err(bad) => {
                        self.says = bad.to_string();
                        return Ok(());
                    }
                };
                self.hits = self.score.search(&self.deck, &query)?;
                (self.sought, self.pattern) = (text, query.pattern());
                return self.hit(true);
            }
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char(c) => text.push(c),
            _ => {}
        }
        self.over = Some(Over::Search(text));
        Ok(())
    }

    /// What the terminal made of a copy.
    pub fn say(&mut self, says: String) {
        self.says = says;
    }

    fn choose(&mut self, mut cursor: Cursor<usize>, key: KeyEvent) -> Result<Flow, Error> {
        let chosen = walk_commands(&self.score.overview.commands, &mut cursor, key);
        match key.code {
            KeyCode::Enter => {
                if let Some(command) = chosen {
                    self.deck.seek(command.at_us)?;
                }
            }
            KeyCode::Char('y') => {
                let copied = chosen.map(|command| Flow::Copy(command.text.clone()));
                self.over = Some(Over::Commands(cursor));
                return Ok(copied.unwrap_or(Flow::Draw));
            }
            KeyCode::Esc | KeyCode::Char('q' | 'c') => {}
            _ => self.over = Some(Over::Commands(cursor)),
        }
        Ok(Flow::Draw)
    }

    /// The nearest hit after the current position or before it, and round at the ends.
    fn hit(&mut self, next: bool) -> Result<(), Error> {
        let here = self.deck.at_us();
        if self.sought.is_empty() {
            self.says = "nothing is sought yet: press /".into();
            return Ok(());
        }
        let nth = match next {
            true => self.hits.iter().position(|at| *at > here),
            false => self.hits.iter().rposition(|at| *at < here),
        };
        let round = if next {
            0
        } else {
            self.hits.len().saturating_sub(1)
        };
        let nth = nth.unwrap_or(round);
        let Some(at_us) = self.hits.get(nth).copied() else {
            self.says = format!("\"{}\" was never shown", self.sought);
            return Ok(());
        };
        self.deck.seek(at_us)?;
        self.deck.set_paused(true);
        if let Some(pattern) = &self.pattern {
            // What is too large to be marked was good enough to be found.
            let _ = self
                .deck
                .player_mut(0)
                .screen_mut()
                .search(pattern, Direction::Up);
        }
        self.says = format!("\"{}\" {} of {}", self.sought, nth + 1, self.hits.len());
        Ok(())
    }

    fn command(&mut self, next: bool) -> Result<(), Error> {
        self.score.need_commands(&self.deck)?;
        let times = self
            .score
            .overview
            .commands
            .iter()
            .map(|command| command.at_us)
            .collect();
        self.go(times, next, "command")
    }

    fn moment(&mut self, next: bool) -> Result<(), Error> {
        let times = self
            .score
            .overview
            .moments
            .iter()
            .map(|moment| moment.at_us)
            .collect();
        self.go(times, next, "marker")
    }

    fn go(&mut self, times: Vec<u64>, next: bool, what: &str) -> Result<(), Error> {
        let here = self.deck.at_us();
        let behind = if self.deck.is_paused() { 0 } else { BEHIND_US };
        let to = match next {
            true => times.iter().find(|at| **at > here),
            false => times.iter().rev().find(|at| **at < here.saturating_sub(behind)),
        };
        match to {
            Some(at_us) => self.deck.seek(*at_us)?,
            None => self.says = format!("no {what} {} this moment", if next { "after" } else { "before" }),
        }
        Ok(())
    }

    pub fn paint(&self, area: Rect, buf: &mut Buffer) {
        let strip_rows = if area.height >= LOW { 2 } else { 0 };
        let body = Rect {
            height: area.height.saturating_sub(1 + strip_rows),
            ..area
        };
        self.screens(body, buf);
        let style = |role| style(role, self.look.colors);
        let look = Look::new(&style);
        let strip = Rect {
            y: body.bottom(),
            height: strip_rows,
            ..area
        };
        let hits: Vec<i64> = self.hits.iter().map(|at| *at as i64).collect();
        Timeline {
            duration_us: self.deck.duration_us() as i64,
            at_us: self.deck.at_us() as i64,
            activity: &self.score.overview.activity,
            marks: &marks(&self.score.overview, &hits),
        }
        .paint(strip, buf, &look);
        let line = Rect {
            y: strip.bottom(),
            height: area.height.min(1),
            ..area
        };
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        buf.set_style(line, reversed);
        let width = usize::from(area.width);
        buf.set_stringn(line.x, line.y, self.status(width), width, reversed);
        match &self.over {
            Some(Over::Commands(cursor)) => {
                paint_commands(&self.score.overview.commands, cursor, body, buf, &look);
            }
            Some(Over::Help) => help(body, buf, &look),
            Some(Over::Search(_)) | None => {}
        }
    }

    /// One, or two with a seam between them, each under its name.
    fn screens(&self, body: Rect, buf: &mut Buffer) {
        let players: Vec<_> = self.deck.players().collect();
        if let [(_, player)] = players[..] {
            self.screen(player, body, buf);
            return;
        }
        let half = body.width.saturating_sub(1) / 2;
        let left = Rect { width: half, ..body };
        let right = Rect {
            x: body.x + half + 1,
            width: body.width.saturating_sub(half + 1),
            ..body
        };
        for (area, (begins_us, player)) in [left, right].into_iter().zip(players) {
            let title = title(player, begins_us, self.deck.at_us());
            let bold = Style::new().add_modifier(Modifier::BOLD);
            buf.set_stringn(area.x, area.y, title, usize::from(area.width), bold);
            let under = Rect {
                y: area.y + area.height.min(1),
                height: area.height.saturating_sub(1),
                ..area
            };
            self.screen(player, under, buf);
        }
        for y in body.top()..body.bottom() {
            buf.set_stringn(body.x + half, y, "│", 1, Style::new().add_modifier(Modifier::DIM));
        }
    }

    fn screen(&self, player: &Player, area: Rect, buf: &mut Buffer) {
        player.screen().paint(area, buf, &self.look);
        if let Some(veil) = &self.veil {
            veil.borrow_mut().paint(player.screen(), area, buf);
        }
    }

    /// As many parts as fit, the least important dropped first.
    fn status(&self, width: usize) -> String {
        if let Some(Over::Search(text)) = &self.over {
            return format!(" /{text}_");
        }
        let deck = &self.deck;
        let (at, whole) = (deck.at_us(), deck.duration_us());
        let percent = if whole == 0 {
            100
        } else {
            (u128::from(at) * 100 / u128::from(whole)) as u64
        };
        let state = match () {
            () if deck.is_at_end() => "end",
            () if deck.is_paused() => "paused",
            () => "playing",
        };
        let mut parts = vec![format!(" {state} {} / {} {percent}%", clock(at), clock(whole))];
        parts.push(format!("x{}", deck.speed()));
        parts.extend((!self.says.is_empty()).then(|| self.says.clone()));
        parts.extend(
            deck.idle_limit()
                .map(|limit| format!("idle {}s", limit.as_secs_f64())),
        );
        let commands = &self.score.overview.commands;
        let before = commands.partition_point(|command| command.at_us <= at);
        parts.extend(
            before
                .checked_sub(1)
                .and_then(|nth| commands.get(nth))
                .map(|command| {
                    let line = super::super::quote(&command.text);
                    format!("$ {}", line.chars().take(40).collect::<String>())
                }),
        );
        let size = deck.players().next().map(|(_, player)| player.screen().size());
        let cut = size.filter(|size| usize::from(size.cols) > width && deck.players().count() == 1);
        parts.extend(cut.map(|size| format!("{} columns, cut", size.cols)));
        parts.push("space pause  ←/→ seek  j/k commands  / search  ? keys  q quit".into());
        while parts.len() > 1 && parts.join("  ").chars().count() > width {
            parts.pop();
        }
        parts.join("  ")
    }
}

/// Of one of two: its target, and when it began or will, since that side is blank until then.
fn title(player: &Player, begins_us: u64, at_us: u64) -> String {
    let header = player.reader().header();
    let name = header
        .target_name
        .as_deref()
        .or(header.target.as_deref())
        .unwrap_or(&header.kind);
    let name = super::super::quote(name);
    match begins_us.checked_sub(at_us).filter(|left| *left > 0) {
        Some(left) => format!("{name}  begins in {}", clock(left)),
        None => format!("{name}  {}", stamp(header.started_at)),
    }
}

fn help(body: Rect, buf: &mut Buffer, look: &Look) {
    let height = (HELP.len() as u16 + 2).min(body.height);
    let area = crate::ui::popup::centred(body, 62.min(body.width), height);
    let frame = crate::ui::popup::Frame {
        title: "Keys".into(),
        note: "any key closes".into(),
        focused: true,
        over: true,
    };
    let inner = frame.paint(area, buf, look);
    for (y, text) in (inner.top()..inner.bottom()).zip(HELP) {
        buf.set_stringn(
            inner.x + 1,
            y,
            text,
            usize::from(inner.width.saturating_sub(1)),
            look.of(Role::Text),
        );
    }
}

/// Without a theme: the terminal's own colours, or attributes alone.
fn style(role: Role, colours: bool) -> Style {
    let plain = match role {
        Role::Dim | Role::Faint | Role::Border => Style::new().add_modifier(Modifier::DIM),
        Role::Selected | Role::Selection => Style::new().add_modifier(Modifier::REVERSED),
        Role::Title | Role::Accent | Role::BorderFocus => Style::new().add_modifier(Modifier::BOLD),
        _ => Style::new(),
    };
    let colour = match role {
        Role::Accent | Role::Chart1 | Role::Info => Color::Cyan,
        Role::Good => Color::Green,
        Role::Warn => Color::Yellow,
        Role::Bad => Color::Red,
        Role::Match => Color::Magenta,
        _ => return plain,
    };
    if colours { plain.fg(colour) } else { plain }
}

#[cfg(test)]
mod tests;
