//! Fourteen months of daily costs up to today, with a story in them. A ledger is lines (what is the same
//! every day) and cells (one line on one day); every answer of Cost Explorer is a fold over the cells in whole
//! units of 1e-10 dollars, so that every pivot has the same sum.

mod amount;
mod fee;
mod machine;
mod plan;
pub mod reservation;
mod usage;

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

pub use amount::Amount;
pub use plan::RATE as PLAN_RATE;

use super::dice::Dice;
use super::fleet::{Fleet, billing_prefix};

/// The kinds of charge, as Cost Explorer's RECORD_TYPE names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Record {
    Usage,
    /// Covered by a reservation.
    Discounted,
    ReservationFee,
    Covered,
    Negation,
    PlanFee,
    Tax,
    Support,
    Credit,
    Refund,
}

impl Record {
    pub fn name(self) -> &'static str {
        match self {
            Record::Usage => "Usage",
            Record::Discounted => "DiscountedUsage",
            Record::ReservationFee => "RIFee",
            Record::Covered => "SavingsPlanCoveredUsage",
            Record::Negation => "SavingsPlanNegation",
            Record::PlanFee => "SavingsPlanRecurringFee",
            Record::Tax => "Tax",
            Record::Support => "Support",
            Record::Credit => "Credit",
            Record::Refund => "Refund",
        }
    }

    /// Whether it comes with use, day by day, rather than on a date.
    pub fn is_usage(self) -> bool {
        matches!(
            self,
            Record::Usage | Record::Discounted | Record::Covered | Record::Negation | Record::PlanFee
        )
    }
}

/// What the cells of one line have in common.
#[derive(Debug, Clone)]
pub struct Line {
    pub account: usize,
    pub service: &'static str,
    pub usage_type: String,
    pub operation: &'static str,
    /// `None`: a charge that belongs to no region.
    pub region: Option<String>,
    pub record: Record,
    pub instance_type: Option<String>,
    pub platform: Option<&'static str>,
    /// The cost allocation tags; a missing key is untagged.
    pub tags: BTreeMap<String, String>,
    /// The instances behind it; empty where costs have no resource.
    pub resources: Vec<String>,
    /// `Hrs`, `GB-Mo` and so on.
    pub unit: &'static str,
    /// What is left after the private discount, in thousandths.
    pub net_per_mille: i64,
    /// Normalized units in one unit of quantity.
    pub normalized: i64,
}

/// One line on one day.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Days since the ledger's first.
    pub day: u16,
    pub line: u32,
    pub unblended: Amount,
    pub amortized: Amount,
    pub quantity: Amount,
}

/// Sorted by day.
#[derive(Debug)]
pub struct Ledger {
    pub first: Date,
    pub today: Date,
    pub lines: Vec<Line>,
    pub cells: Vec<Cell>,
}

/// The tag keys that are activated for cost allocation.
pub const TAG_KEYS: [&str; 3] = ["cost-center", "env", "team"];

impl Ledger {
    /// The current month and so many before it.
    pub fn build(fleet: &Fleet, accounts: &[Vec<String>], seed: u64, now: Timestamp, months: i32) -> Ledger {
        let clock = now.to_zoned(TimeZone::UTC);
        let today = clock.date();
        let first = today.first_of_month().saturating_sub(months.months());
        let mut draft = Draft {
            seed,
            first,
            today,
            // Billing data arrives hours late.
            today_share: (f64::from(clock.hour()) - 6.0).max(1.0) / 24.0,
            lines: Vec::new(),
            cells: Vec::new(),
        };
        for (account, regions) in accounts.iter().enumerate() {
            let machines = machine::lines(fleet, account);
            let since = (account == 0).then_some(PLAN_DAYS);
            plan::write(&mut draft, machines, since);
            usage::write(&mut draft, account, regions);
            if account == 0 {
                reservation::write(&mut draft, regions);
            }
            fee::write(&mut draft, account);
        }
        draft.cells.sort_by_key(|cell| (cell.day, cell.line));
        Ledger {
            first,
            today,
            lines: draft.lines,
            cells: draft.cells,
        }
    }

    /// The cells from a date up to but not including another.
    pub fn cells_between(&self, start: Date, end: Date) -> &[Cell] {
        let at = |date: Date| {
            let day = (date - self.first).get_days();
            self.cells.partition_point(|cell| i32::from(cell.day) < day)
        };
        self.cells.get(at(start)..at(end)).unwrap_or_default()
    }

    pub fn date(&self, day: u16) -> Date {
        self.first.saturating_add(i32::from(day).days())
    }
}

