//! The question about a price, before anything is paid: what is not here, and what it takes.

use crate::app::Effect;
use crate::cost::Source;

use super::Costs;

/// Of what is looked at.
pub fn question(price: &str) -> Vec<String> {
    asked("This", price)
}

/// Of what an effect pays for. A bill of another source than the one that is shown is named: it is asked of another purse.
pub(super) fn of(costs: &Costs, price: &str, effect: &Effect) -> Vec<String> {
    match elsewhere(costs, effect) {
        Some(source) => asked(&format!("The bill of {source}"), price),
        None => question(price),
    }
}

fn asked(what: &str, price: &str) -> Vec<String> {
    vec![
        format!("{what} is not on this machine."),
        format!("Asking takes {price}."),
    ]
}

fn elsewhere<'a>(costs: &Costs, effect: &'a Effect) -> Option<&'a Source> {
    let Effect::FetchCosts { source, .. } = effect else {
        return None;
    };
    let shown = costs.report.as_ref().map(|report| &report.origin.source);
    source.as_ref().filter(|source| shown != Some(*source))
}
