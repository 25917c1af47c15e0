//! Code blocks: a bar at the left, a label above, wrapped lines told apart from new ones; a block that can be sent
//! carries its number, and what is still to be filled in stands out.

use std::collections::HashSet;
use std::ops::Range;

use ratatui::style::Modifier;

use super::flow::Flow;
use super::highlight;
use super::{Ink, Mark, Piece};
use crate::ui::look::Role;
use crate::ui::text;
use crate::ui::wrap::{Blanks, wrap_pieces};

/// Placeholders by what is asked of each place of a line: is one here, and how long.
struct Open<'p> {
    known: HashSet<&'p str>,
    firsts: HashSet<char>,
    /// The longest first.
    lengths: Vec<usize>,
}

impl Open<'_> {
    fn of(placeholders: &[String]) -> Open<'_> {
        let known: HashSet<&str> = placeholders.iter().map(String::as_str).collect();
        let mut lengths: Vec<usize> = known.iter().map(|known| known.len()).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        Open {
            firsts: known.iter().filter_map(|known| known.chars().next()).collect(),
            known,
            lengths,
        }
    }

    /// Where they are, none inside another.
    fn of_line(&self, line: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (at, _) in line.char_indices().filter(|(_, c)| self.firsts.contains(c)) {
            if found.last().is_some_and(|last| at < last.end) {
                continue;
            }
            let is_here = |length: &&usize| {
                line.get(at..at + **length)
                    .is_some_and(|text| self.known.contains(text))
            };
            found.extend(self.lengths.iter().find(is_here).map(|length| at..at + length));
        }
        found
    }
}

impl Flow<'_> {
    pub(super) fn code(&mut self, info: &str, code: &str, source: usize) {
        let first = self.document.lines.len();
        let mark = self.how.marks.iter().find(|mark| mark.start_line == source);
        let selected = mark.is_some_and(|mark| self.how.selected == Some(mark.number));
        let bar = self.ink(match (selected, mark) {
            (true, _) => Role::BorderFocus,
            (false, Some(_)) => Role::Accent,
            (false, None) => Role::Faint,
        });
        self.label(info, mark, selected, bar);
        let (new, wrapped) = match selected {
            _ if self.bar_room() == 0 => ("", ""),
            true => ("┃ ", "┇ "),
            false => ("│ ", "┊ "),
        };
        let room = self.room() - self.bar_room();
        let placeholders = mark.map_or(&[][..], |mark| mark.placeholders);
        for pieces in self.coloured(info, code, placeholders) {
            let lines = wrap_pieces(&pieces, room, Blanks::Keep);
            for (nth, line) in lines.into_iter().enumerate() {
                let before = if nth == 0 { new } else { wrapped };
                self.line(std::iter::once((before.to_string(), bar)).chain(line).collect());
            }
        }
        if let Some(mark) = mark {
            let last = self.document.lines.len();
            self.document.blocks.push((mark.number, first..last));
        }
    }

    /// What kind of code it is, and its number where it can be sent.
    fn label(&mut self, info: &str, mark: Option<&Mark<'_>>, selected: bool, bar: Ink) {
        let mut label: Vec<Piece> = Vec::new();
        if let Some(mark) = mark {
            let sign = if mark.sure { "▶" } else { "▷" };
            let mut ink = self.ink(if selected { Role::BorderFocus } else { Role::Accent });
            ink.style = ink.style.add_modifier(Modifier::BOLD);
            label.push((format!("{sign} {} ", mark.number), ink));
        }
        let info = text::quote(info);
        if !info.is_empty() {
            label.push((info.into_owned(), self.ink(Role::Dim)));
        }
        if label.is_empty() {
            return;
        }
        let corner = match selected {
            _ if self.bar_room() == 0 => "",
            true => "┏ ",
            false => "┌ ",
        };
        for line in wrap_pieces(&label, self.room() - self.bar_room(), Blanks::Keep) {
            self.line(std::iter::once((corner.to_string(), bar)).chain(line).collect());
        }
    }

    /// Cells of the bar; none where it would leave too few for the code.
    fn bar_room(&self) -> usize {
        if self.room() < 6 { 0 } else { 2 }
    }

    /// The lines of the code as styled pieces.
    fn coloured(&self, info: &str, code: &str, placeholders: &[String]) -> Vec<Vec<Piece>> {
        let base = self.how.look.of(Role::CodeBlock);
        let filled = self.how.look.of(Role::Placeholder);
        let roles = if self.how.coloured {
            highlight::known(info, code)
        } else {
            None
        };
        let placeholders = Open::of(placeholders);
        let mut pieces = Vec::new();
        for (nth, line) in code.lines().enumerate() {
            // Tabs first: positions are told in the line as it is.
            let spans = roles
                .as_ref()
                .and_then(|lines| lines.get(nth))
                .map_or(&[][..], Vec::as_slice);
            let open = placeholders.of_line(line);
            let (mut spans, mut open) = (spans, open.as_slice());
            let mut shown: Vec<Piece> = Vec::new();
            let mut column = 0;
            for (at, c) in line.char_indices() {
                // Both are in their order: what ends before this place is done with.
                spans = &spans[spans.iter().take_while(|(range, _)| range.end <= at).count()..];
                open = &open[open.iter().take_while(|range| range.end <= at).count()..];
                let role = spans
                    .first()
                    .filter(|(range, _)| range.contains(&at))
                    .map(|(_, role)| *role);
                let mut style = role.map_or(base, |role| base.patch(self.how.look.of(role)));
                if open.first().is_some_and(|range| range.contains(&at)) {
                    style = style.patch(filled);
                }
                let mut text = text::quote(c.encode_utf8(&mut [0; 4])).into_owned();
                if c == '\t' {
                    text = " ".repeat(8 - column % 8);
                }
                column += text::width(&text);
                match shown.last_mut() {
                    Some((last, ink)) if ink.style == style => last.push_str(&text),
                    _ => shown.push((text, Ink { style, link: None })),
                }
            }
            pieces.push(shown);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::Open;

    #[test]
    fn placeholders_of_a_line_are_found_where_they_are_and_the_longest_counts() {
        let known = ["<node>", "$A", "$AB", "결<b>"].map(String::from);
        let open = Open::of(&known);
        assert_eq!(
            open.of_line("x <node> $AB 결<b> $A<node>"),
            [2..8, 9..12, 13..19, 20..22, 22..28]
        );
        assert!(open.of_line("$ <nod").is_empty() && Open::of(&[]).of_line("<node>").is_empty());
    }
}
