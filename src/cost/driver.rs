//! What changed between two periods, cell by cell, split into more or less usage and a dearer or cheaper
//! rate. The parts add up to the difference to the last unit: the rate is what usage does not explain.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::anomaly::USAGE;
use super::breakdown::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    New,
    Gone,
    Changed,
    /// A charge that is no use or has no quantity, such as tax or a credit: nothing to split.
    Unpriced,
    /// Not every day of both periods is known: who knows whether it is new or gone, or changed at all.
    Unknown,
}

/// A cell that costs more or less than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    pub key: Vec<String>,
    pub kind: Kind,
    pub before: Amount,
    pub after: Amount,
    /// (q1 − q0) · p0; all of it where a cell is new or gone.
    pub usage: Amount,
    /// q1 · (p1 − p0).
    pub rate: Amount,
    /// All of it where there is no quantity, or none that is used.
    pub fee: Amount,
    /// Whether every day of both periods is known: else a difference is no change, and has no parts.
    pub is_whole: bool,
}

impl Driver {
    /// `None` where not every day of both periods is known: the missing ones did not cost nothing.
    pub fn change(&self) -> Option<Amount> {
        self.is_whole.then(|| self.difference())
    }

    fn difference(&self) -> Amount {
        self.after - self.before
    }
}

/// Largest first, either way; those that differ alike by their name.
fn by_size(rows: &mut [Driver]) {
    let size = |driver: &Driver| driver.difference().magnitude();
    rows.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.key.cmp(&b.key)));
}

/// Every cell that changed, the largest change first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drivers {
    pub rows: Vec<Driver>,
    /// Cells that cost what they cost before: parts of what they are joined to.
    still: Vec<Driver>,
    pub before: Amount,
    pub after: Amount,
    pub usage: Amount,
    pub rate: Amount,
    pub fee: Amount,
    /// As of each of the rows.
    pub is_whole: bool,
}

impl Drivers {
    /// `None` where not every day of both periods is known.
    pub fn change(&self) -> Option<Amount> {
        self.is_whole.then(|| self.after - self.before)
    }

    /// Cells joined by the first `parts` of their key, each with the usage and the rate of what it is made of.
    pub fn joined(&self, parts: usize) -> Drivers {
        let mut joined: BTreeMap<&[String], Driver> = BTreeMap::new();
        for row in self.rows.iter().chain(&self.still) {
            let name = row.key.get(..parts).unwrap_or(&row.key);
            let sum = joined.entry(name).or_insert_with(|| Driver {
                key: name.to_owned(),
                kind: row.kind,
                before: Amount::ZERO,
                after: Amount::ZERO,
                usage: Amount::ZERO,
                rate: Amount::ZERO,
                fee: Amount::ZERO,
                is_whole: row.is_whole,
            });
            if sum.kind != row.kind {
                sum.kind = match self.is_whole {
                    true => Kind::Changed,
                    false => Kind::Unknown,
                };
            }
            sum.before += row.before;
            sum.after += row.after;
            sum.usage += row.usage;
            sum.rate += row.rate;
            sum.fee += row.fee;
        }
        let mut rows: Vec<Driver> = joined.into_values().collect();
        rows.retain(|row| row.difference() != Amount::ZERO);
        by_size(&mut rows);
        Drivers {
            rows,
            still: Vec::new(),
            ..self.clone()
        }
    }

    /// The same where it is known, of the period before and of the one after, whether every day of it is: if not, nothing
    /// changed by what can be told, and only what is in one period alone is new or gone where the other is known whole.
    pub fn known_whole(mut self, [before, after]: [bool; 2]) -> Drivers {
        if before && after {
            return self;
        }
        self.is_whole = false;
        (self.usage, self.rate, self.fee) = Default::default();
        for row in self.rows.iter_mut().chain(&mut self.still) {
            row.is_whole = false;
            (row.usage, row.rate, row.fee) = Default::default();
            row.kind = match row.kind {
                Kind::New if before => Kind::New,
                Kind::Gone if after => Kind::Gone,
                _ => Kind::Unknown,
            };
        }
        self
    }

