//! EC2 filters: any of a filter's values, all of the filters; a name that EC2 does not know is an error.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::invalid;
use crate::sim::fleet::Instance;
use crate::sim::form::Filter;
use crate::sim::refusal::Refusal;
use crate::sim::wildcard;

/// Whether an instance passes every filter.
pub fn admits(filters: &[Filter], owner: &str, instance: &Instance, now: Timestamp) -> bool {
    filters
        .iter()
        .all(|filter| any(filter, &facts(&filter.name, owner, instance, now)))
}

/// Whether something passes every filter, given what it has under a filter's name.
pub fn passes(filters: &[Filter], facts: impl Fn(&str) -> Vec<String>) -> bool {
    filters.iter().all(|filter| any(filter, &facts(&filter.name)))
}

/// What something has under the name of a filter for tags; `None` for other names.
pub fn tag_facts(name: &str, tags: &BTreeMap<String, String>) -> Option<Vec<String>> {
    match name.strip_prefix("tag:") {
        Some(key) => Some(tags.get(key).cloned().into_iter().collect()),
        None => (name == "tag-key").then(|| tags.keys().cloned().collect()),
    }
}

/// The first filter whose name or values EC2 refuses.
pub fn check(filters: &[Filter], known: &[&str]) -> Result<(), Refusal> {
    for Filter { name, values } in filters {
        if !known.contains(&name.as_str()) && !name.starts_with("tag:") {
            return Err(invalid(format!("The filter '{name}' is invalid")));
        }
        if values.is_empty() {
            return Err(invalid(format!("The filter '{name}' has no values")));
        }
        if values.len() > 200 {
            return Err(Refusal::new(
                "FilterLimitExceeded",
                "The maximum number of filter values is 200",
            ));
        }
    }
    Ok(())
}

pub const OF_INSTANCES: &[&str] = &[
    "architecture",
    "availability-zone",
    "iam-instance-profile.arn",
    "image-id",
    "instance-id",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "instance.group-id",
    "ip-address",
    "key-name",
    "launch-time",
    "owner-id",
    "platform",
    "platform-details",
    "private-dns-name",
    "private-ip-address",
    "reservation-id",
    "root-device-type",
    "subnet-id",
    "tag-key",
    "vpc-id",
];

fn any(filter: &Filter, facts: &[String]) -> bool {
    filter
        .values
        .iter()
        .any(|pattern| facts.iter().any(|fact| wildcard::matches(pattern, fact)))
}

/// What an instance has under a filter's name.
fn facts(name: &str, owner: &str, instance: &Instance, now: Timestamp) -> Vec<String> {
    if let Some(key) = name.strip_prefix("tag:") {
        return instance.tags.get(key).cloned().into_iter().collect();
    }
    let (code, state) = instance.power.state(now);
    let one = |text: &str| vec![text.to_owned()];
    match name {
        "architecture" => one(instance.size.architecture()),
        "availability-zone" => one(&instance.zone),
        "iam-instance-profile.arn" => instance.profile_arn(owner).into_iter().collect(),
        "image-id" => one(&instance.image_id),
        "instance-id" => one(&instance.id),
        "instance-state-code" => one(&code.to_string()),
        "instance-state-name" => one(state),
        "instance-type" => one(instance.size.name()),
        "instance.group-id" => one(&instance.security_group.0),
        "ip-address" => instance.public_ip.clone().into_iter().collect(),
        "key-name" => instance.key_name.clone().into_iter().collect(),
        "launch-time" => one(&super::instance::iso(instance.launched_at)),
        "owner-id" => one(owner),
        "platform" if instance.platform.is_windows() => one("windows"),
        "platform-details" => one(instance.platform.details().0),
        "private-dns-name" => one(&instance.private_dns_name()),
        "private-ip-address" => one(&instance.private_ip),
        "reservation-id" => one(&instance.reservation_id),
        "root-device-type" => one("ebs"),
        "subnet-id" => one(&instance.subnet_id),
        "tag-key" => instance.tags.keys().cloned().collect(),
        "vpc-id" => one(&instance.vpc_id),
        _ => Vec::new(),
    }
}
