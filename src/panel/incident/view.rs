//! Painting: the badge in the header, and the timeline under a head that says how it stands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::{Ask, Incidents};
use crate::app::{Model, Verb};
use crate::incident::report::lasted;
use crate::incident::timeline::{Item, Kind, person};
use crate::incident::{Severity, State, Status, Took};
use crate::panel::{age, boxed};
use crate::ui::cursor::Ids;
use crate::ui::table::{Column, Row, Rows, Table, Width};
use crate::ui::{Look, Role, text, wrap};

/// Cells that the header keeps free for the incident, in its shortest form.
pub fn badge_width(model: &Model) -> u16 {
    model.incidents.current.as_ref().map_or(0, |_| 12)
}

/// The current incident for the header, the longest form first; nothing where there is none.
pub fn badges(model: &Model, look: &Look) -> Vec<Span<'static>> {
    let Some(current) = &model.incidents.current else {
        return Vec::new();
    };
    let age = current
        .started_at
        .map_or_else(|| "?".into(), |at| age::since(at, model.now));
    let severity = current.severity.as_str().to_uppercase();
    let (id, digit) = (&current.id, current.severity.digit());
    let tail = id.rsplit('-').next().unwrap_or_default();
    let style = look.of(role(current.severity, current.status));
    [
        format!(" {severity} {id} {age} "),
        format!(" S{digit} {tail} {age} "),
        format!(" S{digit} {age} "),
    ]
    .into_iter()
    .map(|says| Span::styled(says, style))
    .collect()
}

fn role(severity: Severity, status: Status) -> Role {
    match (status, severity) {
        (Status::Recovered | Status::Closed, _) => Role::BadgeCached,
        (_, Severity::Sev1 | Severity::Sev2) => Role::BadgeProd,
        _ => Role::BadgeCached,
    }
}

pub fn label(model: &Model, ask: Ask) -> String {
    match ask {
        Ask::Title => match &model.incidents.alarm {
            Some(alarm) => format!("incident from {}:", text::quote(&alarm.name)),
            None => "what is wrong?".into(),
        },
        Ask::Note => "note:".into(),
        Ask::Word(Verb::IncidentAck) => "acknowledged".into(),
        Ask::Word(Verb::IncidentMitigate) => "mitigated".into(),
        Ask::Word(_) => "recovered".into(),
        Ask::Role => "who does what?".into(),
        Ask::Link => "belongs to it:".into(),
    }
}

