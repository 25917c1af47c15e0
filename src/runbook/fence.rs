//! What a fence says of its block beyond the language: `{name=drain confirm=type}`, runme's `{"name":"drain"}`, or the
//! same in a comment `<!-- oncall: {…} -->` above it. Unknown words of ours, and slips in their names, are errors; words of
//! other tools are passed over.

mod merge;
mod pair;
mod stranger;

use super::duration::{BadDuration, parse_duration};
use super::level::Level;
use crate::config::nearest::nearest;
use std::time::Duration;

pub use stranger::stranger;

/// What a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kind {
    /// Nothing says it: the verbs of its commands decide.
    #[default]
    Untold,
    /// Only looks; a gate for steps that name it under `needs`.
    Check,
    Do,
    /// Undoes a step; never part of the sequence.
    Rollback,
    /// Its output belongs to the report.
    Evidence,
}

/// Where a block runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum On {
    /// Where the run was started for, else here.
    #[default]
    Untold,
    Local,
    /// Every machine of the run.
    Each,
    /// Machines of the front matter's `targets`.
    Named(String),
}

/// Which exit codes are a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exits {
    Any,
    These(Vec<i32>),
}

/// What goes into a variable after the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub name: String,
    /// A path into JSON, `$.a[0].b`; without it the whole output.
    pub path: Option<String>,
}

/// `VAR == value`, or `VAR != value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    pub name: String,
    pub is: bool,
    pub value: String,
}

/// Every key that means something here.
const KEYS: [&str; 30] = [
    "name",
    "id",
    "kind",
    "on",
    "confirm",
    "concurrency",
    "max-errors",
    "max_errors",
    "timeout",
    "expect-exit",
    "expect_exit",
    "expect",
    "retry",
    "tty",
    "capture",
    "redact",
    "when",
    "needs",
    "rollback",
    "cwd",
    "interpreter",
    "shell",
    "background",
    "excludeFromRunAll",
    "ignore",
    "tag",
    "tags",
    "category",
    "interactive",
    "promptEnv",
];

/// Everything that may be said; what is not said stands at its default.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Attributes {
    pub name: Option<String>,
    pub kind: Kind,
    pub on: On,
    /// `None` is `auto`.
    pub confirm: Option<Level>,
    /// A number, or a share such as `25%`.
    pub concurrency: Option<String>,
    pub max_errors: Option<String>,
    pub timeout: Option<Duration>,
    pub exits: Option<Exits>,
    pub expect: Option<String>,
    /// Attempts after the first, and the pause before each.
    pub retry: Option<(u32, Duration)>,
    pub tty: bool,
    pub capture: Option<Capture>,
    /// A pattern that is covered in what is kept of the output.
    pub redact: Option<String>,
    pub when: Option<When>,
    pub needs: Vec<String>,
    pub rollback: Option<String>,
    pub cwd: Option<String>,
    pub interpreter: Option<String>,
    pub background: bool,
    /// Left out of the sequence; runs only when it is named.
    pub excluded: bool,
    pub tags: Vec<String>,
    /// Keys that are neither ours nor those of a tool that is known.
    pub strangers: Vec<String>,
}

/// A word that cannot be, and what can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}={value:?}: {allowed}")]
pub struct BadAttribute {
    pub key: String,
    pub value: String,
    pub allowed: String,
}

impl Attributes {
    /// Reads everything behind the language of a fence.
    pub fn parse(info: &str) -> Result<Attributes, BadAttribute> {
        let Some(start) = info.find('{') else {
            return Ok(Attributes::default());
        };
        // `{.bash}` and `{.bash .numberLines}` are styles of other tools.
        let Some(end) = info.rfind('}').filter(|end| *end > start) else {
            return Err(bad("{", &info[start..], "a closing brace is missing"));
        };
        Attributes::of(&info[start..=end])
    }

