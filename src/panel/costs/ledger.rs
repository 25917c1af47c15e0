//! What was taken on and what it really saved: a line a move, with what was promised and what was booked after one, two
//! and four weeks; below them the sums by team, and what is put off.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::{Ask, Effect, Key, Model, Notice, Overlay, Weight};
use crate::cost::advice::ledger::{BOOKED_AFTER_DAYS, Line as Entry, by_team};
use crate::cost::advice::{Ledger, Snoozed};
use crate::cost::{Amount, today};
use crate::ui::prompt::Prompt;
use crate::ui::table::{Column, Table, Width};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::money::about;
use super::moves::range;
use super::numbered::{self, Numbered};
use super::view::put_all;
use super::{Costs, Tab};

/// What is promised and saved is in dollars.
const CURRENCY: &str = "USD";

pub fn view(costs: &Costs, area: Rect, buf: &mut Buffer, look: &Look) {
    let dim = look.of(Role::Dim);
    let Some(ledger) = costs.shown_ledger() else {
        let says = match costs.refused_because(&Key::Ledger) {
            Some(why) => format!("{why}; a looks again"),
            None => "reading what was decided…".to_owned(),
        };
        let room = usize::from(area.width.saturating_sub(2)).max(10);
        put_all(
            wrap_spans(&[Span::styled(says, dim)], room, Blanks::Fold),
            area,
            buf,
        );
        return;
    };
    let room = usize::from(area.width.saturating_sub(2)).max(10);
    let mut lines = wrap_spans(&sums(costs, ledger, look), room, Blanks::Fold);
    if let Some(says) = unbooked(costs, ledger) {
        let says = Span::styled(text::quote(&says).into_owned(), look.of(Role::Text));
        lines.extend(wrap_spans(&[says], room, Blanks::Fold));
    }
    if !ledger.asleep.is_empty() {
        let asleep = ledger.asleep.iter();
        let asleep = asleep.map(|(id, snoozed)| snoozed.says(id));
        let says = format!("put off: {}", asleep.collect::<Vec<_>>().join("; "));
        let says = Span::styled(text::quote(&says).into_owned(), dim);
        lines.extend(wrap_spans(&[says], room, Blanks::Fold));
    }
    if !ledger.withdrawn.is_empty() {
        let each = ledger.withdrawn.iter();
        let each = each.map(|(id, on, reason)| format!("{id} on {on} ({reason})"));
        let says = format!("taken back: {}", each.collect::<Vec<_>>().join("; "));
        let says = Span::styled(text::quote(&says).into_owned(), dim);
        lines.extend(wrap_spans(&[says], room, Blanks::Fold));
    }
    let after = BOOKED_AFTER_DAYS.map(|days| format!("{days} DAYS"));
    let [week, fortnight, month] = &after;
    let columns = [
        Column::new("TAKEN ON", Width::Fixed(10)),
        Column::new("WHAT", Width::Fill(20)),
        Column::new("RULE", Width::Fixed(20)).drop(3),
        Column::new("TEAM", Width::Fixed(10)).drop(1),
        Column::new("PROMISED", Width::Fixed(14)).right(),
        Column::new(week, Width::Fixed(10)).right().drop(2),
        Column::new(fortnight, Width::Fixed(10)).right().drop(2),
        Column::new(month, Width::Fixed(10)).right(),
    ];
    let table = Table {
        columns: &columns,
        rows: &Numbered {
            len: rows(ledger),
            cells: |row| match Chosen::of(ledger, row) {
                Chosen::Line(at) => ledger.lines.get(at).map(|line| taken_on(line, look)),
                Chosen::Asleep(at) => ledger.asleep.get(at).map(|asleep| put_off(asleep, look)),
            },
        },
        focused: true,
        empty: "nothing is taken on yet: x on a move (b) takes it on",
    };
    numbered::view(&table, &costs.entry, lines, area, buf, look);
}

/// Asks why the move under the cursor is taken back; one that was put off is woken without a question.
pub fn ask_withdraw(model: &mut Model) -> Vec<Effect> {
    match chosen(model) {
        None => {
            let says = "a move is taken back in the ledger, where one is under the cursor";
            model.notice(Notice::new(Weight::Info, says).hint("a opens the ledger"));
            return Vec::new();
        }
        Some(Chosen::Asleep(_)) => return withdraw(model, ""),
        Some(Chosen::Line(_)) => {}
    }
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::Withdraw,
        prompt: Prompt::default(),
    });
    Vec::new()
}

/// Its finding is open again; the next look at the board counts it.
pub fn withdraw(model: &mut Model, reason: &str) -> Vec<Effect> {
    let Some(chosen) = chosen(model) else {
        return Vec::new();
    };
    let is_line = matches!(chosen, Chosen::Line(_));
    if is_line && reason.trim().is_empty() {
        model.notice(Notice::new(
            Weight::Warn,
            "a reason is wanted: others will read it",
        ));
        return ask_withdraw(model);
    }
    let today = today(model.now);
    let costs = &mut model.costs;
    costs.board = None;
    let Some((_, ledger)) = &mut costs.ledger else {
        return Vec::new();
    };
    let reason = reason.trim().to_owned();
    let id = match chosen {
        Chosen::Line(at) => {
            let Entry { id, accepted, .. } = ledger.lines.remove(at);
            let what = accepted.says(&id);
            ledger.withdrawn.push((what, today, reason.clone()));
            id
        }
        Chosen::Asleep(at) => ledger.asleep.remove(at).0,
    };
    vec![Effect::WithdrawMove { id, reason }]
}

