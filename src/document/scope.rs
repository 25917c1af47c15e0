//! The machines that the question before an automation names, where it runs in several accounts and regions: those that are
//! known here place by place, and the places of which none is, so that a short list is never taken for all of them.

use std::collections::BTreeMap;

use super::{Preview, Values, names};
use crate::aws::{Location, StartAutomation};
use crate::fleet::Node;

/// Machines of a place, and places, that a question names.
const NAMED: usize = 6;

/// Whether a machine lies in one of the accounts and regions. Whose accounts are in a unit is not known here.
pub fn lies_in(locations: &[Location], node: &Node) -> bool {
    locations.iter().any(|at| {
        at.accounts.contains(&node.account)
            && at.regions.contains(&node.region)
            && !at.excluded.contains(&node.account)
    })
}

/// Whether a value of the start names the machine by its id.
pub fn is_named(start: &StartAutomation, node: &Node) -> bool {
    let maps = start.maps.iter().flat_map(Values::values);
    let chosen = start.targets.iter().map(|(_, values)| values);
    let mut values = start.parameters.values().chain(maps).chain(chosen).flatten();
    values.any(|value| names(value, &node.id.0))
}

/// What must be typed for production: the name of the machine where there is but one, by AWS's count as well.
pub fn phrase<'a>(start: &StartAutomation, preview: Option<&Preview>, nodes: &'a [Node]) -> &'a str {
    let foreseen: u32 = preview.map_or(0, |preview| preview.targets.iter().map(|(_, count)| count).sum());
    match nodes {
        [node] if !node.name.is_empty() && start.locations.is_empty() && foreseen <= 1 => &node.name,
        _ => "production",
    }
}

/// The machines, a line each for every account and region of which some are known, then what is not known.
pub fn abroad(start: &StartAutomation, preview: &Preview, nodes: &[Node]) -> Vec<String> {
    let mut places: BTreeMap<(&str, &str), Vec<&Node>> = BTreeMap::new();
    for at in &start.locations {
        let accounts = at
            .accounts
            .iter()
            .filter(|account| !at.excluded.contains(account));
        for account in accounts {
            let regions = at
                .regions
                .iter()
                .map(|region| (account.as_str(), region.as_str()));
            places.extend(regions.map(|place| (place, Vec::new())));
        }
    }
    let mut named: Vec<&Node> = Vec::new();
    for node in nodes {
        match places.get_mut(&(node.account.as_str(), node.region.as_str())) {
            Some(there) => there.push(node),
            None if is_named(start, node) => named.push(node),
            None => {}
        }
    }
    let mut says = Vec::new();
    if preview.targets.is_empty() {
        says.push("on how many machines: AWS tells no count".to_owned());
    }
    if !named.is_empty() {
        says.push(format!("named by its values: {}", list(&named)));
    }
    let (known, unknown): (Vec<_>, Vec<_>) = places.into_iter().partition(|(_, there)| !there.is_empty());
    let lines = known.iter().map(|((account, region), there)| {
        let count = match there.len() {
            1 => "1 machine is".to_owned(),
            many => format!("{many} machines are"),
        };
        format!("in {account} {region} {count} known here: {}", list(there))
    });
    says.extend(lines.take(NAMED));
    if known.len() > NAMED {
        says.push(format!("and in {} more places", known.len() - NAMED));
    }
    if !unknown.is_empty() {
        let all: Vec<String> = unknown
            .iter()
            .take(NAMED)
            .map(|((account, region), _)| format!("{account} {region}"))
            .collect();
        let more = match unknown.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more places"),
        };
        says.push(format!(
            "no machine is known here of {}{more}: what AWS finds there is not listed",
            all.join(", ")
        ));
    }
    says
}

fn list(nodes: &[&Node]) -> String {
    let mut all: Vec<String> = nodes
        .iter()
        .take(NAMED)
        .map(|node| format!("{} {}", node.id, node.name).trim_end().to_owned())
        .collect();
    let more = nodes.len().saturating_sub(NAMED);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "111122223333";
    const OTHER: &str = "444455556666";

    fn node(id: &str, account: &str, region: &str) -> Node {
        let mut node = Node::default();
        node.id.0 = id.into();
        node.name = format!("web-{id}");
        node.account = account.into();
        node.region = region.into();
        node
    }

    fn start(accounts: &[&str], regions: &[&str]) -> StartAutomation {
        let all = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        let location = Location {
            accounts: all(accounts),
            regions: all(regions),
            ..Location::default()
        };
        StartAutomation {
            targets: Some(("tag:tier".into(), vec!["web".into()])),
            locations: vec![location],
            ..StartAutomation::default()
        }
    }

    fn foreseen(count: u32) -> Preview {
        Preview {
            ours_because: None,
            mutating: 1,
            reading: 0,
            undetermined: 0,
            doubted: 0,
            regions: Vec::new(),
            targets: match count {
                0 => Vec::new(),
                count => vec![("AWS::EC2::Instance".into(), count)],
            },
            accounts: 2,
        }
    }

    #[test]
    fn every_place_is_told_and_what_is_not_known_there() {
        let start = start(&[OWN, OTHER], &["us-east-1", "eu-west-1"]);
        let nodes = [node("i-1", OWN, "us-east-1"), node("i-9", OWN, "ap-south-1")];
        let says = abroad(&start, &foreseen(4), &nodes).join("\n");
        assert!(
            says.contains("in 111122223333 us-east-1 1 machine is known here: i-1 web-i-1"),
            "{says}"
        );
        let unknown = "of 111122223333 eu-west-1, 444455556666 eu-west-1, 444455556666 us-east-1:";
        assert!(says.contains(unknown), "{says}");
        assert!(!says.contains("i-9"), "it does not run there: {says}");
        assert!(!says.contains("no count"), "{says}");
        assert!(abroad(&start, &foreseen(0), &nodes)[0].contains("AWS tells no count"));
    }

    #[test]
    fn one_machine_gives_its_name_only_where_there_is_but_one() {
        let nodes = [node("i-1", OWN, "us-east-1")];
        let mut start = start(&[OWN], &["us-east-1", "eu-west-1"]);
        assert_eq!(phrase(&start, Some(&foreseen(4)), &nodes), "production");
        assert_eq!(phrase(&start, Some(&foreseen(0)), &nodes), "production");
        start.locations.clear();
        assert_eq!(phrase(&start, Some(&foreseen(1)), &nodes), "web-i-1");
        assert_eq!(
            phrase(&start, Some(&foreseen(4)), &nodes),
            "production",
            "AWS counts more"
        );
    }

    #[test]
    fn an_account_that_is_left_out_is_no_place() {
        let mut start = start(&[OWN, OTHER], &["us-east-1"]);
        start.locations[0].excluded.push(OTHER.into());
        assert!(!lies_in(&start.locations, &node("i-2", OTHER, "us-east-1")));
        assert!(lies_in(&start.locations, &node("i-1", OWN, "us-east-1")));
        assert!(!abroad(&start, &foreseen(1), &[]).join(" ").contains(OTHER));
    }
}
