//! Painting the documents: the list at the left and what is in it at the right, or one of them where there is no room; an
//! automation as its tree with one step beside it, and what waits for a person below.

mod form;
mod list;
mod live;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::{Model, Place};
use crate::aws::Status;
use crate::panel::boxed;
use crate::ui::list::{Lines, List};
use crate::ui::{Ids, Look, Role, text};

use super::{Documents, Front, Runs, waiting};
use list::{Apart, Rows};

/// The list takes what its rows want, from this to half of the room.
const LIST: u16 = 46;
/// Its border, its mark and its scroll bar.
const FRAME: u16 = 4;
const LEAST: u16 = 100;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let documents = &model.documents;
    match documents.front {
        Front::Live => return live::view(model, area, buf, look),
        Front::Runs => return runs(model, area, buf, look),
        Front::List | Front::Form => {}
    }
    let (list, detail) = parts(documents, area);
    if list.width > 0 {
        paint_list(model, list, buf, look);
    }
    if detail.width > 0 {
        form::view(documents, detail, buf, look);
    }
}

/// The list and what is in it; one of them without width.
fn parts(documents: &Documents, area: Rect) -> (Rect, Rect) {
    let none = Rect { width: 0, ..area };
    if area.width >= LEAST {
        let wanted = u16::try_from(Rows::wanted(documents)).unwrap_or(u16::MAX);
        let width = wanted
            .saturating_add(FRAME)
            .clamp(LIST, (area.width / 2).max(LIST));
        let [list, detail] = Layout::horizontal([Constraint::Length(width), Constraint::Fill(1)]).areas(area);
        return (list, detail);
    }
    match documents.front {
        Front::Form => (none, area),
        _ => (area, none),
    }
}

/// The document in the list under the mouse.
pub fn hit(documents: &Documents, area: Rect, x: u16, y: u16) -> Option<String> {
    let (frame, _) = parts(documents, area);
    if !matches!(documents.front, Front::List | Front::Form) || frame.width < 3 || frame.height < 3 {
        return None;
    }
    let inner = Rect::new(frame.x + 1, frame.y + 1, frame.width - 2, frame.height - 2);
    let list = List {
        rows: &Rows::of(documents, usize::from(frame.width.saturating_sub(FRAME))),
        focused: true,
        empty: "",
    };
    documents.id_at(list.hit(inner, &documents.cursor, x, y)?)
}

fn paint_list(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let documents = &model.documents;
    let total = documents.bodies.len();
    let count = match documents.len() == total {
        true => format!("  {total}"),
        false => format!("  {} of {total}", documents.len()),
    };
    let mut title = vec![
        Span::styled("Documents", look.of(Role::Title)),
        Span::styled(count, look.of(Role::Dim)),
    ];
    if !documents.query.is_empty() {
        let query = format!("  /{}", text::quote(&documents.query));
        title.push(Span::styled(query, look.of(Role::Accent)));
    }
    if !documents.failures.is_empty() {
        let says = format!("  {} not read", documents.failures.len());
        title.push(Span::styled(says, look.of(Role::Warn)));
    }
    title.extend(awaited(model, look));
    let focused = documents.front == Front::List;
    let inner = boxed(area, buf, look, Line::from(title), focused);
    let empty = match (documents.is_asked, total) {
        (true, 0) => "no document of the account's own is known yet",
        (false, _) => "r reads the documents of every account",
        _ => "no document holds these words",
    };
    List {
        rows: &Rows::of(documents, usize::from(area.width.saturating_sub(FRAME))),
        focused,
        empty,
    }
    .paint(inner, buf, look, &documents.cursor);
}