/// A row of the ledger: what was taken on, then what is put off.
#[derive(Clone, Copy)]
enum Chosen {
    Line(usize),
    Asleep(usize),
}

impl Chosen {
    fn of(ledger: &Ledger, row: usize) -> Chosen {
        match row.checked_sub(ledger.lines.len()) {
            None => Chosen::Line(row),
            Some(at) => Chosen::Asleep(at),
        }
    }
}

/// Rows of the ledger.
pub(super) fn rows(ledger: &Ledger) -> usize {
    ledger.lines.len() + ledger.asleep.len()
}

fn chosen(model: &Model) -> Option<Chosen> {
    let costs = &model.costs;
    let ledger = costs.shown_ledger().filter(|_| costs.tab == Tab::Ledger)?;
    let row = costs.entry.index(&numbered::rows(rows(ledger)))?;
    Some(Chosen::of(ledger, row))
}

/// What was promised, what came of it, and for whom.
fn sums(costs: &Costs, ledger: &Ledger, look: &Look) -> Vec<Span<'static>> {
    let dim = look.of(Role::Dim);
    if ledger.lines.is_empty() {
        return vec![Span::styled(
            "a move that is taken on is booked here, by what the bill says later",
            dim,
        )];
    }
    let promised = estimate(ledger.at_least(), ledger.promised());
    let mut spans = vec![Span::styled(format!("{promised} a month promised; "), dim)];
    let teams = by_team(&ledger.lines);
    if teams.is_empty() {
        let priced = costs.priced_for(&Key::Ledger);
        let says = match (priced, costs.refused_because(&Key::Ledger)) {
            (Some(price), _) => format!("what it saved takes the bill of those weeks: a asks {price}"),
            (None, Some(why)) => format!("what it saved is not known: {why}; a looks again"),
            (None, None) if ledger.ripe == 0 => {
                "nothing is booked yet: the first time is a week after it was taken on".into()
            }
            (None, None) => "the bill does not tell what was saved".into(),
        };
        spans.push(Span::styled(says, dim));
        return spans;
    }
    let saved: f64 = teams.values().sum();
    let says = format!("{} saved so far", about(saved, CURRENCY));
    spans.push(Span::styled(says, look.of(of_saving(saved))));
    let each = teams.iter().map(|(team, saved)| {
        let team = if team.is_empty() { "no team" } else { team };
        format!("{} {}", text::quote(team), about(*saved, CURRENCY))
    });
    let each = each.collect::<Vec<_>>().join(", ");
    spans.push(Span::styled(format!(": {each}"), look.of(Role::Text)));
    spans
}

/// Why nothing is booked of the move under the cursor, or less than fell; nothing while it takes another question.
fn unbooked(costs: &Costs, ledger: &Ledger) -> Option<String> {
    if costs.priced_for(&Key::Ledger).is_some() {
        return None;
    }
    let row = costs.entry.index(&numbered::rows(rows(ledger)))?;
    let Chosen::Line(at) = Chosen::of(ledger, row) else {
        return None;
    };
    let line = ledger.lines.get(at)?;
    Some(format!("{}: {}", line.accepted.resource, line.why.as_ref()?))
}

/// Both ends of what is promised a month.
fn estimate(least: f64, most: f64) -> String {
    let [least, most] = [least, most].map(|value| Amount::from_double(value).map(|read| read.amount));
    least
        .zip(most)
        .map_or_else(|| "–".into(), |(least, most)| range(least, most))
}

/// Nothing saved is no good news.
fn of_saving(saved: f64) -> Role {
    if saved > 0.0 { Role::Good } else { Role::Dim }
}

fn put_off((id, snoozed): &(String, Snoozed), look: &Look) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let quoted = |text: &str| text::quote(text).into_owned();
    let what = snoozed.resource.as_deref().unwrap_or(id);
    let rule = snoozed.rule.as_deref().unwrap_or("–");
    let mut cells = vec![
        Line::styled("put off", dim),
        Line::styled(quoted(what), look.of(Role::Text)),
        Line::styled(quoted(rule), dim),
    ];
    // Nothing is promised, and nothing is booked.
    cells.resize(5 + BOOKED_AFTER_DAYS.len(), Line::styled("–", dim));
    cells
}

fn taken_on(line: &Entry, look: &Look) -> Vec<Line<'static>> {
    let accepted = &line.accepted;
    let dim = look.of(Role::Dim);
    let quoted = |text: &str| text::quote(text).into_owned();
    let promised = match accepted.promised.parse::<f64>() {
        Ok(_) => estimate(line.at_least(), line.promised()),
        Err(_) => quoted(&accepted.promised),
    };
    let mut cells = vec![
        Line::styled(line.on.to_string(), dim),
        Line::styled(quoted(&accepted.resource), look.of(Role::Text)),
        Line::styled(quoted(&accepted.rule), dim),
        Line::styled(quoted(accepted.team.as_deref().unwrap_or("no team")), dim),
        Line::styled(promised, look.of(Role::Text)),
    ];
    cells.extend(line.saved.iter().map(|saved| match saved {
        Some(saved) => Line::styled(about(*saved, CURRENCY), look.of(of_saving(*saved))),
        None => Line::styled("–", dim),
    }));
    cells
}
