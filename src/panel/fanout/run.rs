//! One run and its instances: what each said last, in the order in which they are shown.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::RunId;
use crate::fanout::{Event, Given, Limits, Outcome};
use crate::fleet::{Id, Node};
use crate::ui::cursor::Ids;
use crate::ui::table;

use super::stand::{Stand, says};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Stand,
    Name,
    Took,
}

/// An instance of a run.
#[derive(Debug)]
pub struct Target {
    pub node: Node,
    pub status: String,
    pub running_since: Option<Timestamp>,
    pub outcome: Option<Outcome>,
}

impl Target {
    pub fn stand(&self) -> Stand {
        Stand::of(&self.status)
    }

    pub fn says(&self) -> &str {
        says(&self.status)
    }

    /// How long it ran, or runs.
    pub fn took(&self, now: Timestamp) -> Option<Duration> {
        let span = |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).ok();
        match &self.outcome {
            Some(outcome) => span(outcome.started_at?, outcome.ended_at?),
            None => span(self.running_since?, now),
        }
    }

    /// The last line that says something: of standard error first where it failed.
    pub fn last_line(&self) -> String {
        let Some(outcome) = &self.outcome else {
            return String::new();
        };
        let (first, second) = if outcome.is_success() {
            (&outcome.stdout, &outcome.stderr)
        } else {
            (&outcome.stderr, &outcome.stdout)
        };
        let said = outcome.says.clone().unwrap_or_default();
        last(first).or_else(|| last(second)).unwrap_or(said)
    }

    fn matches(&self, words: &[String]) -> bool {
        let node = &self.node;
        let text = [&node.name, &node.id.0, &node.account, &node.region, self.says()].join("\n");
        let text = (text + "\n" + &self.last_line()).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

fn last(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.rsplit(|byte| *byte == b'\n');
    let line = lines.find(|line| !line.trim_ascii().is_empty())?;
    Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned())
}

#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    pub text: String,
    pub reason: String,
    pub limits: Limits,
    /// The Command document that it is, if it is one.
    pub given: Option<Given>,
    pub targets: Vec<Target>,
    index: HashMap<Id, usize>,
    /// How many of them are production.
    pub production: usize,
    pub begun_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub cancelling: bool,
    pub filter: String,
    pub sort: Sort,
    pub descending: bool,
    shown: Vec<usize>,
    pub table: table::State<Id>,
}

impl Run {
    pub fn new(id: RunId, text: String, reason: String, nodes: Vec<Node>, begun_at: Timestamp) -> Run {
        let index = nodes.iter().enumerate();
        let index = index.map(|(at, node)| (node.id.clone(), at)).collect();
        let target = |node| Target {
            node,
            status: "Pending".into(),
            running_since: None,
            outcome: None,
        };
        let mut run = Run {
            id,
            text,
            reason,
            limits: Limits::default(),
            given: None,
            targets: nodes.into_iter().map(target).collect(),
            index,
            production: 0,
            begun_at,
            ended_at: None,
            cancelling: false,
            filter: String::new(),
            sort: Sort::default(),
            descending: false,
            shown: Vec::new(),
            table: table::State::default(),
        };
        run.arrange();
        run
    }

    pub fn is_going(&self) -> bool {
        self.ended_at.is_none()
    }

    pub fn count(&self, stand: Stand) -> usize {
        self.targets
            .iter()
            .filter(|target| target.stand() == stand)
            .count()
    }

    /// How many are over, well or not.
    pub fn over(&self) -> usize {
        self.targets
            .iter()
            .filter(|target| target.stand().is_over())
            .count()
    }

    /// How many were asked, are over and did not succeed.
    pub fn failed(&self) -> usize {
        self.count(Stand::Failed) + self.count(Stand::Stopped)
    }

    /// How many could not be asked.
    pub fn skipped(&self) -> usize {
        self.count(Stand::Away)
    }

    pub fn took(&self, now: Timestamp) -> Duration {
        let span = self.ended_at.unwrap_or(now).duration_since(self.begun_at);
        Duration::try_from(span).unwrap_or_default()
    }

    pub fn target(&self, id: &Id) -> Option<&Target> {
        self.index.get(id).map(|at| &self.targets[*at])
    }

    pub fn target_at(&self, index: usize) -> Option<&Target> {
        self.shown.get(index).and_then(|at| self.targets.get(*at))
    }

    pub fn selected(&self) -> Option<&Target> {
        self.table.cursor.index(self).and_then(|at| self.target_at(at))
    }

    pub fn hear(&mut self, event: Event, now: Timestamp) {
        let at = |id: &str, index: &HashMap<Id, usize>| index.get(&Id(id.to_owned())).copied();
        match event {
            Event::Changed { node, status } => {
                if let Some(at) = at(&node, &self.index) {
                    let target = &mut self.targets[at];
                    if Stand::of(&status) == Stand::Running {
                        target.running_since.get_or_insert(now);
                    }
                    target.status = status;
                }
            }
            Event::Over(outcome) => {
                if let Some(at) = at(&outcome.id, &self.index) {
                    let target = &mut self.targets[at];
                    target.status.clone_from(&outcome.status);
                    target.outcome = Some(*outcome);
                }
            }
            Event::Sent { .. }
            | Event::Busy { .. }
            | Event::Failed(_)
            | Event::Unrecorded { .. }
            | Event::Recorded => {}
        }
    }

    /// Nothing more is heard of it; whoever was not over stands as `status` from here on.
    pub fn end(&mut self, now: Timestamp, status: &str, says: &str) {
        self.ended_at = Some(now);
        for target in self.targets.iter_mut().filter(|target| !target.stand().is_over()) {
            target.status = status.into();
            target.outcome = Some(Outcome {
                id: target.node.id.to_string(),
                status: status.into(),
                says: Some(says.into()),
                ..Outcome::default()
            });
        }
        self.arrange();
    }

    /// Filters and sorts what is shown.
    pub fn arrange(&mut self) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let targets = &self.targets;
        self.shown = (0..targets.len()).collect();
        if !words.is_empty() {
            self.shown.retain(|at| targets[*at].matches(&words));
        }
        let name = |at: &usize| (&targets[*at].node.name, &targets[*at].node.id);
        match self.sort {
            Sort::Stand => self.shown.sort_by_key(|at| (targets[*at].stand(), name(at))),
            Sort::Name => self.shown.sort_by_key(name),
            Sort::Took => {
                let took = |at: &usize| targets[*at].took(self.begun_at);
                self.shown
                    .sort_by_key(|at| (std::cmp::Reverse(took(at)), name(at)));
            }
        }
        if self.descending {
            self.shown.reverse();
        }
    }
}

impl Ids for Run {
    type Id = Id;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<Id> {
        self.target_at(index).map(|target| target.node.id.clone())
    }
}
