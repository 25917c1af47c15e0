//! EC2 instance families: which are of a previous generation, what replaces them, and their Graviton kin. Facts
//! from the instance mapping of AWS's Cloud Intelligence Dashboards (MIT-0), as of 2026.

use super::rate::{PriceSource, Rate};

const TABLE: &str = include_str!("families.csv");

/// US dollars an hour for `large`, On-Demand Linux in us-east-1, from the public price pages, of families whose other sizes
/// cost in proportion.
const LARGE: [(&str, f64); 37] = [
    ("a1", 0.051),
    ("c4", 0.1),
    ("c5", 0.085),
    ("c5a", 0.077),
    ("c6a", 0.0765),
    ("c6g", 0.068),
    ("c6i", 0.085),
    ("c7a", 0.10264),
    ("c7g", 0.0725),
    ("c7i", 0.08925),
    ("c8g", 0.07976),
    ("i3", 0.156),
    ("i4i", 0.172),
    ("m4", 0.1),
    ("m5", 0.096),
    ("m5a", 0.086),
    ("m6a", 0.0864),
    ("m6g", 0.077),
    ("m6i", 0.096),
    ("m7a", 0.11592),
    ("m7g", 0.0816),
    ("m7i", 0.1008),
    ("m8g", 0.08976),
    ("r4", 0.133),
    ("r5", 0.126),
    ("r5a", 0.113),
    ("r6a", 0.1134),
    ("r6g", 0.1008),
    ("r6i", 0.126),
    ("r7a", 0.15215),
    ("r7g", 0.1071),
    ("r7i", 0.1323),
    ("r8g", 0.11782),
    ("t2", 0.0928),
    ("t3", 0.0832),
    ("t3a", 0.0752),
    ("t4g", 0.0672),
];

/// Times `large`.
fn times(size: &str) -> Option<f64> {
    Some(match size {
        "nano" => 0.0625,
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => 2.0 * size.strip_suffix("xlarge")?.parse::<u32>().ok().map(f64::from)?,
    })
}

fn large(family: &str) -> Option<f64> {
    LARGE
        .iter()
        .find(|(name, _)| *name == family)
        .map(|(_, usd)| *usd)
}

/// The list price of an hour; `None` for what is not in our list.
pub(super) fn listed(instance_type: &str) -> Option<Rate> {
    let (family, size) = instance_type.split_once('.')?;
    Some(Rate {
        usd: large(family)? * times(size)?,
        source: PriceSource::List,
    })
}

/// What a move to another family saves of the price: by both list prices, or `else_share` where one is not known.
pub(super) fn share(instance_type: &str, to_family: &str, else_share: f64) -> f64 {
    let from = instance_type
        .split_once('.')
        .and_then(|(family, _)| large(family));
    match (from, large(to_family)) {
        (Some(from), Some(to)) => 1.0 - to / from,
        _ => else_share,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub is_previous: bool,
    /// The newest of the same vendor.
    pub current: Option<&'static str>,
    /// For x86 families.
    pub graviton: Option<&'static str>,
}

/// `None` for a family that has no successor and no kin.
pub(super) fn of(instance_type: &str) -> Option<Family> {
    let (family, _) = instance_type.split_once('.')?;
    TABLE.lines().skip(1).find_map(|line| {
        let mut fields = line.split(',');
        (fields.next()? == family).then_some(())?;
        let is_previous = fields.next()? == "previous";
        let mut other = || fields.next().filter(|name| !name.is_empty());
        Some(Family {
            is_previous,
            current: other(),
            graviton: other(),
        })
    })
}
