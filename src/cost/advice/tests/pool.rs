//! A commitment beside the machines that it would be bought for: no dollar of compute is saved twice.

use super::*;
use crate::cost::advice::chain::count_after;
use crate::cost::advice::{hotspot, shift};

/// A machine of 4,138.23 a month that does nothing.
fn idle() -> Instance {
    Instance {
        hourly: Some(Rate {
            usd: 5.668_808,
            source: PriceSource::Billed,
        }),
        cpu_max: Some(3.0),
        cpu_p95: Some(1.0),
        network_max: Some(200.0),
        visited_before_days: None,
        ..instance()
    }
}

fn steady(least_a_day: f64) -> Steady {
    Steady {
        account: String::new(),
        least_a_day,
    }
}

fn all(instances: Vec<Instance>, least_a_day: f64) -> Vec<Finding> {
    let inventory = Inventory {
        instances,
        steady: vec![steady(least_a_day)],
        ..Inventory::default()
    };
    findings(&inventory, &rates(), &Taste::default())
}

fn plan(board: &Board) -> &Counted {
    let mut rows = board.rows.iter();
    rows.find(|row| row.finding.rule == Rule::SavingsPlan).unwrap()
}

fn commitment(counted: &Counted) -> &str {
    let mut parameters = counted.finding.action.parameters.iter();
    let found = parameters.find(|(name, _)| *name == "hourly_commitment");
    found.map(|(_, value)| value.as_str()).unwrap()
}

#[test]
fn a_commitment_is_for_what_the_other_moves_leave() {
    // 144.60 a day are 4,398.25 a month, of which 260.02 are left: a fifth of that.
    let board = count(all(vec![idle()], 144.60));
    let plan = plan(&board);
    assert_eq!(
        (plan.low.rounded(2), plan.high.rounded(2)),
        ("52.00".into(), "52.00".into())
    );
    assert_eq!(
        (board.low.rounded(2), board.high.rounded(2)),
        ("4190.23".into(), "4190.23".into())
    );
    assert!(
        plan.finding
            .evidence
            .ends_with("; the other moves leave 8.55 of it"),
        "{}",
        plan.finding.evidence
    );
    assert_eq!(commitment(plan), "0.285");
    assert_eq!(
        plan.finding.id(),
        hotspot::savings_plan(&steady(144.60)).unwrap().id()
    );
}

#[test]
fn what_leaves_for_spot_or_office_hours_needs_no_commitment() {
    let group = Instance {
        in_scaling_group: true,
        ..instance()
    };
    let plan_of = |other: Option<Finding>| {
        let plan = hotspot::savings_plan(&steady(10.0)).unwrap();
        let board = count([other.unwrap(), plan].into());
        (
            plan_cents(&board),
            board.rows[0].finding.rule != Rule::SavingsPlan,
        )
    };
    fn plan_cents(board: &Board) -> String {
        plan(board).high.rounded(2)
    }
    // 304.17 a month, of which the machine of 73.00 needs none.
    assert_eq!(plan_of(shift::spot(&group)).0, "46.23");
    let office = crate::cost::advice::reduce::off_hours(&instance(), &Taste::default());
    assert_eq!(plan_of(office).0, "46.23");
    // Smaller by a tenth, the rest goes on.
    assert_eq!(plan_of(shift::graviton(&instance())).0, "59.37");
    // What runs on Spot already is no part of it, nor is what another account runs.
    let spot = Finding {
        billed_as: Some("SpotUsage:c5n.xlarge".into()),
        ..shift::graviton(&instance()).unwrap()
    };
    assert_eq!(plan_of(Some(spot)).0, "60.83");
    let elsewhere = Steady {
        account: "999988887777".into(),
        ..steady(10.0)
    };
    let board = count(vec![
        shift::graviton(&instance()).unwrap(),
        hotspot::savings_plan(&elsewhere).unwrap(),
    ]);
    assert_eq!(plan_cents(&board), "60.83");
}

#[test]
fn beside_a_commitment_that_is_taken_on_the_others_save_less() {
    let all = all(vec![idle()], 144.60);
    let board = count_after(all, |finding| finding.rule == Rule::SavingsPlan);
    let plan = plan(&board);
    assert_eq!(
        (plan.high.rounded(2), commitment(plan)),
        ("879.65".into(), "4.820")
    );
    let idle = board
        .rows
        .iter()
        .find(|row| row.finding.rule == Rule::IdleInstance);
    let idle = idle.unwrap();
    // Paid for all the same, or used by something else that would have cost a fifth more.
    assert_eq!(
        (idle.low.rounded(2), idle.high.rounded(2)),
        ("0.00".into(), "3310.58".into())
    );
    assert_eq!(board.high.rounded(2), "4190.23", "the order changes no sum");
}

proptest! {
    #[test]
    fn what_is_counted_of_compute_never_exceeds_its_bill(
        machines in prop::collection::vec((0.01..5.0_f64, 0.0..100.0_f64, 0.0..1.0_f64, any::<bool>()), 1..8),
        is_taken in any::<bool>(),
    ) {
        let machine = |(nth, (usd, cpu, covered, grouped)): (usize, (f64, f64, f64, bool))| Instance {
            id: format!("i-{nth}"),
            hourly: Some(Rate { usd, source: PriceSource::Billed }),
            cpu_max: Some(cpu),
            cpu_p95: Some(cpu / 2.0),
            covered,
            in_scaling_group: grouped,
            ..idle()
        };
        let machines: Vec<Instance> = machines.into_iter().enumerate().map(machine).collect();
        let bill: f64 = machines.iter().filter_map(Instance::monthly).sum();
        let all = all(machines, bill * 12.0 / 365.0);
        let board = count_after(all, |finding| is_taken && finding.rule == Rule::SavingsPlan);
        prop_assert!(board.high.approximate() <= bill + 0.5, "{} of {bill}", board.high);
        prop_assert!(board.low <= board.high + Amount::whole(1));
    }
}
