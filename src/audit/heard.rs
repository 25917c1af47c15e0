//! What somebody else exported of their log, line by line: whether it is one chain from its first event, and how far its
//! checkpoints sign it. Whoever made it up could sign it too, so a signature proves something where the key is known.

use sha2::{Digest, Sha256};

use super::keys::Keys;
use super::tree::Memory;
use super::{Entry, Leaf};

pub struct Heard {
    /// Of people who are known here.
    known: Vec<[u8; 32]>,
    keys: Keys,
    tree: Memory,
    /// Leaves after each line.
    ends: Vec<u64>,
    hash: Option<String>,
    begins_at: u64,
    /// What is wrong with it, once.
    fault: Option<String>,
    /// Lines that a checkpoint signs, and by which key.
    signed: u64,
    key: Option<[u8; 32]>,
}

impl Heard {
    pub fn new(known: &[[u8; 32]]) -> Heard {
        Heard {
            known: known.to_vec(),
            keys: Keys::new(&[]),
            tree: Memory::default(),
            ends: Vec::new(),
            hash: None,
            begins_at: 0,
            fault: None,
            signed: 0,
            key: None,
        }
    }

    /// The next line, without its line feed.
    pub fn take(&mut self, line: &[u8], entry: &Entry) {
        let number = self.ends.len() + 1;
        match &self.hash {
            None => self.begins_at = entry.seq,
            Some(before) if *before != entry.prev => {
                let says = format!("its chain is BROKEN at line {number}: lines were changed or left out");
                self.fault.get_or_insert(says);
            }
            Some(_) => {}
        }
        self.hash = Some(hex::encode(Sha256::digest(line)));
        let before = self.tree.leaves();
        for leaf in Leaf::of(line, Some(entry)) {
            // In memory there is always room for a hash.
            let _ = self.tree.push(leaf.hash());
        }
        self.ends.push(self.tree.leaves());
        // Of a part of a log the tree cannot be made again.
        if self.begins_at == 1
            && let Err(says) = self.checkpoint(entry, before)
        {
            let says = format!("line {number}: {says}");
            self.fault.get_or_insert(says);
        }
    }

    fn checkpoint(&mut self, entry: &Entry, before: u64) -> Result<(), &'static str> {
        let Some(claim) = self.keys.take(entry)? else {
            return Ok(());
        };
        if claim.size > before || self.tree.root(claim.size) != Some(claim.root) {
            return Err("what this checkpoint signed is not what stands before it");
        }
        let covered = self.ends.partition_point(|end| *end <= claim.size) as u64;
        if covered >= self.signed {
            (self.signed, self.key) = (covered, Some(claim.key));
        }
        Ok(())
    }

    /// Whether all of it is signed by somebody who is known here; the last checkpoint itself is not.
    pub fn is_proven(&self) -> bool {
        let is_known = self.key.is_some_and(|key| self.known.contains(&key));
        is_known && self.fault.is_none() && self.signed + 1 >= self.ends.len() as u64
    }

    /// How far it holds together.
    pub fn says(&self) -> String {
        let lines = self.ends.len();
        match (&self.fault, self.key) {
            (Some(fault), _) => fault.clone(),
            (None, Some(key)) => {
                let whose = match self.known.contains(&key) {
                    true => "a key that is known here",
                    false => "a key that nobody here knows",
                };
                let signed = self.signed;
                format!("it is one chain of {lines} lines, {signed} of them signed, by {whose}")
            }
            (None, None) if self.begins_at > 1 => {
                format!("it is one chain of {lines} lines that begins in the middle of a log")
            }
            (None, None) => format!("it is one chain of {lines} lines, and nobody signed it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event, Kind, Log, Range};
    use crate::recording::DeviceKey;

    #[test]
    fn an_export_is_a_chain_or_says_where_it_is_broken_and_who_is_a_stranger() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::open(dir.path()).unwrap();
        for _ in 0..3 {
            log.append(Event::new(Kind::SessionStart, Actor::local()))
                .unwrap();
        }
        let read = || -> Vec<(Entry, String)> {
            let lines = log.read_raw(Range::default()).unwrap();
            lines.collect::<Result<_, _>>().unwrap()
        };
        let heard = |lines: &[(Entry, String)], known: &[[u8; 32]]| {
            let mut heard = Heard::new(known);
            lines
                .iter()
                .for_each(|(entry, line)| heard.take(line.as_bytes(), entry));
            (heard.is_proven(), heard.says())
        };
        let lines = read();
        let (is_proven, says) = heard(&lines, &[]);
        assert!(!is_proven && says.starts_with("it is one chain of"), "{says}");
        let (_, says) = heard(&[&lines[..1], &lines[2..]].concat(), &[]);
        assert!(says.contains("BROKEN at line 2"), "{says}");
        let device = DeviceKey::load_or_create(dir.path()).unwrap();
        log.checkpoint(&device, Actor::local()).unwrap();
        let signed = read();
        let (is_proven, says) = heard(&signed, &[]);
        assert!(
            !is_proven && says.ends_with("by a key that nobody here knows"),
            "{says}"
        );
        assert!(heard(&signed, &[device.public()]).0);
        let mut forged = signed.clone();
        forged[1].1 = forged[1].1.replace("session.start", "session.ended");
        assert!(!heard(&forged, &[device.public()]).0);
        let (is_proven, says) = heard(&lines[1..], &[]);
        assert!(!is_proven && says.contains("in the middle"), "{says}");
    }
}
