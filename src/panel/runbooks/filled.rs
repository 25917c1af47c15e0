//! A runbook that another panel opens, its placeholders filled with what is known there: above the page, in what is sent and
//! in the question before a run. They are of that page, and only until it is left.

use std::path::PathBuf;

use crate::app::{Effect, Model, Notice, Room, Weight};
use crate::runbook::placeholder::name;
use crate::runbook::plan::Plan;
use crate::runbook::{Page, Values};

use super::Runbooks;
use super::again::look;
use super::update::colour;

/// What another panel filled in, and on which page.
#[derive(Debug)]
pub(super) struct Filled {
    page: PathBuf,
    /// In the order in which they are told.
    values: Vec<(&'static str, String)>,
}

/// Opens the page that a runbook is called by: its title, its file or its path below the folder.
pub fn open_filled(model: &mut Model, wanted: &str, values: Vec<(&'static str, String)>) -> Vec<Effect> {
    let books = &mut model.runbooks;
    let found = books.library.find(wanted).map(|page| page.path.clone());
    let Some(path) = found else {
        let filled: Vec<String> = values.iter().map(|(of, value)| format!("{of} {value}")).collect();
        let says = format!("no runbook is called {wanted}");
        let hint = format!("write one, or do it by hand with {}", filled.join(", "));
        model.notice(Notice::new(Weight::Warn, says).hint(hint));
        return Vec::new();
    };
    // What was given for another finding, or typed for this page, would fill this one's commands.
    books.values.clear();
    books.came_from.clear();
    books.open(&path);
    books.filled = Some(Filled { page: path, values });
    model.go(Room::Runbooks);
    let mut effects = colour(model);
    effects.extend(look(model));
    effects
}

impl Runbooks {
    fn filled_of(&self, page: &Page) -> &[(&'static str, String)] {
        let filled = self.filled.as_ref().filter(|filled| filled.page == page.path);
        filled.map_or(&[], |filled| filled.values.as_slice())
    }

    /// What is filled in on a page, as one says it.
    pub(super) fn filled_says(&self, page: &Page) -> Option<String> {
        let filled = self.filled_of(page).iter();
        let each: Vec<String> = filled.map(|(of, value)| format!("{of} {value}")).collect();
        (!each.is_empty()).then(|| format!("filled in: {}", each.join(", ")))
    }

    /// What is filled in of the page in front, by the names that its placeholders have.
    pub(super) fn filled_values(&self) -> Values {
        let filled = self.page().map_or(&[][..], |page| self.filled_of(page));
        filled
            .iter()
            .map(|(of, value)| (name(of), value.clone()))
            .collect()
    }

    /// The same for a run of it, as far as the page takes them.
    pub fn filled_for(&self, plan: &Plan) -> Values {
        let page = self.page().filter(|page| page.path == plan.path);
        let filled = page.map_or(&[][..], |page| self.filled_of(page)).iter();
        filled
            .filter(|(of, value)| plan.accepts(of, value).is_ok())
            .map(|(of, value)| ((*of).to_owned(), value.clone()))
            .collect()
    }
}
