//! Lines of an audit log as things that were done. What only looked is left out; a kind that this version does not know is
//! told by its name and what it says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{Item, Kind, Spot, Target};
use crate::audit::{self, Entry, Outcome};

/// Kinds that change nothing, or that tell of the log itself.
const LOOKS: [audit::Kind; 14] = [
    audit::Kind::RecordingAccess,
    audit::Kind::RecordingExported,
    audit::Kind::RecordingStart,
    audit::Kind::RecordingStop,
    audit::Kind::SessionUpload,
    audit::Kind::SessionData,
    audit::Kind::CostQuery,
    audit::Kind::Checkpoint,
    audit::Kind::Verified,
    audit::Kind::Witnessed,
    audit::Kind::Reconciled,
    audit::Kind::NotifySent,
    audit::Kind::Recovered,
    audit::Kind::Incident,
];

/// Of one automation, so many steps are told.
const MOST_STEPS: usize = 20;

fn is(entry: &Entry, kind: audit::Kind) -> bool {
    entry.event == kind.name()
}

pub fn is_look(entry: &Entry) -> bool {
    LOOKS.iter().any(|kind| is(entry, *kind))
}

/// Whether a command is told here that the transcript of the recording tells better.
pub fn is_command(entry: &Entry) -> bool {
    is(entry, audit::Kind::SessionCommand)
}

/// Whether it tells of a mark in a recording: a block of a page that was sent there, or a step of a run.
pub fn is_mark(entry: &Entry) -> bool {
    is(entry, audit::Kind::RunbookStep) && entry.sid.is_some() && text(entry, "text").is_some()
}

/// Whether it only says that a document is about to be told something: what became of that is a line of its own.
pub fn is_announced(entry: &Entry) -> bool {
    text(entry, "document").is_some() && text(entry, "phase") == Some("ask")
}

/// Whether it reached what it names: who was refused was not there.
pub fn touches(entry: &Entry) -> bool {
    let begins = is(entry, audit::Kind::SessionStart) || is(entry, audit::Kind::RunbookStart);
    let never_began = begins && entry.outcome == Outcome::Failure;
    !(is(entry, audit::Kind::SessionRejected) || never_began)
}

/// When it was: the end of an automation may be seen long afterwards.
pub fn at(entry: &Entry) -> Option<Timestamp> {
    let ended_at = text(entry, "ended_at").filter(|_| is(entry, audit::Kind::RunbookEnd));
    ended_at.and_then(|at| at.parse().ok()).or_else(|| entry.at())
}

/// The execution that a document was started as.
pub fn execution(entry: &Entry) -> Option<&str> {
    text(entry, "document").and(text(entry, "execution_id"))
}

/// Whether it tells how that has ended.
pub fn is_end(entry: &Entry) -> bool {
    is(entry, audit::Kind::RunbookEnd)
}

/// Whether it tells that somebody stopped a document, and AWS took it.
pub fn is_stop(entry: &Entry) -> bool {
    let signal = text(entry, "signal").unwrap_or_default();
    signal.starts_with("Stop ") && entry.outcome != Outcome::Failure
}

/// Whether it tells how a document ended that was cancelled: nothing has failed where somebody asked for it.
pub fn is_cancelled(entry: &Entry) -> bool {
    is_end(entry) && text(entry, "status") == Some("Cancelled")
}

/// Ids of the machines that a document was given, or went to.
pub fn machines(entry: &Entry) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    if text(entry, "document").is_some() {
        for key in ["parameters", "targets", "maps", "machines"] {
            entry
                .body
                .get(key)
                .into_iter()
                .for_each(|value| collect(value, &mut ids));
        }
        let described = touches_of(entry).into_iter().filter_map(|target| target.id);
        ids.extend(described.filter(|id| super::is_machine(id)));
    }
    ids
}

/// Ids of the machines that a document was sent to and never reached.
pub fn spared(entry: &Entry) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let told = entry.body.get("spared").filter(|_| is_end(entry));
    told.into_iter().for_each(|value| collect(value, &mut ids));
    ids
}

/// Whether a document was sent to accounts and regions: its machines are there.
pub fn is_elsewhere(entry: &Entry) -> bool {
    let places = entry.body.get("locations").and_then(Value::as_array);
    places.is_some_and(|places| !places.is_empty())
}

