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
                // The end of what was run on many machines is no other command.
                let is_run = matches!(item.kind, Kind::Command | Kind::Step) && !item.is_remark
                    || item.kind == Kind::FanOut && item.command.is_some();
                person.commands += u64::from(is_run);
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
    merged(people.into_values().collect())
}

/// The name that a session of a role or a user has at the end of its ARN.
fn session_of(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Who is known once as a user of a machine and once by no more than what AWS calls them is one person.
fn merged(mut people: Vec<Person>) -> Vec<Person> {
    let is_bare = |person: &Person| match &person.arn {
        None => true,
        Some(arn) => person.name == *arn || person.name == session_of(arn),
    };
    let is_same = |bare: &Person, known: &Person| {
        let Some(arn) = known.arn.as_ref().filter(|_| !is_bare(known)) else {
            return false;
        };
        let is_named = bare.name == *arn || bare.name == session_of(arn);
        is_named && bare.arn.as_ref().is_none_or(|own| own == arn) && bare.from == known.from
    };
    let mut at = 0;
    while at < people.len() {
        let same = |known: &(usize, &Person)| known.0 != at && is_same(&people[at], known.1);
        let known: Vec<usize> = people
            .iter()
            .enumerate()
            .filter(same)
            .map(|(nth, _)| nth)
            .collect();
        let [known] = known[..] else {
            at += 1;
            continue;
        };
        let bare = people[at].clone();
        let person = &mut people[known];
        person.commands += bare.commands;
        person.notes += bare.notes;
        person.did += bare.did;
        person.roles.extend(bare.roles);
        people.remove(at);
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, arn: Option<&str>, did: u64) -> Person {
        Person {
            name: name.into(),
            arn: arn.map(str::to_owned),
            from: None,
            roles: Vec::new(),
            commands: 0,
            notes: 0,
            did,
        }
    }

    #[test]
    fn who_is_known_by_user_and_by_session_name_is_one_person_and_colleagues_are_several() {
        let (mara, jun) = (
            "arn:aws:sts::1:assumed-role/Oncall/mara",
            "arn:aws:sts::1:assumed-role/Oncall/jun",
        );
        let names = |people: Vec<Person>| -> Vec<(String, u64)> {
            merged(people)
                .into_iter()
                .map(|person| (person.name, person.did))
                .collect()
        };
        let one = vec![
            person("mara", None, 1),
            person("mara", Some(mara), 2),
            person("root", Some(mara), 3),
        ];
        assert_eq!(names(one), [("root".to_owned(), 6)]);
        let two = vec![person("root", Some(jun), 1), person("root", Some(mara), 2)];
        assert_eq!(names(two.clone()).len(), 2);
        // Two work as what AWS calls mara: whom a role means nobody can say.
        let several = vec![
            person("mara", None, 1),
            person("ops", Some(mara), 2),
            person("root", Some(mara), 3),
        ];
        assert_eq!(names(several).len(), 3);
    }
}
