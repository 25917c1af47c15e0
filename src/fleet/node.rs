//! A node: one machine as the on-call engineer sees it, whichever service knows it.
//! Its text for searching is lowered once, when the node is made, never per keystroke.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::aws::{Instance, ManagedNode, Place};

/// `i-…` or `mi-…`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub String);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who runs the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Ec2,
    /// Registered with Systems Manager by hand: on premises or in another cloud.
    Managed,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: Id,
    /// The Name tag, else what the agent calls itself.
    pub name: String,
    pub account: String,
    pub profile: String,
    pub region: String,
    pub zone: Option<String>,
    /// EC2's word; `None` for a machine outside EC2, or when EC2 did not answer.
    pub state: Option<String>,
    pub instance_type: Option<String>,
    pub platform: String,
    pub private_ip: Option<String>,
    pub public_ip: Option<String>,
    /// `Online`, `ConnectionLost`, `Inactive`; `None` without an agent.
    pub ping: Option<String>,
    /// Whether Systems Manager has answered: before that `ping` means nothing.
    pub agent_known: bool,
    pub agent_version: Option<String>,
    pub pinged_at: Option<Timestamp>,
    /// Launched, or registered for a machine outside EC2.
    pub launched_at: Option<Timestamp>,
    /// Since when an instance that is stopped is so, if EC2 says it.
    pub stopped_at: Option<Timestamp>,
    /// Bought at the spot price.
    #[serde(default)]
    pub spot: bool,
    pub image: Option<String>,
    pub vpc: Option<String>,
    pub subnet: Option<String>,
    pub role: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub kind: Kind,
    /// Lower-cased searchable text, one field a line.
    #[serde(skip)]
    pub(super) haystack: String,
}

/// What the audit log calls it.
impl From<&Node> for audit::Target {
    fn from(node: &Node) -> audit::Target {
        audit::Target {
            account: Some(node.account.clone()),
            region: Some(node.region.clone()),
            id: Some(node.id.to_string()),
            name: Some(node.name.clone()),
            tags: audit::tags(&node.tags),
            ..audit::Target::default()
        }
    }
}

impl Node {
    pub fn from_instance(instance: Instance, place: &Place, account: &str) -> Node {
        Node {
            id: Id(instance.id),
            name: instance.tags.get("Name").cloned().unwrap_or_default(),
            account: instance.account.unwrap_or_else(|| account.to_owned()),
            profile: place.profile.clone(),
            region: place.region.clone(),
            zone: instance.zone,
            state: Some(instance.state),
            instance_type: Some(instance.instance_type),
            platform: instance.platform,
            private_ip: instance.private_ip,
            public_ip: instance.public_ip,
            launched_at: instance.launched_at,
            stopped_at: instance.stopped_at,
            spot: instance.spot,
            image: instance.image,
            vpc: instance.vpc,
            subnet: instance.subnet,
            role: instance.role,
            tags: instance.tags,
            kind: Kind::Ec2,
            ..Node::default()
        }
        .indexed()
    }

    /// A node that only Systems Manager knows.
    pub fn from_managed(managed: &ManagedNode, place: &Place, account: &str) -> Node {
        let kind = if managed.id.starts_with("mi-") {
            Kind::Managed
        } else {
            Kind::Ec2
        };
        let mut node = Node {
            id: Id(managed.id.clone()),
            name: managed
                .name
                .clone()
                .or_else(|| managed.host_name.clone())
                .unwrap_or_default(),
            account: account.to_owned(),
            profile: place.profile.clone(),
            region: place.region.clone(),
            private_ip: managed.ip.clone(),
            launched_at: managed.registered_at,
            kind,
            ..Node::default()
        };
        node.join(managed);
        node
    }

    /// Adds what the agent told Systems Manager.
    pub fn join(&mut self, managed: &ManagedNode) {
        self.ping = Some(managed.ping.clone());
        self.agent_known = true;
        self.agent_version.clone_from(&managed.agent_version);
        self.pinged_at = managed.pinged_at;
        if !managed.platform.is_empty() {
            self.platform.clone_from(&managed.platform);
        }
        self.index();
    }

    /// Whether a session could be opened now.
    pub fn is_online(&self) -> bool {
        self.ping.as_deref() == Some("Online")
    }

    /// Whether its shell is PowerShell.
    pub fn is_windows(&self) -> bool {
        self.platform.to_lowercase().contains("windows")
    }

    pub fn is_terminated(&self) -> bool {
        matches!(self.state.as_deref(), Some("terminated" | "shutting-down"))
    }

    /// The node with its searchable text made anew; needed after a field was changed by hand.
    pub fn indexed(mut self) -> Node {
        self.index();
        self
    }

    fn index(&mut self) {
        let mut text = format!("{}\n{}", self.name, self.id);
        for part in [&self.private_ip, &self.public_ip].into_iter().flatten() {
            text.push('\n');
            text.push_str(part);
        }
        for (key, value) in &self.tags {
            text.push('\n');
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        self.haystack = text.to_lowercase();
    }
}
