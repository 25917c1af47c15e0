//! Growth or waste: the later half of what is known against the earlier half. Costs that grow with what they are for are
//! growth; those that outgrow it are not.

use super::{Days, Point};
use crate::cost::amount::Amount;
use crate::cost::period::Period;

/// Beneath this a change is none, in percent.
const FLAT: f64 = 5.0;
/// Days on which both are known, beneath which nothing is judged.
pub const FEWEST_DAYS: u32 = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub says: String,
    /// Change of the cost of one unit, in percent; `None`: too little is known.
    pub change_percent: Option<f64>,
    /// What was paid in the later half beyond what as many units cost before.
    pub excess: Option<Amount>,
}

/// Judges the days of a period.
pub fn verdict(days: &Days, period: Period, unit: &str, currency: &str) -> Verdict {
    let known: Vec<_> = days
        .costs
        .range(period.from..period.to)
        .map(|(day, _)| *day)
        .filter(|day| days.counts.contains_key(day))
        .collect();
    let none = |says: String| Verdict {
        says,
        change_percent: None,
        excess: None,
    };
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return none(format!(
            "no day of {period} has both a cost and a count of {unit}"
        ));
    };
    if (known.len() as u32) < FEWEST_DAYS {
        return none(format!(
            "{} days are too few to tell growth from waste",
            known.len()
        ));
    }
    let middle = known[known.len() / 2];
    let halves = (
        Period::new(*first, middle),
        Period::new(middle, last.tomorrow().unwrap_or(*last)),
    );
    let (Some(earlier), Some(later)) = halves else {
        return none(format!(
            "{} days are too few to tell growth from waste",
            known.len()
        ));
    };
    judge(
        [&days.point(earlier), &days.point(later)],
        days.mean,
        unit,
        currency,
    )
}

fn judge([earlier, later]: [&Point; 2], mean: bool, unit: &str, currency: &str) -> Verdict {
    // What is there every day is paid for every day, and halves may differ by one.
    let share = |point: &Point| if mean { f64::from(point.days.max(1)) } else { 1.0 };
    let each = |point: &Point| Some(point.each()? / share(point));
    let (Some(before), Some(after)) = (each(earlier), each(later)) else {
        return Verdict {
            says: format!(
                "no {unit} were counted in {} or in {}",
                earlier.period, later.period
            ),
            change_percent: None,
            excess: None,
        };
    };
    let percent = |after: f64, before: f64| (after / before - 1.0) * 100.0;
    let each = percent(after, before);
    let daily = |point: &Point, value: f64| value / f64::from(point.days.max(1));
    let count = |point: &Point| point.count.unwrap_or_default().approximate();
    let costs = percent(
        daily(later, later.cost.approximate()),
        daily(earlier, earlier.cost.approximate()),
    );
    let excess = later.cost.approximate() - before * count(later) * share(later);
    let prices = format!(
        "{before:.4} {currency} each{} in {}, {after:.4} in {}",
        if mean { " a day" } else { "" },
        earlier.period,
        later.period
    );
    let says = match each {
        change if change > FLAT => {
            format!(
                "{prices}, {change:+.0} %: about {excess:.2} {currency} of it is not explained by more {unit}"
            )
        }
        change if change < -FLAT => {
            format!("{prices}, {change:+.0} %: each of the {unit} costs less than before")
        }
        _ if costs > FLAT => {
            format!(
                "{prices}, as before: costs grew by {costs:.0} % with the {unit}, which is growth and not waste"
            )
        }
        _ if costs < -FLAT => format!(
            "{prices}, as before: costs fell by {:.0} % with the {unit}",
            -costs
        ),
        _ => format!("{prices}: costs and {unit} are as before"),
    };
    Verdict {
        says,
        change_percent: Some(each),
        excess: Amount::from_double(excess).map(|parsed| parsed.amount),
    }
}
