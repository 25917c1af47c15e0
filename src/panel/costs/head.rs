//! The sentence that is read first: this month so far against the same days, where it will end, how much of the budget
//! that is. One colour in it: that of the change.

use jiff::civil::Date;
use ratatui::text::{Line, Span};

use crate::app::{Key, Model};
use crate::cost::projection::FEWEST_MISSES;
use crate::cost::{Amount, Budget, Report, Source, Summary, today};
use crate::panel::age;
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::money::{about, between, money, percent, short};
use super::view::dated;

/// From this room on what the interval rests on is said too.
const WORDY: u16 = 100;
/// Cells of the budget's gauge.
const GAUGE: usize = 10;

/// What to know first, for home: the sentence, the month's end, and how old that is.
pub fn headline(model: &Model, look: &Look) -> Vec<Line<'static>> {
    let mut lines = lines(model, look, 0);
    if let Some(report) = &model.costs.report {
        let says = match last_day(report, today(model.now).year()) {
            Some(last) => format!("files {last}"),
            None => format!("read {} ago", age::since(report.origin.read_at, model.now)),
        };
        lines.push(Line::styled(says, look.of(Role::Dim)));
    }
    lines
}

/// `to Oct 31`: how far files reach for readers in a year, whatever days of them are shown; `None` for what was asked for.
pub(super) fn last_day(report: &Report, year: i16) -> Option<String> {
    let Source::Files(_) = report.origin.source else {
        return None;
    };
    let shown = report.days.iter().rev().find(|day| day.parts.is_some());
    let finished = report.today.yesterday().ok();
    let last = shown.map(|day| day.day).max(finished)?;
    Some(format!("to {}", dated(last, year)))
}

/// In one line where there is room for both halves, else in two.
pub fn lines(model: &Model, look: &Look, room: u16) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let Some(report) = &model.costs.report else {
        if let Some((says, hint)) = &model.costs.trouble {
            let says = [(says, look.of(Role::Bad)), (hint, dim)];
            let says = says.map(|(says, style)| Span::styled(says.clone(), style));
            return match usize::from(room) {
                0 => says.map(Line::from).into(),
                room => says
                    .iter()
                    .flat_map(|says| wrap_spans(std::slice::from_ref(says), room, Blanks::Fold))
                    .collect(),
            };
        }
        let asking = model.busy.iter().any(|busy| busy.key == Key::Costs);
        let says = if asking {
            "reading costs…"
        } else {
            "5 asks Cost Explorer: $0.01 a page, kept for 8 hours; imported files are free"
        };
        return vec![Line::styled(says, dim)];
    };
    if let Some(says) = nothing(report, today(model.now).year()) {
        let says = Span::styled(says, look.of(Role::Warn));
        return match usize::from(room) {
            0 => vec![Line::from(says)],
            room => wrap_spans(&[says], room, Blanks::Fold),
        };
    }
    let doubt = doubt(report, today(model.now), room, look);
    let mut first = sentence(&report.summary, today(model.now), !doubt.is_empty(), look);
    for other in &report.others {
        let also = match other.is_unknown() {
            true => format!("  and {} not known", other.currency),
            false => format!("  and {}", money(other.current, &other.currency)),
        };
        first.push(Span::styled(also, look.of(Role::Text)));
    }
    if doubt.is_empty() || report.summary.is_whole() {
        first.extend(footing(report, look));
    }
    let mut second = month_end(model, report, room, look);
    second.extend(budget(model, report, look));
    let wide = |spans: &[Span]| spans.iter().map(|span| span.width()).sum::<usize>();
    if wide(&first) + wide(&second) + 5 <= usize::from(room) {
        first.push(Span::styled(" · ", dim));
        first.extend(second);
        return std::iter::once(Line::from(first)).chain(doubt).collect();
    }
    if room > 0 {
        first = within(first, usize::from(room));
        second = within(second, usize::from(room));
    }
    let both = [first, second].map(Line::from);
    both.into_iter().chain(doubt).collect()
}

/// Said in place of a cost of nothing, where no charge passes the filter.
fn nothing(report: &Report, year: i16) -> Option<String> {
    let summary = &report.summary;
    let is_nothing = summary.current == Amount::ZERO && summary.previous == Amount::ZERO;
    let filter = &report.query.filter;
    if filter.is_empty() || !report.rows.is_empty() || !is_nothing || summary.is_unknown() {
        return None;
    }
    let [current, previous] =
        [summary.comparison.current, summary.comparison.previous].map(|period| period.in_year(year));
    Some(format!(
        "no charge of {current} or {previous} matches the filter {}: / changes it",
        text::quote(filter)
    ))
}

