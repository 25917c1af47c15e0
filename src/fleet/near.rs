//! Names like the one that was typed and is nowhere.

use std::collections::BTreeSet;

use super::Node;
use crate::config::nearest::nearest;

/// As many are offered.
const MOST: usize = 3;

/// Names of live nodes that have `target` in them, in order; where none has, the one it is a slip of the finger from.
pub fn near<'a>(target: &str, nodes: &'a [Node]) -> Vec<&'a str> {
    let wanted = target.to_lowercase();
    let live = nodes
        .iter()
        .filter(|node| !node.is_terminated() && !node.name.is_empty());
    let names: BTreeSet<&str> = live.map(|node| node.name.as_str()).collect();
    let having = names.iter().filter(|name| name.to_lowercase().contains(&wanted));
    let having: Vec<&str> = having.take(MOST).copied().collect();
    if !having.is_empty() {
        return having;
    }
    let names: Vec<&str> = names.into_iter().collect();
    nearest(target, &names).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<Node> {
        ["web-01", "web-02", "web-03", "web-04", "db-01", "db-01", ""]
            .map(|name| Node {
                name: name.into(),
                ..Node::default()
            })
            .into()
    }

    #[test]
    fn what_was_typed_is_found_within_names_or_a_slip_away_from_one() {
        let nodes = nodes();
        assert_eq!(near("WEB", &nodes), ["web-01", "web-02", "web-03"]);
        assert_eq!(near("db-10", &nodes), ["db-01"]);
        assert_eq!(near("mailhost", &nodes), [""; 0]);
    }
}
