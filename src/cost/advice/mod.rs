//! What to do about costs, in four moves: stop, reduce, rightsize, shift. Every rule is a pure function of what
//! was seen; a finding says what it saves after discounts, by which price, how sure that is, and is counted
//! once however many rules find the same thing, and never beyond what was billed.

mod accept;
mod bill;
mod billed;
mod book;
mod booking;
mod cell;
mod chain;
mod claim;
mod committed;
mod due;
mod fall;
mod family;
mod finding;
pub mod gather;
mod hotspot;
mod idle;
mod inventory;
pub mod ledger;
mod pool;
mod ran;
mod rate;
mod reduce;
mod rightsize;
mod shift;
mod stop;
mod window;

pub use bill::{Bill, DAYS, Questions};
pub use billed::Billed;
pub use book::{Accepted, Book, Decision, Snoozed, Taken, Trouble, Withdrawn};
pub use booking::{Booked, Booking, Ledger};
pub use chain::{Board, Counted, count};
pub use due::Due;
pub use finding::{Action, Confidence, Effort, Finding, Move, Rule, Saving};
pub use gather::{Ask, Seen, Toll, gather};
pub use inventory::{
    Address, Gateway, GatewayKind, Instance, Inventory, LogGroup, Network, Place, Purchase, Recommendation,
};
pub use inventory::{Snapshot, State, Steady, Usage, Volume, VolumeKind};
pub use rate::{MONTH_HOURS, PriceSource, Rate, Rates, Sku};
pub use window::Window;

/// The tag that says whose something is.
const TEAM: &str = "team";

/// Days of quiet after which something counts as left behind, and what else is a matter of taste.
#[derive(Clone, Debug, PartialEq)]
pub struct Taste {
    /// Logs older than this are worth less than they cost.
    pub keep_logs_days: u32,
    /// A hot spot costs at least this much a month, in dollars.
    pub hot_spot: f64,
    /// A snapshot that only the bill knows is worth a look from so many dollars a month on.
    pub snapshot: f64,
    /// Hours a week that something not in production is needed.
    pub office_hours: f64,
}

impl Default for Taste {
    fn default() -> Taste {
        Taste {
            keep_logs_days: 90,
            hot_spot: 50.0,
            snapshot: 1.0,
            office_hours: 60.0,
        }
    }
}

/// Every finding of every rule, nothing yet counted once.
pub fn findings(inventory: &Inventory, rates: &Rates, taste: &Taste) -> Vec<Finding> {
    let mut found = Vec::new();
    for volume in &inventory.volumes {
        found.extend(stop::unattached_volume(volume, rates));
        found.extend(shift::newer_volume(volume, rates));
    }
    for instance in &inventory.instances {
        found.extend(stop::stopped_instance(instance, inventory, rates));
        found.extend(idle::idle_instance(instance));
        found.extend(idle::unvisited_instance(instance));
        found.extend(reduce::off_hours(instance, taste));
        found.extend(reduce::public_address(instance, rates));
        found.extend(rightsize::one_size_down(instance));
        found.extend(shift::current_generation(instance));
        found.extend(shift::graviton(instance));
        found.extend(shift::spot(instance));
    }
    found.extend(
        inventory
            .addresses
            .iter()
            .filter_map(|address| stop::unused_address(address, inventory, rates)),
    );
    found.extend(
        inventory
            .snapshots
            .iter()
            .filter_map(|snapshot| stop::orphan_snapshot(snapshot, rates)),
    );
    found.extend(
        inventory
            .gateways
            .iter()
            .filter_map(|gateway| stop::idle_gateway(gateway, rates)),
    );
    found.extend(
        inventory
            .log_groups
            .iter()
            .filter_map(|group| reduce::endless_logs(group, rates, taste)),
    );
    found.extend(inventory.recommendations.iter().map(rightsize::recommended));
    found.extend(
        inventory
            .usage
            .iter()
            .filter_map(|usage| hotspot::transfer(usage, inventory, taste)),
    );
    found.extend(inventory.steady.iter().filter_map(hotspot::savings_plan));
    found.extend(billed::findings(&inventory.billed, inventory, taste));
    let dues = due::Dues::of(&inventory.usage, &inventory.billed, &inventory.window);
    for finding in &mut found {
        let known = finding.billed_as.take();
        finding.billed_as = known.or_else(|| cell::billed_as(finding, inventory));
        finding.due = dues.of_finding(finding);
    }
    found
}

#[cfg(test)]
mod tests;
