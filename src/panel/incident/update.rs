//! What the keys and commands of incidents do.

use crate::app::{self, Command, Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::incident::report::Report;
use crate::incident::{LONGEST_TITLE, Record, State, said};
use crate::panel::list::Step;
use crate::ui::prompt::Prompt;

use super::list;

/// What an input line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Title,
    Note,
    /// A time and a word: acknowledged, mitigated, recovered.
    Word(Verb),
    Role,
    Link,
}

pub fn perform(model: &mut Model, command: Command) -> Vec<Effect> {
    let text = command.argument.trim().to_owned();
    match command.verb {
        Verb::IncidentStart if text.is_empty() => {
            model.incidents.alarm = None;
            ask(model, Ask::Title, String::new())
        }
        Verb::IncidentStart => {
            model.incidents.alarm = None;
            start(model, text)
        }
        Verb::IncidentList => list::toggle(model),
        Verb::IncidentOpen if model.incidents.list.is_front => list::enter(model),
        Verb::IncidentOpen => open(model),
        Verb::IncidentSwitch if !text.is_empty() => vec![Effect::SwitchIncident(text)],
        Verb::IncidentReopen => reopen(model, text),
        verb => on_meant(model, verb, text),
    }
}

/// What needs an incident to be about.
fn on_meant(model: &mut Model, verb: Verb, text: String) -> Vec<Effect> {
    let Some(meant) = model.incidents.meant(model.room == Room::Incident) else {
        let notice = Notice::new(Weight::Warn, "you have no current incident");
        model.notice(notice.hint("incident.start begins one, incident.list shows all"));
        return Vec::new();
    };
    let (id, is_closed) = (meant.id.clone(), meant.is_closed());
    let record = match verb {
        Verb::IncidentReport => return vec![Effect::WriteReport(id)],
        Verb::IncidentOpsItem => return vec![Effect::FollowOpsItem(id)],
        Verb::IncidentSwitch => return vec![Effect::SwitchIncident(id)],
        Verb::IncidentNote if text.is_empty() => return ask(model, Ask::Note, String::new()),
        Verb::IncidentNote => Record::Note { text },
        Verb::IncidentRole if text.is_empty() => return ask(model, Ask::Role, String::new()),
        Verb::IncidentRole => return named(model, &text),
        Verb::IncidentLink if text.is_empty() => return ask(model, Ask::Link, String::new()),
        Verb::IncidentLink => return vec![link(model, id, text)],
        _ if is_closed => {
            let notice = Notice::new(Weight::Warn, format!("{id} is closed"));
            model.notice(notice.hint("incident.reopen goes on with it"));
            return Vec::new();
        }
        Verb::IncidentAck | Verb::IncidentMitigate | Verb::IncidentRecover if text.is_empty() => {
            return ask(model, Ask::Word(verb), String::new());
        }
        Verb::IncidentAck | Verb::IncidentMitigate | Verb::IncidentRecover => {
            return timed(model, verb, &text);
        }
        Verb::IncidentClose => {
            model.incidents.closed = model
                .incidents
                .meant(model.room == Room::Incident)
                .cloned()
                .map(Box::new);
            Record::Closed { note: text }
        }
        _ => return Vec::new(),
    };
    vec![say(model, id, record)]
}

/// A word that may be of a time before now; nothing typed is now.
fn timed(model: &mut Model, verb: Verb, text: &str) -> Vec<Effect> {
    let Some(meant) = model.incidents.meant(model.room == Room::Incident) else {
        return Vec::new();
    };
    let read = said::parse(text, model.now);
    let read = read.and_then(|(when, note)| said::check(meant, when).map(|()| (when, note)));
    let (when, note) = match read {
        Ok(read) => read,
        Err(bad) => {
            model.notice(Notice::new(Weight::Warn, bad).hint("-10m, 14:05 (UTC), or nothing for now"));
            return ask(model, Ask::Word(verb), text.to_owned());
        }
    };
    let record = match verb {
        Verb::IncidentAck => Record::Acknowledged { note, when },
        Verb::IncidentMitigate => Record::Mitigated { note, when },
        _ => Record::Recovered { note, when },
    };
    vec![say(model, meant.id.clone(), record)]
}

