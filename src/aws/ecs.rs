//! Containers of Elastic Container Service: tasks as far as getting in needs them, and ExecuteCommand, whose answer is a
//! ticket like StartSession's.

use std::collections::BTreeMap;

use super::{Cloud, Failure, Place, Why};
use crate::ssm::Ticket;

/// A task and its containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    pub cluster: String,
    /// Without the ARN around it.
    pub id: String,
    /// `RUNNING`, `STOPPED`…
    pub status: String,
    /// Whether it was started with ECS Exec.
    pub exec: bool,
    pub containers: Vec<TaskContainer>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskContainer {
    pub name: String,
    /// Absent until it runs.
    pub runtime_id: Option<String>,
    /// Whether the agent that runs commands in it answers; unknown where ECS does not say.
    pub agent_runs: Option<bool>,
}

/// One container to run a command in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecuteCommand {
    pub cluster: String,
    pub task: String,
    pub container: String,
    pub command: String,
}

impl Cloud {
    /// A task by its short id or its beginning; `None` where the place has no such cluster or task.
    pub async fn fetch_task(
        &self,
        place: &Place,
        cluster: &str,
        task: &str,
    ) -> Result<Option<Task>, Failure> {
        let at = self.at(place, "ecs", "DescribeTasks").await;
        let client = self.clients(place).await.ecs;
        let id = if task.len() < 32 {
            match self.whole_id(place, cluster, task).await? {
                Some(id) => id,
                None => return Ok(None),
            }
        } else {
            task.to_owned()
        };
        let call = client
            .describe_tasks()
            .cluster(cluster)
            .tasks(id)
            .include(aws_sdk_ecs::types::TaskField::Tags)
            .send();
        let answer = match self.call(&at, call).await {
            Err(failure) if is_no_cluster(&failure) => return Ok(None),
            answer => answer?,
        };
        let found = answer.tasks.unwrap_or_default().into_iter().next();
        Ok(found.map(|found| task_from(cluster, found)))
    }

    /// The task whose id begins so, if it is the only one.
    async fn whole_id(&self, place: &Place, cluster: &str, begin: &str) -> Result<Option<String>, Failure> {
        let at = self.at(place, "ecs", "ListTasks").await;
        let client = self.clients(place).await.ecs;
        let mut token = None;
        let mut found = Vec::new();
        loop {
            let call = client.list_tasks().cluster(cluster).set_next_token(token).send();
            let answer = match self.call(&at, call).await {
                Err(failure) if is_no_cluster(&failure) => return Ok(None),
                answer => answer?,
            };
            let ids = answer.task_arns.unwrap_or_default();
            found.extend(ids.iter().map(|arn| last(arn)).filter(|id| id.starts_with(begin)));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        match found.as_slice() {
            [_, _, ..] => {
                let says = format!("{} tasks of {cluster} begin with {begin}", found.len());
                Err(Failure::refused(&at, &says, "give more of the task's id"))
            }
            _ => Ok(found.pop()),
        }
    }

    /// Runs a command on a terminal in a container; the ticket is what the data channel needs.
    pub async fn execute_command(&self, place: &Place, execute: ExecuteCommand) -> Result<Ticket, Failure> {
        let at = self.at(place, "ecs", "ExecuteCommand").await;
        let call = self
            .clients(place)
            .await
            .ecs
            .execute_command()
            .cluster(execute.cluster)
            .task(execute.task)
            .container(execute.container)
            .command(execute.command)
            .interactive(true)
            .send();
        let session = self.call(&at, call).await?.session;
        let parts = session.map(|session| (session.session_id, session.token_value, session.stream_url));
        match parts {
            Some((Some(session_id), Some(token), Some(stream_url))) => Ok(Ticket {
                session_id,
                token,
                stream_url,
            }),
            _ => Err(Failure::faulty(&at, "a session without a token or an address")),
        }
    }
}

fn is_no_cluster(failure: &Failure) -> bool {
    failure.why == Why::Refused && failure.cause.contains("ClusterNotFoundException")
}

fn last(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

fn task_from(cluster: &str, task: aws_sdk_ecs::types::Task) -> Task {
    let containers = task.containers.unwrap_or_default().into_iter().map(|container| {
        let agents = container.managed_agents.unwrap_or_default();
        TaskContainer {
            name: container.name.unwrap_or_default(),
            runtime_id: container.runtime_id,
            agent_runs: agents
                .first()
                .map(|agent| agent.last_status.as_deref() == Some("RUNNING")),
        }
    });
    let tags = task.tags.unwrap_or_default().into_iter();
    Task {
        cluster: last(cluster),
        id: last(&task.task_arn.unwrap_or_default()),
        status: task.last_status.unwrap_or_default(),
        exec: task.enable_execute_command,
        containers: containers.collect(),
        tags: tags
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
    }
}
