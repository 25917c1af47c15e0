//! An automation as it stands: its tree with times, the step under the cursor with what went in and came out, what waits
//! for a person below.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::document::{Approval, Want, asked};
use crate::fleet::Node;
use crate::panel::boxed;
use crate::panel::documents::live::Run;
use crate::panel::documents::tree;
use crate::ui::list::{self, List};
use crate::ui::scrollbar::Scrollbar;
use crate::ui::{Ids, Look, Role, text, wrap};

use super::{LEAST, apart, role, role_of, sign, span};

/// Children that wait, by name.
const NAMED: usize = 3;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let documents = &model.documents;
    let Some(run) = documents.run() else {
        boxed(area, buf, look, Line::default(), true);
        return;
    };
    let asked = wanted(run, usize::from(area.width.saturating_sub(4)), look);
    let below = match asked.is_empty() {
        true => 0,
        false => (asked.len() as u16 + 2).min(area.height / 2),
    };
    let width = (area.width * 2 / 5).clamp(34.min(area.width), 56.max(area.width / 3));
    // Where there is room, its place is told in full.
    let whole = title(model, run, look, false);
    let (name, stands) = match whole.0.width() + whole.1.width() <= usize::from(area.width.saturating_sub(2))
    {
        true => whole,
        false => title(model, run, look, true),
    };
    // What does not fit above the steps has a line of its own: where it runs is never cut.
    let is_long = area.width < LEAST || name.width() + stands.width() > usize::from(width.saturating_sub(4));
    let [head, upper, lower] = Layout::vertical([
        Constraint::Length(u16::from(is_long)),
        Constraint::Fill(1),
        Constraint::Length(below),
    ])
    .areas(area);
    let [left, right] = Layout::horizontal([Constraint::Length(width), Constraint::Fill(1)]).areas(upper);
    let title = match is_long {
        true => {
            let room = usize::from(head.width.saturating_sub(2)).saturating_sub(stands.width());
            let name = Span::styled(text::fit(&name.content, room.min(name.width())), name.style);
            let line = Line::from_iter([name].into_iter().chain(stands.spans));
            buf.set_line(head.x + 1, head.y, &line, head.width.saturating_sub(2));
            Line::styled("Steps", look.of(Role::Title))
        }
        false => Line::from_iter([name].into_iter().chain(stands.spans)),
    };
    let inner = boxed(left, buf, look, title, true);
    let lines = tree::lines(documents, run);
    let cursor = tree::cursor(run, &lines);
    let shown = Shown {
        lines,
        nodes: &model.fleet.nodes,
        now: model.now,
    };
    List {
        rows: &shown,
        focused: true,
        empty: "AWS has not told its steps yet",
    }
    .paint(inner, buf, look, &cursor);
    paint_step(run, tree::selected(documents, run), right, buf, look);
    if below > 0 {
        let title = Line::styled("waits for you", look.of(Role::Warn));
        let inner = boxed(lower, buf, look, title, true);
        for (y, line) in (inner.top()..inner.bottom()).zip(&asked) {
            buf.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
        }
    }
}

/// What it is; and how it stands, for how long, where.
fn title(model: &Model, run: &Run, look: &Look, is_short: bool) -> (Span<'static>, Line<'static>) {
    let now = model.now;
    let name = Span::styled(text::quote(run.called()).into_owned(), look.of(Role::Title));
    let stands = format!("  {}", text::quote(run.says()));
    let mut spans = vec![Span::styled(stands, look.of(role_of(run.status())))];
    if run.is_stop_sent && run.status().is_some() && !run.is_over() {
        spans.push(Span::styled("  stop was sent", look.of(Role::Warn)));
    }
    if let Some(begun) = run.execution().and_then(|execution| execution.started_at) {
        let until = run
            .execution()
            .and_then(|execution| execution.ended_at)
            .unwrap_or(now);
        let took = until.duration_since(begun).as_secs().max(0);
        spans.push(Span::styled(format!("  {}", span(took)), look.of(Role::Dim)));
    }
    if run.trouble.is_some() && run.status().is_some() {
        let age = run.seen_at.map(|at| now.duration_since(at).as_secs().max(0));
        let says = age.map_or("  never seen".to_owned(), |age| {
            format!("  seen {} ago", span(age))
        });
        spans.push(Span::styled(says, look.of(Role::Warn)));
    }
    let place = apart(&model.documents).says(&run.place, is_short);
    if !place.is_empty() {
        spans.push(Span::styled(format!("  {place}"), look.of(Role::Faint)));
    }
    (name, Line::from(spans))
}

