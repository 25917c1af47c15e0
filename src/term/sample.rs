//! Streams to test with: recordings of real programs, and random sequences that name every operation.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::Size;

pub(super) struct Stream {
    pub name: String,
    pub size: Size,
    pub bytes: Vec<u8>,
}

/// Every recorded stream; empty, saying so, where the data is absent.
pub(super) fn streams() -> Vec<Stream> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/terminal"));
    let mut paths = Vec::new();
    walk(root, &mut paths);
    paths.sort();
    if paths.is_empty() {
        eprintln!("skipped: no streams in {}", root.display());
    }
    paths
        .iter()
        .filter_map(|path| load(root, path))
        .filter(|stream| !stream.bytes.is_empty())
        .collect()
}

fn walk(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, paths)
        } else {
            paths.push(path)
        }
    }
}

fn load(root: &Path, path: &Path) -> Option<Stream> {
    let name = path.strip_prefix(root).ok()?.to_string_lossy().into_owned();
    let bytes = fs::read(path).ok()?;
    let (size, bytes) = if name.starts_with("zellij/") {
        (Size { cols: 97, rows: 28 }, bytes)
    } else if name.ends_with("alacritty.recording") {
        let size: Value = serde_json::from_slice(&fs::read(path.with_file_name("size.json")).ok()?).ok()?;
        (extent(&size["columns"], &size["screen_lines"])?, bytes)
    } else if name.ends_with(".cast") || name.ends_with(".json") {
        cast(&String::from_utf8(bytes).ok()?)?
    } else {
        return None;
    };
    Some(Stream {
        name,
        size: size.clamped(),
        bytes,
    })
}

fn extent(cols: &Value, rows: &Value) -> Option<Size> {
    Some(Size {
        cols: u16::try_from(cols.as_u64()?).ok()?,
        rows: u16::try_from(rows.as_u64()?).ok()?,
    })
}

/// The output of an asciicast: version 1 is one object, 2 and 3 are lines.
fn cast(text: &str) -> Option<(Size, Vec<u8>)> {
    let mut output = Vec::new();
    if let Ok(whole) = serde_json::from_str::<Value>(text) {
        for event in whole["stdout"].as_array()? {
            output.extend(event[1].as_str().unwrap_or_default().bytes());
        }
        return Some((extent(&whole["width"], &whole["height"])?, output));
    }
    let mut values = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let header = values.next()?;
    for event in values.filter(|event| event[1] == "o") {
        output.extend(event[2].as_str().unwrap_or_default().bytes());
    }
    let size = extent(&header["width"], &header["height"])
        .or_else(|| extent(&header["term"]["cols"], &header["term"]["rows"]))?;
    Some((size, output))
}

/// Sequences that touch all of the state, with small numbers so that they meet each other.
pub(super) fn sequence() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![8 => 0u16..30, 1 => Just(65_535), 1 => 30u16..300];
    let csi = (
        prop::sample::select(vec!["", "", "", "?", ">", "=", "<"]),
        prop::collection::vec(number, 0..4),
        prop::sample::select("@ABCDEFGHIJKLMPSTXZ`abcdefghlmnrstuq".chars().collect::<Vec<_>>()),
    )
        .prop_map(|(prefix, numbers, last)| {
            let numbers = numbers.iter().map(u16::to_string).collect::<Vec<_>>().join(";");
            format!("\x1b[{prefix}{numbers}{last}").into_bytes()
        });
    let mode = (
        prop::sample::select(vec![
            1, 3, 6, 7, 12, 25, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 47, 1047, 1048, 1049, 2004,
        ]),
        any::<bool>(),
    )
        .prop_map(|(mode, set)| format!("\x1b[?{mode}{}", if set { 'h' } else { 'l' }).into_bytes());
    let fixed = prop::sample::select(vec![
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\x08",
        "\x0e",
        "\x0f",
        "\x07",
        "\x1b7",
        "\x1b8",
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1bc",
        "\x1b#8",
        "\x1b(0",
        "\x1b(B",
        "\x1b)0",
        "\x1b=",
        "\x1b>",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[20h",
        "\x1b[20l",
        "\x1b[2 q",
        "\x1b[5 q",
        "\x1b[0 q",
        "\x1b[22t",
        "\x1b[23t",
        "\x1b[3g",
        "\x1b[g",
        "\x1b[?5W",
        "\x1b]0;title\x07",
        "\x1b]2;日本\x1b\\",
        "\x1b]8;;http://a\x1b\\",
        "\x1b]8;id=x;http://b\x07",
        "\x1b]8;;\x07",
        "\x1b]4;1;#ff0000\x07",
        "\x1b]10;rgb:1/2/3\x07",
        "\x1b]104\x07",
        "\x1b]50;CursorShape=1\x07",
        "\x1b[4:3m",
        "\x1b[58:2::1:2:3m",
        "\x1b[38;5;9m",
        "\x1b[48;2;1;2;3m",
        "\x1b[0m",
        "\x1b[=5;1u",
        "\x1b[>3u",
        "\x1b[<u",
        "\x1b[2J",
        "\x1b[3J",
        "\x1b[?2026h",
        "\x1b[?2026l",
        "\x1bPq#0\x1b\\",
        "\x1b_x\x1b\\",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    let text = prop_oneof![
        "[a-z _`~]{1,30}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "é",
            "éa日",
            "e\u{301}",
            "日本語",
            "한",
            "👩\u{200d}👩",
            "❤\u{fe0f}",
            "\u{301}",
            "\u{202e}"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let noise = prop::collection::vec(any::<u8>(), 1..6);
    prop_oneof![6 => csi, 3 => mode, 5 => fixed, 8 => text, 1 => noise]
}
