//! The board of moves: what to stop, reduce, rightsize and shift in four columns, each with what it saves a month. Taking
//! one on opens its runbook with the resource filled in; putting one off wants a day and a reason.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::{Ask, Effect, Key, Model, Notice, Overlay, Weight};
use crate::cost::advice::{Accepted, Board, Confidence, Counted, Decision, Finding, Move, Snoozed};
use crate::cost::{Amount, Dimension, today};
use crate::panel::runbooks;
use crate::ui::prompt::Prompt;
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::Costs;
use super::money::money;
use super::view::{put_all, put_flush};

const COLUMNS: [(Move, &str); 4] = [
    (Move::Stop, "Stop"),
    (Move::Reduce, "Reduce"),
    (Move::Rightsize, "Rightsize"),
    (Move::Shift, "Shift"),
];
/// Cells of what is saved and of the rule, in a list.
const SAVED: usize = 17;
const RULE: usize = 22;
/// Rows of a card, the gap below it with them; one more where there is room for where it is and what it takes.
const CARD: u16 = 3;
const PLACED: u16 = 140;
/// Below this four columns cannot be read: one move is shown at a time, a line a finding.
const LEAST: u16 = 100;

impl Costs {
    /// The board of the source that is looked at.
    pub(super) fn shown_board(&self) -> Option<&Board> {
        let source = self.source_or_first()?;
        let shown = self.board.as_ref().filter(|(of, _)| *of == source);
        shown.map(|(_, board)| board)
    }

    /// Findings in the order in which the cursor walks them: column by column.
    pub(super) fn move_ids(&self) -> Vec<String> {
        let Some(board) = self.shown_board() else {
            return Vec::new();
        };
        let of = |step: Move| column(board, step).map(|row| row.finding.id());
        COLUMNS.iter().flat_map(|(step, _)| of(*step)).collect()
    }

    fn chosen(&self) -> Option<&Counted> {
        let id = self.move_.current(self.move_ids().as_slice())?;
        self.shown_board()?.rows.iter().find(|row| row.finding.id() == id)
    }
}

/// To the next column that has something, or to the one before; as far down in it as in this one.
pub fn aside(costs: &mut Costs, to_the_right: bool) {
    let (Some(board), Some(chosen)) = (costs.shown_board(), costs.chosen()) else {
        return;
    };
    let ids = |step: Move| -> Vec<String> { column(board, step).map(|row| row.finding.id()).collect() };
    let here = chosen.finding.rule.step();
    let down = ids(here).iter().position(|id| *id == chosen.finding.id());
    let mut lanes: Vec<Move> = COLUMNS.iter().map(|(step, _)| *step).collect();
    if !to_the_right {
        lanes.reverse();
    }
    let beyond = lanes.into_iter().skip_while(|step| *step != here).skip(1);
    let next = beyond.map(ids).find(|ids| !ids.is_empty()).unwrap_or_default();
    let at = down.unwrap_or(0).min(next.len().saturating_sub(1));
    if let Some(id) = next.into_iter().nth(at) {
        costs.move_.select(Some(id));
    }
}

fn column(board: &Board, step: Move) -> impl Iterator<Item = &Counted> {
    board
        .rows
        .iter()
        .filter(move |row| row.finding.rule.step() == step)
}

/// Books the decision and opens the runbook.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(counted) = model.costs.chosen().cloned() else {
        return Vec::new();
    };
    let finding = counted.finding.clone();
    let accepted = Accepted::of(&counted, model.now);
    let mut effects = vec![Effect::DecideMove {
        id: finding.id(),
        decision: Box::new(Decision::Accepted(accepted)),
    }];
    effects.extend(look(model));
    // Nothing else can be done in its place.
    forget(model, |one| !finding.shuts_out(one));
    effects
}

/// Opens the runbook, filled in; nothing is booked.
pub fn look(model: &mut Model) -> Vec<Effect> {
    let Some(action) = model.costs.chosen().map(|row| row.finding.action.clone()) else {
        return Vec::new();
    };
    runbooks::open_filled(model, action.runbook, action.parameters)
}

