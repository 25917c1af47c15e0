//! The columns that a query asks most, taken out of an event once, so that no query has to take JSON apart.

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::Entry;

/// An event and its line.
pub struct Row {
    pub entry: Entry,
    /// The line as it stands in the log.
    pub raw: String,
    pub at: Timestamp,
}

impl Row {
    /// `None` when a hand has made the time something that is none.
    pub fn of(entry: Entry, raw: String) -> Option<Row> {
        let at = entry.at()?;
        Some(Row { entry, raw, at })
    }

    fn body(&self, key: &str) -> Option<&Value> {
        self.entry.body.get(key)
    }

    fn number(&self, key: &str) -> Cell<'_> {
        Cell::Number(self.body(key).and_then(Value::as_i64))
    }

    fn target<'r>(&'r self, field: impl Fn(&'r crate::audit::Target) -> &'r Option<String>) -> Cell<'r> {
        Cell::Text(
            self.entry
                .target
                .as_ref()
                .and_then(|target| field(target).as_deref()),
        )
    }

    fn env(&self) -> Option<&str> {
        let tags = &self.entry.target.as_ref()?.tags;
        ["env", "Environment"]
            .iter()
            .find_map(|key| tags.get(*key)?.as_str())
    }
}

/// The value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'r> {
    Text(Option<&'r str>),
    Number(Option<i64>),
    At(Timestamp),
}

/// A column: its name, and where its value is.
pub type Column = (&'static str, fn(&Row) -> Cell<'_>);

/// In the order in which they are written.
pub const COLUMNS: &[Column] = &[
    ("time", |row| Cell::At(row.at)),
    ("event", |row| Cell::Text(Some(&row.entry.event))),
    ("code", |row| Cell::Text(Some(&row.entry.code))),
    ("severity", |row| Cell::Text(Some(&row.entry.severity))),
    ("outcome", |row| {
        Cell::Text(Some(match row.entry.outcome {
            crate::audit::Outcome::Success => "success",
            crate::audit::Outcome::Failure => "failure",
        }))
    }),
    ("reason", |row| Cell::Text(row.entry.reason.as_deref())),
    ("actor_user", |row| Cell::Text(row.entry.actor.user.as_deref())),
    ("actor_arn", |row| Cell::Text(row.entry.actor.arn.as_deref())),
    ("account", |row| row.target(|target| &target.account)),
    ("region", |row| row.target(|target| &target.region)),
    ("target_id", |row| row.target(|target| &target.id)),
    ("target_name", |row| row.target(|target| &target.name)),
    ("env", |row| Cell::Text(row.env())),
    ("sid", |row| Cell::Text(row.entry.sid.as_deref())),
    ("ssm_session_id", |row| {
        Cell::Text(row.entry.ssm_session_id.as_deref())
    }),
    ("ticket", |row| Cell::Text(row.entry.ticket.as_deref())),
    ("command", |row| {
        Cell::Text(row.body("command").and_then(Value::as_str))
    }),
    ("exit_code", |row| row.number("exit_code")),
    ("duration_ms", |row| row.number("duration_ms")),
    ("bytes", |row| row.number("bytes")),
    ("rec_path", |row| {
        Cell::Text(row.entry.rec.as_ref().map(|rec| rec.path.as_str()))
    }),
    ("rec_sha256", |row| {
        Cell::Text(row.entry.rec.as_ref().and_then(|rec| rec.sha256.as_deref()))
    }),
    ("seq", |row| Cell::Number(i64::try_from(row.entry.seq).ok())),
    ("uid", |row| Cell::Text(Some(&row.entry.uid))),
    ("tool_version", |row| Cell::Text(Some(&row.entry.tool.version))),
    ("raw", |row| Cell::Text(Some(&row.raw))),
];
