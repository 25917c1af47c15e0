//! The Merkle tree over the log, as RFC 6962 hashes it. Every whole subtree is stored once, in the order in which
//! it becomes whole: appending writes two hashes a leaf on average, a root or a proof reads as many as the tree is
//! high, and the tree of any earlier size is still in there.

mod hash;
mod memory;
mod proof;
mod stored;

use std::io;

pub use hash::{Hash, hash_leaf};
pub use memory::Memory;
pub use proof::{follows, includes};
pub(super) use stored::Stored;

use hash::{EMPTY, hash_node};

/// Where the hashes of whole subtrees are.
pub trait Nodes {
    fn node(&self, at: u64) -> io::Result<Hash>;
}

/// More leaves than any log has: a larger number comes from a damaged file.
pub(super) const MOST_LEAVES: u64 = 1 << 48;

/// How many hashes a tree of `leaves` stores.
fn stored(leaves: u64) -> u64 {
    2 * leaves - u64::from(leaves.count_ones())
}

/// Where the subtree of 2^`level` leaves from `first` on is stored: behind its last leaf, one place a level.
fn place(first: u64, level: u32) -> u64 {
    stored(first + (1 << level) - 1) + u64::from(level)
}

/// Hashes to store when `leaf` is appended to a tree of `size` leaves: itself, and each subtree that it completes.
fn grown(nodes: &impl Nodes, size: u64, leaf: Hash) -> io::Result<Vec<Hash>> {
    let mut hashes = vec![leaf];
    let mut last = leaf;
    for level in 0..size.trailing_ones() {
        let left = nodes.node(place((size >> level << level) - (1 << level), level))?;
        last = hash_node(&left, &last);
        hashes.push(last);
    }
    Ok(hashes)
}

/// The root of the first `size` leaves.
pub fn root(nodes: &impl Nodes, size: u64) -> io::Result<Hash> {
    if size == 0 {
        return Ok(EMPTY);
    }
    range(nodes, 0, size)
}

/// The hash of the leaves `from..to`, where `from` is where a subtree of that width may begin.
fn range(nodes: &impl Nodes, from: u64, to: u64) -> io::Result<Hash> {
    let width = to - from;
    if width.is_power_of_two() {
        return nodes.node(place(from, width.trailing_zeros()));
    }
    let middle = from + split(width);
    Ok(hash_node(
        &range(nodes, from, middle)?,
        &range(nodes, middle, to)?,
    ))
}

/// The largest power of two below `width`, which is at least 2.
fn split(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// The way from leaf `index` up to the root of `size` leaves. `index` must be below `size`.
pub fn inclusion(nodes: &impl Nodes, index: u64, size: u64) -> io::Result<Vec<Hash>> {
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// What shows that the tree of `old` leaves is the beginning of that of `new`. `old` must not be above `new`.
pub fn consistency(nodes: &impl Nodes, old: u64, new: u64) -> io::Result<Vec<Hash>> {
    let (mut from, mut to, mut path) = (0, new, Vec::new());
    if old == 0 || old == new {
        return Ok(path);
    }
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    // Who knows the old root knows this subtree already when it is all of the old tree.
    if from > 0 {
        path.push(range(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

#[cfg(test)]
mod tests;
