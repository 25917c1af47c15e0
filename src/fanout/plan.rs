//! From machines to commands: one for each place, platform and fifty machines, as SendCommand takes them.

use std::collections::BTreeMap;

use crate::aws::{Place, Sendees};
use crate::fleet::Node;

/// What SendCommand takes.
const AT_ONCE: usize = 50;

/// The machines of one SendCommand.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub place: Place,
    pub document: &'static str,
    pub to: Sendees,
    pub nodes: Vec<Node>,
}

impl Batch {
    pub fn can_be_halved(&self) -> bool {
        matches!(self.to, Sendees::Instances(_)) && self.nodes.len() > 1
    }

    /// The same for half of the machines each.
    pub fn halves(&self) -> [Batch; 2] {
        let (first, second) = self.nodes.split_at(self.nodes.len() / 2);
        [first, second].map(|nodes| Batch {
            nodes: nodes.to_vec(),
            to: ids(nodes),
            ..self.clone()
        })
    }
}

fn ids(nodes: &[Node]) -> Sendees {
    Sendees::Instances(nodes.iter().map(|node| node.id.to_string()).collect())
}

/// An expression that AWS cannot choose by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{term}` is no tag that AWS can choose by")]
pub struct BadTags {
    pub term: String,
}

/// Tags of a filter that consists of nothing else: `tag.KEY:VALUE[,VALUE]…`.
pub fn parse_tags(text: &str) -> Result<Vec<(String, Vec<String>)>, BadTags> {
    let bad = |term: &str| BadTags {
        term: term.to_owned(),
    };
    let parse = |term: &str| {
        let (key, values) = term
            .strip_prefix("tag.")
            .and_then(|term| term.split_once(':'))
            .ok_or_else(|| bad(term))?;
        let values: Vec<String> = values.split(',').map(str::to_owned).collect();
        let is_plain = |value: &String| !value.is_empty() && !value.contains(['*', '?', '"', '/', '<', '>']);
        if key.is_empty() || !values.iter().all(is_plain) {
            return Err(bad(term));
        }
        Ok((key.to_owned(), values))
    };
    let tags: Vec<_> = text.split_whitespace().map(parse).collect::<Result<_, _>>()?;
    if tags.is_empty() {
        return Err(bad(""));
    }
    Ok(tags)
}

/// The commands to send. With tags AWS chooses the machines of a place, and those given here only say where to ask.
pub fn batches(nodes: Vec<Node>, tags: Option<&[(String, Vec<String>)]>) -> Vec<Batch> {
    let mut groups: BTreeMap<(Place, bool), Vec<Node>> = BTreeMap::new();
    for node in nodes {
        let place = Place {
            profile: node.profile.clone(),
            region: node.region.clone(),
        };
        let windows = node.is_windows();
        groups.entry((place, windows)).or_default().push(node);
    }
    let mut batches = Vec::new();
    for ((place, windows), nodes) in groups {
        let document = if windows {
            "AWS-RunPowerShellScript"
        } else {
            "AWS-RunShellScript"
        };
        let size = if tags.is_some() { nodes.len() } else { AT_ONCE };
        for nodes in nodes.chunks(size.max(1)) {
            let to = match tags {
                Some(tags) => Sendees::Tags(tags.to_vec()),
                None => ids(nodes),
            };
            batches.push(Batch {
                place: place.clone(),
                document,
                to,
                nodes: nodes.to_vec(),
            });
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Id;

    fn node(number: usize, region: &str, platform: &str) -> Node {
        let mut node = Node::default();
        node.id = Id(format!("i-{number:08x}"));
        node.region = region.into();
        node.platform = platform.into();
        node
    }

    #[test]
    fn fifty_of_one_place_and_platform_go_together() {
        let mut nodes: Vec<Node> = (0..101)
            .map(|number| node(number, "eu-west-1", "Ubuntu 24.04"))
            .collect();
        nodes.push(node(200, "eu-west-1", "Microsoft Windows Server 2022"));
        nodes.push(node(201, "us-east-1", "Ubuntu 24.04"));
        let batches = batches(nodes, None);
        let sizes: Vec<usize> = batches.iter().map(|batch| batch.nodes.len()).collect();
        assert_eq!(sizes, [50, 50, 1, 1, 1]);
        assert_eq!(batches[3].document, "AWS-RunPowerShellScript");
        assert_eq!(batches[4].place.region, "us-east-1");
    }

    #[test]
    fn only_plain_tags_are_left_to_aws() {
        let tags = parse_tags("tag.env:prod,stage tag.team:pay").unwrap();
        assert_eq!(tags[0], ("env".into(), vec!["prod".into(), "stage".into()]));
        assert_eq!(tags[1].0, "team");
        for bad in ["", "web", "env:prod", "tag.env:pr*", "tag.env:", "-tag.env:prod"] {
            assert!(parse_tags(bad).is_err(), "{bad}");
        }
    }
}
