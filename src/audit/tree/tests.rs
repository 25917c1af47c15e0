//! The Merkle tree against its definition: roots, proofs and paths between two sizes, for any number of leaves.

use super::*;
use proptest::prelude::*;

/// RFC 6962, 2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            hash_node(&mth(left), &mth(right))
        }
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| hash_leaf(&n.to_be_bytes())).collect()
}

fn tree(count: u64) -> Memory {
    let mut tree = Memory::default();
    leaves(count)
        .into_iter()
        .for_each(|leaf| tree.push(leaf).unwrap());
    tree
}

#[test]
fn roots_are_those_of_the_published_test_vectors() {
    // The eight leaves that Certificate Transparency implementations share, and their roots.
    let data = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Memory::default();
    for (data, root) in data.iter().zip(roots) {
        tree.push(hash_leaf(&hex::decode(data).unwrap())).unwrap();
        assert_eq!(hex::encode(tree.root(tree.leaves()).unwrap()), root);
    }
    assert_eq!(
        hex::encode(Memory::default().root(0).unwrap()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn every_root_and_every_proof_of_every_small_tree_holds() {
    let (tree, leaves) = (tree(40), leaves(40));
    for size in 0..=40 {
        let root = tree.root(size).unwrap();
        assert_eq!(root, mth(&leaves[..size as usize]));
        for index in 0..size {
            let path = inclusion(&tree, index, size).unwrap();
            let leaf = leaves[index as usize];
            assert!(includes(leaf, index, size, &path, &root), "{index} in {size}");
            assert!(!includes(leaf, (index + 1) % size.max(2), size, &path, &root) || size == 1);
            assert!(!includes(hash_leaf(b"other"), index, size, &path, &root));
        }
        for old in 0..=size {
            let path = consistency(&tree, old, size).unwrap();
            let old_root = tree.root(old).unwrap();
            assert!(
                follows((old, &old_root), (size, &root), &path),
                "{old} before {size}"
            );
            let forked = hash_leaf(b"fork");
            assert!(!follows((old, &forked), (size, &root), &path));
            assert!(!follows((old, &old_root), (size, &forked), &path) || old == 0);
        }
    }
    assert!(tree.root(41).is_none());
}

#[test]
fn what_is_on_disk_is_what_is_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let mut stored = Stored::open(dir.path(), 0).unwrap();
    leaves(100)
        .into_iter()
        .for_each(|leaf| stored.push(leaf).unwrap());
    let again = Stored::open(dir.path(), 100).unwrap();
    assert_eq!(again.root(), tree(100).root(100));
    assert_eq!(again.leaf(63), Some(leaves(100)[63]));
    assert_eq!(again.leaf(100), None);
    // An earlier size is still in there, a later one is not.
    assert_eq!(Stored::open(dir.path(), 77).unwrap().root(), tree(100).root(77));
    assert_eq!(Stored::open(dir.path(), 101).unwrap().root(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn a_changed_proof_proves_nothing(
        size in 2u64..300, index in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let tree = tree(size);
        let index = index.index(size as usize) as u64;
        let root = tree.root(size).unwrap();
        let leaf = leaves(size)[index as usize];
        let path = inclusion(&tree, index, size).unwrap();
        let mut changed = path.clone();
        let step = at.index(changed.len());
        changed[step][usize::from(bit)] ^= 1 << bit;
        prop_assert!(!includes(leaf, index, size, &changed, &root));
        prop_assert!(!includes(leaf, index, size, &path[1..], &root));
        let longer = [&path[..], &[root]].concat();
        prop_assert!(!includes(leaf, index, size, &longer, &root));
    }

    #[test]
    fn foreign_numbers_and_hashes_are_refused_without_harm(
        leaf in any::<Hash>(), index in any::<u64>(), size in any::<u64>(), path in prop::collection::vec(any::<Hash>(), 0..70),
        root in any::<Hash>(),
    ) {
        prop_assert!(!includes(leaf, index, size, &path, &root) || (size == 1 && leaf == root));
        prop_assert!(!follows((index, &leaf), (size, &root), &path) || (index == size && leaf == root));
    }
}
