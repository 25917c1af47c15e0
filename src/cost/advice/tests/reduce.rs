//! What can cost less.

use super::*;
use crate::cost::advice::{hotspot, reduce};

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
fn the_bill_tells_hot_spots_and_steady_use() {
    let spot = |usage_type: &str, cost| {
        let usage = Usage {
            account: "1".into(),
            usage_type: usage_type.into(),
            cost,
            quantity: 100.0,
        };
        hotspot::transfer(&usage, &Inventory::default(), &Taste::default())
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
fn a_hot_nat_names_the_networks_that_could_do_without() {
    let usage = Usage {
        account: "111122223333".into(),
        usage_type: "EU-NatGateway-Bytes".into(),
        cost: 212.4,
        quantity: 4_720.0,
    };
    let network = |id: &str, region: &str, s3| Network {
        place: Place {
            region: region.into(),
            ..place()
        },
        id: id.into(),
        s3,
        dynamodb: true,
    };
    let spot = |networks: &[Network]| {
        let inventory = Inventory {
            networks: networks.to_vec(),
            ..Inventory::default()
        };
        hotspot::transfer(&usage, &inventory, &Taste::default())
    };
    let found = spot(&[
        network("vpc-1", "eu-west-1", false),
        network("vpc-2", "us-east-1", false),
    ])
    .unwrap();
    assert!(
        found.evidence.contains("vpc-1 has no gateway endpoint for S3,"),
        "{}",
        found.evidence
    );
    assert!(!found.evidence.contains("vpc-2"));
    assert_eq!(found.place.region, "eu-west-1");
    assert_eq!(
        spot(&[network("vpc-1", "eu-west-1", true)]),
        None,
        "what goes through NAT must"
    );
}
