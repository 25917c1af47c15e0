//! A page as a sequence of steps: its blocks and task boxes in their order, what each needs, how it is confirmed. Reading
//! a page never runs anything; attributes that cannot be are refused with their line.

mod environment;
mod given;
mod part;
mod read;
mod stand_in;
mod task;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::block::{Block, Runnable, unclosed};
use super::call::Call;
use super::fence::{Attributes, Kind};
use super::level::Level;
use super::manifest::Manifest;
use super::note::Tab;
use super::verb;

pub use given::BadGiven;

/// What a step is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Commands(Box<Block>),
    /// A document of Systems Manager.
    Call(Box<Call>),
    /// A task box: a person does it.
    Task(String),
}

/// One step of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The name that the page gives, else the number.
    pub id: String,
    /// From 1, in the order of the page.
    pub number: usize,
    /// The name, the task, or the first line of the first command.
    pub title: String,
    /// The heading of the second level that it stands under.
    pub phase: String,
    /// Lines of the page, from 1.
    pub lines: (usize, usize),
    pub what: What,
    pub attributes: Attributes,
    /// The output that the page promises.
    pub sample: Option<String>,
    /// Variables that must have a value, by the page's own words.
    pub inputs: Vec<String>,
    /// Variables of the page that its programs may look for, though no command has them by name.
    pub environment: Vec<String>,
    /// Others that it gets as well once a run knows them.
    pub learnt: Vec<String>,
    /// Whether every command is known to only look.
    pub reads: bool,
    /// Those that it stands in and that a run chooses from, the outer one first.
    pub tabs: Vec<Tab>,
}

/// A page that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub path: PathBuf,
    /// Below the folder that was scanned.
    pub name: String,
    pub title: String,
    /// With LF line ends.
    pub text: String,
    pub sha256: String,
    pub manifest: Manifest,
    pub steps: Vec<Step>,
    pub rollbacks: Vec<Step>,
}

/// Why a page cannot be run as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {says}", .path.display())]
pub struct BadPlan {
    pub path: PathBuf,
    pub line: usize,
    pub says: String,
}

impl BadPlan {
    /// The same where the page is in front.
    pub fn in_page(&self) -> String {
        format!("line {}: {}", self.line, self.says)
    }
}

/// Without a word about it, a step may take this long.
pub const TIMEOUT: Duration = Duration::from_secs(600);

impl Plan {
    /// Reads a page that can be run.
    pub fn parse(path: &Path, name: &str, text: &str) -> Result<Plan, BadPlan> {
        let plan = Plan::read(path, name, text)?;
        match plan.faults().into_iter().next() {
            None => Ok(plan),
            Some((line, says)) => Err(BadPlan {
                path: path.to_owned(),
                line,
                says,
            }),
        }
    }