    /// The first `count` rows, and what the others changed together; `None` as in [`Driver::change`].
    pub fn top(&self, count: usize) -> (&[Driver], Option<Amount>) {
        let (top, others) = self.rows.split_at(count.min(self.rows.len()));
        (top, others.iter().map(Driver::change).sum())
    }
}

/// What is not shown, as one.
pub fn others(count: usize) -> String {
    match count {
        1 => "1 other".to_owned(),
        count => format!("{count} others"),
    }
}

/// Compares rows that were broken down by the same dimensions. Quantities count where rows have them,
/// which is where usage types are apart: others would mix units.
pub fn drivers(before: &[Row], after: &[Row]) -> Drivers {
    let mut cells: BTreeMap<&[String], [Cell; 2]> = BTreeMap::new();
    for (side, rows) in [before, after].into_iter().enumerate() {
        for row in rows {
            let cell = &mut cells.entry(&row.key).or_default()[side];
            cell.cost += row.cost;
            cell.quantity += row.quantity.unwrap_or_default();
        }
    }
    let mut all = Drivers {
        is_whole: true,
        ..Drivers::default()
    };
    for (key, [before, after]) in cells {
        let driver = driver(key.to_vec(), before, after);
        all.before += driver.before;
        all.after += driver.after;
        all.usage += driver.usage;
        all.rate += driver.rate;
        all.fee += driver.fee;
        if driver.difference() != Amount::ZERO {
            all.rows.push(driver);
        } else if driver.before != Amount::ZERO {
            all.still.push(driver);
        }
    }
    by_size(&mut all.rows);
    all
}

/// Rows whose key has the kind of charge at this place: what is no use has no rate, whatever usage type it bears; what tells no
/// kind is taken for use. Where the kinds were not asked for by name, all of use are one: what a commitment covers now was used
/// before as well.
pub fn told_by_kind(rows: &[Row], at: usize, is_asked: bool) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        let Some(kind) = row.key.get_mut(at) else { continue };
        match kind.is_empty() || USAGE.contains(&kind.as_str()) {
            false => row.quantity = None,
            true if !is_asked => USAGE[0].clone_into(kind),
            true => {}
        }
    }
    rows
}

#[derive(Clone, Copy, Default)]
struct Cell {
    cost: Amount,
    quantity: Amount,
}

impl Cell {
    fn is_nothing(self) -> bool {
        self.cost == Amount::ZERO && self.quantity == Amount::ZERO
    }

    fn is_priced(self) -> bool {
        self.quantity > Amount::ZERO && !self.cost.is_negative()
    }
}

fn driver(key: Vec<String>, before: Cell, after: Cell) -> Driver {
    let change = after.cost - before.cost;
    let none = Amount::ZERO;
    let usage_change = (before.is_priced() && after.is_priced())
        .then(|| usage(before, after))
        .flatten();
    let (kind, usage, rate, fee) = match usage_change {
        Some(usage) => (Kind::Changed, usage, change - usage, none),
        None if before.is_nothing() && after.is_priced() => (Kind::New, change, none, none),
        None if after.is_nothing() && before.is_priced() => (Kind::Gone, change, none, none),
        None => (Kind::Unpriced, none, none, change),
    };
    Driver {
        key,
        kind,
        before: before.cost,
        after: after.cost,
        usage,
        rate,
        fee,
        is_whole: true,
    }
}

