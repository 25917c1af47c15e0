//! Painting alarms: the box that heads the home panel, and the panel of all with what is known of the selected one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::act::selected;
use super::row::{Rows, heads};
use super::update::named;
use super::{Alarms, Burning};
use crate::alarm::{Alarm, reason};
use crate::app::{Model, Room};
use crate::panel::age;
use crate::ui::list::List;
use crate::ui::popup::Frame;
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

/// How high the box at home wants to be: its rows, never more than half.
pub fn burning_height(model: &Model, whole: u16) -> u16 {
    let alarms = &model.alarms;
    let rows = match alarms.burning() {
        0 => 1,
        burning => burning + 1,
    };
    let rows = rows + alarms.failures.len().min(2);
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
    wanted.clamp(3, (whole / 2).max(3))
}

/// What burns, at home.
pub fn burning(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let alarms = &model.alarms;
    let inner = framed("Burning", note(model, alarms.burning()), true, area, buf, look);
    let (inner, failures) = with_failures(model, inner);
    paint_failures(model, failures, buf, look);
    if alarms.burning() == 0 {
        let (says, role) = match (alarms.loading, alarms.places) {
            (true, _) => ("asking every account and region…".to_owned(), Role::Dim),
            (false, 0) => ("no region told of its alarms".to_owned(), Role::Warn),
            (false, 1) => ("nothing burns: the only region answered".to_owned(), Role::Good),
            (false, places) => (format!("nothing burns: {places} regions answered"), Role::Good),
        };
        buf.set_line(
            inner.x + 1.min(inner.width),
            inner.y,
            &Line::styled(says, look.of(role)),
            inner.width,
        );
        return;
    }
    let rows = Rows {
        model,
        rows: Burning(alarms),
        width: inner.width,
        alarm: |alarms, index| alarms.all.get(index),
    };
    listed(rows, &alarms.home, inner, buf, look);
}

/// The panel of all alarms.
pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let alarms = &model.alarms;
    let is_wide = area.width >= 120;
    let [list, detail] = match is_wide {
        true => Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(area),
        false => Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(area),
    };
    let title = if alarms.everything {
        "Alarms"
    } else {
        "Alarms that burn"
    };
    let inner = framed(title, note(model, alarms.shown.len()), true, list, buf, look);
    let (inner, failures) = with_failures(model, inner);
    paint_failures(model, failures, buf, look);
    let rows = Rows {
        model,
        rows: Shown(alarms),
        width: inner.width,
        alarm: |alarms, index| alarms.shown.get(index).and_then(|at| alarms.all.get(*at)),
    };
    listed(rows, &alarms.cursor, inner, buf, look);
    let inner = framed("What is known of it", String::new(), false, detail, buf, look);
    if let Some(alarm) = selected(model) {
        let room = usize::from(inner.width.saturating_sub(2)).max(1);
        let lines = known(model, &alarm);
        let lines = lines.iter().flat_map(|fact| told(fact, room, look));
        for (y, line) in (inner.top()..inner.bottom()).zip(lines) {
            buf.set_line(
                inner.x + 1.min(inner.width),
                y,
                &line,
                inner.width.saturating_sub(2),
            );
        }
    }
}

/// Cells of the labels before what is known.
const LABEL: usize = 13;

/// A label, what is said under it, and how.
type Fact = (String, String, Role);

/// On as many lines as it takes, all behind the label.
fn told((label, said, role): &Fact, room: usize, look: &Look) -> Vec<Line<'static>> {
    let said = [Span::styled(text::quote(said).into_owned(), look.of(*role))];
    let wrapped = wrap_spans(&said, room.saturating_sub(LABEL).max(1), Blanks::Fold);
    let line = |(nth, line): (usize, Line<'static>)| {
        let label = if nth == 0 { label.as_str() } else { "" };
        let mut spans = vec![Span::styled(
            format!("{} ", text::fit(&text::quote(label), LABEL - 1)),
            look.of(Role::Dim),
        )];
        spans.extend(line.spans);
        Line::from(spans)
    };
    wrapped.into_iter().enumerate().map(line).collect()
}

/// The rows of the panel, borrowed.
struct Shown<'a>(&'a Alarms);

impl crate::ui::Ids for Shown<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.0.id_at(index)
    }
}

fn listed<'a, R: crate::ui::Ids<Id = String>>(
    rows: Rows<'a, R>,
    cursor: &crate::ui::Cursor<String>,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) {
    if area.height == 0 {
        return;
    }
    let titles = heads(rows.width, look);
    buf.set_line(area.x, area.y, &titles, area.width);
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let empty = if rows.model.alarms.loading {
        "asking every account and region…"
    } else {
        "no alarm matches"
    };
    let list = List {
        rows: &rows,
        focused: true,
        empty,
    };
    list.paint(below, buf, look, cursor);
}

