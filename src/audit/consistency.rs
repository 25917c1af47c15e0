//! Consistency proofs that travel with a checkpoint. Each is a line among the signatures, of a key that no verifier
//! knows: whoever reads C2SP notes passes over it, and a witness finds how the log grew since it looked last.

use sha2::{Digest, Sha256};

use super::note::{Note, Signature};
use super::tree::Hash;

const NAME: &str = "quarterdeck/consistency";

fn id() -> [u8; 4] {
    // Kind 0xff is for what has no number of its own; a longer name follows it.
    let hash = Sha256::new()
        .chain_update(NAME)
        .chain_update(b"\n\xffquarterdeck consistency 1")
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The way from `old` leaves to those of the checkpoint that it is added to.
pub fn line(old: u64, path: &[Hash]) -> Signature {
    Signature {
        name: NAME.into(),
        key_id: id(),
        bytes: [&old.to_be_bytes()[..], path.as_flattened()].concat(),
    }
}

pub(super) fn is_line(line: &Signature) -> bool {
    line.name == NAME && line.key_id == id()
}

/// Every proof that came with `note`: the old size and the path.
pub fn proofs(note: &Note) -> impl Iterator<Item = (u64, Vec<Hash>)> {
    note.signatures
        .iter()
        .filter(|line| is_line(line))
        .filter_map(|line| {
            let (old, path) = line.bytes.split_first_chunk::<8>()?;
            let (path, rest) = path.as_chunks::<32>();
            rest.is_empty().then(|| (u64::from_be_bytes(*old), path.to_vec()))
        })
}
