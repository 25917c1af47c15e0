//! Commands of shells that mark nothing. What the screen waits behind, and is typed behind, is a prompt; its like is
//! known again from then on. What stood behind it when the cursor left its line was the command. What was typed before the
//! first was known is found again behind its likes; behind a bare sign, only what the terminal had echoed before.

use crate::term::Screen;

/// A prompt is learned where nothing came for so long.
const QUIET_US: u64 = 150_000;
/// No prompt is longer, in characters.
const LONGEST: usize = 160;
const SIGNS: &str = "$#%>❯»➜λ";
/// Before each further line of a command.
const MORE: &str = "> ";
/// Kinds of prompts that are remembered.
const KNOWN: usize = 32;

/// What stays the same of a prompt whose directory changes: its first word up to a colon, and its sign.
type Shape = (String, char);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Back {
    Away,
    /// A known prompt has come back.
    Prompt,
    /// With the unfinished line behind it: the shell has only listed what could complete it.
    SameLine,
}

struct Line {
    /// Rows since the start.
    row: u64,
    prompt: String,
    typed: String,
}

#[derive(Default)]
pub(super) struct Prompts {
    known: Vec<Shape>,
    /// Where something is typed now.
    open: Option<Line>,
    /// What was typed where the cursor left a line, until the next prompt.
    left: Option<Line>,
    /// Empty lines of a command that goes on.
    empty: usize,
}

impl Prompts {
    /// Whether something may be typed behind a prompt now.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub fn knows_none(&self) -> bool {
        self.known.is_empty()
    }

    /// The lines typed before the prompt that is open now was the first to be known, with the time of each: in `gone`, which
    /// has scrolled away, and on the screen.
    pub fn ahead(
        &self,
        screen: &Screen,
        scrolled: u64,
        gone: Vec<(u64, String)>,
        at_us: u64,
    ) -> Vec<(u64, String)> {
        let Some(open) = &self.open else { return Vec::new() };
        let mut lines = gone;
        let to = open.row.saturating_sub(scrolled) as usize;
        let mut row = 0;
        while row < to {
            let (text, last) = joined(screen, row);
            lines.push((at_us, text));
            row = last + 1;
        }
        // Some shells put output behind a bare sign.
        let shape = self.known.first().filter(|(head, _)| !head.is_empty());
        let typed = |(nth, (at_us, text)): (usize, &(u64, String))| {
            let typed = match shape {
                Some(shape) => behind(text, shape)?,
                None => text.strip_prefix(open.prompt.as_str())?,
            };
            let typed = typed.trim();
            let is_echo = |line: &(u64, String)| line.1.trim_end().ends_with(typed);
            let is_typed = !typed.is_empty() && (shape.is_some() || lines[..nth].iter().any(is_echo));
            is_typed.then(|| (*at_us, typed.to_owned()))
        };
        lines.iter().enumerate().filter_map(typed).collect()
    }

    /// The screen was resized: rows are not where they were.
    pub fn forget(&mut self) {
        self.open = None;
    }

    /// Nothing came for a while; true where that shows a prompt.
    pub fn wait(&mut self, screen: &Screen, scrolled: u64, quiet_us: u64) -> bool {
        if quiet_us < QUIET_US || self.open.is_some() {
            return false;
        }
        let Some((line, shape)) = waiting(screen, scrolled) else {
            return false;
        };
        if !self.known.contains(&shape) && self.known.len() < KNOWN {
            self.known.push(shape);
        }
        (self.open, self.left) = (Some(line), None);
        true
    }

    /// After some output: whether a known prompt stands at the cursor.
    pub fn back(&mut self, screen: &Screen, scrolled: u64) -> Back {
        if self.open.is_some() || screen.history() > 0 || screen.modes().alt_screen {
            return Back::Away;
        }
        if let Some((line, shape)) = waiting(screen, scrolled)
            && self.known.contains(&shape)
        {
            (self.open, self.left) = (Some(line), None);
            return Back::Prompt;
        }
        let row = screen.position().1;
        let Some(left) = &self.left else {
            return Back::Away;
        };
        let again = format!("{}{}", left.prompt, left.typed);
        let text = screen.row_part(usize::from(row)).0;
        if left.typed.trim().is_empty() || !text.starts_with(again.trim_end()) {
            return Back::Away;
        }
        self.open = self.left.take().map(|line| Line {
            row: scrolled + u64::from(row),
            ..line
        });
        Back::SameLine
    }

    /// Reads what stands behind the prompt; the command, once the cursor has left its line.
    pub fn typed(&mut self, screen: &Screen, scrolled: u64) -> Option<String> {
        let open = self.open.as_mut()?;
        let first = open
            .row
            .checked_sub(scrolled)
            .and_then(|row| usize::try_from(row).ok());
        let rows = usize::from(screen.size().rows);
        let away = match first.filter(|_| !screen.modes().alt_screen && screen.history() == 0) {
            Some(first) if first < rows => {
                let (text, last) = joined(screen, first);
                let typed = match text.strip_prefix(open.prompt.as_str()) {
                    Some(typed) => typed,
                    // A row is read without its last blanks.
                    None if text == open.prompt.trim_end() => "",
                    None => {
                        // Wiped or drawn over: nothing was run.
                        self.open = None;
                        return None;
                    }
                };
                open.typed = typed.trim_end().to_owned();
                usize::from(screen.position().1) > last
            }
            _ => true,
        };
        if !away {
            return None;
        }
        let line = self.open.take()?;
        // Lines of a here-document begin with blanks, or are empty: then the next one has their line ends.
        let goes_on = line.prompt == MORE;
        let empty = std::mem::take(&mut self.empty);
        let typed = match goes_on {
            true => "\n".repeat(empty) + line.typed.trim_end(),
            false => line.typed.trim().to_owned(),
        };
        let is_empty = line.typed.trim().is_empty();
        self.empty = if goes_on && is_empty { empty + 1 } else { 0 };
        self.left = Some(line);
        (!is_empty && !typed.ends_with("^C")).then_some(typed)
    }
}

