//! The steps of a document as a tree: in the order in which they run, the ways out of a branch below it, the steps that
//! only trouble leads to at the end. Every step stands in it exactly once; whatever else leads there says so.

use std::collections::{HashMap, HashSet};

use super::{Document, Step};

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub depth: usize,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Its index in the document, then in the loops around it.
    Step(Vec<usize>),
    /// A way out of a branch. `to` where its steps do not follow below: they stand elsewhere, or there are none.
    Way { when: String, to: Option<To> },
    /// What leads to the steps below, where that is no ordinary way.
    Heading(String),
    /// Goes on with a step that stands elsewhere.
    GoesTo(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    Step(String),
    End,
}

impl Document {
    /// The step of a row.
    pub fn step_at(&self, path: &[usize]) -> Option<&Step> {
        let (first, rest) = path.split_first()?;
        let mut step = self.steps.get(*first)?;
        for at in rest {
            step = step.steps.get(*at)?;
        }
        Some(step)
    }
}

/// The tree of a document, line by line.
pub fn flow(document: &Document) -> Vec<Row> {
    let mut walk = Walk {
        steps: &document.steps,
        at: document
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.name.as_str(), at))
            .collect(),
        seen: HashSet::new(),
        rows: Vec::new(),
    };
    if document.steps.is_empty() {
        return Vec::new();
    }
    walk.from(Some(0), 0, &mut Vec::new());
    walk.troubles();
    for at in 0..document.steps.len() {
        if !walk.seen.contains(&at) {
            walk.push(0, What::Heading("nothing leads here".into()));
            walk.from(Some(at), 1, &mut Vec::new());
        }
    }
    walk.rows
}

struct Walk<'a> {
    steps: &'a [Step],
    at: HashMap<&'a str, usize>,
    seen: HashSet<usize>,
    rows: Vec<Row>,
}

impl Walk<'_> {
    fn push(&mut self, depth: usize, what: What) {
        self.rows.push(Row { depth, what });
    }

    fn following(&self, at: usize) -> Option<&str> {
        self.steps.get(at + 1).map(|step| step.name.as_str())
    }

    /// The ways out of a step: the words, and the step.
    fn ways(&self, at: usize) -> Vec<(String, Option<usize>)> {
        let ways = self.steps[at].ways(self.following(at));
        ways.into_iter()
            .map(|(when, to)| (when, to.and_then(|to| self.at.get(to.as_str()).copied())))
            .collect()
    }

    /// From a step on, until it ends or one of `joins` is reached, which whoever asked goes on with.
    fn from(&mut self, start: Option<usize>, depth: usize, joins: &mut Vec<usize>) {
        let mut next = start;
        while let Some(at) = next {
            if joins.contains(&at) {
                return;
            }
            if !self.seen.insert(at) {
                self.push(depth, What::GoesTo(self.steps[at].name.clone()));
                return;
            }
            self.push(depth, What::Step(vec![at]));
            self.inner(&self.steps[at].steps, &[at], depth + 1);
            let ways = self.ways(at);
            if self.steps[at].action != "aws:branch" {
                next = ways.first().and_then(|(_, to)| *to);
                continue;
            }
            let join = self.join(&ways);
            joins.extend(join);
            for (when, to) in ways {
                let stands_below = to.is_some_and(|to| !joins.contains(&to) && !self.seen.contains(&to));
                let elsewhere = match to {
                    _ if stands_below => None,
                    Some(to) => Some(To::Step(self.steps[to].name.clone())),
                    None => Some(To::End),
                };
                self.push(depth + 1, What::Way { when, to: elsewhere });
                if stands_below {
                    self.from(to, depth + 2, joins);
                }
            }
            if join.is_some() {
                joins.pop();
            }
            next = join;
        }
    }

    /// Steps inside a loop run one after the other.
    fn inner(&mut self, steps: &[Step], path: &[usize], depth: usize) {
        for (at, step) in steps.iter().enumerate() {
            let path: Vec<usize> = path.iter().copied().chain([at]).collect();
            self.push(depth, What::Step(path.clone()));
            self.inner(&step.steps, &path, depth + 1);
        }
    }

    /// Where the ways of a branch come together again: the first step that all of them reach.
    fn join(&self, ways: &[(String, Option<usize>)]) -> Option<usize> {
        let mut common: Option<HashSet<usize>> = None;
        for to in ways.iter().filter_map(|(_, to)| *to) {
            let reached = self.reached(to);
            common = Some(match common {
                Some(common) => common.intersection(&reached).copied().collect(),
                None => reached,
            });
        }
        common?.into_iter().filter(|at| !self.seen.contains(at)).min()
    }

    fn reached(&self, from: usize) -> HashSet<usize> {
        let mut reached = HashSet::new();
        let mut left = vec![from];
        while let Some(at) = left.pop() {
            if reached.insert(at) {
                left.extend(self.ways(at).into_iter().filter_map(|(_, to)| to));
            }
        }
        reached
    }

    /// Steps that only a failure or a cancel leads to; those may fail in their turn.
    fn troubles(&mut self) {
        loop {
            let mut led: Option<(usize, bool, Vec<&str>)> = None;
            for (at, step) in self.steps.iter().enumerate() {
                if !self.seen.contains(&at) {
                    continue;
                }
                for (fails, trouble) in [(true, &step.on_failure), (false, &step.on_cancel)] {
                    let to = trouble.step().and_then(|name| self.at.get(name).copied());
                    let Some(to) = to.filter(|to| !self.seen.contains(to)) else {
                        continue;
                    };
                    match &mut led {
                        None => led = Some((to, fails, vec![&step.name])),
                        Some((known, by, names)) if *known == to && *by == fails => names.push(&step.name),
                        Some(_) => {}
                    }
                }
            }
            let Some((to, fails, names)) = led else { return };
            let verb = if fails { "fails" } else { "is cancelled" };
            let who = match names.as_slice() {
                [one] => (*one).to_owned(),
                [one, two] => format!("{one} or {two}"),
                many => format!("one of {} steps", many.len()),
            };
            self.push(0, What::Heading(format!("when {who} {verb}")));
            self.from(Some(to), 1, &mut Vec::new());
        }
    }
}

impl std::fmt::Display for To {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            To::Step(name) => out.write_str(name),
            To::End => out.write_str("the end"),
        }
    }
}
