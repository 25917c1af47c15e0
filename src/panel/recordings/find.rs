//! The search box: what was shown or run in every recording, as it is typed. The answers take the list's place until
//! escape gives it back; enter opens the player at that moment.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{Ask, Effect, Model, Overlay, Progress, begun};
use crate::panel::list::Step;
use crate::panel::{age, boxed};
use crate::recording::{Found, Place, Query, Source, clock};
use crate::ui::list::{Lines, List};
use crate::ui::prompt::Prompt;
use crate::ui::{Cursor, Ids, Look, Role, text};

/// Answers that are kept; more than anyone reads.
const MOST: usize = 5_000;
/// What was found within so many columns is in sight of itself; else so many before it stay.
const NEAR: usize = 36;
const BEFORE: usize = 16;

#[derive(Debug)]
pub struct Find {
    pub query: String,
    read: Option<Query>,
    found: Vec<Found>,
    pub progress: Progress,
    pub cursor: Cursor<usize>,
    /// The audit log knows that this box was used.
    logged: bool,
}

impl Find {
    pub fn selected(&self) -> Option<&Found> {
        self.cursor.index(self).and_then(|at| self.found.get(at))
    }
}

impl Ids for Find {
    type Id = usize;

    fn len(&self) -> usize {
        self.found.len()
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        (index < self.found.len()).then_some(index)
    }
}

/// Opens the box, with what was sought before.
pub fn find(model: &mut Model, text: &str) -> Vec<Effect> {
    let before = model.recordings.find.as_ref().map(|find| find.query.clone());
    if !text.is_empty() {
        return sought(model, text.to_owned(), true);
    }
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::Find,
        prompt: Prompt::new(before.unwrap_or_default()),
    });
    Vec::new()
}

/// What is typed so far, or `submitted`.
pub fn sought(model: &mut Model, text: String, submitted: bool) -> Vec<Effect> {
    if text.trim().is_empty() {
        model.recordings.find = None;
        return Vec::new();
    }
    let before = model.recordings.find.take();
    let logged = before.as_ref().is_some_and(|find| find.logged);
    if let Some(find) =
        before.filter(|find| submitted && find.query == text && find.progress == Progress::Done)
    {
        model.recordings.find = Some(find);
        return vec![Effect::Search {
            query: text,
            logged: true,
        }];
    }
    let read = Query::parse(&text, model.now);
    let progress = match &read {
        Ok(_) => Progress::Going,
        Err(bad) => Progress::Refused(bad.to_string()),
    };
    let good = read.is_ok();
    model.recordings.find = Some(Find {
        query: text.clone(),
        read: read.ok(),
        found: Vec::new(),
        progress,
        cursor: Cursor::default(),
        logged: logged || good,
    });
    if !good {
        return Vec::new();
    }
    let effect = Effect::Search {
        query: text,
        logged: submitted || !logged,
    };
    vec![begun(model, effect)]
}

/// Gives the list back.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    model.recordings.find = None;
    Vec::new()
}

pub fn found(model: &mut Model, query: &str, found: Vec<Found>, progress: Progress) -> Vec<Effect> {
    if let Some(find) = model.recordings.find.as_mut().filter(|find| find.query == query) {
        if find.progress == Progress::Done {
            // The same was asked again, to be logged.
            return Vec::new();
        }
        find.found.extend(found);
        find.found.truncate(MOST);
        find.progress = progress;
    }
    Vec::new()
}

pub(super) fn step(find: &mut Find, step: Step) {
    let mut cursor = std::mem::take(&mut find.cursor);
    step.apply(&mut cursor, find);
    find.cursor = cursor;
}

/// Opens the player where it was found.
pub(super) fn open(find: &Find) -> Vec<Effect> {
    let Some(found) = find.selected() else {
        return Vec::new();
    };
    let row = &found.row;
    vec![Effect::Play {
        path: row.path.clone(),
        title: row.name.clone().unwrap_or_else(|| row.id.clone()),
        found: Some((found.at_us, find.query.clone())),
        beside: None,
    }]
}

