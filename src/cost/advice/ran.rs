//! How much of a month a machine was paid for. What runs in office hours, or came in the middle of the month, costs what was
//! billed for it and not the hours of a month.

use std::collections::BTreeMap;

use super::due::{Dues, is_machine};
use super::inventory::{Instance, Purchase, State};
use super::rate;

/// Learns it of each that runs: by its own rows of the bill, else by its usage type, which all of its kind share.
pub(super) fn learn(instances: &mut [Instance], dues: &Dues) {
    instances.iter_mut().for_each(|one| one.ran = 1.0);
    let mut full: BTreeMap<(&str, String), f64> = BTreeMap::new();
    for one in instances.iter().filter(|one| one.state == State::Running) {
        if let (Some((account, name, _)), Some(month)) = (billed(one, dues), one.monthly()) {
            *full.entry((account, name)).or_default() += month;
        }
    }
    for one in instances.iter_mut().filter(|one| one.state == State::Running) {
        let own = || {
            let cost = dues.of_resource(&one.place.account, &one.id, is_machine)?;
            Some(cost / one.monthly()?)
        };
        let shared = || {
            let (account, name, cost) = billed(one, dues)?;
            Some(cost / full.get(&(account, name))?)
        };
        let share = own().or_else(shared).filter(|share| share.is_finite());
        if let Some(share) = share {
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
