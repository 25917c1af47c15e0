//! What changes the alarms: answers of the regions, what was learned of them, the filter.

use std::collections::HashMap;
use std::time::Duration;

use super::{Alarms, Burning, Lesson, Study};
use crate::alarm::{Alarm, Batch, Saved, Wanted};
use crate::app::{Effect, Model, Room, begun};
use crate::fleet::gather;
use crate::panel::documents;
use crate::panel::list::Step;

/// Alarms beyond these are looked up when somebody asks for one.
const STUDIED: usize = 100;

/// The last list, until a region answers.
pub fn cached(model: &mut Model, saved: Saved) -> Vec<Effect> {
    let alarms = &mut model.alarms;
    if alarms.places > 0 || !alarms.all.is_empty() {
        return Vec::new();
    }
    let age = model.now.duration_since(saved.saved_at);
    alarms.cached_for = Duration::try_from(age).ok().filter(|_| !saved.alarms.is_empty());
    alarms.put(saved.alarms);
    alarms.stale = alarms.all.iter().map(Alarm::key).collect();
    alarms.reorder();
    study(model)
}

pub fn arrive(model: &mut Model, batch: Batch) -> Vec<Effect> {
    let alarms = &mut model.alarms;
    let is_changed = match batch {
        Batch::Rows(rows) => alarms.put(rows),
        Batch::Failed(failure) => {
            gather(&mut alarms.failures, failure);
            true
        }
        Batch::Unmuted(_) => {
            alarms.unmuted += 1;
            true
        }
        Batch::Done {
            place,
            complete: true,
        } => {
            alarms.places += 1;
            alarms.drop_gone(&place)
        }
        Batch::Done { .. } => false,
    };
    if is_changed {
        alarms.reorder();
    }
    alarms.is_changed |= is_changed;
    model.unchanged = !is_changed;
    Vec::new()
}

/// Every place has answered or failed.
pub fn ended(model: &mut Model) -> Vec<Effect> {
    let alarms = &mut model.alarms;
    let was_cached = alarms.cached_for.is_some();
    alarms.loading = false;
    if alarms.stale.is_empty() {
        alarms.cached_for = None;
    }
    let is_changed = std::mem::take(&mut alarms.is_changed) || was_cached;
    model.unchanged = !is_changed;
    match is_changed {
        true => study(model),
        false => Vec::new(),
    }
}

/// Asks again; what is known stays until its place has answered.
pub fn refresh(model: &mut Model, wanted: Wanted) -> Effect {
    let alarms = &mut model.alarms;
    let is_asked = |alarm: &&Alarm| wanted == Wanted::All || alarm.is_burning();
    alarms.stale = alarms.all.iter().filter(is_asked).map(Alarm::key).collect();
    alarms.failures.clear();
    alarms.unmuted = 0;
    alarms.loading = true;
    alarms.places = 0;
    alarms.asked_at = Some(model.now);
    Effect::FetchAlarms(wanted)
}

/// A minute went by with alarms in sight. Nobody is told that they are asked for.
pub fn due(model: &mut Model) -> Vec<Effect> {
    let is_due = model.alarms_due_at().is_some_and(|at| at <= model.now);
    match is_due {
        true => vec![refresh(model, Wanted::Burning), documents::ask_waiting()],
        false => Vec::new(),
    }
}

/// Looks up runbooks and last times of what burns; again when either may be another.
pub fn study(model: &mut Model) -> Vec<Effect> {
    let burning = model.alarms.burning().min(STUDIED);
    if burning == 0 {
        return Vec::new();
    }
    let name = |alarm: &Alarm| named(model, alarm);
    let alarms = model.alarms.all[..burning].iter();
    let alarms = alarms.map(|alarm| (alarm.clone(), name(alarm))).collect();
    vec![Effect::StudyAlarms(Box::new(about(model, alarms)))]
}

pub(super) fn about(model: &Model, alarms: Vec<(Alarm, Option<String>)>) -> Study {
    Study {
        alarms,
        library: model.runbooks.library.clone(),
        recordings: model.recordings.rows.clone(),
    }
}

/// What the fleet calls the instance that an alarm watches.
pub(super) fn named(model: &Model, alarm: &Alarm) -> Option<String> {
    let id = alarm.instance_id()?;
    let node = model.fleet.nodes.iter().find(|node| node.id.0 == id)?;
    Some(node.name.clone()).filter(|name| !name.is_empty())
}

pub fn studied(model: &mut Model, lessons: HashMap<String, Lesson>) -> Vec<Effect> {
    model.unchanged = lessons
        .iter()
        .all(|(key, lesson)| model.alarms.lessons.get(key) == Some(lesson));
    model.alarms.lessons.extend(lessons);
    Vec::new()
}

/// The panel comes into view with all alarms, asked for now.
pub fn opened(model: &mut Model) -> Vec<Effect> {
    model.alarms.everything = true;
    model.alarms.filter.clear();
    let at_home = model.alarms.selected_at_home().map(Alarm::key);
    model.alarms.reorder();
    model.alarms.cursor.select(at_home);
    model.go(Room::Alarms);
    let effect = refresh(model, Wanted::All);
    vec![begun(model, effect)]
}

pub fn narrow(model: &mut Model, text: String) {
    model.alarms.filter = text;
    model.alarms.reorder();
}

pub fn step(model: &mut Model, step: Step) {
    let alarms = &mut model.alarms;
    if model.room == Room::Home {
        let mut cursor = std::mem::take(&mut alarms.home);
        step.apply(&mut cursor, &Burning(alarms));
        alarms.home = cursor;
    } else {
        let mut cursor = std::mem::take(&mut alarms.cursor);
        step.apply::<Alarms>(&mut cursor, alarms);
        alarms.cursor = cursor;
    }
}
