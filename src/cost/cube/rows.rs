//! Cells out of rows that were summed elsewhere: each key is a value of every axis and then the day. They hold one lens;
//! the others are missing, and are told as missing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Cube, day};
use crate::cost::amount::Amount;
use crate::cost::breakdown::Breakdown;
use crate::cost::dataset::{Dataset, Dimension, Lens};

const LENSES: [Lens; 4] = [Lens::Unblended, Lens::Amortized, Lens::Net, Lens::List];

impl Cube {
    /// Cells by `axes` and day. `days` are those that were answered, and whether their bill may still move.
    ///
    /// # Errors
    /// The text that is not the day it should be.
    pub(in crate::cost) fn of_rows(
        axes: &[Dimension],
        lens: Lens,
        breakdowns: &[Breakdown],
        days: BTreeMap<Date, bool>,
    ) -> Result<Cube, String> {
        let pair = Dataset {
            first: Dimension::Service,
            second: Dimension::Account,
        };
        let mut cube = Cube::over(axes, pair);
        cube.days = days;
        for other in LENSES.into_iter().filter(|other| *other != lens) {
            cube.do_without(other, format!("the export was asked for {lens} costs"));
        }
        for breakdown in breakdowns {
            let currency = cube.currency_code(&breakdown.currency);
            for row in &breakdown.rows {
                let (on, key) = row.key.split_last().ok_or("")?;
                cube.day.push(day::number(on.parse().map_err(|_| on.clone())?));
                cube.currency.push(currency);
                for (nth, axis) in cube.axes.iter_mut().enumerate() {
                    let code = axis.names.code(key.get(nth).map_or("", String::as_str));
                    axis.codes.push(code);
                }
                for (sums, other) in cube.money.iter_mut().zip(LENSES) {
                    let amount = if other == lens { row.cost } else { Amount::ZERO };
                    sums.push(amount.units());
                }
                let quantity = row.quantity.unwrap_or_default();
                if let Some(sums) = cube.money.last_mut() {
                    sums.push(quantity.units());
                }
            }
        }
        Ok(cube)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Filter, Period, Question, Row};
    use jiff::civil::date;

    #[test]
    fn rows_become_cells_that_answer_like_any_other_and_other_lenses_are_missing() {
        let period = Period::new(date(2026, 11, 1), date(2026, 11, 3)).unwrap();
        let by = vec![Dimension::Service, Dimension::UsageType, Dimension::Day];
        let question = Question {
            period,
            by: by.clone(),
            lens: Lens::Amortized,
            filter: Filter::default(),
        };
        let row = |service: &str, usage: &str, day: &str, cost: i64, quantity: i64| Row {
            key: [service, usage, day].map(str::to_owned).to_vec(),
            cost: Amount::whole(cost),
            quantity: Some(Amount::whole(quantity)),
        };
        let rows = vec![
            row("EC2", "Box", "2026-11-01", 5, 2),
            row("EC2", "Bytes", "2026-11-02", 7, 3),
            row("S3", "Bytes", "2026-11-02", -1, 1),
        ];
        let breakdown = Breakdown::of("EUR".into(), &question, true, rows);
        let days = [(date(2026, 11, 1), false), (date(2026, 11, 2), true)];
        let cube = Cube::of_rows(
            &by[..2],
            Lens::Amortized,
            std::slice::from_ref(&breakdown),
            days.into(),
        )
        .unwrap();
        let answer = cube.answer(&question).unwrap();
        assert_eq!(
            (&answer[0].rows, answer[0].total),
            (&breakdown.rows, Amount::whole(11))
        );
        assert!(!answer[0].complete && answer[0].currency == "EUR");
        let other = Question {
            lens: Lens::Unblended,
            ..question.clone()
        };
        assert!(cube.answer(&other).unwrap_err().says.contains("amortized"));
        let bad = Breakdown::of(
            "EUR".into(),
            &question,
            true,
            vec![row("EC2", "Box", "soon", 1, 1)],
        );
        let bad = Cube::of_rows(&by[..2], Lens::Amortized, &[bad], BTreeMap::new());
        assert_eq!(bad.unwrap_err(), "soon");
    }
}
