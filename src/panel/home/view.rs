//! Painting home: what burns across the top, below it four boxes, the one that needs an eye at the upper left.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::{Model, Place};
use crate::panel::{age, alarms, boxed, costs, documents};
use crate::recording::clock;
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

/// Of a run's id, as many as tell apart what was begun in one millisecond and the next.
const RUN_DIGITS: usize = 13;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let height = alarms::burning_height(model, area.height);
    let [burning, area] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
    alarms::burning(model, burning, buf, look);
    if area.width < 90 {
        let [above, below] = Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
        attention(model, above, buf, look);
        recent(model, below, buf, look);
        return;
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    let [first, third] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(left);
    let [second, fourth] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(right);
    attention(model, first, buf, look);
    regions(model, second, buf, look);
    recent(model, third, buf, look);
    money(model, fourth, buf, look);
}

fn put(title: &'static str, lines: Vec<Line>, area: Rect, buf: &mut Buffer, look: &Look) {
    let inner = boxed(area, buf, look, Line::styled(title, look.of(Role::Title)), false);
    let (x, room) = (inner.x + 1.min(inner.width), inner.width.saturating_sub(2));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        if line.width() <= usize::from(room) {
            buf.set_line(x, y, line, room);
            continue;
        }
        let (end, _) = buf.set_line(x, y, line, room.saturating_sub(1));
        buf.set_stringn(end, y, "…", usize::from(room.min(1)), look.of(Role::Dim));
    }
}

/// Failures, agents that are lost, sessions that are open, runs that go on; or that all is well.
fn attention(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let fleet = &model.fleet;
    let dim = look.of(Role::Dim);
    let mut lines = Vec::new();
    for tab in model.sessions.tabs.iter().filter(|tab| tab.is_live()) {
        lines.push(Line::from(vec![
            Span::styled("● ", look.of(Role::Good)),
            Span::styled(text::quote(&tab.title).into_owned(), look.of(Role::Text)),
            Span::styled(format!("  {}", tab.status), dim),
        ]));
    }
    lines.extend(awaited(model, look));
    for run in model.fanout.runs.iter().filter(|run| run.is_going()) {
        lines.push(Line::from(vec![
            Span::styled("● ", look.of(Role::Info)),
            Span::styled(text::quote(&run.text).into_owned(), look.of(Role::Text)),
            Span::styled(format!("  {} of {} over", run.over(), run.targets.len()), dim),
        ]));
    }
    if let Some(stands) = model.carry.stands() {
        lines.push(Line::from(vec![
            Span::styled("● ", look.of(Role::Warn)),
            Span::styled(text::quote(&model.carry.title).into_owned(), look.of(Role::Text)),
            Span::styled(format!("  {stands}"), dim),
        ]));
    }
    for left in &model.carry_left {
        let how = if left.is_unknown {
            ", one step under way"
        } else {
            ""
        };
        let short: String = left.run.chars().take(RUN_DIGITS).collect();
        lines.push(Line::from(vec![
            Span::styled("! ", look.of(Role::Warn)),
            Span::styled(text::quote(&left.title).into_owned(), look.of(Role::Text)),
            Span::styled(
                format!(
                    " died at {}/{}: :runbook.resume {short}{how}",
                    left.done, left.steps
                ),
                dim,
            ),
        ]));
    }
    for failure in &fleet.failures {
        lines.push(Line::from(vec![
            Span::styled("✗ ", look.of(Role::Bad)),
            Span::styled(
                format!("{} {}: {}", failure.account, failure.region, failure.cause),
                look.of(Role::Text),
            ),
        ]));
        lines.push(Line::styled(format!("  {}", failure.hint), dim));
    }
    for (name, says, role) in model.forwards.troubled() {
        let mark = if role == Role::Bad { "✗ " } else { "! " };
        lines.push(Line::from(vec![
            Span::styled(mark, look.of(role)),
            Span::styled(format!("tunnel {} ", text::quote(name)), look.of(Role::Text)),
            Span::styled(text::quote(&says).into_owned(), dim),
        ]));
    }
    let lost = fleet.nodes.iter().filter(|node| {
        let running = node.state.as_deref().is_none_or(|state| state == "running");
        node.agent_known && running && !node.is_online() && model.is_production(node)
    });
    let mut lost: Vec<_> = lost.collect();
    lost.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    for node in lost.into_iter().take(12) {
        let says = match &node.ping {
            None => "has no agent: no way in without one",
            Some(_) => "has lost its agent",
        };
        lines.push(Line::from(vec![
            Span::styled("○ ", look.of(Role::Warn)),
            Span::styled("prod", look.of(Role::Bad)),
            Span::styled(format!(" {} ", text::quote(&node.name)), look.of(Role::Text)),
            Span::styled(says, dim),
        ]));
    }
    if lines.is_empty() {
        let (says, role) = match (fleet.loading, fleet.answered) {
            (true, _) => ("asking every account and region…", Role::Dim),
            (false, true) => (
                "nothing: every region answered, every production agent is online",
                Role::Good,
            ),
            (false, false) => (
                "no account and no region to ask: see `qd config init`",
                Role::Warn,
            ),
        };
        lines.push(Line::styled(says, look.of(role)));
    }
    put("Needs an eye", lines, area, buf, look);
}

