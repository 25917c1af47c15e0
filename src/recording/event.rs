//! What happened in a session, as the container keeps it, and how the events that are not output look on the wire:
//! the time since the start, then JSON, so that later versions may add fields.

use super::cipher::{Cipher, FORGED};
use super::wire::{Cut, put_varint};
use super::{json, record};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MISFIT: &str = "an event whose text is not what its type needs";

/// One event; `at_us` is microseconds since the recording began.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at_us: u64,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Output(Vec<u8>),
    Stderr(Vec<u8>),
    Input(Vec<u8>),
    Resize { cols: u16, rows: u16 },
    Marker(Marker),
    Gap(Gap),
    Join(Participant),
    SessionId(String),
    End(End),
}

/// A named moment: set by hand, by a runbook step, by a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// `marker`, `command`, `runbook`, `policy`…
    pub kind: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// A time that the recording does not cover, or a seam in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// `reconnect`, `disk-full`, `paused`, `recovered`…
    pub cause: String,
    /// The last data-channel sequence number before the gap and the first after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<(i64, i64)>,
    /// Bytes that were shown but could not be recorded.
    #[serde(default)]
    pub lost_bytes: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Gap {
    /// True when something is known to be missing, so that the recording does not verify.
    pub fn is_hole(&self) -> bool {
        self.lost_bytes > 0
            || self
                .sequence
                .is_some_and(|(last, next)| next > last.saturating_add(1))
    }
}

/// Somebody who watches or shares the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub who: String,
    /// `owner`, `observer`, `peer`, `moderator`.
    pub mode: String,
    /// False when they leave.
    pub joined: bool,
}

/// How the session ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub why: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// True when nobody ended it: the writer died.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abnormal: bool,
}

impl What {
    /// Record type and payload of everything but terminal bytes, which go through the compressed stream. With a
    /// cipher, what was said is sealed; what verification and listing need stays in clear.
    pub(super) fn encode(&self, at_us: u64, cipher: Option<&mut Cipher>) -> Option<(u8, Vec<u8>)> {
        let mut out = Vec::new();
        put_varint(&mut out, at_us);
        let kind = match self {
            What::Output(_) | What::Stderr(_) | What::Input(_) => return None,
            What::Resize { cols, rows } => {
                put_varint(&mut out, u64::from(*cols));
                put_varint(&mut out, u64::from(*rows));
                record::RESIZE
            }
            What::Marker(m) => put_json(&mut out, record::MARKER, m)?,
            What::Gap(g) => match cipher {
                Some(cipher) => return Some((record::GAP, sealed_gap(out, g, cipher)?)),
                None => put_json(&mut out, record::GAP, g)?,
            },
            What::Join(p) => put_json(&mut out, record::PARTICIPANT, p)?,
            What::SessionId(id) => put_json(&mut out, record::SESSION, id)?,
            What::End(e) => put_json(&mut out, record::END, e)?,
        };
        match cipher.filter(|_| is_sealed(kind)) {
            Some(cipher) => {
                let mut sealed = Vec::with_capacity(out.len() + 26);
                cipher.seal(kind, &out, &mut sealed)?;
                Some((kind, sealed))
            }
            None => Some((kind, out)),
        }
    }

    /// The reverse; `Ok(None)` for record types that are no event, `Err` for a payload that makes no sense.
    pub(super) fn decode(
        kind: u8,
        payload: &[u8],
        cipher: Option<&Cipher>,
    ) -> Result<Option<Event>, &'static str> {
        let opened;
        let mut cut = Cut(match cipher.filter(|_| is_sealed(kind)) {
            Some(cipher) => {
                opened = cipher.open(kind, payload)?;
                &opened
            }
            None => payload,
        });
        let mut time = || cut.varint().ok_or("an event without a time");
        let (at_us, what) = match kind {
            record::RESIZE => {
                let at_us = time()?;
                let mut side = || cut.varint().and_then(|n| u16::try_from(n).ok());
                let (cols, rows) = side().zip(side()).ok_or("a resize without a size")?;
                (at_us, What::Resize { cols, rows })
            }
            record::MARKER => (time()?, What::Marker(parse(cut.0)?)),
            record::GAP => (time()?, What::Gap(parse_gap(cut.0, cipher)?)),
            record::PARTICIPANT => (time()?, What::Join(parse(cut.0)?)),
            record::SESSION => (time()?, What::SessionId(json::string(cut.0).ok_or(MISFIT)?)),
            record::END => (time()?, What::End(parse(cut.0)?)),
            _ => return Ok(None),
        };
        Ok(Some(Event { at_us, what }))
    }
}

/// Records that are sealed as a whole in an encrypted file.
fn is_sealed(kind: u8) -> bool {
    matches!(kind, record::MARKER | record::PARTICIPANT)
}

/// A gap's cause and counts are what a verdict rests on, so only its note is sealed.
#[derive(Serialize)]
struct SealedGap {
    #[serde(flatten)]
    gap: Gap,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed_note: Option<String>,
}

/// Read apart from the gap, so that fields nobody knows are passed over in this record as in any other.
#[derive(Deserialize)]
struct SealedNote {
    #[serde(default)]
    sealed_note: Option<String>,
}

fn sealed_gap(mut out: Vec<u8>, gap: &Gap, cipher: &mut Cipher) -> Option<Vec<u8>> {
    let mut sealed = Vec::new();
    if !gap.note.is_empty() {
        cipher.seal(record::GAP, gap.note.as_bytes(), &mut sealed)?;
    }
    let gap = SealedGap {
        gap: Gap {
            note: String::new(),
            ..gap.clone()
        },
        sealed_note: (!sealed.is_empty()).then(|| STANDARD.encode(sealed)),
    };
    put_json(&mut out, record::GAP, &gap)?;
    Some(out)
}

fn parse_gap(text: &[u8], cipher: Option<&Cipher>) -> Result<Gap, &'static str> {
    let mut gap: Gap = parse(text)?;
    let SealedNote { sealed_note } = parse(text)?;
    if let Some((cipher, note)) = cipher.zip(sealed_note) {
        let sealed = STANDARD.decode(note).map_err(|_| FORGED)?;
        let note = cipher.open(record::GAP, &sealed)?;
        gap.note = String::from_utf8(note).map_err(|_| FORGED)?;
    }
    Ok(gap)
}

fn put_json(out: &mut Vec<u8>, kind: u8, value: &impl Serialize) -> Option<u8> {
    serde_json::to_writer(out, value).ok().map(|()| kind)
}

fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, &'static str> {
    json::object(text).ok_or(MISFIT)
}