/// What was decided is off the board at once; the next look counts anew.
fn forget(model: &mut Model, is_left: impl Fn(&Finding) -> bool) {
    model.costs.ledger = None;
    if let Some((_, board)) = &mut model.costs.board {
        board.leave(is_left);
    }
}

pub fn ask_snooze(model: &mut Model) -> Vec<Effect> {
    if model.costs.chosen().is_some() {
        model.overlay = Some(Overlay::Prompt {
            ask: Ask::Snooze,
            prompt: Prompt::default(),
        });
    }
    Vec::new()
}

/// `2026-12-01 the migration ends in November`.
pub fn snooze(model: &mut Model, typed: &str) -> Vec<Effect> {
    let Some(finding) = model.costs.chosen().map(|row| row.finding.clone()) else {
        return Vec::new();
    };
    let (day, reason) = typed.trim().split_once(' ').unwrap_or((typed.trim(), ""));
    let says = match day.parse::<Date>() {
        Err(_) => "write a day such as 2026-12-01, then why",
        Ok(until) if until <= today(model.now) => "that day is not after today",
        Ok(_) if reason.trim().is_empty() => "a reason is wanted: others will read it",
        Ok(until) => {
            let snoozed = Snoozed::of(&finding, until, reason.trim().to_owned(), model.now);
            let id = finding.id();
            forget(model, |one| one.id() != id);
            return vec![Effect::DecideMove {
                id,
                decision: Box::new(Decision::Snoozed(snoozed)),
            }];
        }
    };
    model.notice(Notice::new(Weight::Warn, says));
    model.overlay = Some(Overlay::Prompt {
        ask: Ask::Snooze,
        prompt: Prompt::new(typed.to_owned()),
    });
    Vec::new()
}

pub fn view(costs: &Costs, area: Rect, buf: &mut Buffer, look: &Look) {
    let Some(board) = costs.shown_board() else {
        let says = match (costs.priced_for(&Key::Moves), costs.refused_because(&Key::Moves)) {
            (Some(price), _) => format!("what can be saved is not on this machine; b asks: {price}"),
            (None, Some(why)) => format!("{why}; b looks again"),
            (None, None) => "looking at the fleet and the bill…".to_owned(),
        };
        let room = usize::from(area.width.saturating_sub(2)).max(10);
        let lines = wrap_spans(&[Span::styled(says, look.of(Role::Dim))], room, Blanks::Fold);
        put_all(lines, area, buf);
        return;
    };
    let chosen = costs.chosen();
    let words = explained(costs, board, chosen, area, look);
    let detail = Constraint::Length(words.len() as u16);
    let [columns, below] = Layout::vertical([Constraint::Fill(1), detail]).areas(area);
    if area.width < LEAST {
        list(board, chosen, columns, buf, look);
    } else {
        let widths = Layout::horizontal(COLUMNS.iter().map(|_| Constraint::Fill(1)))
            .spacing(1)
            .split(columns);
        for ((step, title), place) in COLUMNS.iter().zip(widths.iter()) {
            let card = CARD + u16::from(area.width >= PLACED);
            lane(costs, board, (*step, title), chosen, (*place, card), buf, look);
        }
    }
    put_all(words, below, buf);
}

fn lane(
    costs: &Costs,
    board: &Board,
    (step, title): (Move, &str),
    chosen: Option<&Counted>,
    (area, card): (Rect, u16),
    buf: &mut Buffer,
    look: &Look,
) {
    let rows: Vec<&Counted> = column(board, step).collect();
    let head = Line::from(vec![
        Span::styled(format!("{title} "), look.of(Role::Heading)),
        saves(board, step, look),
        Span::styled(format!("  {}", rows.len()), look.of(Role::Dim)),
    ]);
    put_flush(&head, area.y, area, buf);
    let selected = chosen.and_then(|chosen| {
        rows.iter()
            .position(|row| row.finding.id() == chosen.finding.id())
    });
    let room = usize::from(area.height.saturating_sub(1) / card).max(1);
    let from = selected.map_or(0, |at| (at + 1).saturating_sub(room));
    for (nth, row) in rows.iter().skip(from).take(room).enumerate() {
        let y = area.y + 1 + nth as u16 * card;
        if y >= area.bottom() {
            break;
        }
        let place = Rect {
            y,
            height: (card - 1).min(area.bottom() - y),
            ..area
        };
        self::card(costs, row, selected == Some(from + nth), place, buf, look);
    }
}

