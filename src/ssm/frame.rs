//! The binary agent message: one per WebSocket frame, in both directions.
//!
//! Layout and validation rules: every integer big-endian, header of 116 bytes (112 where the relay itself speaks),
//! payload from `header_length + 4` to the end of the frame whatever the length field says.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Header length that clients and agents write; the header ends where the payload length begins.
pub const HEADER: usize = 116;
/// Header length of messages made by the relay, which lack the payload type.
pub const RELAY_HEADER: usize = 112;

pub const INPUT: &str = "input_stream_data";
pub const OUTPUT: &str = "output_stream_data";
pub const ACKNOWLEDGE: &str = "acknowledge";
pub const CHANNEL_CLOSED: &str = "channel_closed";
pub const START_PUBLICATION: &str = "start_publication";
pub const PAUSE_PUBLICATION: &str = "pause_publication";

/// What a stream-data payload holds. Numbers that we do not know are kept, so that they can be acknowledged and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payload {
    None,
    Output,
    Error,
    Size,
    Parameter,
    HandshakeRequest,
    HandshakeResponse,
    HandshakeComplete,
    ChallengeRequest,
    ChallengeResponse,
    Flag,
    Stderr,
    ExitCode,
    Unknown(u32),
}

const PAYLOADS: [Payload; 13] = [
    Payload::None,
    Payload::Output,
    Payload::Error,
    Payload::Size,
    Payload::Parameter,
    Payload::HandshakeRequest,
    Payload::HandshakeResponse,
    Payload::HandshakeComplete,
    Payload::ChallengeRequest,
    Payload::ChallengeResponse,
    Payload::Flag,
    Payload::Stderr,
    Payload::ExitCode,
];

impl From<u32> for Payload {
    fn from(number: u32) -> Self {
        PAYLOADS
            .get(number as usize)
            .copied()
            .unwrap_or(Payload::Unknown(number))
    }
}

impl From<Payload> for u32 {
    fn from(kind: Payload) -> Self {
        match kind {
            Payload::Unknown(number) => number,
            known => PAYLOADS
                .iter()
                .position(|each| *each == known)
                .unwrap_or_default() as u32,
        }
    }
}

/// One agent message. `created_ms` is Unix time in milliseconds; `sequence` counts stream data only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub kind: String,
    pub schema: u32,
    pub created_ms: u64,
    pub sequence: i64,
    pub flags: u64,
    pub id: Uuid,
    pub payload_kind: Payload,
    pub payload: Vec<u8>,
}

/// Why a frame was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    #[error("the frame has {have} bytes, its header needs {need}")]
    Short { have: usize, need: usize },
    #[error("the header length is {0}, neither 116 nor 112")]
    HeaderLength(u32),
    #[error("the message type is empty or not ASCII")]
    Kind,
    #[error("the creation date is zero")]
    Date,
    #[error("the payload does not match its SHA-256 digest")]
    Digest,
}

impl Message {
    /// A message with a fresh id, made now.
    pub fn new(
        kind: &str,
        sequence: i64,
        flags: u64,
        payload_kind: Payload,
        payload: impl Into<Vec<u8>>,
    ) -> Self {
        let created_ms = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |since| since.as_millis() as u64);
        Self {
            kind: kind.to_owned(),
            schema: 1,
            created_ms,
            sequence,
            flags,
            // From the thread's own generator: a system call for each message would cost more than its digest.
            id: uuid::Builder::from_random_bytes(rand::random()).into_uuid(),
            payload_kind,
            payload: payload.into(),
        }
    }

    /// The bytes on the wire, with the header of 116 bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(HEADER)
    }

    /// The bytes on the wire in the relay's form: 112 bytes of header, no payload type.
    pub fn encode_as_relay(&self) -> Vec<u8> {
        self.encode_with(RELAY_HEADER)
    }

    fn encode_with(&self, header: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(header + 4 + self.payload.len());
        out.extend((header as u32).to_be_bytes());
        let mut kind = [b' '; 32];
        let length = self.kind.len().min(32);
        kind[..length].copy_from_slice(&self.kind.as_bytes()[..length]);
        out.extend(kind);
        out.extend(self.schema.to_be_bytes());
        out.extend(self.created_ms.to_be_bytes());
        out.extend(self.sequence.to_be_bytes());
        out.extend(self.flags.to_be_bytes());
        let id = self.id.as_bytes();
        out.extend(&id[8..]);
        out.extend(&id[..8]);
        out.extend(Sha256::digest(&self.payload));
        if header == HEADER {
            out.extend(u32::from(self.payload_kind).to_be_bytes());
        }
        out.extend((self.payload.len() as u32).to_be_bytes());
        out.extend(&self.payload);
        out
    }

    /// Reads a frame and checks what the official client checks: header length, type, date, digest. The relay's
    /// publication messages are exempt from the last two.
    pub fn decode(frame: &[u8]) -> Result<Self, Refused> {
        Self::decode_with(frame, true)
    }

    /// Reads a frame as the agent does, which never compares the digest.
    pub fn decode_as_agent(frame: &[u8]) -> Result<Self, Refused> {
        Self::decode_with(frame, false)
    }

    fn decode_with(frame: &[u8], prove: bool) -> Result<Self, Refused> {
        let need = RELAY_HEADER + 4;
        if frame.len() < need {
            return Err(Refused::Short {
                have: frame.len(),
                need,
            });
        }
        let header = u32_at(frame, 0);
        if header as usize != HEADER && header as usize != RELAY_HEADER {
            return Err(Refused::HeaderLength(header));
        }
        let start = header as usize + 4;
        if frame.len() < start {
            return Err(Refused::Short {
                have: frame.len(),
                need: start,
            });
        }
        let kind = std::str::from_utf8(&frame[4..36])
            .map_err(|_| Refused::Kind)?
            .trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace());
        if kind.is_empty() || !kind.is_ascii() {
            return Err(Refused::Kind);
        }
        let payload = &frame[start..];
        let exempt = kind == START_PUBLICATION || kind == PAUSE_PUBLICATION;
        let created_ms = u64_at(frame, 40);
        if created_ms == 0 && !exempt {
            return Err(Refused::Date);
        }
        let stated = u32_at(frame, header as usize);
        if prove && stated != 0 && !exempt && Sha256::digest(payload)[..] != frame[80..112] {
            return Err(Refused::Digest);
        }
        let mut id = [0; 16];
        id[8..].copy_from_slice(&frame[64..72]);
        id[..8].copy_from_slice(&frame[72..80]);
        let payload_kind = if header as usize == HEADER {
            u32_at(frame, 112).into()
        } else {
            Payload::None
        };
        Ok(Self {
            kind: kind.to_owned(),
            schema: u32_at(frame, 36),
            created_ms,
            sequence: u64_at(frame, 48) as i64,
            flags: u64_at(frame, 56),
            id: Uuid::from_bytes(id),
            payload_kind,
            payload: payload.to_vec(),
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4]
        .iter()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8]
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