/// `commander=mara`, as links are typed, or `commander mara`.
fn named(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(meant) = model.incidents.meant(model.room == Room::Incident) else {
        return Vec::new();
    };
    let id = meant.id.clone();
    let parts = |c: char| c == '=' || c.is_whitespace();
    let named = text.trim().split_once(parts);
    let Some((role, person)) = named.filter(|(_, person)| !person.trim().is_empty()) else {
        model.notice(Notice::new(
            Weight::Warn,
            "a role and a person are wanted: commander=mara",
        ));
        return ask(model, Ask::Role, text.to_owned());
    };
    let (role, person) = (role.to_owned(), person.trim().to_owned());
    vec![say(model, id, Record::Role { role, person })]
}

fn is_current(model: &Model, id: &str) -> bool {
    let current = model.incidents.current.as_ref();
    current.is_some_and(|current| current.id == id)
}

fn link(model: &Model, id: String, what: String) -> Effect {
    Effect::LinkIncident {
        is_current: is_current(model, &id),
        id,
        what,
        tells_aws: !model.read_only,
    }
}

/// The one in front where it is closed, else the one that was closed last: closing is undone.
fn reopen(model: &mut Model, note: String) -> Vec<Effect> {
    let meant = model.incidents.meant(model.room == Room::Incident);
    let closed = meant.filter(|state| state.is_closed());
    let id = match (closed, &model.incidents.closed, meant) {
        (Some(state), ..) => state.id.clone(),
        (None, Some(last), None) => last.id.clone(),
        (None, _, Some(open)) => {
            let says = format!("{} is not closed", open.id);
            model.notice(Notice::new(Weight::Info, says).hint("incident.list shows those that are"));
            return Vec::new();
        }
        (None, None, None) => {
            let notice = Notice::new(Weight::Info, "nothing was closed here");
            model.notice(notice.hint("incident.list shows every incident"));
            return Vec::new();
        }
    };
    model.incidents.closed = None;
    vec![say(model, id, Record::Reopened { note })]
}

fn say(model: &Model, id: String, record: Record) -> Effect {
    Effect::TellIncident {
        is_current: is_current(model, &id),
        id,
        record,
        tells_aws: !model.read_only,
    }
}

fn ask(model: &mut Model, ask: Ask, text: String) -> Vec<Effect> {
    model.overlay = Some(Overlay::Prompt {
        ask: app::Ask::Incident(ask),
        prompt: Prompt::new(text.as_str()),
    });
    Vec::new()
}

/// The title is asked, the alarm's name stands there.
pub fn from_alarm(model: &mut Model, alarm: crate::alarm::Alarm) -> Vec<Effect> {
    let title = alarm.name.chars().take(LONGEST_TITLE).collect();
    model.incidents.alarm = Some(Box::new(alarm));
    ask(model, Ask::Title, title)
}

/// What was typed into the input line.
pub fn answered(model: &mut Model, what: Ask, text: String) -> Vec<Effect> {
    let text = text.trim().to_owned();
    if let Ask::Word(verb) = what {
        return timed(model, verb, &text);
    }
    if text.is_empty() {
        model.notice(Notice::new(Weight::Warn, "nothing was written down"));
        return Vec::new();
    }
    let meant = model.incidents.meant(model.room == Room::Incident);
    let id = meant.map(|meant| meant.id.clone());
    match (what, id) {
        (Ask::Title, _) => start(model, text),
        (Ask::Note, Some(id)) => vec![say(model, id, Record::Note { text })],
        (Ask::Role, Some(_)) => named(model, &text),
        (Ask::Link, Some(id)) => vec![link(model, id, text)],
        _ => Vec::new(),
    }
}

fn start(model: &mut Model, title: String) -> Vec<Effect> {
    if title.chars().count() > LONGEST_TITLE {
        let says = format!("a title has at most {LONGEST_TITLE} characters");
        model.notice(Notice::new(Weight::Warn, says).hint("the rest belongs into a note"));
        return ask(model, Ask::Title, title);
    }
    vec![Effect::StartIncident {
        title,
        alarm: model.incidents.alarm.take(),
        tells_aws: !model.read_only,
    }]
}

