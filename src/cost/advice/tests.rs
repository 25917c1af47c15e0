//! Goldens: inputs to dollars, to the cent.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::cost::Amount;
use crate::cost::band::Setting;

fn place() -> Place {
    Place {
        account: "111122223333".into(),
        region: "us-east-1".into(),
    }
}

fn volume(kind: VolumeKind, gib: f64) -> Volume {
    Volume {
        place: place(),
        id: "vol-1".into(),
        team: Some("pay".into()),
        kind,
        gib,
        iops: 3_000.0,
        mbps: 125.0,
        instance: None,
        detached_for_days: Some(10),
        created_for_days: 400,
    }
}

/// A running machine of 73.00 a month.
fn instance() -> Instance {
    Instance {
        place: place(),
        id: "i-1".into(),
        name: Some("web-1".into()),
        team: Some("web".into()),
        instance_type: "m5.xlarge".into(),
        state: State::Running,
        state_for_days: None,
        production: false,
        linux: true,
        in_scaling_group: false,
        purchase: Purchase::OnDemand,
        public_ip: false,
        online: true,
        hourly: Some(Rate {
            usd: 0.1,
            source: PriceSource::Effective,
        }),
        covered: 0.0,
        cpu_max: Some(50.0),
        cpu_p95: Some(45.0),
        memory_known: false,
        network_max: Some(1e6),
        visited_before_days: Some(1),
        records_for_days: 400,
    }
}

fn rates() -> Rates {
    Rates::default()
}

fn usd(finding: &Finding) -> (String, String) {
    (finding.saving.low.rounded(2), finding.saving.high.rounded(2))
}

fn golden(found: Option<Finding>, rule: Rule, low: &str, high: &str, price: PriceSource, sure: Confidence) {
    let finding = found.unwrap();
    assert_eq!(
        (finding.rule, finding.price, finding.confidence),
        (rule, price, sure)
    );
    assert_eq!(
        usd(&finding),
        (low.to_owned(), high.to_owned()),
        "{}",
        finding.evidence
    );
    assert!(!finding.evidence.is_empty() && !finding.action.runbook.is_empty());
}

use Confidence::{A, B, C};
use PriceSource::{Billed, Effective, List};

#[test]
fn an_unattached_volume_saves_its_size_and_speed() {
    let found = stop::unattached_volume(&volume(VolumeKind::Gp2, 200.0), &rates());
    golden(found, Rule::UnattachedVolume, "10.00", "20.00", List, A);
    let io1 = Volume {
        iops: 1_000.0,
        detached_for_days: None,
        ..volume(VolumeKind::Io1, 100.0)
    };
    golden(
        stop::unattached_volume(&io1, &rates()),
        Rule::UnattachedVolume,
        "72.50",
        "77.50",
        List,
        B,
    );
    let gp3 = Volume {
        iops: 4_000.0,
        mbps: 225.0,
        ..volume(VolumeKind::Gp3, 100.0)
    };
    golden(
        stop::unattached_volume(&gp3, &rates()),
        Rule::UnattachedVolume,
        "12.00",
        "17.00",
        List,
        A,
    );
    let young = Volume {
        detached_for_days: Some(6),
        ..volume(VolumeKind::Gp2, 200.0)
    };
    assert_eq!(stop::unattached_volume(&young, &rates()), None);
}

#[test]
fn what_the_user_paid_goes_before_the_list() {
    let mut rates = rates();
    rates.learn("111122223333", "EBS:VolumeUsage.gp2", 160.0, 2_000.0);
    golden(
        stop::unattached_volume(&volume(VolumeKind::Gp2, 200.0), &rates),
        Rule::UnattachedVolume,
        "6.00",
        "16.00",
        Effective,
        A,
    );
    let elsewhere = Place {
        region: "eu-central-1".into(),
        ..place()
    };
    assert_eq!(rates.of(&elsewhere, Sku::VolumeGib(VolumeKind::Gp2)).source, List);
    rates.learn("", "EUC1-BoxUsage:m5.large", 11.5, 100.0);
    assert_eq!(
        rates.of_instance(&elsewhere, "m5.large"),
        Some(Rate {
            usd: 0.115,
            source: Effective
        })
    );
    assert_eq!(rates.of_instance(&place(), "m5.large"), None);
}

