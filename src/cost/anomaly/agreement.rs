//! Our anomalies beside those that AWS found: the same service over days that touch is the same one.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Anomaly, Told};
use crate::cost::period::Period;

/// AWS looks a day late and may date what it finds so.
const SLACK_DAYS: i64 = 1;

/// An anomaly as AWS's Cost Anomaly Detection tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    pub id: String,
    /// As Cost Explorer spells it; `None` when AWS names no cause.
    pub service: Option<String>,
    pub account: Option<String>,
    pub from: Date,
    /// The last day, included.
    pub last_day: Date,
    pub impact: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    Ours(Anomaly),
    Both(Anomaly, Foreign),
    Aws(Foreign),
}

/// Every anomaly of either side once, except that one of AWS may confirm several of ours (a service and its
/// account).
pub fn agree(ours: Vec<Anomaly>, theirs: &[Foreign]) -> Vec<Finding> {
    let alone = theirs
        .iter()
        .filter(|foreign| !ours.iter().any(|anomaly| same(anomaly, foreign)));
    let alone: Vec<Finding> = alone.cloned().map(Finding::Aws).collect();
    let ours = ours.into_iter().map(
        |anomaly| match theirs.iter().find(|foreign| same(&anomaly, foreign)) {
            Some(foreign) => Finding::Both(anomaly, foreign.clone()),
            None => Finding::Ours(anomaly),
        },
    );
    ours.chain(alone).collect()
}

/// Marks what AWS found as well; returns what it alone found in these days.
pub fn confirm(told: &mut [Told], foreign: &[Foreign], shown: Period) -> Vec<Foreign> {
    let ours = told.iter().map(|one| one.anomaly.clone()).collect();
    let mut marks = told.iter_mut();
    let mut alone = Vec::new();
    for finding in agree(ours, foreign) {
        match finding {
            Finding::Aws(foreign) if shown.contains(foreign.from) => alone.push(foreign),
            Finding::Aws(_) => {}
            Finding::Ours(_) => drop(marks.next()),
            Finding::Both(_, foreign) => {
                if let Some(one) = marks.next() {
                    one.aws = Some(foreign);
                }
            }
        }
    }
    alone
}

fn same(anomaly: &Anomaly, foreign: &Foreign) -> bool {
    let early = foreign.from.saturating_sub(SLACK_DAYS.days());
    let late = foreign.last_day.saturating_add(SLACK_DAYS.days());
    let overlap = anomaly.since <= late && early <= anomaly.last_day;
    let accounts = match (anomaly.account(), &foreign.account) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    };
    overlap && accounts && anomaly.service().is_some() && anomaly.service() == foreign.service.as_deref()
}
