//! What is asked before a page is carried out: which of its steps, whether only those that look, and with which values. The
//! same that `qd runbooks run` takes as options.

use crossterm::event::{KeyCode, KeyEvent};

use crate::app::{Ask, Effect, Model, Notice, Overlay, Weight};
use crate::fleet::Node;
use crate::panel::age;
use crate::panel::list::Step as Move;
use crate::runbook::placeholder::name;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::run::target::BadTarget;
use crate::runbook::{Level, Page};
use crate::ui::prompt::Prompt;
use crate::ui::{Cursor, Ids};

use super::place::Place;
use super::update::carry_out;
use super::{Choice, Part};

/// A run that is about to begin.
#[derive(Debug)]
pub struct Start {
    pub(super) plan: Plan,
    nodes: Vec<Node>,
    /// Where; or why that cannot be told.
    pub(super) place: Result<Place, BadTarget>,
    pub(super) choice: Choice,
    /// The step that keys of the form mean.
    cursor: Cursor<String>,
    /// What the alarm is about, where the run goes elsewhere.
    pub(super) elsewhere: Option<String>,
    /// How old the page is, and why nobody can tell whether it is as it was.
    pub(super) unasked: Option<String>,
}

impl Start {
    /// The form for a page, with the step at these lines chosen.
    pub(super) fn of(model: &Model, plan: Plan, nodes: Vec<Node>, lines: Option<(usize, usize)>) -> Start {
        let choice = Choice {
            values: model.runbooks.filled_for(&plan),
            ..Choice::default()
        };
        let led = model.alarms.led_to(&plan.path);
        let about = led.and_then(|led| led.node.as_ref());
        // Where nothing is chosen, what the alarm is about is where its page looks.
        let nodes = match about.filter(|_| nodes.is_empty()) {
            Some(node) => vec![node.clone()],
            None => nodes,
        };
        let place = Place::of(model, &plan, nodes.clone(), &choice.values);
        let about = about.filter(|there| nodes.iter().all(|node| node.id != there.id));
        let elsewhere = about.map(|node| node.name.clone());
        let mut start = Start {
            plan,
            nodes,
            place,
            choice,
            cursor: Cursor::default(),
            elsewhere,
            unasked: None,
        };
        let at = start.plan.steps.iter().find(|step| Some(step.lines) == lines);
        let at = at.or(start.plan.steps.first()).map(|step| step.id.clone());
        start.cursor.select(at);
        start
    }

    pub(super) fn step(&self) -> Option<&Step> {
        let at = self.cursor.index(self)?;
        self.plan.steps.get(at)
    }

    pub(super) fn is_grave(&self) -> bool {
        self.place.as_ref().is_ok_and(|place| place.production)
    }

    /// How many steps the run would come to.
    pub(super) fn count(&self) -> usize {
        self.chosen().count()
    }

    /// Whether one of them changes something and is carried out unasked, as its author wrote.
    pub(super) fn is_any_unasked(&self) -> bool {
        let is_unasked = |step: &Step| step.level(&self.plan.manifest, self.is_grave()) == Level::None;
        let is_change = |step: &Step| !self.plan.looks(step) && step.block().is_some();
        self.chosen().any(|step| is_change(step) && is_unasked(step))
    }

    fn chosen(&self) -> impl Iterator<Item = &Step> {
        let part = &self.choice.part;
        let is_only = move |step: &Step| matches!(part, Part::Only(only) if step.id == *only);
        let steps = self.plan.steps.iter();
        steps
            .skip_while(move |step| matches!(part, Part::From(from) if step.id != *from))
            .filter(move |step| !matches!(part, Part::Only(_)) || is_only(step))
            .filter(move |step| !step.attributes.excluded || is_only(step))
            .filter(|step| !self.choice.looks_only || self.plan.looks(step))
    }

    /// The same key twice is the whole page again.
    fn toggle(&mut self, part: fn(String) -> Part) {
        let Some(part) = self.step().map(|step| part(step.id.clone())) else {
            return;
        };
        self.choice.part = match self.choice.part == part {
            true => Part::Whole,
            false => part,
        };
    }

    /// A part that was chosen follows the step that is pointed at.
    fn point(&mut self, to: Move) {
        let mut cursor = std::mem::take(&mut self.cursor);
        to.apply(&mut cursor, self);
        self.cursor = cursor;
        let Some(id) = self.step().map(|step| step.id.clone()) else {
            return;
        };
        match &mut self.choice.part {
            Part::Whole => {}
            Part::From(step) | Part::Only(step) => *step = id,
        }
    }
}