#[test]
fn a_stopped_instance_saves_its_disks_and_addresses() {
    let stopped = Instance {
        state: State::Stopped,
        state_for_days: Some(20),
        ..instance()
    };
    let attached = Volume {
        instance: Some("i-1".into()),
        ..volume(VolumeKind::Gp2, 100.0)
    };
    let address = Address {
        place: place(),
        id: "eipalloc-1".into(),
        team: None,
        instance: Some("i-1".into()),
        associated: true,
    };
    let inventory = Inventory {
        volumes: vec![attached],
        instances: vec![stopped.clone()],
        addresses: vec![address.clone()],
        ..Inventory::default()
    };
    let found = stop::stopped_instance(&stopped, &inventory, &rates());
    golden(found, Rule::StoppedInstance, "8.65", "13.65", List, A);
    let found = stop::unused_address(&address, &inventory, &rates());
    golden(found, Rule::UnusedAddress, "3.65", "3.65", List, A);
    // The address and the volume go with the machine: together they are counted once.
    let board = count(findings(&inventory, &rates(), &Taste::default()));
    assert_eq!(board.high.rounded(2), "13.65");
    let recent = Instance {
        state_for_days: Some(14),
        ..stopped
    };
    assert_eq!(stop::stopped_instance(&recent, &inventory, &rates()), None);
}

#[test]
fn an_orphan_snapshot_saves_a_range_or_what_the_bill_says() {
    let snapshot = Snapshot {
        place: place(),
        id: "snap-1".into(),
        team: None,
        gib: 500.0,
        age_days: 91,
        volume_exists: false,
        in_use: false,
        monthly: None,
    };
    golden(
        stop::orphan_snapshot(&snapshot, &rates()),
        Rule::OrphanSnapshot,
        "2.50",
        "25.00",
        List,
        C,
    );
    let billed = Snapshot {
        monthly: Some(7.31),
        ..snapshot.clone()
    };
    golden(
        stop::orphan_snapshot(&billed, &rates()),
        Rule::OrphanSnapshot,
        "7.31",
        "7.31",
        Billed,
        A,
    );
    assert_eq!(
        stop::orphan_snapshot(
            &Snapshot {
                in_use: true,
                ..snapshot
            },
            &rates()
        ),
        None
    );
}

#[test]
fn gateways_without_traffic_save_their_hours() {
    let gateway = |kind, traffic| Gateway {
        place: place(),
        id: "gw".into(),
        team: None,
        kind,
        traffic,
    };
    for (kind, saving) in [
        (GatewayKind::Nat, "32.85"),
        (GatewayKind::LoadBalancer, "16.43"),
        (GatewayKind::Endpoint, "7.30"),
    ] {
        let found = stop::idle_gateway(&gateway(kind, Some(0.0)), &rates());
        golden(found, Rule::IdleGateway, saving, saving, List, A);
    }
    assert_eq!(
        stop::idle_gateway(&gateway(GatewayKind::Nat, None), &rates()),
        None
    );
    assert_eq!(
        stop::idle_gateway(&gateway(GatewayKind::Nat, Some(1.0)), &rates()),
        None
    );
}

#[test]
fn an_idle_instance_is_surer_the_longer_nobody_was_there() {
    let idle = Instance {
        cpu_max: Some(3.0),
        network_max: Some(200.0),
        visited_before_days: Some(20),
        ..instance()
    };
    golden(
        idle::idle_instance(&idle),
        Rule::IdleInstance,
        "73.00",
        "73.00",
        Effective,
        B,
    );
    let forgotten = Instance {
        visited_before_days: None,
        ..idle.clone()
    };
    golden(
        idle::idle_instance(&forgotten),
        Rule::IdleInstance,
        "73.00",
        "73.00",
        Effective,
        A,
    );
    assert_eq!(
        idle::idle_instance(&Instance {
            visited_before_days: Some(3),
            ..idle.clone()
        }),
        None
    );
    assert_eq!(
        idle::idle_instance(&Instance {
            cpu_max: None,
            ..idle
        }),
        None
    );
}

