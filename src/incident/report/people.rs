//! Who took part in an incident: whoever the timeline names, with their role and how much they did.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::incident::timeline::{Kind, Timeline};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    /// Who that is at AWS, where it is known.
    pub arn: Option<String>,
    /// The log of somebody else, where that alone tells of them.
    pub from: Option<String>,
    pub roles: Vec<String>,
    pub commands: u64,
    pub notes: u64,
    /// All that they did, commands and notes among it.
    pub did: u64,
}

/// By name and identity: who works as one user of a machine is not one person.
pub fn of(timeline: &Timeline) -> Vec<Person> {
    type Key = (String, Option<String>);
    let mut people: BTreeMap<Key, Person> = BTreeMap::new();
    let mut of = |key: Key, from: Option<&String>, count: &dyn Fn(&mut Person)| {
        let person = people.entry(key).or_insert_with_key(|(name, arn)| Person {
            name: name.clone(),
            arn: arn.clone(),
            from: from.cloned(),
            roles: Vec::new(),
            commands: 0,
            notes: 0,
            did: 0,
        });
        if from.is_none() {
            person.from = None;
        }
        count(person);
    };
    for item in &timeline.items {
        if let Some(who) = &item.who {
            of((who.clone(), item.arn.clone()), item.from.as_ref(), &|person| {
                person.did += 1;
                person.commands += u64::from(matches!(item.kind, Kind::Command | Kind::Step | Kind::FanOut));
                person.notes += u64::from(item.kind == Kind::Note);
            });
        }
    }
    let identities = |who: &String| -> BTreeSet<Option<String>> {
        let own = timeline
            .items
            .iter()
            .filter(|item| item.who.as_ref() == Some(who));
        own.map(|item| item.arn.clone()).collect()
    };
    for (role, who) in &timeline.state.roles {
        let known = identities(who);
        let arn = known.first().cloned().flatten().filter(|_| known.len() == 1);
        of((who.clone(), arn), None, &|person| {
            person.roles.push(role.clone())
        });
    }
    people.into_values().collect()
}
