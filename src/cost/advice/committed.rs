//! What commitments came to a day, used or not: that somebody bought one is seen in the bill, and in nothing else.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::cost::anomaly::Survey;
use crate::cost::{BadDimension, Cube, Dimension, Filter, Question};

/// Charge categories of commitments, used and unused: of Cost Explorer and of usage reports.
const CATEGORIES: [&str; 5] = [
    "SavingsPlanCoveredUsage",
    "SavingsPlanRecurringFee",
    "SavingsPlanUpfrontFee",
    "DiscountedUsage",
    "RIFee",
];
/// FOCUS says it by how the usage is priced.
const COMMITTED: &str = "Committed";
/// Days before a decision that tell what was committed to already.
const BEFORE_DAYS: i64 = 28;
/// One that is there already does not come to so much more, nor to a cent.
const MORE: f64 = 1.01;

/// Amortized, in dollars a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Committed(BTreeMap<Date, f64>);

impl Committed {
    /// From a cube that tells the charge category.
    ///
    /// # Errors
    /// It does not tell it.
    pub fn read(cube: &Cube, survey: &Survey) -> Result<Committed, BadDimension> {
        let mut by = vec![Dimension::Category];
        if cube.has(&Dimension::Pricing) {
            by.push(Dimension::Pricing);
        }
        by.push(Dimension::Day);
        let question = Question {
            by,
            filter: Filter::default(),
            ..survey.services()
        };
        let answer = cube.answer(&question)?.into_iter();
        let rows = answer.filter(|of| of.currency == "USD").flat_map(|of| of.rows);
        let mut days = BTreeMap::new();
        for row in rows {
            let [category, pricing @ .., day] = &row.key[..] else {
                continue;
            };
            let is_priced = category == "Usage" && pricing.iter().any(|pricing| pricing == COMMITTED);
            if let (true, Ok(day)) = (is_priced || CATEGORIES.contains(&category.as_str()), day.parse()) {
                *days.entry(day).or_default() += row.cost.approximate();
            }
        }
        Ok(Committed(days))
    }

    /// Leaves out days.
    pub(super) fn leave(&mut self, is_left: impl Fn(Date) -> bool) {
        self.0.retain(|day, _| is_left(*day));
    }

    /// Whether more is committed to on a day than on any of the last days until `on`.
    pub(super) fn is_more(&self, on: Date, day: Date) -> bool {
        let first = on.saturating_sub(BEFORE_DAYS.days());
        let before = self.0.range(first..=on).map(|(_, cost)| *cost);
        let before = before.fold(0.0, f64::max);
        self.0.get(&day).is_some_and(|cost| *cost > before * MORE + 0.01)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::CostRow;
    use crate::cost::{Dataset, Period};
    use jiff::civil::date;

    #[test]
    fn a_commitment_that_was_there_before_is_none_that_was_bought_since() {
        let first = date(2026, 3, 1);
        let mut cube =
            Cube::new(Dataset::for_dimensions(&[Dimension::Service, Dimension::Category]).unwrap());
        let row = |nth: i64, category: &str, cost: f64| CostRow {
            from: first + nth.days(),
            estimated: false,
            keys: vec!["Amazon Elastic Compute Cloud - Compute".into(), category.into()],
            unblended: Some("1".into()),
            amortized: Some(cost.to_string()),
            net_amortized: None,
            quantity: None,
            currency: Some("USD".into()),
        };
        // Ten a day are committed to, used by half on some days; twelve from the fortieth day on.
        let rows = (0..60).flat_map(|nth| {
            let used = if nth % 2 == 0 { 5.0 } else { 10.0 };
            let fee = if nth < 40 { 10.0 } else { 12.0 } - used;
            [
                row(nth, "SavingsPlanCoveredUsage", used),
                row(nth, "SavingsPlanRecurringFee", fee),
                row(nth, "Usage", 100.0 + nth as f64),
            ]
        });
        cube.extend(&rows.collect::<Vec<_>>()).unwrap();
        let survey = Survey::new(Period::new(first, first + 60.days()).unwrap(), "").unwrap();
        let committed = Committed::read(&cube, &survey).unwrap();
        let on = first + 30.days();
        let more: Vec<i64> = (0..70)
            .filter(|nth| committed.is_more(on, first + nth.days()))
            .collect();
        assert_eq!(more, (40..60).collect::<Vec<_>>());
    }
}