pub fn placeholder(ask: Ask) -> &'static str {
    match ask {
        Ask::Title => "checkout answers 500 since the last deploy",
        Ask::Note => "what you saw, did or decided; a line of the timeline",
        Ask::Word(_) => "now; or -10m, 14:05 (UTC), and a word about it",
        Ask::Role => "commander=mara",
        Ask::Link => "ticket=OPS-12, alarm=NAME, automation=ID, a recording or a run",
    }
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    if model.incidents.list.is_front {
        return super::list::view(model, area, buf, look);
    }
    let Some(current) = model.incidents.shown() else {
        return nothing(area, buf, look);
    };
    let title = vec![
        Span::styled(
            match model.incidents.looked {
                Some(_) => "Incident, not your current one",
                None => "Incident",
            },
            look.of(Role::Title),
        ),
        Span::styled(
            format!("  {}  {}", current.id, text::quote(&current.title)),
            look.of(Role::Text),
        ),
    ];
    let inner = boxed(area, buf, look, Line::from(title), true);
    let head = head(model, current, inner.width.saturating_sub(2), look);
    let [above, below] =
        Layout::vertical([Constraint::Length(head.len() as u16 + 1), Constraint::Fill(1)]).areas(inner);
    let above = Rect {
        x: above.x + 1.min(above.width),
        width: above.width.saturating_sub(2),
        ..above
    };
    for (line, y) in head.into_iter().zip(above.top()..above.bottom()) {
        line.render(
            Rect {
                y,
                height: 1,
                ..above
            },
            buf,
        );
    }
    let terse = below.width < 110;
    let (time, what) = if terse { (8, 24) } else { (19, 40) };
    let shared = shared(&model.incidents);
    let rows = Shown {
        incidents: &model.incidents,
        look,
        terse,
        shared: &shared,
    };
    // What is nowhere said takes no room from what is.
    let fit = |head: &str, of: &dyn Fn(&Item) -> usize, most: usize| {
        let widest = (0..rows.len())
            .filter_map(|at| model.incidents.item(at))
            .map(of)
            .max();
        let widest = widest.filter(|widest| *widest > 0)?;
        Some(Width::Fixed(widest.max(head.len()).min(most) as u16))
    };
    let most_who = match below.width {
        0..110 => 10,
        110..150 => 22,
        _ => 34,
    };
    let who = fit(
        "WHO",
        &|item| text::width(&who_of(item, terse, &shared)),
        most_who,
    );
    let on = fit(
        "ON",
        &|item| text::width(target(item)),
        if terse { 12 } else { 22 },
    );
    let exit = fit("EXIT", &|item| exit(item).len(), 4);
    let columns = [
        Some(Column::new("TIME", Width::Fixed(time))),
        Some(Column::new("KIND", Width::Fixed(9))),
        who.map(|width| Column::new("WHO", width).drop(2)),
        on.map(|width| Column::new("ON", width).drop(1)),
        exit.map(|width| Column::new("EXIT", width).right().drop(3)),
        Some(Column::new("WHAT", Width::Fill(what))),
    ];
    let shown = columns.each_ref().map(Option::is_some);
    let columns: Vec<Column> = columns.into_iter().flatten().collect();
    let rows = Fitted { rows, shown };
    // Where a line is cut, the one under the cursor is told whole below.
    let fixed: u16 = [time, 9, most_who as u16, if terse { 12 } else { 22 }, 4]
        .iter()
        .map(|width| width + 2)
        .sum();
    let room = usize::from(below.width.saturating_sub(fixed));
    let is_cut = |item: &Item| terse || item.says.contains('\n') || text::width(&says(item)) > room;
    let whole = model
        .incidents
        .selected()
        .filter(|item| is_cut(item))
        .map(|item| whole(item, below.width, look));
    let told = whole
        .as_ref()
        .map_or(0, |lines| lines.len() as u16 + 1)
        .min(below.height / 2);
    let [below, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(told)]).areas(below);
    for (line, y) in whole.iter().flatten().zip(foot.top() + 1..foot.bottom()) {
        buf.set_line(foot.x + 1, y, line, foot.width.saturating_sub(2));
    }
    Table {
        columns: &columns,
        rows: &rows,
        focused: true,
        empty: "gathering what was done…",
    }
    .paint(below, buf, look, &model.incidents.table);
}

/// Users of a machine as whom several identities work.
fn shared(incidents: &Incidents) -> BTreeSet<&str> {
    let mut arns: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in incidents.items() {
        if let (Some(who), Some(arn)) = (&item.who, &item.arn) {
            arns.entry(who).or_default().insert(arn);
        }
    }
    let shared = arns.into_iter().filter(|(_, arns)| arns.len() > 1);
    shared.map(|(who, _)| who).collect()
}

/// Who did it; where there is little room without their identity, or by that alone where the name tells nobody apart.
pub(super) fn who(name: Option<&str>, arn: Option<&str>, terse: bool, shared: &BTreeSet<&str>) -> String {
    let Some(name) = name else { return "—".into() };
    match (arn, terse) {
        (_, false) => person(name, arn),
        (Some(arn), true) if shared.contains(name) => arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned(),
        (_, true) => name.to_owned(),
    }
}

fn who_of(item: &Item, terse: bool, shared: &BTreeSet<&str>) -> String {
    who(item.who.as_deref(), item.arn.as_deref(), terse, shared)
}

fn target(item: &Item) -> &str {
    item.target.as_ref().map_or("", |target| target.label())
}

