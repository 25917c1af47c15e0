//! The tags of a machine as an event has them: a report knows by them what environment, service and team it was of when
//! something was done there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::recording::redaction::covered;

/// Tags by which a log is filtered, before any others.
const FIRST: [&str; 8] = [
    "env",
    "Environment",
    "team",
    "Team",
    "owner",
    "Owner",
    "service",
    "Service",
];
/// So many go into each event, at most this long.
const MOST_TAGS: usize = 16;
const TAG_BYTES: usize = 256;

/// Tags for an event: those that people filter by, then the rest in their order; AWS's own are left out.
pub fn tags(tags: &BTreeMap<String, String>) -> Map<String, Value> {
    let first = FIRST.iter().filter_map(|key| tags.get_key_value(*key));
    let rest = tags
        .iter()
        .filter(|(key, _)| !FIRST.contains(&key.as_str()) && key.as_str() != "Name");
    first
        .chain(rest)
        .filter(|(key, value)| !key.starts_with("aws:") && key.len() + value.len() <= TAG_BYTES)
        .take(MOST_TAGS)
        .map(|(key, value)| (key.clone(), covered(value).into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_tags_that_a_log_is_filtered_by_and_never_too_many() {
        let mut tags: BTreeMap<String, String> = (0..40).map(|n| (format!("a{n:02}"), "x".into())).collect();
        tags.insert("team".into(), "payments".into());
        tags.insert("aws:autoscaling:groupName".into(), "web".into());
        tags.insert("Name".into(), "web-01".into());
        tags.insert("aa-long".into(), "x".repeat(300));
        let found = super::tags(&tags);
        assert_eq!(found.len(), MOST_TAGS);
        assert_eq!(found["team"], "payments");
        assert!(
            !found
                .keys()
                .any(|key| key.starts_with("aws:") || key == "Name" || key == "aa-long")
        );
    }
}
