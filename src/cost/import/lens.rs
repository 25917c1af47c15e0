//! What a charge costs through each lens. A line of a Cost and Usage Report is amortized as AWS's own dashboards do it:
//! covered usage at its effective cost, the fee of a commitment only for its unused part, a negation not at all.

use super::field::{Block, Books, Money, Text};
use super::layout::{Dialect, Layout};
use crate::cost::cube::MEASURES;
use crate::cost::dataset::Lens;

/// Amounts of a row; none for a row that splits the cost of another.
pub struct Costs {
    pub amounts: Option<[i128; MEASURES]>,
    /// Why the file cannot give these lenses.
    pub lost: [Option<(Lens, &'static str)>; 2],
}

/// The line item types of a report that amortization tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    PlanUsage,
    PlanFee,
    PlanUpfrontOrNegation,
    ReservedUsage,
    ReservationFee,
    Fee,
    Other,
}

/// Meanings of codes, found once for each.
#[derive(Debug, Default)]
pub struct Charges {
    lines: Vec<Option<Line>>,
    splits: Vec<Option<bool>>,
}

impl Charges {
    pub fn costs(&mut self, books: &Books, layout: &Layout, block: &Block, at: usize) -> Costs {
        let of = |money| block.money(money, at);
        let (billed, list, quantity) = (of(Money::Billed), of(Money::List), of(Money::Quantity));
        if layout.dialect == Dialect::Focus {
            let effective = of(Money::Effective);
            return Costs {
                amounts: Some([billed, effective, effective, list, quantity]),
                lost: [None; 2],
            };
        }
        let operation = block.text(Text::Operation, at);
        let is_split = *known(&mut self.splits, operation).get_or_insert_with(|| {
            let name = books.names[Text::Operation as usize].text(operation);
            matches!(name, "EKSPod-EC2" | "ECSTask-EC2")
        });
        if is_split {
            return Costs {
                amounts: None,
                lost: [None; 2],
            };
        }
        let category = block.text(Text::Category, at);
        let line = *known(&mut self.lines, category)
            .get_or_insert_with(|| line(books.names[Text::Category as usize].text(category)));
        let (effective, lost) = amortized(line, layout, block, at);
        let net = net(line, layout, block, at);
        // What is not known after discounts is known before them, or not at all.
        let no_net = lost.filter(|_| net.is_none());
        Costs {
            amounts: Some([billed, effective, net.unwrap_or(effective), list, quantity]),
            lost: [
                lost.map(|why| (Lens::Amortized, why)),
                no_net.map(|why| (Lens::Net, why)),
            ],
        }
    }
}

fn line(category: &str) -> Line {
    match category {
        "SavingsPlanCoveredUsage" => Line::PlanUsage,
        "SavingsPlanRecurringFee" => Line::PlanFee,
        "SavingsPlanNegation" | "SavingsPlanUpfrontFee" => Line::PlanUpfrontOrNegation,
        "DiscountedUsage" => Line::ReservedUsage,
        "RIFee" => Line::ReservationFee,
        "Fee" => Line::Fee,
        _ => Line::Other,
    }
}

/// The amortized cost, and why it cannot be known where a column that it takes is absent.
fn amortized(line: Line, layout: &Layout, block: &Block, at: usize) -> (i128, Option<&'static str>) {
    let of = |money| block.money(money, at);
    let needs = |money, why| (!layout.has(money)).then_some(why);
    match line {
        Line::PlanUsage => (
            of(Money::PlanEffective),
            needs(
                Money::PlanEffective,
                "the report has no column savings_plan_savings_plan_effective_cost",
            ),
        ),
        Line::PlanFee => (
            of(Money::PlanCommitment) - of(Money::PlanUsed),
            needs(
                Money::PlanCommitment,
                "the report has no column savings_plan_total_commitment_to_date",
            )
            .or(needs(
                Money::PlanUsed,
                "the report has no column savings_plan_used_commitment",
            )),
        ),
        Line::PlanUpfrontOrNegation => (0, None),
        Line::ReservedUsage => (
            of(Money::ReservedEffective),
            needs(
                Money::ReservedEffective,
                "the report has no column reservation_effective_cost",
            ),
        ),
        Line::ReservationFee => (
            of(Money::UnusedUpfront) + of(Money::UnusedRecurring),
            needs(
                Money::UnusedRecurring,
                "the report has no column reservation_unused_recurring_fee",
            )
            .or(needs(
                Money::UnusedUpfront,
                "the report has no column reservation_unused_amortized_upfront_fee_for_billing_period",
            )),
        ),
        Line::Fee if block.text(Text::Reservation, at) != 0 => (0, None),
        Line::Fee | Line::Other => (of(Money::Billed), None),
    }
}

/// The same after private discounts; `None` where the report knows none, and it equals the amortized cost.
fn net(line: Line, layout: &Layout, block: &Block, at: usize) -> Option<i128> {
    let of = |money| layout.has(money).then(|| block.money(money, at));
    match line {
        Line::PlanUsage => of(Money::PlanNetEffective),
        Line::ReservedUsage => of(Money::ReservedNetEffective),
        Line::ReservationFee => Some(of(Money::NetUnusedUpfront)? + of(Money::NetUnusedRecurring)?),
        Line::PlanFee | Line::PlanUpfrontOrNegation => None,
        Line::Fee if block.text(Text::Reservation, at) != 0 => None,
        Line::Fee | Line::Other => of(Money::Net),
    }
}

fn known<T>(all: &mut Vec<Option<T>>, code: u32) -> &mut Option<T> {
    let at = code as usize;
    if all.len() <= at {
        all.resize_with(at + 1, || None);
    }
    &mut all[at]
}