impl Ids for Start {
    type Id = String;

    fn len(&self) -> usize {
        self.plan.steps.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.plan.steps.get(index).map(|step| step.id.clone())
    }
}

/// Keys of the form.
pub fn press(model: &mut Model, mut start: Box<Start>, key: KeyEvent) -> Vec<Effect> {
    let is_yes = key.code == KeyCode::Char('y') || (key.code == KeyCode::Enter && !start.is_grave());
    match key.code {
        KeyCode::Esc | KeyCode::Char('n' | 'q') => return Vec::new(),
        _ if is_yes => return begin(model, start),
        KeyCode::Down | KeyCode::Char('j') => start.point(Move::By(1)),
        KeyCode::Up | KeyCode::Char('k') => start.point(Move::By(-1)),
        KeyCode::Char('b') => start.toggle(Part::From),
        KeyCode::Char('o') => start.toggle(Part::Only),
        KeyCode::Char('c') => start.choice.looks_only ^= true,
        KeyCode::Char('v') => {
            ask(model, start, "");
            return Vec::new();
        }
        _ => {}
    }
    model.overlay = Some(Overlay::Start(start));
    Vec::new()
}

fn ask(model: &mut Model, start: Box<Start>, typed: &str) {
    model.carry_start = Some(start);
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::Given,
        prompt: Prompt::new(typed),
    });
}

fn begin(model: &mut Model, start: Box<Start>) -> Vec<Effect> {
    if start.count() == 0 {
        let notice = Notice::new(Weight::Warn, "none of its steps would run");
        model.notice(notice.hint("o runs only the step that is chosen"));
        model.overlay = Some(Overlay::Start(start));
        return Vec::new();
    }
    let start = match *start {
        Start {
            place: Ok(place),
            plan,
            choice,
            ..
        } => return carry_out(model, plan, place, choice, None),
        start => start,
    };
    if let Err(bad) = &start.place {
        let hint = match bad {
            BadTarget::Unset { .. } => "v gives it a value".to_owned(),
            bad => bad.hint(),
        };
        model.notice(Notice::new(Weight::Warn, bad.to_string()).hint(hint));
    }
    model.overlay = Some(Overlay::Start(Box::new(start)));
    Vec::new()
}

/// The bucket of the page could not be asked whether it says what was read: the form says so, and a run of it may begin.
pub fn unasked(model: &mut Model, page: &Page, cause: &str) -> Vec<Effect> {
    let now = model.now;
    let start = match &mut model.overlay {
        Some(Overlay::Start(start)) => Some(start),
        _ => model.carry_start.as_mut(),
    };
    if let Some(start) = start.filter(|start| start.plan.path == page.path) {
        let age = page.fetched_at.map(|at| age::since(at, now));
        let age = age.map_or_else(|| "some time".to_owned(), |age| format!("{age} ago"));
        start.unasked = Some(format!("Read {age}; it may have changed: {cause}."));
        start.choice.as_read = true;
    }
    Vec::new()
}

/// `NAME=VALUE` was typed for the form; nothing goes back to it, and `NAME=` takes a value away.
pub fn set(model: &mut Model, typed: String) -> Vec<Effect> {
    let Some(mut start) = model.carry_start.take() else {
        return Vec::new();
    };
    if typed.trim().is_empty() {
        model.overlay = Some(Overlay::Start(start));
        return Vec::new();
    }
    let Some((variable, value)) = typed.split_once('=') else {
        model.notice(Notice::new(Weight::Warn, "expected NAME=VALUE"));
        ask(model, start, &typed);
        return Vec::new();
    };
    let (variable, value) = (variable.trim(), value.trim());
    let is_taken = value.is_empty() || {
        let accepted = start.plan.accepts(variable, value);
        accepted
            .map_err(|bad| model.notice(Notice::new(Weight::Warn, bad.to_string())))
            .is_ok()
    };
    if !is_taken {
        ask(model, start, &typed);
        return Vec::new();
    }
    let key = name(variable);
    start.choice.values.retain(|known, _| name(known) != key);
    if !value.is_empty() {
        start.choice.values.insert(variable.to_owned(), value.to_owned());
    }
    // A value may say which machines a name of the page means.
    start.place = Place::of(model, &start.plan, start.nodes.clone(), &start.choice.values);
    model.notice_for = 0;
    model.overlay = Some(Overlay::Start(start));
    Vec::new()
}

/// The input line was left: back to the form.
pub fn unset(model: &mut Model) -> Vec<Effect> {
    set(model, String::new())
}