/// Whether it starts a document that may go to more machines than it names: other places, a tag, or none that it says.
pub fn may_reach_more(entry: &Entry) -> bool {
    let is_start = is(entry, audit::Kind::RunbookStart) && entry.outcome != Outcome::Failure;
    let is_listed = |targets: &str| {
        let mut keys = ["ParameterValues=", "InstanceIds="].iter();
        keys.any(|key| targets.starts_with(key))
    };
    let by_key = text(entry, "targets").is_some_and(|targets| !is_listed(targets));
    is_start && (by_key || is_elsewhere(entry) || machines(entry).is_empty())
}

/// The machines that a document was to go to, as the fleet knew them.
pub(super) fn touches_of(entry: &Entry) -> Vec<audit::Target> {
    let all = entry.body.get("touches").cloned();
    all.and_then(|all| serde_json::from_value(all).ok())
        .unwrap_or_default()
}

/// Machines that it describes: the one that it is about, and those that a document was to go to.
pub fn described(entry: &Entry) -> Vec<audit::Target> {
    let mut all = touches_of(entry);
    all.extend(entry.target.clone());
    all
}

fn collect(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let words = text.split([',', '=', ' ', '"', '[', ']']);
            ids.extend(words.filter(|word| super::is_machine(word)).map(str::to_owned));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, ids)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, ids)),
        _ => {}
    }
}

pub fn text<'e>(entry: &'e Entry, key: &str) -> Option<&'e str> {
    entry.body.get(key).and_then(Value::as_str)
}

/// `kind` is that of the session's recording, where there is one; `began_at` is when that began; `place` is where machines
/// are that have no place of their own.
pub fn item(
    entry: &Entry,
    kind: Option<&str>,
    began_us: Option<i64>,
    place: Option<&audit::Target>,
) -> Option<Item> {
    let mut at = at(entry)?;
    // A session began with its recording: what was run in it did not come before.
    if is(entry, audit::Kind::SessionStart)
        && let Some(began) = began_us.and_then(|us| jiff::Timestamp::from_microsecond(us).ok())
    {
        at = began;
    }
    let (kind, says) = says(entry, kind);
    let mut item = Item::new(at, kind, says);
    item.who = entry.actor.user.clone().or_else(|| entry.actor.arn.clone());
    item.arn.clone_from(&entry.actor.arn);
    item.target = entry.target.as_ref().map(Target::of);
    let machines: Vec<String> = machines(entry).into_iter().collect();
    let described = described(entry);
    let known = |id: &String| described.iter().find(|known| known.id.as_ref() == Some(id));
    let name_of = |id: &String| known(id)?.name.clone().filter(|name| !name.is_empty());
    let more = if may_reach_more(entry) {
        " and maybe others"
    } else {
        ""
    };
    match &machines[..] {
        [] => {}
        [one] if more.is_empty() => {
            let target = item.target.get_or_insert_default();
            target.name = name_of(one).or(target.name.take());
            target.id = Some(one.clone());
            let there = known(one).filter(|known| known.account.is_some()).or(place);
            target.account = there.and_then(|there| there.account.clone());
            target.region = there.and_then(|there| there.region.clone());
        }
        several => {
            let labels: Vec<String> = several
                .iter()
                .map(|id| label(id, known(id), place.is_none()))
                .collect();
            item.says.push_str(&format!(" on {}{more}", labels.join(", ")));
        }
    }
    let spared: Vec<String> = spared(entry).into_iter().collect();
    if !spared.is_empty() {
        item.says
            .push_str(&format!("; never begun on {}", spared.join(", ")));
    }
    item.failed = entry.has_failed();
    let exit = entry.body.get("exit_code").and_then(Value::as_i64);
    item.exit = exit.and_then(|code| i32::try_from(code).ok());
    item.run = text(entry, "run").map(str::to_owned);
    if is(entry, audit::Kind::Exec) && text(entry, "phase") != Some("end") {
        item.command = command_of(entry).map(str::to_owned);
    }
    if is_command(entry) {
        item.known = Some(match text(entry, "source") {
            Some("typed") => "typed",
            _ => "marked",
        });
    }
    item.spot = entry.sid.clone().map(|recording| Spot {
        recording,
        at_us: began_us.map_or(0, |began| u64::try_from(at.as_microsecond() - began).unwrap_or(0)),
    });
    Some(item)
}

