//! The header: who, where, why, and the session key that the device key vouches for.
//! It exists before the session is asked for, so that its hash can travel in the request's reason.

use super::key::{DeviceKey, is_signed};
use super::wire::Cut;
use super::{Error, json};
use serde::de::{IgnoredAny, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use uuid::Uuid;

pub(super) const MAGIC: [u8; 8] = *b"\x89QDR\r\n\x1a\n";
const VERSION: u16 = 1;
const MAX_JSON: u32 = 64 << 10;
/// Magic, version, flags and length.
const FIXED: usize = 16;
/// Flag: what records hold is encrypted.
const ENCRYPTED: u16 = 1;
/// Device key, signature, checksum.
const SEAL: usize = 32 + 64 + 4;
const DOMAIN: &[u8] = b"quarterdeck header 1\n";
/// Of an id, with its hyphens.
const ID_LEN: usize = 36;
const LACKS: &str = "its header lacks fields";

/// What happens to the session when it cannot be recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Strict,
    #[default]
    BestEffort,
}

impl From<crate::config::Mode> for Mode {
    fn from(mode: crate::config::Mode) -> Mode {
        match mode {
            crate::config::Mode::Strict => Mode::Strict,
            crate::config::Mode::BestEffort => Mode::BestEffort,
        }
    }
}

/// Everything known when a recording starts. Nothing here may be secret: it is stored in clear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    #[serde(with = "as_text")]
    pub id: Uuid,
    /// `shell`, `command`, `local`, `import`…
    pub kind: String,
    pub account: Option<String>,
    pub region: Option<String>,
    pub target: Option<String>,
    pub target_name: Option<String>,
    pub document: Option<String>,
    pub actor: Option<String>,
    pub source_identity: Option<String>,
    pub local_user: Option<String>,
    pub local_host: Option<String>,
    pub reason: Option<String>,
    pub ticket: Option<String>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// `None` where the program had no terminal.
    pub term: Option<String>,
    /// Unix microseconds.
    pub started_at: i64,
    pub tool_version: String,
    #[serde(deserialize_with = "mode_of_text")]
    pub mode: Mode,
    /// Filled in by the writer.
    #[serde(with = "hex_key")]
    pub session_key: [u8; 32],
    /// The header of the file that this was imported from, as it was; `None` as well where that is no JSON to work with.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "read_apart"
    )]
    pub source: Option<serde_json::Value>,
    /// age public keys that the recording is encrypted to; none: it is in clear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// The file key for all of them: an age file in Base64. Filled in by the writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
}

impl Header {
    /// What a screen is told before the first byte. Streams that had no terminal end their lines with a line feed alone,
    /// which a screen would show as stairs.
    pub(super) fn first_mode(&self) -> &'static [u8] {
        let is_local = matches!(self.kind.as_str(), "local" | "ssh-terminal");
        let piped = self.document.as_deref() == Some("AWS-StartNonInteractiveCommand")
            || is_local && self.term.is_none();
        if piped { b"\x1b[20h" } else { b"" }
    }

    /// A header of now, with a fresh id and this machine's user and host.
    pub fn new(kind: &str, size: (u16, u16)) -> Header {
        Header {
            id: Uuid::now_v7(),
            kind: kind.into(),
            account: None,
            region: None,
            target: None,
            target_name: None,
            document: None,
            actor: None,
            source_identity: None,
            local_user: nix::unistd::User::from_uid(nix::unistd::getuid())
                .ok()
                .flatten()
                .map(|u| u.name),
            local_host: nix::unistd::gethostname().ok().and_then(|h| h.into_string().ok()),
            reason: None,
            ticket: None,
            size,
            term: None,
            started_at: jiff::Timestamp::now().as_microsecond(),
            tool_version: env!("CARGO_PKG_VERSION").into(),
            mode: Mode::default(),
            session_key: [0; 32],
            source: None,
            recipients: Vec::new(),
            envelope: None,
        }
    }
}

/// A header as it stands in a file.
pub(super) struct Block {
    pub header: Header,
    pub device_key: [u8; 32],
    /// Length in bytes, where the first record starts.
    pub len: u64,
    /// SHA-256 of the whole block.
    pub hash: [u8; 32],
    pub bytes: Vec<u8>,
    pub is_signed: bool,
}

/// The block's bytes, signed; `None` when the header is too long.
pub(super) fn encode(header: &Header, device: &DeviceKey) -> Result<Option<Vec<u8>>, Error> {
    let json = serde_json::to_vec(header).unwrap_or_default();
    let len = u32::try_from(json.len())
        .ok()
        .filter(|len| (1..=MAX_JSON).contains(len));
    let Some(len) = len else { return Ok(None) };
    let mut out = Vec::with_capacity(FIXED + json.len() + SEAL);
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    let flags = if header.envelope.is_some() { ENCRYPTED } else { 0 };
    out.extend(flags.to_le_bytes());
    out.extend(len.to_le_bytes());
    out.extend(json);
    out.extend(device.public());
    out.extend(device.sign(&signed_message(&out))?);
    out.extend(crc32c::crc32c(&out).to_le_bytes());
    Ok(Some(out))
}

