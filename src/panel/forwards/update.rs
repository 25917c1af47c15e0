//! What changes the tunnels: keys, and what is heard of them.

use ratatui::layout::Rect;

use crate::app::{Effect, Model, Notice, TunnelId, TunnelMove, Verb, Weight, begun, dispatch};
use crate::forward::State;
use crate::panel::list::Step;

use super::start::{fail, start};
use super::view::hit;
use super::{RowId, Stand};

pub fn step(model: &mut Model, step: Step) {
    let mut cursor = std::mem::take(&mut model.forwards.table.cursor);
    step.apply(&mut cursor, &model.forwards);
    model.forwards.table.cursor = cursor;
}

/// A click selects; a click on what is selected starts or stops it.
pub fn click(model: &mut Model, area: Rect, x: u16, y: u16) -> Vec<Effect> {
    let Some(at) = hit(model, area, x, y) else {
        return Vec::new();
    };
    if model.forwards.table.cursor.index(&model.forwards) == Some(at) {
        return dispatch(model, Verb::ToggleForward.into());
    }
    let mut cursor = std::mem::take(&mut model.forwards.table.cursor);
    cursor.select_index(&model.forwards, at);
    model.forwards.table.cursor = cursor;
    Vec::new()
}

pub fn perform(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match verb {
        Verb::StartForwards => return start_all(model),
        Verb::ForwardDetail => model.forwards.detail = !model.forwards.detail,
        Verb::RemoveForward => remove(model),
        _ => return toggle(model),
    }
    Vec::new()
}

fn toggle(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.forwards.selected() else {
        return Vec::new();
    };
    let id = row.id;
    match &row.stand {
        Stand::Stopped | Stand::Failed(_) => start(model, &[id]),
        Stand::Awaited | Stand::Sought => {
            stand(model, id, Stand::Stopped);
            Vec::new()
        }
        Stand::Binding(tunnel) => stop(model, id, *tunnel),
        Stand::Up(live) => stop(model, id, live.tunnel),
        Stand::Stopping(_) => Vec::new(),
    }
}

fn stop(model: &mut Model, id: RowId, tunnel: TunnelId) -> Vec<Effect> {
    stand(model, id, Stand::Stopping(tunnel));
    vec![Effect::StopTunnel(tunnel)]
}

fn stand(model: &mut Model, id: RowId, stand: Stand) {
    if let Some(row) = model.forwards.row_mut(id) {
        row.stand = stand;
    }
}

fn start_all(model: &mut Model) -> Vec<Effect> {
    let named = model.forwards.rows.iter().filter(|row| row.named);
    let named: Vec<RowId> = named.map(|row| row.id).collect();
    if named.is_empty() {
        let notice = Notice::new(Weight::Warn, "the configuration names no [[forwards]]");
        model.notice(notice.hint("`qd config init` shows how one is written"));
    }
    start(model, &named)
}

fn remove(model: &mut Model) {
    let Some(row) = model.forwards.selected() else {
        return;
    };
    let refusal = match (row.is_open(), row.named) {
        (true, _) => Some(("is open", "stop it first")),
        (_, true) => Some(("is named by the configuration", "take it out of the file")),
        _ => None,
    };
    if let Some((says, hint)) = refusal {
        let says = format!("{} {says}", row.name);
        return model.notice(Notice::new(Weight::Warn, says).hint(hint));
    }
    let id = row.id;
    model.forwards.rows.retain(|row| row.id != id);
}

/// How tunnels stand now. One that ended by itself keeps its cause and tells it.
pub fn moved(model: &mut Model, moves: Vec<TunnelMove>) -> Vec<Effect> {
    let mut ended = false;
    for live in moves {
        let told = live.status.notice.clone();
        let Some(row) = model.forwards.of_tunnel(live.tunnel) else {
            continue;
        };
        let id = row.id;
        let before = row.live().and_then(|live| live.status.notice.clone());
        if let Some((_, says)) = told.filter(|told| before.as_ref() != Some(told)) {
            row.trouble = Some((says.to_string(), String::new()));
            let says = format!("{}: {says}", row.name);
            model.notice(Notice::new(Weight::Warn, says));
        }
        ended |= live.status.has_ended();
        settle(model, id, live);
    }
    if ended {
        return vec![begun(model, Effect::ListRecordings)];
    }
    Vec::new()
}

fn settle(model: &mut Model, id: RowId, live: TunnelMove) {
    let Some(row) = model.forwards.row_mut(id) else {
        return;
    };
    let stopping = matches!(row.stand, Stand::Stopping(_));
    match (&live.status.state, stopping) {
        (State::Ended { .. }, true) => row.stand = Stand::Stopped,
        (State::Ended { why }, false) => {
            let hint = live.status.refusal.as_ref().map(|(hint, _)| hint.clone());
            let why = why.clone();
            fail(model, id, "ended", why, hint.unwrap_or_default());
        }
        (_, true) => {}
        (_, false) => row.stand = Stand::Up(Box::new(live)),
    }
}

/// Its local end could not be had.
pub fn refused(model: &mut Model, tunnel: TunnelId, says: String, hint: String) -> Vec<Effect> {
    let Some(row) = model.forwards.of_tunnel(tunnel) else {
        return Vec::new();
    };
    let id = row.id;
    if matches!(row.stand, Stand::Stopping(_)) {
        row.stand = Stand::Stopped;
    } else {
        fail(model, id, "not bound", says, hint);
    }
    Vec::new()
}