/// A machine as people know it, and where it is, if that is not where the document began.
fn label(id: &str, known: Option<&audit::Target>, is_elsewhere: bool) -> String {
    let name = known.and_then(|known| known.name.as_deref());
    let named = name.filter(|name| !name.is_empty());
    let label = named.map_or(id.to_owned(), |name| format!("{name} ({id})"));
    let place = known.and_then(|known| Some((known.account.as_deref()?, known.region.as_deref()?)));
    match place.filter(|_| is_elsewhere) {
        Some((account, region)) => format!("{label} in {account} {region}"),
        None => label,
    }
}

fn says(entry: &Entry, recorded: Option<&str>) -> (Kind, String) {
    // What was said with an approval may be its reason too.
    let reason = entry.reason.as_deref().unwrap_or_default();
    let reason = if text(entry, "comment") == Some(reason) {
        ""
    } else {
        reason
    };
    let because = |says: String| match reason {
        "" => says,
        reason => format!("{says}: {reason}"),
    };
    let carried = recorded.or(text(entry, "kind"));
    let (kind, noun) = match carried {
        Some("port") => (Kind::Forward, "a tunnel"),
        Some("copy") => (Kind::Copy, "a copy"),
        Some("ssh" | "ssh-terminal") => (Kind::Session, "an SSH session"),
        Some("command") => (Kind::Session, "a session for one command"),
        Some("local") => (Kind::Session, "a recorded program"),
        _ => (Kind::Session, "a session"),
    };
    let named = |kind: audit::Kind| is(entry, kind);
    if named(audit::Kind::SessionStart) {
        return (kind, because(format!("{noun} began")));
    }
    if named(audit::Kind::SessionEnd) {
        let why = text(entry, "why").filter(|why| !why.is_empty());
        let ended = format!("{noun} ended");
        return (
            kind,
            why.map_or_else(|| ended.clone(), |why| format!("{ended}: {why}")),
        );
    }
    if named(audit::Kind::SessionCommand) {
        return (Kind::Command, command_of(entry).unwrap_or_default().to_owned());
    }
    if named(audit::Kind::SessionRejected) {
        let (kind, what) = refused(entry);
        return (kind, because(what));
    }
    if named(audit::Kind::RecordingRecovered) {
        let says = "a recording that a crash had left open was closed, signed as recovered";
        return (Kind::Recording, says.into());
    }
    if named(audit::Kind::Exec)
        && let Some(command) = command_of(entry)
    {
        let says = fanned(entry, command);
        // Why it was run is told where it began.
        let is_end = text(entry, "phase") == Some("end");
        return (Kind::FanOut, if is_end { says } else { because(says) });
    }
    if let Some(document) = text(entry, "document")
        && entry.event.starts_with("runbook.")
    {
        let (kind, says) = automated(entry, document);
        return (kind, because(says));
    }
    let kind = match () {
        () if named(audit::Kind::AlertMatch) || named(audit::Kind::Tamper) => Kind::Alert,
        () if entry.event.starts_with("session.recording") => Kind::Recording,
        () if entry.event.starts_with("runbook.") => Kind::Run,
        () if entry.event.starts_with("session.") || entry.event.starts_with("client.") => Kind::Session,
        () if named(audit::Kind::Port) => Kind::Forward,
        () => Kind::Other,
    };
    (kind, because(plainly(entry)))
}

/// What was refused: all of it has one event in the log.
fn refused(entry: &Entry) -> (Kind, String) {
    let id = entry.target.as_ref().and_then(|target| target.id.as_deref());
    match text(entry, "document") {
        None if text(entry, "what") == Some("command") => (Kind::FanOut, "a command was refused".into()),
        None if text(entry, "what") == Some("runbook") => (Kind::Run, "a runbook was refused".into()),
        Some(document) => (Kind::Document, format!("the document {document} was refused")),
        None if entry.sid.is_some() || id.is_some_and(super::is_machine) => {
            (Kind::Session, "a session was refused".into())
        }
        None => (Kind::Other, "refused".into()),
    }
}

