//! Verification: header, every checksum, every checkpoint's hash and signature, the chain of keys, the index, holes.
//! It looks at what is in the file, not at what that means, so recordings that are encrypted need no key for it.
//! A verdict needs no key of ours either; the device key's fingerprint in it says whom the signatures make answerable.

use super::Error;
use super::event::{Event, What};
use super::evidence;
use super::header::id_of;
use super::index::Index;
use super::library::data_dir_of;
use super::reader::{State, footer, is_held};
use super::record;
use super::scan::{Depth, Ending, Scan, Seal, Watch, scan};
use std::fs::File;
use std::io::Seek;
use std::path::Path;
use uuid::Uuid;

/// A time may be so far ahead of this machine's clock.
const CLOCKS_DIFFER_US: i64 = 300_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub ok: bool,
    /// `local` until something outside this machine vouches for it, see [`evidence`].
    pub evidence: &'static str,
    pub events: u64,
    /// Where the part that can be trusted ends, when not everything can.
    pub first_bad_offset: Option<u64>,
    /// One sentence.
    pub says: String,
    pub state: State,
    /// Public key of the device that certified the session key; `None` where there is no header.
    pub device_key: Option<[u8; 32]>,
    /// What is odd about it and breaks no rule.
    pub remark: Option<String>,
}

#[derive(Default)]
pub(super) struct Chain {
    /// The key that the next checkpoint must be signed with.
    key: Option<[u8; 32]>,
    /// End of what is signed, events in it.
    sealed: (u64, u64),
    /// End of the last checkpoint that the session itself signed.
    pub signed_len: Option<u64>,
    /// Something came since then that no recovery writes.
    is_loose: bool,
    hole: Option<(u64, String)>,
    recovered_after: Option<u64>,
    /// The device that recovered it, where it is not the one that recorded it.
    closed_by: Option<[u8; 32]>,
    is_final: bool,
    /// Latest wall clock of a checkpoint, Unix microseconds.
    last_wall_us: u64,
}

impl Watch for Chain {
    fn record(&mut self, kind: u8) {
        self.is_loose |= !matches!(
            kind,
            record::GAP | record::END | record::INDEX | record::CHECKPOINT
        );
    }

    fn seal(&mut self, seal: Seal) -> Result<(), &'static str> {
        let c = &seal.checkpoint;
        if c.is_recovered && !c.is_final || c.is_elsewhere && !c.is_recovered {
            return Err("a checkpoint whose flags contradict each other");
        }
        if c.is_elsewhere && self.is_loose {
            return Err("another device closed more than the session had signed");
        }
        if c.offset != seal.record_offset || c.hash != seal.hash_before {
            return Err("what comes before a checkpoint is not what was signed");
        }
        let key = match c.is_recovered {
            true if c.is_elsewhere => {
                self.closed_by = Some(c.next_key);
                c.next_key
            }
            true => seal.block.device_key,
            false => self.key.unwrap_or(seal.block.header.session_key),
        };
        if !seal.proof.is_by(&key) {
            return Err("a checkpoint whose signature does not match");
        }
        if c.is_recovered {
            self.recovered_after = Some(self.sealed.1);
        }
        if !c.is_recovered {
            self.signed_len = Some(seal.record_end);
        }
        self.is_loose = false;
        self.key = Some(c.next_key);
        self.sealed = (c.offset, c.events);
        self.is_final = c.is_final;
        self.last_wall_us = self.last_wall_us.max(c.wall_us);
        Ok(())
    }

    fn event(&mut self, offset: u64, event: &Event) -> Result<(), &'static str> {
        self.is_loose |= match &event.what {
            What::Gap(gap) => gap.cause != "recovered",
            What::End(end) => !end.abnormal,
            _ => false,
        };
        if let What::Gap(gap) = &event.what
            && gap.is_hole()
            && self.hole.is_none()
        {
            self.hole = Some((offset, gap.cause.clone()));
        }
        Ok(())
    }

    fn index(&mut self, found: &Index, rebuilt: &Index, last_at_us: u64) -> Result<(), &'static str> {
        let (said, known) = (&found.summary, &rebuilt.summary);
        let told = (&said.session_id, &said.why, said.exit_code);
        let fits = found.segments == rebuilt.segments
            && told == (&known.session_id, &known.why, known.exit_code)
            && said.output_bytes >= known.output_bytes
            && said.duration_us >= last_at_us;
        match fits {
            true => Ok(()),
            false => Err("an index that does not describe this file"),
        }
    }
}

