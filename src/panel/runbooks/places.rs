//! Places to go to from a page, over it: its headings, or the pages that link to it.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::travel;
use super::update::colour;
use crate::app::{Effect, Model, Notice, Overlay, Weight};
use crate::panel::list::Step;
use crate::ui::list::{Lines, List};
use crate::ui::popup::{Frame, centred};
use crate::ui::{Cursor, Ids, Look, Role, text};

#[derive(Clone, Debug)]
struct Place {
    says: String,
    note: String,
    to: To,
}

#[derive(Clone, Debug)]
enum To {
    Line(usize),
    Page(PathBuf),
}

#[derive(Debug)]
pub struct Places {
    title: &'static str,
    places: Vec<Place>,
    cursor: Cursor<usize>,
}

const WIDTH: u16 = 78;

impl Places {
    /// Headings of the page, or pages that link to it; `None` where there are none, which is said.
    pub(super) fn of(model: &mut Model, outline: bool) -> Option<Places> {
        let places = match outline {
            true => headings(model),
            false => back_links(model),
        };
        if places.is_empty() {
            let says = match outline {
                true => "this page has no headings",
                false => "no page of the library links here",
            };
            model.notice(Notice::new(Weight::Info, says));
            return None;
        }
        let mut cursor = Cursor::default();
        let offset = model.runbooks.offset;
        let here = places
            .iter()
            .rposition(|place| matches!(place.to, To::Line(line) if line <= offset));
        cursor.select(here);
        Some(Places {
            title: if outline { "Outline" } else { "Linked from" },
            places,
            cursor,
        })
    }
}

fn headings(model: &Model) -> Vec<Place> {
    let Some((_, laid)) = travel::window(model) else {
        return Vec::new();
    };
    let place = |(level, title, line): &(u8, String, usize)| Place {
        says: format!("{}{title}", "  ".repeat(usize::from(level.saturating_sub(1)))),
        note: String::new(),
        to: To::Line(*line),
    };
    laid.document.headings.iter().map(place).collect()
}

fn back_links(model: &Model) -> Vec<Place> {
    let library = &model.runbooks.library;
    let Some(page) = model.runbooks.page() else {
        return Vec::new();
    };
    let place = |at: usize| {
        let other = &library.pages[at];
        Place {
            says: text::quote(&other.title).into_owned(),
            note: text::quote(&other.name).into_owned(),
            to: To::Page(other.path.clone()),
        }
    };
    library.back_links(page).into_iter().map(place).collect()
}

pub fn choose(model: &mut Model, mut places: Places, key: KeyEvent) -> Vec<Effect> {
    let step = match key.code {
        KeyCode::Down | KeyCode::Char('j') => Some(Step::By(1)),
        KeyCode::Up | KeyCode::Char('k') => Some(Step::By(-1)),
        KeyCode::PageDown => Some(Step::Page(1)),
        KeyCode::PageUp => Some(Step::Page(-1)),
        KeyCode::Home => Some(Step::Top),
        KeyCode::End | KeyCode::Char('G') => Some(Step::Bottom),
        KeyCode::Esc | KeyCode::Char('q' | 'o' | 'b') => return Vec::new(),
        KeyCode::Enter => {
            go(model, &places);
            return colour(model);
        }
        _ => None,
    };
    if let Some(step) = step {
        let mut cursor = std::mem::take(&mut places.cursor);
        step.apply(&mut cursor, &places);
        places.cursor = cursor;
    }
    model.overlay = Some(Overlay::Places(places));
    Vec::new()
}

fn go(model: &mut Model, places: &Places) {
    let chosen = places.cursor.index(places).and_then(|at| places.places.get(at));
    match chosen.map(|place| &place.to) {
        Some(To::Line(line)) => {
            let last = travel::window(model).map_or(*line, |(area, laid)| travel::last_offset(&laid, area));
            model.runbooks.reading = true;
            model.runbooks.offset = (*line).min(last);
        }
        Some(To::Page(path)) => {
            let books = &mut model.runbooks;
            let from = books.page().map(|page| (page.path.clone(), books.offset));
            books.came_from.extend(from);
            books.open(path);
        }
        None => {}
    }
}

pub fn view(places: &Places, whole: Rect, buf: &mut Buffer, look: &Look) {
    let height = u16::try_from(places.len()).unwrap_or(u16::MAX).saturating_add(2);
    let area = centred(
        whole,
        WIDTH.min(whole.width),
        height.min(whole.height.saturating_sub(2)),
    );
    let inner = Frame {
        title: Line::styled(
            format!("{}  {}", places.title, places.len()),
            look.of(Role::Title),
        ),
        note: Line::styled("enter go there", look.of(Role::Dim)),
        focused: true,
        over: true,
    }
    .paint(area, buf, look);
    let list = List {
        rows: places,
        focused: true,
        empty: "",
    };
    list.paint(inner, buf, look, &places.cursor);
}

impl Ids for Places {
    type Id = usize;

    fn len(&self) -> usize {
        self.places.len()
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        (index < self.places.len()).then_some(index)
    }
}

impl Lines for Places {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let says = self.places.get(index).map_or("", |place| &place.says);
        let role = if says.starts_with(' ') {
            Role::Text
        } else {
            Role::Heading
        };
        Line::styled(says, look.of(role))
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let note = &self.places.get(index)?.note;
        (!note.is_empty()).then(|| Line::styled(note.as_str(), look.of(Role::Dim)))
    }
}
