//! What can go.

use super::*;
use crate::cost::advice::{idle, stop};

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
        ip: "203.0.113.7".into(),
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
        archived: false,
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
        name: None,
        vpc: None,
        team: None,
        kind,
        units: 1.0,
        healthy: None,
        age_days: 400,
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
    let covered = Instance {
        covered: 0.5,
        ..idle.clone()
    };
    let found = idle::idle_instance(&covered).unwrap();
    assert_eq!(
        usd(&found),
        ("36.50".into(), "73.00".into()),
        "{}",
        found.evidence
    );
    assert!(found.evidence.contains("paid for by a commitment"));
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
fn an_endpoint_is_paid_once_for_each_zone_and_a_deserted_balancer_needs_no_metric() {
    let endpoint = Gateway {
        place: place(),
        id: "vpce-1".into(),
        name: None,
        vpc: None,
        team: None,
        kind: GatewayKind::Endpoint,
        units: 3.0,
        healthy: None,
        age_days: 400,
        traffic: Some(0.0),
    };
    golden(
        stop::idle_gateway(&endpoint, &rates()),
        Rule::IdleGateway,
        "21.90",
        "21.90",
        List,
        A,
    );
    let deserted = Gateway {
        kind: GatewayKind::LoadBalancer,
        units: 1.0,
        healthy: Some(0),
        traffic: None,
        ..endpoint
    };
    golden(
        stop::idle_gateway(&deserted, &rates()),
        Rule::IdleGateway,
        "16.43",
        "16.43",
        List,
        B,
    );
    let young = Gateway {
        age_days: 3,
        ..deserted.clone()
    };
    assert_eq!(stop::idle_gateway(&young, &rates()), None);
    let broken = Gateway {
        traffic: Some(900.0),
        ..deserted
    };
    assert_eq!(
        stop::idle_gateway(&broken, &rates()),
        None,
        "requests come: it is ill, not idle"
    );
}