/// Automations that wait for a person, the key that leads to them, and whose are not known.
fn awaited(model: &Model, look: &Look) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let key = documents::waiting_key(model, Place::Home);
    let line = |waiting: documents::Waiting<'_>| {
        let says = format!(" {}", text::quote(&waiting.says));
        Line::from(vec![
            Span::styled("? ", look.of(Role::Warn)),
            Span::styled(key.clone(), look.of(Role::Key)),
            Span::styled(format!(" {}", text::quote(waiting.called)), look.of(Role::Text)),
            Span::styled(says, look.of(Role::Warn)),
            Span::styled(format!("  {}", text::quote(&waiting.place)), dim),
        ])
    };
    let mut lines: Vec<Line> = model.documents.waiting().map(line).collect();
    for failure in &model.documents.unknown {
        // A place that answers nothing at all is told by what the fleet knows of it.
        let is_told = |known: &crate::aws::Failure| {
            (&known.profile, &known.region, &known.cause)
                == (&failure.profile, &failure.region, &failure.cause)
        };
        if !model.fleet.failures.iter().any(is_told) {
            let place = format!(
                "automations of {} {} are not known",
                failure.profile, failure.region
            );
            lines.push(Line::from(vec![
                Span::styled("✗ ", look.of(Role::Bad)),
                Span::styled(text::quote(&place).into_owned(), look.of(Role::Text)),
            ]));
            let why = format!("  {}: {}", failure.cause, failure.hint);
            lines.push(Line::styled(text::quote(&why).into_owned(), dim));
        }
    }
    lines
}

/// Instances by account and region.
fn regions(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for node in model.fleet.nodes.iter().filter(|node| !node.is_terminated()) {
        let count = counts.entry((&node.profile, &node.region)).or_default();
        count.0 += 1;
        count.1 += usize::from(node.is_online());
    }
    let dim = look.of(Role::Dim);
    let most = counts.values().map(|count| count.0).max().unwrap_or(1).max(1);
    let name = usize::from(area.width.saturating_sub(35)).clamp(8, 20);
    let mut lines = vec![Line::styled(
        format!("{:<name$}{:<16}{:>5}  ONLINE", "ACCOUNT", "REGION", "NODES"),
        dim,
    )];
    for ((profile, region), (all, online)) in counts {
        let room = usize::from(area.width.saturating_sub(56)).min(24);
        let bar = "▆".repeat((online * room).div_ceil(most).min(room));
        lines.push(Line::from(vec![
            Span::styled(text::fit(profile, name), look.of(Role::Text)),
            Span::styled(text::fit(region, 16), dim),
            Span::styled(format!("{all:>5}  "), look.of(Role::Text)),
            Span::styled(format!("{online:<4} "), look.of(Role::Good)),
            Span::styled(bar, look.of(Role::Chart1)),
        ]));
    }
    put("Fleet", lines, area, buf, look);
}

/// The last recordings.
fn recent(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let dim = look.of(Role::Dim);
    let mut lines: Vec<Line> = model
        .recordings
        .rows
        .iter()
        .take(usize::from(area.height))
        .map(|row| {
            let name = row.name.as_deref().or(row.target.as_deref()).unwrap_or("—");
            let length = row.duration_us.map_or("live".to_owned(), clock);
            Line::from(vec![
                Span::styled(age::stamp(row.started_at), dim),
                Span::styled(format!("  {}", text::fit(name, 26)), look.of(Role::Text)),
                Span::styled(format!("{length:>8}  "), look.of(Role::Accent)),
                Span::styled(row.reason.clone().unwrap_or_default(), dim),
            ])
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::styled("no session was recorded yet", dim));
        lines.push(Line::styled(
            "2 shows the fleet; enter opens a shell, recorded from its first byte",
            dim,
        ));
    }
    put("Last sessions", lines, area, buf, look);
}

fn money(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let room = usize::from(area.width.saturating_sub(4)).max(1);
    let mut lines = Vec::new();
    for line in costs::headline(model, look) {
        if line.width() <= room {
            lines.push(line);
        } else {
            let wrapped = wrap_spans(&line.spans, room, Blanks::Fold);
            lines.extend(wrapped.into_iter().map(|part| part.style(line.style)));
        }
    }
    put("Costs", lines, area, buf, look);
}
