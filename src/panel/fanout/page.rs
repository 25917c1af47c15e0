//! What one instance said: standard output, then standard error, whole, wrapped as a terminal does, searched. Bytes of a
//! remote host are quoted, never interpreted.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::fleet::Id;
use crate::panel::frame_of;
use crate::panel::list::Step;
use crate::ui::popup::Frame;
use crate::ui::scrollbar::Scrollbar;
use crate::ui::{Look, Role, text};

use super::{Fanout, Target};

/// Lines before a found place that stay in sight.
const BEFORE: usize = 3;

#[derive(Debug)]
pub struct Page {
    pub node: Id,
    pub search: String,
    offset: usize,
    /// Which of the places found is in front.
    hit: usize,
}

impl Page {
    pub fn new(node: Id) -> Self {
        Self {
            node,
            search: String::new(),
            offset: 0,
            hit: 0,
        }
    }
}

/// A row of the page, as wide as it may be.
struct Row {
    role: Role,
    text: String,
}

fn rows(target: &Target, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let Some(outcome) = &target.outcome else {
        let text = format!("{}; its output comes when it is over", target.says());
        return vec![Row {
            role: Role::Dim,
            text,
        }];
    };
    if let Some(says) = outcome.says.as_ref().filter(|says| !says.is_empty()) {
        push(&mut rows, Role::Warn, says, width);
    }
    if outcome.is_cut && outcome.says.is_none() {
        let says = "AWS cut it; with [run] bucket in the configuration it is had in full";
        push(&mut rows, Role::Warn, says, width);
    }
    let streams = [
        ("standard output", &outcome.stdout, Role::Text),
        ("standard error", &outcome.stderr, Role::Bad),
    ];
    for (name, bytes, role) in streams.into_iter().filter(|(_, bytes, _)| !bytes.is_empty()) {
        if !rows.is_empty() {
            rows.push(Row {
                role,
                text: String::new(),
            });
        }
        let said = String::from_utf8_lossy(bytes);
        let lines = said.lines().count();
        let heading = format!("{name}, {lines} line{}", if lines == 1 { "" } else { "s" });
        push(&mut rows, Role::Heading, &heading, width);
        for line in said.lines() {
            push(
                &mut rows,
                role,
                &line.trim_end_matches('\r').replace('\t', "    "),
                width,
            );
        }
    }
    if rows.is_empty() {
        push(&mut rows, Role::Dim, "it said nothing", width);
    }
    rows
}

fn push(rows: &mut Vec<Row>, role: Role, line: &str, width: usize) {
    let quoted = text::quote(line);
    let mut rest = quoted.as_ref();
    loop {
        let head = match text::head(rest, width.max(2)).0 {
            "" => rest,
            head => head,
        };
        rows.push(Row {
            role,
            text: head.to_owned(),
        });
        rest = &rest[head.len()..];
        if rest.is_empty() {
            return;
        }
    }
}

/// Bytes of `text` at which `wanted` stands, whatever its case.
fn find(text: &str, wanted: &str) -> Option<(usize, usize)> {
    let same = |a: char, b: char| a == b || a.to_lowercase().eq(b.to_lowercase());
    let begins = |at: usize| {
        let mut rest = text[at..].chars();
        let all = wanted
            .chars()
            .all(|c| rest.next().is_some_and(|each| same(each, c)));
        all.then(|| (at, text.len() - rest.as_str().len()))
    };
    if wanted.is_empty() {
        return None;
    }
    text.char_indices().find_map(|(at, _)| begins(at))
}

fn hits(rows: &[Row], wanted: &str) -> Vec<usize> {
    let is_hit = |row: &Row| row.role != Role::Heading && find(&row.text, wanted).is_some();
    (0..rows.len()).filter(|at| is_hit(&rows[*at])).collect()
}

/// Rows and columns of the text inside a body.
fn room(body: Rect) -> (usize, usize) {
    (
        usize::from(body.height.saturating_sub(2)),
        usize::from(body.width.saturating_sub(4)),
    )
}

fn laid_out(model: &Model) -> Option<(Vec<Row>, usize)> {
    let (height, width) = room(frame_of(Rect::new(0, 0, model.cols, model.rows)).body);
    model.fanout.page.as_ref()?;
    Some((rows(model.fanout.target()?, width), height))
}

pub fn step(model: &mut Model, step: Step) {
    let Some((rows, height)) = laid_out(model) else {
        return;
    };
    let Some(page) = &mut model.fanout.page else {
        return;
    };
    let last = rows.len().saturating_sub(height);
    let by = |by: isize| page.offset.saturating_add_signed(by).min(last);
    page.offset = match step {
        Step::By(rows) => by(rows),
        Step::Page(pages) => by(pages * height.saturating_sub(1).max(1) as isize),
        Step::Top => 0,
        Step::Bottom => last,
    };
}

/// The first place at or after what is in sight.
pub fn search(model: &mut Model, wanted: String) {
    let Some((rows, height)) = laid_out(model) else {
        return;
    };
    let Some(page) = &mut model.fanout.page else {
        return;
    };
    let hits = hits(&rows, &wanted);
    page.search = wanted;
    page.hit = hits.iter().position(|at| *at >= page.offset).unwrap_or(0);
    page.show(&hits, rows.len(), height);
}