fn exit(item: &Item) -> String {
    item.exit.map(|code| code.to_string()).unwrap_or_default()
}

fn says(item: &Item) -> String {
    match item.known {
        Some("inferred") => format!("{} (inferred)", item.says),
        _ => item.says.clone(),
    }
}

/// What a person wrote over several lines; of anything else a line feed is shown for what it is.
fn on_one_line(item: &Item) -> String {
    match item.kind {
        Kind::Note => says(item).lines().collect::<Vec<_>>().join(" / "),
        _ => says(item),
    }
}

fn whole(item: &Item, width: u16, look: &Look) -> Vec<Line<'static>> {
    let room = usize::from(width.saturating_sub(2)).max(1);
    let says = says(item);
    let lines: Vec<&str> = match item.kind {
        Kind::Note => says.lines().collect(),
        _ => vec![says.as_str()],
    };
    let wrapped = lines
        .into_iter()
        .flat_map(|line| wrap::wrap(&text::quote(line), room));
    wrapped
        .map(|part| Line::styled(part, look.of(Role::Dim)))
        .collect()
}

fn nothing(area: Rect, buf: &mut Buffer, look: &Look) {
    let title = Line::styled("Incident", look.of(Role::Title));
    let inner = boxed(area, buf, look, title, true);
    let says = [
        ("no current incident", Role::Text),
        ("", Role::Text),
        (":incident.start TITLE   begins one", Role::Dim),
        ("i on an alarm at home   begins one from it", Role::Dim),
        ("tab                     lists every incident", Role::Dim),
        ("R                       opens what you closed last", Role::Dim),
    ];
    for ((says, role), y) in says.into_iter().zip(inner.top() + 1..inner.bottom()) {
        buf.set_line(
            inner.x + 2.min(inner.width),
            y,
            &Line::styled(says, look.of(role)),
            inner.width.saturating_sub(2),
        );
    }
}

/// How long something took, in a word.
pub(super) fn took(took: Took) -> (String, Role) {
    match took {
        Took::Us(us) => (lasted(us), Role::Good),
        Took::NotSaid => ("not yet".to_owned(), Role::Warn),
        Took::Backwards => ("the clock went back".to_owned(), Role::Bad),
    }
}

pub(super) fn role_of(status: Status) -> Role {
    match status {
        Status::Open => Role::Bad,
        Status::Acknowledged | Status::Mitigated => Role::Warn,
        Status::Recovered | Status::Closed => Role::Good,
    }
}

/// How it stands, in two lines, who has which role, and what is not known in a third.
fn head(model: &Model, state: &State, room: u16, look: &Look) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let began = state.started_at.map_or_else(
        || "not known".to_owned(),
        |at| {
            format!(
                "{} UTC, {} ago",
                at.strftime("%Y-%m-%d %H:%M:%S"),
                age::since(at, model.now)
            )
        },
    );
    let status = role_of(state.status);
    let mut first = vec![
        Span::styled(state.severity.as_str().to_uppercase(), look.of(Role::Heading)),
        Span::styled(format!("  {}", state.status.as_str()), look.of(status)),
        Span::styled("  began ", dim),
        Span::styled(began, look.of(Role::Text)),
    ];
    let mut own_line = None;
    if let Some(item) = &state.opsitem {
        let says = format!("OpsItem {}", text::quote(&item.id));
        let taken: usize = first.iter().map(Span::width).sum();
        // Half of an id leads nowhere.
        match taken + 2 + text::width(&says) <= usize::from(room) {
            true => first.push(Span::styled(format!("  {says}"), look.of(Role::Info))),
            false => own_line = Some(Line::styled(says, look.of(Role::Info))),
        }
    }
    let mut lines = vec![Line::from(first), Line::from(spans(state, room, look))];
    lines.extend(own_line);
    if !state.roles.is_empty() {
        let roles = state.roles.iter().map(|(role, person)| {
            let says = format!("{}  ", text::quote(person));
            let role = Span::styled(format!("{} ", text::quote(role)), dim);
            [role, Span::styled(says, look.of(Role::Text))]
        });
        lines.push(Line::from(roles.flatten().collect::<Vec<_>>()));
    }
    if let Some(report) = &model.incidents.report {
        let faults = report.warnings.iter().chain(&report.journal.faults);
        if let Some(says) = faults.clone().next() {
            let more = faults.count() - 1;
            let more = if more > 0 {
                format!(" (+{more})")
            } else {
                String::new()
            };
            lines.push(Line::styled(
                format!("{}{more}", text::quote(says)),
                look.of(Role::Warn),
            ));
        }
    }
    lines
}

