//! Is this the log that was written? Names the first line that is not: changed, cut out, put in, moved, torn, cut off
//! at the end, signed by a foreign key, or another than what was signed. A wrong clock is told beside it: no line is less
//! chained for it, and what was done to lines after it must not hide behind it.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::checkpoint::Checkpoint;
use super::keys::Keys;
use super::read::{Extent, GENESIS, Line};
use super::tail::Head;
use super::tree::{Memory, Stored};
use super::{Entry, Error, Leaf};
use crate::store;

/// Clocks of one machine that were set at different times may differ by as much.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// What a reader knows of a log from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// Public keys to trust; none: the log's own word about its keys counts.
    pub keys: Vec<[u8; 32]>,
    /// An earlier checkpoint, its signature checked: the log must begin with what it signed.
    pub checkpoint: Option<Checkpoint>,
}

/// The log as it stood at one moment.
pub(super) struct Ground {
    pub(super) head: Option<Head>,
    pub(super) extent: Extent,
    /// The stored tree, where it is the one that the head names.
    pub(super) tree: Option<Stored>,
}

/// What the walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub ok: bool,
    /// Lines that stand.
    pub events: u64,
    /// Signed checkpoints among them.
    pub checkpoints: u64,
    /// Public keys that signed them, in hexadecimal, each once.
    pub keys: Vec<String>,
    pub first_bad: Option<Place>,
    /// The last event that a signed checkpoint of the log covers, and when the first that covers it was put there.
    pub signed: u64,
    pub signed_at: Option<String>,
    /// Which log it is; `None` before its first checkpoint.
    pub origin: Option<String>,
    /// Leaves of the tree that the lines make, and its root in hexadecimal.
    pub leaves: u64,
    pub root: String,
    /// Lines that are dated before the one before them: the clock was set back.
    pub dated_back: u64,
    /// Lines that are dated later than now: the clock was wrong, or is. Their order stands all the same.
    pub dated_ahead: u64,
    /// One sentence: lower case, no full stop.
    pub says: String,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    /// Counts from 1; 0 where the line should be but is not.
    pub line: u64,
}

/// A line with its entry: what the next one must agree with.
struct Link {
    place: Place,
    seq: u64,
    prev: String,
    hash: String,
}

struct Bad {
    place: Place,
    says: String,
}

pub(super) fn verify(dir: &Path, ground: Ground, expect: &Expect) -> Result<Verdict, Error> {
    let mut walk = Walk {
        dir,
        latest: Timestamp::now() + AHEAD,
        tree: Memory::default(),
        ends: Vec::new(),
        keys: Keys::new(&expect.keys),
        verdict: Verdict::default(),
    };
    let Ground { head, extent, tree } = ground;
    let bad = walk.lines(head.as_ref(), extent, tree.as_ref())?;
    let bad = bad.or_else(|| walk.stored(head.as_ref(), tree.as_ref()));
    let bad = bad.or_else(|| walk.begins_with(expect.checkpoint.as_ref()?));
    let bad = bad.or_else(|| walk.is_vouched_for(&expect.keys));
    let mut verdict = walk.verdict;
    verdict.leaves = walk.tree.leaves();
    verdict.root = walk
        .tree
        .root(verdict.leaves)
        .map(hex::encode)
        .unwrap_or_default();
    verdict.origin = walk.keys.origin().map(str::to_owned);
    match bad {
        Some(bad) => {
            verdict.ok = false;
            verdict.says = bad.says;
            verdict.first_bad = Some(bad.place);
        }
        None => {
            verdict.ok = true;
            verdict.says = match verdict.events {
                0 => "the audit log is empty".to_string(),
                events => format!(
                    "{events} events, unbroken, {} signed checkpoints",
                    verdict.checkpoints
                ),
            };
        }
    }
    Ok(verdict)
}

struct Walk<'d> {
    dir: &'d Path,
    /// What is dated later comes from a clock that is wrong.
    latest: Timestamp,
    tree: Memory,
    /// Leaves after each event.
    ends: Vec<u64>,
    keys: Keys,
    verdict: Verdict,
}

