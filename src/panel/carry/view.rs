//! Painting a run: steps at the left, the selected one's commands and output at the right, the question below.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::panel::boxed;
use crate::runbook::Level;
use crate::runbook::run::{Outcome, Question};
use crate::ui::list::{Lines, List};
use crate::ui::{Ids, Look, Role, text, wrap};

use super::{Carry, Mark, Row};

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let carry = &model.carry;
    let (says, keys) = question(carry, usize::from(area.width.saturating_sub(4)), look);
    let asked = within(says, keys, usize::from((area.height / 2).saturating_sub(2)), look);
    let below = if asked.is_empty() {
        0
    } else {
        asked.len() as u16 + 2
    };
    let [upper, lower] = Layout::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(area);
    let width = (upper.width * 2 / 5).clamp(28.min(upper.width), 46.max(upper.width / 3));
    let [list, output] = Layout::horizontal([Constraint::Length(width), Constraint::Fill(1)]).areas(upper);
    let inner = boxed(list, buf, look, title(carry, look), true);
    let timed = Timed {
        carry,
        now: model.now,
    };
    let empty = "no run: R on a runbook begins one";
    List {
        rows: &timed,
        focused: true,
        empty,
    }
    .paint(inner, buf, look, &carry.cursor);
    match (&carry.question, carry.selected()) {
        (Some(Question::Changed { diff }), _) => paint_diff(diff, output, buf, look),
        (_, Some(row)) => paint_row(row, output, buf, look),
        _ => {}
    }
    if below > 0 {
        let inner = boxed(
            lower,
            buf,
            look,
            Line::styled("waits for you", look.of(Role::Warn)),
            true,
        );
        for (y, line) in (inner.top()..inner.bottom()).zip(&asked) {
            buf.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
        }
    }
}

fn title<'a>(carry: &Carry, look: &Look) -> Line<'a> {
    let mut spans = vec![
        Span::styled(text::quote(&carry.title).into_owned(), look.of(Role::Title)),
        Span::raw(" "),
    ];
    if carry.production {
        spans.push(Span::styled(" prod ", look.of(Role::BadgeProd)));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(
        text::quote(&carry.target).into_owned(),
        look.of(Role::Dim),
    ));
    if let Some((outcome, _)) = &carry.closed {
        let (says, role) = end(carry, *outcome);
        spans.push(Span::styled(format!(" {says}"), look.of(role)));
    }
    Line::from(spans)
}

/// How it ended, in a word; of what only undoes, what is undone.
fn end(carry: &Carry, outcome: Outcome) -> (String, Role) {
    let undone = carry.undone();
    match outcome {
        _ if carry.undoes && carry.has_rollback(|mark| matches!(mark, Mark::Failed(_))) => {
            ("undoing failed".into(), Role::Bad)
        }
        _ if carry.undoes && carry.has_kept() => ("undoing unknown".into(), Role::Warn),
        _ if carry.undoes && undone.is_empty() => ("nothing undone".into(), Role::Dim),
        _ if carry.undoes => (
            text::quote(&format!("undone: {}", undone.join(", "))).into_owned(),
            Role::Good,
        ),
        Outcome::Success => ("done".into(), Role::Good),
        _ => ("ended".into(), Role::Bad),
    }
}

/// Rows with the time that those under way have taken.
struct Timed<'a> {
    carry: &'a Carry,
    now: jiff::Timestamp,
}

impl Ids for Timed<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.carry.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.carry.id_at(index)
    }
}