/// Why the two periods are no whole ones, and what makes them so; nothing where the room is not known.
fn doubt(report: &Report, today: Date, room: u16, look: &Look) -> Vec<Line<'static>> {
    let summary = &report.summary;
    // Where nothing is compared the sentence says of what nothing is known, and not how much of the rest is.
    let why: Vec<String> = match summary.is_compared() {
        true => summary.doubt(today).into_iter().collect(),
        false => {
            let alone = summary.alone_in_doubt(today);
            alone.into_iter().chain(summary.begun.iter().cloned()).collect()
        }
    };
    let says: Vec<String> = why.into_iter().chain(report.remedy.clone()).collect();
    if says.is_empty() || room == 0 {
        return Vec::new();
    }
    let lacks = match summary.is_compared() && !summary.is_whole() {
        true => "no percentage: ",
        false => "",
    };
    let says = text::quote(&format!("{lacks}{}", says.join("; "))).into_owned();
    let says = Span::styled(says, look.of(Role::Warn));
    wrap_spans(&[says], usize::from(room), Blanks::Fold)
}

/// What the two periods have in common and what not, a part each: a part that does not fit is left out.
fn footing(report: &Report, look: &Look) -> Vec<Span<'static>> {
    let (summary, dim) = (&report.summary, look.of(Role::Dim));
    let (now, then) = (
        summary.comparison.current.days(),
        summary.comparison.previous.days(),
    );
    match summary.known_before {
        0 => Vec::new(),
        known if known < then => {
            let says = format!(", {known} of {then} days known");
            vec![Span::styled(says, look.of(Role::Warn))]
        }
        _ if summary.known < now => {
            let says = format!(", of these {} of {now} days known", summary.known);
            vec![Span::styled(says, look.of(Role::Warn))]
        }
        _ if summary.comparison.is_even() => Vec::new(),
        _ => {
            let a_day = format!(
                ", {} vs {} a day",
                money(summary.current.per(now), report.currency()),
                money(summary.previous.per(then), report.currency())
            );
            vec![
                Span::styled(format!(", {now} vs {then} days"), dim),
                Span::styled(a_day, dim),
            ]
        }
    }
}

/// Without its last parts where they do not fit; the first of those is shortened where it is a sentence, never in a figure.
fn within(mut spans: Vec<Span<'static>>, room: usize) -> Vec<Span<'static>> {
    let mut used = 0;
    let fits = spans.iter().take_while(|span| {
        used += span.width();
        used <= room
    });
    let whole = fits.count();
    let taken: usize = spans.iter().take(whole).map(Span::width).sum();
    let next = spans
        .get(whole)
        .filter(|next| !next.content.contains(['▓', '░']) && !next.content.starts_with(", "));
    let next = next.and_then(|next| Some(Span::styled(shortened(&next.content, room - taken)?, next.style)));
    spans.truncate(whole);
    spans.extend(next);
    spans
}

/// As many whole words of a sentence as there is room for, or whole clauses where it has figures.
fn shortened(says: &str, room: usize) -> Option<String> {
    let (head, _) = text::head(says, room.saturating_sub(1));
    let at = match says.contains(|c: char| c.is_ascii_digit()) {
        true => head.rfind(", ").or_else(|| head.rfind(": ")),
        false => head.rfind(' '),
    };
    let kept = head[..at?].trim_end();
    kept.contains(char::is_alphanumeric).then(|| format!("{kept}…"))
}

/// `Nov 1–20 $12,431 ▲ +8.4 % vs Oct 1–20 ($11,468)`; that there is no percentage, unless the line below says why.
fn sentence(summary: &Summary, today: Date, is_explained: bool, look: &Look) -> Vec<Span<'static>> {
    let role = match summary.change_percent {
        Some(more) if more > 10.0 => Role::Bad,
        Some(more) if more > 2.0 => Role::Warn,
        Some(less) if less < -2.0 => Role::Good,
        _ => Role::Text,
    };
    let sign = match (summary.current - summary.previous).approximate() {
        none if none.abs() < 0.005 => "=",
        less if less < 0.0 => "▼",
        _ => "▲",
    };
    let dim = look.of(Role::Dim);
    let bold = look.of(role).add_modifier(ratatui::style::Modifier::BOLD);
    let [current, previous] =
        [summary.comparison.current, summary.comparison.previous].map(|period| period.in_year(today.year()));
    if !summary.is_compared() {
        let unknown = match summary.known_before {
            0 => format!(", nothing is known of {previous} to compare with"),
            _ => format!(", no day of it known in full: not compared with {previous}"),
        };
        let total = match summary.is_unknown() {
            true => format!("not known in {}", summary.currency),
            false => money(summary.current, &summary.currency),
        };
        // A part must not pass for the whole, wherever it stands; a line below says it in full where there is one.
        let partly = summary
            .partly()
            .filter(|_| !is_explained && summary.known_before == 0);
        let partly = partly.map(|says| Span::styled(format!(", {says}"), look.of(Role::Warn)));
        let first = [
            Span::styled(format!("{current} "), look.of(Role::Text)),
            Span::styled(total, bold),
        ];
        let last = Span::styled(unknown, dim);
        return first.into_iter().chain(partly).chain([last]).collect();
    }
    let changed = match summary.is_whole() {
        true => format!(" {sign} {}", percent(summary.change_percent)),
        false => String::new(),
    };
    let before = money(summary.previous, &summary.currency);
    let partly = match summary.is_whole() || is_explained {
        true => "",
        false => ", not all of it known: no percentage",
    };
    vec![
        Span::styled(format!("{current} "), look.of(Role::Text)),
        Span::styled(money(summary.current, &summary.currency), bold),
        Span::styled(changed, bold),
        Span::styled(format!(" vs {previous} ({before}){partly}"), dim),
    ]
}