/// The answer under the mouse.
pub(super) fn hit(find: &Find, inner: Rect, x: u16, y: u16) -> Option<usize> {
    list(find).hit(inner, &find.cursor, x, y)
}

fn list(find: &Find) -> List<'_, Find> {
    List {
        rows: find,
        focused: true,
        empty: match &find.progress {
            Progress::Going => "searching…",
            Progress::Done => "nothing was found",
            Progress::Refused(says) => says,
        },
    }
}

impl Lines for Find {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(found) = self.found.get(index) else {
            return Line::default();
        };
        let row = &found.row;
        let before = index.checked_sub(1).and_then(|at| self.found.get(at));
        let same = before.is_some_and(|before| before.row.id == row.id);
        let name = row.name.as_deref().or(row.target.as_deref()).unwrap_or(&row.kind);
        let (day, name) = if same {
            (String::new(), String::new())
        } else {
            (age::stamp(row.started_at), text::quote(name).into_owned())
        };
        let mut spans = vec![
            Span::styled(
                text::fit(day.get(..16).unwrap_or_default(), 17),
                look.of(Role::Dim),
            ),
            Span::styled(text::fit(&name, 16), look.of(Role::Text)),
            Span::styled(format!("{:>8}  ", clock(found.at_us)), look.of(Role::Accent)),
        ];
        if found.place == Place::Command {
            let code = found.command.as_ref().and_then(|command| command.exit_code);
            let (sign, role) = match code {
                Some(0) => ("✓ ".to_owned(), Role::Good),
                Some(code) => (format!("✗ {code} "), Role::Bad),
                None => ("$ ".to_owned(), Role::Dim),
            };
            spans.push(Span::styled(sign, look.of(role)));
        }
        let hit = self.read.as_ref().and_then(|query| query.find(&found.text));
        spans.extend(marked(&found.text, hit, look));
        Line::from(spans)
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let found = self.found.get(index)?;
        let says = match (found.place, &found.command) {
            (Place::Screen, _) => "screen",
            (Place::Command, Some(command)) if command.source == Source::Inferred => "inferred",
            _ => return None,
        };
        Some(Line::styled(says, look.of(Role::Faint)))
    }
}

/// The text around what was found, and that marked.
fn marked(found: &str, hit: Option<Range<usize>>, look: &Look) -> Vec<Span<'static>> {
    let plain = |part: &str| Span::styled(text::quote(part).into_owned(), look.of(Role::Text));
    let Some(hit) = hit else {
        return vec![plain(found)];
    };
    let skip = found[..hit.start]
        .char_indices()
        .rev()
        .nth(BEFORE)
        .filter(|_| found[..hit.end].chars().count() > NEAR)
        .map_or(0, |(at, _)| at);
    let mut spans = Vec::new();
    if skip > 0 {
        spans.push(Span::styled("…", look.of(Role::Dim)));
    }
    spans.push(plain(&found[skip..hit.start]));
    let middle = text::quote(&found[hit.clone()]).into_owned();
    spans.push(Span::styled(middle, look.of(Role::Match)));
    spans.push(plain(&found[hit.end..]));
    spans
}

pub(super) fn view(find: &Find, area: Rect, buf: &mut Buffer, look: &Look) {
    let count = match find.found.len() {
        MOST => format!("  the first {MOST}"),
        count => format!("  {count}"),
    };
    let mut title = vec![
        Span::styled("Found", look.of(Role::Title)),
        Span::styled(count, look.of(Role::Dim)),
        Span::styled(format!("  {}", text::quote(&find.query)), look.of(Role::Accent)),
    ];
    if find.progress == Progress::Going {
        title.push(Span::styled("  searching…", look.of(Role::Dim)));
    }
    let inner = boxed(area, buf, look, Line::from(title), true);
    list(find).paint(inner, buf, look, &find.cursor);
}
