//! Proofs for a third party: one leaf, the way from it to a root, and the signed checkpoint of that root. Whoever
//! trusts the checkpoint's signatures needs nothing else of the log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, check_note, key_of};
use super::note::Note;
use super::tree::{Hash, includes};
use super::{Leaf, read};

/// That a leaf is in the tree of a signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub leaf: Leaf,
    /// Counts from 0.
    pub index: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// From the leaf upwards, each in base64.
    pub path: Vec<String>,
    /// The signed note, cosignatures included.
    pub checkpoint: String,
    /// For an event, its line without the line feed.
    pub line: Option<String>,
}

impl Proof {
    pub fn new(leaf: Leaf, index: u64, size: u64, path: &[Hash], note: &Note) -> Proof {
        Proof {
            leaf,
            index,
            size,
            path: path.iter().map(|hash| STANDARD.encode(hash)).collect(),
            checkpoint: note.to_string(),
            line: None,
        }
    }

    /// The checkpoint that it leads to, when everything fits. `keys` are those of logs to trust; none: the one that
    /// the origin is made of.
    pub fn check(&self, keys: &[[u8; 32]]) -> Result<(Checkpoint, Note), String> {
        let note = Note::parse(&self.checkpoint)
            .map_err(|why| format!("its checkpoint is no signed note: {why}"))?;
        let own = note.text.lines().next().and_then(key_of);
        let keys = match (keys, own) {
            ([], Some(own)) => vec![own],
            _ => keys.to_vec(),
        };
        let (checkpoint, _) = check_note(&note, &keys)?;
        if checkpoint.size != self.size {
            return Err("its checkpoint is of another size".into());
        }
        if let (Some(line), Leaf::Event { sha256 }) = (&self.line, &self.leaf)
            && read::hash(line.as_bytes()) != *sha256
        {
            return Err("its line is not the one that the leaf names".into());
        }
        let path: Option<Vec<Hash>> = self.path.iter().map(|hash| parse_hash(hash)).collect();
        let path = path.ok_or("its path has something that is no hash")?;
        match includes(self.leaf.hash(), self.index, self.size, &path, &checkpoint.root) {
            true => Ok((checkpoint, note)),
            false => Err("its path does not lead to the root of the checkpoint".into()),
        }
    }
}

fn parse_hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::origin_of;
    use super::super::signer::Signer;
    use super::super::tree::{Memory, inclusion};
    use super::*;
    use ed25519_dalek::SigningKey;

    fn proof() -> Proof {
        let leaves: Vec<Leaf> = ["one", "two", "three"]
            .map(|line| Leaf::Event {
                sha256: read::hash(line.as_bytes()),
            })
            .to_vec();
        let mut tree = Memory::default();
        leaves.iter().for_each(|leaf| tree.push(leaf.hash()).unwrap());
        let key = SigningKey::from_bytes(&[7; 32]);
        let checkpoint = Checkpoint {
            origin: origin_of(&Signer::public(&key)),
            size: 3,
            root: tree.root(3).unwrap(),
        };
        let path = inclusion(&tree, 1, 3).unwrap();
        let mut proof = Proof::new(leaves[1].clone(), 1, 3, &path, &checkpoint.sign(&key).unwrap());
        proof.line = Some("two".into());
        proof
    }

    #[test]
    fn a_proof_stands_alone_and_every_part_of_it_counts() {
        let whole = proof();
        assert!(whole.check(&[]).is_ok());
        assert!(whole.check(&[[1; 32]]).unwrap_err().contains("foreign"));
        let refused = |change: fn(&mut Proof)| {
            let mut proof = proof();
            change(&mut proof);
            proof.check(&[]).unwrap_err()
        };
        assert!(refused(|p| p.index = 0).contains("path"));
        assert!(refused(|p| p.size = 4).contains("size"));
        assert!(refused(|p| p.line = Some("zwei".into())).contains("line"));
        assert!(refused(|p| p.path.truncate(1)).contains("path"));
        assert!(refused(|p| p.path[0] = "?".into()).contains("no hash"));
        assert!(refused(|p| p.leaf = Leaf::Event { sha256: "00".into() }).contains("line"));
        assert!(refused(|p| p.checkpoint = p.checkpoint.replace("\n3\n", "\n2\n")).contains("signature"));
    }

    #[test]
    fn a_proof_survives_json() {
        let json = serde_json::to_string(&proof()).unwrap();
        assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), proof());
    }
}
