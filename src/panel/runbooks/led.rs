//! A runbook that an alarm leads to: the very page, its placeholders filled with what the alarm knows.

use std::path::Path;

use super::again::look;
use super::update::colour;
use crate::app::{Effect, Model, Room};
use crate::runbook::Values;

/// Values given for another alarm do not stay: they would fill this one's commands.
pub fn open_led(model: &mut Model, path: &Path, values: Values) -> Vec<Effect> {
    let books = &mut model.runbooks;
    books.values = values;
    books.filled = None;
    books.came_from.clear();
    books.open(path);
    model.go(Room::Runbooks);
    let mut effects = colour(model);
    effects.extend(look(model));
    effects
}
