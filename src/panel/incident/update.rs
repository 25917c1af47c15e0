//! What the keys and commands of incidents do.

use crate::app::{self, Command, Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::incident::report::Report;
use crate::incident::{Record, State};
use crate::panel::list::Step;
use crate::ui::prompt::Prompt;

/// What an input line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Title,
    Note,
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
        Verb::IncidentOpen => open(model),
        Verb::IncidentSwitch => vec![Effect::SwitchIncident(text)],
        _ => on_current(model, command.verb, text),
    }
}

/// What needs an incident to be about.
fn on_current(model: &mut Model, verb: Verb, text: String) -> Vec<Effect> {
    let Some(current) = &model.incidents.current else {
        let notice = Notice::new(Weight::Warn, "you have no current incident");
        model.notice(notice.hint("incident.start begins one"));
        return Vec::new();
    };
    let id = current.id.clone();
    let record = match verb {
        Verb::IncidentNote if text.is_empty() => return ask(model, Ask::Note, String::new()),
        Verb::IncidentReport => return vec![Effect::WriteReport(id)],
        Verb::IncidentOpsItem => return vec![Effect::FollowOpsItem(id)],
        Verb::IncidentNote => Record::Note { text },
        Verb::IncidentAck => Record::Acknowledged { note: text },
        Verb::IncidentMitigate => Record::Mitigated { note: text },
        Verb::IncidentRecover => Record::Recovered { note: text },
        Verb::IncidentClose => Record::Closed { note: text },
        _ => return Vec::new(),
    };
    vec![say(model, id, record)]
}

fn say(model: &Model, id: String, record: Record) -> Effect {
    Effect::TellIncident {
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
    let title = alarm.name.clone();
    model.incidents.alarm = Some(Box::new(alarm));
    ask(model, Ask::Title, title)
}

/// What was typed into the input line.
pub fn answered(model: &mut Model, what: Ask, text: String) -> Vec<Effect> {
    let text = text.trim().to_owned();
    if text.is_empty() {
        model.notice(Notice::new(Weight::Warn, "nothing was written down"));
        return Vec::new();
    }
    match what {
        Ask::Title => start(model, text),
        Ask::Note => match &model.incidents.current {
            Some(current) => vec![say(model, current.id.clone(), Record::Note { text })],
            None => Vec::new(),
        },
    }
}

fn start(model: &mut Model, title: String) -> Vec<Effect> {
    vec![Effect::StartIncident {
        title,
        alarm: model.incidents.alarm.take(),
        tells_aws: !model.read_only,
    }]
}

/// What closing asks first.
pub fn asked_close(model: &Model) -> Option<Vec<String>> {
    let current = model.incidents.current.as_ref()?;
    let mut question = vec![format!("Close {}: {}?", current.id, current.title)];
    question.push(match current.recovered_at {
        Some(_) => "What is done afterwards no longer belongs to it.".into(),
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
    let current = model.incidents.current.as_ref();
    current
        .map(|current| Effect::WatchIncident(current.id.clone()))
        .into_iter()
        .collect()
}

/// How the current incident stands now, or that there is none.
pub fn changed(model: &mut Model, state: Option<State>) -> Vec<Effect> {
    let before = model.incidents.current.as_ref().map(|current| current.id.clone());
    let is_other = before != state.as_ref().map(|state| state.id.clone());
    if is_other {
        model.incidents.report = None;
        model.incidents.table = Default::default();
    }
    model.incidents.current = state.map(Box::new);
    match model.room {
        Room::Incident if is_other => refresh(model),
        _ => Vec::new(),
    }
}

/// Whether a timeline is still the one that is looked at.
pub fn watched(model: &Model, id: &str) -> bool {
    model
        .incidents
        .current
        .as_ref()
        .is_some_and(|current| current.id == id)
}

pub fn gathered(model: &mut Model, report: Report) -> Vec<Effect> {
    if watched(model, &report.id) {
        model.incidents.report = Some(Box::new(report));
    }
    Vec::new()
}

pub fn step(model: &mut Model, step: Step) {
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
