//! What is known of the node under the cursor, or of the failure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use crate::app::Model;
use crate::fleet::Node;
use crate::panel::{age, boxed, costs};
use crate::ui::{Look, Role};

use super::view::{agent, state};

/// Cells of a label.
const LABEL: usize = 12;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let fleet = &model.fleet;
    let (title, lines) = match (fleet.selected(), fleet.selected_failure()) {
        (Some(node), _) => {
            let mut lines = node_lines(node, look);
            lines.insert(5, cost_line(model, node, look));
            (node.name.clone(), lines)
        }
        (_, Some(failure)) => (
            "Failure".to_owned(),
            vec![
                Line::styled(failure.cause.clone(), look.of(Role::Bad)),
                Line::default(),
                Line::raw(failure.hint.clone()),
            ],
        ),
        _ => (String::new(), Vec::new()),
    };
    let title = Line::styled(crate::ui::text::quote(&title).into_owned(), look.of(Role::Title));
    let inner = boxed(area, buf, look, title, false);
    if fleet.selected().is_some() {
        for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
            buf.set_line(
                inner.x + 1.min(inner.width),
                y,
                line,
                inner.width.saturating_sub(1),
            );
        }
        return;
    }
    Paragraph::new(lines)
        .style(look.of(Role::Text))
        .wrap(Wrap { trim: false })
        .render(inner, buf);
}

/// What a day costs, by whom and how old that is.
fn cost_line(model: &Model, node: &Node, look: &Look) -> Line<'static> {
    let fleet = &model.fleet;
    let label = Span::styled(
        format!("{} ", crate::ui::text::fit("a day", LABEL)),
        look.of(Role::Dim),
    );
    let Some(cost) = fleet.cost_of(node) else {
        return Line::from(vec![label, Span::styled("–", look.of(Role::Dim))]);
    };
    let about = if cost.billed { "" } else { "≈" };
    let says = costs::a_day(Some(cost.a_day), &fleet.costs.currency);
    let age = fleet
        .costs
        .read_at
        .map(|at| format!(", {} old", age::since(at, model.now)));
    Line::from(vec![
        label,
        Span::styled(format!("{about}{says}"), look.of(Role::Text)),
        Span::styled(
            format!(" {}{}", fleet.costs.from, age.unwrap_or_default()),
            look.of(Role::Dim),
        ),
    ])
}

fn node_lines(node: &Node, look: &Look) -> Vec<Line<'static>> {
    let dim = look.of(Role::Dim);
    let labelled = |label: &str, value: Line<'static>| {
        let mut spans = vec![Span::styled(
            format!("{} ", crate::ui::text::fit(label, LABEL)),
            dim,
        )];
        spans.extend(value.spans.into_iter().map(|span| {
            let style = value.style.patch(span.style);
            Span::styled(crate::ui::text::quote(&span.content).into_owned(), style)
        }));
        Line::from(spans)
    };
    let text = |value: &Option<String>| Line::raw(value.clone().unwrap_or_else(|| "—".into()));
    let mut lines = vec![
        labelled("id", Line::raw(node.id.to_string())),
        labelled("state", state(node, look)),
        labelled("agent", agent(node, look)),
        labelled("version", text(&node.agent_version)),
        labelled("type", text(&node.instance_type)),
        labelled("platform", Line::raw(node.platform.clone())),
        labelled(
            "account",
            Line::raw(format!("{} ({})", node.account, node.profile)),
        ),
        labelled(
            "zone",
            Line::raw(node.zone.clone().unwrap_or_else(|| node.region.clone())),
        ),
        labelled("private", text(&node.private_ip)),
        labelled("public", text(&node.public_ip)),
        labelled("role", text(&node.role)),
        labelled("image", text(&node.image)),
        labelled("network", text(&node.vpc)),
        labelled("subnet", text(&node.subnet)),
    ];
    if let Some(at) = node.launched_at {
        lines.push(labelled(
            "launched",
            Line::raw(at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ));
    }
    lines.push(Line::default());
    for (key, value) in &node.tags {
        lines.push(labelled(key, Line::raw(value.clone())));
    }
    lines
}