impl Lines for Timed<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(row) = self.carry.rows.get(index) else {
            return Line::default();
        };
        let (sign, role) = match &row.mark {
            Mark::Pending if row.is_task => ("☐", Role::Dim),
            Mark::Pending => ("·", Role::Dim),
            Mark::Running(_) => ("▶", Role::Accent),
            _ if self.carry.is_undone(row) => ("↶", Role::Dim),
            Mark::Done { .. } | Mark::Stood => ("✓", Role::Good),
            Mark::Ticked => ("☑", Role::Good),
            Mark::Failed(_) => ("✗", Role::Bad),
            Mark::Unknown(_) => ("?", Role::Warn),
            Mark::LeftOut(_) => ("–", Role::Warn),
        };
        let words = if row.mark == Mark::Pending {
            Role::Dim
        } else {
            Role::Text
        };
        Line::from(vec![
            Span::styled(format!("{sign} {:>2} ", row.number), look.of(role)),
            Span::styled(text::quote(&row.title).into_owned(), look.of(words)),
        ])
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let row = self.carry.rows.get(index)?;
        let (says, role) = match &row.mark {
            Mark::Running(since) => (
                format!("{} s", self.now.duration_since(*since).as_secs().max(0)),
                Role::Accent,
            ),
            _ if self.carry.is_undone(row) => ("undone".to_owned(), Role::Dim),
            Mark::Done { lasted_ms } => (format!("{:.1} s", *lasted_ms as f64 / 1000.0), Role::Dim),
            Mark::Stood => ("before".to_owned(), Role::Dim),
            Mark::Pending if !row.is_task && !row.reads => ("change".to_owned(), Role::Warn),
            _ => return None,
        };
        Some(Line::styled(says, look.of(role)))
    }
}

fn paint_row(row: &Row, area: Rect, buf: &mut Buffer, look: &Look) {
    let name = format!("{} {}", row.number, text::quote(&row.title));
    let inner = boxed(area, buf, look, Line::styled(name, look.of(Role::Dim)), false);
    let room = usize::from(inner.width.saturating_sub(2)).max(1);
    let mut lines: Vec<Line> = Vec::new();
    let about = wrap::wrap(&text::quote(&row.about), room);
    let about = about.into_iter().filter(|_| !row.about.is_empty());
    lines.extend(about.map(|part| Line::styled(part, look.of(Role::Text))));
    for line in row.commands.iter().flat_map(|command| command.lines()) {
        for (at, part) in wrap::wrap(&text::quote(line), room.saturating_sub(2).max(1))
            .into_iter()
            .enumerate()
        {
            let sign = if at == 0 { "$ " } else { "  " };
            lines.push(Line::styled(format!("{sign}{part}"), look.of(Role::Accent)));
        }
    }
    for line in &row.output {
        let line = line.replace('\t', "    ");
        let parts = wrap::wrap(&text::quote(&line), room);
        lines.extend(
            parts
                .into_iter()
                .map(|part| Line::styled(part, look.of(Role::Text))),
        );
    }
    let (says, role) = match &row.mark {
        Mark::Failed(says) => (format!("failed: {says}"), Role::Bad),
        Mark::Unknown(says) => (format!("unknown: {says}"), Role::Warn),
        Mark::LeftOut(why) => (format!("left out: {why}"), Role::Warn),
        _ => (String::new(), Role::Dim),
    };
    if !says.is_empty() {
        let parts = wrap::wrap(&text::quote(&says), room);
        lines.extend(parts.into_iter().map(|part| Line::styled(part, look.of(role))));
    }
    // The end is what is new.
    let first = lines.len().saturating_sub(usize::from(inner.height));
    for (y, line) in (inner.top()..inner.bottom()).zip(lines.iter().skip(first)) {
        buf.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
    }
}

/// What was taken from the page and what was put in, since the run began.
fn paint_diff(diff: &str, area: Rect, buf: &mut Buffer, look: &Look) {
    let title = Line::styled("the page, then and now", look.of(Role::Dim));
    let inner = boxed(area, buf, look, title, false);
    let room = usize::from(inner.width.saturating_sub(2)).max(1);
    let mut lines: Vec<Line> = Vec::new();
    for line in diff.lines() {
        let role = match line.chars().next() {
            Some('+') => Role::Good,
            Some('-') => Role::Bad,
            Some('@') => Role::Dim,
            _ => Role::Text,
        };
        let parts = wrap::wrap(&text::quote(&line.replace('\t', "    ")), room);
        lines.extend(parts.into_iter().map(|part| Line::styled(part, look.of(role))));
    }
    let height = usize::from(inner.height);
    if lines.len() > height {
        let more = lines.len() + 1 - height;
        lines.truncate(height.saturating_sub(1));
        let says = format!("{more} lines more: `qd runbooks run --resume` prints them all");
        lines.push(Line::styled(says, look.of(Role::Warn)));
    }
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        buf.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
    }
}