    /// Reads `{…}` in either form.
    pub fn of(braced: &str) -> Result<Attributes, BadAttribute> {
        let mut attributes = Attributes::default();
        for (key, value) in pair::pairs(braced)? {
            attributes.set(&key, &value)?;
        }
        Ok(attributes)
    }

    /// Every word of `{…}` that cannot be, and the others as an object.
    pub fn faults(braced: &str) -> (Vec<BadAttribute>, String) {
        let pairs = match pair::pairs(braced) {
            Ok(pairs) => pairs,
            Err(bad) => return (vec![bad], "{}".to_owned()),
        };
        let (mut attributes, mut faults) = (Attributes::default(), Vec::new());
        let mut is_sound = |key: &str, value: &str| match attributes.set(key, value) {
            Ok(()) => true,
            Err(bad) => {
                faults.push(bad);
                false
            }
        };
        let sound = pairs.into_iter().filter(|(key, value)| is_sound(key, value));
        let sound: serde_json::Map<_, _> = sound.map(|(key, value)| (key, value.into())).collect();
        (faults, serde_json::Value::Object(sound).to_string())
    }

    /// Reads `<!-- oncall: {…} -->`; `None` for any other comment.
    pub fn of_comment(html: &str) -> Option<Result<Attributes, BadAttribute>> {
        let inner = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
        let said = inner.strip_prefix("oncall:")?.trim();
        Some(Attributes::of(said))
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), BadAttribute> {
        let wrong = |allowed: &str| bad(key, value, allowed);
        let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
        match key {
            "name" | "id" => self.name = text(),
            "kind" => {
                self.kind = match value {
                    "check" => Kind::Check,
                    "do" => Kind::Do,
                    "rollback" => Kind::Rollback,
                    "evidence" => Kind::Evidence,
                    _ => return Err(wrong("allowed are check, do, rollback, evidence")),
                }
            }
            "on" => {
                self.on = match value {
                    "" => return Err(wrong("allowed are local, each, or a name under `targets`")),
                    "local" => On::Local,
                    "each" => On::Each,
                    name => On::Named(name.to_owned()),
                }
            }
            "confirm" => {
                self.confirm = match value {
                    "auto" => None,
                    said => Some(said.parse().map_err(|_| wrong(Level::ALLOWED))?),
                }
            }
            "concurrency" => {
                crate::fanout::parse_concurrency(value).map_err(|cause| wrong(&cause.to_string()))?;
                self.concurrency = text();
            }
            "max-errors" | "max_errors" => {
                crate::fanout::parse_amount(value).map_err(|cause| wrong(&cause.to_string()))?;
                self.max_errors = text();
            }
            "timeout" => self.timeout = Some(duration(key, value, value)?),
            "expect-exit" | "expect_exit" => {
                self.exits = Some(exits(value).ok_or_else(|| {
                    wrong("expected `any`, or codes from 0 to 255 with commas between them")
                })?)
            }
            "expect" => {
                let pattern = inside_slashes(value).map(regex::Regex::new);
                pattern
                    .transpose()
                    .map_err(|_| wrong("expected a regular expression, /…/"))?;
                self.expect = text();
            }
            "retry" => self.retry = Some(retry(key, value)?),
            "tty" => self.tty = truth(key, value)?,
            "capture" => {
                self.capture =
                    Some(capture(value).ok_or_else(|| wrong("expected NAME, or NAME:json:$.path"))?)
            }
            "redact" => {
                let pattern = inside_slashes(value).unwrap_or(value);
                regex::Regex::new(pattern).map_err(|_| wrong("expected a regular expression, /…/"))?;
                self.redact = Some(pattern.to_owned());
            }
            "when" => {
                self.when =
                    Some(when(value).ok_or_else(|| wrong("expected `VAR == value` or `VAR != value`"))?)
            }
            "needs" => self.needs = list(value),
            "rollback" => self.rollback = text(),
            "cwd" => self.cwd = text(),
            "interpreter" | "shell" => self.interpreter = text(),
            "background" => self.background = truth(key, value)?,
            "excludeFromRunAll" | "ignore" => self.excluded = truth(key, value)?,
            "tag" | "tags" | "category" => self.tags = list(value),
            // What other tools say to themselves, `interactive` and `promptEnv` among it.
            key => {
                if let Some(near) = slip(key) {
                    return Err(wrong(&format!("it means nothing here, did you mean {near}")));
                }
                // A word without a value is a style, or lines to show in colour.
                if !value.is_empty() && stranger::is_stranger(key) {
                    self.strangers.push(key.to_owned());
                }
            }
        }
        Ok(())
    }
}

