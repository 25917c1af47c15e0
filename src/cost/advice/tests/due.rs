//! No more is saved than was billed.

use super::*;
use crate::cost::Period;
use crate::cost::advice::billed::Billed;
use crate::cost::advice::due::Dues;
use crate::cost::advice::{Window, ran, reduce, shift};

fn usage(account: &str, usage_type: &str, cost: f64) -> Usage {
    Usage {
        account: account.into(),
        usage_type: usage_type.into(),
        cost,
        quantity: 1.0,
    }
}

/// Of one account; thirty days of 30.00 are 30.42 a month.
fn bill(rows: &[(&str, f64)]) -> Vec<Usage> {
    let rows = rows.iter();
    rows.map(|(name, cost)| usage(&place().account, name, *cost))
        .collect()
}

fn row(resource: &str, cost: f64) -> Billed {
    Billed {
        place: place(),
        usage_type: "BoxUsage:c5n.xlarge".into(),
        resource: resource.into(),
        team: None,
        cost,
        quantity: cost * 10.0,
    }
}

/// Half its processors would do; it could run on Graviton then.
fn busy(id: &str) -> Instance {
    Instance {
        id: id.into(),
        cpu_max: Some(60.0),
        cpu_p95: Some(20.0),
        production: true,
        ..instance()
    }
}

fn counted_of(inventory: &Inventory) -> Board {
    count(findings(inventory, &rates(), &Taste::default()))
}

#[test]
fn a_machine_costs_what_was_billed_for_it_and_not_a_whole_month() {
    let mut machines = vec![instance(), busy("i-2"), busy("i-3")];
    machines[2].state = State::Stopped;
    // Two that run, 73.00 each if all the time, are billed at 40.56 together.
    let usage = bill(&[("BoxUsage:c5n.xlarge", 40.0)]);
    ran::learn(&mut machines, &Dues::of(&usage, &[], &Window::default()), 1);
    let month = |one: &Instance| format!("{:.2}", one.monthly().unwrap());
    assert_eq!(
        machines.iter().map(month).collect::<Vec<_>>(),
        ["20.28", "20.28", "73.00"]
    );
    let found = shift::graviton(&machines[0]).unwrap();
    assert_eq!(usd(&found), ("2.03".into(), "2.03".into()));
    assert!(
        found.evidence.ends_with("; billed for 28 % of a month"),
        "{}",
        found.evidence
    );
    assert_eq!(
        reduce::off_hours(&machines[0], &Taste::default()),
        None,
        "it runs for less than office hours"
    );
    // Its own rows go before what all of its kind cost.
    let rows = [row("i-1", 60.0), row("i-9", 600.0)];
    ran::learn(&mut machines, &Dues::of(&usage, &rows, &Window::default()), 1);
    assert_eq!(month(&machines[0]), "60.83");
    let evenings = Instance {
        ran: 0.5,
        ..instance()
    };
    let found = reduce::off_hours(&evenings, &Taste::default()).unwrap();
    // 36.50 for 84 hours a week, of which 60 are needed.
    assert_eq!(usd(&found).1, "10.43");
    assert!(
        found.evidence.contains("billed for 84 hours a week"),
        "{}",
        found.evidence
    );
}

#[test]
fn a_machine_is_judged_by_the_days_that_are_known_and_since_it_was_launched() {
    let period = Period::new(date(2026, 10, 23), date(2026, 11, 22)).unwrap();
    let last_known = |days: i64| {
        let known = (1..=days).map(|back| (period.to - back.days(), false));
        Window::of(period, &known.collect())
    };
    let ran = |age: u32, window: &Window, cost: f64| {
        let mut machines = vec![Instance {
            age_days: Some(age),
            ..instance()
        }];
        let usage = bill(&[("BoxUsage:c5n.xlarge", cost)]);
        ran::learn(&mut machines, &Dues::of(&usage, &[], window), 1);
        format!("{:.2}", machines[0].ran)
    };
    let whole = Window::default();
    // 0.10 an hour, 2.40 a day.
    assert_eq!(
        ran(400, &last_known(10), 24.0),
        "1.00",
        "all the time that is known"
    );
    assert_eq!(ran(400, &last_known(10), 12.0), "0.50");
    assert_eq!(ran(400, &last_known(5), 6.0), "1.00", "five days are too few");
    assert_eq!(ran(400, &whole, 36.0), "0.50");
    assert_eq!(ran(5, &whole, 12.0), "1.00", "launched five days ago");
    assert_eq!(ran(20, &whole, 45.6), "1.00", "launched twenty days ago");
    assert_eq!(
        ran(0, &whole, 36.0),
        "0.50",
        "stopped by night, and started this morning"
    );
}

