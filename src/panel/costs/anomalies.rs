//! Anomalies, one line each, and of the one under the cursor the days with their band and all that explains it.

use jiff::civil::{Date, Weekday};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::{Key, Model};
use crate::cost::anomaly::{Cause, Foreign, Told};
use crate::cost::band::Side;
use crate::cost::{Dimension, today};
use crate::ui::chart::{Banded, Point};
use crate::ui::table::{Column, State, Table, Width};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::Costs;
use super::money::about;
use super::numbered::{self, Numbered};
use super::view::{dated, put, put_all, short};

impl Costs {
    /// The anomaly under the cursor, where it is one of ours.
    pub(super) fn told(&self) -> Option<&Told> {
        self.judged.as_ref()?.1.told.get(self.at_anomaly())
    }

    /// The anomaly under the cursor, where AWS alone found it.
    pub(super) fn theirs_alone(&self) -> Option<&Foreign> {
        let ours = self.judged.as_ref()?.1.told.len();
        self.alone.get(self.at_anomaly().checked_sub(ours)?)
    }

    /// Ours and those that AWS alone found.
    pub(super) fn anomalies(&self) -> usize {
        let ours = self.judged.as_ref().map_or(0, |(_, judged)| judged.told.len());
        ours + self.alone.len()
    }

    fn at_anomaly(&self) -> usize {
        let all = numbered::rows(self.anomalies());
        self.anomaly.index(&all).unwrap_or_default()
    }
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let costs = &model.costs;
    let Some((_, judged)) = &costs.judged else {
        let looking = model.busy.iter().any(|busy| busy.key == Key::Anomalies);
        let refused = costs.refused_because(&Key::Anomalies);
        let says = match (looking, costs.priced_for(&Key::Anomalies), refused) {
            (true, ..) => "looking for days outside their band…".to_owned(),
            (_, Some(price), _) => {
                format!("half a year of services is not on this machine; n asks: {price}")
            }
            (_, None, Some(why)) => format!("{why}; n looks again"),
            (_, None, None) => "n looks again".to_owned(),
        };
        let room = usize::from(area.width.saturating_sub(2)).max(10);
        let lines = wrap_spans(&[Span::styled(says, look.of(Role::Dim))], room, Blanks::Fold);
        put_all(lines, area, buf);
        return;
    };
    let count = costs.anomalies();
    let year = today(model.now).year();
    let says = said(
        costs,
        year,
        usize::from(area.width.saturating_sub(2)).max(10),
        look,
    );
    let [list, chart, below] = shared(area, count, says.len(), costs.told().is_some());
    let columns = [
        Column::new("SINCE", Width::Fixed(10)),
        Column::new("COSTS OF", names(costs, area.width)),
        Column::new("IMPACT", Width::Fixed(11)).right(),
        Column::new("SURE", Width::Fixed(8)).drop(1),
        Column::new("WHAT", Width::Fill(30)).drop(2),
    ];
    let learning = judged.learning();
    let empty = match learning.is_empty() {
        true => judged.says_nothing_found(),
        // Where others can be judged, the words below say it.
        false => "nothing can be judged yet".to_owned(),
    };
    let state = State {
        cursor: costs.anomaly.clone(),
        ..State::default()
    };
    Table {
        columns: &columns,
        rows: &Numbered {
            len: count,
            cells: |at: usize| match judged.told.get(at) {
                Some(told) => Some(cells(costs, told, year, look)),
                None => costs
                    .alone
                    .get(at - judged.told.len())
                    .map(|foreign| by_aws(costs, foreign, year, look)),
            },
        },
        focused: true,
        empty: &empty,
    }
    .paint(list, buf, look, &state);
    if let Some(told) = costs.told() {
        drawn((costs, year), told, chart, buf, look);
    }
    put_all(says, below, buf);
}

/// From this room on what explains an anomaly stands beside it.
const ROOMY: u16 = 100;