/// The prompt that the cursor waits behind, if the last thing before it looks like one.
fn waiting(screen: &Screen, scrolled: u64) -> Option<(Line, Shape)> {
    if screen.modes().alt_screen || screen.history() > 0 {
        return None;
    }
    let (col, row) = screen.position();
    let text = screen.row_text(usize::from(row));
    let sign = text.chars().next_back().filter(|sign| SIGNS.contains(*sign))?;
    let width = text.chars().count();
    let blanks = usize::from(col).checked_sub(unicode_width::UnicodeWidthStr::width(text.as_str()))?;
    // `100%` and `<b>` at the end of some output are no prompts; the one of cmd.exe has no blank.
    let of_windows = text.ends_with('>') && text.get(1..3) == Some(":\\");
    if width > LONGEST || blanks > 2 || (blanks == 0 && !of_windows) {
        return None;
    }
    let head = text.split([':', ' ', '~']).next().unwrap_or_default();
    let shape = (head.trim_end_matches(sign).to_owned(), sign);
    let line = Line {
        row: scrolled + u64::from(row),
        prompt: text + &" ".repeat(blanks),
        typed: String::new(),
    };
    Some((line, shape))
}

/// What stands behind a prompt of this kind.
fn behind<'a>(text: &'a str, (head, sign): &Shape) -> Option<&'a str> {
    let rest = text.strip_prefix(head.as_str())?;
    let at = rest.find(&format!("{sign} "))?;
    let typed = rest.get(at + sign.len_utf8()..)?;
    (at <= LONGEST).then_some(typed)
}

/// A line with the rows it wraps over, and the last of them.
fn joined(screen: &Screen, first: usize) -> (String, usize) {
    let rows = usize::from(screen.size().rows);
    let (mut text, mut goes_on) = screen.row_part(first);
    let mut last = first;
    while goes_on && last + 1 < rows {
        last += 1;
        let (more, on) = screen.row_part(last);
        text.push_str(&more);
        goes_on = on;
    }
    (text, last)
}