/// The move under the cursor alone, below how many findings each has.
fn list(board: &Board, chosen: Option<&Counted>, area: Rect, buf: &mut Buffer, look: &Look) {
    let at = chosen.map_or(Move::Stop, |row| row.finding.rule.step());
    let mut head = Line::default();
    for (step, title) in &COLUMNS {
        let role = if *step == at { Role::Heading } else { Role::Dim };
        head.push_span(Span::styled(
            format!("{title} {}  ", column(board, *step).count()),
            look.of(role),
        ));
    }
    // Of the one that is listed: the sum of all stands below.
    let title = COLUMNS
        .iter()
        .find(|(step, _)| *step == at)
        .map_or("", |(_, title)| title);
    head.push_span(Span::styled(format!("{title} "), look.of(Role::Good)));
    head.push_span(saves(board, at, look));
    put_flush(&head, area.y, area, buf);
    let rows: Vec<&Counted> = column(board, at).collect();
    let selected = chosen.and_then(|chosen| {
        rows.iter()
            .position(|row| row.finding.id() == chosen.finding.id())
    });
    let room = usize::from(area.height.saturating_sub(1)).max(1);
    let from = selected.map_or(0, |at| (at + 1).saturating_sub(room));
    let named = usize::from(area.width).saturating_sub(SAVED + RULE);
    for (nth, row) in rows.iter().enumerate().skip(from).take(room) {
        let (mark, role) = if selected == Some(nth) {
            ("▸", Role::Accent)
        } else {
            (" ", Role::Text)
        };
        let finding = &row.finding;
        let name = text::quote(finding.name.as_deref().unwrap_or(&finding.resource)).into_owned();
        let saved = text::fit(&range(row.low, row.high), SAVED - 1);
        let line = Line::from(vec![
            Span::styled(text::fit(&format!("{mark}{name}"), named), look.of(role)),
            Span::styled(format!(" {saved}"), look.of(Role::Good)),
            sure(finding.confidence, look),
            Span::styled(finding.rule.name(), look.of(Role::Dim)),
        ]);
        put_flush(&line, area.y + 1 + (nth - from) as u16, area, buf);
    }
}

fn sure(confidence: Confidence, look: &Look) -> Span<'static> {
    let says = match confidence {
        Confidence::A => "A ",
        Confidence::B => "B ",
        Confidence::C => "C ",
    };
    Span::styled(says, look.of(Role::Info).add_modifier(Modifier::BOLD))
}

/// Its name and what it saves by which rule; in a third row where it is, and what it takes.
fn card(costs: &Costs, row: &Counted, selected: bool, area: Rect, buf: &mut Buffer, look: &Look) {
    let finding = &row.finding;
    let name = finding.name.as_deref().unwrap_or(&finding.resource);
    let mark = if selected { "▸" } else { " " };
    let style = look.of(if selected { Role::Accent } else { Role::Text });
    let room = usize::from(area.width.saturating_sub(1));
    let name = text::truncate(&text::quote(name), room).into_owned();
    put_flush(&Line::styled(format!("{mark}{name}"), style), area.y, area, buf);
    if area.height > 2 {
        // The words below say in full what takes minutes.
        let says = [place(costs, finding), finding.effort.name().to_owned()].join(" · ");
        let says = text::truncate(&says, room).into_owned();
        let says = Line::styled(format!(" {says}"), look.of(Role::Dim));
        put_flush(&says, area.y + 2, area, buf);
    }
    if area.height > 1 {
        let line = Line::from(vec![
            Span::styled(format!(" {} ", range(row.low, row.high)), look.of(Role::Good)),
            sure(finding.confidence, look),
            Span::styled(finding.rule.name(), look.of(Role::Dim)),
        ]);
        put_flush(&line, area.y + 1, area, buf);
    }
}