#[test]
fn all_moves_on_a_usage_type_save_no_more_than_its_bill() {
    let mut inventory = Inventory {
        instances: vec![busy("i-1"), busy("i-2")],
        ..Inventory::default()
    };
    let high = |inventory: &Inventory| counted_of(inventory).high.rounded(2);
    assert_eq!(high(&inventory), "80.30", "no bill is known");
    inventory.usage = vec![usage("999988887777", "BoxUsage:c5n.xlarge", 1.0)];
    assert_eq!(high(&inventory), "80.30", "that is another account's");
    inventory.usage = bill(&[("BoxUsage:c5n.xlarge", 60.0), ("BoxUsage:m5.large", 900.0)]);
    let board = counted_of(&inventory);
    assert_eq!(board.high.rounded(2), "60.83");
    let says = |board: &Board| -> Vec<String> {
        let cut = board
            .rows
            .iter()
            .filter(|row| row.finding.evidence.contains("bill"));
        cut.map(|row| row.finding.evidence.clone()).collect()
    };
    let wanted = "; BoxUsage:c5n.xlarge was billed at 60.83 USD a month, and all moves on it save no more";
    assert!(
        says(&board).iter().any(|says| says.ends_with(wanted)),
        "{board:?}"
    );
    // What is billed under no name that we know is held against all that is like it, in its region.
    inventory.usage = bill(&[
        ("DedicatedUsage:c5n.xlarge", 12.0),
        ("EU-BoxUsage:c5n.xlarge", 90.0),
    ]);
    assert_eq!(high(&inventory), "12.17");
    inventory.usage = bill(&[("BoxUsage:m5.large", 900.0)]);
    assert_eq!(
        high(&inventory),
        "0.00",
        "machines of another size pay for none of this one"
    );
    inventory.usage = bill(&[("EBS:VolumeUsage.gp3", 900.0)]);
    let board = counted_of(&inventory);
    assert_eq!(board.high.rounded(2), "0.00");
    assert!(says(&board)[0].contains("nothing of it was billed"), "{board:?}");
    // A machine has a bill of its own where resources are told apart.
    inventory.usage = bill(&[("BoxUsage:c5n.xlarge", 900.0)]);
    inventory.billed = vec![row("i-1", 6.0)];
    let board = counted_of(&inventory);
    assert_eq!(board.high.rounded(2), "46.23", "6.08 and 40.15");
    assert!(says(&board)[0].contains("its own bill is 6.08 USD"), "{board:?}");
}

#[test]
fn disks_and_addresses_are_held_against_theirs() {
    let loose = volume(VolumeKind::Gp2, 100.0);
    let mut inventory = Inventory {
        volumes: vec![loose.clone()],
        usage: bill(&[("EBS:VolumeUsage.gp2", 6.0), ("EBS:VolumeUsage.gp3", 60.0)]),
        ..Inventory::default()
    };
    let high = |inventory: &Inventory| counted_of(inventory).high.rounded(2);
    assert_eq!(high(&inventory), "6.08", "it was made a week ago");
    // It stood in use until yesterday, and is billed as idle from now on.
    inventory.volumes.clear();
    inventory.addresses = vec![Address {
        place: place(),
        id: "eipalloc-1".into(),
        ip: "192.0.2.1".into(),
        team: None,
        instance: None,
        associated: false,
    }];
    inventory.usage = bill(&[("PublicIPv4:InUseAddress", 3.0)]);
    assert_eq!(high(&inventory), "3.04");
    let stopped = Instance {
        state: State::Stopped,
        state_for_days: Some(20),
        ..instance()
    };
    inventory.instances = vec![stopped];
    inventory.volumes = vec![Volume {
        instance: Some("i-1".into()),
        ..loose
    }];
    inventory.addresses[0].instance = Some("i-1".into());
    inventory.usage = bill(&[("PublicIPv4:InUseAddress", 3.0), ("EBS:VolumeUsage.gp2", 60.0)]);
    assert_eq!(high(&inventory), "13.65", "the bill of both together has as much");
}

