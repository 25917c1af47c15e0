//! `ecs:CLUSTER/TASK/CONTAINER`: a container of Amazon ECS as something to get into. The task may be named by the beginning
//! of its id, and the container left out where the task has one.

use futures_util::future::join_all;

use super::{Id, Node};
use crate::aws::{Cloud, ExecuteCommand, Failure, Place, Task};

/// A container that can be entered.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Stands for it wherever a node does: policy, recording, audit.
    pub node: Node,
    /// What runs in it is filled in by the caller.
    pub execute: ExecuteCommand,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Absent {
    /// The text names no container.
    Malformed,
    NotFound,
    /// Several places have such a task.
    Several(Vec<String>),
    /// It is there and cannot be entered: why, and what to do.
    Closed {
        says: String,
        hint: String,
    },
    /// These places did not answer.
    Silent(Vec<Failure>),
}

impl Absent {
    /// In one sentence, of what was typed.
    pub fn says(&self, target: &str) -> String {
        match self {
            Absent::Malformed => format!("{target} names no container"),
            Absent::NotFound => format!("no region has the task that {target} names"),
            Absent::Several(tasks) => format!("{target} is {} tasks: {}", tasks.len(), tasks.join(", ")),
            Absent::Closed { says, .. } => says.clone(),
            Absent::Silent(failures) => {
                let said: Vec<String> = failures.iter().map(ToString::to_string).collect();
                let said = said.join("; ");
                format!("{target} was not found, and not every region answered: {said}")
            }
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Absent::Malformed => {
                "write ecs:CLUSTER/TASK/CONTAINER; the container may be left out where the task has one"
            }
            Absent::NotFound => {
                "`aws ecs list-tasks --cluster NAME` shows tasks; check --profile and --region"
            }
            Absent::Several(_) => "give the whole id of the task, and --region",
            Absent::Closed { hint, .. } => hint,
            Absent::Silent(_) => "give the whole id of the task, or see that all regions answer",
        }
    }
}

/// Whether a target is meant to be a container.
pub fn is_container(target: &str) -> bool {
    target.starts_with("ecs:")
}

/// Asks every place at once.
pub async fn find_container(cloud: &Cloud, target: &str) -> Result<Container, Absent> {
    let (cluster, task, container) = parse(target).ok_or(Absent::Malformed)?;
    let places = cloud.places().await;
    let asked = places
        .found
        .iter()
        .map(|place| cloud.fetch_task(place, cluster, task));
    let (mut found, mut silent) = (Vec::new(), places.failed.clone());
    for (place, answer) in places.found.iter().zip(join_all(asked).await) {
        match answer {
            Ok(Some(task)) => found.push((place.clone(), task)),
            Ok(None) => {}
            Err(failure) => silent.push(failure),
        }
    }
    let is_whole = task.len() >= 32;
    match found.as_slice() {
        [_, _, ..] => Err(Absent::Several(
            found
                .iter()
                .map(|(place, task)| format!("{} {}", task.id, place.region))
                .collect(),
        )),
        [(place, task)] if is_whole || silent.is_empty() => {
            let account = match cloud.identity_at(place).await {
                Ok(identity) => identity.account,
                Err(_) => place.profile.clone(),
            };
            enter(place, account, task, container)
        }
        [] if silent.is_empty() => Err(Absent::NotFound),
        _ => Err(Absent::Silent(silent)),
    }
}

/// Cluster, task, and the container if it is named.
fn parse(target: &str) -> Option<(&str, &str, Option<&str>)> {
    let mut parts = target.strip_prefix("ecs:")?.splitn(3, '/');
    let (cluster, task) = (parts.next()?, parts.next()?);
    let container = parts.next();
    let whole = !cluster.is_empty() && !task.is_empty() && container != Some("");
    whole.then_some((cluster, task, container))
}