/// The Savings Plan began so many days ago, the leak and the forgotten GPU box likewise.
const PLAN_DAYS: i32 = 263;
pub const LEAK_DAYS: i32 = 11;
pub const GPU_DAYS: i32 = 47;

/// A ledger being written.
struct Draft {
    seed: u64,
    first: Date,
    today: Date,
    today_share: f64,
    lines: Vec<Line>,
    cells: Vec<Cell>,
}

/// One day of the ledger, seen by those who write its lines.
#[derive(Clone, Copy)]
struct Day {
    index: u16,
    date: Date,
    /// Days before today.
    ago: i32,
    weekend: bool,
    /// How much of the day is billed by now.
    share: f64,
}

impl Draft {
    fn days(&self) -> impl Iterator<Item = Day> + use<> {
        let (first, today, share) = (self.first, self.today, self.today_share);
        let count = (today - first).get_days();
        (0..=count).map(move |index| {
            let date = first.saturating_add(index.days());
            let ago = count - index;
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            Day {
                index: index as u16,
                date,
                ago,
                weekend,
                share: if ago == 0 { share } else { 1.0 },
            }
        })
    }

    fn add(&mut self, line: Line) -> u32 {
        self.lines.push(line);
        self.lines.len() as u32 - 1
    }

    fn cell(&mut self, line: u32, day: Day, unblended: Amount, amortized: Amount, quantity: Amount) {
        if unblended != Amount::ZERO || amortized != Amount::ZERO || quantity != Amount::ZERO {
            self.cells.push(Cell {
                day: day.index,
                line,
                unblended,
                amortized,
                quantity,
            });
        }
    }

    /// A factor around 1, within `spread`, that belongs to one thing on one date.
    fn noise(&self, what: &str, date: Date, spread: f64) -> f64 {
        let mut dice = Dice::new(self.seed, &format!("{what}/{date}"));
        1.0 + spread * (dice.unit() + dice.unit() - 1.0)
    }
}

/// A usage type in a region: `EU-NatGateway-Bytes`.
fn usage_type(region: &str, name: &str) -> String {
    format!("{}{name}", billing_prefix(region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::FleetSpec;

    pub fn demo(now: &str) -> Ledger {
        let spec = FleetSpec::demo();
        let now: Timestamp = now.parse().unwrap();
        let regions: Vec<Vec<String>> = spec
            .accounts
            .iter()
            .map(|account| account.regions.clone())
            .collect();
        Ledger::build(&Fleet::build(&spec, 1, now), &regions, 1, now, 13)
    }

    #[test]
    fn the_same_seed_gives_the_same_ledger_over_fourteen_months() {
        let (a, b) = (demo("2026-11-21T12:00:00Z"), demo("2026-11-21T12:00:00Z"));
        assert_eq!(a.first.to_string(), "2025-10-01");
        assert_eq!(a.cells.len(), b.cells.len());
        assert!(
            a.cells
                .iter()
                .zip(&b.cells)
                .all(|(x, y)| x.unblended == y.unblended && x.line == y.line)
        );
        assert_eq!(a.date(a.cells.last().unwrap().day), a.today);
    }

    #[test]
    fn a_negation_cancels_what_the_plan_covers_on_every_day() {
        let ledger = demo("2026-11-21T12:00:00Z");
        let sum = |record| -> Amount {
            ledger
                .cells
                .iter()
                .filter(|c| ledger.lines[c.line as usize].record == record)
                .map(|c| c.unblended)
                .sum()
        };
        assert_eq!(sum(Record::Covered) + sum(Record::Negation), Amount::ZERO);
        assert!(sum(Record::Covered) > Amount::from_dollars(1000.0));
        assert!(sum(Record::PlanFee) > Amount::from_dollars(1000.0));
        assert!(sum(Record::Credit) < Amount::ZERO && sum(Record::Refund) < Amount::ZERO);
    }

    #[test]
    fn the_leak_stands_out_in_the_last_days_only() {
        let ledger = demo("2026-11-21T12:00:00Z");
        let on = |ago: i32| -> Amount {
            let day = (ledger.today - ledger.first).get_days() - ago;
            let leaks = |c: &&Cell| ledger.lines[c.line as usize].usage_type == "EU-NatGateway-Bytes";
            ledger
                .cells
                .iter()
                .filter(|c| i32::from(c.day) == day)
                .filter(leaks)
                .map(|c| c.unblended)
                .sum()
        };
        assert!(on(3) > on(20) + on(20) + on(20) + on(20));
        assert!(on(40) < on(20) + on(20));
    }
}
