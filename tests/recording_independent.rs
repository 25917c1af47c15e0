//! Others than this program come to the same verdict: `assets/verify.py` in standard Python, and `assets/verify.sh` with
//! coreutils and openssl. Both are skipped, saying so, where those are not installed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "recording_independent/crafted.rs"]
mod crafted;
mod recording_sample;

use ed25519_dalek::Signer;
use quarterdeck::recording::{
    DeviceKey, End, Gap, Header, Marker, Verdict, Writer, create_identity, recover, recover_elsewhere, verify,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use recording_sample::{sample, sample_for, streams, with_a_second_index};
use sha2::Digest;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
const MUTATIONS: usize = 2_000;

/// A directory of recordings that both programs look at.
struct Pile {
    dir: tempfile::TempDir,
    count: usize,
}

impl Pile {
    fn new() -> Pile {
        Pile {
            dir: tempfile::tempdir().unwrap(),
            count: 0,
        }
    }

    fn add(&mut self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(format!("{:06}.osr", self.count));
        fs::write(&path, bytes).unwrap();
        self.count += 1;
        path
    }
}

fn has(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|ran| ran.status.success());
    if !found {
        eprintln!("skipped: no {program} here");
    }
    found
}

fn agree(dir: &Path) {
    let ran = Command::new("python3")
        .args([&format!("{ASSETS}/verify.py"), "--json"])
        .arg(dir)
        .output()
        .unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let mut all_ok = true;
    let mut seen = 0;
    for line in text.lines() {
        let theirs: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = PathBuf::from(theirs["path"].as_str().unwrap());
        let Verdict {
            ok,
            events,
            first_bad_offset,
            says,
            state,
            device_key,
            ..
        } = verify(&path).unwrap();
        all_ok &= ok;
        seen += 1;
        let ours = serde_json::json!({
            "path": path.to_str(), "ok": ok, "evidence": "local", "events": events,
            "first_bad_offset": first_bad_offset, "says": says, "state": state.as_str(),
            "device_key": device_key.map(hex::encode),
        });
        assert_eq!(theirs, ours);
    }
    assert_eq!(seen, fs::read_dir(dir).unwrap().count());
    assert_eq!(ran.status.code(), Some(if all_ok { 0 } else { 4 }));
}

/// Sealed, encrypted, torn and recovered, with a hole, of another device, batched.
fn kinds(pile: &mut Pile) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let recipient = create_identity(&dir.path().join("me")).unwrap();
    let mut made = Vec::new();
    for (seed, bytes) in streams(3).into_iter().enumerate() {
        let few = bytes[..bytes.len().min(5_000)].to_vec();
        for to in [vec![], vec![recipient.clone()]] {
            let whole = sample_for(seed as u64, few.clone(), &to);
            let bytes = fs::read(&whole.path).unwrap();
            let torn = &bytes[..bytes.len() * 2 / 3];
            fs::write(&whole.path, torn).unwrap();
            recover(&whole.path, &DeviceKey::load_or_create(whole.dir.path()).unwrap()).unwrap();
            let recovered = fs::read(&whole.path).unwrap();
            fs::write(&whole.path, torn).unwrap();
            let stranger = DeviceKey::load_or_create(dir.path()).unwrap();
            recover_elsewhere(&whole.path, &stranger).unwrap();
            let elsewhere = fs::read(&whole.path).unwrap();
            assert!(verify(&whole.path).unwrap().says.contains("another device"));
            made.push(with_a_second_index(&bytes, |text| text));
            made.extend([bytes.clone(), torn.to_vec(), recovered, elsewhere]);
        }
    }
    let device = DeviceKey::load_or_create(dir.path()).unwrap();
    made.extend([2, 4, 6, 7].map(|flags| closed_by_a_stranger(dir.path(), &device, flags)));
    for gap in [(5, 6, 0), (5, 7, 0), (5, 6, 3), (i64::MAX, i64::MAX, 0)] {
        let mut writer = Writer::create(dir.path(), Header::new("shell", (80, 24)), &device).unwrap();
        let gap = Gap {
            cause: "reconnect \u{1b}[31m \u{e9}".into(),
            sequence: Some((gap.0, gap.1)),
            lost_bytes: gap.2,
            ..Gap::default()
        };
        writer.gap(3, gap).unwrap();
        writer.marker(4, Marker::default()).unwrap();
        made.push(fs::read(writer.end(5, End::default()).unwrap().path).unwrap());
    }
    for bytes in &made {
        pile.add(bytes);
    }
    made
}