#[test]
fn a_kind_of_disk_that_no_bill_has_saves_nothing_of_another() {
    let volumes = vec![Volume {
        detached_for_days: None,
        instance: Some("i-1".into()),
        ..volume(VolumeKind::Gp2, 100.0)
    }];
    let mut inventory = Inventory {
        volumes,
        usage: bill(&[("EBS:VolumeUsage.gp3", 60.0)]),
        ..Inventory::default()
    };
    let board = counted_of(&inventory);
    let [row] = &board.rows[..] else {
        panic!("{board:?}")
    };
    assert_eq!(
        (row.finding.rule, row.high.rounded(2)),
        (Rule::NewerVolume, "0.00".into())
    );
    assert!(
        row.finding.evidence.contains("nothing of it was billed"),
        "{board:?}"
    );
    inventory.usage = bill(&[("EBS:VolumeUsage.gp3", 60.0), ("EBS:VolumeUsage.gp2", 10.0)]);
    assert_ne!(counted_of(&inventory).high.rounded(2), "0.00");
}

const KINDS: [&str; 3] = ["c5n.xlarge", "m5.large", "t3.large"];

proptest! {
    #[test]
    fn what_is_counted_never_exceeds_the_bill_of_an_account(
        machines in prop::collection::vec(
            ((0..2_usize, 0..3_usize, any::<bool>()), (0.01..2.0_f64, 0.0..100.0_f64, 0.0..1.0_f64), (any::<bool>(), any::<bool>())),
            1..10,
        ),
        disks in prop::collection::vec((0..2_usize, 1.0..500.0_f64), 0..4),
        billed in prop::collection::vec((0..2_usize, 0..3_usize, 0.0..900.0_f64), 0..7),
        of_disks in prop::collection::vec(0.0..50.0_f64, 2),
        is_learnt in any::<bool>(),
        is_taken in any::<bool>(),
    ) {
        let accounts = ["111122223333", "444455556666"];
        let at = |account: usize| Place { account: accounts[account].into(), ..place() };
        let machines = machines.into_iter().enumerate();
        let machines = machines.map(|(nth, ((account, kind, grouped), (rate, cpu, covered), (production, public)))| Instance {
            place: at(account),
            id: format!("i-{nth}"),
            instance_type: KINDS[kind].into(),
            hourly: Some(Rate { usd: rate, source: PriceSource::List }),
            cpu_max: Some(cpu),
            cpu_p95: Some(cpu / 2.0),
            network_max: Some(200.0),
            visited_before_days: None,
            in_scaling_group: grouped,
            public_ip: public,
            covered,
            production,
            ..instance()
        });
        let mut instances: Vec<Instance> = machines.collect();
        let mut usage: Vec<Usage> = billed
            .iter()
            .map(|(account, kind, cost)| usage(accounts[*account], &format!("BoxUsage:{}", KINDS[*kind]), *cost))
            .collect();
        let compute: f64 = usage.iter().map(|row| row.cost).sum();
        usage.extend((0..2).map(|at| self::usage(accounts[at], "EBS:VolumeUsage.gp2", of_disks[at])));
        // Each machine that the bill names apart has a tenth of its type's.
        let rows: Vec<Billed> = instances
            .iter()
            .filter(|one| one.production)
            .map(|one| Billed { place: one.place.clone(), ..row(&one.id, 3.0) })
            .collect();
        if is_learnt {
            ran::learn(&mut instances, &Dues::of(&usage, &rows, &Window::default()), 1);
        }
        let volumes = disks.iter().enumerate().map(|(nth, (account, gib))| Volume {
            place: at(*account),
            id: format!("vol-{nth}"),
            ..volume(VolumeKind::Gp2, *gib)
        });
        let inventory = Inventory {
            volumes: volumes.collect(),
            instances,
            steady: vec![Steady { account: String::new(), least_a_day: compute / 30.0 }],
            usage: usage.clone(),
            billed: rows,
            ..Inventory::default()
        };
        let all = findings(&inventory, &rates(), &Taste::default());
        let board = crate::cost::advice::chain::count_after(all, |finding| {
            is_taken && finding.rule == Rule::SavingsPlan
        });
        let cent = 0.01 * board.rows.len() as f64;
        for account in accounts {
            let rows = board.rows.iter().filter(|row| row.finding.place.account == account);
            let counted: f64 = rows.map(|row| row.high.approximate()).sum();
            let month: f64 = usage.iter().filter(|row| row.account == account).map(|row| row.cost).sum();
            prop_assert!(counted <= month * 365.0 / 360.0 + cent, "{account}: {counted} of {month}");
        }
        for machine in inventory.instances.iter().filter(|one| one.production) {
            let rows = board.rows.iter().filter(|row| row.finding.resource == machine.id);
            let counted: f64 = rows.map(|row| row.high.approximate()).sum();
            prop_assert!(counted <= 3.05 + cent, "{}: {counted}", machine.id);
        }
        let whole: f64 = usage.iter().map(|row| row.cost).sum();
        prop_assert!(board.high.approximate() <= whole * 365.0 / 360.0 + cent, "{}", board.high);
    }
}
