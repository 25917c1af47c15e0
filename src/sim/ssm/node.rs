//! Managed nodes: what Systems Manager knows of the instances that have an agent, and of hybrid machines.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::sim::fleet::{Agent, Place, Platform};

/// A node as Systems Manager sees it.
pub struct Node<'a> {
    pub id: &'a str,
    pub tags: &'a BTreeMap<String, String>,
    pub platform: Platform,
    pub ip: &'a str,
    pub computer: String,
    pub agent: &'a Agent,
    /// `Online` or `ConnectionLost`.
    pub ping: &'static str,
    pub hybrid: Option<Registration<'a>>,
}

/// What only a hybrid node has.
#[derive(Clone, Copy)]
pub struct Registration<'a> {
    pub activation_id: &'a str,
    pub registered_at: Timestamp,
    pub name: &'a str,
}

/// The nodes of a place; an instance without an agent, or a terminated one, is none.
pub fn all(place: &Place, now: Timestamp) -> impl Iterator<Item = Node<'_>> {
    let instances = place.instances.iter().filter_map(move |instance| {
        let terminated = instance.power.state(now).1 == "terminated";
        let agent = instance.agent.as_ref().filter(|_| !terminated)?;
        Some(Node {
            id: &instance.id,
            tags: &instance.tags,
            platform: instance.platform,
            ip: &instance.private_ip,
            computer: instance.private_dns_name(),
            agent,
            ping: agent.ping(instance.power.is_running(now)),
            hybrid: None,
        })
    });
    let hybrids = place.hybrids.iter().map(|hybrid| Node {
        id: &hybrid.id,
        tags: &hybrid.tags,
        platform: hybrid.platform,
        ip: &hybrid.private_ip,
        computer: format!("{}.store.internal", hybrid.name),
        agent: &hybrid.agent,
        ping: hybrid.agent.ping(true),
        hybrid: Some(Registration {
            activation_id: &hybrid.activation_id,
            registered_at: hybrid.registered_at,
            name: &hybrid.name,
        }),
    });
    instances.chain(hybrids)
}
