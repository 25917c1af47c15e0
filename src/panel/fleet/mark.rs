//! Marks: which nodes the next command is for. Kept by id, so that they outlive refresh, order and filter.

use crate::app::{Effect, Model, Notice, Verb, Weight};
use crate::fleet::Node;

use super::{Entry, Fleet};

impl Fleet {
    /// How many nodes are marked, shown or not.
    pub fn marks(&self) -> usize {
        self.table.marked.len()
    }

    /// What the next command is for: the marked nodes, else all that are shown, in the order of the panel.
    pub fn chosen(&self) -> Vec<&Node> {
        let of = if self.marks() > 0 {
            &self.order
        } else {
            &self.shown
        };
        let nodes = of.iter().map(|at| &self.nodes[*at]);
        nodes
            .filter(|node| self.marks() == 0 || self.table.marked.contains(&Entry::Node(node.id.clone())))
            .collect()
    }

    pub fn node(&self, id: &crate::fleet::Id) -> Option<&Node> {
        self.index.get(id).map(|at| &self.nodes[*at])
    }
}

pub fn mark(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let mut table = std::mem::take(&mut model.fleet.table);
    match verb {
        Verb::Mark if matches!(table.cursor.current(&model.fleet), Some(Entry::Failure(_))) => {
            model.notice(Notice::new(Weight::Info, "a failure cannot be marked"));
        }
        Verb::Mark => table.toggle_mark(&model.fleet),
        Verb::MarkAll => {
            let fleet = &model.fleet;
            let shown = fleet.shown.iter().map(|at| fleet.nodes[*at].id.clone());
            table.marked.extend(shown.map(Entry::Node));
        }
        _ => table.marked.clear(),
    }
    model.fleet.table = table;
    Vec::new()
}
