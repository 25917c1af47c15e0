//! Recordings that are signed as they should be, with texts and numbers in them that no honest writer wrote: whoever
//! holds the keys can make them, so both programs must read them alike.

use super::recording_sample::frame;
use ed25519_dalek::{Signer, SigningKey};
use quarterdeck::recording::{Player, verify};
use quarterdeck::term::{Screen, Size};
use sha2::{Digest, Sha256};

/// Fields of an object, as they are written.
type Fields = Vec<(&'static str, Vec<u8>)>;

const ID: &str = "01990000-0000-7000-8000-000000000001";
/// One event of four bytes.
const DATA: [u8; 16] = *b"\x28\xb5\x2f\xfd\x00\x48\x38\x00\x00\xf0\x2e\x04hi\r\n";

fn fields(list: &[(&'static str, &str)]) -> Fields {
    let field = |(name, value): &(&'static str, &str)| (*name, value.as_bytes().to_vec());
    list.iter().map(field).collect()
}

fn header() -> Fields {
    let key = format!("\"{}\"", hex::encode(session().verifying_key().to_bytes()));
    let id = format!("\"{ID}\"");
    let mut list = fields(&[("id", &id), ("kind", "\"shell\""), ("session_key", &key)]);
    let texts = [
        "account",
        "region",
        "target",
        "target_name",
        "document",
        "actor",
        "source_identity",
        "local_user",
        "local_host",
        "reason",
        "ticket",
        "term",
    ];
    list.extend(texts.map(|name| (name, b"null".to_vec())));
    list.extend(fields(&[
        ("size", "[80,24]"),
        ("started_at", "1790000000000000"),
        ("tool_version", "\"0\""),
        ("mode", "\"strict\""),
    ]));
    list
}

fn gap() -> Fields {
    fields(&[
        ("cause", "\"x\""),
        ("sequence", "[1,2]"),
        ("lost_bytes", "0"),
        ("note", "\"n\""),
    ])
}

fn end() -> Fields {
    fields(&[("why", "\"closed\""), ("exit_code", "0"), ("abnormal", "false")])
}

fn summary(events: u64) -> Fields {
    fields(&[
        ("session_id", "null"),
        ("duration_us", "2000"),
        ("events", &events.to_string()),
        ("output_bytes", "4"),
        ("input_bytes", "0"),
        ("why", "\"closed\""),
        ("exit_code", "0"),
        ("recovered", "false"),
    ])
}

fn device() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn session() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn object(fields: &Fields) -> Vec<u8> {
    let field = |(name, value): &(&str, Vec<u8>)| [b"\"", name.as_bytes(), b"\":", value].concat();
    let all: Vec<_> = fields.iter().map(field).collect();
    [b"{", all.join(&b","[..]).as_slice(), b"}"].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A sealed file with one record between its output and its end; what is not given is as it should be.
struct Crafted {
    header: Vec<u8>,
    between: Option<(u8, Vec<u8>)>,
    end: Vec<u8>,
    summary: Vec<u8>,
    events: u64,
}

impl Crafted {
    fn new(between: Option<(u8, Vec<u8>)>) -> Crafted {
        let events = 2 + u64::from(between.is_some());
        Crafted {
            header: object(&header()),
            between,
            end: object(&end()),
            summary: object(&summary(events)),
            events,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = b"\x89QDR\r\n\x1a\n\x01\x00\x00\x00".to_vec();
        file.extend((self.header.len() as u32).to_le_bytes());
        file.extend(&self.header);
        file.extend(device().verifying_key().to_bytes());
        let message = [&b"quarterdeck header 1\n"[..], &Sha256::digest(&file)].concat();
        file.extend(device().sign(&message).to_bytes());
        file.extend(crc32c::crc32c(&file).to_le_bytes());
        let first = file.len() as u64;
        file.extend(frame(b'D', &DATA));
        let mut index = [varint(0), varint(first), vec![0, 0, 0]].concat();
        let mut segments = 1;
        if let Some((kind, payload)) = &self.between {
            if *kind == b'K' {
                let step = [varint(5), varint(file.len() as u64 - first), varint(u64::MAX)];
                index.extend([step.concat(), vec![4, 1]].concat());
                segments = 2;
            }
            file.extend(frame(*kind, payload));
        }
        file.extend(frame(b'E', &[varint(2_000), self.end.clone()].concat()));
        let index_at = file.len() as u64;
        let index = [varint(segments), index, self.summary.clone()].concat();
        file.extend(frame(b'I', &index));
        let mut payload = vec![1];
        for number in [file.len() as u64, 2_000, 1_790_000_000_000_000, self.events, 0] {
            payload.extend(varint(number));
        }
        payload.extend(Sha256::digest(&file));
        payload.extend([0; 32]);
        let message = [&b"quarterdeck checkpoint 1\n"[..], &payload].concat();
        payload.extend(session().sign(&message).to_bytes());
        file.extend(frame(b'C', &payload));
        file.extend(frame(b'Z', &index_at.to_le_bytes()));
        file.extend(b"\x89QDR\r\n\x1a\n");
        file
    }
}

/// Values that readers of JSON differ about.
fn odd() -> Vec<Vec<u8>> {
    let nested = |levels: usize| [b"[".repeat(levels), b"]".repeat(levels)].concat();
    let mut odd: Vec<Vec<u8>> = [99, 100, 127, 2_000, 20_000].map(nested).into();
    odd.push(b"9".repeat(5_000));
    odd.push([b"-", b"9".repeat(400).as_slice()].concat());
    let texts: [&[u8]; 34] = [
        b"null",
        b"true",
        b"0",
        b"-0",
        b"-0.0",
        b"1.0",
        b"1.",
        b"01",
        b"1e5",
        b"1e999",
        b"NaN",
        b"-Infinity",
        b"18446744073709551616",
        b"-9223372036854775809",
        b"\"\"",
        b"\"x\"",
        b"\"a\nb\"",
        b"\"\\x41\"",
        b"\"\\ud800\"",
        b"\"\\ud83d\\ude00 \\u0000\"",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
        b"[]",
        b"[1,2,3]",
        b"[1,2.0]",
        b"[\"\\udc00\"]",
        b"{}",
        b"{\"a\":1,\"a\":2}",
        b"{\"\\ud800\":[\"[[{\\\"\"]}",
        b"{\"strict\":null}",
        b"\"01990000000070008000000000000001\"",
        b"\"{01990000-0000-7000-8000-000000000001}\"",
        b"\"urn:uuid:01990000-0000-7000-8000-000000000001\"",
        b"\"01990000-0000-7000-8000-00000000000A\"",
    ];
    odd.extend(texts.map(<[u8]>::to_vec));
    odd
}

/// Every way to write these fields that somebody might read differently; `more` are names to give odd values.
fn ways(fields: &Fields, more: &[&'static str]) -> Vec<Vec<u8>> {
    let plain = object(fields);
    let values: Vec<_> = fields.iter().map(|(_, value)| value.clone()).collect();
    let list = [b"[", values.join(&b","[..]).as_slice(), b"]"].concat();
    let mut ways = vec![list, b"[]".to_vec(), b"\"x\"".to_vec(), b"{}".to_vec()];
    let around: [(&[u8], &[u8]); 6] = [
        (b" \n", b"\r\n\t "),
        (b"\xef\xbb\xbf", b""),
        (b"\x0b", b""),
        (b"", b"\xc2\xa0"),
        (b"", b"\0"),
        (b"", b"{}"),
    ];
    ways.extend(around.map(|(before, after)| [before, &plain, after].concat()));
    for nth in 0..fields.len() {
        let mut without = fields.clone();
        let field = without.remove(nth);
        ways.push(object(&without));
        ways.push(object(&[fields.clone(), vec![field]].concat()));
        for value in odd() {
            let mut other = fields.clone();
            other[nth].1 = value;
            ways.push(object(&other));
        }
    }
    for name in more {
        for value in odd() {
            let mut other = fields.clone();
            other.push((name, value));
            ways.push(object(&other));
        }
    }
    ways
}

/// Whole files, each odd in one place.
pub fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let more = ["z", "source", "recipients", "envelope", "z\\ud800", "siz\\u0065"];
    for header in ways(&header(), &more) {
        files.push(Crafted {
            header,
            ..Crafted::new(None)
        });
    }
    for end in ways(&end(), &["z"]) {
        files.push(Crafted {
            end,
            ..Crafted::new(None)
        });
    }
    for summary in ways(&summary(2), &["z"]) {
        files.push(Crafted {
            summary,
            ..Crafted::new(None)
        });
    }
    for gap in ways(&gap(), &["z", "sealed_note"]) {
        files.push(Crafted::new(Some((b'G', [vec![5], gap].concat()))));
    }
    for id in odd() {
        files.push(Crafted::new(Some((b'S', [vec![5], id].concat()))));
    }
    files.push(too_many());
    files.iter().map(Crafted::bytes).collect()
}

/// A screen before which every event that can be counted is said to be.
fn too_many() -> Crafted {
    let dump = Screen::new(Size { cols: 80, rows: 24 }, 0).dump();
    let packed = zstd::encode_all(&dump[..], 3).unwrap();
    let claim = [vec![5], varint(u64::MAX), vec![4], packed].concat();
    Crafted {
        summary: object(&summary(0)),
        events: 0,
        ..Crafted::new(Some((b'K', claim)))
    }
}

#[test]
fn more_events_than_can_be_counted_are_bad_and_still_play() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.osr");
    std::fs::write(&path, too_many().bytes()).unwrap();
    let verdict = verify(&path).unwrap();
    assert!(!verdict.ok);
    assert!(
        verdict.says.starts_with("more events than can be counted"),
        "{}",
        verdict.says
    );
    let mut player = Player::open(&path).unwrap();
    player.seek(2_000).unwrap();
}

#[test]
fn oddities_that_nobody_reads_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.osr");
    let ok = |name: &'static str, value: &[u8]| {
        let mut fields = header();
        fields.push((name, value.to_vec()));
        let file = Crafted {
            header: object(&fields),
            ..Crafted::new(None)
        };
        std::fs::write(&path, file.bytes()).unwrap();
        verify(&path).unwrap().ok
    };
    let nested = |levels: usize| [b"[".repeat(levels), b"]".repeat(levels)].concat();
    for name in ["z", "source"] {
        assert!(ok(name, &nested(99)) && !ok(name, &nested(100)));
        for value in [
            &b"1e999"[..],
            b"\"\\ud800\"",
            &b"9".repeat(5_000),
            b"{\"a\":1,\"a\":2}",
        ] {
            assert!(ok(name, value), "{name}: {}", String::from_utf8_lossy(value));
        }
        assert!(!ok(name, b"\"\xff\""));
    }
}
