//! Who is told of what: the `[[notify]]` and `[[risky]]` tables. A secret itself is never in the file, and an address is
//! never shown whole: that of a chat is a secret too.

use std::fmt;
use std::path::{Path, PathBuf};

use super::load::expand;
use super::source::Section;

/// One receiver of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Notify {
    /// Unique; what its queue is called.
    pub name: String,
    pub to: Receiver,
    /// Names of events, or what they begin with; empty: those that a team wants to hear of.
    pub events: Vec<String>,
    /// At least this.
    pub severity: Severity,
    /// Only targets that are production, or only those that are not.
    pub production: Option<bool>,
}

#[derive(Clone, PartialEq)]
pub enum Receiver {
    /// An incoming webhook as Slack, Mattermost and others have it.
    Slack(String),
    Webhook {
        url: String,
        secret: Option<Secret>,
    },
    /// Program and arguments; the event comes on its standard input.
    Command(Vec<String>),
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The kind and the host, never the address.
impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |url: &str| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let place = rest.split(['/', '?']).next().unwrap_or_default();
            place.rsplit('@').next().unwrap_or_default().to_owned()
        };
        match self {
            Receiver::Slack(url) => write!(f, "slack {}", host(url)),
            Receiver::Webhook { url, .. } => write!(f, "webhook {}", host(url)),
            Receiver::Command(words) => write!(f, "command {}", words.first().map_or("", String::as_str)),
        }
    }
}

/// Where the key of a webhook's signature is.
#[derive(Clone, Debug, PartialEq)]
pub enum Secret {
    /// An environment variable.
    Variable(String),
    File(PathBuf),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    #[default]
    Info,
    Warning,
    Error,
}

/// Commands that somebody wants to hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Risky {
    pub name: String,
    /// A regular expression that has been tried.
    pub pattern: String,
}

pub(super) fn read_all(root: &Section, folder: &Path) -> (Vec<Notify>, Vec<Risky>) {
    let mut notify: Vec<Notify> = Vec::new();
    for (at, table) in root.sections("notify").into_iter().enumerate() {
        if let Some(found) = read(table, at, folder) {
            if notify.iter().any(|earlier| earlier.name == found.name) {
                let says = format!("two [[notify]] are named {:?}", found.name);
                root.source
                    .fault(None, says, Some("rename one of the two".into()));
            }
            notify.push(found);
        }
    }
    let risky = root.sections("risky").into_iter().filter_map(read_risky);
    (notify, risky.collect())
}

fn read(table: Section, at: usize, folder: &Path) -> Option<Notify> {
    let url = "an address like \"https://hooks.example.com/…\"";
    let slack = table.read("slack", url, super::load::endpoint);
    let webhook = table.read("webhook", url, super::load::endpoint);
    let command = table.texts("command").filter(|words| !words.is_empty());
    let variable = table.text("secret_env").map(Secret::Variable);
    let file = table
        .text("secret_file")
        .map(|path| Secret::File(expand(&path, folder)));
    let given =
        usize::from(slack.is_some()) + usize::from(webhook.is_some()) + usize::from(command.is_some());
    if given != 1 {
        let says = "a [[notify]] has exactly one of slack, webhook and command".to_owned();
        table.fault(says, "write another [[notify]] for another receiver");
    }
    if (variable.is_some() || file.is_some()) && webhook.is_none() {
        let says = "secret_env and secret_file belong to a webhook".to_owned();
        table.fault(says, "take them out");
    }
    let severities = [
        ("info", Severity::Info),
        ("warning", Severity::Warning),
        ("error", Severity::Error),
    ];
    let notify = Notify {
        name: table.text("name").unwrap_or_else(|| format!("notify-{}", at + 1)),
        events: table.texts("events").unwrap_or_default(),
        severity: table.choice("severity", &severities).unwrap_or_default(),
        production: table.boolean("production"),
        to: match (slack, webhook, command) {
            (Some(url), ..) => Receiver::Slack(url),
            (_, Some(url), _) => Receiver::Webhook {
                url,
                secret: variable.or(file),
            },
            (.., words) => Receiver::Command(words.unwrap_or_default()),
        },
    };
    table.finish();
    Some(notify).filter(|_| given == 1)
}

fn read_risky(table: Section) -> Option<Risky> {
    let pattern = table.read("pattern", "a regular expression", |value| {
        let text = super::source::non_empty(value)?;
        regex::Regex::new(&text).is_ok().then_some(text)
    });
    let pattern = table.needed("pattern", pattern);
    let name = table.text("name");
    table.finish();
    let pattern = pattern?;
    Some(Risky {
        name: name.unwrap_or_else(|| pattern.clone()),
        pattern,
    })
}
