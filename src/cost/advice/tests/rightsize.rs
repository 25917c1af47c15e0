//! What is too large.

use super::*;
use crate::cost::advice::rightsize;

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
        rightsize::one_size_down(&instance).and_then(|finding| {
            let mut parameters = finding.action.parameters.into_iter();
            parameters
                .find(|(name, _)| *name == "new_type")
                .map(|(_, value)| value)
        })
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
        name: None,
        from: "m6i.xlarge".into(),
        to: Some("m6i.large".into()),
        by: "Compute Optimizer",
        monthly: 140.16,
        saving: 71.535,
        memory_known: true,
    };
    golden(
        Some(rightsize::recommended(&advice)),
        Rule::Recommended,
        "71.53",
        "71.53",
        PriceSource::Advised,
        A,
    );
}