#[test]
fn a_machine_that_nobody_visits_is_a_question() {
    let unvisited = Instance {
        visited_before_days: Some(31),
        cpu_max: None,
        ..instance()
    };
    golden(
        idle::unvisited_instance(&unvisited),
        Rule::UnvisitedInstance,
        "0.00",
        "73.00",
        Effective,
        C,
    );
    let new_here = Instance {
        visited_before_days: None,
        records_for_days: 12,
        ..unvisited.clone()
    };
    assert_eq!(
        idle::unvisited_instance(&new_here),
        None,
        "twelve days of records prove no thirty"
    );
    assert_eq!(
        idle::unvisited_instance(&Instance {
            production: true,
            ..unvisited
        }),
        None
    );
}

#[test]
fn office_hours_save_what_no_commitment_covers() {
    let off = |instance: &Instance| reduce::off_hours(instance, &Taste::default());
    golden(off(&instance()), Rule::OffHours, "46.93", "46.93", Effective, B);
    golden(
        off(&Instance {
            covered: 0.5,
            ..instance()
        }),
        Rule::OffHours,
        "23.46",
        "23.46",
        Effective,
        B,
    );
    assert_eq!(
        off(&Instance {
            covered: 1.0,
            ..instance()
        }),
        None,
        "a Savings Plan is paid at night too"
    );
    assert_eq!(
        off(&Instance {
            purchase: Purchase::Reserved,
            ..instance()
        }),
        None
    );
    assert_eq!(
        off(&Instance {
            production: true,
            ..instance()
        }),
        None
    );
}

#[test]
fn endless_logs_save_what_is_older_than_needed() {
    let group = LogGroup {
        place: place(),
        name: "/app".into(),
        team: None,
        stored_bytes: 100.0 * 1_073_741_824.0,
        retention_days: None,
        age_days: 360,
    };
    let logs = |group: &LogGroup| reduce::endless_logs(group, &rates(), &Taste::default());
    golden(logs(&group), Rule::EndlessLogs, "2.25", "2.25", List, B);
    assert_eq!(
        logs(&LogGroup {
            retention_days: Some(30),
            ..group.clone()
        }),
        None
    );
    assert_eq!(
        logs(&LogGroup {
            age_days: 60,
            ..group
        }),
        None
    );
}

#[test]
fn a_public_address_is_not_needed_where_systems_manager_reaches() {
    let public = Instance {
        public_ip: true,
        ..instance()
    };
    let found = reduce::public_address(&public, &rates());
    golden(found, Rule::PublicAddress, "3.65", "3.65", List, B);
    assert_eq!(
        reduce::public_address(
            &Instance {
                online: false,
                ..public
            },
            &rates()
        ),
        None
    );
}

#[test]
fn half_the_machine_costs_half() {
    let large = Instance {
        cpu_p95: Some(20.0),
        ..instance()
    };
    golden(
        rightsize::one_size_down(&large),
        Rule::OneSizeDown,
        "36.50",
        "36.50",
        Effective,
        C,
    );
    let known = Instance {
        memory_known: true,
        covered: 1.0,
        ..large.clone()
    };
    golden(
        rightsize::one_size_down(&known),
        Rule::OneSizeDown,
        "0.00",
        "36.50",
        Effective,
        B,
    );
    let size = |name: &str| {
        let instance = Instance {
            instance_type: name.into(),
            ..large.clone()
        };
        rightsize::one_size_down(&instance).map(|finding| finding.action.parameters[1].1.clone())
    };
    assert_eq!(size("m5.2xlarge").as_deref(), Some("m5.xlarge"));
    assert_eq!(size("r6i.16xlarge").as_deref(), Some("r6i.8xlarge"));
    assert_eq!(size("t3.small").as_deref(), Some("t3.micro"));
    assert_eq!(size("m5.xlarge").as_deref(), Some("m5.large"));
    assert_eq!((size("m5.large"), size("m5.metal")), (None, None));
    assert_eq!(
        rightsize::one_size_down(&Instance {
            cpu_max: Some(85.0),
            ..large
        }),
        None
    );
}