/// What became of it, each with how long that took: in days, hours and minutes, or so many of these as there is room for.
fn spans(state: &State, room: u16, look: &Look) -> Vec<Span<'static>> {
    let told = |units: usize| -> Vec<Span<'static>> {
        let words = [
            ("acknowledged ", state.to_acknowledge()),
            ("  mitigated ", state.to_mitigate()),
            ("  recovered ", state.to_recover()),
        ];
        let span = |(word, took)| {
            let (mut says, role) = self::took(took);
            if let Took::Us(_) = took {
                // A number and its unit are two words.
                says = says.split(' ').take(2 * units).collect::<Vec<_>>().join(" ");
            }
            [
                Span::styled(word, look.of(Role::Dim)),
                Span::styled(says, look.of(role)),
            ]
        };
        words.into_iter().flat_map(span).collect()
    };
    let fits = |spans: &Vec<Span>| spans.iter().map(Span::width).sum::<usize>() <= usize::from(room);
    let longer = [3, 2].into_iter().map(told).find(fits);
    longer.unwrap_or_else(|| told(1))
}

struct Shown<'a> {
    incidents: &'a Incidents,
    look: &'a Look<'a>,
    terse: bool,
    shared: &'a BTreeSet<&'a str>,
}

impl Ids for Shown<'_> {
    type Id = usize;

    fn len(&self) -> usize {
        self.incidents.len()
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        self.incidents.id_at(index)
    }
}

impl Shown<'_> {
    fn time(&self, at: Timestamp) -> String {
        let form = if self.terse {
            "%H:%M:%S"
        } else {
            "%Y-%m-%d %H:%M:%S"
        };
        at.strftime(form).to_string()
    }

    fn role(&self, item: &Item) -> Role {
        match item.kind {
            _ if item.failed => Role::Bad,
            Kind::Incident => Role::Heading,
            Kind::Note => Role::Accent,
            Kind::Alert => Role::Warn,
            _ => Role::Text,
        }
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let Some(item) = self.incidents.item(index) else {
            return Row::Cells(Vec::new());
        };
        let dim = self.look.of(Role::Dim);
        let exit_role = if item.exit == Some(0) {
            Role::Good
        } else {
            Role::Bad
        };
        Row::Cells(vec![
            Line::styled(self.time(item.at), dim),
            Line::styled(item.kind.as_str(), dim),
            Line::styled(
                text::quote(&who_of(item, self.terse, self.shared)).into_owned(),
                dim,
            ),
            Line::styled(text::quote(target(item)).into_owned(), self.look.of(Role::Text)),
            Line::styled(exit(item), self.look.of(exit_role)),
            Line::styled(
                text::quote(&on_one_line(item)).into_owned(),
                self.look.of(self.role(item)),
            ),
        ])
    }
}

/// The same rows without the columns that hold nothing.
struct Fitted<'a> {
    rows: Shown<'a>,
    shown: [bool; 6],
}

impl Ids for Fitted<'_> {
    type Id = usize;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        self.rows.id_at(index)
    }
}

impl Rows for Fitted<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        match self.rows.row(index) {
            Row::Cells(cells) => {
                let cells = cells.into_iter().zip(self.shown);
                Row::Cells(cells.filter(|(_, shown)| *shown).map(|(cell, _)| cell).collect())
            }
            other => other,
        }
    }
}
