//! How much of a month a machine was paid for. What runs in office hours costs what was billed for it and not the hours of
//! a month; what came in the middle of the days that are known is judged by those since.

use std::collections::BTreeMap;

use super::due::{Dues, is_machine};
use super::inventory::{Instance, Purchase, State};
use super::rate::{self, MONTH_HOURS};

/// So many days of use tell how much a machine runs.
const FEWEST: f64 = 7.0;
/// Rounding of rates and hours.
const SLACK: f64 = 1.001;

/// What machines would be billed at by the month if each ran all the time: on every day that is known, at most and at least
/// on those since it was launched, and on so few days that they tell nothing.
#[derive(Clone, Copy, Default)]
struct Full {
    always: f64,
    most: f64,
    least: f64,
    fewest: f64,
}

impl Full {
    /// Its last start may be no beginning: whoever stops by night was billed for more than the time since. `behind`: days
    /// from the last of the bill to today.
    fn add(&mut self, one: &Instance, dues: &Dues, behind: i64) {
        let Some(hourly) = one.hourly else { return };
        let window = dues.window();
        let month = hourly.usd * MONTH_HOURS;
        let a_day = month / window.days() as f64;
        let age = one.age_days.map_or(i64::MAX / 2, i64::from);
        self.always += month;
        self.most += a_day * window.within(age + 1 - behind) as f64;
        self.least += a_day * window.within(age - 1 - behind) as f64;
        self.fewest += a_day * FEWEST;
    }

    /// Which share of it was billed; `None` where too few days tell.
    fn share(self, month: f64) -> Option<f64> {
        let full = match month <= self.most * SLACK {
            true => self.least,
            false => self.always,
        };
        (full >= self.fewest).then_some(month / full)
    }
}

/// Learns it of each that runs: by its own rows of the bill, else by its usage type, which all of its kind share.
pub(super) fn learn(instances: &mut [Instance], dues: &Dues, behind: i64) {
    instances.iter_mut().for_each(|one| one.ran = 1.0);
    let mut full: BTreeMap<(&str, String), Full> = BTreeMap::new();
    for one in instances.iter().filter(|one| one.state == State::Running) {
        if let Some((account, name, _)) = billed(one, dues) {
            full.entry((account, name)).or_default().add(one, dues, behind);
        }
    }
    for one in instances.iter_mut().filter(|one| one.state == State::Running) {
        let share = match dues.of_resource(&one.place.account, &one.id, is_machine) {
            Some(month) => {
                let mut own = Full::default();
                own.add(one, dues, behind);
                own.share(month)
            }
            None => {
                billed(one, dues).and_then(|(account, name, month)| full.get(&(account, name))?.share(month))
            }
        };
        if let Some(share) = share.filter(|share| share.is_finite()) {
            one.ran = share.clamp(0.0, 1.0);
        }
    }
}

/// The bill of its usage type: whose, which, and how much a month.
fn billed<'a>(one: &Instance, dues: &Dues<'a>) -> Option<(&'a str, String, f64)> {
    let kind = rate::machine(one.purchase == Purchase::Spot);
    let name = rate::usage_type(&one.place, &format!("{kind}{}", one.instance_type))?;
    let (account, month) = dues.of_type(&one.place.account, &name)?;
    Some((account, name, month))
}
