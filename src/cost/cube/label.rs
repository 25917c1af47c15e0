//! Tags and cost categories: every set of them that a charge carries is one code, so that a cell needs one column for
//! however many there are, and any of them can be asked for.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::cost::dataset::Dimension;

/// What a label is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Tag,
    CostCategory,
}

impl Kind {
    pub fn dimension(self, name: &str) -> Dimension {
        match self {
            Kind::Tag => Dimension::Tag(name.to_owned()),
            Kind::CostCategory => Dimension::CostCategory(name.to_owned()),
        }
    }
}

/// A key's code and a value's code.
pub type Pair = (u32, u32);

/// Sets of labels; the code 0 is the empty set.
#[derive(Clone, Debug)]
pub struct Labels {
    keys: Vec<(Kind, String)>,
    key_codes: HashMap<(Kind, String), u32>,
    pub values: Names,
    sets: Vec<Vec<Pair>>,
    set_codes: HashMap<Vec<Pair>, u32>,
    /// Values seen under each key, while they are counted.
    seen: Vec<HashSet<u32>>,
    /// Keys whose values are left out.
    dropped: BTreeSet<u32>,
    /// Keys that are kept, where not all are.
    only: Option<BTreeSet<(Kind, String)>>,
}

impl Default for Labels {
    fn default() -> Labels {
        Labels {
            keys: Vec::new(),
            key_codes: HashMap::new(),
            values: Names::default(),
            sets: vec![Vec::new()],
            set_codes: HashMap::from([(Vec::new(), 0)]),
            seen: Vec::new(),
            dropped: BTreeSet::new(),
            only: None,
        }
    }
}

impl Labels {
    /// Keeps these keys alone.
    pub fn only(keys: BTreeSet<(Kind, String)>) -> Labels {
        Labels {
            only: Some(keys),
            ..Labels::default()
        }
    }

    pub fn key(&mut self, kind: Kind, name: &str) -> u32 {
        let named = (kind, name.to_owned());
        if let Some(code) = self.key_codes.get(&named) {
            return *code;
        }
        let code = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        if self.only.as_ref().is_some_and(|only| !only.contains(&named)) {
            self.dropped.insert(code);
        }
        self.keys.push(named.clone());
        self.key_codes.insert(named, code);
        self.seen.push(HashSet::new());
        code
    }

    /// Whether the values of a key count.
    pub fn keeps(&self, key: u32) -> bool {
        !self.dropped.contains(&key)
    }

    /// The code of a set; pairs of empty values or of keys that are left out do not count.
    pub fn set(&mut self, mut pairs: Vec<Pair>) -> u32 {
        pairs.retain(|(key, value)| *value != 0 && !self.dropped.contains(key));
        pairs.sort_unstable();
        pairs.dedup_by_key(|(key, _)| *key);
        if let Some(code) = self.set_codes.get(&pairs) {
            return *code;
        }
        for (key, value) in &pairs {
            if let Some(seen) = self.seen.get_mut(*key as usize) {
                seen.insert(*value);
            }
        }
        let code = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        self.sets.push(pairs.clone());
        self.set_codes.insert(pairs, code);
        code
    }

    /// Leaves out keys that have more than `most` values, such as the name of each machine, and says what every code
    /// of a set becomes; `None` when there is none to leave out.
    pub fn drop_wide(&mut self, most: usize) -> Option<Vec<u32>> {
        let wide: Vec<u32> = (0..)
            .zip(&self.seen)
            .filter(|(_, seen)| seen.len() > most)
            .map(|(key, _)| key)
            .collect();
        if wide.is_empty() || self.only.is_some() {
            return None;
        }
        for key in wide {
            self.dropped.insert(key);
            self.seen[key as usize] = HashSet::new();
        }
        let sets = std::mem::replace(&mut self.sets, vec![Vec::new()]);
        self.set_codes = HashMap::from([(Vec::new(), 0)]);
        Some(sets.into_iter().map(|set| self.set(set)).collect())
    }

    /// The value of a label in one set; empty where the set has none.
    pub fn value(&self, set: u32, dimension: &Dimension) -> &str {
        let key = label_of(dimension).and_then(|(kind, name)| self.key_codes.get(&(kind, name.to_owned())));
        let mut pairs = self.sets.get(set as usize).into_iter().flatten();
        let found = pairs.find(|(of, _)| Some(of) == key);
        found.map_or("", |(_, value)| self.values.text(*value))
    }

    pub fn keys(&self) -> &[(Kind, String)] {
        &self.keys
    }

    pub fn sets(&self) -> &[Vec<Pair>] {
        &self.sets
    }

    /// Keys that were left out for having too many values, as dimensions.
    pub fn left_out(&self) -> Vec<String> {
        let names = self.dropped.iter().filter_map(|key| self.keys.get(*key as usize));
        names
            .map(|(kind, name)| kind.dimension(name).to_string())
            .collect()
    }

    /// The value's code of one key for the code of every set.
    pub fn project(&self, kind: Kind, name: &str) -> Vec<u32> {
        let key = self.key_codes.get(&(kind, name.to_owned()));
        let value = |set: &Vec<Pair>| {
            let found = set.iter().find(|(of, _)| Some(of) == key);
            found.map_or(0, |(_, value)| *value)
        };
        self.sets.iter().map(value).collect()
    }
}

/// The label that a dimension asks for.
pub fn label_of(dimension: &Dimension) -> Option<(Kind, &str)> {
    match dimension {
        Dimension::Tag(key) => Some((Kind::Tag, key)),
        Dimension::CostCategory(name) => Some((Kind::CostCategory, name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_too_many_values_is_left_out_and_sets_that_were_apart_become_one() {
        let mut labels = Labels::default();
        let (team, name) = (labels.key(Kind::Tag, "team"), labels.key(Kind::Tag, "Name"));
        let pay = labels.values.code("pay");
        let sets: Vec<u32> = (0..4)
            .map(|nth| {
                let machine = labels.values.code(&format!("m{nth}"));
                labels.set(vec![(name, machine), (team, pay)])
            })
            .collect();
        assert_eq!(labels.drop_wide(4), None);
        let became = labels.drop_wide(3).unwrap();
        assert!(
            sets.iter()
                .all(|set| became[*set as usize] == became[sets[0] as usize])
        );
        assert_eq!(labels.left_out(), ["tag:Name"]);
        let teams = labels.project(Kind::Tag, "team");
        assert_eq!(
            labels.values.text(teams[became[sets[0] as usize] as usize]),
            "pay"
        );
    }

    #[test]
    fn an_empty_value_is_an_absent_one() {
        let mut labels = Labels::default();
        let team = labels.key(Kind::Tag, "team");
        assert_eq!(labels.set(vec![(team, 0)]), 0);
    }
}
