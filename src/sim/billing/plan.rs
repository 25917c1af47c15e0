//! The Compute Savings Plan: a commitment an hour, the usage it covers at a lower rate, the rows that negate
//! that usage's on-demand price, and the fee. Over a day the unblended rows sum to on-demand use plus the
//! commitment, and the amortized rows to the same.

use super::machine::{Habit, Machines, capacity};
use super::{Amount, Day, Draft, Line, Record};

/// The plan's price of what costs 1 on demand.
pub const RATE: f64 = 0.72;
/// The share of today's steady use that was committed to.
const COMMITTED: f64 = 0.66;

/// Writes the machines' usage; with `since`, that many days ago a plan began to cover it.
pub fn write(draft: &mut Draft, machines: Vec<Machines>, since: Option<i32>) {
    let eligible =
        |machine: &Machines| machine.habit != Habit::Forgotten && machine.habit != Habit::WorkingDays;
    let steady = machines
        .iter()
        .filter(|m| eligible(m))
        .map(|m| f64::from(m.count) * m.hourly * 24.0);
    let commitment = steady.sum::<f64>() * RATE * COMMITTED;
    let fee = since.and_then(|_| machines.first()).map(|first| {
        let line = Line {
            service: "Savings Plans for AWS Compute usage",
            usage_type: "ComputeSP:1yrNoUpfront".to_owned(),
            operation: "None",
            region: Some("global".to_owned()),
            record: Record::PlanFee,
            instance_type: None,
            platform: None,
            tags: Default::default(),
            resources: Vec::new(),
            normalized: 0,
            ..first.line.clone()
        };
        draft.add(line)
    });
    let lines: Vec<[u32; 3]> = machines
        .iter()
        .map(|m| {
            [Record::Usage, Record::Covered, Record::Negation].map(|record| {
                draft.add(Line {
                    record,
                    ..m.line.clone()
                })
            })
        })
        .collect();
    for day in draft.days().collect::<Vec<_>>() {
        let on_demand: Vec<(f64, f64)> = machines.iter().map(|m| used(draft, m, day)).collect();
        let covers = fee.filter(|_| since.is_some_and(|since| day.ago <= since));
        let wanted: f64 = machines
            .iter()
            .zip(&on_demand)
            .filter(|(m, _)| eligible(m))
            .map(|(_, (cost, _))| cost * RATE)
            .sum();
        let committed = commitment * day.share;
        let share = if covers.is_some() && wanted > 0.0 {
            (committed / wanted).min(1.0)
        } else {
            0.0
        };
        let mut spent = Amount::ZERO;
        for ((machine, (cost, hours)), [usage, covered, negation]) in
            machines.iter().zip(on_demand).zip(&lines)
        {
            let share = if eligible(machine) { share } else { 0.0 };
            let rest = Amount::from_dollars(cost * (1.0 - share));
            draft.cell(
                *usage,
                day,
                rest,
                rest,
                Amount::from_dollars(hours * (1.0 - share)),
            );
            let price = Amount::from_dollars(cost * share);
            let effective = Amount::from_dollars(cost * share * RATE);
            spent += effective;
            draft.cell(
                *covered,
                day,
                price,
                effective,
                Amount::from_dollars(hours * share),
            );
            draft.cell(*negation, day, -price, Amount::ZERO, Amount::ZERO);
        }
        if let Some(fee) = covers {
            let committed = Amount::from_dollars(committed);
            draft.cell(
                fee,
                day,
                committed,
                committed - spent,
                Amount::from_dollars(24.0 * day.share),
            );
        }
    }
}

/// Dollars on demand and hours of a line's machines on a day.
fn used(draft: &Draft, machines: &Machines, day: Day) -> (f64, f64) {
    let key = format!("{}{:?}", machines.line.usage_type, machines.line.tags.get("team"));
    let noise = if machines.habit == Habit::Forgotten {
        1.0
    } else {
        draft.noise(&key, day.date, 0.03)
    };
    let scale = if machines.habit == Habit::Forgotten {
        1.0
    } else {
        capacity(day.ago, day.date)
    };
    let hours =
        machines.habit.hours(day.weekend, day.ago) * f64::from(machines.count) * scale * noise * day.share;
    (hours * machines.hourly, hours)
}
