//! What AWS-RunPatchBaseline did to a node, as its commands of this run have it.

use jiff::Timestamp;

use super::order::State;
use crate::sim::call::Call;
use crate::sim::world::World;

pub const DOCUMENT: &str = "AWS-RunPatchBaseline";

/// One that ended well.
pub struct Patched {
    /// `Scan` or `Install`.
    pub operation: String,
    /// `RebootIfNeeded` or `NoReboot`.
    pub reboot: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

/// Newest first.
pub fn patched(world: &World, call: &Call<'_>, node: &str) -> Vec<Patched> {
    let orders = world.orders.of(call.caller.account, &call.region);
    let of_one = orders.iter().filter(|order| order.document == DOCUMENT);
    let done = of_one.filter_map(|order| {
        let all = order.invocations();
        let good = all
            .iter()
            .find(|each| each.node == node && each.state == State::Success)?;
        let given = |name: &str, usual: &str| {
            let said = order.parameters[name][0].as_str();
            said.unwrap_or(usual).to_owned()
        };
        Some(Patched {
            operation: given("Operation", "Scan"),
            reboot: given("RebootOption", "RebootIfNeeded"),
            started_at: good.started_at?,
            ended_at: good.ended_at?,
        })
    });
    done.collect()
}