/// A question that is no taller than its place: the keys that answer it stay in view.
fn within(
    mut says: Vec<Line<'static>>,
    keys: Vec<Line<'static>>,
    height: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let room = height.saturating_sub(keys.len()).max(1);
    if says.len() > room {
        let more = says.len() + 1 - room;
        says.truncate(room - 1);
        let rest = format!("… {more} lines more");
        says.push(Line::styled(rest, look.of(Role::Warn)));
    }
    says.extend(keys);
    says
}

/// The question in words, and which keys answer it.
fn question(carry: &Carry, room: usize, look: &Look) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    let Some(question) = &carry.question else {
        return Default::default();
    };
    let (says, keys) = match question {
        Question::Value {
            name,
            prompt,
            refused,
            choices,
            ..
        } => {
            let why = refused.as_ref().map(|why| format!("{why}. ")).unwrap_or_default();
            let choices = if choices.is_empty() {
                String::new()
            } else {
                format!(" ({})", choices.join(", "))
            };
            let words = if prompt.is_empty() { name } else { prompt };
            (
                format!("{why}A value is wanted: {words}{choices}"),
                "enter type it · x end the run",
            )
        }
        Question::Confirm {
            title,
            targets,
            production,
            level,
            phrase,
            impact,
            note,
            ..
        } => {
            let badge = if *production { "PRODUCTION " } else { "" };
            let note = if note.is_empty() {
                String::new()
            } else {
                format!(" ({note})")
            };
            let keys = match level {
                Level::Type | Level::Two => {
                    format!("enter, then type {phrase} · s leave it out · x end the run")
                }
                Level::Yes => "y run it · s leave it out · x end the run".to_owned(),
                _ => "enter run it · s leave it out · x end the run".to_owned(),
            };
            let says = format!("Run “{title}” on {badge}{}?{note}", targets.join(", "));
            let says = [says]
                .iter()
                .chain(impact)
                .cloned()
                .collect::<Vec<_>>()
                .join(" · ");
            return lines(&says, &keys, room, look, *production);
        }
        Question::Task { text, .. } => (
            format!("Yours to do: {text}"),
            "y it is done · s leave it out · x end the run",
        ),
        Question::Unknown {
            title,
            target,
            rollback,
            ..
        } => {
            let says = match rollback {
                None => format!(
                    "“{title}” was under way on {target}, and nobody saw its end. Look how it stands."
                ),
                Some(rollback) => format!(
                    "“{title}” was done on {target}, and its rollback {rollback} did not go through there. Look how it stands."
                ),
            };
            (says, "y it is done · r run it again · x end the run")
        }
        Question::Failed { says, .. } => (
            format!("It failed: {says}"),
            "r try again · s go on without it · x end the run",
        ),
        Question::Blocked {
            why,
            wants_approval: true,
            ..
        } => (
            format!("It cannot run: {why}"),
            "enter, then the path of an approval · s go on without it · x end the run",
        ),
        Question::Blocked { why, .. } => (
            format!("It cannot run: {why}"),
            "r try again · s go on without it · x end the run",
        ),
        Question::Changed { .. } => (
            "The page has changed since the run began.".to_owned(),
            "y take it as it is now · s go on with it as it was · x end the run",
        ),
        Question::Gone { page } => (
            format!("{page} is gone. Go on with the page as it was when the run began?"),
            "y go on with that · x end the run",
        ),
        Question::Rollback {
            undoes,
            commands,
            failed_on,
            ..
        } => {
            let on = match failed_on.as_slice() {
                [] => String::new(),
                on => format!(" on {} too, where it failed", on.join(", ")),
            };
            let says = format!("Undo step {undoes}{on}? {}", commands.join("; "));
            (says, "y undo it · s leave it · x leave all")
        }
    };
    lines(&says, keys, room, look, carry.production)
}

/// Each line of the words is one of its own; then the keys.
fn lines(
    says: &str,
    keys: &str,
    room: usize,
    look: &Look,
    grave: bool,
) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    let role = if grave { Role::Bad } else { Role::Text };
    let wrapped = |text: &str, role| {
        let parts = wrap::wrap(&text::quote(text), room.max(1)).into_iter();
        parts
            .map(|part| Line::styled(part, look.of(role)))
            .collect::<Vec<Line<'static>>>()
    };
    let says = says.lines().flat_map(|line| wrapped(line, role)).collect();
    (says, wrapped(keys, Role::Accent))
}