/// Checks the whole file. An error means that it could not be read at all.
pub fn verify(path: &Path) -> Result<Verdict, Error> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    // Asked before reading: a writer that ends meanwhile must not make the part that was read look torn.
    let held = is_held(&file);
    let home = data_dir_of(path).ok().flatten();
    // Anybody may hold a file: only where writers put theirs does that mean one.
    let live = held && home.is_some();
    let closed = footer(&file).map_err(Error::io("read", path))?;
    (&file).rewind().map_err(Error::io("read", path))?;
    let mut chain = Chain::default();
    match scan(&file, Depth::Frames, &mut chain).map_err(Error::io("read", path))? {
        Ok(scan) => {
            let mut verdict = judge(&scan, &chain, (held, live), closed);
            if verdict.ok && named(path).is_some_and(|named| named != scan.block.header.id) {
                verdict.ok = false;
                verdict.first_bad_offset = Some(0);
                verdict.says = format!(
                    "it is recording {} under the name of another",
                    scan.block.header.id
                );
            }
            verdict.remark = ahead(&scan, &chain);
            // What else vouches for such a file vouches for what the other device made of it.
            if verdict.ok && chain.closed_by.is_none() {
                let subject = evidence::Subject {
                    recording: path,
                    id: &scan.block.header.id.to_string(),
                    device_key: scan.block.device_key,
                };
                verdict.evidence = evidence::examine(&subject, None)?.level.as_str();
            }
            Ok(verdict)
        }
        Err(why) => Ok(Verdict {
            ok: false,
            evidence: "local",
            events: 0,
            first_bad_offset: Some(0),
            says: why.into(),
            state: if live { State::Live } else { State::Torn },
            device_key: None,
            remark: None,
        }),
    }
}

/// What it says of times that are still to come. Clocks differ a little; a signature vouches for no clock.
fn ahead(scan: &Scan, chain: &Chain) -> Option<String> {
    let last_wall_us = i64::try_from(chain.last_wall_us).unwrap_or(i64::MAX);
    let (what, at_us) = match scan.block.header.started_at {
        began if began >= last_wall_us => ("began", began),
        _ => ("was signed", last_wall_us),
    };
    let now_us = jiff::Timestamp::now().as_microsecond();
    let at = match jiff::Timestamp::from_microsecond(at_us) {
        Ok(at) => format!("at {at:.0}"),
        Err(_) => "beyond every calendar".to_owned(),
    };
    (at_us > now_us.saturating_add(CLOCKS_DIFFER_US)).then(|| {
        format!("it says that it {what} {at}, which is still to come: a clock is wrong, there or here")
    })
}

/// The recording that a file claims to be by its name, where that is an id.
fn named(path: &Path) -> Option<Uuid> {
    id_of(path.file_stem()?.to_str()?)
}

fn judge(scan: &Scan, chain: &Chain, (held, live): (bool, bool), closed: Option<Index>) -> Verdict {
    let events = scan.index.summary.events;
    let whole = scan.ending == Ending::Trailer && chain.is_final;
    let state = match closed {
        Some(index) if index.summary.recovered => State::Recovered,
        Some(_) => State::Sealed,
        None if live => State::Live,
        None => State::Torn,
    };
    let verdict = |first_bad_offset: Option<u64>, says: String| Verdict {
        ok: first_bad_offset.is_none(),
        evidence: "local",
        events,
        first_bad_offset,
        says,
        state,
        device_key: Some(scan.block.device_key),
        remark: None,
    };
    if !scan.block.is_signed {
        return verdict(Some(0), "the header's signature does not match".into());
    }
    if let Ending::Bad(why) = scan.ending {
        return verdict(Some(scan.good_len), format!("{why}, at byte {}", scan.good_len));
    }
    if let Some((offset, cause)) = &chain.hole {
        return verdict(
            Some(*offset),
            format!("something is missing: a gap ({cause}) at byte {offset}"),
        );
    }
    let closed_badly = matches!(state, State::Sealed | State::Recovered) && !whole;
    if closed_badly || whole && (state == State::Recovered) != chain.recovered_after.is_some() {
        return verdict(
            Some(scan.good_len),
            "its footer does not fit what comes before".into(),
        );
    }
    match (state, chain.recovered_after) {
        (State::Sealed, _) => verdict(None, format!("sealed and whole, {events} events")),
        (State::Recovered, signed) => verdict(
            None,
            format!(
                "recovered after its writer died{}: {} of {events} events were signed by the session itself",
                match chain.closed_by {
                    Some(key) => format!(", by another device ({})", hex::encode(&key[..8])),
                    None => String::new(),
                },
                signed.unwrap_or(0)
            ),
        ),
        (State::Live, _) => verdict(
            None,
            format!(
                "still being written; {} of {events} events are signed",
                chain.sealed.1
            ),
        ),
        (State::Torn, _) => verdict(
            Some(scan.good_len),
            format!(
                "{} and it ends without a seal at byte {}",
                match held {
                    true => "live or cut: somebody holds it",
                    false => "torn: its writer is gone",
                },
                scan.good_len
            ),
        ),
    }
}
