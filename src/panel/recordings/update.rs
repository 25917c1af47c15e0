//! What changes the list of recordings.

use ratatui::layout::{Margin, Rect};

use crate::app::{Effect, Model, Notice, Verb, Weight, begun};
use crate::panel::age;
use crate::panel::list::Step;
use crate::recording::{Row, Short, Verdict};

use super::find;
use super::view::hit;

const FORMATS: [&str; 6] = ["asciicast-v2", "asciicast-v3", "text", "raw", "html", "svg"];

pub fn listed(model: &mut Model, rows: Vec<Row>) -> Vec<Effect> {
    model.recordings.ids = Short::among(rows.iter().map(|row| row.id.as_str()));
    model.recordings.rows = rows;
    model.recordings.narrow(model.now);
    Vec::new()
}

pub fn narrow(model: &mut Model, text: String) {
    model.recordings.filter = text;
    model.recordings.narrow(model.now);
}

pub fn sort(model: &mut Model, _reverse: bool) {
    model.recordings.ascending = !model.recordings.ascending;
    model.recordings.narrow(model.now);
}

pub fn step(model: &mut Model, step: Step) {
    if let Some(find) = &mut model.recordings.find {
        return find::step(find, step);
    }
    let mut cursor = std::mem::take(&mut model.recordings.table.cursor);
    step.apply(&mut cursor, &model.recordings);
    model.recordings.table.cursor = cursor;
}

/// A click selects; a click on what is selected plays it.
pub fn click(model: &mut Model, area: Rect, x: u16, y: u16) -> Vec<Effect> {
    if let Some(find) = &mut model.recordings.find {
        let inner = area.inner(Margin::new(1, 1));
        let Some(at) = find::hit(find, inner, x, y) else {
            return Vec::new();
        };
        if find.cursor.index(find) == Some(at) {
            return find::open(find);
        }
        find.cursor.select(Some(at));
        return Vec::new();
    }
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
    if verb == Verb::Beside {
        return beside(model);
    }
    if let Some(find) = &model.recordings.find {
        return match verb {
            Verb::Play => find::open(find),
            _ => Vec::new(),
        };
    }
    if verb == Verb::MarkRecording {
        let mut table = std::mem::take(&mut model.recordings.table);
        table.toggle_mark(&model.recordings);
        model.recordings.table = table;
        return Vec::new();
    }
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
        _ => vec![Effect::Play {
            path,
            title,
            found: None,
            beside: None,
        }],
    }
}

/// Two marked recordings, the earlier one first; or the marked one and the one under the cursor.
fn beside(model: &mut Model) -> Vec<Effect> {
    let list = &model.recordings;
    let mut chosen: Vec<&Row> = list
        .rows
        .iter()
        .filter(|row| list.table.marked.contains(&row.id))
        .collect();
    if let (1, Some(row)) = (chosen.len(), list.selected())
        && chosen.iter().all(|marked| marked.id != row.id)
    {
        chosen.push(row);
    }
    chosen.sort_by_key(|row| row.started_at);
    let [first, second] = chosen[..] else {
        let are = if chosen.len() == 1 { "is" } else { "are" };
        let says = format!("two recordings play side by side; {} {are} marked", chosen.len());
        model.notice(Notice::new(Weight::Warn, says).hint("m marks one, b plays the two"));
        return Vec::new();
    };
    let title = |row: &Row| {
        let name = row.name.clone().unwrap_or_else(|| row.id.clone());
        format!("{name}  {}", age::stamp(row.started_at))
    };
    vec![Effect::Play {
        path: first.path.clone(),
        title: title(first),
        found: None,
        beside: Some((second.path.clone(), title(second))),
    }]
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
