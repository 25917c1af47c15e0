//! What the replay's keys do and how it is painted: the recorded screen, and one line below it. No terminal here.

use super::clock;
use crate::recording::{Error, FASTEST, Hit, Player, SLOWEST};
use crate::term::PaneLook;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::time::Duration;

const SECOND_US: i64 = 1_000_000;
/// What the key `i` cuts waits to.
const IDLE_LIMIT: Option<Duration> = Some(Duration::from_secs(2));

#[derive(Debug, PartialEq)]
pub(super) enum Flow {
    Draw,
    Quit,
}

pub(super) struct Stage {
    player: Player,
    look: PaneLook,
    /// The search text while it is typed.
    prompt: Option<String>,
    sought: String,
    hits: Vec<Hit>,
    says: String,
    /// Position as last shown, in whole seconds.
    shown_s: u64,
}

impl Stage {
    pub fn new(player: Player, look: PaneLook) -> Stage {
        let (prompt, sought, hits, says) = (None, String::new(), Vec::new(), String::new());
        Stage {
            player,
            look,
            prompt,
            sought,
            hits,
            says,
            shown_s: 0,
        }
    }

    pub fn is_moving(&self) -> bool {
        !self.player.is_paused() && !self.player.is_at_end()
    }

    /// Wall time has passed; true when it is worth painting.
    pub fn advance(&mut self, by: Duration) -> Result<bool, Error> {
        let changed = self.player.advance(by)?;
        let second = self.player.at_us() / SECOND_US as u64;
        Ok(std::mem::replace(&mut self.shown_s, second) != second || changed)
    }

    pub fn key(&mut self, key: KeyEvent) -> Result<Flow, Error> {
        self.says.clear();
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Ok(Flow::Quit);
        }
        if let Some(text) = self.prompt.take() {
            self.type_in(text, key.code)?;
            return Ok(Flow::Draw);
        }
        let stride = if key.modifiers.contains(KeyModifiers::SHIFT) {
            60
        } else {
            5
        };
        let player = &mut self.player;
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Ok(Flow::Quit),
            KeyCode::Char(' ') if player.is_at_end() => player.seek(0)?,
            KeyCode::Char(' ') => player.set_paused(!player.is_paused()),
            KeyCode::Char('+' | '=' | ']') => player.set_speed((player.speed() * 2.0).min(FASTEST)),
            KeyCode::Char('-' | '[') => player.set_speed((player.speed() / 2.0).max(SLOWEST)),
            KeyCode::Left => player.seek(player.at_us().saturating_add_signed(-stride * SECOND_US))?,
            KeyCode::Right => player.seek(player.at_us().saturating_add_signed(stride * SECOND_US))?,
            KeyCode::Home => player.seek(0)?,
            KeyCode::End => player.seek_percent(100.0)?,
            KeyCode::Char(digit @ '0'..='9') => {
                player.seek_percent(f64::from(digit.to_digit(10).unwrap_or(0)) * 10.0)?;
            }
            KeyCode::Char('.') => player.step(1)?,
            KeyCode::Char(',') => player.step(-1)?,
            KeyCode::Char('i') => player.set_idle_limit(IDLE_LIMIT.filter(|_| player.idle_limit().is_none())),
            KeyCode::Char('/') => self.prompt = Some(String::new()),
            KeyCode::Char('n') => self.next_hit()?,
            _ => {}
        }
        Ok(Flow::Draw)
    }

    fn type_in(&mut self, mut text: String, code: KeyCode) -> Result<(), Error> {
        match code {
            KeyCode::Esc => return Ok(()),
            KeyCode::Enter => {
                self.hits = self.player.search(&text)?;
                self.sought = text;
                return self.next_hit();
            }
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char(c) => text.push(c),
            _ => {}
        }
        self.prompt = Some(text);
        Ok(())
    }

    /// The first hit after the current position, else the first of all.
    fn next_hit(&mut self) -> Result<(), Error> {
        let here = self.player.at_us();
        let after = self
            .hits
            .iter()
            .position(|hit| hit.at_us > here)
            .or(self.hits.first().map(|_| 0));
        let Some(found) = after else {
            self.says = format!("\"{}\" was never shown", self.sought);
            return Ok(());
        };
        self.player.seek(self.hits[found].at_us)?;
        self.player.set_paused(true);
        self.says = format!("\"{}\" {} of {}", self.sought, found + 1, self.hits.len());
        Ok(())
    }

    pub fn paint(&self, area: Rect, buf: &mut Buffer) {
        let pane = Rect {
            height: area.height.saturating_sub(1),
            ..area
        };
        self.player.screen().paint(pane, buf, &self.look);
        let line = Rect {
            y: area.y + pane.height,
            height: area.height.min(1),
            ..area
        };
        buf.set_style(line, Style::new().add_modifier(Modifier::REVERSED));
        let text = self.status(usize::from(area.width));
        buf.set_stringn(
            line.x,
            line.y,
            text,
            usize::from(area.width),
            Style::new().add_modifier(Modifier::REVERSED),
        );
    }

    /// As many parts as fit, the least important dropped first.
    fn status(&self, width: usize) -> String {
        if let Some(text) = &self.prompt {
            return format!(" /{text}_");
        }
        let player = &self.player;
        let (at, whole) = (player.at_us(), player.duration_us());
        let percent = if whole == 0 {
            100
        } else {
            (u128::from(at) * 100 / u128::from(whole)) as u64
        };
        let state = match () {
            () if player.is_at_end() => "end",
            () if player.is_paused() => "paused",
            () => "playing",
        };
        let mut parts = vec![format!(" {state} {} / {} {percent}%", clock(at), clock(whole))];
        parts.push(format!("x{}", player.speed()));
        parts.extend((!self.says.is_empty()).then(|| self.says.clone()));
        parts.extend(
            player
                .idle_limit()
                .map(|limit| format!("idle {}s", limit.as_secs_f64())),
        );
        let size = player.screen().size();
        parts.extend((usize::from(size.cols) > width).then(|| format!("{} columns, cut", size.cols)));
        parts.push("space pause  ←/→ seek  [ ] speed  . step  / search  i idle  q quit".into());
        while parts.len() > 1 && parts.join("  ").chars().count() > width {
            parts.pop();
        }
        parts.join("  ")
    }
}

#[cfg(test)]
mod tests;