/// The header of a recording and the public key of its device, without the rest of the file.
pub(crate) fn header_of(path: &Path) -> Result<(Header, [u8; 32]), Error> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let block = read(&mut BufReader::new(file)).map_err(Error::io("read", path))?;
    let block = block.map_err(|why| Error::NotARecording {
        path: path.into(),
        why: why.into(),
    })?;
    Ok((block.header, block.device_key))
}

/// Reads a block; the inner error says why it is none.
pub(super) fn read(input: &mut impl Read) -> io::Result<Result<Block, &'static str>> {
    let mut bytes = Vec::new();
    input.take(FIXED as u64).read_to_end(&mut bytes)?;
    if !bytes.starts_with(&MAGIC) {
        return Ok(Err(if bytes.is_empty() {
            "it is empty"
        } else {
            "it does not begin like a recording"
        }));
    }
    let mut cut = Cut(&bytes[MAGIC.len()..]);
    let fields = (|| Some((cut.array()?, cut.array()?, cut.array()?)))();
    let Some((version, flags, len)) = fields else {
        return Ok(Err("its header is cut short"));
    };
    let (flags, len) = (u16::from_le_bytes(flags), u32::from_le_bytes(len));
    if u16::from_le_bytes(version) != VERSION {
        return Ok(Err("its format version is not known here"));
    }
    if flags & !ENCRYPTED != 0 {
        return Ok(Err("it uses features that are not known here"));
    }
    if len > MAX_JSON {
        return Ok(Err("its header has an impossible length"));
    }
    let is_encrypted = flags & ENCRYPTED != 0;
    let whole = FIXED + len as usize + SEAL;
    input.take((whole - FIXED) as u64).read_to_end(&mut bytes)?;
    Ok(match parse(bytes, whole, len as usize) {
        Ok(block) if block.header.envelope.is_some() != is_encrypted => Err(LACKS),
        parsed => parsed,
    })
}

fn parse(bytes: Vec<u8>, whole: usize, json: usize) -> Result<Block, &'static str> {
    const SHORT: &str = "its header is cut short";
    if bytes.len() < whole {
        return Err(SHORT);
    }
    let (body, crc) = bytes.split_at(whole - 4);
    if crc32c::crc32c(body).to_le_bytes() != crc {
        return Err("its header's checksum does not match");
    }
    let mut cut = Cut(&body[FIXED..]);
    let text = cut.bytes(json).ok_or(SHORT)?;
    let mut header: Header = json::object(text).ok_or(LACKS)?;
    header.source = json::object(text).and_then(|Imported { source }| source);
    let device_key = cut.array().ok_or(SHORT)?;
    let signature = cut.array().ok_or(SHORT)?;
    let is_signed = is_signed(&device_key, &signed_message(&body[..body.len() - 64]), &signature);
    let hash = Sha256::digest(&bytes).into();
    Ok(Block {
        header,
        device_key,
        len: whole as u64,
        hash,
        is_signed,
        bytes,
    })
}

fn signed_message(before_signature: &[u8]) -> Vec<u8> {
    [DOMAIN, &Sha256::digest(before_signature)].concat()
}

/// Read apart: what somebody else's file said decides nothing, however odd it is.
#[derive(Deserialize)]
struct Imported {
    source: Option<serde_json::Value>,
}

fn read_apart<'d, D: Deserializer<'d>>(d: D) -> Result<Option<serde_json::Value>, D::Error> {
    IgnoredAny::deserialize(d).map(|_| None)
}

/// From its name alone: of itself serde takes `{"strict":null}` too.
fn mode_of_text<'d, D: Deserializer<'d>>(d: D) -> Result<Mode, D::Error> {
    Mode::deserialize(String::deserialize(d)?.into_deserializer())
}

/// An id with its hyphens; other ways to write one are none here.
pub(super) fn id_of(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == ID_LEN)
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    pub fn serialize<S: Serializer>(id: &uuid::Uuid, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(id)
    }
    pub fn deserialize<'d, D: Deserializer<'d>>(d: D) -> Result<uuid::Uuid, D::Error> {
        super::id_of(&String::deserialize(d)?).ok_or_else(|| D::Error::custom("not an id"))
    }
}

mod hex_key {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    pub fn serialize<S: Serializer>(key: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(key))
    }
    pub fn deserialize<'d, D: Deserializer<'d>>(d: D) -> Result<[u8; 32], D::Error> {
        let mut key = [0; 32];
        hex::decode_to_slice(String::deserialize(d)?, &mut key).map_err(D::Error::custom)?;
        Ok(key)
    }
}