/// What the change of quantity would have cost at the rate before. A share needs no more digits than a
/// double has: the rate takes what is left, so that the sum is exact whatever is rounded here.
fn usage(before: Cell, after: Cell) -> Option<Amount> {
    let grown = (after.quantity - before.quantity).approximate() / before.quantity.approximate();
    let usage = before.cost.approximate() * grown;
    Amount::parse(&format!("{usage:.12}"))
        .ok()
        .map(|parsed| parsed.amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap().amount
    }

    fn row(key: &str, cost: &str, quantity: Option<&str>) -> Row {
        Row {
            key: vec![key.into()],
            cost: amount(cost),
            quantity: quantity.map(amount),
        }
    }

    #[test]
    fn more_hours_are_usage_and_a_dearer_hour_is_rate() {
        let all = drivers(&[row("box", "10", Some("100"))], &[row("box", "18", Some("150"))]);
        let [driver] = &all.rows[..] else {
            panic!("{all:?}")
        };
        assert_eq!(
            (driver.kind, driver.usage, driver.rate),
            (Kind::Changed, amount("5"), amount("3"))
        );
    }

    #[test]
    fn what_is_new_gone_or_without_a_quantity_is_named_so() {
        let before = [
            row("gone", "4", Some("1")),
            row("tax", "2", None),
            row("same", "7", Some("7")),
        ];
        let after = [
            row("new", "9", Some("3")),
            row("tax", "3", None),
            row("same", "7", Some("7")),
        ];
        let all = drivers(&before, &after);
        let kinds: Vec<(&str, Kind)> = all
            .rows
            .iter()
            .map(|driver| (driver.key[0].as_str(), driver.kind))
            .collect();
        assert_eq!(
            kinds,
            [("new", Kind::New), ("gone", Kind::Gone), ("tax", Kind::Unpriced)]
        );
        assert_eq!(
            (all.usage, all.fee, all.change()),
            (amount("5"), amount("1"), Some(amount("6")))
        );
    }

    #[test]
    fn nothing_is_new_or_gone_where_the_other_period_is_known_in_part() {
        let (before, after) = ([row("gone", "4", Some("1"))], [row("new", "9", Some("3"))]);
        let kinds = |whole| -> Vec<Kind> {
            let all = drivers(&before, &after).known_whole(whole);
            all.rows.iter().map(|driver| driver.kind).collect()
        };
        assert_eq!(kinds([true, true]), [Kind::New, Kind::Gone]);
        assert_eq!(kinds([false, true]), [Kind::Unknown, Kind::Gone]);
        assert_eq!(kinds([true, false]), [Kind::New, Kind::Unknown]);
    }

    #[test]
    fn days_that_are_missing_are_no_change_and_neither_usage_nor_rate() {
        // 19 of 30 days of what costs a dollar a day, whose hour became no dearer.
        let before = [row("box", "19", Some("19")), row("tax", "2", None)];
        let after = [row("box", "30", Some("30")), row("tax", "3", None)];
        for whole in [[false, true], [true, false], [false, false]] {
            let all = drivers(&before, &after).known_whole(whole);
            for all in [all.clone(), all.joined(1)] {
                assert_eq!((all.change(), all.usage, all.rate, all.fee), Default::default());
                assert_eq!((all.before, all.after), (amount("21"), amount("33")));
                assert_eq!(all.top(1).1, None, "what the others changed is not known either");
                for of in &all.rows {
                    assert_eq!((of.change(), of.usage, of.rate, of.fee), Default::default());
                    assert_eq!(of.kind, Kind::Unknown);
                }
            }
        }
        let whole = drivers(&before, &after).known_whole([true, true]);
        assert_eq!(whole.change(), Some(amount("12")));
    }

    #[test]
    fn what_did_not_change_is_a_part_of_what_it_is_joined_to() {
        let of = |kind: &str, cost: &str| Row {
            key: vec!["EC2".into(), kind.into()],
            ..row("", cost, Some("1"))
        };
        let before = [of("large", "10000"), of("small", "5000")];
        let after = [of("large", "10000"), of("small", "5000"), of("new", "300")];
        for is_whole in [true, false] {
            let all = drivers(&before, &after).known_whole([true, is_whole]).joined(1);
            let [ec2] = &all.rows[..] else { panic!("{all:?}") };
            assert_eq!((ec2.before, ec2.after), (amount("15000"), amount("15300")));
            assert_eq!(ec2.kind == Kind::Changed, is_whole, "{:?}", ec2.kind);
        }
    }

    #[test]
    fn a_credit_that_turns_a_cell_negative_is_not_split() {
        let all = drivers(&[row("box", "10", Some("5"))], &[row("box", "-3", Some("5"))]);
        assert_eq!((all.rows[0].kind, all.fee), (Kind::Unpriced, amount("-13")));
    }

    #[test]
    fn a_refund_that_bears_a_usage_type_is_no_rate_and_tax_with_a_quantity_no_usage() {
        let of = |usage_type: &str, kind: &str, cost: &str| Row {
            key: vec!["EC2".into(), usage_type.into(), kind.into()],
            ..row("", cost, Some("100"))
        };
        let before = [of("box", "Usage", "10"), of("", "Tax", "2")];
        let after = [
            of("box", "DiscountedUsage", "6"),
            of("box", "Refund", "-4"),
            of("", "Tax", "3"),
        ];
        let split = |is_asked| {
            let [before, after] = [&before[..], &after].map(|rows| told_by_kind(rows, 2, is_asked));
            drivers(&before, &after)
        };
        let all = split(false).joined(2);
        // What was bought in advance is dearer or cheaper, and no other use.
        let parts = |of: &Driver| (of.usage, of.rate, of.fee);
        let none = Amount::ZERO;
        let told: Vec<_> = all
            .rows
            .iter()
            .map(|row| (row.key[1].as_str(), parts(row)))
            .collect();
        assert_eq!(
            told,
            [
                ("box", (none, amount("-4"), amount("-4"))),
                ("", (none, none, amount("1")))
            ]
        );
        assert_eq!(all.usage + all.rate + all.fee, amount("-7"));
        let untold = [of("box", "", "10"), of("new", "", "5")];
        let [before, after] = [&before[..1], &untold].map(|rows| told_by_kind(rows, 2, false));
        let untold = drivers(&before, &after);
        assert_eq!(
            untold.rows.iter().map(|row| row.kind).collect::<Vec<_>>(),
            [Kind::New]
        );
        let asked = split(true);
        let named = asked.rows.iter().map(|row| row.key[2].as_str());
        assert!(named.collect::<Vec<_>>().contains(&"DiscountedUsage"));
    }

    #[test]
    fn the_rest_of_the_rows_is_counted() {
        let after = [
            row("a", "9", Some("1")),
            row("b", "5", Some("1")),
            row("c", "1", Some("1")),
        ];
        let all = drivers(&[], &after);
        let (top, others) = all.top(1);
        assert_eq!((top.len(), others), (1, Some(amount("6"))));
        assert_eq!(all.top(9).1, Some(Amount::ZERO));
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let number = -1_000_000_000_000_i64..1_000_000_000_000_000;
        let row = ("[a-e]", "[x-z]", number.clone(), prop::option::of(number)).prop_map(
            |(service, usage_type, cost, quantity)| Row {
                key: vec![service, usage_type],
                cost: amount(&format!("{cost}e-9")),
                quantity: quantity.map(|quantity| amount(&format!("{quantity}e-7"))),
            },
        );
        prop::collection::vec(row, 0..30)
    }

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_difference_to_the_unit(before in rows(), after in rows()) {
            let all = drivers(&before, &after);
            let total = |rows: &[Row]| rows.iter().map(|row| row.cost).sum::<Amount>();
            let difference = total(&after) - total(&before);
            prop_assert_eq!(all.usage + all.rate + all.fee, difference);
            prop_assert_eq!(all.rows.iter().map(Driver::change).sum::<Option<Amount>>(), Some(difference));
            for driver in &all.rows {
                prop_assert_eq!(Some(driver.usage + driver.rate + driver.fee), driver.change());
            }
        }
    }
}
