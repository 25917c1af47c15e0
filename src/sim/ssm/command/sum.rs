//! A whole command at a glance, for who sent it and waits, and its end with whoever waited.

use std::sync::Arc;

use super::order::State;
use crate::sim::account::Caller;
use crate::sim::world::World;

pub struct Sum {
    pub is_over: bool,
    pub status: &'static str,
    pub code: i32,
    pub output: String,
    pub nodes: usize,
    pub failed: usize,
}

pub fn sum(world: &World, account: usize, region: &str, id: &str) -> Option<Sum> {
    let order = world
        .orders
        .of(account, region)
        .into_iter()
        .find(|order| order.id == id)?;
    let all = order.invocations();
    let steps = || all.iter().flat_map(|each| &each.plugins);
    let outputs: Vec<&str> = steps()
        .map(|step| step.stdout.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    let failed = all
        .iter()
        .filter(|each| each.state.is_over() && each.state != State::Success);
    let is_over = all.iter().all(|each| each.state.is_over());
    let sum = Sum {
        is_over,
        status: "",
        code: match failed.clone().next().is_some() {
            true => steps()
                .map(|step| step.code)
                .find(|code| *code != 0)
                .unwrap_or(-1),
            false => 0,
        },
        output: super::drive::shown(outputs.join("\n").as_bytes(), super::drive::SHOWN),
        nodes: all.len(),
        failed: failed.count(),
    };
    drop(all);
    Some(Sum {
        status: order.state().status(),
        ..sum
    })
}

/// Cancels a command that nobody waits for any more.
pub struct CancelOnDrop {
    world: Arc<World>,
    account: usize,
    region: String,
    id: String,
}

impl CancelOnDrop {
    pub fn new(world: Arc<World>, caller: &Caller, region: &str, id: &str) -> CancelOnDrop {
        CancelOnDrop {
            world,
            account: caller.account,
            region: region.to_owned(),
            id: id.to_owned(),
        }
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let orders = self.world.orders.of(self.account, &self.region);
        for order in orders
            .iter()
            .filter(|order| order.id == self.id && !order.state().is_over())
        {
            order.cancel.send_replace(true);
        }
    }
}
