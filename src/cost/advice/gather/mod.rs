//! What the rules look at, from everywhere at once: the fleet, what else the accounts have, metrics, our own records, AWS's
//! advice, and the bill. What did not answer is a failure that says where; its rules find nothing and the others go on.

mod advice;
mod estate;
mod machine;
mod metric;
mod sight;
mod visit;

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::StreamExt;
use futures_util::future::join_all;
use jiff::Timestamp;

use super::bill::Bill;
use super::due::Dues;
use super::inventory::{Inventory, Place};
use super::rate::Rates;
use super::{TEAM, ran};
use crate::aws::{Cloud, Failure, HubTotal, Place as Reached};
use crate::cost::meter::{METRICS_PER_CENT, Meter};
use crate::cost::shelf::Shelf;
use crate::cost::{Price, Refresh, dollars, priced};
use crate::fleet::{self, Policy, Roster};
use visit::Visits;

/// Days of metrics that count as proof.
const WATCHED_DAYS: i64 = 14;

/// Whom to ask, and what of it may cost something.
pub struct Ask<'a> {
    pub cloud: &'a Cloud,
    pub policy: &'a Policy,
    pub data_dir: &'a Path,
    pub cache_dir: &'a Path,
    /// The day's allowance for paid requests and metrics together.
    pub cap_cents: u32,
    pub refresh: Refresh,
    /// Cost Explorer's advice on sizes may be asked where Compute Optimizer has none: a paid request a page.
    pub paid_advice: bool,
    pub now: Timestamp,
}

/// What was found out.
#[derive(Debug, Default)]
pub struct Seen {
    pub inventory: Inventory,
    pub rates: Rates,
    pub failures: Vec<Failure>,
    /// What is not known and why, one sentence each.
    pub notes: Vec<String>,
    /// What the Cost Optimization Hub says could be saved, by account.
    pub hub: BTreeMap<String, HubTotal>,
    /// Metrics that were paid for now.
    pub metrics: u32,
    /// What asking would take.
    pub toll: Toll,
    /// Requests to Cost Explorer that were paid for now.
    pub requests: u32,
    /// There was more advice than was asked for: what came of it is not kept.
    pub is_cut_off: bool,
}

/// What asking would take: of everything, and of what is not on disk or older than a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    pub metrics: u32,
    pub lacking_metrics: u32,
    /// Accounts for whose advice on sizes Cost Explorer is paid, a request a page.
    pub advice: u32,
    pub lacking_advice: u32,
}

impl Toll {
    /// What it takes beside the bill, as it is paid for: metrics of a thousand for a request. `None` where nothing is.
    pub fn beside(&self, bill: Option<Price>, all: bool) -> Option<Price> {
        let (metrics, advice) = match all {
            true => (self.metrics, self.advice),
            false => (self.lacking_metrics, self.lacking_advice),
        };
        let of_bill = bill.as_ref().map_or(0, |bill| bill.requests);
        let says = self.price(bill.map(|bill| bill.says), all)?;
        Some(Price::new(
            says,
            of_bill + advice + metrics.div_ceil(METRICS_PER_CENT),
        ))
    }