/// The command of an event, or where it is; of an encrypted recording the log has a digest alone.
pub(super) fn command_of(entry: &Entry) -> Option<&str> {
    let sealed = || text(entry, "command_digest").map(|_| "a command that its encrypted recording has");
    text(entry, "command").or_else(sealed)
}

fn fanned(entry: &Entry, command: &str) -> String {
    let count = |key: &str| entry.body.get(key).and_then(Value::as_u64).unwrap_or_default();
    match text(entry, "phase") {
        Some("end") => {
            let (succeeded, failed) = (count("succeeded"), count("failed"));
            let mut says = format!("over: {succeeded} succeeded, {failed} failed");
            for (key, how) in [
                ("not_connected", "not connected"),
                ("never_began", "did not begin"),
            ] {
                match count(key) {
                    0 => {}
                    many => says.push_str(&format!(", {many} {how}")),
                }
            }
            match count("unknown") {
                0 => says,
                many => format!("{says}, of {many} it is not known"),
            }
        }
        _ => match count("targets") {
            1 => format!("{command} (on 1 instance)"),
            many => format!("{command} (on {many} instances)"),
        },
    }
}

/// What was done to an automation, or became of it.
fn automated(entry: &Entry, document: &str) -> (Kind, String) {
    let id = text(entry, "execution_id").unwrap_or("(not started)");
    let document = Some(document).filter(|name| !name.is_empty());
    let document = document.unwrap_or("an automation");
    let said = |what: String| format!("{document} {what}, execution {id}");
    if let Some(signal) = text(entry, "signal") {
        let kind = match signal.to_ascii_lowercase().as_str() {
            "approve" | "reject" | "revoke" => Kind::Approval,
            _ => Kind::Document,
        };
        let comment = text(entry, "comment").or(text(entry, "step")).unwrap_or_default();
        return (
            kind,
            said(format!("was told {signal} {comment}").trim_end().to_owned()),
        );
    }
    let what = match text(entry, "status") {
        Some(status) => format!("ended: {status}{}", steps(entry)),
        None if entry.event == audit::Kind::RunbookStart.name() => format!("was started{}", given(entry)),
        None => "went on".into(),
    };
    (Kind::Document, said(what))
}

/// What it was started with, and how far it reaches: accounts and regions, maps, limits.
fn given(entry: &Entry) -> String {
    let parameters = entry.body.get("parameters").and_then(Value::as_object);
    let values = |value: &Value| {
        let values = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        values.collect::<Vec<_>>().join(",")
    };
    let given = parameters.into_iter().flatten();
    let mut given: Vec<String> = given
        .map(|(name, value)| format!("{name}={}", values(value)))
        .collect();
    given.extend(text(entry, "targets").map(|targets| format!("targets {targets}")));
    let mut says = match given.is_empty() {
        true => String::new(),
        false => format!(" with {}", given.join(", ")),
    };
    if let Some(reach) = text(entry, "reach") {
        says.push_str(&format!(" ({reach})"));
    }
    says
}

/// Its steps as they ended.
fn steps(entry: &Entry) -> String {
    let ran = entry.body.get("ran").and_then(Value::as_array);
    let step = |step: &Value| {
        let field = |key: &str| step.get(key).and_then(Value::as_str);
        let mut says = format!("{} {}", field("step")?, field("status")?);
        if let Some(ms) = step.get("ms").and_then(Value::as_u64) {
            says.push_str(&format!(" {} s", ms / 1000));
        }
        Some(says)
    };
    let ran: Vec<String> = ran.into_iter().flatten().filter_map(step).collect();
    match ran.split_at_checked(MOST_STEPS) {
        _ if ran.is_empty() => String::new(),
        Some((first, rest)) if !rest.is_empty() => {
            format!(" ({}; and {} more)", first.join("; "), rest.len())
        }
        _ => format!(" ({})", ran.join("; ")),
    }
}

/// The event's name and its body, for what has no words of its own.
fn plainly(entry: &Entry) -> String {
    let mut said = entry.event.clone();
    for (key, value) in &entry.body {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !value.is_empty() && !matches!(key.as_str(), "journal_hash" | "journal_seq") {
            said.push_str(&format!(", {key} {value}"));
        }
    }
    said
}
