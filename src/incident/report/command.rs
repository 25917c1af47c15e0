//! What was run, each of it once: a command that went to several machines stands with each of them that has a result, and
//! alone where nobody knows of one.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::incident::timeline::{Item, Kind, Spot, Target, stamp};

/// One of them, for programs; people read the same in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// RFC 3339 in UTC with milliseconds.
    pub at: String,
    pub target: Option<Target>,
    pub command: String,
    /// Null where nobody told it.
    pub exit: Option<i32>,
    /// How it ended where no exit code says so.
    pub ended: Option<String>,
    /// As in the timeline.
    pub known: Option<&'static str>,
    pub who: Option<String>,
    pub arn: Option<String>,
    pub spot: Option<Spot>,
    pub from: Option<String>,
}

impl Command {
    fn of(item: &Item) -> Command {
        Command {
            at: stamp(item.at),
            target: item.target.clone(),
            command: item.command.clone().unwrap_or_else(|| item.says.clone()),
            exit: item.exit,
            ended: ended(item).map(str::to_owned),
            known: item.known,
            who: item.who.clone(),
            arn: item.arn.clone(),
            spot: item.spot.clone(),
            from: item.from.clone(),
        }
    }
}

/// How it ended where no exit code says so.
pub fn ended(item: &Item) -> Option<&str> {
    let is_result = item.kind == Kind::Result && item.command.is_some();
    Some(item.says.as_str()).filter(|_| is_result && item.exit.is_none())
}

/// What was run, in the order of the timeline.
pub fn ran(timeline: &[Item]) -> impl Iterator<Item = &Item> {
    let recording = |item: &Item| item.spot.as_ref().map(|spot| spot.recording.clone());
    let results = timeline.iter().filter(|item| item.kind == Kind::Result);
    let told_of: BTreeSet<String> = results.filter_map(recording).collect();
    timeline.iter().filter(move |item| match item.kind {
        Kind::Command | Kind::Step | Kind::Result => !item.is_remark,
        Kind::FanOut => item.command.is_some() && recording(item).is_none_or(|id| !told_of.contains(&id)),
        _ => false,
    })
}

pub fn of(timeline: &[Item]) -> Vec<Command> {
    ran(timeline).map(Command::of).collect()
}
