//! Systems Manager documents beside the runbooks: found by what is in them, filled in place, previewed, asked about,
//! started; then the automation with its steps as they stand, answered and stopped by keys. The run itself is AWS's and
//! goes on when the console is left.

mod begin;
mod fill;
mod hint;
mod live;
mod reach;
mod tree;
mod update;
mod view;
mod waiting;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::aws::{Failure, Place};
use crate::document::{BadDocument, Body, Document, Form, Row, flow};
use crate::ui::{Cursor, Ids};

use begin::Pending;
use live::Run;
use reach::Reach;

pub use begin::{asked_about, begun, launch, phrase, previewed, typed};
pub use fill::{filled, is_reach, label};
pub use live::{asked, executions, letting_go, outputs, said, seen};
pub use update::{back, click, heard, narrow, open, perform, refresh, step};
pub use view::view;
pub use waiting::{Waiting, ask as ask_waiting, go as go_waiting, key as waiting_key};

/// What is in front.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Front {
    #[default]
    List,
    /// The form and the steps of the document under the cursor.
    Form,
    /// Automations.
    Runs,
    /// One of them.
    Live,
}

#[derive(Debug, Default)]
pub struct Documents {
    bodies: Vec<Body>,
    failures: Vec<Failure>,
    /// Why automations of some places are not known.
    pub unknown: Vec<Failure>,
    is_asked: bool,
    pub query: String,
    /// Indices of bodies, best first.
    shown: Vec<usize>,
    cursor: Cursor<String>,
    pub front: Front,
    opened: Option<Opened>,
    pending: Option<Pending>,
    runs: Vec<Run>,
    at_run: Cursor<String>,
    /// The automation in front.
    live: Option<String>,
    /// Those whose children were looked into on the way to it, the outermost first.
    parents: Vec<String>,
}

/// The document under the cursor, understood.
#[derive(Debug)]
struct Opened {
    /// Where it is and what it is called.
    place: Place,
    name: String,
    version: Option<String>,
    document: Result<Document, BadDocument>,
    form: Form,
    /// What the defaults that name a parameter of Parameter Store are now.
    stored: HashMap<String, Stored>,
    reach: Reach,
    tree: Vec<Row>,
    at: Cursor<String>,
}

/// What a parameter of Parameter Store holds, as far as it may be told.
#[derive(Debug)]
enum Stored {
    Value(String),
    Secret,
    Unread(String),
}

impl Opened {
    fn of(body: &Body) -> Opened {
        let document = Document::parse(&body.text);
        let form = document
            .as_ref()
            .map(|document| Form::of(&document.parameters))
            .unwrap_or_default();
        let tree = document.as_ref().map(flow).unwrap_or_default();
        Opened {
            place: body.listed.place.clone(),
            name: body.listed.row.name.clone(),
            version: body.listed.row.version.clone(),
            document,
            form,
            stored: HashMap::new(),
            reach: Reach::default(),
            tree,
            at: Cursor::default(),
        }
    }

    fn is(&self, body: &Body) -> bool {
        self.name == body.listed.row.name
            && self.place == body.listed.place
            && self.version == body.listed.row.version
    }
}

impl Opened {
    /// Rows behind the parameters' own: targets, limits, places.
    fn reaches(&self) -> &'static [reach::Row] {
        let document = self.document.as_ref().ok();
        document.map_or(&[], |document| reach::Row::of(document.kind))
    }

    /// Everything that can be filled in.
    fn fields(&self) -> usize {
        self.form.fields.len() + self.reaches().len()
    }

    fn reach_at(&self, index: usize) -> Option<reach::Row> {
        let at = index.checked_sub(self.form.fields.len())?;
        self.reaches().get(at).copied()
    }
}

/// Fields, a line between, then the tree.
impl Ids for Opened {
    type Id = String;

    fn len(&self) -> usize {
        let fields = self.fields();
        fields + usize::from(fields > 0 && !self.tree.is_empty()) + self.tree.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        match self.form.fields.get(index) {
            Some(field) => Some(format!("= {}", field.parameter.name)),
            None if index < self.fields() => self.reach_at(index).map(|row| row.id().to_owned()),
            None if index == self.fields() && index > 0 => None,
            None if index < self.len() => Some(format!("# {index}")),
            None => None,
        }
    }
}

fn id_of(body: &Body) -> String {
    let place = &body.listed.place;
    format!("{} {} {}", body.listed.row.name, place.profile, place.region)
}

impl Documents {
    fn body(&self) -> Option<&Body> {
        let at = self.cursor.index(self)?;
        self.bodies.get(*self.shown.get(at)?)
    }

    /// The text of a document by its name, where it is known.
    fn named(&self, place: &Place, name: &str) -> Option<&Body> {
        self.bodies
            .iter()
            .find(|body| body.listed.row.name == name && body.listed.place == *place)
    }

    fn run(&self) -> Option<&Run> {
        let id = self.live.as_ref()?;
        self.runs.iter().find(|run| run.id == *id)
    }

    fn run_mut(&mut self, id: &str) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// Automations that are followed and go on.
    pub fn going(&self) -> usize {
        self.runs.iter().filter(|run| run.is_going()).count()
    }

    /// The question before the automation in front is stopped.
    pub fn stopping(&self, how: &str) -> Option<Vec<String>> {
        let run = self
            .run()
            .filter(|run| self.front == Front::Live && !run.is_over())?;
        let how = match how {
            "complete" => "It ends behind the steps that run.",
            _ => "What runs is cancelled; its own steps for that are carried out.",
        };
        Some(vec![format!("Stop {}?", run.called()), how.to_owned()])
    }

    /// The question before a step is stopped.
    pub fn stopping_step(&self, named: &str) -> Option<Vec<String>> {
        let run = self.run().filter(|_| self.front == Front::Live)?;
        let step = live::running_step(self, run, named)?;
        Some(vec![
            format!("Stop the step {} of {}?", step.name, run.document),
            "What it began at AWS may go on; the steps behind it wait for a word.".into(),
        ])
    }

    /// What a copy takes: the automation's id, or the document's name.
    pub fn copied(&self) -> Option<String> {
        match self.front {
            Front::Live => self.live.clone(),
            Front::Runs => self.at_run.current(&Runs(&self.runs)),
            Front::List | Front::Form => self.body().map(|body| body.listed.row.name.clone()),
        }
    }
}

impl Ids for Documents {
    type Id = String;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.bodies.get(*self.shown.get(index)?).map(id_of)
    }
}

/// The automations as a list.
struct Runs<'a>(&'a [Run]);

impl Ids for Runs<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.0.get(index).map(|run| run.id.clone())
    }
}
