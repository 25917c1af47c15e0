//! The audit log: newest first, what went wrong in colour; the chain checked and AWS's history compared on request.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{Effect, Model, Notice, Weight};
use crate::audit::{Entry, Kind, Outcome, Verdict};
use crate::panel::boxed;
use crate::panel::list::Step;
use crate::ui::cursor::Ids;
use crate::ui::table::{self, Column, Row, Rows, Table, Width};
use crate::ui::{Look, Role};

#[derive(Debug, Default)]
pub struct Audit {
    pub entries: Vec<Entry>,
    pub filter: String,
    shown: Vec<usize>,
    pub table: table::State<u64>,
    pub verdict: Option<Verdict>,
}

impl Audit {
    fn narrow(&mut self) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        self.shown = (0..self.entries.len())
            .rev()
            .filter(|at| {
                let line = says(&self.entries[*at]).to_lowercase();
                words.iter().all(|word| line.contains(word))
            })
            .collect();
    }

    fn entry(&self, index: usize) -> Option<&Entry> {
        self.shown.get(index).and_then(|at| self.entries.get(*at))
    }

    /// The last comparison with AWS's history.
    fn last_reconciled(&self) -> Option<&Entry> {
        let mut newest = self.entries.iter().rev();
        newest.find(|entry| entry.event == Kind::Reconciled.name())
    }

    pub fn selected_line(&self) -> Option<String> {
        self.table
            .cursor
            .index(self)
            .and_then(|at| self.entry(at))
            .map(says)
    }
}

impl Ids for Audit {
    type Id = u64;

    fn len(&self) -> usize {
        self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<u64> {
        self.entry(index).map(|entry| entry.seq)
    }
}

pub fn read(model: &mut Model, entries: Vec<Entry>, verdict: Option<Verdict>) -> Vec<Effect> {
    model.audit.entries = entries;
    model.audit.narrow();
    if let Some(verdict) = verdict {
        let weight = if verdict.ok { Weight::Good } else { Weight::Bad };
        model.notice(Notice::new(weight, verdict.says.clone()));
        model.audit.verdict = Some(verdict);
    }
    Vec::new()
}

pub fn narrow(model: &mut Model, text: String) {
    model.audit.filter = text;
    model.audit.narrow();
}

pub fn step(model: &mut Model, step: Step) {
    let mut cursor = std::mem::take(&mut model.audit.table.cursor);
    step.apply(&mut cursor, &model.audit);
    model.audit.table.cursor = cursor;
}

/// In fewer cells than these the year and what every event is about are left out.
const WIDE: u16 = 90;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let audit = &model.audit;
    let mut title = vec![
        Span::styled("Audit", look.of(Role::Title)),
        Span::styled(
            match audit.len() {
                1 => "  1 event".to_owned(),
                many => format!("  {many} events"),
            },
            look.of(Role::Dim),
        ),
    ];
    if let Some(verdict) = &audit.verdict {
        let role = if verdict.ok { Role::Good } else { Role::Bad };
        title.push(Span::styled(format!("  {}", verdict.says), look.of(role)));
    }
    if let Some(last) = audit.last_reconciled() {
        let role = if last.outcome == Outcome::Success {
            Role::Dim
        } else {
            Role::Bad
        };
        title.push(Span::styled(format!("  {}", reconciled(last)), look.of(role)));
    }
    if !audit.filter.is_empty() {
        title.push(Span::styled(
            format!("  /{}", audit.filter),
            look.of(Role::Accent),
        ));
    }
    let inner = boxed(area, buf, look, Line::from(title), true);
    let terse = inner.width < WIDE;
    let (time, event, who, what) = if terse { (14, 20, 10, 28) } else { (19, 28, 16, 28) };
    let columns = [
        Column::new("SEQ", Width::Fixed(6)).right().drop(3),
        Column::new("TIME", Width::Fixed(time)),
        Column::new("EVENT", Width::Fixed(event)),
        Column::new("OUTCOME", Width::Fixed(8)).drop(4),
        Column::new("WHO", Width::Fixed(who)).drop(2),
        Column::new("WHAT", Width::Fill(what)),
    ];
    let rows = Shown { audit, look, terse };
    let empty = match audit.filter.is_empty() {
        true => "nothing has happened yet",
        false => "no event matches the filter; C-x shows everything",
    };
    Table {
        columns: &columns,
        rows: &rows,
        focused: true,
        empty,
    }
    .paint(inner, buf, look, &audit.table);
}

struct Shown<'a> {
    audit: &'a Audit,
    look: &'a Look<'a>,
    terse: bool,
}

impl Ids for Shown<'_> {
    type Id = u64;

    fn len(&self) -> usize {
        self.audit.len()
    }

    fn id_at(&self, index: usize) -> Option<u64> {
        self.audit.id_at(index)
    }
}

impl Shown<'_> {
    fn time(&self, entry: &Entry) -> String {
        let from = if self.terse { 5 } else { 0 };
        entry.time.get(from..19).unwrap_or(&entry.time).replace('T', " ")
    }

    fn event<'e>(&self, entry: &'e Entry) -> &'e str {
        let short = entry.event.strip_prefix("session.").filter(|_| self.terse);
        short.unwrap_or(&entry.event)
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let Some(entry) = self.audit.entry(index) else {
            return Row::Cells(Vec::new());
        };
        let look = self.look;
        let dim = look.of(Role::Dim);
        let (event, ended) = match entry.ended() {
            "failure" => (Role::Bad, Role::Bad),
            "unknown" => (Role::Text, Role::Warn),
            _ => (Role::Text, Role::Good),
        };
        Row::Cells(vec![
            Line::styled(entry.seq.to_string(), dim),
            Line::styled(self.time(entry), dim),
            Line::styled(self.event(entry), look.of(event)),
            Line::styled(entry.ended(), look.of(ended)),
            Line::styled(entry.actor.user.as_deref().unwrap_or("—"), dim),
            Line::styled(what(entry), look.of(Role::Text)),
        ])
    }
}

/// On what, why, and what belongs to the event alone.
fn what(entry: &Entry) -> String {
    let target = entry
        .target
        .as_ref()
        .and_then(|target| target.name.clone().or(target.id.clone()));
    let body = entry.body.iter().map(|(key, value)| match value.as_str() {
        Some(text) => format!("{key}: {text}"),
        None => format!("{key}: {value}"),
    });
    let parts: Vec<String> = target
        .into_iter()
        .chain(entry.reason.clone())
        .chain(body)
        .collect();
    crate::ui::text::quote(&parts.join("  ")).into_owned()
}

/// When AWS was compared, and what came of it.
fn reconciled(entry: &Entry) -> String {
    let at = entry.time.get(..16).unwrap_or(&entry.time).replace('T', " ");
    let count = |key: &str| {
        entry
            .body
            .get(key)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or_default()
    };
    match (entry.outcome, count("missing")) {
        (Outcome::Success, _) => format!("AWS agrees, {at}"),
        (Outcome::Failure, 0) => format!("AWS disagrees, {at}"),
        (Outcome::Failure, missing) => format!("{missing} not recorded, {at}"),
    }
}

/// The line of an entry, for filtering and copying.
fn says(entry: &Entry) -> String {
    format!("{} {} {}", entry.time, entry.event, what(entry))
}