struct Shown<'m> {
    lines: tree::Lines,
    nodes: &'m [Node],
    now: jiff::Timestamp,
}

impl Shown<'_> {
    /// A machine with its name, as the fleet knows it.
    fn named(&self, says: &str) -> String {
        let node = self
            .nodes
            .iter()
            .find(|node| node.id.0 == says && !node.name.is_empty());
        node.map_or_else(|| says.to_owned(), |node| format!("{} {says}", node.name))
    }
}

impl Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.lines.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.lines.id_at(index)
    }
}

impl list::Lines for Shown<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(line) = self.lines.0.get(index) else {
            return Line::default();
        };
        let indent = "  ".repeat(line.depth);
        let says = text::quote(&self.named(&line.says)).into_owned();
        let Some(status) = &line.status else {
            return Line::styled(format!("{indent}{says}"), look.of(Role::Dim));
        };
        let words = match status {
            crate::aws::Status::Pending => Role::Dim,
            _ => Role::Text,
        };
        Line::from(vec![
            Span::raw(indent),
            Span::styled(format!("{} ", sign(status)), look.of(role(status))),
            Span::styled(says, look.of(words)),
        ])
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let line = self.lines.0.get(index)?;
        if let Some(begun) = line.step.as_ref().and_then(|step| step.started_at) {
            let step = line.step.as_ref()?;
            let until = match (step.ended_at, step.status.is_over()) {
                (Some(ended), _) => ended,
                (None, true) => return None,
                (None, false) => self.now,
            };
            let took = until.duration_since(begun).as_secs().max(0);
            return Some(Line::styled(span(took), look.of(Role::Dim)));
        }
        line.child
            .as_ref()
            .map(|_| Line::styled("enter", look.of(Role::Faint)))
    }
}

fn paint_step(run: &Run, line: Option<tree::Line>, area: Rect, buf: &mut Buffer, look: &Look) {
    let name = line.as_ref().map(|line| line.says.clone()).unwrap_or_default();
    let title = Line::styled(text::quote(&name).into_owned(), look.of(Role::Dim));
    let inner = boxed(area, buf, look, title, false);
    let room = usize::from(inner.width.saturating_sub(3)).max(1);
    let lines = told(run, line.as_ref(), room, look);
    let height = usize::from(inner.height);
    let first = run.offset.min(lines.len().saturating_sub(height));
    for (y, line) in (inner.top()..inner.bottom()).zip(lines.iter().skip(first)) {
        buf.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
    }
    let bar = Rect {
        x: inner.right().saturating_sub(1),
        width: 1.min(inner.width),
        ..inner
    };
    Scrollbar {
        total: lines.len(),
        first,
        shown: height.min(lines.len()),
    }
    .paint(bar, buf, look);
}

