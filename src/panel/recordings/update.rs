//! What changes the list of recordings.

use ratatui::layout::Rect;

use crate::app::{Effect, Model, Notice, Verb, Weight, begun};
use crate::panel::list::Step;
use crate::recording::{Row, Verdict};

use super::view::hit;

const FORMATS: [&str; 6] = ["asciicast-v2", "asciicast-v3", "text", "raw", "html", "svg"];

pub fn listed(model: &mut Model, rows: Vec<Row>) -> Vec<Effect> {
    model.recordings.rows = rows;
    model.recordings.narrow();
    Vec::new()
}

pub fn narrow(model: &mut Model, text: String) {
    model.recordings.filter = text;
    model.recordings.narrow();
}

pub fn sort(model: &mut Model, _reverse: bool) {
    model.recordings.ascending = !model.recordings.ascending;
    model.recordings.narrow();
}

pub fn step(model: &mut Model, step: Step) {
    let mut cursor = std::mem::take(&mut model.recordings.table.cursor);
    step.apply(&mut cursor, &model.recordings);
    model.recordings.table.cursor = cursor;
}

/// A click selects; a click on what is selected plays it.
pub fn click(model: &mut Model, area: Rect, x: u16, y: u16) -> Vec<Effect> {
    let Some(at) = hit(model, area, x, y) else {
        return Vec::new();
    };
    if model.recordings.table.cursor.index(&model.recordings) == Some(at) {
        return perform(model, Verb::Play);
    }
    let mut cursor = std::mem::take(&mut model.recordings.table.cursor);
    cursor.select_index(&model.recordings, at);
    model.recordings.table.cursor = cursor;
    Vec::new()
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let Some(row) = model.recordings.selected() else {
        return Vec::new();
    };
    let (id, path, title) = (
        row.id.clone(),
        row.path.clone(),
        row.name.clone().unwrap_or_else(|| row.id.clone()),
    );
    match verb {
        Verb::Verify => vec![begun(model, Effect::Verify { id, path })],
        _ => vec![Effect::Play { path, title }],
    }
}

pub fn export(model: &mut Model, format: &str) -> Vec<Effect> {
    if !FORMATS.contains(&format) {
        let notice = Notice::new(Weight::Bad, format!("no format is named {format}"));
        model.notice(notice.hint(format!("one of {}", FORMATS.join(", "))));
        return Vec::new();
    }
    let Some(row) = model.recordings.selected() else {
        return Vec::new();
    };
    let (id, path) = (row.id.clone(), row.path.clone());
    vec![begun(
        model,
        Effect::Export {
            id,
            path,
            format: format.to_owned(),
        },
    )]
}

pub fn verified(model: &mut Model, id: String, verdict: Verdict) -> Vec<Effect> {
    let weight = if verdict.ok { Weight::Good } else { Weight::Bad };
    model.notice(Notice::new(weight, verdict.says.clone()));
    model.recordings.verdicts.insert(id, verdict);
    Vec::new()
}