#[test]
fn the_advice_of_aws_is_taken_with_its_figure() {
    let advice = Recommendation {
        place: place(),
        id: "i-1".into(),
        team: None,
        advice: "m6i.large".into(),
        monthly: 140.16,
        saving: 71.535,
        memory_known: true,
    };
    golden(
        Some(rightsize::recommended(&advice)),
        Rule::Recommended,
        "71.53",
        "71.53",
        Billed,
        A,
    );
}

#[test]
fn gp2_becomes_gp3_unless_speed_eats_the_saving() {
    let found = shift::newer_volume(&volume(VolumeKind::Gp2, 1_000.0), &rates());
    golden(found, Rule::NewerVolume, "20.00", "20.00", List, A);
    let fast = Volume {
        iops: 5_000.0,
        mbps: 225.0,
        ..volume(VolumeKind::Gp2, 1_000.0)
    };
    golden(
        shift::newer_volume(&fast, &rates()),
        Rule::NewerVolume,
        "6.00",
        "6.00",
        List,
        A,
    );
    let faster = Volume {
        iops: 16_000.0,
        ..fast
    };
    assert_eq!(shift::newer_volume(&faster, &rates()), None);
    assert_eq!(
        shift::newer_volume(&volume(VolumeKind::Gp3, 1_000.0), &rates()),
        None
    );
}

#[test]
fn older_machines_shift_to_newer_ones_and_to_graviton() {
    golden(
        shift::current_generation(&instance()),
        Rule::CurrentGeneration,
        "3.65",
        "3.65",
        Effective,
        B,
    );
    golden(
        shift::graviton(&instance()),
        Rule::Graviton,
        "7.30",
        "7.30",
        Effective,
        B,
    );
    assert_eq!(
        shift::graviton(&Instance {
            linux: false,
            ..instance()
        }),
        None
    );
    assert_eq!(
        shift::graviton(&Instance {
            purchase: Purchase::Reserved,
            ..instance()
        }),
        None
    );
    assert_eq!(
        shift::graviton(&Instance {
            instance_type: "m7g.large".into(),
            ..instance()
        }),
        None
    );
    let group = Instance {
        in_scaling_group: true,
        ..instance()
    };
    golden(shift::spot(&group), Rule::Spot, "40.15", "40.15", Effective, C);
    assert_eq!(
        shift::spot(&Instance {
            production: true,
            ..group
        }),
        None
    );
}

#[test]
fn the_bill_tells_hot_spots_and_steady_use() {
    let spot = |usage_type: &str, cost| {
        let usage = Usage {
            account: "1".into(),
            usage_type: usage_type.into(),
            cost,
            quantity: 100.0,
        };
        hotspot::transfer(&usage, &Taste::default())
    };
    golden(
        spot("EU-NatGateway-Bytes", 212.4),
        Rule::NatHotSpot,
        "0.00",
        "212.40",
        Billed,
        C,
    );
    golden(
        spot("DataTransfer-Regional-Bytes", 90.0),
        Rule::TransferHotSpot,
        "0.00",
        "0.00",
        Billed,
        C,
    );
    golden(
        spot("USE1-EUC1-AWS-Out-Bytes", 90.0),
        Rule::TransferHotSpot,
        "0.00",
        "0.00",
        Billed,
        C,
    );
    assert_eq!(
        (spot("NatGateway-Bytes", 49.0), spot("BoxUsage:m5.large", 900.0)),
        (None, None)
    );
    let steady = |least_a_day| {
        hotspot::savings_plan(&Steady {
            account: "1".into(),
            least_a_day,
        })
    };
    golden(steady(30.0), Rule::SavingsPlan, "182.50", "182.50", Billed, B);
    assert_eq!(steady(0.1), None);
}