impl Walk<'_> {
    fn lines(
        &mut self,
        head: Option<&Head>,
        extent: Extent,
        stored: Option<&Stored>,
    ) -> Result<Option<Bad>, Error> {
        let mut lines = extent.lines().peekable();
        let mut last: Option<Link> = None;
        let mut head_seen = head.is_none();
        let mut before: Option<Timestamp> = None;
        while let Some(line) = lines.next() {
            let line = line?;
            let (link, entry) = match link(&line) {
                Ok(linked) => linked,
                Err(bad) => return Ok(Some(bad)),
            };
            let confirmed = || match lines.peek() {
                Some(Ok(next)) => next.entry().is_ok_and(|next| next.prev == link.hash),
                _ => head.is_some_and(|head| head.hash == link.hash),
            };
            if let Some(bad) = disagreement(last.as_ref(), &link, confirmed) {
                return Ok(Some(bad));
            }
            let here = |says: &str| Bad {
                place: link.place.clone(),
                says: says.to_owned(),
            };
            let own_leaf = self.tree.leaves();
            for leaf in Leaf::of(&line.bytes, Some(&entry)) {
                let (index, hash) = (self.tree.leaves(), leaf.hash());
                let written = stored.and_then(|stored| stored.leaf(index));
                if written.is_some_and(|written| written != hash) {
                    return Ok(Some(here(
                        "the line was changed: the tree of hashes has another one",
                    )));
                }
                self.tree
                    .push(hash)
                    .map_err(|cause| store::Error::new("hash the lines of", self.dir, cause))?;
            }
            match entry.at() {
                Some(at) => {
                    self.verdict.dated_ahead += u64::from(at > self.latest);
                    self.verdict.dated_back += u64::from(before.is_some_and(|before| at < before));
                    before = Some(at);
                }
                None => return Ok(Some(here("the line has no time"))),
            }
            if let Some(says) = self.checkpoint(&entry, own_leaf) {
                return Ok(Some(here(&says)));
            }
            if let Some(head) = head.filter(|head| head.seq == link.seq) {
                if head.hash != link.hash {
                    return Ok(Some(here("the line was changed")));
                }
                head_seen = true;
            }
            self.verdict.events += 1;
            self.ends.push(self.tree.leaves());
            last = Some(link);
        }
        Ok(self.end(head, head_seen, last))
    }

    /// Checks an entry that may be a checkpoint; `leaves` are before it.
    fn checkpoint(&mut self, entry: &Entry, leaves: u64) -> Option<String> {
        let claim = match self.keys.take(entry) {
            Ok(claim) => claim?,
            Err(says) => return Some(says.to_owned()),
        };
        let verdict = &mut self.verdict;
        let key = hex::encode(claim.key);
        if claim.size > leaves {
            return Some("the checkpoint signs more than stands before it".into());
        }
        if self.tree.root(claim.size) != Some(claim.root) {
            // Chain and tree fit this line, so the place itself cannot be told: only what is still signed.
            let signed = verdict.signed;
            let says = format!(
                "what this checkpoint signed is not what stands before it: something after event {signed} was changed"
            );
            verdict.events = signed;
            return Some(says);
        }
        verdict.checkpoints += 1;
        // Lines that came while it was signed, or an old note that is put here again, are not what it covers.
        let covered = self.ends.partition_point(|end| *end <= claim.size) as u64;
        if covered > verdict.signed {
            verdict.signed = covered;
            verdict.signed_at = Some(entry.time.clone());
        }
        if !verdict.keys.contains(&key) {
            verdict.keys.push(key);
        }
        None
    }

    /// Whether the last line is the one that the head file names.
    fn end(&self, head: Option<&Head>, head_seen: bool, last: Option<Link>) -> Option<Bad> {
        match (head, last) {
            (Some(head), last) if !head_seen => {
                let from = last.map_or(1, |last| last.seq + 1);
                let place = Place {
                    file: self.dir.join(&head.file),
                    line: 0,
                };
                Some(Bad {
                    place,
                    says: format!("the end is missing: events {from} to {}", head.seq),
                })
            }
            (None, Some(last)) if last.seq > 1 => {
                let says =
                    "the file that names the last line, head.json, is missing or unreadable".to_string();
                Some(Bad {
                    place: last.place,
                    says,
                })
            }
            _ => None,
        }
    }

    /// The lines stand; does what is stored of the tree?
    fn stored(&self, head: Option<&Head>, stored: Option<&Stored>) -> Option<Bad> {
        let head = head.filter(|head| head.root.is_some())?;
        let root = self.tree.root(head.leaves).map(hex::encode);
        if stored.is_some() && root == head.root {
            return None;
        }
        let place = Place {
            file: self.dir.join("tree"),
            line: 0,
        };
        Some(Bad {
            place,
            says: "the stored tree of hashes is missing or damaged, and is made again at the next event; the lines stand"
                .into(),
        })
    }

    fn begins_with(&self, checkpoint: &Checkpoint) -> Option<Bad> {
        let bad = |says: String| {
            let place = Place {
                file: self.dir.to_path_buf(),
                line: 0,
            };
            Some(Bad { place, says })
        };
        if let Some(origin) = self.keys.origin().filter(|origin| *origin != checkpoint.origin) {
            return bad(format!(
                "the checkpoint is of another log, {}; this is {origin}",
                checkpoint.origin
            ));
        }
        let (size, leaves) = (checkpoint.size, self.tree.leaves());
        match self.tree.root(size) {
            None => bad(format!(
                "the log was cut: the checkpoint signed {size} leaves, and {leaves} are left"
            )),
            Some(root) if root != checkpoint.root => bad(format!(
                "the log was rewritten: its first {size} leaves are not those that the checkpoint signed"
            )),
            Some(_) => None,
        }
    }

    /// Who names keys asks whether their owner vouches for this log: nobody's signature is no answer.
    fn is_vouched_for(&self, keys: &[[u8; 32]]) -> Option<Bad> {
        if keys.is_empty() || self.verdict.checkpoints > 0 {
            return None;
        }
        Some(Bad {
            place: Place {
                file: self.dir.to_path_buf(),
                line: 0,
            },
            says: "no checkpoint of the log is signed by a key that is trusted here".into(),
        })
    }
}