    /// Reads a page, whether or not what its steps name is there.
    pub fn read(path: &Path, name: &str, text: &str) -> Result<Plan, BadPlan> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let bad = |line, says| BadPlan {
            path: path.to_owned(),
            line,
            says,
        };
        if let Some((from, to)) = super::git::conflict(&text) {
            let says = format!("it holds both sides of a conflict: settle lines {from} to {to} first");
            return Err(bad(from, says));
        }
        let manifest = Manifest::parse(&text).map_err(|cause| bad(cause.line, cause.says))?;
        // What describes a document of Systems Manager is no page of anybody's: it is read, and nothing of it is run.
        let found = match path.starts_with("ssm:") {
            true => Vec::new(),
            false => read::steps(&text).map_err(|(line, says)| bad(line, says))?,
        };
        let found = environment::told(found, &manifest);
        let page = super::Page::parse(path, name, &text);
        let (rollbacks, steps): (Vec<Step>, Vec<Step>) = found
            .into_iter()
            .partition(|step| step.attributes.kind == Kind::Rollback);
        Ok(Plan {
            path: path.to_owned(),
            name: name.to_owned(),
            title: page.title,
            sha256: hex::encode(Sha256::digest(text.as_bytes())),
            text,
            manifest,
            steps,
            rollbacks,
        })
    }

    /// The steps that name this one as what undoes them; none where it is no rollback, which is told without a look at every
    /// step: pages of thousands of steps ask it of each.
    pub fn undone_by<'a>(&'a self, rollback: &'a Step) -> impl Iterator<Item = &'a Step> {
        let steps: &[Step] = match rollback.attributes.kind {
            Kind::Rollback => &self.steps[..],
            _ => &[],
        };
        let steps = steps.iter();
        steps.filter(|step| step.attributes.rollback.as_deref() == Some(&*rollback.id))
    }

    /// Their names; none of a step that undoes nothing.
    pub fn names_undone_by(&self, rollback: &Step) -> Vec<String> {
        let undone = self.undone_by(rollback);
        undone.map(|step| step.id.clone()).collect()
    }

    /// Whether it starts documents or reads parameters, wherever its steps run.
    pub fn wants_aws(&self) -> bool {
        let mut steps = self.steps.iter().chain(&self.rollbacks);
        self.manifest
            .variables
            .values()
            .any(|variable| variable.parameter().is_some() || variable.stored().is_some())
            || steps.any(|step| matches!(step.what, What::Call(_)))
    }

    /// Whether a document goes to machines that the page chooses for it.
    pub fn chooses(&self) -> bool {
        let mut steps = self.steps.iter().chain(&self.rollbacks);
        steps.any(|step| matches!(&step.what, What::Call(call) if call.on != super::call::On::Run))
    }

    /// The page's own targets that its steps name.
    pub fn targets(&self) -> BTreeSet<&String> {
        Plan::targets_of(self.steps.iter().chain(&self.rollbacks))
    }

    fn targets_of<'a>(steps: impl Iterator<Item = &'a Step>) -> BTreeSet<&'a String> {
        let named = steps.filter_map(|step| match &step.attributes.on {
            super::fence::On::Named(name) => Some(name),
            _ => None,
        });
        named.collect()
    }

    /// Whether a step belongs to a run that only looks: it looks, and at nothing that a change has to come before.
    pub fn looks(&self, step: &Step) -> bool {
        let mut needs = step
            .attributes
            .needs
            .iter()
            .filter_map(|needed| self.step(needed));
        step.reads && !step.is_task() && needs.all(|needed| self.looks(needed))
    }

    /// A step by its name or number.
    pub fn step(&self, wanted: &str) -> Option<&Step> {
        let all = || self.steps.iter().chain(&self.rollbacks);
        all()
            .find(|step| step.id == wanted)
            .or_else(|| all().find(|step| step.number.to_string() == wanted))
    }

    /// Names that are not unique, what is named and does not exist, and keys that nobody knows, each with its line.
    pub fn faults(&self) -> Vec<(usize, String)> {
        let mut faults = Vec::new();
        let mut all: Vec<&Step> = self.steps.iter().chain(&self.rollbacks).collect();
        all.sort_by_key(|step| step.number);
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for step in all {
            let line = step.lines.0;
            if let Some(twin) = lines.insert(&step.id, line) {
                let says = format!("two steps are called {}: the other is on line {twin}", step.id);
                faults.push((line, says));
            }
            let strangers = step.attributes.strangers.iter();
            faults.extend(strangers.map(|key| (line, super::fence::stranger(key))));
            for needed in &step.attributes.needs {
                match self.step(needed) {
                    None => faults.push((line, format!("needs={needed}: no step is called so"))),
                    Some(needed) if needed.number >= step.number => {
                        faults.push((line, format!("needs={}: that step comes later", needed.id)));
                    }
                    Some(_) => {}
                }
            }
            if let Some(rollback) = &step.attributes.rollback
                && !self.rollbacks.iter().any(|step| step.id == *rollback)
            {
                let says = format!("no kind=rollback is called {rollback}");
                faults.push((line, says));
            }
            if let (super::fence::On::Named(target), What::Call(_)) = (&step.attributes.on, &step.what) {
                let says = format!(
                    "on={target}: a document goes to the machines of the run, or to those that its own `targets` name"
                );
                faults.push((line, says));
            } else if let super::fence::On::Named(target) = &step.attributes.on
                && !self.manifest.targets.contains_key(target)
            {
                let known: Vec<&str> = self.manifest.targets.keys().map(String::as_str).collect();
                let says = match known.is_empty() {
                    true => format!("on={target}: the front matter has no `targets`"),
                    false => format!("on={target}: known are local, each, {}", known.join(", ")),
                };
                faults.push((line, says));
            }
        }
        faults
    }
}

impl Step {
    /// A command in the text of a page, which is in no sequence.
    pub fn of_span(span: Block) -> Step {
        Step {
            id: String::new(),
            number: 0,
            title: span.text.clone(),
            phase: String::new(),
            lines: (span.start_line, span.end_line),
            attributes: Attributes::default(),
            sample: None,
            inputs: Vec::new(),
            environment: Vec::new(),
            learnt: Vec::new(),
            reads: looks_only(&span),
            tabs: Vec::new(),
            what: What::Commands(Box::new(span)),
        }
    }

