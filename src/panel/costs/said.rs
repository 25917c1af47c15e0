//! Why something that was wanted is not there, over what is shown instead: whole, with what to do about it. The last line
//! of the screen has room for a part of it at most, and it goes.

use ratatui::text::{Line, Span};

use crate::app::Key;
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

use super::{Costs, Tab};

/// The sentence and its remedy in lines of so many cells; none where the view itself says it, or nothing was refused.
pub fn lines(costs: &Costs, room: usize, look: &Look) -> Vec<Line<'static>> {
    let kind = costs.refused_now.as_ref().filter(|kind| !is_told(costs, kind));
    let Some((says, hint)) = kind.and_then(|kind| costs.refusals.get(kind)) else {
        return Vec::new();
    };
    let told = [(says, Role::Bad), (hint, Role::Text)];
    let told = told.into_iter().filter(|(says, _)| !says.is_empty());
    let wrapped = told.flat_map(|(says, role)| {
        let says = Span::styled(text::quote(says).into_owned(), look.of(role));
        wrap_spans(&[says], room.max(10), Blanks::Fold)
    });
    wrapped.collect()
}

/// Whether the view in front has nothing else to show, and says why.
fn is_told(costs: &Costs, kind: &Key) -> bool {
    match (costs.tab, kind) {
        (_, Key::Costs) => costs.report.is_none(),
        // Nobody asked for it here.
        (_, Key::NodeCosts) => true,
        (Tab::Moves, Key::Moves) => costs.shown_board().is_none(),
        (Tab::Anomalies, Key::Anomalies) => costs.judged.is_none(),
        (Tab::Ledger, Key::Ledger) => costs.shown_ledger().is_none(),
        (Tab::Commitments, Key::Commitments) => costs.shown_commitments().is_none(),
        _ => false,
    }
}