/// What is known of the step, or of the whole where no step is meant.
fn told(run: &Run, line: Option<&tree::Line>, room: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut push = |says: &str, role: Role| {
        for part in says.lines() {
            let part = part.replace('\t', "    ");
            let wrapped = wrap::wrap(&text::quote(&part), room);
            lines.extend(wrapped.into_iter().map(|part| Line::styled(part, look.of(role))));
        }
    };
    if let Some(untold) = run.untold() {
        push(&untold, Role::Warn);
    } else if let Some(trouble) = &run.trouble {
        push(&format!("it cannot be asked for: {trouble}"), Role::Warn);
    }
    if run.is_stop_sent && !run.is_over() {
        push("stop was sent", Role::Warn);
    }
    if let Some(failure) = run.seen.as_ref().and_then(|seen| seen.unlisted.as_ref()) {
        let says = format!(
            "what it has begun cannot be listed: {}; {}",
            failure.cause, failure.hint
        );
        push(&says, Role::Warn);
    }
    let Some(step) = line.and_then(|line| line.step.as_ref()) else {
        if let Some(execution) = run.execution() {
            for says in execution.failure.iter().chain(&execution.warning) {
                push(says, Role::Bad);
            }
            for name in &execution.alarms {
                push(&format!("stopped by the alarm {name}"), Role::Bad);
            }
            for name in &execution.heeds {
                push(&format!("heeds the alarm {name}"), Role::Dim);
            }
            for (name, values) in &execution.parameters {
                push(&format!("{name} = {}", values.join(", ")), Role::Dim);
            }
            for (name, values) in &execution.outputs {
                push(&format!("{name}: {}", values.join("\n")), Role::Text);
            }
        }
        return lines;
    };
    push(&format!("{}, {}", step.action, step.status.says()), Role::Dim);
    for says in step.troubles() {
        push(says, Role::Bad);
    }
    for (name, value) in &step.inputs {
        push(&format!("{name} = {value}"), Role::Dim);
    }
    let fetched = run.outputs.as_ref().filter(|(name, _)| *name == step.name);
    match fetched {
        Some((_, outputs)) => {
            for output in outputs {
                push(&output.name, Role::Heading);
                push(&output.text, Role::Text);
                if output.is_cut {
                    let why = output
                        .says
                        .clone()
                        .unwrap_or_else(|| "AWS cut it, and nobody keeps the rest".into());
                    push(&why, Role::Warn);
                }
            }
        }
        None => {
            for (name, values) in &step.outputs {
                push(name, Role::Heading);
                push(&values.join("\n"), Role::Text);
            }
            if line.is_some_and(|line| line.child.is_some()) {
                push("enter opens it", Role::Faint);
            } else if !step.outputs.is_empty() {
                push("enter fetches it whole", Role::Faint);
            }
        }
    }
    lines
}

/// The question, and the keys that answer it.
fn wanted(run: &Run, room: usize, look: &Look) -> Vec<Line<'static>> {
    let Some(want) = run.want() else {
        return awaited(run, room, look);
    };
    let keys = match want {
        Want::Approval { .. } if run.has_approval() => {
            "a approve · X reject · R take yours back · x cancel it"
        }
        Want::Approval { .. } => "a approve · X reject · x cancel it",
        Want::Resume { .. } => "n go on · x cancel it",
        Want::Begin { .. } => "n begin it · x cancel it",
    };
    // However many have decided, the keys stay in sight.
    const MOST: usize = 6;
    let asked = run.execution().and_then(asked);
    let says = std::iter::once(want.says()).chain(asked.iter().flat_map(Approval::says));
    let mut lines: Vec<Line<'static>> = says
        .flat_map(|says| wrap::wrap(&text::quote(&says), room.max(1)))
        .map(|part| Line::styled(part, look.of(Role::Text)))
        .take(MOST)
        .collect();
    lines.push(Line::styled(keys, look.of(Role::Accent)));
    lines
}

/// Children that wait, and the key that leads there.
fn awaited(run: &Run, room: usize, look: &Look) -> Vec<Line<'static>> {
    let all = run.awaited();
    let mut lines: Vec<Line<'static>> = Vec::new();
    for says in all.iter().take(NAMED) {
        let parts = wrap::wrap(&text::quote(says), room.max(1)).into_iter();
        lines.extend(parts.map(|part| Line::styled(part, look.of(Role::Text))));
    }
    let more = all.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push(Line::styled(format!("and {more} more"), look.of(Role::Dim)));
    }
    if !lines.is_empty() {
        let says = match run.is_awaited_below() {
            true => "enter on its line leads there, level by level: it is answered there",
            false => "enter on its line opens it: it is answered there",
        };
        lines.push(Line::styled(says, look.of(Role::Accent)));
    }
    lines
}
