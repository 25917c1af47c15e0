//! Painting the fleet: one line a node, the eye led by state and by what cannot be reached.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::fleet::{Node, SortKey};
use crate::panel::age;
use crate::panel::{boxed, costs};
use crate::ui::table::{Column, Hit, Row, Rows, Sort, Table, Width};
use crate::ui::{Look, Role};

use super::{Entry, Fleet, detail};

/// The table and, where asked for and where there is room, the detail pane.
pub fn body(model: &Model, area: Rect) -> (Rect, Option<Rect>) {
    if !model.fleet.detail {
        return (area, None);
    }
    if area.width >= 120 {
        let [table, detail] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(46)]).areas(area);
        (table, Some(detail))
    } else {
        let [table, detail] = Layout::vertical([Constraint::Fill(1), Constraint::Max(11)]).areas(area);
        (table, Some(detail))
    }
}

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let (left, right) = body(model, area);
    let inner = boxed(left, buf, look, title(model, look), true);
    table(model, look, |table| {
        table.paint(inner, buf, look, &model.fleet.table)
    });
    if let Some(right) = right {
        detail::view(model, right, buf, look);
    }
}

/// What is under the mouse.
pub fn hit(model: &Model, area: Rect, x: u16, y: u16) -> Option<Hit> {
    let inner = body(model, area).0.inner(Margin::new(1, 1));
    let plain = |_: Role| Style::new();
    table(model, &Look::new(&plain), |table| {
        table.hit(inner, &model.fleet.table, x, y)
    })
}

fn table<T>(model: &Model, look: &Look, then: impl FnOnce(&Table<Shown>) -> T) -> T {
    let columns = columns(&model.fleet);
    let rows = Shown { model, look };
    then(&Table {
        columns: &columns,
        rows: &rows,
        focused: true,
        empty: empty(&model.fleet),
    })
}

fn empty(fleet: &Fleet) -> &'static str {
    match (fleet.loading, fleet.nodes.is_empty()) {
        (true, true) => "asking every region…",
        (false, true) => "no instances in these accounts and regions",
        _ => "nothing matches the filter; C-x shows everything",
    }
}

fn title<'a>(model: &'a Model, look: &Look) -> Line<'a> {
    let fleet = &model.fleet;
    let mut spans = vec![Span::styled("Fleet", look.of(Role::Title))];
    let total = fleet.nodes.len();
    let count = if fleet.shown.len() == total {
        format!("  {total}")
    } else {
        format!("  {} of {total}", fleet.shown.len())
    };
    spans.push(Span::styled(count, look.of(Role::Dim)));
    if fleet.marks() > 0 {
        spans.push(Span::styled(
            format!("  ● {} marked", fleet.marks()),
            look.of(Role::Accent),
        ));
    }
    if !fleet.filter_text.is_empty() {
        spans.push(Span::styled(
            format!("  /{}", fleet.filter_text),
            look.of(Role::Accent),
        ));
    }
    if let Some(bad) = &fleet.bad_filter {
        spans.push(Span::styled(format!("  {bad}"), look.of(Role::Bad)));
    }
    let failed = match fleet.failures.len() {
        0 => String::new(),
        1 => "  1 failure".to_owned(),
        many => format!("  {many} failures"),
    };
    spans.push(Span::styled(failed, look.of(Role::Bad)));
    if let Some(cached) = fleet.cached_for {
        spans.push(Span::raw("  "));
        spans.push(Span::styled(
            format!(" cached, {} old ", age::short(cached)),
            look.of(Role::BadgeCached),
        ));
    }
    Line::from(spans)
}

const COLUMNS: [(&str, Width, u8, SortKey); 12] = [
    ("NAME", Width::Fill(22), 0, SortKey::Name),
    ("ENV", Width::Fixed(8), 3, SortKey::Name),
    ("INSTANCE", Width::Fixed(20), 5, SortKey::Id),
    ("STATE", Width::Fixed(9), 0, SortKey::State),
    ("AGENT", Width::Fixed(9), 1, SortKey::Ping),
    ("TYPE", Width::Fixed(12), 4, SortKey::Type),
    ("A DAY", Width::Fixed(9), 3, SortKey::Cost),
    ("REGION", Width::Fixed(14), 2, SortKey::Region),
    ("ACCOUNT", Width::Fixed(13), 7, SortKey::Account),
    ("ADDRESS", Width::Fixed(15), 6, SortKey::Ip),
    ("VERSION", Width::Fixed(11), 8, SortKey::Agent),
    ("AGE", Width::Fixed(5), 7, SortKey::Age),
];

