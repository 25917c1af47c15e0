//! One name for a service that exports name differently: an account that goes from reports to FOCUS has the same services,
//! and nothing of it is new or gone.

use std::collections::{BTreeMap, BTreeSet};

use super::service::plain;

/// Said where there are such services.
pub const SAYS: &str =
    "exports name some services differently: each is under one name here, that of FOCUS where it has one";

/// What Cost Explorer puts between a service and a part of it, and sellers between a product and an edition: those are not
/// taken for one.
const PART: &str = " - ";

/// A way of naming: an export, and whether it is one of FOCUS.
pub type Dialect<'a> = (&'a str, bool);

/// Services of several exports that have more names than one.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// Each of the other names, with the one that stands for it.
    told: BTreeMap<String, String>,
}

impl Naming {
    /// By the names of services, each with the export that has it. Names that one export tells apart are not one. FOCUS has
    /// the first say, then the longer name.
    pub fn of<'a>(services: impl IntoIterator<Item = (Dialect<'a>, &'a str)>) -> Naming {
        let mut alike: BTreeMap<String, BTreeMap<Dialect<'_>, BTreeSet<&str>>> = BTreeMap::new();
        for (dialect, name) in services {
            if !name.is_empty() && !name.contains(PART) {
                let known = alike.entry(plain(name)).or_default();
                known.entry(dialect).or_default().insert(name);
            }
        }
        let mut told = BTreeMap::new();
        for dialects in alike.into_values() {
            if dialects.values().any(|names| names.len() > 1) {
                continue;
            }
            let names = dialects.iter().flat_map(|((_, is_focus), names)| {
                let weight = |name: &&'a str| (*is_focus, name.len(), *name);
                names.iter().map(weight).collect::<Vec<_>>()
            });
            let names: BTreeSet<(bool, usize, &str)> = names.collect();
            let Some((_, _, one)) = names.last().copied() else {
                continue;
            };
            let others = names.iter().map(|(_, _, name)| *name).filter(|name| *name != one);
            told.extend(others.map(|other| (other.to_owned(), one.to_owned())));
        }
        Naming { told }
    }

    /// Whether every service has but one name.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The name that stands for this one.
    pub fn one<'a>(&'a self, name: &'a str) -> &'a str {
        self.told.get(name).map_or(name, String::as_str)
    }

    /// A name with all that it stands for: who knows one of them from an export finds it.
    pub fn all<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let others = self.told.iter().filter(|(_, one)| *one == name);
        std::iter::once(name)
            .chain(others.map(|(other, _)| other.as_str()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exports_name_differently_has_one_name_and_what_one_of_them_tells_apart_has_two() {
        let (report, focus) = (("cur", false), ("focus", true));
        let naming = Naming::of([
            (report, "AmazonEC2"),
            (focus, "Amazon Elastic Compute Cloud"),
            (report, "Amazon Elastic Container Service for Kubernetes"),
            (focus, "Amazon Elastic Kubernetes Service"),
            (("older", false), "AWSLambda"),
            (report, "AWS Lambda"),
            (report, "AmazonECR"),
            (report, "Amazon Elastic Container Registry"),
            (focus, "Amazon EC2 Container Registry (ECR)"),
            (report, "Watcher - Basic"),
            (focus, "Watcher - Pro"),
            (report, ""),
        ]);
        assert_eq!(naming.one("AmazonEC2"), "Amazon Elastic Compute Cloud");
        assert_eq!(
            naming.one("Amazon Elastic Container Service for Kubernetes"),
            "Amazon Elastic Kubernetes Service"
        );
        assert_eq!(naming.one("AWSLambda"), "AWS Lambda");
        for apart in ["AmazonECR", "Watcher - Basic", "Watcher - Pro", "", "Amazon S3"] {
            assert_eq!(naming.one(apart), apart);
        }
        assert_eq!(naming.all("AWS Lambda"), ["AWS Lambda", "AWSLambda"]);
        assert_eq!(naming.all("AWSLambda"), ["AWSLambda"]);
        assert!(Naming::of([(report, "AmazonS3"), (focus, "AmazonS3")]).is_empty());
    }
}