/// The key of ours that one is nearly; the shorter they are the nearer they have to be.
fn slip(key: &str) -> Option<&'static str> {
    let bare = |key: &str| key.to_lowercase().replace(['-', '_'], "");
    let wanted = bare(key);
    KEYS.into_iter()
        .filter(|known| *known != key)
        .find(|known| bare(known) == wanted)
        .or_else(|| {
            let long: Vec<&str> = KEYS.into_iter().filter(|known| known.len() > 3).collect();
            nearest(key, &long).filter(|near| *near != key && key.len() > 3)
        })
}

fn bad(key: &str, value: &str, allowed: &str) -> BadAttribute {
    BadAttribute {
        key: key.to_owned(),
        value: value.to_owned(),
        allowed: allowed.to_owned(),
    }
}

fn truth(key: &str, value: &str) -> Result<bool, BadAttribute> {
    match value {
        "true" | "1" | "yes" | "" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(bad(key, value, "allowed are true and false")),
    }
}

fn duration(key: &str, whole: &str, value: &str) -> Result<Duration, BadAttribute> {
    parse_duration(value).map_err(|cause: BadDuration| bad(key, whole, &cause.to_string()))
}

fn list(value: &str) -> Vec<String> {
    value
        .split([',', ' '])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn exits(value: &str) -> Option<Exits> {
    if value == "any" {
        return Some(Exits::Any);
    }
    let codes: Option<Vec<i32>> = value
        .split([',', '|'])
        .map(|code| code.trim().parse::<u8>().ok().map(i32::from))
        .collect();
    codes.filter(|codes| !codes.is_empty()).map(Exits::These)
}

fn retry(key: &str, value: &str) -> Result<(u32, Duration), BadAttribute> {
    let (times, pause) = value.split_once('/').unwrap_or((value, "0s"));
    match times.trim().parse::<u32>() {
        Ok(times @ 0..=100) => Ok((times, duration(key, value, pause)?)),
        _ => Err(bad(
            key,
            value,
            "expected times, or times/pause such as 3/10s; at most 100",
        )),
    }
}

/// A name that a shell takes for a variable.
pub fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn capture(value: &str) -> Option<Capture> {
    let (name, path) = match value.split_once(':') {
        None => (value, None),
        Some((name, rest)) => (name, Some(rest.strip_prefix("json:")?.to_owned())),
    };
    let is_path = path.as_ref().is_none_or(|path| super::expect::is_path(path));
    (is_variable(name) && is_path).then(|| Capture {
        name: name.to_owned(),
        path,
    })
}

fn when(value: &str) -> Option<When> {
    let (name, wanted, is) = match (value.split_once("=="), value.split_once("!=")) {
        (Some((name, wanted)), _) => (name, wanted, true),
        (None, Some((name, wanted))) => (name, wanted, false),
        _ => return None,
    };
    let wanted = wanted.trim().trim_matches(['"', '\'']);
    let name = name.trim().trim_start_matches('$');
    is_variable(name).then(|| When {
        name: name.to_owned(),
        is,
        value: wanted.to_owned(),
    })
}

/// What stands between two slashes.
pub fn inside_slashes(value: &str) -> Option<&str> {
    value.strip_prefix('/')?.strip_suffix('/')
}

#[cfg(test)]
mod tests;
