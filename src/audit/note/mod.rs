//! Signed notes as C2SP's signed-note has them: a text, an empty line, and lines with a key's name, its id and a
//! signature. Lines of unknown keys are kept and mean nothing.

mod key;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

pub use key::{Key, Kind};

/// A note is small; what is longer is none.
const MAX_BYTES: usize = 256 << 10;
const MAX_SIGNATURES: usize = 100;

/// Text and signatures, none of them checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// With its last line feed.
    pub text: String,
    pub signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    /// The first bytes of a hash over name, kind and public key.
    pub key_id: [u8; 4],
    /// What the kind of key makes of it.
    pub bytes: Vec<u8>,
}

impl Note {
    /// The error completes "not a signed note: …".
    pub fn parse(note: &str) -> Result<Note, &'static str> {
        if note.len() > MAX_BYTES {
            return Err("it is too long");
        }
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err("it has control characters");
        }
        let end = note.rfind("\n\n").ok_or("no empty line before the signatures")?;
        let (text, lines) = (&note[..end + 1], &note[end + 2..]);
        if !lines.ends_with('\n') {
            return Err("its last line has no end");
        }
        let signatures: Vec<Signature> = lines.lines().map(parse_line).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err("it has too many signatures");
        }
        Ok(Note {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Lines that claim to be by `key`.
    pub fn by<'n>(&'n self, key: &'n Key) -> impl Iterator<Item = &'n Signature> {
        let key_id = key.id();
        self.signatures
            .iter()
            .filter(move |line| line.name == key.name && line.key_id == key_id)
    }
}

fn parse_line(line: &str) -> Result<Signature, &'static str> {
    const NONE: &str = "a line after the empty one is no signature";
    let (name, bytes) = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .ok_or(NONE)?;
    if !key::is_name(name) {
        return Err("a signature has an impossible name");
    }
    let bytes = STANDARD.decode(bytes).map_err(|_| NONE)?;
    let (key_id, bytes) = bytes.split_first_chunk::<4>().ok_or(NONE)?;
    if bytes.is_empty() {
        return Err(NONE);
    }
    Ok(Signature {
        name: name.to_owned(),
        key_id: *key_id,
        bytes: bytes.to_vec(),
    })
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            let bytes = STANDARD.encode([&line.key_id[..], &line.bytes].concat());
            writeln!(f, "\u{2014} {} {bytes}", line.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_note_is_read_and_written_byte_for_byte() {
        // The example of C2SP's tlog-cosignature.
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
            — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
        let note = Note::parse(text).unwrap();
        assert_eq!(note.to_string(), text);
        assert_eq!(note.signatures[0].key_id, [0x03, 0x3d, 0xe0, 0xae]);
        assert_eq!(note.signatures[1].bytes.len(), 8 + 64);
    }

    #[test]
    fn what_is_no_note_is_refused_with_a_reason() {
        let refused = |text: &str| Note::parse(text).unwrap_err();
        assert!(refused("one line\n").contains("empty line"));
        assert!(refused("a\n\n— name AAAAAAA=").contains("no end"));
        assert!(refused("a\n\n- name AAAAAAA=\n").contains("no signature"));
        assert!(refused("a\n\n— na+me AAAAAAA=\n").contains("name"));
        assert!(refused("a\r\n\n— name AAAAAAA=\n").contains("control"));
        assert!(refused("a\n\n— name AAAAAA==\n").contains("no signature"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
        #[test]
        fn whatever_is_read_is_written_the_same(text in "[ -~\n\u{2014}]{0,200}", tail in "(\n\n\u{2014} [a-z]{1,4} [A-Za-z0-9+/]{8}\n)?") {
            let note = format!("{text}{tail}");
            if let Ok(parsed) = Note::parse(&note) {
                prop_assert_eq!(Note::parse(&parsed.to_string()).unwrap(), parsed);
            }
        }
    }
}