    /// In words beside what the bill takes; `None` where nothing is paid for. `all`: also what is on disk and young.
    pub fn price(&self, bill: Option<String>, all: bool) -> Option<String> {
        let (metrics, advice) = match all {
            true => (self.metrics, self.advice),
            false => (self.lacking_metrics, self.lacking_advice),
        };
        let metrics = (metrics > 0).then(|| {
            let cents = metrics.div_ceil(METRICS_PER_CENT);
            format!("{metrics} metrics ({})", dollars(cents))
        });
        let advice = (advice > 0).then(|| format!("{} or more for advice on sizes", priced(advice)));
        let parts: Vec<String> = [bill, metrics, advice].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl Seen {
    fn note(&mut self, says: impl Into<String>) {
        let says = says.into();
        if !self.notes.contains(&says) {
            self.notes.push(says);
        }
    }

    fn keep<T>(&mut self, answer: Result<T, Failure>) -> Option<T> {
        answer.map_err(|failure| self.fail(failure)).ok()
    }

    fn fail(&mut self, failure: Failure) {
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }
}

/// Where one account is reached, and the places of it.
struct Site {
    reached: Reached,
    place: Place,
}

impl Ask<'_> {
    fn shelf(&self, account: &str) -> Shelf {
        Shelf::new(self.cache_dir, account)
    }

    fn meter(&self, profile: &str) -> Meter {
        let cap = if self.refresh == Refresh::Never {
            0
        } else {
            self.cap_cents
        };
        Meter::new(self.cache_dir, profile, cap)
    }

    /// Whole days since, none for what lies ahead.
    fn days_since(&self, at: Option<Timestamp>) -> Option<u32> {
        let seconds = self.now.as_second() - at?.as_second();
        u32::try_from(seconds / 86_400).ok()
    }
}

/// Asks everybody. `bill` is what costs are known of, from wherever.
pub async fn gather(ask: &Ask<'_>, bill: Bill) -> Seen {
    let mut seen = Seen::default();
    let sites = sites(ask, &mut seen).await;
    let visits = match Visits::read(ask) {
        Ok(visits) => visits,
        Err(says) => {
            seen.note(says);
            Visits::default()
        }
    };
    if !sites.is_empty() {
        let roster = roster(ask, &mut seen).await;
        let estates = join_all(sites.iter().map(|site| estate::fetch(ask, site))).await;
        for (site, found) in sites.iter().zip(estates) {
            estate::take(ask, site, found, &bill, &mut seen);
        }
        let machines = machine::Machines {
            policy: ask.policy,
            bill: &bill,
            visits: &visits,
        };
        let nodes = roster.nodes.iter();
        let of_ec2 = nodes.filter(|node| node.instance_type.is_some() && !node.is_terminated());
        let mut instances: Vec<_> = of_ec2.map(|node| machines.instance(ask, node)).collect();
        let dues = Dues::of(&bill.usage, &bill.resources, &bill.window);
        ran::learn(&mut instances, &dues, bill.behind(crate::cost::today(ask.now)));
        seen.inventory.instances = instances;
        metric::fill(ask, &sites, &mut seen).await;
        advice::fill(ask, &sites, &mut seen).await;
    }
    if !bill.foreign.is_empty() {
        seen.note(format!(
            "charges in {} are left out: findings are in dollars",
            bill.foreign.join(" and ")
        ));
    }
    bill.window.says().into_iter().for_each(|says| seen.note(says));
    seen.inventory.window = bill.window;
    seen.inventory.usage = bill.usage;
    seen.inventory.steady = bill.steady.into_iter().collect();
    seen.inventory.billed = bill.resources;
    seen.rates = bill.rates;
    let unpriced = seen.inventory.instances.iter();
    let unpriced = unpriced.filter(|instance| instance.hourly.is_none()).count();
    if unpriced > 0 {
        seen.note(format!(
            "{unpriced} instances have no price: not in the bill of the last {} days, and not in our list",
            super::bill::DAYS
        ));
    }
    seen
}

/// Every place whose account answers to its name; a profile that does not is one failure, not one for each service.
async fn sites(ask: &Ask<'_>, seen: &mut Seen) -> Vec<Site> {
    let places = ask.cloud.places().await;
    places.failed.into_iter().for_each(|failure| seen.fail(failure));
    let mut accounts = BTreeMap::new();
    for profile in ask.cloud.profiles() {
        if let Some(identity) = seen.keep(ask.cloud.identity(&profile).await) {
            accounts.insert(profile, identity.account);
        }
    }
    let known = places.found.into_iter().filter_map(|reached| {
        let account = accounts.get(&reached.profile)?.clone();
        let place = Place {
            account,
            region: reached.region.clone(),
        };
        Some(Site { reached, place })
    });
    known.collect()
}

async fn roster(ask: &Ask<'_>, seen: &mut Seen) -> Roster {
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(ask.cloud);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    for failure in std::mem::take(&mut roster.failures) {
        seen.fail(failure);
    }
    roster
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_names_the_bill_the_metrics_and_the_advice_of_what_would_be_asked() {
        let toll = Toll {
            metrics: 2_001,
            lacking_metrics: 12,
            advice: 1,
            lacking_advice: 0,
        };
        let bill = || Some("about 2 requests ($0.02)".to_owned());
        assert_eq!(
            toll.price(bill(), true).unwrap(),
            "about 2 requests ($0.02), 2001 metrics ($0.03), 1 request ($0.01) or more for advice on sizes"
        );
        assert_eq!(toll.price(None, false).unwrap(), "12 metrics ($0.01)");
        assert_eq!(Toll::default().price(None, true), None);
    }
}
