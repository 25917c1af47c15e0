//! A tree shown as a list: its open branches are kept by id, so that a refresh folds nothing.

use std::collections::HashSet;
use std::hash::Hash;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cursor::{Cursor, Ids};
use super::list::{Lines, List};
use super::look::{Look, Role};

/// A branch or a leaf.
#[derive(Clone, Debug)]
pub struct Node<'a, Id> {
    pub id: Id,
    pub line: Line<'a>,
    pub children: Vec<Node<'a, Id>>,
}

#[derive(Clone, Debug)]
pub struct State<Id> {
    pub cursor: Cursor<Id>,
    pub open: HashSet<Id>,
}

impl<Id> Default for State<Id> {
    fn default() -> State<Id> {
        State {
            cursor: Cursor::default(),
            open: HashSet::new(),
        }
    }
}

/// A tree and its state, flattened to what is visible.
pub struct Tree<'a, Id> {
    rows: Vec<Flat<'a, Id>>,
    pub focused: bool,
}

struct Flat<'a, Id> {
    node: &'a Node<'a, Id>,
    parent: Option<usize>,
    depth: usize,
    open: bool,
}

impl<'a, Id: Clone + Eq + Hash> Tree<'a, Id> {
    pub fn new(roots: &'a [Node<'a, Id>], state: &State<Id>) -> Tree<'a, Id> {
        let mut tree = Tree {
            rows: Vec::new(),
            focused: true,
        };
        tree.flatten(roots, None, 0, &state.open);
        tree
    }

    fn flatten(
        &mut self,
        nodes: &'a [Node<'a, Id>],
        parent: Option<usize>,
        depth: usize,
        opened: &HashSet<Id>,
    ) {
        for node in nodes {
            let open = opened.contains(&node.id);
            self.rows.push(Flat {
                node,
                parent,
                depth,
                open,
            });
            if open {
                let here = self.rows.len() - 1;
                self.flatten(&node.children, Some(here), depth + 1, opened);
            }
        }
    }

    pub fn paint(&self, area: Rect, buf: &mut Buffer, look: &Look<'_>, state: &State<Id>) {
        List {
            rows: self,
            focused: self.focused,
            empty: "",
        }
        .paint(area, buf, look, &state.cursor);
    }

    /// Opens the current branch; open already, goes to its first child.
    pub fn enter(&self, state: &mut State<Id>) {
        let Some(at) = state.cursor.index(self) else {
            return;
        };
        let row = &self.rows[at];
        if row.node.children.is_empty() {
            return;
        }
        if row.open {
            state.cursor.step(self, 1);
        } else {
            state.open.insert(row.node.id.clone());
        }
    }

    /// Closes the current branch; closed already, goes to its parent.
    pub fn leave(&self, state: &mut State<Id>) {
        let Some(at) = state.cursor.index(self) else {
            return;
        };
        let row = &self.rows[at];
        if !state.open.remove(&row.node.id)
            && let Some(parent) = row.parent
        {
            state.cursor.select_index(self, parent);
        }
    }
}

impl<Id: Clone + Eq + Hash> Ids for Tree<'_, Id> {
    type Id = Id;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<Id> {
        self.rows.get(index).map(|row| row.node.id.clone())
    }
}

impl<Id: Clone + Eq + Hash> Lines for Tree<'_, Id> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let row = &self.rows[index];
        let twig = match (row.node.children.is_empty(), row.open) {
            (true, _) => "  ",
            (false, true) => "▾ ",
            (false, false) => "▸ ",
        };
        let mut spans = vec![Span::styled(
            format!("{}{twig}", "  ".repeat(row.depth)),
            look.of(Role::Faint),
        )];
        spans.extend(row.node.line.spans.iter().cloned());
        Line {
            spans,
            ..row.node.line.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots() -> Vec<Node<'static, &'static str>> {
        let leaf = |id| Node {
            id,
            line: Line::raw(id),
            children: vec![],
        };
        vec![
            Node {
                id: "ec2",
                line: Line::raw("EC2"),
                children: vec![leaf("box"), leaf("nat")],
            },
            leaf("s3"),
        ]
    }

    #[test]
    fn a_branch_opens_then_is_entered_and_left_again() {
        let roots = roots();
        let mut state = State::default();
        Tree::new(&roots, &state).enter(&mut state);
        assert_eq!(Tree::new(&roots, &state).len(), 4);
        Tree::new(&roots, &state).enter(&mut state);
        assert_eq!(state.cursor.selected(), Some(&"box"));
        Tree::new(&roots, &state).leave(&mut state);
        assert_eq!(state.cursor.selected(), Some(&"ec2"));
        Tree::new(&roots, &state).leave(&mut state);
        assert_eq!(Tree::new(&roots, &state).len(), 2);
    }
}
