//! Net costs of reports without a private discount: AWS leaves the columns blank, and what nothing was taken off costs net
//! what it costs amortized. A discount begins with a month, so that each month is judged by itself, and what an older
//! version took in is judged when it is read.

use super::kept::Kept;
use crate::cost::cube::Slab;
use crate::cost::dataset::{Dimension, Lens};

/// Whose net cost is the amortized one in any report.
const UNUSED_PLAN: &str = "SavingsPlanRecurringFee";
const AMORTIZED: usize = 1;
const NET: usize = 2;

/// That net costs are not told by rows, and what they are.
pub const SAYS: &str =
    "a report has no net costs in months without a discount: there they are the amortized ones";

/// Takes the amortized costs for the net ones in the months of one import in which no row has any.
pub fn settle(months: &mut [Kept]) {
    let (mut are_all, mut rows) = (true, 0);
    for kept in months.iter_mut() {
        let is_settled = is_blank(kept);
        let facts = &mut kept.facts;
        facts.net_is_amortized = Some(is_settled);
        are_all &= is_settled;
        if !is_settled {
            continue;
        }
        rows += facts.rows;
        kept.slab.money[NET] = kept.slab.money[AMORTIZED].clone();
        let lost = facts.without.iter().find(|(lens, _)| *lens == Lens::Amortized);
        let is_lost = facts.without.iter().any(|(lens, _)| *lens == Lens::Net);
        let why = lost.filter(|_| !is_lost).map(|(_, why)| (Lens::Net, why.clone()));
        facts.without.extend(why);
    }
    for blank in months.iter_mut().filter_map(|kept| kept.facts.blank_net.as_mut()) {
        *blank = if are_all { 0 } else { blank.saturating_sub(rows) };
    }
}

/// The same of each import that an older version took in.
pub fn settle_older(all: &mut [Kept]) {
    all.sort_by(|a, b| (&a.facts.key, a.facts.imported_at).cmp(&(&b.facts.key, b.facts.imported_at)));
    let is_one =
        |a: &Kept, b: &Kept| (&a.facts.key, a.facts.imported_at) == (&b.facts.key, b.facts.imported_at);
    for import in all.chunk_by_mut(is_one) {
        if import.iter().all(|kept| kept.facts.net_is_amortized.is_none()) {
            settle(import);
        }
    }
}

fn is_blank(kept: &Kept) -> bool {
    let (facts, slab) = (&kept.facts, &kept.slab);
    match facts.blank_net {
        Some(0) => false,
        Some(_) => has_no_net(slab),
        // Whether there is a column of them was not kept once.
        None => {
            let differs = |cell| slab.money[NET].get(cell) != slab.money[AMORTIZED].get(cell);
            facts.net_is_amortized.is_none() && has_no_net(slab) && (0..slab.days.len()).any(differs)
        }
    }
}

fn has_no_net(slab: &Slab) -> bool {
    let kinds = Dimension::Category.to_string();
    let kinds = slab
        .tables
        .axes
        .iter()
        .zip(&slab.codes)
        .find(|((axis, _), _)| *axis == kinds);
    let kind = |cell: usize| kinds.and_then(|((_, names), codes)| names.get(codes.get(cell) as usize));
    (0..slab.days.len())
        .all(|cell| slab.money[NET].get(cell) == 0 || kind(cell).is_some_and(|kind| kind == UNUSED_PLAN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::cube::{Codes, Sums};

    /// A month as it was once kept: one cell for each of these net costs, which costs 5 amortized.
    fn kept(month: i32, net: &[i64], blank: serde_json::Value) -> Kept {
        let cells = net.len();
        let mut slab = Slab {
            days: vec![20_000; cells],
            currency: Codes::Narrow(vec![0; cells]),
            label: Codes::Narrow(vec![0; cells]),
            codes: vec![Codes::Narrow(vec![0; cells])],
            ..Slab::default()
        };
        slab.tables.axes.push(("category".into(), vec!["Usage".into()]));
        slab.money[AMORTIZED] = Sums::Narrow(vec![5; cells]);
        slab.money[NET] = Sums::Narrow(net.to_vec());
        let facts = serde_json::json!({
            "key": "a", "name": "a", "month": month, "format": "CUR 2.0", "sources": [],
            "imported_at": "2026-11-01T00:00:00Z", "rows": cells, "first": "2026-09-01", "last": "2026-09-30",
            "rounded": 0, "split": 0, "missing": [], "without": [], "left_out": [], "account_names": [],
            "blank_net": blank,
        });
        Kept {
            facts: serde_json::from_value(facts).unwrap(),
            slab,
        }
    }

    fn settled(mut all: Vec<Kept>) -> Vec<(i128, Option<u64>)> {
        settle_older(&mut all);
        let net = |kept: &Kept| {
            (0..kept.slab.days.len())
                .map(|cell| kept.slab.money[NET].get(cell))
                .sum()
        };
        all.iter().map(|kept| (net(kept), kept.facts.blank_net)).collect()
    }

    #[test]
    fn what_an_older_version_took_for_nothing_is_settled_where_no_row_has_a_net_cost() {
        let two = || serde_json::json!(2);
        assert_eq!(settled(vec![kept(1, &[0, 0], two())]), [(10, Some(0))]);
        // It did not always keep whether there is a column.
        assert_eq!(
            settled(vec![kept(1, &[0, 0], serde_json::Value::Null)]),
            [(10, None)]
        );
        let discounted = [kept(1, &[0, 0], two()), kept(2, &[4, 4], two())];
        assert_eq!(settled(discounted.into()), [(10, Some(0)), (8, Some(0))]);
        assert_eq!(
            settled(vec![kept(1, &[4, 0], serde_json::json!(1))]),
            [(4, Some(1))]
        );
        assert_eq!(
            settled(vec![kept(1, &[0, 4], serde_json::json!(0))]),
            [(4, Some(0))]
        );
    }
}
