//! The list as batches make it: one row an id, the later one counts.

use std::collections::HashMap;

use super::{Batch, Id, Node};
use crate::aws::{Failure, Place};

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
            Batch::Failed(failure) => self.failures.push(failure),
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
