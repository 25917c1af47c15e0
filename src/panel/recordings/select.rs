//! Selecting text of a replay with the keys: the arrows move, space begins, enter or `y` copies, escape leaves.

use crossterm::event::{KeyCode, KeyEvent};

use crate::app::{Effect, Model, ToPlayer};

use super::player::{Pick, order};

pub fn is_selecting(model: &Model) -> bool {
    model
        .recordings
        .player
        .as_ref()
        .is_some_and(|player| player.pick.is_some())
}

pub fn select(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(player) = &mut model.recordings.player else {
        return Vec::new();
    };
    let Some(Pick { at: (col, row), from }) = player.pick else {
        return Vec::new();
    };
    let (last_col, last_row) = (
        player.status.size.0.saturating_sub(1),
        player.status.size.1.saturating_sub(1),
    );
    let (mut at, mut from) = ((col, row), from);
    match key.code {
        KeyCode::Left | KeyCode::Char('h') => at.0 = col.saturating_sub(1),
        KeyCode::Right | KeyCode::Char('l') => at.0 = (col + 1).min(last_col),
        KeyCode::Up | KeyCode::Char('k') => at.1 = row.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => at.1 = (row + 1).min(last_row),
        KeyCode::Home | KeyCode::Char('0') => at.0 = 0,
        KeyCode::End | KeyCode::Char('$') => at.0 = last_col,
        KeyCode::PageUp | KeyCode::Char('g') => at.1 = 0,
        KeyCode::PageDown | KeyCode::Char('G') => at.1 = last_row,
        KeyCode::Char('w') => at.0 = (col + 8).min(last_col),
        KeyCode::Char('b') => at.0 = col.saturating_sub(8),
        KeyCode::Char(' ' | 'v') => from = if from.is_some() { None } else { Some(at) },
        // A whole row, from its first column.
        KeyCode::Char('V') => (from, at.0) = (Some((0, from.map_or(row, |from| from.1))), last_col),
        KeyCode::Enter | KeyCode::Char('y') => {
            player.pick = None;
            return [ToPlayer::CopyText, ToPlayer::Unselect]
                .into_iter()
                .flat_map(|next| order(model, next))
                .collect();
        }
        KeyCode::Esc | KeyCode::Char('q') => {
            player.pick = None;
            return order(model, ToPlayer::Unselect);
        }
        _ => return Vec::new(),
    }
    player.pick = Some(Pick { at, from });
    let begin = from.unwrap_or(at);
    [
        ToPlayer::SelectFrom(begin.0, begin.1),
        ToPlayer::SelectTo(at.0, at.1),
    ]
    .into_iter()
    .flat_map(|next| order(model, next))
    .collect()
}
