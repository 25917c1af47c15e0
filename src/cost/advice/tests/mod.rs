//! Goldens: inputs to dollars, to the cent; the resources that they begin with.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

mod billed;
mod board;
mod due;
mod ledger;
mod pool;
mod reduce;
mod rightsize;
mod saved;
mod shift;
mod stop;

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
        instance_type: "c5n.xlarge".into(),
        state: State::Running,
        state_for_days: None,
        age_days: Some(400),
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
        ran: 1.0,
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