    /// What a person has to say before it runs there. Production asks for one more; nothing asks for less, and a document
    /// is never started without a yes, as nothing here tells that it only looks.
    pub fn level(&self, manifest: &Manifest, is_production: bool) -> Level {
        let told = match (&self.what, self.attributes.confirm.or(manifest.confirm)) {
            (What::Task(_), _) => return Level::None,
            (What::Call(_), told) => told.unwrap_or(Level::Yes).max(Level::Yes),
            (_, Some(told)) => told,
            (_, None) if self.reads => Level::None,
            (_, None) => Level::Yes,
        };
        let raised = if is_production { told.raised() } else { told };
        match self.is_sure() {
            true => raised,
            // What seems to be printed is run by no key that is pressed anyhow.
            false if self.is_printed() => raised.max(Level::Yes),
            // Nothing says that these are commands: one key more.
            false => raised.max(Level::Enter),
        }
    }

    /// Whether nothing says that these are commands.
    pub fn is_unsure(&self) -> bool {
        !self.is_sure()
    }

    /// Whether a line of it seems to be what a command has printed.
    pub fn is_printed(&self) -> bool {
        self.block().is_some_and(|block| block.printed.is_some())
    }

    /// Why it is unsure.
    pub fn doubt(&self) -> Option<&str> {
        self.block()?.doubt.as_deref().filter(|_| self.is_unsure())
    }

    fn is_sure(&self) -> bool {
        match &self.what {
            What::Commands(block) => block.runnable == Runnable::Yes && block.printed.is_none(),
            What::Call(_) | What::Task(_) => true,
        }
    }

    pub fn block(&self) -> Option<&Block> {
        match &self.what {
            What::Commands(block) => Some(block),
            What::Call(_) | What::Task(_) => None,
        }
    }

    /// As the page writes them.
    pub fn commands(&self) -> Vec<String> {
        match &self.what {
            What::Commands(block) => block.commands.clone(),
            What::Call(call) => call.lines(),
            What::Task(_) => Vec::new(),
        }
    }

    pub fn is_powershell(&self) -> bool {
        self.block().is_some_and(Block::is_powershell)
    }

    pub fn is_task(&self) -> bool {
        matches!(self.what, What::Task(_))
    }

    /// Whether it changes nothing, and is only about how things stand.
    pub fn finds(&self) -> bool {
        let is_check = self.reads || self.attributes.kind == Kind::Check;
        is_check && !self.is_task() && self.attributes.kind != Kind::Rollback
    }

    /// Why it cannot be run from here, whatever its values are.
    pub fn obstacle(&self) -> Option<String> {
        self.unfit(false)
    }

    /// Why it cannot be typed into a session: what wants a terminal of its own has one there.
    pub fn obstacle_in_session(&self) -> Option<String> {
        self.unfit(true)
    }

    fn unfit(&self, has_terminal: bool) -> Option<String> {
        if let What::Call(call) = &self.what
            && call.is_open
        {
            return Some(unclosed(self.lines));
        }
        let block = self.block()?;
        let opened = block.opened();
        if let Some(why) = block.barred(opened.as_ref()) {
            return Some(why);
        }
        if let Some(whole) = stand_in::of(block) {
            return Some(format!(
                "`{whole}` stands for a whole command, which no value is: write the command in its place"
            ));
        }
        if self.attributes.tty && !has_terminal {
            return Some("it wants a terminal of its own: run it in a session, then go on behind it".into());
        }
        if self.is_powershell() && self.attributes.background {
            return Some(
                "it stays in the background, and PowerShell on a machine ends with its block".into(),
            );
        }
        if let Some(turn) = opened.filter(|_| !has_terminal) {
            return Some(format!(
                "`{}` waits for someone to type: run it in a session, then go on behind it",
                turn.line
            ));
        }
        let interpreter = self.attributes.interpreter.as_deref();
        let wanted = interpreter.map(super::shell::bare_name);
        // Without a word on the fence its label says it.
        let label = block.lang.to_ascii_lowercase();
        let foreign = matches!(label.as_str(), "zsh" | "ksh" | "fish").then_some(label.as_str());
        match wanted.or(foreign) {
            None | Some("sh" | "bash") => None,
            Some(other) => Some(format!(
                "it is for {other}; runs are made in bash, or in sh where there is none: mark it as one of them where that is right"
            )),
        }
    }

    /// SHA-256 of what it is, by which a changed page is noticed.
    pub fn sha256(&self) -> String {
        match &self.what {
            What::Commands(block) => block.sha256.clone(),
            What::Call(call) => call.sha256.clone(),
            What::Task(text) => hex::encode(Sha256::digest(text.as_bytes())),
        }
    }

    /// What the page wants covered besides what the rules of redaction find.
    pub fn redact(&self) -> Option<regex::Regex> {
        let pattern = self.attributes.redact.as_deref()?;
        regex::Regex::new(pattern).ok()
    }

    pub fn timeout(&self, manifest: &Manifest) -> Duration {
        self.attributes.timeout.or(manifest.timeout).unwrap_or(TIMEOUT)
    }
}

/// Whether commands are known to only look, whatever the page calls them.
fn looks_only(block: &Block) -> bool {
    verb::only_reads(&block.commands)
}
