//! Is this the log that was written? Names the first line that is not: changed, cut out, put in, moved, torn
//! or cut off at the end.

use std::path::{Path, PathBuf};

use super::read::{Extent, GENESIS, Line};
use super::tail::Head;
use super::{Entry, Error, checkpoint};

/// What the walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub ok: bool,
    /// Lines that stand.
    pub events: u64,
    /// Signed checkpoints among them.
    pub checkpoints: u64,
    /// Public keys that signed them, in hexadecimal, each once.
    pub keys: Vec<String>,
    pub first_bad: Option<Place>,
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

pub(super) fn verify(dir: &Path, head: Option<Head>, extent: Extent) -> Result<Verdict, Error> {
    let mut verdict = Verdict {
        ok: true,
        events: 0,
        checkpoints: 0,
        keys: Vec::new(),
        first_bad: None,
        says: String::new(),
    };
    if let Some(bad) = walk(dir, head, extent, &mut verdict)? {
        verdict.ok = false;
        verdict.says = bad.says;
        verdict.first_bad = Some(bad.place);
    } else {
        verdict.says = match verdict.events {
            0 => "the audit log is empty".to_string(),
            events => format!(
                "{events} events, unbroken, {} signed checkpoints",
                verdict.checkpoints
            ),
        };
    }
    Ok(verdict)
}

fn walk(dir: &Path, head: Option<Head>, extent: Extent, verdict: &mut Verdict) -> Result<Option<Bad>, Error> {
    let mut lines = extent.lines().peekable();
    let mut last: Option<Link> = None;
    let mut head_seen = head.is_none();
    while let Some(line) = lines.next() {
        let line = line?;
        let (link, entry) = match link(&line) {
            Ok(linked) => linked,
            Err(bad) => return Ok(Some(bad)),
        };
        let confirmed = || match lines.peek() {
            Some(Ok(next)) => next.entry().is_ok_and(|next| next.prev == link.hash),
            _ => head.as_ref().is_some_and(|head| head.hash == link.hash),
        };
        if let Some(bad) = disagreement(last.as_ref(), &link, confirmed) {
            return Ok(Some(bad));
        }
        match checkpoint::check(&entry) {
            Some(Ok(key)) => {
                verdict.checkpoints += 1;
                let key = hex::encode(key.as_bytes());
                if !verdict.keys.contains(&key) {
                    verdict.keys.push(key);
                }
            }
            Some(Err(says)) => {
                return Ok(Some(Bad {
                    place: link.place,
                    says: says.into(),
                }));
            }
            None => {}
        }
        if let Some(head) = head.as_ref().filter(|head| head.seq == link.seq) {
            if head.hash != link.hash {
                return Ok(Some(Bad {
                    place: link.place,
                    says: "the line was changed".into(),
                }));
            }
            head_seen = true;
        }
        verdict.events += 1;
        last = Some(link);
    }
    Ok(match (&head, last) {
        (Some(head), last) if !head_seen => {
            let from = last.map_or(1, |last| last.seq + 1);
            let place = Place {
                file: dir.join(&head.file),
                line: 0,
            };
            Some(Bad {
                place,
                says: format!("the end is missing: events {from} to {}", head.seq),
            })
        }
        (None, Some(last)) if last.seq > 1 => {
            let says = "the file that names the last line, head.json, is missing or unreadable".to_string();
            Some(Bad {
                place: last.place,
                says,
            })
        }
        _ => None,
    })
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
