//! Every incident, newest first: narrowed by words, looked into without leaving one's own, taken up or opened again.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::view::{role_of, took};
use crate::app::{Effect, Model, Room};
use crate::incident::{State, Status, Took};
use crate::panel::boxed;
use crate::ui::cursor::Ids;
use crate::ui::table::{self, Column, Row, Rows, Table, Width};
use crate::ui::{Look, Role, text};

/// Of a span such as `12 d 23 h 59 min`.
const LASTED: u16 = 16;

/// The list, where it was asked for.
#[derive(Debug, Default)]
pub struct List {
    states: Vec<State>,
    pub filter: String,
    /// Indices of those that hold every word.
    shown: Vec<usize>,
    pub table: table::State<String>,
    pub is_front: bool,
    is_known: bool,
}

impl List {
    pub fn selected(&self) -> Option<&State> {
        let at = self.table.cursor.index(self)?;
        self.states.get(*self.shown.get(at)?)
    }

    pub fn find(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// Takes the answer over.
    pub fn know(&mut self, states: Vec<State>) {
        self.states = states;
        self.is_known = true;
        self.narrow();
    }

    /// How one of them stands now.
    pub fn renew(&mut self, state: &State) {
        if let Some(known) = self.states.iter_mut().find(|known| known.id == state.id) {
            known.clone_from(state);
            self.narrow();
        }
    }

    fn narrow(&mut self) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let holds = |state: &State| {
            let roles = state
                .roles
                .iter()
                .map(|(role, person)| format!("{role} {person}"));
            let alarm = state.alarm.iter().map(|alarm| alarm.name.clone());
            let links = state.links.iter().map(|link| link.id().to_owned());
            let told = [
                &state.id,
                &state.title,
                state.severity.as_str(),
                state.status.as_str(),
                &state.opened_by,
            ];
            let told = told.into_iter().map(str::to_owned);
            let all: Vec<String> = told.chain(roles).chain(alarm).chain(links).collect();
            let all = all.join("\n").to_lowercase();
            words.iter().all(|word| all.contains(word))
        };
        let all = self.states.iter().enumerate();
        self.shown = all.filter(|(_, state)| holds(state)).map(|(at, _)| at).collect();
    }
}

impl Ids for List {
    type Id = String;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.states
            .get(*self.shown.get(index)?)
            .map(|state| state.id.clone())
    }
}

/// The list comes in front, or the incident again.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    let list = &mut model.incidents.list;
    list.is_front = model.room != Room::Incident || !list.is_front;
    let is_front = list.is_front;
    model.go(Room::Incident);
    match is_front {
        true => vec![Effect::ListIncidents],
        false => super::refresh(model),
    }
}

/// Those that hold every word; a word brings the list in front.
pub fn narrow(model: &mut Model, text: String) -> Vec<Effect> {
    let list = &mut model.incidents.list;
    if list.filter != text {
        list.table = table::State::default();
    }
    list.filter = text;
    list.narrow();
    list.is_front = true;
    match list.is_known {
        true => Vec::new(),
        false => vec![Effect::ListIncidents],
    }
}

/// Looks into the one under the cursor; one's own stays one's own.
pub fn enter(model: &mut Model) -> Vec<Effect> {
    let incidents = &mut model.incidents;
    let Some(state) = incidents.list.selected().cloned() else {
        return Vec::new();
    };
    let is_own = incidents.current.as_ref().is_some_and(|own| own.id == state.id);
    incidents.list.is_front = false;
    if incidents
        .report
        .as_ref()
        .is_none_or(|report| report.id != state.id)
    {
        incidents.report = None;
        incidents.table = table::State::default();
    }
    incidents.looked = (!is_own).then(|| Box::new(state));
    super::refresh(model)
}

/// From the list to the incident, from another incident to the list; false where there is nothing to go back to.
pub fn back(model: &mut Model) -> Option<Vec<Effect>> {
    let incidents = &mut model.incidents;
    if incidents.list.is_front {
        if !incidents.list.filter.is_empty() {
            return Some(narrow(model, String::new()));
        }
        incidents.list.is_front = false;
        // An incident that is only looked into was left for the list.
        incidents.looked = None;
        incidents.report = None;
        return incidents.current.is_some().then(|| super::refresh(model));
    }
    incidents.looked.as_ref()?;
    incidents.list.is_front = true;
    Some(vec![Effect::ListIncidents])
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let list = &model.incidents.list;
    let mut title = vec![Span::styled("Incidents", look.of(Role::Title))];
    if !list.filter.is_empty() {
        let says = format!("  / {}", text::quote(&list.filter));
        title.push(Span::styled(says, look.of(Role::Accent)));
    }
    title.push(Span::styled(
        format!("  {}", list.shown.len()),
        look.of(Role::Dim),
    ));
    let inner = boxed(area, buf, look, Line::from(title), true);
    let columns = [
        Column::new("", Width::Fixed(1)),
        Column::new("INCIDENT", Width::Fixed(18)),
        Column::new("SEV", Width::Fixed(4)),
        Column::new("STATUS", Width::Fixed(12)),
        Column::new("BEGAN (UTC)", Width::Fixed(16)).drop(1),
        Column::new("ACKNOWLEDGED", Width::Fixed(LASTED)).right().drop(3),
        Column::new("RECOVERED", Width::Fixed(LASTED)).right().drop(2),
        Column::new("TITLE", Width::Fill(20)),
    ];
    let rows = Shown {
        list,
        own: model.incidents.current.as_ref().map(|own| own.id.as_str()),
        look,
    };
    let empty = match (list.is_known, list.states.is_empty()) {
        (false, _) => "reading the journals…",
        (true, true) => "no incident has been written down here",
        (true, false) => "no incident holds these words",
    };
    Table {
        columns: &columns,
        rows: &rows,
        focused: true,
        empty,
    }
    .paint(inner, buf, look, &list.table);
}

/// Of one that is closed nothing comes any more.
fn told(state: &State, span: Took) -> String {
    match (span, state.is_closed()) {
        (Took::NotSaid, true) => "—".into(),
        (span, _) => took(span).0,
    }
}

struct Shown<'a> {
    list: &'a List,
    own: Option<&'a str>,
    look: &'a Look<'a>,
}

impl Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.list.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.list.id_at(index)
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let state = self
            .list
            .shown
            .get(index)
            .and_then(|at| self.list.states.get(*at));
        let Some(state) = state else {
            return Row::Cells(Vec::new());
        };
        let dim = self.look.of(Role::Dim);
        let began = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
        let mark = if self.own == Some(state.id.as_str()) {
            "*"
        } else {
            ""
        };
        let title = match state.status {
            Status::Closed => Role::Dim,
            _ => Role::Text,
        };
        Row::Cells(vec![
            Line::styled(mark, self.look.of(Role::Accent)),
            Line::styled(state.id.clone(), self.look.of(Role::Text)),
            Line::styled(state.severity.as_str(), dim),
            Line::styled(state.status.as_str(), self.look.of(role_of(state.status))),
            Line::styled(state.started_at.map(began).unwrap_or_default(), dim),
            Line::styled(told(state, state.to_acknowledge()), dim),
            Line::styled(told(state, state.to_recover()), dim),
            Line::styled(text::quote(&state.title).into_owned(), self.look.of(title)),
        ])
    }
}
