//! A runbook that another panel opens, its placeholders filled with what is known there.

use crate::app::{Effect, Model, Notice, Room, Weight};
use crate::runbook::placeholder::name;

use super::update::{colour, narrow};

/// Opens the page that a runbook is called by: its title, its file or its path below the folder.
pub fn open_filled(model: &mut Model, wanted: &str, values: Vec<(&'static str, String)>) -> Vec<Effect> {
    let books = &mut model.runbooks;
    books
        .values
        .extend(values.iter().map(|(of, value)| (name(of), value.clone())));
    let found = books.library.find(wanted).map(|page| page.path.clone());
    let Some(path) = found else {
        let filled: Vec<String> = values.iter().map(|(of, value)| format!("{of} {value}")).collect();
        let says = format!("no runbook is called {wanted}");
        let hint = format!("write one, or do it by hand with {}", filled.join(", "));
        model.notice(Notice::new(Weight::Warn, says).hint(hint));
        return Vec::new();
    };
    narrow(model, String::new());
    model.runbooks.cursor.select(Some(path));
    model.runbooks.reading = true;
    model.go(Room::Runbooks);
    colour(model)
}
