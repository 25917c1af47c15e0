//! How the tree keeps up with the lines: leaves of lines that a crash kept out of it are added, and a tree that is
//! not the one which the head file names is made anew from the lines.

use std::path::Path;

use super::leaf::placed;
use super::read::Extent;
use super::tail::{Head, Tail};
use super::tree::{Memory, Stored};
use super::{Error, Leaf};

/// The tree up to the end of the log.
pub(super) struct Grown {
    pub(super) tree: Stored,
    /// It was missing or damaged and has been made from the lines again.
    pub(super) remade: bool,
}

/// Brings the tree to where `tail` ends, and its head with it.
pub(super) fn grow(dir: &Path, tail: &mut Tail) -> Result<Grown, Error> {
    let mut tree = Stored::open(dir, tail.head.leaves)?;
    let known = tail.head.root.is_some();
    if (known || tail.head.leaves == 0 && tail.fresh.len() as u64 >= tail.head.seq)
        && agrees(&tree, &tail.head)
    {
        for leaf in tail.fresh.drain(..) {
            tree.push(leaf.hash())?;
        }
        note(&mut tail.head, &tree);
        return Ok(Grown { tree, remade: false });
    }
    let mut memory = Memory::default();
    for placed in placed(Extent::upto(dir, &tail.head)?) {
        for leaf in &placed?.leaves {
            memory
                .push(leaf.hash())
                .map_err(|cause| crate::store::Error::new("hash the lines of", dir, cause))?;
        }
    }
    tree.replace(&memory)?;
    tail.fresh.clear();
    note(&mut tail.head, &tree);
    Ok(Grown { tree, remade: known })
}

/// Adds the leaves of a new line.
pub(super) fn add(
    tree: &mut Stored,
    leaves: impl Iterator<Item = Leaf>,
    head: &mut Head,
) -> Result<(), Error> {
    for leaf in leaves {
        tree.push(leaf.hash())?;
    }
    note(head, tree);
    Ok(())
}

/// Whether the stored tree is the one that the head file names.
pub(super) fn agrees(tree: &Stored, head: &Head) -> bool {
    match &head.root {
        Some(root) => tree.root().map(hex::encode).as_ref() == Some(root),
        None => head.leaves == 0,
    }
}

fn note(head: &mut Head, tree: &Stored) {
    head.leaves = tree.leaves();
    head.root = tree.root().map(hex::encode);
}