/// The cells of the widest name, within a part of the area, where what explains it has the rest; else all there is.
fn names(costs: &Costs, width: u16) -> Width {
    if width < ROOMY {
        return Width::Fill(24);
    }
    let ours = costs.judged.iter().flat_map(|(_, judged)| &judged.told);
    let names = ours.map(|told| of(costs, told));
    let names = names.chain(costs.alone.iter().map(|foreign| named(costs, foreign)));
    let widest = names.map(|name| text::width(&name)).max().unwrap_or(0);
    Width::Fixed(u16::try_from(widest).unwrap_or(u16::MAX).clamp(24, width / 3))
}

/// Rows of the chart below its heading, at least.
const CHART: u16 = 3;

/// The list by its rows and the words by theirs, neither with more than its part of a low area; the chart takes what is left.
fn shared(area: Rect, count: usize, says: usize, has_chart: bool) -> [Rect; 3] {
    let words = match area.height {
        low if low < 8 => 0,
        height => u16::try_from(says).unwrap_or(u16::MAX).min(height / 3),
    };
    let rest = area.height - words;
    let wanted = u16::try_from(count).unwrap_or(u16::MAX).saturating_add(1);
    let chart = match wanted.min(rest / 2) {
        list if has_chart && words > 0 && rest - list > CHART => rest - list,
        _ => 0,
    };
    Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(chart),
        Constraint::Length(words),
    ])
    .areas(area)
}

fn cells(costs: &Costs, told: &Told, year: i16, look: &Look) -> Vec<Line<'static>> {
    let anomaly = &told.anomaly;
    let (mark, role) = match anomaly.side {
        Side::High => ("▲", Role::Bad),
        Side::Low => ("▼", Role::Good),
    };
    let sure = if anomaly.seconded { "2/2" } else { "1/2" };
    let sure = match told.aws {
        Some(_) => format!("{sure}, AWS"),
        None => sure.to_owned(),
    };
    vec![
        Line::styled(since(anomaly.since, year), look.of(Role::Dim)),
        Line::styled(of(costs, told), look.of(Role::Text)),
        Line::styled(
            format!("{mark} {}", about(anomaly.impact.abs(), &told.currency)),
            look.of(role),
        ),
        Line::styled(sure, look.of(Role::Dim)),
        Line::styled(what(costs, told), look.of(Role::Dim)),
    ]
}

/// With its weekday, or with its year where that is another.
fn since(day: Date, year: i16) -> String {
    match day.year() == year {
        true => day.strftime("%a %b %-d").to_string(),
        false => dated(day, year),
    }
}

/// One that AWS alone found; it stands below ours.
fn by_aws(costs: &Costs, foreign: &Foreign, year: i16, look: &Look) -> Vec<Line<'static>> {
    let (mark, role) = match foreign.impact < 0.0 {
        true => ("▼", Role::Good),
        false => ("▲", Role::Bad),
    };
    let dim = look.of(Role::Dim);
    vec![
        Line::styled(since(foreign.from, year), dim),
        Line::styled(named(costs, foreign), look.of(Role::Text)),
        // AWS tells impacts in dollars.
        Line::styled(
            format!("{mark} {}", about(foreign.impact.abs(), "USD")),
            look.of(role),
        ),
        Line::styled("AWS", dim),
        Line::styled(told_by_aws(foreign, year), dim),
    ]
}

fn named(costs: &Costs, foreign: &Foreign) -> String {
    let service = foreign.service.as_deref().map_or("something", short);
    let name = match &foreign.account {
        Some(account) => format!("{service} / {}", costs.called(&Dimension::Account, account)),
        None => service.to_owned(),
    };
    text::quote(&name).into_owned()
}

fn told_by_aws(foreign: &Foreign, year: i16) -> String {
    format!(
        "{:+.2} by AWS's own reckoning up to {}; inside the band here",
        foreign.impact,
        dated(foreign.last_day, year)
    )
}

