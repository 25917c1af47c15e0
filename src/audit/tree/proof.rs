//! Checking proofs that somebody else made, as RFC 9162 does in 2.1.3.2 and 2.1.4.2: nothing of the log is needed.

use super::hash::EMPTY;
use super::{Hash, hash_node};

/// Whether `path` leads from `leaf`, the one with number `index`, to the `root` of `size` leaves.
pub fn includes(leaf: Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = hash_node(step, &hash);
            if at & 1 == 0 {
                let up = at.trailing_zeros();
                at = at.checked_shr(up).unwrap_or(0);
                last = last.checked_shr(up).unwrap_or(0);
            }
        } else {
            hash = hash_node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree `old` is the beginning of the tree `new`; each is its size and root.
pub fn follows(old: (u64, &Hash), new: (u64, &Hash), path: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return path.is_empty() && *old_root == EMPTY;
    }
    let mut steps = path.iter();
    let first = if old_size.is_power_of_two() {
        Some(old_root)
    } else {
        steps.next()
    };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    let whole = at.trailing_ones();
    at >>= whole;
    last >>= whole;
    let (mut before, mut after) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = hash_node(step, &before);
            after = hash_node(step, &after);
            if at & 1 == 0 {
                let up = at.trailing_zeros();
                at = at.checked_shr(up).unwrap_or(0);
                last = last.checked_shr(up).unwrap_or(0);
            }
        } else {
            after = hash_node(&after, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && before == *old_root && after == *new_root
}
