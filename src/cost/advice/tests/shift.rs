//! What can be cheaper elsewhere.

use super::*;
use crate::cost::advice::shift;

#[test]
fn gp2_becomes_gp3_unless_speed_eats_the_saving() {
    let found = shift::newer_volume(&volume(VolumeKind::Gp2, 1_000.0), &rates());
    // 250 MiB/s are twice what gp3 gives for nothing: 125 at $0.04.
    golden(found, Rule::NewerVolume, "15.00", "15.00", List, A);
    let fast = Volume {
        iops: 5_000.0,
        ..volume(VolumeKind::Gp2, 1_000.0)
    };
    golden(
        shift::newer_volume(&fast, &rates()),
        Rule::NewerVolume,
        "5.00",
        "5.00",
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

/// EC2 tells the throughput of gp3 alone: that of gp2 follows from its size.
#[test]
fn a_small_gp2_volume_is_fast_in_bursts_alone() {
    for (gib, low, high) in [
        (100.0, "1.88", "2.00"),
        (170.0, "3.28", "3.30"),
        (200.0, "0.00", "3.00"),
        (334.0, "1.68", "1.68"),
    ] {
        let unknown = Volume {
            mbps: 0.0,
            ..volume(VolumeKind::Gp2, gib)
        };
        golden(
            shift::newer_volume(&unknown, &rates()),
            Rule::NewerVolume,
            low,
            high,
            List,
            A,
        );
    }
}

#[test]
fn a_machine_that_a_commitment_pays_for_promises_less_wherever_it_goes() {
    let covered = Instance {
        covered: 0.75,
        in_scaling_group: true,
        ..instance()
    };
    for (found, low, high) in [
        (shift::current_generation(&covered), "0.91", "3.65"),
        (shift::graviton(&covered), "1.83", "7.30"),
        (shift::spot(&covered), "10.04", "40.15"),
    ] {
        let found = found.unwrap();
        assert_eq!(usd(&found), (low.to_owned(), high.to_owned()), "{:?}", found.rule);
        assert!(
            found
                .evidence
                .ends_with("75 % of its hours are paid for by a commitment"),
            "{}",
            found.evidence
        );
    }
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
fn where_both_prices_are_listed_their_difference_counts() {
    let of = |instance_type: &str| Instance {
        instance_type: instance_type.into(),
        ..instance()
    };
    // t2 costs 0.0928 an hour as large, t3 0.0832 and t4g 0.0672.
    let found = shift::current_generation(&of("t2.xlarge"));
    golden(found, Rule::CurrentGeneration, "7.55", "7.55", Effective, B);
    golden(
        shift::graviton(&of("t2.xlarge")),
        Rule::Graviton,
        "20.14",
        "20.14",
        Effective,
        B,
    );
    assert_eq!(
        shift::current_generation(&of("m5.xlarge")),
        None,
        "m7i costs more than m5"
    );
}