pub fn turn(model: &mut Model, by: isize) {
    let Some((rows, height)) = laid_out(model) else {
        return;
    };
    let Some(page) = &mut model.fanout.page else {
        return;
    };
    let hits = hits(&rows, &page.search);
    if !hits.is_empty() {
        page.hit = (page.hit as isize + by).rem_euclid(hits.len() as isize) as usize;
        page.show(&hits, rows.len(), height);
    }
}

impl Page {
    fn show(&mut self, hits: &[usize], rows: usize, height: usize) {
        let Some(at) = hits.get(self.hit) else { return };
        let in_sight = (self.offset..self.offset + height).contains(at);
        if !in_sight {
            self.offset = at.saturating_sub(BEFORE).min(rows.saturating_sub(height));
        }
    }
}

pub fn view(fanout: &Fanout, area: Rect, buf: &mut Buffer, look: &Look) {
    let (Some(page), Some(target)) = (&fanout.page, fanout.target()) else {
        return;
    };
    let (height, width) = room(area);
    let rows = rows(target, width);
    let offset = page.offset.min(rows.len().saturating_sub(height));
    let hits = hits(&rows, &page.search);
    let frame = Frame {
        title: title(target, look),
        note: note(page, &hits, rows.len(), offset, height, look),
        focused: true,
        over: false,
    };
    let inner = frame.paint(area, buf, look);
    let here = hits.get(page.hit).copied();
    for (y, at) in (inner.top()..inner.bottom()).zip(offset..rows.len()) {
        let row = &rows[at];
        let found = find(&row.text, &page.search).filter(|_| hits.contains(&at));
        let style = look.of(row.role);
        let line = match found {
            Some((from, to)) => {
                let role = if here == Some(at) {
                    Role::Selected
                } else {
                    Role::Match
                };
                Line::from(vec![
                    Span::styled(&row.text[..from], style),
                    Span::styled(&row.text[from..to], style.patch(look.of(role))),
                    Span::styled(&row.text[to..], style),
                ])
            }
            None => Line::styled(row.text.as_str(), style),
        };
        let line_area = Rect {
            x: inner.x + 1,
            y,
            width: inner.width.saturating_sub(2),
            height: 1,
        };
        line.render(line_area.intersection(buf.area), buf);
    }
    let bar = Rect {
        x: inner.right().saturating_sub(1),
        width: 1.min(inner.width),
        ..inner
    };
    Scrollbar {
        total: rows.len(),
        first: offset,
        shown: height.min(rows.len()),
    }
    .paint(bar, buf, look);
}

fn title(target: &Target, look: &Look) -> Line<'static> {
    let node = &target.node;
    let dim = look.of(Role::Dim);
    let name = if node.name.is_empty() {
        &node.id.0
    } else {
        &node.name
    };
    let stand = target.stand();
    let mut spans = vec![
        Span::styled(text::quote(name).into_owned(), look.of(Role::Title)),
        Span::styled(
            format!("  {} {}", stand.mark(), target.says()),
            look.of(stand.role()),
        ),
    ];
    if let Some(code) = target.outcome.as_ref().and_then(|outcome| outcome.exit_code) {
        spans.push(Span::styled(format!("  exit {code}"), dim));
    }
    spans.push(Span::styled(format!("  {}  {}", node.id, node.region), dim));
    Line::from(spans)
}

fn note(
    page: &Page,
    hits: &[usize],
    rows: usize,
    offset: usize,
    height: usize,
    look: &Look,
) -> Line<'static> {
    let mut spans = Vec::new();
    if !page.search.is_empty() {
        let (says, role) = match hits.len() {
            0 => (format!("/{} not found", page.search), Role::Warn),
            many => (
                format!("/{} {} of {many}", page.search, page.hit + 1),
                Role::Accent,
            ),
        };
        spans.push(Span::styled(says, look.of(role)));
    }
    if rows > height {
        let last = (offset + height).min(rows);
        spans.push(Span::styled(
            format!("  {}–{last} of {rows}", offset + 1),
            look.of(Role::Dim),
        ));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::text::width;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_found_whatever_its_case_and_width() {
        assert_eq!(find("결제 ERROR", "error"), Some((7, 12)));
        assert_eq!(find("ok", "error"), None);
        assert_eq!(find("ok", ""), None);
    }

    proptest! {
        #[test]
        fn any_output_is_quoted_and_fits(bytes in prop::collection::vec(any::<u8>(), 0..200), room in 2usize..40) {
            let target = Target {
                node: Default::default(),
                status: "Success".into(),
                running_since: None,
                outcome: Some(crate::fanout::Outcome { stdout: bytes, ..Default::default() }),
            };
            for row in rows(&target, room) {
                prop_assert!(width(&row.text) <= room, "{:?}", row.text);
                prop_assert!(!row.text.chars().any(char::is_control));
            }
        }
    }
}