/// Two events of which the session signed one, and a checkpoint over both by a key that signed neither.
fn closed_by_a_stranger(dir: &Path, device: &DeviceKey, flags: u8) -> Vec<u8> {
    let mut writer = Writer::create(dir, Header::new("shell", (80, 24)), device).unwrap();
    writer.output(1, b"said").unwrap();
    writer.checkpoint().unwrap();
    writer.output(2, b"never signed").unwrap();
    let mut bytes = fs::read(writer.path()).unwrap();
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let mut payload = vec![flags];
    let mut rest = bytes.len();
    while rest > 127 {
        payload.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    payload.extend([rest as u8, 2, 2, 2, 0]);
    payload.extend(sha2::Sha256::digest(&bytes));
    payload.extend(stranger.verifying_key().to_bytes());
    let signed = [&b"quarterdeck checkpoint 1\n"[..], &payload].concat();
    payload.extend(stranger.sign(&signed).to_bytes());
    let start = bytes.len();
    bytes.extend([b'C', payload.len() as u8 | 0x80, (payload.len() >> 7) as u8]);
    bytes.extend(payload);
    let crc = crc32c::crc32c(&bytes[start..]);
    bytes.extend(crc.to_le_bytes());
    bytes
}

#[test]
fn python_agrees_on_every_kind_of_file_cut_and_flipped_bit() {
    if !has("python3", "--version") {
        return;
    }
    let mut pile = Pile::new();
    let made = kinds(&mut pile);
    let mut random = StdRng::seed_from_u64(11);
    for n in 0..MUTATIONS {
        let mut bytes = made[n % made.len()].clone();
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..8) {
            0..3 => bytes.truncate(at),
            3..7 => bytes[at] ^= 1 << random.random_range(0..8),
            _ => bytes.extend(b"more"),
        }
        pile.add(&bytes);
    }
    // This process holds one, out of place and in it.
    let home = tempfile::tempdir().unwrap();
    let device = DeviceKey::load_or_create(home.path()).unwrap();
    let mut live = Writer::create_at(
        &pile.dir.path().join("live.osr"),
        Header::new("shell", (80, 24)),
        &device,
    )
    .unwrap();
    live.output(7, b"seen").unwrap();
    assert_eq!(verify(live.path()).unwrap().state.as_str(), "torn");
    agree(pile.dir.path());
    let mut live = Writer::create(home.path(), Header::new("shell", (80, 24)), &device).unwrap();
    live.output(7, b"seen").unwrap();
    assert_eq!(verify(live.path()).unwrap().state.as_str(), "live");
    agree(live.path().parent().unwrap());
}

#[test]
fn python_agrees_on_records_that_nobody_honest_wrote() {
    if !has("python3", "--version") {
        return;
    }
    let mut random = StdRng::seed_from_u64(12);
    let mut pile = Pile::new();
    let whole = sample(1, b"x".to_vec());
    let bytes = fs::read(&whole.path).unwrap();
    let first = quarterdeck::recording::Reader::open(&whole.path)
        .unwrap()
        .segments()[0]
        .offset as usize;
    let texts = [
        &br#"{"cause":"x","lost_bytes":9}"#[..],
        br#"{"cause":"x","sequence":[1,2]}"#,
        br#"{"cause":"x","sequence":[1,3],"note":"n"}"#,
        br#"{"cause":1}"#,
        br#"{"cause":"x","later":1e999,"more":{"a":1,"a":2}}"#,
        br#"{"cause":"x","sealed_note":null}"#,
        br#"{"cause":"x","sealed_note":7}"#,
        br#"{"cause":"x","cause":"y"}"#,
        br#"{"cause":"x","lost_bytes":0,"lost_bytes":5}"#,
        br#"{"cause":"x","lost_bytes":-0}"#,
        br#"{"cause":"\ud800"}"#,
        br#"{"why":"x","exit_code":-0}"#,
        br#"{"why":"x","why":"y"}"#,
        br#""\udc00ops""#,
        br#"{"why":"x","exit_code":3}"#,
        br#"{"why":"x","exit_code":99999999999}"#,
        br#"{"why":null}"#,
        br#""ops-1""#,
        b"{} x",
        b"[",
        b"\xff",
        b"",
    ];
    for _ in 0..400 {
        let mut file = bytes[..first].to_vec();
        for _ in 0..random.random_range(0..5) {
            let mut payload: Vec<u8> = (0..random.random_range(0..4))
                .map(|_| random.random_range(0..200))
                .collect();
            payload.extend(texts[random.random_range(0..texts.len())]);
            let kinds = b"DKCRMGPSEIZx";
            let start = file.len();
            file.extend([kinds[random.random_range(0..kinds.len())], payload.len() as u8]);
            file.extend(payload);
            let crc = crc32c::crc32c(&file[start..]);
            file.extend(crc.to_le_bytes());
        }
        if random.random_bool(0.2) {
            file.extend([b'D', 0x80, 0x00, 1, 2, 3, 4]);
        }
        pile.add(&file);
    }
    agree(pile.dir.path());
}

#[test]
fn python_agrees_on_what_was_signed_and_is_odd() {
    if !has("python3", "--version") {
        return;
    }
    let mut pile = Pile::new();
    for bytes in crafted::files() {
        pile.add(&bytes);
    }
    agree(pile.dir.path());
}

#[test]
fn coreutils_and_openssl_check_the_chain_of_signatures() {
    if !has("openssl", "version") || !has("basenc", "--version") || !has("bash", "--version") {
        return;
    }
    let check = |path: &Path| {
        Command::new("bash")
            .arg(format!("{ASSETS}/verify.sh"))
            .arg(path)
            .output()
            .unwrap()
    };
    let mut pile = Pile::new();
    let sample = sample(3, streams(1).remove(0)[..3_000].to_vec());
    let bytes = fs::read(&sample.path).unwrap();
    let ran = check(&sample.path);
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for bad in [
        &flipped[..],
        &bytes[..bytes.len() - 1],
        &bytes[..bytes.len() / 2],
        b"nothing",
    ] {
        assert_eq!(check(&pile.add(bad)).status.code(), Some(4));
    }
    fs::write(&sample.path, &bytes[..bytes.len() / 2]).unwrap();
    recover(
        &sample.path,
        &DeviceKey::load_or_create(sample.dir.path()).unwrap(),
    )
    .unwrap();
    assert_eq!(
        check(&sample.path).status.code(),
        Some(0),
        "a recovered file is signed by the device"
    );
}