fn columns(fleet: &Fleet) -> Vec<Column<'static>> {
    let sorted =
        |key: SortKey| (key == fleet.sort).then_some(if fleet.descending { Sort::Down } else { Sort::Up });
    COLUMNS
        .iter()
        .map(|(title, width, drop, key)| {
            let sort = sorted(*key).filter(|_| *title != "ENV");
            let column = Column::new(title, *width).drop(*drop).sorted(sort);
            if *key == SortKey::Cost {
                column.right()
            } else {
                column
            }
        })
        .collect()
}

/// The order that a click on a title asks for.
pub fn sort_key(column: usize) -> Option<SortKey> {
    COLUMNS.get(column).map(|(_, _, _, key)| *key)
}

/// The panel's rows as the table wants them.
pub struct Shown<'a> {
    model: &'a Model,
    look: &'a Look<'a>,
}

impl crate::ui::cursor::Ids for Shown<'_> {
    type Id = Entry;

    fn len(&self) -> usize {
        self.model.fleet.len()
    }

    fn id_at(&self, index: usize) -> Option<Entry> {
        self.model.fleet.id_at(index)
    }

    fn index_of(&self, id: &Entry) -> Option<usize> {
        self.model.fleet.index_of(id)
    }
}

impl Rows for Shown<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let fleet = &self.model.fleet;
        if let Some(node) = fleet.shown.get(index).and_then(|at| fleet.nodes.get(*at)) {
            return Row::Cells(self.cells(node));
        }
        let failure = index
            .checked_sub(fleet.shown.len())
            .and_then(|at| fleet.failures.get(at));
        failure.map_or_else(
            || Row::Cells(Vec::new()),
            |failure| {
                let says = Span::raw(failure.to_string());
                let hint = Span::styled(format!("  {}", failure.hint), self.look.of(Role::Dim));
                Row::Failed(Line::from(vec![says, hint]))
            },
        )
    }
}

impl Shown<'_> {
    fn cells<'n>(&self, node: &'n Node) -> Vec<Line<'n>> {
        let look = self.look;
        let stale = self.model.fleet.stale.contains(&node.id);
        let base = look.of(if stale || node.is_terminated() {
            Role::Faint
        } else {
            Role::Text
        });
        let dim = look.of(if stale || node.is_terminated() {
            Role::Faint
        } else {
            Role::Dim
        });
        let production = self.model.is_production(node);
        let env = node
            .tags
            .get("env")
            .or(node.tags.get("Environment"))
            .map_or("—", String::as_str);
        let env = Line::styled(
            env,
            if production && !stale {
                look.of(Role::Bad)
            } else {
                dim
            },
        );
        let plain = |text: Option<&'n str>| Line::styled(text.unwrap_or("—"), dim);
        let age = node
            .launched_at
            .map_or("—".to_owned(), |at| age::since(at, self.model.now));
        vec![
            Line::styled(if node.name.is_empty() { "—" } else { &node.name }, base),
            env,
            plain(Some(&node.id.0)),
            state(node, look),
            agent(node, look),
            plain(node.instance_type.as_deref()),
            self.a_day(node, dim),
            plain(Some(&node.region)),
            plain(Some(&node.account)),
            plain(node.private_ip.as_deref()),
            plain(node.agent_version.as_deref()),
            Line::styled(age, dim),
        ]
    }
}

impl Shown<'_> {
    /// What a day costs; a rate is marked as about.
    fn a_day(&self, node: &Node, style: Style) -> Line<'static> {
        let fleet = &self.model.fleet;
        let cost = fleet.cost_of(node);
        let text = costs::a_day(cost.map(|cost| cost.a_day), &fleet.costs.currency);
        let about = if cost.is_some_and(|cost| !cost.billed) {
            "≈"
        } else {
            ""
        };
        Line::styled(format!("{about}{text}"), style)
    }
}

pub(super) fn state(node: &Node, look: &Look) -> Line<'static> {
    let state = node.state.clone().unwrap_or_else(|| "hybrid".into());
    let role = match state.as_str() {
        "running" => Role::Good,
        "pending" | "stopping" | "shutting-down" => Role::Warn,
        "hybrid" => Role::Info,
        _ => Role::Faint,
    };
    Line::styled(state, look.of(role))
}

pub(super) fn agent(node: &Node, look: &Look) -> Line<'static> {
    let (text, role) = match node.ping.as_deref() {
        Some("Online") => ("● online", Role::Good),
        Some("ConnectionLost") => ("○ lost", Role::Bad),
        Some(_) => ("○ inactive", Role::Warn),
        None if node.agent_known => ("· none", Role::Faint),
        None => ("… ", Role::Faint),
    };
    Line::styled(text, look.of(role))
}
