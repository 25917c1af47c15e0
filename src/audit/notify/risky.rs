//! Commands that somebody should hear of: built-in rules and those of the configuration, tried on every command that is
//! on record, whichever way it was run.

use regex::Regex;
use serde_json::Value;

use crate::audit::{Actor, Entry, Event, Kind, Outcome};
use crate::config::Risky;

/// Name and pattern.
const BUILT_IN: &[(&str, &str)] = &[
    ("removes a tree", r"\brm\s+(-\S+\s+)*(-\w*[rR]|--recursive)"),
    ("makes a file system", r"\bmkfs(\.\w+)?\b"),
    ("writes a device", r"\bdd\b.*\bof=/dev/|>\s*/dev/(sd|nvme|xvd|vd)"),
    ("drops data", r"(?i)\b(drop|truncate)\s+(table|database|schema)\b"),
    ("deletes every row", r"(?i)\bdelete\s+from\s+\w+\s*(;|'|\x22|$)"),
    (
        "opens the firewall",
        r"\b(iptables\s+(-F|--flush)|ufw\s+disable|setenforce\s+0)\b",
    ),
    (
        "runs what it fetches",
        r"\b(curl|wget)\b[^|;&]*\|\s*(sudo\s+)?(ba|z|da)?sh\b",
    ),
    (
        "stops the machine",
        r"(^|[;&|]\s*|sudo\s+)(shutdown|poweroff|halt|reboot|init\s+[06])\b",
    ),
    (
        "hides its traces",
        r"\bhistory\s+-c\b|unset\s+HISTFILE|HISTSIZE=0|\bshred\b|journalctl\s+.*--vacuum",
    ),
    (
        "reads secrets",
        r"/etc/shadow\b|\.aws/credentials\b|169\.254\.169\.254|\bid_(rsa|ed25519)\b",
    ),
    (
        "changes who may do what",
        r"\b(visudo|usermod|useradd|passwd|chattr)\b|\bchmod\s+(-\S+\s+)*0?777\b",
    ),
    (
        "deletes in the cluster",
        r"\bkubectl\b.*\b(delete|drain)\b|\bterraform\s+destroy\b",
    ),
];

/// A pattern of the configuration that is none.
#[derive(Debug, thiserror::Error)]
#[error("[[risky]] {name}: {says}")]
pub struct BadRule {
    pub name: String,
    pub says: String,
}

/// Rules, ready to be tried.
pub struct Rules(Vec<(String, Regex)>);

impl Rules {
    /// The built-in rules and `more`.
    pub fn new(more: &[Risky]) -> Result<Rules, BadRule> {
        let built_in = BUILT_IN.iter().map(|(name, pattern)| (*name, *pattern));
        let more = more
            .iter()
            .map(|rule| (rule.name.as_str(), rule.pattern.as_str()));
        let rules = built_in.chain(more).map(|(name, pattern)| {
            let made = Regex::new(pattern).map_err(|bad| BadRule {
                name: name.to_owned(),
                says: bad.to_string(),
            });
            made.map(|made| (name.to_owned(), made))
        });
        rules.collect::<Result<_, _>>().map(Rules)
    }

    /// The first rule that a command breaks.
    pub fn find(&self, command: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(_, rule)| rule.is_match(command))
            .map(|(name, _)| name.as_str())
    }

    /// The alert that an event is worth.
    pub(super) fn alert(&self, entry: &Entry) -> Option<Event> {
        let command = command_of(entry)?;
        let rule = self.find(command)?;
        let mut event = Event::new(Kind::AlertMatch, entry.actor.clone())
            .with("rule", rule)
            .with("command", command)
            .with("of", entry.uid.clone())
            .with("seen_in", entry.event.clone())
            .with("noticed_by", Actor::local().user);
        event.outcome = Outcome::Success;
        event.target = entry.target.clone();
        event.sid = entry.sid.as_deref().and_then(|sid| sid.parse().ok());
        event.ssm_session_id = entry.ssm_session_id.clone();
        event.ticket = entry.ticket.clone();
        Some(event)
    }
}

/// The command that an event is about; a run on many machines counts once, when it begins.
fn command_of(entry: &Entry) -> Option<&str> {
    let text = |key: &str| entry.body.get(key).and_then(Value::as_str);
    match entry.event.as_str() {
        "session.command" => text("command"),
        "exec" if text("phase") != Some("end") => text("command"),
        "runbook.step" => text("text").or_else(|| text("command")),
        _ => None,
    }
}
