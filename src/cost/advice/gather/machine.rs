//! Instances as the rules see them: what the fleet knows, at the price of the bill, and when we were last there.

use super::super::bill::Bill;
use super::super::inventory::{Instance, Place, Purchase, State};
use super::visit::Visits;
use super::{Ask, TEAM};
use crate::fleet::{Node, Policy};

/// What is needed to judge them.
pub struct Machines<'a> {
    pub policy: &'a Policy,
    pub bill: &'a Bill,
    pub visits: &'a Visits,
}

impl Machines<'_> {
    pub fn instance(&self, ask: &Ask<'_>, node: &Node) -> Instance {
        let place = Place {
            account: node.account.clone(),
            region: node.region.clone(),
        };
        let id = node.id.0.clone();
        let instance_type = node.instance_type.clone().unwrap_or_default();
        let state = match node.state.as_deref() {
            Some("running") => State::Running,
            Some("stopped") => State::Stopped,
            _ => State::Other,
        };
        Instance {
            name: Some(node.name.clone()).filter(|name| !name.is_empty()),
            team: node.tags.get(TEAM).cloned(),
            state,
            state_for_days: match state {
                State::Stopped => ask.days_since(node.stopped_at),
                _ => None,
            },
            age_days: ask.days_since(node.launched_at),
            production: self.policy.is_production(node),
            linux: !node.platform.to_lowercase().contains("windows"),
            in_scaling_group: node.tags.contains_key("aws:autoscaling:groupName"),
            purchase: if node.spot {
                Purchase::Spot
            } else {
                Purchase::OnDemand
            },
            public_ip: node.public_ip.is_some(),
            online: node.is_online(),
            hourly: self.bill.hourly(&place, &id, &instance_type, node.spot),
            ran: 1.0,
            covered: self.bill.covered(&place, &instance_type),
            cpu_max: None,
            cpu_p95: None,
            memory_known: false,
            network_max: None,
            visited_before_days: self.visits.days_before(&id, ask.now),
            records_for_days: self.visits.records_for_days(ask.now),
            instance_type,
            id,
            place,
        }
    }
}
