//! The machines that a document of Systems Manager reaches, told before it is started: those of the run, those that are
//! named, or those that a tag chooses. What cannot be told counts as production.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::record::Machine;
use super::target::Target;
use crate::audit;
use crate::aws::Place;
use crate::fleet::Node;
use crate::runbook::Level;
use crate::runbook::call::{Call, On};

/// Machines that a question names.
const NAMED: usize = 6;
/// As many as one word does not answer for.
const MANY: usize = 10;

/// Machines as they are known, to tell ahead what a choice by tag comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    pub nodes: Arc<Vec<Node>>,
    /// Every region has answered.
    pub is_whole: bool,
}

/// What a document goes to, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    pub machines: Vec<Machine>,
    /// These are all of them.
    pub whole: bool,
    /// Whether the document says itself where it goes, and not the run.
    #[serde(skip)]
    is_own: bool,
}

impl Reached {
    /// Of a call with its values; `home` is where it is started.
    pub(super) fn of(
        call: &Call,
        run: &[Target],
        fleet: &Fleet,
        home: Option<&Place>,
        production: &BTreeSet<String>,
    ) -> Reached {
        let is_here = |node: &&Node| {
            home.is_none_or(|place| node.region == place.region && node.profile == place.profile)
        };
        let machine = |node: &Node| Machine {
            id: node.id.0.clone(),
            name: node.name.clone(),
            account: Some(node.account.clone()),
            region: Some(node.region.clone()),
            production: production.contains(&node.id.0),
            tags: audit::tags(&node.tags),
        };
        let chosen = |is_meant: &dyn Fn(&Node) -> bool| -> Vec<Machine> {
            let here = fleet.nodes.iter().filter(is_here);
            here.filter(|node| !node.is_terminated() && is_meant(node))
                .map(machine)
                .collect()
        };
        let (machines, whole) = match &call.on {
            On::Run => {
                let far = run.iter().filter(|target| target.far.is_some());
                (far.map(|target| target.machine.clone()).collect(), true)
            }
            On::Machines(ids) => {
                let found = chosen(&|node| ids.contains(&node.id.0));
                let is_all = ids.iter().all(|id| found.iter().any(|one| one.id == *id));
                (found, is_all)
            }
            On::Tags(tags) => {
                let has = |node: &Node| {
                    let mut wanted = tags.iter();
                    wanted.all(|(key, values)| node.tags.get(key).is_some_and(|value| values.contains(value)))
                };
                let found = chosen(&has);
                let is_some = !found.is_empty();
                (found, is_some && fleet.is_whole)
            }
        };
        Reached {
            machines,
            whole,
            is_own: call.on != On::Run,
        }
    }

    /// Systems Manager as the place of such a step: as much production as what it reaches.
    pub(super) fn place(&self, aws: &Target, run: &[Target]) -> Target {
        let mut place = aws.clone();
        if self.is_own {
            place.machine.production = !self.whole
                || self.machines.iter().any(|machine| machine.production)
                || run.iter().any(|target| target.machine.production);
        }
        place
    }

    /// Many machines want a word typed.
    pub(super) fn raised(&self, level: Level) -> Level {
        match self.machines.len() > MANY {
            true => level.max(Level::Type),
            false => level,
        }
    }

    /// How many, and the names of the first.
    pub fn says(&self) -> Option<String> {
        let count = self.machines.len();
        if count == 0 {
            return (!self.whole)
                .then(|| "which machines it goes to is not known here: AWS finds them".into());
        }
        let name = |machine: &Machine| match machine.name.is_empty() {
            true => machine.id.clone(),
            false => machine.name.clone(),
        };
        let mut names: Vec<String> = self.machines.iter().take(NAMED).map(name).collect();
        if count > NAMED {
            names.push(format!("and {} more", count - NAMED));
        }
        let noun = if count == 1 { "machine" } else { "machines" };
        let production = match self.machines.iter().filter(|machine| machine.production).count() {
            0 => String::new(),
            all if all == count => ", PRODUCTION".into(),
            some => format!(", {some} of them PRODUCTION"),
        };
        let perhaps = if self.whole { "" } else { ", perhaps more" };
        Some(format!(
            "{count} {noun}{perhaps}{production}: {}",
            names.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, region: &str, env: &str) -> Node {
        let mut node = Node::default();
        node.id = crate::fleet::Id(id.into());
        node.name = format!("web-{id}");
        (node.region, node.profile) = (region.into(), "shop".into());
        node.tags = [("env".to_owned(), env.to_owned())].into();
        node
    }

    fn fleet(is_whole: bool) -> Fleet {
        let nodes = vec![
            node("i-1", "us-east-1", "test"),
            node("i-2", "us-east-1", "prod"),
            node("i-3", "eu-west-1", "test"),
        ];
        Fleet {
            nodes: Arc::new(nodes),
            is_whole,
        }
    }

    fn reached(targets: &str, fleet: &Fleet) -> Reached {
        let call = Call::parse(&format!("document: X\n{targets}\n")).unwrap();
        let home = Place {
            profile: "shop".into(),
            region: "us-east-1".into(),
        };
        Reached::of(&call, &[], fleet, Some(&home), &["i-2".to_owned()].into())
    }

    #[test]
    fn a_tag_chooses_machines_of_the_place_where_the_document_is_started() {
        let (whole, run) = (fleet(true), [Target::local()]);
        let production = |reached: &Reached| {
            let aws = Target::aws("X", &run);
            reached.place(&aws, &run).machine.production
        };
        let test = reached("targets: {tag: {env: test}}", &whole);
        assert_eq!(test.says().as_deref(), Some("1 machine: web-i-1"));
        assert!(!production(&test));
        let both = reached("targets: {tag: {env: [test, prod]}}", &whole);
        assert_eq!(
            both.says().as_deref(),
            Some("2 machines, 1 of them PRODUCTION: web-i-1, web-i-2")
        );
        assert!(production(&both));
    }

    #[test]
    fn what_cannot_be_told_counts_as_production() {
        let run = [Target::local()];
        for (targets, fleet) in [
            ("targets: {tag: {env: other}}", fleet(true)),
            ("targets: {tag: {env: test}}", fleet(false)),
            ("targets: [i-1, i-9]", fleet(true)),
            ("targets: [i-1]", Fleet::default()),
        ] {
            let reached = reached(targets, &fleet);
            let aws = Target::aws("X", &run);
            assert!(reached.place(&aws, &run).machine.production, "{targets}");
            assert!(reached.says().is_some(), "{targets}");
        }
    }

    #[test]
    fn many_machines_want_a_word_typed() {
        let nodes = (0..11).map(|nth| node(&format!("i-{nth}"), "us-east-1", "test"));
        let fleet = Fleet {
            nodes: Arc::new(nodes.collect()),
            is_whole: true,
        };
        let many = reached("targets: {tag: {env: test}}", &fleet);
        assert_eq!(many.raised(Level::Yes), Level::Type);
        assert_eq!(many.raised(Level::Two), Level::Two);
        assert!(many.says().unwrap().ends_with("and 5 more"), "{:?}", many.says());
        let few = reached("targets: [i-1, i-3]", &fleet);
        assert_eq!(few.raised(Level::Yes), Level::Yes);
    }
}
