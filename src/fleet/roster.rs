//! The list as batches make it: one row an id, the later one counts.

use std::collections::HashMap;

use super::{Batch, Id, Node};
use crate::aws::{Failure, Place, Why};

/// What is known of the fleet so far.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub nodes: Vec<Node>,
    pub failures: Vec<Failure>,
    /// Places that have said all; those that answered in full apart from the others.
    pub complete: Vec<Place>,
    pub incomplete: Vec<Place>,
    rows: HashMap<Id, usize>,
}

impl Roster {
    pub fn apply(&mut self, batch: Batch) {
        match batch {
            Batch::Rows(nodes) => {
                for node in nodes {
                    match self.rows.get(&node.id) {
                        Some(row) => self.nodes[*row] = node,
                        None => {
                            self.rows.insert(node.id.clone(), self.nodes.len());
                            self.nodes.push(node);
                        }
                    }
                }
            }
            Batch::Failed(failure) => gather(&mut self.failures, failure),
            Batch::Done {
                place,
                complete: true,
                ..
            } => self.complete.push(place),
            Batch::Done { place, .. } => self.incomplete.push(place),
        }
    }

    /// Whether anything at all was heard: a row, or a place that answered and is empty.
    pub fn any_answered(&self) -> bool {
        !self.nodes.is_empty() || !self.complete.is_empty()
    }
}

/// Takes in a failure. What has one cause in one place is one failure that names all the services it befell.
pub fn gather(failures: &mut Vec<Failure>, failure: Failure) {
    let known = failures.iter_mut().find(|known| {
        known.profile == failure.profile && known.region == failure.region && known.why == failure.why
    });
    match known {
        Some(known) => merge(known, failure),
        None => failures.push(failure),
    }
}

fn merge(known: &mut Failure, other: Failure) {
    // Until the identity is known the profile's name stands for the account.
    if known.account == known.profile {
        known.account = other.account;
    }
    if known.why == Why::Denied {
        if let (Some((mine, tail)), Some((others, _))) = (denied(&known.cause), denied(&other.cause)) {
            let actions = joined(mine, others);
            let are = if actions.contains(", ") { "are" } else { "is" };
            known.cause = format!("{actions} {are} not allowed{tail}");
        }
        if known.hint != other.hint {
            known.hint = "allow them for this identity in IAM and in the organisation's policies".into();
        }
    } else if other.service < known.service {
        // The words of one service are enough, always of the same one.
        known.cause = other.cause;
        known.hint = other.hint;
    }
    known.service = joined(&known.service, &other.service);
}

/// What is not allowed, and for whom.
fn denied(cause: &str) -> Option<(&str, &str)> {
    cause
        .split_once(" is not allowed")
        .or_else(|| cause.split_once(" are not allowed"))
}

/// Both lists in order, each name once.
fn joined(one: &str, other: &str) -> String {
    let mut names: Vec<&str> = one.split(", ").chain(other.split(", ")).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(region: &str, service: &str, why: Why, cause: &str) -> Failure {
        Failure {
            account: "prod".into(),
            region: region.into(),
            service: service.into(),
            cause: cause.into(),
            hint: format!("hint of {service}"),
            profile: "prod".into(),
            why,
        }
    }

    #[test]
    fn a_region_that_fails_is_one_failure_with_all_its_services() {
        let mut failures = Vec::new();
        for (region, service) in [("eu", "sts"), ("us", "ec2"), ("eu", "ec2"), ("eu", "ssm")] {
            gather(
                &mut failures,
                failure(region, service, Why::Unreachable, &format!("{service} is silent")),
            );
        }
        let told: Vec<String> = failures.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "prod eu ec2, ssm, sts: ec2 is silent",
                "prod us ec2: ec2 is silent"
            ]
        );
        assert_eq!(failures[0].hint, "hint of ec2");
    }

    #[test]
    fn denied_actions_are_listed_and_other_causes_stay_apart() {
        let mut failures = Vec::new();
        for action in ["ssm:B", "ec2:A"] {
            let cause = format!("{action} is not allowed for profile prod");
            let service = action.split(':').next().unwrap();
            gather(&mut failures, failure("eu", service, Why::Denied, &cause));
        }
        gather(&mut failures, failure("eu", "sts", Why::Throttled, "too often"));
        assert_eq!(failures.len(), 2);
        assert_eq!(failures[0].cause, "ec2:A, ssm:B are not allowed for profile prod");
        assert!(failures[0].hint.starts_with("allow them"));
    }
}