#[test]
fn stop_before_rightsize_before_shift_and_nothing_twice() {
    let idle = Instance {
        cpu_max: Some(3.0),
        cpu_p95: Some(1.0),
        network_max: Some(200.0),
        visited_before_days: None,
        ..instance()
    };
    let all = findings(
        &Inventory {
            instances: vec![idle.clone()],
            ..Inventory::default()
        },
        &rates(),
        &Taste::default(),
    );
    assert!(all.len() >= 5, "{all:?}");
    assert_eq!(count(all).high.rounded(2), "73.00");
    // Not idle: half remains after the size, and Graviton takes a tenth of that, the generation a twentieth.
    let busy = Instance {
        cpu_max: Some(60.0),
        cpu_p95: Some(20.0),
        production: true,
        ..idle
    };
    let all = findings(
        &Inventory {
            instances: vec![busy],
            ..Inventory::default()
        },
        &rates(),
        &Taste::default(),
    );
    let board = count(all);
    assert_eq!(board.high.rounded(2), "41.79", "36.50 + 3.65 + 1.64");
    assert_eq!(board.of(Move::Shift).1.rounded(2), "5.29");
}

#[test]
fn every_rule_has_a_name_of_its_own_and_an_id_that_stays() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    assert!(Rule::ALL.len() >= 14);
    let finding = shift::graviton(&instance()).unwrap();
    assert_eq!(finding.id(), shift::graviton(&instance()).unwrap().id());
    assert_ne!(finding.id(), shift::current_generation(&instance()).unwrap().id());
}

#[test]
fn what_is_put_off_comes_back_and_what_is_accepted_does_not() {
    let finding = shift::graviton(&instance()).unwrap();
    let mut book = Book::default();
    let decision = |until| Decision::Snoozed {
        until,
        reason: "migration".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    book.decisions.insert(finding.id(), decision(date(2026, 6, 1)));
    let rows = |book: &Book, day| book.board(vec![finding.clone()], day).rows.len();
    assert_eq!(
        (rows(&book, date(2026, 5, 31)), rows(&book, date(2026, 6, 1))),
        (0, 1)
    );
    let accepted = Accepted {
        at: jiff::Timestamp::UNIX_EPOCH,
        rule: finding.rule.name().into(),
        resource: finding.resource.clone(),
        team: finding.team.clone(),
        key: Vec::new(),
        promised: "7.30".into(),
        run: None,
    };
    book.decisions.insert(finding.id(), Decision::Accepted(accepted));
    assert_eq!((rows(&book, date(2027, 1, 1)), book.accepted().count()), (0, 1));
}

#[test]
fn the_ledger_books_what_the_band_of_that_day_expected_and_did_not_come() {
    let first = date(2026, 1, 5);
    let series: Vec<_> = (0..100)
        .map(|nth: i64| (first + nth.days(), Some(if nth > 70 { 60.0 } else { 100.0 })))
        .collect();
    let accepted = first + 70.days();
    let saved = |days| ledger::realised(&series, accepted, days, &Setting::default());
    assert!((saved(7).unwrap() - 280.0).abs() < 1e-6);
    assert!(
        (saved(28).unwrap() - 1_120.0).abs() < 1e-6,
        "the lower level does not become the expectation"
    );
    assert_eq!(saved(40), None, "days to come are not booked");
    let teams = ledger::by_team([(Some("pay"), 2.0), (None, 1.0), (Some("pay"), 3.0)]);
    assert_eq!(teams.into_iter().collect::<Vec<_>>(), [("", 1.0), ("pay", 5.0)]);
}

proptest! {
    #[test]
    fn what_is_counted_never_exceeds_the_sum_nor_the_cost(
        picks in prop::collection::vec((0..Rule::ALL.len(), 0..3_u8, 0.0..1.0_f64, 0.0..1.0_f64), 0..20),
    ) {
        let findings: Vec<Finding> = picks
            .iter()
            .map(|(rule, resource, low, share)| Finding {
                rule: Rule::ALL[*rule],
                resource: format!("i-{resource}"),
                saving: Saving::between(100.0 * share * low, 100.0 * share),
                cost: Amount::whole(100),
                ..shift::graviton(&instance()).unwrap()
            })
            .collect();
        let sum: Amount = findings.iter().map(|finding| finding.saving.high).sum();
        let cents = Amount::parse("0.30").unwrap().amount;
        let board = count(findings);
        prop_assert!(board.high <= sum && board.high <= Amount::whole(300) + cents);
        prop_assert!(board.low <= board.high + cents);
    }
}
