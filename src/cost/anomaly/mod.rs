//! Days that cost more or less than their band: found in each series, explained by what changed inside it
//! and by what people did just before, and held against what AWS itself noticed.

mod agreement;
mod cause;
mod common;
mod deed;
mod explain;
mod find;
pub(super) mod foreign;
mod judge;
mod picture;
mod survey;
mod team;
mod unjudged;

use jiff::civil::Date;

pub use agreement::{Finding, Foreign, agree, confirm};
pub use cause::{Cause, Part, causes};
pub use deed::{Act, Deed, Deeds};
pub use find::find;
pub use judge::{Causes, Judged, Told, found, last_days};
pub(super) use survey::series_of;
pub use survey::{Survey, USAGE, Watched, cells};
pub use team::{Team, of_kinds};
pub use unjudged::Seen;

use super::band::{Band, Side};

/// Daily costs of one service, of a service in an account, or of everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Nothing, the service, or service and account.
    pub key: Vec<String>,
    pub days: Vec<(Date, Option<f64>)>,
}

/// A run of days outside the band, on one side of it. Money is in the currency of its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Anomaly {
    pub key: Vec<String>,
    pub since: Date,
    pub last_day: Date,
    pub days: usize,
    pub side: Side,
    /// On the first day.
    pub actual: f64,
    /// On the first day.
    pub band: Band,
    /// Actual less expected, all days together.
    pub impact: f64,
    /// Two methods of two find it unusual.
    pub seconded: bool,
    /// Large enough to act on: see [`find`].
    pub material: bool,
    /// It lasted, and is taken for normal from now on: by which factor.
    pub new_normal: Option<f64>,
}

impl Anomaly {
    pub fn service(&self) -> Option<&str> {
        self.key.first().map(String::as_str)
    }

    pub fn account(&self) -> Option<&str> {
        self.key.get(1).map(String::as_str)
    }

    /// One line: how much, against what, since when, what it is made of, who was there.
    pub fn explain(&self, currency: &str, causes: &[Cause], deeds: &[Deed]) -> String {
        let Band {
            expected,
            lower,
            upper,
        } = self.band;
        let times = if expected > 0.0 {
            format!(", {:.1}×", self.actual / expected)
        } else {
            String::new()
        };
        let mut text = format!(
            "{:+.2} {currency} (expected {expected:.2}, {lower:.2} to {upper:.2} a day{times}) {} {}",
            self.impact,
            if self.days > 1 { "since" } else { "on" },
            self.since.strftime("%a %-d %b %Y"),
        );
        match self.new_normal {
            Some(factor) => text += &format!(", a new normal of {factor:.2}× the old"),
            None if self.days > 1 => text += &format!(", {} days", self.days),
            None => {}
        }
        for cause in causes {
            text += &format!(
                "; {} of it in {} {}",
                cause.says_share(),
                cause.dimension,
                cause.value
            );
        }
        if !deeds.is_empty() {
            text += &format!("; {} within a day before", deed::counted(deeds));
        }
        text
    }
}

#[cfg(test)]
mod tests;