fn runs(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let documents = &model.documents;
    let going = documents.runs.iter().filter(|run| !run.is_over()).count();
    let mut title = vec![
        Span::styled("Automations", look.of(Role::Title)),
        Span::styled(
            format!("  {}, {going} going", documents.runs.len()),
            look.of(Role::Dim),
        ),
    ];
    title.extend(awaited(model, look));
    let inner = boxed(area, buf, look, Line::from(title), true);
    let dated = Dated {
        runs: Runs(&documents.runs),
        apart: apart(documents),
        now: model.now,
    };
    List {
        rows: &dated,
        focused: true,
        empty: "no automation has run in these accounts lately",
    }
    .paint(inner, buf, look, &documents.at_run);
}

/// How many automations wait for a person, and the key that leads there.
fn awaited(model: &Model, look: &Look) -> Option<Span<'static>> {
    let key = waiting::key(model, Place::Documents);
    let says = match model.documents.waiting().count() {
        0 => return None,
        1 => format!("  1 waits for a person: {key}"),
        several => format!("  {several} wait for a person: {key}"),
    };
    Some(Span::styled(says, look.of(Role::Warn)))
}

/// What tells the places of automations apart: they might run wherever there is a document.
fn apart(documents: &Documents) -> Apart {
    let listed = documents.bodies.iter().map(|body| &body.listed.place);
    Apart::of(documents.runs.iter().map(|run| &run.place).chain(listed))
}

/// Automations with their places and ages.
struct Dated<'a> {
    runs: Runs<'a>,
    apart: Apart,
    now: jiff::Timestamp,
}

impl Ids for Dated<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.runs.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.runs.id_at(index)
    }
}

impl Lines for Dated<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(run) = self.runs.0.get(index) else {
            return Line::default();
        };
        let (status, row) = (run.status(), run.row.as_ref());
        let name = text::quote(run.called()).into_owned();
        let mut spans = vec![
            Span::styled(format!("{} ", sign_of(status)), look.of(role_of(status))),
            Span::styled(name, look.of(Role::Text)),
        ];
        if let Some(waits) = run.waits() {
            let says = format!("  {}", text::quote(&waits));
            spans.push(Span::styled(says, look.of(Role::Warn)));
            return Line::from(spans);
        }
        spans.push(Span::styled(
            format!("  {}", text::quote(run.says())),
            look.of(role_of(status)),
        ));
        let target = run
            .execution()
            .and_then(|execution| execution.target.clone())
            .or_else(|| row.and_then(|row| row.target.clone()));
        let step = run
            .execution()
            .and_then(|execution| execution.current_step.clone())
            .or_else(|| row.and_then(|row| row.current_step.clone()));
        let now = match run.is_over() {
            true => target,
            false => step.or(target),
        };
        if let Some(now) = now {
            spans.push(Span::styled(
                format!("  {}", text::quote(&now)),
                look.of(Role::Dim),
            ));
        }
        Line::from(spans)
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let run = self.runs.0.get(index)?;
        let begun = run.started_at()?;
        let age = self.now.duration_since(begun).as_secs().max(0);
        let place = self.apart.says(&run.place, false);
        let says = format!("{place}  {} ago", span(age));
        Some(Line::styled(says, look.of(Role::Dim)))
    }
}

/// Seconds as people say them.
fn span(seconds: i64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// One cell for how something stands.
fn sign(status: &Status) -> &'static str {
    match status {
        status if status.is_success() => "✓",
        Status::Pending | Status::Scheduled => "·",
        status if status.wants_somebody() => "?",
        Status::Cancelled | Status::Cancelling | Status::Exited => "■",
        status if status.is_over() => "✗",
        _ => "▶",
    }
}

/// The same of an automation, which AWS may not have told of yet.
fn sign_of(status: Option<&Status>) -> &'static str {
    status.map_or("…", sign)
}

fn role_of(status: Option<&Status>) -> Role {
    status.map_or(Role::Warn, role)
}

fn role(status: &Status) -> Role {
    match status {
        status if status.is_success() => Role::Good,
        Status::Pending | Status::Scheduled => Role::Dim,
        status if status.wants_somebody() => Role::Warn,
        Status::Cancelled | Status::Cancelling | Status::Exited => Role::Warn,
        status if status.is_over() => Role::Bad,
        _ => Role::Accent,
    }
}