fn link(line: &Line) -> Result<(Link, Entry), Bad> {
    let place = Place {
        file: line.file.clone(),
        line: line.number,
    };
    match line.entry() {
        Ok(entry) => Ok((
            Link {
                place,
                seq: entry.seq,
                prev: entry.prev.clone(),
                hash: line.hash(),
            },
            entry,
        )),
        Err(Error::Unreadable { says, .. }) => Err(Bad { place, says }),
        Err(other) => Err(Bad {
            place,
            says: other.to_string(),
        }),
    }
}

/// When two neighbours disagree, `confirmed` tells whether what follows bears out the second of them.
fn disagreement(last: Option<&Link>, link: &Link, confirmed: impl FnOnce() -> bool) -> Option<Bad> {
    let (seq, hash) = last.map_or((0, GENESIS), |last| (last.seq, last.hash.as_str()));
    let here = |says: String| {
        Some(Bad {
            place: link.place.clone(),
            says,
        })
    };
    if link.seq > seq + 1 {
        return here(match link.seq - seq {
            2 => format!("event {} is missing before this line", seq + 1),
            _ => format!(
                "events {} to {} are missing before this line",
                seq + 1,
                link.seq - 1
            ),
        });
    }
    if link.seq <= seq {
        return here(format!(
            "event {} stands where event {} belongs",
            link.seq,
            seq + 1
        ));
    }
    if link.prev == hash {
        return None;
    }
    match last {
        Some(last) if confirmed() => Some(Bad {
            place: last.place.clone(),
            says: "the line was changed".into(),
        }),
        _ => here("the line was changed: it does not follow from the one before it".into()),
    }
}
