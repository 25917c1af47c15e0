//! Runs: one command on many instances. Three depths: the runs of this process, the instances of one, an output.
//! What is shown is recorded already; a run goes on in the hub whether or not anybody looks.

mod draft;
mod page;
mod preview;
mod run;
mod stand;
mod table;
#[cfg(test)]
mod tests;
mod update;
mod view;

use crate::app::RunId;
use crate::ui::cursor::Ids;
use crate::ui::table as rows;

pub use draft::{
    Draft, abandon, agree, ask, begin, change, confirmed, document, explained, is_grave, label, left,
    limited, phrase, typed,
};
pub use page::Page;
pub use preview::{about, preview};
pub use run::{Run, Target};
pub use stand::Stand;
pub use update::{click, ended, heard, narrow, perform, refused, sort, step};
pub use view::view;

/// Runs that are kept with their outputs; the recordings have all.
const KEPT: usize = 32;

#[derive(Debug, Default)]
pub struct Fanout {
    /// Newest first.
    pub runs: Vec<Run>,
    pub list: rows::State<RunId>,
    open: Option<RunId>,
    page: Option<Page>,
    draft: Option<Draft>,
    /// What was typed, oldest first.
    history: Vec<String>,
    last: u64,
}

impl Fanout {
    /// How many runs are not over.
    pub fn going(&self) -> usize {
        self.runs.iter().filter(|run| run.is_going()).count()
    }

    pub fn is_inside(&self) -> bool {
        self.open.is_some()
    }

    pub fn is_reading(&self) -> bool {
        self.page.is_some()
    }

    /// The run that is looked into, or the one under the cursor.
    pub fn run(&self) -> Option<&Run> {
        match self.open {
            Some(id) => self.runs.iter().find(|run| run.id == id),
            None => self.list.cursor.index(self).and_then(|at| self.runs.get(at)),
        }
    }

    fn run_mut(&mut self, id: RunId) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// The run that is looked into.
    fn open_mut(&mut self) -> Option<&mut Run> {
        self.open.and_then(|id| self.run_mut(id))
    }

    /// The instance whose output is read, or the one under the cursor.
    pub fn target(&self) -> Option<&Target> {
        let run = self.run().filter(|_| self.is_inside())?;
        match &self.page {
            Some(page) => run.target(&page.node),
            None => run.selected(),
        }
    }

    /// What the depth in front is filtered by or searched for.
    pub fn filter(&self) -> &str {
        match (&self.page, self.run()) {
            (Some(page), _) => &page.search,
            (None, Some(run)) if self.is_inside() => &run.filter,
            _ => "",
        }
    }

    /// The output that is read, the instance under the cursor, or the command.
    pub fn copied(&self) -> Option<String> {
        match (&self.page, self.target()) {
            (Some(_), Some(target)) => target.outcome.as_ref().map(|outcome| {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                text(&outcome.stdout) + &text(&outcome.stderr)
            }),
            (None, Some(target)) => Some(target.node.id.to_string()),
            _ => self.run().map(|run| run.text.clone()),
        }
    }

    /// A new run in front of the others; of those that are over the oldest go.
    fn add(&mut self, run: impl FnOnce(RunId) -> Run) -> RunId {
        self.last += 1;
        let id = RunId(self.last);
        self.runs.insert(0, run(id));
        let mut place = 0;
        self.runs.retain(|run| {
            place += 1;
            place <= KEPT || run.is_going()
        });
        self.list.cursor.select(Some(id));
        self.open = Some(id);
        self.page = None;
        id
    }
}

impl Ids for Fanout {
    type Id = RunId;

    fn len(&self) -> usize {
        self.runs.len()
    }

    fn id_at(&self, index: usize) -> Option<RunId> {
        self.runs.get(index).map(|run| run.id)
    }
}
