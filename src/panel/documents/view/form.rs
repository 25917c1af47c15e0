//! A document: what it is, its form with what is filled in, its steps with what only looks told from what changes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::document::{Impact, OnTrouble, Parameter, Preview, Step, What};
use crate::panel::boxed;
use crate::panel::documents::{Documents, Front, Opened, Stored};
use crate::ui::list::{Lines, List};
use crate::ui::{Look, Role, text, wrap};

/// Lines of a description that are shown.
const ABOUT: usize = 3;

pub fn view(documents: &Documents, area: Rect, buf: &mut Buffer, look: &Look) {
    let Some(opened) = &documents.opened else {
        boxed(area, buf, look, Line::default(), false);
        return;
    };
    let focused = documents.front == Front::Form;
    let title = Line::from(vec![
        Span::styled(text::quote(&opened.name).into_owned(), look.of(Role::Title)),
        Span::styled(
            format!(
                "  {} {}",
                text::quote(&opened.place.profile),
                text::quote(&opened.place.region)
            ),
            look.of(Role::Dim),
        ),
    ]);
    let inner = boxed(area, buf, look, title, focused);
    let room = usize::from(inner.width.saturating_sub(2)).max(1);
    let head = head(opened, room, look);
    let height = (head.len() as u16).min(inner.height / 2);
    for (y, line) in (inner.y..inner.y + height).zip(&head) {
        buf.set_line(inner.x + 1, y, line, inner.width.saturating_sub(2));
    }
    let rest = Rect {
        y: inner.y + height,
        height: inner.height - height,
        ..inner
    };
    let shown = Shown {
        opened,
        name_room: opened
            .form
            .fields
            .iter()
            .map(|field| text::width(&field.parameter.name))
            .chain(opened.reaches().iter().map(|row| text::width(row.name())))
            .max()
            .unwrap_or_default()
            .min(room / 2),
    };
    List {
        rows: &shown,
        focused,
        empty: "",
    }
    .paint(rest, buf, look, &opened.at);
}

/// What it is, and what a start would do; or why it cannot be understood.
fn head(opened: &Opened, room: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut push = |says: &str, role: Role, most: usize| {
        let parts = wrap::wrap(&text::quote(says), room);
        lines.extend(
            parts
                .into_iter()
                .take(most)
                .map(|part| Line::styled(part, look.of(role))),
        );
    };
    match &opened.document {
        Ok(document) => {
            let version = opened
                .version
                .as_ref()
                .map(|version| format!(", version {version}"))
                .unwrap_or_default();
            push(
                &format!("{} {}{version}", document.kind, document.schema),
                Role::Dim,
                1,
            );
            // Markdown, as a rule: its headings are sentences of their own here.
            let lines = document
                .description
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty());
            let sentences = lines.map(|line| match line.strip_prefix('#') {
                Some(heading) => format!("{}:", heading.trim_start_matches('#').trim()),
                None => line.split_whitespace().collect::<Vec<_>>().join(" "),
            });
            let about = sentences.collect::<Vec<_>>().join(" ");
            if !about.is_empty() {
                push(&about, Role::Text, ABOUT);
            }
            let says = Preview::of(document, "").says();
            push(&says, Role::Dim, 2);
            for gap in document.gaps.iter().take(ABOUT) {
                push(&gap.to_string(), Role::Warn, 1);
            }
        }
        Err(bad) => push(&format!("it cannot be understood: {bad}"), Role::Bad, ABOUT),
    }
    lines.push(Line::default());
    lines
}

struct Shown<'a> {
    opened: &'a Opened,
    /// Cells that names of parameters are given.
    name_room: usize,
}

impl crate::ui::Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.opened.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.opened.id_at(index)
    }
}

impl Shown<'_> {
    /// What holds where nothing is typed: with a name in Parameter Store also what stands there now.
    fn default(&self, parameter: &Parameter, usual: &str) -> String {
        let Some(name) = parameter.stored() else {
            return match usual {
                "" => "empty".to_owned(),
                usual => usual.split_whitespace().collect::<Vec<_>>().join(" "),
            };
        };
        match self.opened.stored.get(name) {
            None => format!("from Parameter Store: {name}"),
            Some(Stored::Value(value)) => format!("{value}  ({name} of Parameter Store)"),
            Some(Stored::Secret) => format!("secret, not shown: {name} of Parameter Store"),
            Some(Stored::Unread(cause)) => format!("not read: {name} of Parameter Store: {cause}"),
        }
    }

    fn step(&self, index: usize) -> Option<(&crate::document::Row, Option<&Step>)> {
        let fields = self.opened.fields();
        let at = index.checked_sub(fields + usize::from(fields > 0))?;
        let row = self.opened.tree.get(at)?;
        let step = match (&row.what, &self.opened.document) {
            (What::Step(path), Ok(document)) => document.step_at(path),
            _ => None,
        };
        Some((row, step))
    }
}

