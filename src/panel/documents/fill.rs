//! Filling the form where it stands: a choice is turned with a key, anything else is typed. An instance may be named as
//! the fleet names it.

use crate::app::{Ask, Effect, Model, Notice, Overlay, Weight};
use crate::document::Field;
use crate::fleet::Node;
use crate::ui::prompt::Prompt;

use super::Front;
use super::reach::Row;

/// Ids in a notice.
const TOLD: usize = 4;

fn field(model: &Model) -> Option<&Field> {
    let opened = model.documents.opened.as_ref()?;
    let at = opened.at.index(opened)?;
    opened.form.fields.get(at)
}

/// The row under the cursor that says how far the document reaches.
fn reach(model: &Model) -> Option<(Row, String)> {
    let opened = model.documents.opened.as_ref()?;
    let row = opened.reach_at(opened.at.index(opened)?)?;
    Some((row, opened.reach.text(row).to_owned()))
}

/// Asks for the value under the cursor.
pub fn ask(model: &mut Model) -> Vec<Effect> {
    if let Some((row, text)) = reach(model) {
        return again(model, row.id().to_owned(), text);
    }
    let Some(field) = field(model) else {
        return Vec::new();
    };
    let name = field.parameter.name.clone();
    // No machine is offered: an id that nobody chose is taken with one enter.
    let offered = match field.text() {
        text if text.is_empty() => field.parameter.usual().unwrap_or_default(),
        text => text,
    };
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::Parameter { name },
        prompt: Prompt::new(offered.as_str()),
    });
    Vec::new()
}

/// The next of what may be chosen; what must be typed is asked for.
pub fn turn(model: &mut Model) -> Vec<Effect> {
    let Some(field) = field(model) else {
        return Vec::new();
    };
    let Some(choices) = field
        .parameter
        .choices()
        .filter(|_| !field.parameter.kind.is_list())
    else {
        return ask(model);
    };
    let now = match field.text() {
        text if text.is_empty() => field.parameter.usual().unwrap_or_default(),
        text => text,
    };
    let next = choices
        .iter()
        .position(|choice| *choice == now)
        .map_or(0, |at| (at + 1) % choices.len());
    let (name, value) = (
        field.parameter.name.clone(),
        choices.get(next).cloned().unwrap_or_default(),
    );
    if let Some(opened) = &mut model.documents.opened {
        opened.form.set(&name, &value);
    }
    Vec::new()
}

/// What was typed for a field; what is wrong with it is said, and asked for again.
pub fn filled(model: &mut Model, name: String, typed: String) -> Vec<Effect> {
    if let Some(row) = Row::by_id(&name) {
        return reached(model, row, typed);
    }
    let typed = match resolved(model, &name, typed.trim()) {
        Ok(typed) => typed,
        Err(says) => {
            model.notice(Notice::new(Weight::Warn, says));
            return again(model, name, typed);
        }
    };
    let Some(opened) = &mut model.documents.opened else {
        return Vec::new();
    };
    opened.form.set(&name, &typed);
    let value = opened.form.field(&name).map(Field::value);
    match value {
        Some(Err(says)) => {
            model.notice(Notice::new(Weight::Warn, format!("{name}: {says}")));
            again(model, name, typed)
        }
        _ => {
            model.notice_for = 0;
            model.documents.front = Front::Form;
            Vec::new()
        }
    }
}

fn reached(model: &mut Model, row: Row, typed: String) -> Vec<Effect> {
    let Some(opened) = &mut model.documents.opened else {
        return Vec::new();
    };
    match opened.reach.set(row, &typed) {
        Ok(()) => {
            model.notice_for = 0;
            model.documents.front = Front::Form;
            Vec::new()
        }
        Err(says) => {
            model.notice(Notice::new(Weight::Warn, format!("{}: {says}", row.name())));
            again(model, row.id().to_owned(), typed)
        }
    }
}

fn again(model: &mut Model, name: String, typed: String) -> Vec<Effect> {
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::Parameter { name },
        prompt: Prompt::new(typed.as_str()),
    });
    Vec::new()
}

/// The id of an instance that was called by its name.
fn resolved(model: &Model, name: &str, typed: &str) -> Result<String, String> {
    let opened = model.documents.opened.as_ref();
    let is_instance = opened
        .and_then(|opened| opened.form.field(name))
        .is_some_and(|field| field.parameter.is_instance());
    if !is_instance || typed.is_empty() || typed.starts_with("i-") || typed.starts_with("mi-") {
        return Ok(typed.to_owned());
    }
    let place = opened.map(|opened| opened.place.clone());
    let is_here = |node: &&&Node| {
        let at = place.as_ref();
        at.is_none_or(|place| place.region == node.region && place.profile == node.profile)
    };
    let named: Vec<&Node> = model
        .fleet
        .nodes
        .iter()
        .filter(|node| node.name == typed)
        .collect();
    let found: Vec<String> = named
        .iter()
        .filter(is_here)
        .map(|node| node.id.to_string())
        .collect();
    match found.as_slice() {
        [] => match (named.first(), place) {
            (Some(node), Some(place)) => Err(format!(
                "{typed} is in {} {}, and the document in {} {}",
                node.profile, node.region, place.profile, place.region
            )),
            _ => Ok(typed.to_owned()),
        },
        [one] => Ok(one.clone()),
        many => {
            let shown = many.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
            Err(format!("{typed} is {} instances: {shown}", many.len()))
        }
    }
}

/// Whether it is asked how far the document reaches, and not for a parameter.
pub fn is_reach(name: &str) -> bool {
    Row::by_id(name).is_some()
}

/// Before what is typed.
pub fn label(model: &Model, name: &str) -> String {
    if let Some(row) = Row::by_id(name) {
        return format!("{} ({}) =", row.name(), row.takes());
    }
    let kind = model
        .documents
        .opened
        .as_ref()
        .and_then(|opened| opened.form.field(name))
        .map(|field| format!(" ({})", field.parameter.kind));
    format!("{name}{} =", kind.unwrap_or_default())
}