fn month_end(model: &Model, report: &Report, room: u16, look: &Look) -> Vec<Span<'static>> {
    let (dim, wordy) = (look.of(Role::Dim), room >= WORDY);
    let Some(prospect) = &model.costs.prospect else {
        return vec![Span::styled("foreseeing the month's end…", dim)];
    };
    let Some(end) = prospect.end else {
        return vec![Span::styled(prospect.no_end.clone(), look.of(Role::Warn))];
    };
    let month = end.month.from.strftime("%b");
    let ends = match room == 0 || wordy {
        true => "will end at about",
        false => "ends about",
    };
    let mut spans = vec![
        Span::styled(format!("{month} {ends} "), dim),
        Span::styled(about(end.end(), report.currency()), look.of(Role::Text)),
    ];
    spans.push(match end.interval {
        Some((lower, upper)) => {
            // A year of months says more than the few that are shown: the interval may change with them.
            let by = match wordy && end.is_young() {
                true => format!(" by {} months", end.months),
                false => String::new(),
            };
            // As many months, learnt from more days before them, have another interval.
            let first = report.days.iter().find(|day| day.parts.is_some());
            let since = match first.filter(|_| wordy && end.is_young()) {
                Some(first) => format!(" of days since {}", dated(first.day, today(model.now).year())),
                None => String::new(),
            };
            let says = format!(" ({}, 80 % sure{by}{since})", between(lower, upper));
            Span::styled(says, dim)
        }
        None if wordy => {
            let says = format!(
                " (no interval yet: {} of {FEWEST_MISSES} past months)",
                end.months
            );
            Span::styled(says, dim)
        }
        None => Span::styled(" (no interval yet)", dim),
    });
    if let Some(theirs) = model.costs.their_end(report) {
        spans.push(Span::styled(" · AWS ", dim));
        let mean = short(theirs.mean.approximate());
        spans.push(Span::styled(mean, look.of(Role::Text)));
        if let Some((lower, upper)) = theirs.lower.zip(theirs.upper).filter(|_| wordy) {
            let says = format!(" ({})", between(lower.approximate(), upper.approximate()));
            spans.push(Span::styled(says, dim));
        }
    }
    spans
}

/// Of the whole account alone: a part of the bill has no budget here.
fn budget(model: &Model, report: &Report, look: &Look) -> Vec<Span<'static>> {
    let dim = look.of(Role::Dim);
    let whole = report.query.is_whole();
    let budget: &Budget = match &report.origin.budget {
        Ok(Some(budget)) if whole && budget.currency == report.currency() => budget,
        Ok(_) => return Vec::new(),
        Err(says) if whole => return vec![Span::styled(format!(" · no budgets: {says}"), dim)],
        Err(_) => return Vec::new(),
    };
    let end = model.costs.prospect.as_ref().and_then(|prospect| prospect.end);
    let limit = budget.limit.approximate();
    let month = budget.month(report.comparison.current, report.today);
    let Some(end) = end.filter(|_| limit > 0.0) else {
        return vec![Span::styled(format!(" · {month}{}", budget.says()), dim)];
    };
    let ratio = end.end() / limit;
    let role = match ratio {
        over if over >= 1.0 => Role::Bad,
        near if near >= 0.9 => Role::Warn,
        _ => Role::Good,
    };
    let filled = ((ratio.clamp(0.0, 1.0)) * GAUGE as f64).round() as usize;
    vec![
        Span::styled(
            format!(" · {month}budget {} ", money(budget.limit, &budget.currency)),
            dim,
        ),
        Span::styled(format!("{:.0} % foreseen", ratio * 100.0), look.of(role)),
        Span::styled(format!(" {}", "▓".repeat(filled)), look.of(role)),
        Span::styled("░".repeat(GAUGE - filled), look.of(Role::Faint)),
    ]
}
