//! The keys a filter may name, and the values a node has for them.

use std::fmt;

use crate::fleet::{Kind, Node};

#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    Name,
    Id,
    State,
    Region,
    Zone,
    Type,
    Platform,
    Ip,
    Account,
    Profile,
    Ping,
    Agent,
    Age,
    Kind,
    Env,
    Tag(String),
}

/// Names of the keys, as they are written.
const NAMES: [(&str, Key); 15] = [
    ("name", Key::Name),
    ("id", Key::Id),
    ("state", Key::State),
    ("region", Key::Region),
    ("zone", Key::Zone),
    ("type", Key::Type),
    ("platform", Key::Platform),
    ("ip", Key::Ip),
    ("account", Key::Account),
    ("profile", Key::Profile),
    ("ping", Key::Ping),
    ("agent", Key::Agent),
    ("age", Key::Age),
    ("kind", Key::Kind),
    ("env", Key::Env),
];

impl Key {
    pub fn named(name: &str) -> Option<Key> {
        NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, key)| key.clone())
    }

    /// For messages: every key there is.
    pub fn allowed() -> String {
        NAMES
            .iter()
            .map(|(name, _)| *name)
            .chain(["tag.KEY"])
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What a node has under this key; nothing where it has none. An age is no text and is compared apart.
    pub fn values<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a str> {
        let two: [Option<&str>; 2] = match self {
            Key::Name => [Some(&node.name), None],
            Key::Id => [Some(&node.id.0), None],
            Key::State => [node.state.as_deref(), None],
            Key::Region => [Some(&node.region), None],
            Key::Zone => [node.zone.as_deref(), None],
            Key::Type => [node.instance_type.as_deref(), None],
            Key::Platform => [Some(&node.platform), None],
            Key::Ip => [node.private_ip.as_deref(), node.public_ip.as_deref()],
            Key::Account => [Some(&node.account), None],
            Key::Profile => [Some(&node.profile), None],
            // Without an agent the ping is "none", so that `ping:none` can ask for it.
            Key::Ping => [node.ping.as_deref().or(node.agent_known.then_some("none")), None],
            Key::Agent => [node.agent_version.as_deref(), None],
            Key::Age => [None, None],
            Key::Kind => [Some(if node.kind == Kind::Ec2 { "ec2" } else { "managed" }), None],
            Key::Env => [tag(node, "env"), tag(node, "environment")],
            Key::Tag(name) => [
                node.tags
                    .get(name)
                    .map(String::as_str)
                    .or_else(|| tag(node, name)),
                None,
            ],
        };
        two.into_iter().flatten()
    }
}

/// A tag by its key, whatever the case.
fn tag<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.tags
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Tag(name) => write!(f, "tag.{}", super::parse::quoted(name)),
            key => f.write_str(
                NAMES
                    .iter()
                    .find(|(_, known)| known == key)
                    .map_or("", |(name, _)| name),
            ),
        }
    }
}
