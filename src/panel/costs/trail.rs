//! The title of the pane: where one is between the organisation and a day, what the rows are, and that not all of it is
//! known. Where there is little room the way loses its beginning, never the place where one stands.

use ratatui::text::{Line, Span};

use crate::app::{Model, Place, Verb};
use crate::cost::Query;
use crate::panel::age;
use crate::ui::{Look, Role, text};

use super::view::plain;
use super::{Costs, Tab};

/// Between two places of the way.
const STEP: &str = " › ";
/// Instead of those that there is no room for.
const CUT: &str = "… › ";

/// The title in so many cells.
pub fn title(model: &Model, room: usize, look: &Look) -> Line<'static> {
    let costs = &model.costs;
    let title = |says: &'static str| Line::styled(says, look.of(Role::Title));
    match costs.tab {
        Tab::Moves => title("What to stop, reduce, rightsize and shift"),
        Tab::Anomalies => anomalies(model, look),
        Tab::Ledger => title("Moves that were taken on, and what they saved"),
        Tab::Commitments => title("Savings Plans and reservations, the last thirty days"),
        Tab::Table | Tab::Days | Tab::Treemap | Tab::Calendar | Tab::Changes => of_rows(costs, room, look),
    }
}

fn anomalies(model: &Model, look: &Look) -> Line<'static> {
    let title = Span::styled("Days outside their band, the last thirty", look.of(Role::Title));
    let keys = model.bindings.keys_of(Place::Costs, &Verb::AwsAnomalies.into());
    let beside = match (model.costs.aws_asked_at(), keys.first()) {
        (Some(at), _) => format!("  and AWS's own, asked {} ago", age::since(at, model.now)),
        (None, Some(key)) => format!("  {key} adds AWS's own"),
        (None, None) => String::new(),
    };
    Line::from(vec![title, Span::styled(beside, look.of(Role::Dim))])
}

fn of_rows(costs: &Costs, room: usize, look: &Look) -> Line<'static> {
    // Of what is shown, not of what was asked just now.
    let query = costs.report.as_ref().map_or(&costs.query, |report| &report.query);
    let partly = costs.report.as_ref().and_then(|report| report.summary.partly());
    let by = Span::styled(format!("  by {}", plain(&query.by)), look.of(Role::Info));
    let partly = partly.map(|says| Span::styled(format!("  {says}"), look.of(Role::Warn)));
    let fixed: usize = [Some(&by), partly.as_ref()]
        .into_iter()
        .flatten()
        .map(Span::width)
        .sum();
    let left = room.saturating_sub(fixed);
    // The filter is short mostly; a long one leaves half of the room to the way.
    let filter = (!query.filter.is_empty()).then(|| {
        let says = format!("  /{}", text::quote(&query.filter));
        Span::styled(
            text::truncate(&says, left / 2).into_owned(),
            look.of(Role::Accent),
        )
    });
    let taken = filter.as_ref().map_or(0, Span::width);
    let mut spans = way(costs, query, left.saturating_sub(taken), look);
    spans.push(by);
    spans.extend(filter);
    spans.extend(partly);
    Line::from(spans)
}

/// The organisation, and each value that was gone into; the last ones where not all fit.
fn way(costs: &Costs, query: &Query, room: usize, look: &Look) -> Vec<Span<'static>> {
    let (dim, accent) = (look.of(Role::Dim), look.of(Role::Accent));
    let inside = query
        .inside
        .iter()
        .map(|(dimension, value)| text::quote(&costs.called(dimension, value)).into_owned());
    let places: Vec<String> = std::iter::once("organisation".to_owned()).chain(inside).collect();
    let wide = |from: usize| {
        let names: usize = places[from..].iter().map(|name| text::width(name)).sum();
        let steps = (places.len() - 1 - from) * text::width(STEP);
        names + steps + if from > 0 { text::width(CUT) } else { 0 }
    };
    let last = places.len() - 1;
    let from = (0..last).find(|from| wide(*from) <= room).unwrap_or(last);
    let mut spans = Vec::new();
    if from > 0 {
        spans.push(Span::styled(CUT, dim));
    }
    for (at, name) in places.iter().enumerate().skip(from) {
        if at > from {
            spans.push(Span::styled(STEP, dim));
        }
        let style = match (at == last, last) {
            (true, 0) => look.of(Role::Title),
            (true, _) => accent,
            (false, _) => dim,
        };
        // A name that is too long by itself keeps both its ends: what tells it from others may stand at either.
        let own = room.saturating_sub(if from > 0 { text::width(CUT) } else { 0 });
        let shown = match from == last {
            true => text::truncate_middle(name, own.max(8)).into_owned(),
            false => name.clone(),
        };
        spans.push(Span::styled(shown, style));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::play;
    use crate::cost::Dimension;
    use crate::ui::tests::role_style;

    fn shown(room: usize, inside: &[(&str, &str)]) -> String {
        let mut model = play::model();
        let mut report = play::report(&model);
        report.query.inside = inside
            .iter()
            .map(|(of, value)| (Dimension::parse(of).unwrap(), (*value).to_owned()))
            .collect();
        report.query.by = Dimension::Resource;
        model.costs.report = Some(report);
        let line = title(&model, room, &Look::new(&role_style));
        assert!(line.width() <= room, "{line}");
        line.to_string()
    }

    #[test]
    fn a_way_that_is_too_long_loses_its_beginning() {
        let inside = [
            ("account", "111122223333"),
            ("service", "AWS Key Management Service"),
            ("usage_type", "eu-west-1-KMS-Requests"),
        ];
        assert_eq!(
            shown(120, &inside),
            "organisation › 111122223333 › Key Management Service › eu-west-1-KMS-Requests  by resource"
        );
        assert_eq!(
            shown(76, &inside),
            "… › Key Management Service › eu-west-1-KMS-Requests  by resource"
        );
        assert_eq!(shown(40, &inside), "… › eu-west-1-KMS-Requests  by resource");
        let narrow = shown(30, &inside);
        assert!(
            narrow.starts_with("… › eu-") && narrow.contains('…') && narrow.ends_with("sts  by resource"),
            "{narrow}"
        );
    }
}
