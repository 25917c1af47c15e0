//! From an alarm to what helps: its runbook with values filled, a shell on its target, what was done the last times.

use jiff::tz::TimeZone;

use super::over::Over;
use super::update::{about, named, opened};
use super::{Led, Lesson};
use crate::alarm::{Alarm, Answer, answers, facts, known, unlinked};
use crate::app::{Effect, Model, Notice, Overlay, Room, Verb, Weight};
use crate::fleet::Node;
use crate::panel::{fleet, runbooks};
use crate::runbook::placeholder::name;
use crate::runbook::{Answers, Values};

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    if verb == Verb::AllAlarms {
        return match model.room {
            Room::Alarms => toggle(model),
            _ => opened(model),
        };
    }
    let Some(alarm) = selected(model) else {
        model.notice(Notice::new(Weight::Info, "no alarm is selected").hint("a lists all of them"));
        return Vec::new();
    };
    match verb {
        Verb::AlarmRunbook => runbook(model, alarm),
        Verb::AlarmShell => shell(model, &alarm),
        _ => past(model, alarm),
    }
}

/// An incident out of the alarm under the cursor.
pub fn incident(model: &mut Model) -> Vec<Effect> {
    match selected(model) {
        Some(alarm) => crate::panel::incident::from_alarm(model, alarm),
        None => {
            let notice = Notice::new(Weight::Info, "no alarm is selected");
            model.notice(notice.hint("incident.start begins one by hand"));
            Vec::new()
        }
    }
}

pub(super) fn selected(model: &Model) -> Option<Alarm> {
    let selected = match model.room {
        Room::Alarms => model.alarms.selected_in_panel(),
        _ => model.alarms.selected_at_home(),
    };
    selected.cloned()
}

/// In the panel the same key leaves those that burn, and shows all again.
fn toggle(model: &mut Model) -> Vec<Effect> {
    model.alarms.everything = !model.alarms.everything;
    model.alarms.reorder();
    Vec::new()
}

/// What was looked up before, or now where nobody did.
fn learned(model: &Model, alarm: &Alarm) -> Vec<Answer> {
    if let Some(Lesson { answers, .. }) = model.alarms.lesson(alarm) {
        return answers.clone();
    }
    let library = &model.runbooks.library;
    let today = model.now.to_zoned(TimeZone::system()).date();
    answers(&Answers::of(library), library, alarm, today)
}

/// Opens the best; where several are as good, they are offered.
fn runbook(model: &mut Model, alarm: Alarm) -> Vec<Effect> {
    let answers = learned(model, &alarm);
    let link = unlinked(&alarm, &answers);
    if let Some(link) = link {
        let says = format!("the runbook that it links to is not in your library: {link}");
        let hint = "[runbooks] paths takes its folder, git checkout or bucket";
        model.notice(Notice::new(Weight::Warn, says).hint(hint));
    }
    let Some(best) = answers.first().cloned() else {
        if link.is_none() {
            let says = format!("no runbook answers {}", alarm.name);
            let hint = "`qd runbooks new` writes one; `alarms:` in its front matter names what it answers";
            model.notice(Notice::new(Weight::Warn, says).hint(hint));
        }
        return Vec::new();
    };
    let as_good = answers.iter().filter(|answer| answer.why == best.why).count();
    if as_good > 1 {
        model.overlay = Some(Overlay::Alarm(Box::new(Over::choice(alarm, answers))));
        return Vec::new();
    }
    open(model, alarm, &best)
}

/// The page, its variables and placeholders filled with what the alarm and its instance tell.
pub(super) fn open(model: &mut Model, alarm: Alarm, answer: &Answer) -> Vec<Effect> {
    let node = node_of(model, &alarm);
    let facts = facts(&alarm, node.as_ref());
    let library = &model.runbooks.library;
    let Some(page) = library.pages.iter().find(|page| page.path == answer.path) else {
        let says = format!("{} is not in the library any more", answer.name);
        model.notice(Notice::new(Weight::Warn, says).hint("r on the runbooks panel reads it again"));
        return Vec::new();
    };
    let filled = known(page, &facts).into_iter();
    let values: Values = filled
        .filter_map(|known| Some((name(&known.name), known.value?)))
        .collect();
    model.alarms.led = Some(Led {
        alarm,
        node,
        path: answer.path.clone(),
    });
    runbooks::open_led(model, &answer.path, values)
}

fn node_of(model: &Model, alarm: &Alarm) -> Option<Node> {
    let id = alarm.instance_id()?;
    model.fleet.nodes.iter().find(|node| node.id.0 == id).cloned()
}

fn shell(model: &mut Model, alarm: &Alarm) -> Vec<Effect> {
    if let Some(node) = node_of(model, alarm) {
        return fleet::connect_to(model, node);
    }
    let (says, hint) = match alarm.instance_id() {
        Some(id) => (
            format!("{id} is not in the fleet"),
            "2 shows which regions answered",
        ),
        None => (
            "this alarm names no instance".to_owned(),
            "2 goes to the fleet; / finds a machine there",
        ),
    };
    model.notice(Notice::new(Weight::Info, says).hint(hint));
    Vec::new()
}

/// What is known is shown at once; commands of sessions and the alarm's own history follow.
fn past(model: &mut Model, alarm: Alarm) -> Vec<Effect> {
    let recalled = model.alarms.lesson(&alarm).map(|lesson| lesson.past.clone());
    let name = named(model, &alarm);
    let effect = Effect::LookBack(Box::new(about(model, vec![(alarm.clone(), name)])));
    model.overlay = Some(Overlay::Alarm(Box::new(Over::past(
        alarm,
        recalled.unwrap_or_default(),
        model.now,
    ))));
    vec![effect]
}
