//! Where a run goes: here, or machines of the fleet with what policy demands of a session on each.

use std::sync::Arc;

use serde_json::Map;

use super::record::Machine;
use crate::audit;
use crate::aws::Cloud;
use crate::fleet::{Filter, Node};
use crate::recording::{Mode, Recipients};
use crate::runbook::fill::{Values, prefilled};
use crate::runbook::manifest;
use crate::runbook::plan::Step;

/// The name of this machine among targets.
pub const LOCAL: &str = "local";
/// Where documents are started: an account and region.
pub const AWS: &str = "aws";

/// A place where steps run.
#[derive(Clone)]
pub struct Target {
    pub machine: Machine,
    /// `None` is here.
    pub far: Option<Arc<Far>>,
}

/// What a session there needs.
pub struct Far {
    pub cloud: Cloud,
    pub node: Node,
    pub mode: Mode,
    pub recipients: Recipients,
    pub document: Option<String>,
}

impl Target {
    pub fn local() -> Target {
        Target {
            machine: Machine {
                id: LOCAL.into(),
                name: LOCAL.into(),
                account: None,
                region: None,
                production: false,
                tags: Map::new(),
            },
            far: None,
        }
    }

    pub fn far(far: Far, production: bool) -> Target {
        let node = &far.node;
        Target {
            machine: Machine {
                id: node.id.to_string(),
                name: node.name.clone(),
                account: Some(node.account.clone()),
                region: Some(node.region.clone()),
                production,
                tags: audit::tags(&node.tags),
            },
            far: Some(Arc::new(far)),
        }
    }

    /// The name, or the id of a nameless one.
    pub fn label(&self) -> &str {
        if self.machine.name.is_empty() {
            &self.machine.id
        } else {
            &self.machine.name
        }
    }

    /// Systems Manager as a place of its own: as much production as the machines of the run. Where there are none, nothing
    /// says that it is not.
    pub fn aws(document: &str, machines: &[Target]) -> Target {
        let far = || machines.iter().filter(|target| target.far.is_some());
        Target {
            machine: Machine {
                id: AWS.into(),
                name: document.into(),
                account: None,
                region: far().next().and_then(|target| target.machine.region.clone()),
                production: far().next().is_none() || far().any(|target| target.machine.production),
                tags: Map::new(),
            },
            far: None,
        }
    }

    /// Why a step cannot run there: a shell's commands need a shell, PowerShell's a Windows machine.
    pub fn obstacle(&self, step: &Step) -> Option<String> {
        step.block()?;
        let is_windows = self.far.as_ref().map(|far| far.node.is_windows());
        match (step.is_powershell(), is_windows) {
            (true, None) => {
                Some("it is for PowerShell, on Windows machines of the fleet: choose them with --on".into())
            }
            (true, Some(false)) => Some(format!(
                "it is for PowerShell, and {} is no Windows machine",
                self.label()
            )),
            (false, Some(true)) => Some(format!(
                "it is for a shell, and {} runs Windows: a block marked powershell runs there",
                self.label()
            )),
            _ => None,
        }
    }

    /// Whether policy wants everything there on record, or not done.
    pub fn is_strict(&self) -> bool {
        self.far.as_ref().is_some_and(|far| far.mode == Mode::Strict)
    }

    /// The same of a step that runs here: it is about the only machine of the run.
    pub fn facts_among(&self, machines: &[Target]) -> Values {
        match machines {
            [only] if self.far.is_none() => only.facts(),
            _ => self.facts(),
        }
    }

    /// What is known of it without asking, by the names that placeholders have.
    pub fn facts(&self) -> Values {
        let Some(far) = &self.far else {
            return Values::new();
        };
        facts(&far.node)
    }
}

/// Fields of a node under the names that placeholders give them, and under `target.…`.
pub fn facts(node: &Node) -> Values {
    let fields = [
        ("id", node.id.0.as_str()),
        ("name", &node.name),
        ("region", &node.region),
        ("account", &node.account),
        ("private_ip", node.private_ip.as_deref().unwrap_or_default()),
        ("type", node.instance_type.as_deref().unwrap_or_default()),
        ("zone", node.zone.as_deref().unwrap_or_default()),
    ];
    let mut facts = prefilled(fields);
    for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        facts.insert(format!("target.{field}"), value.to_owned());
    }
    facts.insert("target.instance_id".into(), node.id.0.clone());
    facts.insert("target.profile".into(), node.profile.clone());
    for (key, value) in &node.tags {
        facts.insert(
            format!("target.tag_{}", crate::runbook::placeholder::name(key)),
            value.clone(),
        );
    }
    facts
}

