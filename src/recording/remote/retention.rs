//! How long a recording is kept: the first class whose filter matches its target, else what the store says for all.
//! Tags are those that the fleet's last list knows; a target that it does not know has a name, an account and a region.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::aws::{Instance, Place, Retain};
use crate::config::{Keep, Lock, Store};
use crate::fleet::{self, BadFilter, Filter, Node};
use crate::recording::Header;

#[derive(Default)]
pub struct Retention {
    lock: Lock,
    otherwise: Keep,
    classes: Vec<(String, Filter, Keep)>,
    nodes: Vec<Node>,
}

impl Retention {
    /// Reads the fleet's last list where a class may ask for tags.
    pub fn of(store: &Store, cache_dir: &Path) -> Result<Retention, BadFilter> {
        let class = |class: &crate::config::Class| {
            Ok((class.name.clone(), Filter::parse(&class.filter)?, class.keep))
        };
        let classes = store.classes.iter().map(class).collect::<Result<Vec<_>, _>>()?;
        let nodes = match classes.is_empty() {
            true => Vec::new(),
            false => fleet::load(cache_dir)
                .unwrap_or_else(|cause| {
                    tracing::warn!(%cause, "retention classes know no tags");
                    None
                })
                .map(|saved| saved.nodes)
                .unwrap_or_default(),
        };
        Ok(Retention {
            lock: store.lock,
            otherwise: store.keep,
            classes,
            nodes,
        })
    }

    /// The class's name, if one matches, and what it says.
    pub fn keep(&self, header: &Header) -> (Option<&str>, Keep) {
        let id = header.target.as_deref().unwrap_or_default();
        let known = self.nodes.iter().find(|node| node.id.to_string() == id);
        let unknown;
        let node = match known {
            Some(node) => node,
            None => {
                unknown = bare(header);
                &unknown
            }
        };
        let class = self.classes.iter().find(|(_, filter, _)| filter.matches(node));
        class.map_or((None, self.otherwise), |(name, _, keep)| {
            (Some(name.as_str()), *keep)
        })
    }

    /// The lock of an object that is stored now.
    pub fn lock(&self, header: &Header, now: Timestamp) -> Option<Retain> {
        let (_, keep) = self.keep(header);
        self.lock_for(keep, now)
    }

    /// The same for what belongs to no target.
    pub fn general_lock(&self, now: Timestamp) -> Option<Retain> {
        self.lock_for(self.otherwise, now)
    }

    fn lock_for(&self, keep: Keep, now: Timestamp) -> Option<Retain> {
        let days = SignedDuration::from_hours(24 * i64::from(keep.lock_days));
        let until = now.checked_add(days).ok()?;
        (self.lock != Lock::None).then_some(Retain {
            compliance: self.lock == Lock::Compliance,
            until,
        })
    }
}

fn bare(header: &Header) -> Node {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let place = Place {
        profile: String::new(),
        region: text(&header.region),
    };
    let name = header
        .target_name
        .iter()
        .map(|name| ("Name".to_owned(), name.clone()));
    let instance = Instance {
        id: text(&header.target),
        tags: name.collect(),
        ..Instance::default()
    };
    Node::from_instance(instance, &place, &text(&header.account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Class;

    #[test]
    fn the_first_class_that_matches_the_target_holds() {
        let keep = |lock_days| Keep {
            lock_days,
            local_days: None,
        };
        let class = |name: &str, filter: &str, days| Class {
            name: name.into(),
            filter: filter.into(),
            keep: keep(days),
        };
        let store = Store {
            lock: Lock::Compliance,
            classes: vec![class("web", "name:web*", 7), class("all", "region:eu-*", 9)],
            keep: keep(1),
            ..Store::default()
        };
        let retention = Retention::of(&store, Path::new("/nonexistent")).unwrap();
        let header = |name: &str, region: &str| Header {
            target: Some("i-1".into()),
            target_name: Some(name.into()),
            region: Some(region.into()),
            ..Header::new("shell", (80, 24))
        };
        let days = |name, region| retention.keep(&header(name, region)).1.lock_days;
        assert_eq!(
            [
                days("web-1", "eu-west-1"),
                days("db", "eu-west-1"),
                days("db", "us-east-1")
            ],
            [7, 9, 1]
        );
        let lock = retention
            .lock(&header("web-1", "eu-west-1"), Timestamp::UNIX_EPOCH)
            .unwrap();
        assert!(lock.compliance);
        assert_eq!(lock.until.to_string(), "1970-01-08T00:00:00Z");
    }
}