fn framed(
    title: &'static str,
    note: String,
    focused: bool,
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Rect {
    let frame = Frame {
        title: Line::styled(title, look.of(Role::Title)),
        note: Line::from(note),
        focused,
        over: false,
    };
    frame.paint(area, buf, look)
}

/// How many, of how many regions, how old.
fn note(model: &Model, rows: usize) -> String {
    let alarms = &model.alarms;
    let mut told = Vec::new();
    if rows > 0 {
        told.push(match model.room {
            Room::Home => format!("{} burn", alarms.loud()),
            _ => format!("{rows} alarms"),
        });
    }
    let silenced = alarms.burning() - alarms.loud();
    if silenced > 0 && model.room == Room::Home {
        told.push(format!("{silenced} silenced"));
    }
    if !alarms.filter.is_empty() && model.room == Room::Alarms {
        told.push(format!("/{}", text::quote(&alarms.filter)));
    }
    if alarms.unmuted > 0 {
        told.push("mute rules not readable".into());
    }
    if let Some(age) = alarms.cached_for {
        told.push(format!("as {} ago", age::short(age)));
    }
    told.join(" · ")
}

fn with_failures(model: &Model, inner: Rect) -> (Rect, Rect) {
    let failures = model.alarms.failures.len().min(2) as u16;
    let [above, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(failures)]).areas(inner);
    (above, below)
}

/// The last line says how many more there are.
fn paint_failures(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let failures = &model.alarms.failures;
    let more = failures.len().saturating_sub(usize::from(area.height));
    for (y, failure) in (area.top()..area.bottom()).zip(failures) {
        let more = if y + 1 == area.bottom() && more > 0 {
            format!("  (+{more} more)")
        } else {
            String::new()
        };
        let says = format!("{} {}: {}{more}", failure.account, failure.region, failure.cause);
        let line = Line::from(vec![
            Span::styled("✗ ", look.of(Role::Bad)),
            Span::styled(text::quote(&says).into_owned(), look.of(Role::Text)),
            Span::styled(format!("  {}", text::quote(&failure.hint)), look.of(Role::Dim)),
        ]);
        buf.set_line(area.x + 1.min(area.width), y, &line, area.width.saturating_sub(2));
    }
}

/// Everything about one alarm, line by line.
fn known(model: &Model, alarm: &Alarm) -> Vec<Fact> {
    let mut lines = Vec::new();
    let mut line = |label: &str, said: &str, role: Role| {
        if !said.is_empty() {
            // Descriptions are written in lines.
            let said = said.lines().map(str::trim).collect::<Vec<_>>().join("  ");
            lines.push((label.to_owned(), said, role));
        }
    };
    line("alarm", &alarm.name, Role::Text);
    let since = alarm
        .since
        .map(|since| format!(" for {}", age::since(since, model.now)));
    line(
        "state",
        &format!("{}{}", alarm.state.as_str(), since.unwrap_or_default()),
        Role::Text,
    );
    line("why", &alarm.reason, Role::Text);
    line(
        "silenced",
        alarm.suppressed.as_deref().unwrap_or_default(),
        Role::Warn,
    );
    line("doubt", alarm.doubt.as_deref().unwrap_or_default(), Role::Warn);
    line(
        "about",
        alarm.description.as_deref().unwrap_or_default(),
        Role::Text,
    );
    let metric = [&alarm.namespace, &alarm.metric].into_iter().flatten();
    line(
        "metric",
        &metric.map(String::as_str).collect::<Vec<_>>().join(" "),
        Role::Text,
    );
    for (name, value) in &alarm.dimensions {
        line(name, value, Role::Text);
    }
    line(
        "instance",
        named(model, alarm).as_deref().unwrap_or_default(),
        Role::Text,
    );
    line("rule", alarm.rule.as_deref().unwrap_or_default(), Role::Text);
    line(
        "where",
        &format!("{} {}", alarm.account, alarm.region),
        Role::Text,
    );
    for answer in model
        .alarms
        .lesson(alarm)
        .into_iter()
        .flat_map(|lesson| lesson.answers.iter().take(3))
    {
        line(
            "runbook",
            &format!("{} ({})", answer.title, reason(answer.why)),
            Role::Good,
        );
    }
    for recalled in model
        .alarms
        .lesson(alarm)
        .into_iter()
        .flat_map(|lesson| lesson.past.iter().take(3))
    {
        let episode = &recalled.episode;
        let ago = age::since(episode.started_at, model.now);
        let said = format!(
            "{ago} ago {}: {} ({})",
            episode.who,
            episode.title,
            recalled.why.says()
        );
        line("last time", &said, Role::Text);
    }
    lines
}
