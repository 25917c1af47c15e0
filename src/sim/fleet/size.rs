//! Instance types: what they cost an hour on demand in us-east-1, and which chips they have.

use super::Platform;

/// An instance type such as `m7g.large`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Size(String);

/// Dollars an hour for `large`, by family. Public list prices, us-east-1, Linux.
const LARGE: &[(&str, f64)] = &[
    ("t2", 0.0928),
    ("t3", 0.0832),
    ("t3a", 0.0752),
    ("t4g", 0.0672),
    ("m5", 0.096),
    ("m6a", 0.0864),
    ("m6i", 0.096),
    ("m7g", 0.0816),
    ("m7i", 0.1008),
    ("c5", 0.085),
    ("c6a", 0.0765),
    ("c6i", 0.085),
    ("c7g", 0.0725),
    ("c7i", 0.08925),
    ("r5", 0.126),
    ("r6g", 0.1008),
    ("r6i", 0.126),
    ("r7g", 0.1071),
    ("i4i", 0.172),
    ("g5", 0.503),
    ("p3", 0.7650),
];

/// How many times `large` a size is.
const STEPS: &[(&str, f64)] = &[
    ("nano", 0.0625),
    ("micro", 0.125),
    ("small", 0.25),
    ("medium", 0.5),
    ("large", 1.0),
    ("xlarge", 2.0),
    ("2xlarge", 4.0),
    ("4xlarge", 8.0),
    ("8xlarge", 16.0),
    ("12xlarge", 11.27),
    ("16xlarge", 32.0),
    ("24xlarge", 48.0),
];

impl Size {
    /// `None` when the family or the size is not one that the simulator has a price for.
    pub fn parse(text: &str) -> Option<Size> {
        let (family, step) = text.split_once('.')?;
        let known =
            LARGE.iter().any(|(name, _)| *name == family) && STEPS.iter().any(|(name, _)| *name == step);
        known.then(|| Size(text.to_owned()))
    }

    /// Every one that has a price.
    pub fn all() -> impl Iterator<Item = Size> {
        let steps = |(family, _): &'static (&str, f64)| {
            STEPS
                .iter()
                .map(move |(step, _)| Size(format!("{family}.{step}")))
        };
        LARGE.iter().flat_map(steps)
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    pub fn family(&self) -> &str {
        self.0.split_once('.').map_or("", |(family, _)| family)
    }

    pub fn architecture(&self) -> &'static str {
        let family = self.family();
        if family.ends_with('g') && family.len() > 2 {
            "arm64"
        } else {
            "x86_64"
        }
    }

    pub fn is_nitro(&self) -> bool {
        !matches!(self.family(), "t2" | "p3")
    }

    /// Dollars an hour on demand.
    pub fn hourly(&self, platform: Platform) -> f64 {
        let step = self.0.split_once('.').map_or("", |(_, step)| step);
        let price = |table: &[(&str, f64)], name| {
            table
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(0.0, |(_, price)| *price)
        };
        let linux = price(LARGE, self.family()) * price(STEPS, step);
        if platform.is_windows() {
            linux * 1.85
        } else {
            linux
        }
    }
}
