//! Rows that were summed elsewhere (by Athena, or part by part) as a breakdown: in the order that every answer has, with
//! a total that is exactly their sum.

use super::breakdown::{Breakdown, Question, Row};
use super::dataset::Dimension;

impl Breakdown {
    /// Each key once.
    pub(super) fn of(currency: String, question: &Question, complete: bool, mut rows: Vec<Row>) -> Breakdown {
        let time = question.by.iter().position(Dimension::is_time);
        let at = |row: &Row| time.and_then(|at| row.key.get(at).cloned());
        rows.sort_by(|a, b| {
            at(a)
                .cmp(&at(b))
                .then(b.cost.cmp(&a.cost))
                .then_with(|| a.key.cmp(&b.key))
        });
        Breakdown {
            currency,
            period: question.period,
            complete,
            total: rows.iter().map(|row| row.cost).sum(),
            rows,
            unknown: Vec::new(),
        }
    }
}
