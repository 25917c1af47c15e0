//! All that is known before a command runs: what, where, on how much production, why and within which limits. Each of
//! its fields has a key that changes it.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::fanout::{Limit, Limits};
use crate::fleet::Node;
use crate::ui::popup::{Confirm, field};
use crate::ui::{Look, Role};

use super::Draft;

/// Names that a question tells.
const NAMED: usize = 6;

pub fn preview(model: &Model, whole: Rect, buf: &mut Buffer, look: &Look) {
    let Some(draft) = &model.fanout.draft else { return };
    Confirm::run(&says(draft, true, look), super::is_grave(model)).paint(whole, buf, look);
}

/// The same without the keys, for whoever types the word for it.
pub fn about(model: &Model, look: &Look) -> Vec<Line<'static>> {
    let draft = model.fanout.draft.as_ref();
    draft.map(|draft| says(draft, false, look)).unwrap_or_default()
}

fn says(draft: &Draft, has_keys: bool, look: &Look) -> Vec<Line<'static>> {
    let line = |text: String, role| Line::from(Span::styled(text, look.of(role)));
    let of = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let (online, away): (Vec<&Node>, Vec<&Node>) = draft.nodes.iter().partition(|node| node.is_online());
    let regions: BTreeSet<_> = online.iter().map(|node| &node.region).collect();
    let accounts: BTreeSet<_> = online.iter().map(|node| &node.account).collect();
    let where_to = [
        instances(online.len()),
        of(regions.len(), "region"),
        of(accounts.len(), "account"),
    ];
    let sign = if draft.given.is_some() { "document " } else { "$ " };
    let command = Line::from(vec![
        Span::styled(sign, look.of(Role::Dim)),
        Span::styled(draft.text.clone(), look.of(Role::Code)),
    ]);
    let mut says = vec![
        command,
        Line::default(),
        line(format!("on {}", where_to.join(", ")), Role::Text),
        line(names(&online), Role::Dim),
    ];
    if draft.production > 0 {
        let count = match online.len() {
            all if all == draft.production => "all of them production".to_owned(),
            _ => format!("{} of them production", draft.production),
        };
        says.push(line(count, Role::Bad));
    }
    if !away.is_empty() {
        let count = format!("{} not online, skipped: {}", away.len(), names(&away));
        says.push(line(count, Role::Warn));
    }
    if draft.resting > 0 {
        let count = format!("{} not running, left out", instances(draft.resting));
        says.push(line(count, Role::Dim));
    }
    match online.iter().filter(|node| node.is_windows()).count() {
        0 => {}
        _ if draft.given.is_some() => {}
        all if all == online.len() => says.push(line("PowerShell runs it".into(), Role::Info)),
        some => {
            let count = format!("PowerShell runs it on {some} of them, sh on the others");
            says.push(line(count, Role::Info));
        }
    }
    says.push(Line::default());
    let why = match draft.reason.as_str() {
        "" => ("not said".to_owned(), true),
        reason => (reason.to_owned(), false),
    };
    let field = |key: char, name: &str, (value, is_default): (String, bool)| {
        let key = if has_keys { key } else { ' ' };
        field((&key.to_string(), 2), (name, 11), (&value, is_default), look)
    };
    if draft.given.is_none() && has_keys {
        says.push(field('e', "command", ("as above".to_owned(), true)));
    }
    says.push(field('w', "why", why));
    let limits = &draft.limits;
    says.extend(Limit::ALL.map(|limit| {
        let value = (told(limits, limit), limits.is_default(limit));
        field(key_of(limit), &limit.to_string(), value)
    }));
    says
}

/// A limit in words.
fn told(limits: &Limits, limit: Limit) -> String {
    match (limit, limits.typed(limit)) {
        (Limit::Concurrency, typed) if typed.is_empty() => "50 of each batch".to_owned(),
        (Limit::Concurrency, share) if share.ends_with('%') => format!("{share} of each batch of 50"),
        (Limit::Concurrency, number) => format!("{number} over all"),
        (Limit::Errors, typed) if typed.is_empty() => "none stops it: all are asked".to_owned(),
        (Limit::Errors, number) => format!("{number} may fail, then no more are asked"),
        (Limit::Lasts, seconds) => format!("{seconds} s on each"),
    }
}

/// The key of the preview that changes a limit.
fn key_of(limit: Limit) -> char {
    match limit {
        Limit::Concurrency => 'c',
        Limit::Errors => 'f',
        Limit::Lasts => 't',
    }
}

pub(super) fn limit_of(key: char) -> Option<Limit> {
    Limit::ALL.into_iter().find(|limit| key_of(*limit) == key)
}

pub(super) fn instances(count: usize) -> String {
    format!("{count} instance{}", if count == 1 { "" } else { "s" })
}

fn names(nodes: &[&Node]) -> String {
    let label = |node: &&Node| match node.name.as_str() {
        "" => node.id.to_string(),
        name => name.to_owned(),
    };
    let named: Vec<String> = nodes.iter().take(NAMED).map(label).collect();
    let more = match nodes.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}
