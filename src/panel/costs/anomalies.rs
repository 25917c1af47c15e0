//! Anomalies, one line each, and of the one under the cursor the days with their band and all that explains it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::app::{Key, Model};
use crate::cost::anomaly::{Foreign, Told};
use crate::cost::band::{LEARNING_DAYS, Side};
use crate::ui::chart::{Banded, Point};
use crate::ui::table::{Column, State, Table, Width};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::Costs;
use super::money::about;
use super::numbered::Numbered;
use super::view::{put, put_all, short};

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

    fn at_anomaly(&self) -> usize {
        let ours = self.judged.as_ref().map_or(0, |(_, judged)| judged.told.len());
        let ids: Vec<usize> = (0..ours + self.alone.len()).collect();
        self.anomaly.index(ids.as_slice()).unwrap_or_default()
    }
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let costs = &model.costs;
    let Some((_, judged)) = &costs.judged else {
        let looking = model.busy.iter().any(|busy| busy.key == Key::Anomalies);
        let says = match (looking, costs.priced()) {
            (true, _) => "looking for days outside their band…".to_owned(),
            (_, Some(price)) => {
                format!("half a year of services is not on this machine; n asks: {price}")
            }
            _ => "n looks again".to_owned(),
        };
        let room = usize::from(area.width.saturating_sub(2)).max(10);
        let lines = wrap_spans(&[Span::styled(says, look.of(Role::Dim))], room, Blanks::Fold);
        put_all(lines, area, buf);
        return;
    };
    let detail = if area.height >= 14 {
        9.max(area.height / 2)
    } else {
        0
    };
    let [list, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(detail)]).areas(area);
    let columns = [
        Column::new("SINCE", Width::Fixed(10)),
        Column::new("COSTS OF", Width::Fill(24)),
        Column::new("IMPACT", Width::Fixed(11)).right(),
        Column::new("SURE", Width::Fixed(8)).drop(2),
        Column::new("WHAT", Width::Fill(30)).drop(1),
    ];
    let learning = judged.known_days.iter().find(|(_, known)| *known < LEARNING_DAYS);
    let empty = match learning {
        Some((_, known)) => format!("learning {known}/{LEARNING_DAYS} days; nothing can be judged yet"),
        None => "no material anomaly in the last thirty days".into(),
    };
    let state = State {
        cursor: costs.anomaly.clone(),
        ..State::default()
    };
    Table {
        columns: &columns,
        rows: &Numbered {
            len: judged.told.len() + costs.alone.len(),
            cells: |at: usize| match judged.told.get(at) {
                Some(told) => Some(cells(told, look)),
                None => costs
                    .alone
                    .get(at - judged.told.len())
                    .map(|foreign| by_aws(foreign, look)),
            },
        },
        focused: true,
        empty: &empty,
    }
    .paint(list, buf, look, &state);
    match (costs.told(), costs.theirs_alone()) {
        _ if detail == 0 => {}
        (Some(told), _) => explained(told, below, buf, look),
        (None, Some(foreign)) => {
            let room = usize::from(below.width.saturating_sub(2)).max(10);
            let says = Span::styled(told_by_aws(foreign), look.of(Role::Text));
            let lines = wrap_spans(&[says], room, Blanks::Fold);
            put_all(lines, below, buf);
        }
        (None, None) => {}
    }
}

fn cells(told: &Told, look: &Look) -> Vec<Line<'static>> {
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
        Line::styled(
            anomaly.since.strftime("%a %b %-d").to_string(),
            look.of(Role::Dim),
        ),
        Line::styled(of(told), look.of(Role::Text)),
        Line::styled(
            format!("{mark} {}", about(anomaly.impact.abs(), &told.currency)),
            look.of(role),
        ),
        Line::styled(sure, look.of(Role::Dim)),
        Line::styled(what(told), look.of(Role::Dim)),
    ]
}

/// One that AWS alone found; it stands below ours.
fn by_aws(foreign: &Foreign, look: &Look) -> Vec<Line<'static>> {
    let (mark, role) = match foreign.impact < 0.0 {
        true => ("▼", Role::Good),
        false => ("▲", Role::Bad),
    };
    let dim = look.of(Role::Dim);
    vec![
        Line::styled(foreign.from.strftime("%a %b %-d").to_string(), dim),
        Line::styled(named(foreign), look.of(Role::Text)),
        // AWS tells impacts in dollars.
        Line::styled(
            format!("{mark} {}", about(foreign.impact.abs(), "USD")),
            look.of(role),
        ),
        Line::styled("AWS", dim),
        Line::styled(told_by_aws(foreign), dim),
    ]
}

fn named(foreign: &Foreign) -> String {
    let service = foreign.service.as_deref().map_or("something", short);
    let name = match &foreign.account {
        Some(account) => format!("{service} / {account}"),
        None => service.to_owned(),
    };
    text::quote(&name).into_owned()
}

fn told_by_aws(foreign: &Foreign) -> String {
    format!(
        "{:+.2} by AWS's own reckoning up to {}; inside the band here",
        foreign.impact,
        foreign.last_day.strftime("%b %-d")
    )
}

fn of(told: &Told) -> String {
    let name = match told.anomaly.key.as_slice() {
        [] => "everything".to_owned(),
        [service] => short(service).to_owned(),
        [service, rest @ ..] => format!("{} / {}", short(service), rest.join(" / ")),
    };
    text::quote(&name).into_owned()
}

/// What moved, in a few words.
fn what(told: &Told) -> String {
    let causes = told
        .causes
        .iter()
        .map(|cause| format!("{:.0} % {}", cause.share * 100.0, cause.value));
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

fn explained(told: &Told, area: Rect, buf: &mut Buffer, look: &Look) {
    let room = usize::from(area.width.saturating_sub(2)).max(10);
    let too = told.aws.as_ref().map_or_else(String::new, |aws| {
        format!("; AWS found it too, {:+.2} by its own reckoning", aws.impact)
    });
    let says = text::quote(&(told.says() + &too)).into_owned();
    let sentence = vec![Span::styled(says, look.of(Role::Text))];
    let lines = wrap_spans(&sentence, room, Blanks::Fold);
    let text_rows = lines.len().min(4) as u16;
    let [title, chart, below] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(text_rows),
    ])
    .areas(area);
    let first = told
        .days
        .first()
        .map(|(day, ..)| day.strftime("%b %-d").to_string());
    let heading = format!(
        "{}, each day since {}, its band shaded",
        of(told),
        first.unwrap_or_default()
    );
    put(&Line::styled(heading, look.of(Role::Dim)), title.y, title, buf);
    let points: Vec<Point> = told
        .days
        .iter()
        .map(|(_, value, band)| Point {
            value: *value,
            band: band.map(|band| (band.lower, band.upper)),
        })
        .collect();
    let chart = Rect {
        x: chart.x + 1,
        width: chart.width.saturating_sub(2),
        ..chart
    };
    Banded { points: &points }.paint(chart, buf, look);
    put_all(lines, below, buf);
}
