//! The screen against a terminal that nobody here wrote: each stream's text row by row, as
//! `tests/peer/terminal/run` has it from `@xterm/headless`. Every difference is explained in
//! `tests/peer/terminal/differences.toml`; one that is not there fails, and so does an explanation that no
//! longer explains anything.

use std::collections::BTreeMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quarterdeck::term::{Screen, Size};
use serde::Deserialize;

const EXPLAINED: &str = include_str!("peer/terminal/differences.toml");

#[derive(Deserialize)]
struct Peer {
    stream: String,
    cols: u16,
    rows: u16,
    bytes: String,
    text: Vec<String>,
}

/// Rows that differ, numbered from 0: the peer's, then ours.
fn differing(peer: &Peer, bytes: &[u8]) -> Vec<(usize, String, String)> {
    let mut screen = Screen::new(
        Size {
            cols: peer.cols,
            rows: peer.rows,
        },
        1_000,
    );
    screen.feed(bytes);
    screen.flush_sync();
    let rows = peer.text.iter().enumerate();
    let pairs = rows.map(|(row, text)| (row, text.trim_end().to_owned(), screen.row_text(row)));
    pairs
        .filter(|(_, theirs, ours)| theirs != ours.trim_end())
        .collect()
}

#[test]
fn screens_are_those_of_xterm_headless() {
    let Ok(path) = std::env::var("QD_PEER_XTERM") else {
        eprintln!("skipped: tests/peer/terminal/run sets QD_PEER_XTERM");
        return;
    };
    let peers: Vec<Peer> =
        serde_json::from_slice(&fs::read(path).expect("QD_PEER_XTERM is a file")).expect("and holds JSON");
    let mut explained: BTreeMap<String, String> = toml::from_str(EXPLAINED).expect("explanations are TOML");
    let mut unexplained = 0;
    let total = peers.len();
    for peer in peers {
        let bytes = STANDARD
            .decode(&peer.bytes)
            .expect("the peer's file holds base64");
        let rows = differing(&peer, &bytes);
        let why = explained.remove(&peer.stream);
        if rows.is_empty() {
            assert!(
                why.is_none(),
                "{} no longer differs: remove its explanation",
                peer.stream
            );
            continue;
        }
        if why.is_none() {
            unexplained += 1;
            println!("{} ({}x{}):", peer.stream, peer.cols, peer.rows);
            rows.iter()
                .for_each(|(row, theirs, ours)| println!("  {row:3} xterm {theirs:?}\n      here  {ours:?}"));
        }
    }
    assert!(
        explained.is_empty(),
        "explained streams that do not exist: {:?}",
        explained.keys()
    );
    assert_eq!(unexplained, 0, "of {total} streams differ without an explanation");
}