fn of(costs: &Costs, told: &Told) -> String {
    let name = match told.anomaly.key.as_slice() {
        [] => "everything".to_owned(),
        [service] => short(service).to_owned(),
        [service, rest @ ..] => {
            let accounts = rest.iter().map(|id| costs.called(&Dimension::Account, id));
            format!(
                "{} / {}",
                short(service),
                accounts.collect::<Vec<_>>().join(" / ")
            )
        }
    };
    text::quote(&name).into_owned()
}

/// What a cause is called: an account by its name, where that is known.
fn called(costs: &Costs, cause: &Cause) -> String {
    match cause.dimension == "account" {
        true => costs.called(&Dimension::Account, &cause.value),
        false => cause.value.clone(),
    }
}

/// What moved, in a few words.
fn what(costs: &Costs, told: &Told) -> String {
    let causes = told
        .causes
        .iter()
        .map(|cause| format!("{} {}", cause.says_share(), called(costs, cause)));
    let mut parts: Vec<String> = causes.collect();
    if !told.deeds.is_empty() {
        parts.push(format!("{} before", counted(told.deeds.len())));
    }
    if let Some(factor) = told.anomaly.new_normal {
        parts.push(format!("new normal {factor:.1}×"));
    }
    text::quote(&parts.join(", ")).into_owned()
}

fn counted(deeds: usize) -> String {
    match deeds {
        1 => "1 session or run".into(),
        many => format!("{many} sessions and runs"),
    }
}

/// The one under the cursor in a sentence.
fn said(costs: &Costs, year: i16, room: usize, look: &Look) -> Vec<Line<'static>> {
    let judged = costs.judged.iter().flat_map(|(_, judged)| {
        let lens = judged.says_lens.iter().cloned();
        lens.chain(judged.unjudged.iter().cloned())
            .chain(judged.learning())
    });
    let wrapped =
        |says: String, role: Role| wrap_spans(&[Span::styled(says, look.of(role))], room, Blanks::Fold);
    let mut lines: Vec<Line> = judged.flat_map(|says| wrapped(says, Role::Warn)).collect();
    let says = match (costs.told(), costs.theirs_alone()) {
        (Some(told), _) => {
            let too = told.aws.as_ref().map_or_else(String::new, |aws| {
                format!("; AWS found it too, {:+.2} by its own reckoning", aws.impact)
            });
            let mut named = told.clone();
            for cause in &mut named.causes {
                cause.value = called(costs, cause);
            }
            text::quote(&(named.says() + &too)).into_owned()
        }
        (None, Some(foreign)) => told_by_aws(foreign, year),
        (None, None) => return lines,
    };
    lines.extend(wrapped(says, Role::Text));
    lines
}

/// Its days with their band, below a heading that is set off where there is room.
fn drawn((costs, year): (&Costs, i16), told: &Told, area: Rect, buf: &mut Buffer, look: &Look) {
    let apart = u16::from(area.height > 2 * CHART);
    let [_, title, chart] = Layout::vertical([
        Constraint::Length(apart),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    let points: Vec<Point> = told
        .days
        .iter()
        .map(|(_, value, band)| Point {
            value: *value,
            band: band.map(|band| (band.lower, band.upper)),
        })
        .collect();
    let label = |day: Date| match day.weekday() {
        Weekday::Monday => dated(day, year),
        _ => String::new(),
    };
    let labels: Vec<String> = told.days.iter().map(|(day, ..)| label(*day)).collect();
    let chart = Rect {
        x: chart.x + 1,
        width: chart.width.saturating_sub(2),
        ..chart
    };
    let banded = Banded {
        points: &points,
        labels: &labels,
        scale: &|value| about(value, &told.currency),
    };
    let first = told.days.get(banded.first(chart));
    let first = first.map(|(day, ..)| dated(*day, year));
    let heading = format!(
        "{}, each day since {}, its band shaded",
        of(costs, told),
        first.unwrap_or_default()
    );
    put(&Line::styled(heading, look.of(Role::Dim)), title.y, title, buf);
    banded.paint(chart, buf, look);
}