fn enter(place: &Place, account: String, task: &Task, wanted: Option<&str>) -> Result<Container, Absent> {
    let closed = |says: String, hint: &str| {
        Err(Absent::Closed {
            says,
            hint: hint.to_owned(),
        })
    };
    if task.status != "RUNNING" {
        let says = format!("task {} is {}, so nothing can be run in it", task.id, task.status);
        return closed(says, "name a task that runs: `aws ecs list-tasks` shows them");
    }
    if !task.exec {
        return closed(
            format!("ECS Exec is not enabled on task {}", task.id),
            "update the service with --enable-execute-command and --force-new-deployment; tasks from before stay closed",
        );
    }
    let names: Vec<&str> = task.containers.iter().map(|each| each.name.as_str()).collect();
    let chosen = match wanted {
        Some(name) => task.containers.iter().find(|each| each.name == name),
        None if names.len() == 1 => task.containers.first(),
        None => {
            let says = format!(
                "task {} has {} containers: {}",
                task.id,
                names.len(),
                names.join(", ")
            );
            return closed(says, "name one: ecs:CLUSTER/TASK/CONTAINER");
        }
    };
    let Some(chosen) = chosen else {
        let says = format!("task {} has no container {}", task.id, wanted.unwrap_or_default());
        return closed(says, &format!("it has {}", names.join(", ")));
    };
    let Some(runtime) = &chosen.runtime_id else {
        let says = format!("container {} has not started yet", chosen.name);
        return closed(says, "wait until the task runs");
    };
    if chosen.agent_runs == Some(false) {
        return closed(
            format!(
                "the agent that runs commands in container {} is not up",
                chosen.name
            ),
            "the task's role must allow ssmmessages, and its network must reach it",
        );
    }
    let mut node = Node {
        id: Id(format!("ecs:{}_{}_{runtime}", task.cluster, task.id)),
        name: format!("{}/{}", task.cluster, chosen.name),
        account,
        profile: place.profile.clone(),
        region: place.region.clone(),
        state: Some("running".into()),
        tags: task.tags.clone(),
        ..Node::default()
    };
    node.agent_known = true;
    Ok(Container {
        node: node.indexed(),
        execute: ExecuteCommand {
            cluster: task.cluster.clone(),
            task: task.id.clone(),
            container: chosen.name.clone(),
            command: String::new(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::TaskContainer;

    fn task(containers: &[&str]) -> Task {
        Task {
            cluster: "shop".into(),
            id: "0123".into(),
            status: "RUNNING".into(),
            exec: true,
            containers: containers
                .iter()
                .map(|name| TaskContainer {
                    name: (*name).into(),
                    runtime_id: Some("rt".into()),
                    agent_runs: Some(true),
                })
                .collect(),
            ..Task::default()
        }
    }

    fn place() -> Place {
        Place {
            profile: "p".into(),
            region: "eu-west-1".into(),
        }
    }

    fn closed(task: Task, wanted: Option<&str>) -> String {
        match enter(&place(), "1".into(), &task, wanted) {
            Err(Absent::Closed { says, .. }) => says,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_container_is_named_or_the_only_one() {
        assert_eq!(parse("ecs:shop/0123/app"), Some(("shop", "0123", Some("app"))));
        assert_eq!(parse("ecs:shop/0123"), Some(("shop", "0123", None)));
        for bad in ["ecs:shop", "ecs:/x/y", "ecs:shop/0123/", "i-0123"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let found = enter(&place(), "1".into(), &task(&["app"]), None).unwrap();
        assert_eq!(found.node.id.0, "ecs:shop_0123_rt");
        assert!(closed(task(&["app", "envoy"]), None).contains("app, envoy"));
        assert!(closed(task(&["app"]), Some("db")).contains("no container db"));
    }

    #[test]
    fn what_keeps_a_container_closed_is_told() {
        let stopped = Task {
            status: "STOPPED".into(),
            ..task(&["app"])
        };
        assert!(closed(stopped, None).contains("STOPPED"));
        let without = Task {
            exec: false,
            ..task(&["app"])
        };
        assert!(closed(without, None).contains("not enabled"));
        let mut silent = task(&["app"]);
        silent.containers[0].agent_runs = Some(false);
        assert!(closed(silent, None).contains("not up"));
    }
}
