//! What an alarm knows for a runbook: `alarm.name`, `alarm.dimensions.LoadBalancer`, and `target.…` of the instance in its
//! dimensions. Placeholders such as `<db-instance-identifier>` are found under the dimension's own name.

use std::collections::BTreeMap;

use super::Alarm;
use crate::fleet::Node;
use crate::runbook::placeholder::name;
use crate::runbook::run::target;
use crate::runbook::variable::{Source, fact_name};
use crate::runbook::{Manifest, Page, Values, prefilled};

/// Facts of an alarm, and of its instance where the fleet knows it.
pub fn facts(alarm: &Alarm, node: Option<&Node>) -> Values {
    let mut facts = prefilled([
        ("id", alarm.instance_id().unwrap_or_default()),
        ("region", &alarm.region),
        ("account", &alarm.account),
    ]);
    for (dimension, value) in &alarm.dimensions {
        facts.insert(fact_name(&format!("alarm.dimensions.{dimension}")), value.clone());
        for spelling in [name(dimension), name(&apart(dimension))] {
            facts.insert(spelling, value.clone());
        }
    }
    if let Some(id) = alarm.instance_id() {
        facts.insert("target.instance_id".into(), id.to_owned());
        facts.insert("target.id".into(), id.to_owned());
    }
    for (field, value) in [
        ("region", &alarm.region),
        ("account", &alarm.account),
        ("profile", &alarm.profile),
    ] {
        facts.insert(format!("target.{field}"), value.clone());
        facts.insert(format!("alarm.{field}"), value.clone());
    }
    let own = [
        ("name", Some(&alarm.name)),
        ("arn", Some(&alarm.arn)),
        ("namespace", alarm.namespace.as_ref()),
        ("metric", alarm.metric.as_ref()),
        ("reason", Some(&alarm.reason)),
    ];
    for (field, value) in own {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.insert(format!("alarm.{field}"), value.clone());
        }
    }
    facts.insert("alarm_name".into(), alarm.name.clone());
    if let Some(node) = node {
        facts.extend(target::facts(node));
    }
    // What a shell cannot be given is no value: the variable is asked for instead.
    facts.retain(|_, value| !value.is_empty() && !value.chars().any(char::is_control));
    facts
}

/// `DBInstanceIdentifier` as `DB-Instance-Identifier`.
fn apart(dimension: &str) -> String {
    super::letter::words(dimension).join("-")
}

/// A variable of a page, and the value that it would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub value: Option<String>,
    /// `target or alarm`, `default`; nothing where it is asked for.
    pub source: Option<Source>,
}

/// Every variable and placeholder of a page, with what the facts say of it. A secret never has a value here.
pub fn known(page: &Page, facts: &Values) -> Vec<Known> {
    // A front matter that cannot be read declares nothing; `qd runbooks check` says what is wrong with it.
    let manifest = Manifest::parse(&page.text).unwrap_or_default();
    let variables = &manifest.variables;
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    for (variable, declared) in variables {
        let found = match declared.is_secret() {
            true => None,
            false => declared.known(facts),
        };
        let found = found.filter(|(value, _)| declared.accept(value).is_ok());
        let (value, source) = found.unzip();
        let known = Known {
            name: variable.clone(),
            value,
            source,
        };
        all.insert(name(variable), known);
    }
    for block in page.blocks() {
        for (wanted, key) in block.placeholders.iter().zip(block.keys) {
            let value = facts.get(&key).cloned();
            let written = wanted.trim_matches(['<', '>', '{', '}', '$', ' ']);
            // As the page spells it, where that is what a value is given under.
            let is_given_so = name(written) == key && !written.starts_with('[');
            let shown = if is_given_so { written } else { &key };
            let known = Known {
                source: value.as_ref().map(|_| Source::Fact),
                value,
                name: shown.to_owned(),
            };
            all.entry(key).or_insert(known);
        }
    }
    all.into_values().collect()
}