/// The account by its name, and the region; what is of every account has no place.
fn place(costs: &Costs, finding: &Finding) -> String {
    let account = costs.called(&Dimension::Account, &finding.place.account);
    let account = Some(account).filter(|_| !finding.place.account.is_empty());
    let region = Some(finding.place.region.clone()).filter(|region| !region.is_empty());
    let parts: Vec<String> = account.into_iter().chain(region).collect();
    match parts.is_empty() {
        true => "every account".to_owned(),
        false => text::quote(&parts.join(" ")).into_owned(),
    }
}

fn takes(finding: &Finding) -> String {
    format!("{} of work", finding.effort.name())
}

/// The one under the cursor, in half of the area at most, and below it the sum of all.
fn explained(
    costs: &Costs,
    board: &Board,
    chosen: Option<&Counted>,
    area: Rect,
    look: &Look,
) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let room = usize::from(area.width.saturating_sub(2)).max(10);
    let Some(row) = chosen else {
        let says = match (board.unanswered.is_empty(), board.without_bill) {
            (false, _) => "nothing to do was found in what answered",
            (true, true) => "nothing to do was found in the fleet; the bill is not known",
            (true, false) => "nothing to do was found in the fleet and in the bill on this machine",
        };
        let mut lines = unanswered(board, room, look);
        lines.push(Line::styled(says, dim));
        return lines;
    };
    let finding = &row.finding;
    let team = match &finding.team {
        Some(team) => format!("team {team}"),
        None => "no team".into(),
    };
    let what = vec![
        Span::styled(text::quote(&finding.resource).into_owned(), look.of(Role::Accent)),
        Span::styled(
            format!(" · {} · {}", place(costs, finding), takes(finding)),
            look.of(Role::Text),
        ),
        Span::styled(format!(" · {}", text::quote(&team)), dim),
    ];
    let why = vec![
        Span::styled(text::quote(&finding.evidence).into_owned(), look.of(Role::Text)),
        Span::styled(
            format!(
                " · by {} · {} · runbook {}",
                finding.price.name(),
                if finding.reversible {
                    "can be undone"
                } else {
                    "cannot be undone"
                },
                finding.action.runbook
            ),
            dim,
        ),
    ];
    let mut lines = wrap_spans(&what, room, Blanks::Fold);
    lines.extend(wrap_spans(&why, room, Blanks::Fold));
    lines.truncate(usize::from(area.height / 2).saturating_sub(2));
    let once = match board.unanswered.is_empty() {
        false => " in what answered",
        true if area.width < LEAST => "",
        true => ", each resource counted once",
    };
    let total = format!(
        "together {} a month{once} · x takes it on, z puts it off",
        range(board.low, board.high)
    );
    if board.without_bill {
        let says = "by list prices, without the bill, which some rules need: R asks for it";
        lines.push(Line::styled(says, look.of(Role::Warn)));
    }
    lines.extend(unanswered(board, room, look));
    lines.push(Line::styled(total, dim));
    lines
}

/// Why there may be more to do than is listed, in two lines at most; none where everything answered.
fn unanswered(board: &Board, room: usize, look: &Look) -> Vec<Line<'static>> {
    let Some((first, others)) = board.unanswered.split_first() else {
        return Vec::new();
    };
    let count = match others.len() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let says = format!(
        "not all answered, nothing is known of it{count}: {}",
        text::quote(first)
    );
    // Lines end at words, and leave some room.
    let says = text::truncate(&says, 2 * room - room / 4).into_owned();
    wrap_spans(&[Span::styled(says, look.of(Role::Warn))], room, Blanks::Fold)
}

/// What the findings of a move save; where some did not answer and none was found, nobody knows.
fn saves(board: &Board, step: Move, look: &Look) -> Span<'static> {
    let (low, high) = board.of(step);
    match !board.unanswered.is_empty() && column(board, step).next().is_none() {
        true => Span::styled("not known", look.of(Role::Warn)),
        false => Span::styled(range(low, high), look.of(Role::Good)),
    }
}

/// What is left of a resource when others found more on it may be less at the upper end than at the lower.
pub(super) fn range(one: Amount, other: Amount) -> String {
    let (low, high) = (one.min(other), one.max(other));
    match low == high {
        true => money(high, "USD"),
        false => format!("{}–{}", money(low, "USD"), money(high, "USD")),
    }
}
