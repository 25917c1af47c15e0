//! What the bill alone shows.

use super::*;
use crate::cost::advice::billed::{self, Billed};

fn row(usage_type: &str, resource: &str, cost: f64, quantity: f64) -> Billed {
    Billed {
        place: place(),
        usage_type: usage_type.into(),
        resource: resource.into(),
        team: Some("pay".into()),
        cost,
        quantity,
    }
}

fn found(rows: &[Billed]) -> Vec<Finding> {
    billed::findings(rows, &Inventory::default(), &Taste::default())
}

#[test]
fn resources_are_judged_by_what_they_are_billed_as() {
    let one = |usage_type: &str, cost, quantity| found(&[row(usage_type, "r-1", cost, quantity)]).pop();
    // Thirty days are 0.98630 of a month.
    let gp2 = one("EUC1-EBS:VolumeUsage.gp2", 30.0, 300.0);
    golden(gp2, Rule::NewerVolume, "6.08", "6.08", PriceSource::Billed, B);
    let snapshot = one("EBS:SnapshotUsage", 12.0, 240.0);
    golden(
        snapshot,
        Rule::OrphanSnapshot,
        "0.00",
        "12.17",
        PriceSource::Billed,
        C,
    );
    let address = one("PublicIPv4:IdleAddress", 3.6, 720.0);
    golden(
        address,
        Rule::UnusedAddress,
        "3.65",
        "3.65",
        PriceSource::Billed,
        A,
    );
    let old = one("BoxUsage:t2.large", 66.816, 720.0);
    golden(
        old,
        Rule::CurrentGeneration,
        "7.01",
        "7.01",
        PriceSource::Billed,
        B,
    );
    assert_eq!(one("EBS:SnapshotUsage", 0.5, 10.0), None);
    assert_eq!(one("PublicIPv4:IdleAddress", 0.5, 100.0), None);
    assert_eq!(one("EBS:VolumeUsage.gp3", 30.0, 300.0), None);
}

#[test]
fn a_gateway_billed_for_its_hours_alone_is_idle() {
    for (hours, bytes, usd) in [
        ("EU-NatGateway-Hours", "EU-NatGateway-Bytes", 32.4),
        ("LoadBalancerUsage", "LCUUsage", 16.2),
        ("VpcEndpoint-Hours", "VpcEndpoint-Bytes", 7.2),
    ] {
        let idle = row(hours, "gw", usd, 720.0);
        let high = format!("{:.2}", usd * 365.0 / 360.0);
        golden(
            found(std::slice::from_ref(&idle)).pop(),
            Rule::IdleGateway,
            &high,
            &high,
            PriceSource::Billed,
            B,
        );
        assert!(
            found(&[idle.clone(), row(bytes, "gw", 0.01, 0.2)]).is_empty(),
            "{bytes}"
        );
        let young = Billed {
            quantity: 400.0,
            ..idle
        };
        assert!(found(&[young]).is_empty());
    }
}

#[test]
fn what_aws_described_is_left_to_the_other_rules() {
    let rows = [row("EBS:VolumeUsage.gp2", "vol-1", 30.0, 300.0)];
    let known = Inventory {
        volumes: vec![volume(VolumeKind::Gp3, 100.0)],
        ..Inventory::default()
    };
    assert!(billed::findings(&rows, &known, &Taste::default()).is_empty());
}
