//! Asciicasts of every version, whole and broken, become recordings or a refusal with its line.

use super::*;
use crate::recording::Reader;
use proptest::prelude::*;

fn frame(at_us: u64, bytes: &[u8]) -> Vec<u8> {
    let words = [at_us / 1_000_000, at_us % 1_000_000, bytes.len() as u64];
    let mut frame: Vec<u8> = words
        .iter()
        .flat_map(|word| (*word as u32).to_le_bytes())
        .collect();
    frame.extend(bytes);
    frame
}

fn file(bytes: &[u8]) -> File {
    File::of(bytes.to_vec(), Path::new("x"), jiff::Timestamp::UNIX_EPOCH)
}

#[test]
fn a_ttyrec_of_either_byte_order_is_known_by_its_content() {
    let mut little = frame(1_700_000_000_500_000, b"caf\xff");
    little.extend(frame(1_700_000_001_000_000, b"\x1b[1mx"));
    let mut big = little.clone();
    for at in [0, 16] {
        big[at..at + 12].chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
    for bytes in [little, big] {
        let taken = load(&Source::default(), &file(&bytes)).unwrap();
        assert_eq!(taken.header.started_at, 1_700_000_000_500_000);
        assert_eq!(
            taken.events,
            [
                (0, What::Output(b"caf\xff".to_vec())),
                (500_000, What::Output(b"\x1b[1mx".to_vec())),
            ]
        );
        let cut = load(&Source::default(), &file(&bytes[..bytes.len() - 2])).err();
        assert!(cut.is_some());
    }
}

#[test]
fn a_cut_ttyrec_names_the_frame() {
    let mut bytes = frame(0, b"one");
    bytes.extend(frame(10, b"twelve bytes"));
    bytes.extend(&frame(20, b"three")[..14]);
    let says = load(&Source::default(), &file(&bytes)).err().unwrap().to_string();
    assert_eq!(says, "x, byte 39: a frame of 5 bytes, of which 2 are there");
}

#[test]
fn an_import_has_its_files_name_whatever_made_it() {
    let dir = tempfile::tempdir().unwrap();
    let device = DeviceKey::load_or_create(dir.path()).unwrap();
    let cast = b"{\"version\":2,\"width\":80,\"height\":24}\n[0.5,\"o\",\"x\"]\n";
    for (name, bytes) in [("night.cast", &cast[..]), ("night.ttyrec", &frame(0, b"one"))] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let source = Source {
            path,
            ..Source::default()
        };
        let sealed = import(&source, dir.path(), &device).unwrap();
        let from_pipe = import_bytes(bytes.to_vec(), &source, dir.path(), &device).unwrap();
        for made in [sealed, from_pipe] {
            let reader = Reader::open(&made.path).unwrap();
            assert_eq!(reader.header().target_name.as_deref(), Some(name));
        }
    }
}

#[test]
fn what_is_nothing_known_is_refused_with_what_is() {
    let says = load(&Source::default(), &file(b"\x7fELF and more than that"))
        .err()
        .unwrap();
    assert!(
        says.to_string().contains("no asciicast, ttyrec or typescript"),
        "{says}"
    );
    let says = load(&Source::default(), &file(b"Script started on 2026\nhi"))
        .err()
        .unwrap();
    assert!(says.to_string().contains("--timing"), "{says}");
}

#[test]
fn imported_bytes_come_out_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let device = DeviceKey::load_or_create(dir.path()).unwrap();
    let every: Vec<u8> = (0..=255).collect();
    let mut bytes = frame(1, &every);
    bytes.extend(frame(2, &every));
    let sealed = import_bytes(bytes, &Source::default(), dir.path(), &device).unwrap();
    let mut raw = Vec::new();
    crate::recording::export::raw(&Reader::open(&sealed.path).unwrap(), &mut raw).unwrap();
    assert_eq!(raw, [every.clone(), every].concat());
}

proptest! {
    #[test]
    fn hostile_ttyrecs_never_panic(bytes: Vec<u8>, len: u32) {
        let _ = load(&Source { format: Some(Format::Ttyrec), ..Source::default() }, &file(&bytes));
        let mut hostile = frame(1, b"a");
        hostile.extend([1, 0, 0, 0, 1, 0, 0, 0]);
        hostile.extend(len.to_le_bytes());
        hostile.extend(bytes);
        let _ = load(&Source::default(), &file(&hostile));
    }
}