/// What closing asks first.
pub fn asked_close(model: &Model) -> Option<Vec<String>> {
    let current = model.incidents.meant(model.room == Room::Incident)?;
    if current.is_closed() {
        return None;
    }
    let mut question = vec![format!("Close {}: {}?", current.id, current.title)];
    question.push(match current.recovered_at {
        Some(_) => "What is done afterwards no longer belongs to it; reopening goes on with it.".into(),
        None => "Nobody said that it is over: its time to recover stays unknown.".into(),
    });
    Some(question)
}

/// The panel comes in front: its timeline is gathered, and again whenever something was done.
pub fn opened(model: &mut Model) -> Vec<Effect> {
    model.go(Room::Incident);
    refresh(model)
}

pub fn refresh(model: &Model) -> Vec<Effect> {
    if model.incidents.list.is_front {
        return vec![Effect::ListIncidents];
    }
    let shown = model.incidents.shown();
    shown
        .map(|shown| Effect::WatchIncident(shown.id.clone()))
        .into_iter()
        .collect()
}

/// How the current incident stands now, or that there is none.
pub fn changed(model: &mut Model, state: Option<State>) -> Vec<Effect> {
    let before = model.incidents.current.as_ref().map(|current| current.id.clone());
    let is_other = before != state.as_ref().map(|state| state.id.clone());
    if is_other && model.incidents.looked.is_none() {
        model.incidents.report = None;
        model.incidents.table = Default::default();
    }
    // What was taken up is one's own from now on, and no longer only looked into.
    let own = state.as_ref().map(|state| &state.id);
    model.incidents.looked = model
        .incidents
        .looked
        .take()
        .filter(|looked| Some(&looked.id) != own);
    model.incidents.current = state.map(Box::new);
    match model.room {
        Room::Incident if is_other => refresh(model),
        _ => Vec::new(),
    }
}

/// How one of them stands now, current or not.
pub fn seen(model: &mut Model, state: State) -> Vec<Effect> {
    let incidents = &mut model.incidents;
    incidents.list.renew(&state);
    if let Some(looked) = incidents.looked.as_mut().filter(|looked| looked.id == state.id) {
        **looked = state;
    }
    Vec::new()
}

/// Every incident.
pub fn listed(model: &mut Model, states: Vec<State>) -> Vec<Effect> {
    model.incidents.list.know(states);
    Vec::new()
}

/// Whether a timeline is still the one that is looked at.
pub fn watched(model: &Model, id: &str) -> bool {
    model.incidents.shown().is_some_and(|shown| shown.id == id)
}

pub fn gathered(model: &mut Model, report: Report) -> Vec<Effect> {
    if watched(model, &report.id) {
        model.incidents.report = Some(Box::new(report));
    }
    Vec::new()
}

pub fn step(model: &mut Model, step: Step) {
    if model.incidents.list.is_front {
        let mut cursor = std::mem::take(&mut model.incidents.list.table.cursor);
        step.apply(&mut cursor, &model.incidents.list);
        model.incidents.list.table.cursor = cursor;
        return;
    }
    let mut cursor = std::mem::take(&mut model.incidents.table.cursor);
    step.apply(&mut cursor, &model.incidents);
    model.incidents.table.cursor = cursor;
}

/// The recording at that second; of a run without one, where its journal is.
fn open(model: &mut Model) -> Vec<Effect> {
    let Some(item) = model.incidents.selected() else {
        return Vec::new();
    };
    if let Some(spot) = &item.spot {
        let row = model.recordings.rows.iter().find(|row| row.id == spot.recording);
        if let Some(row) = row {
            return vec![Effect::Play {
                path: row.path.clone(),
                title: row.name.clone().unwrap_or_else(|| row.id.clone()),
                found: Some((spot.at_us, String::new())),
                beside: None,
            }];
        }
        let says = format!("recording {} is not here", spot.recording);
        model.notice(Notice::new(Weight::Warn, says).hint("r in the recordings lists them again"));
        return Vec::new();
    }
    if let Some(run) = &item.run {
        let says = format!("qd runbooks runs show {run}");
        model.notice(Notice::new(Weight::Info, format!("copied: {says}")));
        return vec![Effect::Copy(says)];
    }
    model.notice(Notice::new(Weight::Info, "nothing was recorded here"));
    Vec::new()
}