impl Lines for Shown<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        if let Some(field) = self.opened.form.fields.get(index) {
            let name = text::fit(&text::quote(&field.parameter.name), self.name_room);
            let mut spans = vec![Span::styled(format!("{name}  "), look.of(Role::Accent))];
            let typed = field.text();
            let (says, role) = match (typed.is_empty(), field.parameter.usual()) {
                (false, _) if field.value().is_err() => (typed, Role::Bad),
                (false, _) => (typed, Role::Text),
                (true, None) => ("required".to_owned(), Role::Warn),
                (true, Some(usual)) => (self.default(&field.parameter, &usual), Role::Dim),
            };
            spans.push(Span::styled(text::quote(&says).into_owned(), look.of(role)));
            return Line::from(spans);
        }
        if let Some(row) = self.opened.reach_at(index) {
            let name = text::fit(row.name(), self.name_room);
            let typed = self.opened.reach.text(row);
            let kind = self.opened.document.as_ref().map(|document| document.kind);
            let (says, role) = match (typed.is_empty(), kind) {
                (true, Ok(kind)) => (row.usual(kind), Role::Dim),
                _ => (typed, Role::Text),
            };
            return Line::from(vec![
                Span::styled(format!("{name}  "), look.of(Role::Accent)),
                Span::styled(text::quote(says).into_owned(), look.of(role)),
            ]);
        }
        let Some((row, step)) = self.step(index) else {
            return Line::default();
        };
        let indent = "  ".repeat(row.depth);
        match (&row.what, step) {
            (What::Step(_), Some(step)) => {
                let (mark, role) = mark(step.impact);
                Line::from(vec![
                    Span::raw(indent),
                    Span::styled(format!("{mark} "), look.of(role)),
                    Span::styled(text::quote(&step.name).into_owned(), look.of(Role::Text)),
                    Span::styled(format!("  {}", text::quote(&besides(step))), look.of(Role::Faint)),
                ])
            }
            (What::Way { when, to }, _) => {
                let to = to.as_ref().map_or(":".to_owned(), |to| format!(" → {to}"));
                Line::styled(
                    format!("{indent}{}", text::quote(&format!("{when}{to}"))),
                    look.of(Role::Dim),
                )
            }
            (What::Heading(says), _) => {
                Line::styled(format!("{indent}{}:", text::quote(says)), look.of(Role::Warn))
            }
            (What::GoesTo(name), _) => {
                Line::styled(format!("{indent}→ {}", text::quote(name)), look.of(Role::Dim))
            }
            (What::Step(_), None) => Line::default(),
        }
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        if let Some(field) = self.opened.form.fields.get(index) {
            let kind = field.parameter.kind.to_string();
            return Some(Line::styled(
                text::quote(&kind).into_owned(),
                look.of(Role::Faint),
            ));
        }
        if let Some(row) = self.opened.reach_at(index) {
            // What was typed takes the room.
            let is_free = self.opened.reach.text(row).is_empty();
            return is_free.then(|| Line::styled(row.takes(), look.of(Role::Faint)));
        }
        let (_, step) = self.step(index)?;
        let action = step?.action.trim_start_matches("aws:").to_owned();
        Some(Line::styled(
            text::quote(&action).into_owned(),
            look.of(Role::Dim),
        ))
    }
}

/// A cell that tells reads from changes.
fn mark(impact: Impact) -> (&'static str, Role) {
    match impact {
        Impact::Reads => ("·", Role::Good),
        Impact::Unknown => ("?", Role::Warn),
        Impact::Changes => ("!", Role::Bad),
    }
}

fn besides(step: &Step) -> String {
    let mut parts = Vec::new();
    if let Some(api) = step.input("Api") {
        parts.push(api.shown());
    }
    parts.extend(step.starts().map(|name| format!("runs {name}")));
    if step.on_failure != OnTrouble::Abort {
        parts.push(format!("if it fails: {}", step.on_failure));
    }
    if step.is_critical == Some(false) {
        parts.push("not critical".into());
    }
    parts.join(", ")
}
