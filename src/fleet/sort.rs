//! The order of the list. Digits in names count as numbers (`web-2` before `web-10`), and what is
//! absent comes last in either direction.

use std::cmp::Ordering;

use super::Node;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    #[default]
    Name,
    Id,
    State,
    Type,
    Region,
    Account,
    Ip,
    Platform,
    Ping,
    Agent,
    Age,
    /// What a day costs; told by whoever knows it, not by the node.
    Cost,
}

impl SortKey {
    pub const ALL: [SortKey; 12] = [
        SortKey::Name,
        SortKey::Id,
        SortKey::State,
        SortKey::Type,
        SortKey::Region,
        SortKey::Account,
        SortKey::Ip,
        SortKey::Platform,
        SortKey::Ping,
        SortKey::Agent,
        SortKey::Age,
        SortKey::Cost,
    ];

    /// Compares two nodes; equal ones are ordered by name, then id, so that rows never jump.
    pub fn compare(self, a: &Node, b: &Node, descending: bool) -> Ordering {
        let order = if self == SortKey::Age {
            absent_last(a.launched_at, b.launched_at, |a, b| b.cmp(a), descending)
        } else {
            absent_last(self.text(a), self.text(b), |a, b| natural(a, b), descending)
        };
        order
            .then_with(|| natural(&a.name, &b.name))
            .then_with(|| a.id.cmp(&b.id))
    }

    fn text(self, node: &Node) -> Option<&str> {
        let text = match self {
            SortKey::Name => Some(node.name.as_str()),
            SortKey::Id => Some(node.id.0.as_str()),
            SortKey::State => node.state.as_deref(),
            SortKey::Type => node.instance_type.as_deref(),
            SortKey::Region => Some(node.region.as_str()),
            SortKey::Account => Some(node.account.as_str()),
            SortKey::Ip => node.private_ip.as_deref(),
            SortKey::Platform => Some(node.platform.as_str()),
            SortKey::Ping => node.ping.as_deref(),
            SortKey::Agent => node.agent_version.as_deref(),
            SortKey::Age | SortKey::Cost => None,
        };
        text.filter(|text| !text.is_empty())
    }
}

fn absent_last<T>(
    a: Option<T>,
    b: Option<T>,
    compare: impl Fn(&T, &T) -> Ordering,
    descending: bool,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => compare(&b, &a),
        (Some(a), Some(b)) => compare(&a, &b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// Compares text with runs of digits taken as numbers and letters without their case.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(x), Some(y)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len());
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (number_a, number_b) = (take_number(&mut a), take_number(&mut b));
            number_a
                .len()
                .cmp(&number_b.len())
                .then_with(|| number_a.cmp(number_b))
        } else {
            (a, b) = (&a[1..], &b[1..]);
            x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits at the start, without leading zeros.
fn take_number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    let zeros = number.iter().take_while(|digit| **digit == b'0').count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["web-10", "Web-2", "api", "web-2b", "web-002"];
        names.sort_by(|a, b| natural(a, b).then(a.cmp(b)));
        assert_eq!(names, ["api", "Web-2", "web-002", "web-2b", "web-10"]);
        assert_eq!(natural("3.3.131.0", "3.2.2303.0"), Ordering::Greater);
    }

    #[test]
    fn absent_values_come_last_both_ways() {
        let with = Node {
            ping: Some("Online".into()),
            ..Node::default()
        };
        let without = Node::default();
        for descending in [false, true] {
            assert_eq!(SortKey::Ping.compare(&with, &without, descending), Ordering::Less);
        }
    }
}
