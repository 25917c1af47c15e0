//! Nothing points up: lower rooms import no upper ones, and each foreign crate that shapes types is known in
//! one room only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// Floors of the house, lowest first. A room may use its own floor and those below.
const FLOORS: [&[&str]; 4] = [
    &["aws", "ssm", "net", "term", "store", "config", "phrase"],
    &[
        "fleet",
        "session",
        "recording",
        "audit",
        "cost",
        "runbook",
        "document",
        "incident",
        "forward",
        "fanout",
        "ssh",
        "copy",
        "alarm",
    ],
    &["app", "panel", "ui"],
    &["cli", "tui", "runtime"],
];

/// The simulator speaks wire formats and knows no screen; only the upper floors start one.
const SIM: &str = "sim";

/// Who may name a crate.
const CRATES: [(&str, &[&str]); 2] = [("aws_sdk_", &["aws", SIM]), ("alacritty_terminal", &["term"])];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// Lines of code of a room with their place; comments may speak of anything, and tests may start a simulator.
fn lines(room: &str) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for file in files(&source().join(room))
        .iter()
        .filter(|file| !file.ends_with("tests.rs"))
    {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text
            .lines()
            .enumerate()
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
        for (index, line) in code.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            lines.push((format!("{}:{}", file.display(), index + 1), line.to_string()));
        }
    }
    lines
}

/// Whether a line names a room of this crate: `crate::room`, or at the top of a `use crate::{…}`.
fn names_room(line: &str, room: &str) -> bool {
    let is_room = |path: &str| {
        let end = path
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(path.len());
        &path[..end] == room
    };
    if line
        .match_indices("crate::")
        .any(|(at, prefix)| is_room(&line[at + prefix.len()..]))
    {
        return true;
    }
    let Some((_, names)) = line.split_once("crate::{") else {
        return false;
    };
    let mut depth = 0;
    names.split_inclusive(['{', '}', ',']).any(|part| {
        let at_top = depth == 0;
        depth += part.matches('{').count() as i32 - part.matches('}').count() as i32;
        at_top && is_room(part.trim_start())
    })
}

#[test]
fn every_room_has_a_floor() {
    let mut rooms: Vec<String> = std::fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    rooms.retain(|room| room != SIM && !FLOORS.iter().any(|floor| floor.contains(&room.as_str())));
    assert!(rooms.is_empty(), "rooms without a floor: {rooms:?}");
}

#[test]
fn no_room_uses_one_above_it() {
    let mut wrong = Vec::new();
    for (height, floor) in FLOORS.iter().enumerate() {
        for room in *floor {
            let above: Vec<&str> = FLOORS[height + 1..].concat();
            for (place, line) in lines(room) {
                let simulator = height < 3 && names_room(&line, SIM);
                if simulator || above.iter().any(|upper| names_room(&line, upper)) {
                    wrong.push(format!("{place}: {}", line.trim()));
                }
            }
        }
    }
    for (place, line) in lines(SIM) {
        if FLOORS[2..].concat().iter().any(|upper| names_room(&line, upper)) {
            wrong.push(format!("{place}: {}", line.trim()));
        }
    }
    assert!(wrong.is_empty(), "these point up:\n{}", wrong.join("\n"));
}

#[test]
fn a_crate_that_shapes_types_is_known_in_its_room_only() {
    let mut wrong = Vec::new();
    for room in FLOORS.concat().into_iter().chain([SIM]) {
        for (name, allowed) in CRATES {
            if !allowed.contains(&room) {
                let named = lines(room).into_iter().filter(|(_, line)| line.contains(name));
                wrong.extend(named.map(|(place, line)| format!("{place}: {}", line.trim())));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these crates belong elsewhere:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_check_sees_both_ways_of_importing() {
    assert!(names_room("use crate::app::Msg;", "app"));
    assert!(names_room("use crate::{config, app::Msg};", "app"));
    assert!(names_room("use crate::{app};", "app"));
    assert!(!names_room("use crate::apple::Msg;", "app"));
    assert!(!names_room("use crate::{config::{app, theme}, term};", "app"));
    assert!(names_room("use crate::{config::{app, theme}, term};", "term"));
}
