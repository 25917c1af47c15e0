//! One alarm on one line: what, since when, on what, which signal, whether a runbook answers, what helped the last time.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Alarms;
use super::update::named;
use crate::alarm::past::Recalled;
use crate::alarm::{Alarm, Severity, State};
use crate::app::Model;
use crate::panel::age;
use crate::ui::list::Lines;
use crate::ui::{Ids, Look, Role, text};

/// Rows of a list, as wide as they are painted.
pub struct Rows<'a, R> {
    pub model: &'a Model,
    pub rows: R,
    pub width: u16,
    /// The alarm of a row.
    pub alarm: fn(&'a Alarms, usize) -> Option<&'a Alarm>,
}

impl<R: Ids> Ids for Rows<'_, R> {
    type Id = R::Id;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<R::Id> {
        self.rows.id_at(index)
    }
}

impl<'a, R: Ids> Lines for Rows<'a, R> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        match (self.alarm)(&self.model.alarms, index) {
            Some(alarm) => line(self.model, alarm, self.width, look),
            None => Line::default(),
        }
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        badges((self.alarm)(&self.model.alarms, index)?, look)
    }
}

/// Cells of the columns that give way: what fits into 80 is told in full where there is room.
struct Widths {
    name: usize,
    target: usize,
    /// None below a width at which regions would cost what helped the last time.
    region: usize,
    /// Of the signal's letter, and of the mark for a runbook.
    letter: usize,
    book: usize,
}

fn widths(width: u16) -> Widths {
    let (name, target, region) = match width {
        0..90 => (27, 13, 0),
        90..130 => (32, 18, 0),
        _ => (38, 20, 15),
    };
    let (letter, book) = if width < 90 { (1, 1) } else { (3, 4) };
    Widths {
        name,
        target,
        region,
        letter,
        book,
    }
}

/// Titles over the columns.
pub fn heads(width: u16, look: &Look<'_>) -> Line<'static> {
    let at = widths(width);
    let cut = |title: &str, room: usize| text::fit(title, room).replace('…', title.get(..1).unwrap_or(""));
    let text = format!(
        "   {} {:>4}  {}{} {} {}  LAST TIME",
        text::fit("ALARM", at.name),
        "FOR",
        text::fit("TARGET", at.target),
        text::fit(if at.region > 0 { "  REGION" } else { "" }, at.region),
        cut("SIG", at.letter),
        cut("BOOK", at.book),
    );
    Line::styled(text, look.of(Role::Dim))
}

pub fn line(model: &Model, alarm: &Alarm, width: u16, look: &Look<'_>) -> Line<'static> {
    let at = widths(width);
    let faded = model.alarms.is_stale(alarm) && model.alarms.cached_for.is_some();
    let style = |role: Role| look.of(if faded { Role::Dim } else { role });
    let fit = |said: &str, room: usize| text::fit(&text::quote(said), room);
    let since = alarm
        .since
        .map_or("—".into(), |since| age::since(since, model.now));
    let on = named(model, alarm)
        .or(alarm.target().map(str::to_owned))
        .unwrap_or_else(|| "—".into());
    let region = if at.region > 0 {
        format!("  {}", alarm.region)
    } else {
        String::new()
    };
    let (book, book_style) = book(model, alarm);
    let (mark, mark_role) = mark(alarm);
    let silenced = alarm.suppressed.is_some();
    Line::from(vec![
        Span::styled(format!("{mark} "), style(mark_role)),
        Span::styled(
            fit(&alarm.name, at.name),
            style(if silenced { Role::Dim } else { Role::Text }),
        ),
        Span::styled(format!(" {since:>4}  "), style(Role::Accent)),
        Span::styled(fit(&on, at.target), style(Role::Text)),
        Span::styled(fit(&region, at.region), style(Role::Dim)),
        Span::styled(
            format!(" {} ", text::fit(alarm.letter().as_str(), at.letter)),
            style(Role::Info),
        ),
        Span::styled(format!("{}  ", text::fit(book, at.book)), style(book_style)),
        Span::styled(last(model, alarm, width), style(Role::Dim)),
    ])
}

fn mark(alarm: &Alarm) -> (&'static str, Role) {
    match (alarm.state, alarm.suppressed.is_some(), alarm.severity()) {
        (State::Ok, ..) => ("✓", Role::Good),
        (State::Insufficient, ..) => ("?", Role::Dim),
        (_, true, _) => ("○", Role::Dim),
        (_, _, Some(Severity::Critical | Severity::High)) => ("●", Role::Bad),
        (_, _, Some(Severity::Low)) => ("●", Role::Info),
        _ => ("●", Role::Warn),
    }
}

/// Whether a runbook answers: `✓`, `!` when its review is overdue, `–` when none does.
fn book(model: &Model, alarm: &Alarm) -> (&'static str, Role) {
    match model.alarms.lesson(alarm).map(|lesson| lesson.answers.first()) {
        Some(Some(best)) if best.is_overdue => ("!", Role::Warn),
        Some(Some(_)) => ("✓", Role::Good),
        Some(None) => ("–", Role::Dim),
        None => ("·", Role::Dim),
    }
}

/// `9d ago mara, 12m: systemctl restart payments`.
fn last(model: &Model, alarm: &Alarm, width: u16) -> String {
    let Some(recalled) = model.alarms.lesson(alarm).and_then(|lesson| lesson.past.first()) else {
        return String::new();
    };
    let told = match width {
        // There is room for who and when; the key beside it tells the rest.
        0..90 => {
            let ago = age::since(recalled.episode.started_at, model.now);
            format!("{ago} {}", recalled.episode.who)
        }
        _ => told(recalled, model),
    };
    text::quote(&told).into_owned()
}

fn told(recalled: &Recalled, model: &Model) -> String {
    let episode = &recalled.episode;
    let ago = age::since(episode.started_at, model.now);
    let lasted = episode
        .lasted_for
        .map_or(String::new(), |lasted| format!(", {}", age::short(lasted)));
    let what = recalled.fix.as_ref().map_or(&episode.title, |fix| &fix.text);
    format!("{ago} ago {}{lasted}: {what}", episode.who)
}

/// What makes it another one than it looks.
fn badges(alarm: &Alarm, look: &Look<'_>) -> Option<Line<'static>> {
    let badges: [(bool, &'static str, Role); 4] = [
        (alarm.is_flapping(), "flapping", Role::Warn),
        (alarm.suppressed.is_some(), "silenced", Role::Dim),
        (alarm.doubt.is_some(), "doubtful", Role::Warn),
        (alarm.composite, "composite", Role::Dim),
    ];
    let spans = badges.into_iter().filter(|(is, ..)| *is);
    let spans: Vec<Span> = spans
        .map(|(_, says, role)| Span::styled(format!(" {says}"), Style::new().patch(look.of(role))))
        .collect();
    (!spans.is_empty()).then(|| Line::from(spans))
}
