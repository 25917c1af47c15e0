//! Charges that come on a date: tax on the first of the month, support on its last day, credits and refunds.
//! The open month's tax and support follow what is billed so far.

use std::collections::BTreeMap;

use jiff::ToSpan;

use super::{Amount, Day, Draft, Line, Record};

const TAX_PER_MILLE: i64 = 77;

pub fn write(draft: &mut Draft, account: usize) {
    let days: Vec<Day> = draft.days().collect();
    let mut usage_of_month: BTreeMap<(i16, i8), Amount> = BTreeMap::new();
    for cell in draft
        .cells
        .iter()
        .filter(|cell| draft.lines[cell.line as usize].account == account)
    {
        let date = days[usize::from(cell.day)].date;
        *usage_of_month.entry((date.year(), date.month())).or_default() += cell.unblended;
    }
    let tax = draft.add(line(account, "Tax", "Tax", Record::Tax));
    let support = draft.add(line(account, "AWS Support (Business)", "Dollar", Record::Support));
    let credit = draft.add(line(
        account,
        "Amazon Elastic Compute Cloud - Compute",
        "Credit",
        Record::Credit,
    ));
    let refund = draft.add(line(
        account,
        "Amazon Relational Database Service",
        "Refund",
        Record::Refund,
    ));
    for day in days {
        let month = usage_of_month
            .get(&(day.date.year(), day.date.month()))
            .copied()
            .unwrap_or_default();
        let last = day.date.saturating_add(1.day()).day() == 1;
        if day.date.day() == 1 {
            charge(draft, tax, day, month.per_mille(TAX_PER_MILLE));
        }
        if last && account == 0 {
            charge(draft, support, day, supported(month));
        }
        if day.date.day() == 3 {
            charge(draft, credit, day, -credited(account, day.ago, month));
        }
        if account == 0 && day.ago == 88 {
            charge(draft, refund, day, Amount::from_dollars(-212.47));
        }
    }
}

/// Business support: a tenth of the first 10,000 dollars of the month, 7 % above, 100 at least.
fn supported(month: Amount) -> Amount {
    let step = Amount::from_dollars(10_000.0);
    let fee = month.min(step).per_mille(100) + (month - step).max(Amount::ZERO).per_mille(70);
    fee.max(Amount::from_dollars(100.0))
}

/// A programme's credits: some each month, and for the second account most of its first months.
fn credited(account: usize, ago: i32, month: Amount) -> Amount {
    match account {
        0 => Amount::from_dollars(150.0),
        _ if ago > 240 => month.per_mille(600),
        _ => Amount::ZERO,
    }
}

fn charge(draft: &mut Draft, line: u32, day: Day, amount: Amount) {
    draft.cell(line, day, amount, amount, Amount::ZERO);
}

fn line(account: usize, service: &'static str, usage_type: &str, record: Record) -> Line {
    Line {
        account,
        service,
        usage_type: usage_type.to_owned(),
        operation: "None",
        region: None,
        record,
        instance_type: None,
        platform: None,
        tags: BTreeMap::new(),
        resources: Vec::new(),
        unit: "N/A",
        net_per_mille: 1000,
        normalized: 0,
    }
}
