//! asciicast of three versions: what is taken, what is refused and at which line.

use super::*;
use proptest::prelude::*;

const FIXTURES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../shared/data/terminal/asciinema-server"
);

#[test]
fn what_the_fixtures_call_invalid_is_refused_and_the_rest_is_taken() {
    let mut seen = 0;
    for folder in ["1", "2", "3", "5"] {
        for entry in std::fs::read_dir(format!("{FIXTURES}/{folder}"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let bad = folder == "5"
                || ["invalid", "broken", "wrong"]
                    .iter()
                    .any(|word| name.starts_with(word));
            let parsed = parse(&std::fs::read(entry.path()).unwrap());
            assert_eq!(parsed.is_err(), bad, "{folder}/{name}: {:?}", parsed.err());
            seen += 1;
        }
    }
    if seen == 0 {
        eprintln!("skipped: no fixtures below {FIXTURES}");
    }
}

#[test]
fn a_broken_line_is_named() {
    let cast = "{\"version\":2,\"width\":80,\"height\":24}\n[1,\"o\",\"a\"]\n\nlol!\n";
    let (line, why) = parse(cast.as_bytes()).err().unwrap();
    assert_eq!(line, 4);
    assert!(why.contains("not an event"), "{why}");
    let (line, _) = parse(b"{\"version\":2,\"width\":80,\"height\":24}\n[1,\"o\",\"\xff\"]\n")
        .err()
        .unwrap();
    assert_eq!(line, 2);
}

#[test]
fn times_of_all_versions_become_microseconds_since_the_start() {
    let times = |text: &str| {
        parse(text.as_bytes())
            .map(|c| c.events.iter().map(|e| e.0).collect::<Vec<_>>())
            .unwrap()
    };
    let v1 = r#"{"version":1,"width":8,"height":2,"stdout":[[0.5,"a"],[1,"b"]]}"#;
    assert_eq!(times(v1), [500_000, 1_500_000]);
    let v2 =
        "{\"version\":2,\"width\":8,\"height\":2}\n[0.5,\"o\",\"a\"]\n[1,\"o\",\"b\"]\n[0.9,\"o\",\"c\"]";
    assert_eq!(times(v2), [500_000, 1_000_000, 1_000_000]);
    let v3 = "{\"version\":3,\"term\":{\"cols\":8,\"rows\":2}}\n# hi\n[0.5,\"o\",\"a\"]\n[1,\"?\",\"b\"]\n[1,\"x\",\"3\"]";
    assert_eq!(times(v3), [500_000, 2_500_000]);
}

proptest! {
    #[test]
    fn hostile_casts_never_panic(head in "\\PC{0,40}", lines in prop::collection::vec("\\PC{0,40}", 0..5)) {
        let _ = parse(head.as_bytes());
        let text = format!("{{\"version\":3,\"term\":{{\"cols\":9,\"rows\":9}}}}\n{}", lines.join("\n"));
        let _ = parse(text.as_bytes());
    }
}
