//! Who took part in an incident: whoever the timeline names, with their role and how much they did.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::incident::timeline::{Kind, Timeline};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    pub roles: Vec<String>,
    pub commands: u64,
    pub notes: u64,
    /// All that they did, commands and notes among it.
    pub did: u64,
}

/// By name.
pub fn of(timeline: &Timeline) -> Vec<Person> {
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    let mut of = |name: &str, count: &dyn Fn(&mut Person)| {
        let person = people.entry(name.to_owned()).or_insert_with(|| Person {
            name: name.to_owned(),
            roles: Vec::new(),
            commands: 0,
            notes: 0,
            did: 0,
        });
        count(person);
    };
    for item in &timeline.items {
        if let Some(who) = &item.who {
            of(who, &|person| {
                person.did += 1;
                person.commands += u64::from(matches!(item.kind, Kind::Command | Kind::Step | Kind::FanOut));
                person.notes += u64::from(item.kind == Kind::Note);
            });
        }
    }
    for (role, who) in &timeline.state.roles {
        of(who, &|person| person.roles.push(role.clone()));
    }
    people.into_values().collect()
}