/// Why a page's target names nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("target {name} needs a value for {variable}")]
    Unset { name: String, variable: String },
    #[error("no machine is {0}")]
    Nobody(String),
    #[error("target {name} is {found} machines, more than its `max` of {most}")]
    TooMany { name: String, found: usize, most: usize },
}

impl BadTarget {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            BadTarget::Unset { variable, .. } => format!("--set {variable}=VALUE gives it one"),
            BadTarget::Nobody(name) => {
                format!("see `tag` and `filter` of targets.{name} in the page; `qd fleet ls` lists machines")
            }
            BadTarget::TooMany { name, .. } => {
                format!("the page says so: narrow `filter` of targets.{name}, or raise its `max`")
            }
        }
    }
}

/// The machines that a page's target names.
pub fn choose(
    name: &str,
    wanted: &manifest::Target,
    values: &Values,
    nodes: &[Node],
) -> Result<Vec<Node>, BadTarget> {
    let mut tags = Vec::new();
    for (key, value) in &wanted.tag {
        tags.push((key, expand(name, &value.0, values)?));
    }
    let filter = match &wanted.filter {
        Some(text) => Filter::parse(&expand(name, text, values)?).ok(),
        None => None,
    };
    let is = |said: &Option<String>, got: Option<&str>| {
        said.as_ref()
            .is_none_or(|said| got.is_some_and(|got| got.eq_ignore_ascii_case(said)))
    };
    let fits = |node: &&Node| {
        !node.is_terminated()
            && tags.iter().all(|(key, value)| node.tags.get(*key) == Some(value))
            && (wanted.filter.is_none() || filter.as_ref().is_some_and(|filter| filter.matches(node)))
            && is(&wanted.state, node.state.as_deref())
            && is(&wanted.ping, node.ping.as_deref())
    };
    let found: Vec<Node> = nodes.iter().filter(fits).cloned().collect();
    match (found.len(), wanted.max) {
        (0, _) => Err(BadTarget::Nobody(name.to_owned())),
        (found, Some(most)) if found > most => Err(BadTarget::TooMany {
            name: name.to_owned(),
            found,
            most,
        }),
        _ => Ok(found),
    }
}

/// `{{name}}` in a condition. These are compared, never run.
fn expand(target: &str, text: &str, values: &Values) -> Result<String, BadTarget> {
    let mut expanded = text.to_owned();
    for found in crate::runbook::placeholder::written(text).into_iter().rev() {
        let value = values.get(&found.name).ok_or_else(|| BadTarget::Unset {
            name: target.to_owned(),
            variable: found.name.clone(),
        })?;
        expanded.replace_range(found.at, value);
    }
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, env: &str) -> Node {
        let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut node = Node::default();
        node.id = crate::fleet::Id(id.into());
        node.tags = [tag("Role", "web"), tag("Env", env)].into();
        node.state = Some("running".into());
        node.ping = Some("Online".into());
        node
    }

    #[test]
    fn a_page_s_target_is_chosen_by_every_condition_and_never_beyond_its_limit() {
        let page = "---\ntargets:\n  web: {tag: {Role: web, Env: '{{env}}'}, ping: online, max: 1}\n---\n";
        let manifest = crate::runbook::Manifest::parse(page).unwrap();
        let wanted = &manifest.targets["web"];
        let nodes = [node("i-1", "prod"), node("i-2", "stage"), node("i-3", "stage")];
        let env = |value: &str| Values::from([("env".to_owned(), value.to_owned())]);
        let ids = choose("web", wanted, &env("prod"), &nodes).map(|nodes| nodes[0].id.to_string());
        assert_eq!(ids.as_deref(), Ok("i-1"));
        assert!(matches!(
            choose("web", wanted, &env("stage"), &nodes),
            Err(BadTarget::TooMany { found: 2, .. })
        ));
        assert!(matches!(
            choose("web", wanted, &Values::new(), &nodes),
            Err(BadTarget::Unset { .. })
        ));
        assert!(matches!(
            choose("web", wanted, &env("x"), &nodes),
            Err(BadTarget::Nobody(_))
        ));
    }
}
