//! The fleet panel: every instance and managed node, filtered as you type. Failures stay beside the rows that came,
//! and rows of an older answer stay, marked, until their place has answered anew.

mod detail;
mod mark;
mod rows;
mod update;
mod view;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::aws::Failure;
use crate::cost::{NodeCost, NodeCosts};
use crate::fleet::{Filter, Id, Node, SortKey};
use crate::ui::table;

pub use mark::mark;
pub use rows::Entry;
pub use update::{
    arrive, cached, click, connect, connect_to, ended, narrow, open, price, priced, refresh, sort, step,
};
pub use view::{body, view};

#[derive(Debug, Default)]
pub struct Fleet {
    pub nodes: Vec<Node>,
    index: HashMap<Id, usize>,
    /// Rows of an older answer.
    pub stale: HashSet<Id>,
    pub failures: Vec<Failure>,
    pub filter_text: String,
    pub filter: Filter,
    /// What is wrong with the text being typed; the last good filter stays in force.
    pub bad_filter: Option<String>,
    pub sort: SortKey,
    pub descending: bool,
    /// Every node in the chosen order, and those of them that the filter lets through.
    order: Vec<usize>,
    pub shown: Vec<usize>,
    pub table: table::State<Entry>,
    pub detail: bool,
    /// The list came from disk and is that old.
    pub cached_for: Option<Duration>,
    pub loading: bool,
    pub answered: bool,
    /// What a day costs, of those that anything on this machine knows.
    pub costs: NodeCosts,
}

impl Fleet {
    pub fn selected(&self) -> Option<&Node> {
        match self.table.cursor.current(self)? {
            Entry::Node(id) => self.index.get(&id).map(|at| &self.nodes[*at]),
            Entry::Failure(_) => None,
        }
    }

    pub fn selected_failure(&self) -> Option<&Failure> {
        match self.table.cursor.current(self)? {
            Entry::Failure(at) => self.failures.get(at),
            Entry::Node(_) => None,
        }
    }

    fn put(&mut self, node: Node) {
        self.stale.remove(&node.id);
        match self.index.get(&node.id) {
            Some(at) => self.nodes[*at] = node,
            None => {
                self.index.insert(node.id.clone(), self.nodes.len());
                self.nodes.push(node);
            }
        }
    }

    fn retain(&mut self, keep: impl Fn(&Node, bool) -> bool) {
        let stale = std::mem::take(&mut self.stale);
        self.order.clear();
        self.nodes.retain(|node| keep(node, stale.contains(&node.id)));
        self.index = self
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (node.id.clone(), at))
            .collect();
        self.stale = stale
            .into_iter()
            .filter(|id| self.index.contains_key(id))
            .collect();
        let index = &self.index;
        self.table.marked.retain(|entry| match entry {
            Entry::Node(id) => index.contains_key(id),
            Entry::Failure(_) => false,
        });
    }

    fn reorder(&mut self) {
        // From the order before: a page more among many rows that are sorted costs little.
        self.order.extend(self.order.len()..self.nodes.len());
        let nodes = &self.nodes;
        let cost = |at: &usize| self.costs.by_id.get(&nodes[*at].id.0).map(|cost| cost.a_day);
        self.order.sort_by(|a, b| {
            let known = match self.sort {
                SortKey::Cost => by_cost(cost(a), cost(b), self.descending),
                _ => Ordering::Equal,
            };
            known.then_with(|| self.sort.compare(&nodes[*a], &nodes[*b], self.descending))
        });
        self.narrow();
    }

    /// What a day of a node costs; `None`: nothing here knows.
    pub fn cost_of(&self, node: &Node) -> Option<NodeCost> {
        self.costs.by_id.get(&node.id.0).copied()
    }

    fn narrow(&mut self) {
        let matching = self
            .order
            .iter()
            .filter(|at| self.filter.matches(&self.nodes[**at]));
        self.shown = matching.copied().collect();
    }
}

/// The dearest first, and what is not known last either way.
fn by_cost(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
