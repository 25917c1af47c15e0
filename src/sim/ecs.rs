//! Elastic Container Service's JSON 1.1 interface, as far as getting into a container needs it: clusters, tasks and
//! ExecuteCommand, whose session is the agent's like any other. Facts: the ECS API reference, version 2014-11-13.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::agent::Start;
use super::call::Call;
use super::fleet::Task;
use super::refusal::Refusal;
use super::ssm;
use super::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListRequest {
    cluster: Option<String>,
    service_name: Option<String>,
    desired_status: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct DescribeRequest {
    cluster: Option<String>,
    #[serde(default)]
    tasks: Vec<String>,
}

#[derive(Deserialize)]
struct ExecuteRequest {
    cluster: Option<String>,
    task: String,
    container: Option<String>,
    command: String,
    interactive: bool,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let reply = match call.operation.as_str() {
        "ListClusters" => list_clusters(world, call, parse(call)?),
        "ListTasks" => list_tasks(world, call, parse(call)?),
        "DescribeTasks" => describe_tasks(world, call, parse(call)?),
        "ExecuteCommand" => execute(world, call, parse(call)?),
        other => {
            let message = format!("The simulator has no operation {other}");
            return Err(Refusal::new("UnknownOperationException", message));
        }
    };
    reply.map(|value| value.to_string())
}

fn parse<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// `cluster/NAME`, `task/CLUSTER/ID`: what follows `arn:aws:ecs:REGION:ACCOUNT:`.
fn arn(call: &Call<'_>, what: &str) -> String {
    format!("arn:aws:ecs:{}:{}:{what}", call.region, call.caller.account_id)
}

fn short(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}

fn tasks(world: &World, call: &Call<'_>) -> Vec<Task> {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    place.map(|place| place.tasks.clone()).unwrap_or_default()
}

fn clusters(world: &World, call: &Call<'_>) -> Vec<String> {
    let mut names: Vec<String> = tasks(world, call).into_iter().map(|task| task.cluster).collect();
    names.sort();
    names.dedup();
    names
}

/// The cluster that a request means; the default one where it names none.
fn cluster(world: &World, call: &Call<'_>, said: Option<&str>) -> Result<String, Refusal> {
    let wanted = short(said.unwrap_or("default"));
    let found = clusters(world, call).into_iter().find(|name| name == wanted);
    found.ok_or_else(|| Refusal::new("ClusterNotFoundException", "Cluster not found."))
}

fn paged(
    world: &World,
    fingerprint: &str,
    request: &ListRequest,
    field: &str,
    rows: &[String],
) -> Result<Value, Refusal> {
    let token = request.next_token.as_deref();
    let offset = world
        .pager
        .offset(fingerprint, token)
        .map_err(|_| Refusal::new("InvalidParameterException", "Invalid token."))?;
    let size = request.max_results.unwrap_or(100).clamp(1, 100);
    let mut reply = json!({ field: rows.iter().skip(offset).take(size).collect::<Vec<_>>() });
    if offset + size < rows.len() {
        reply["nextToken"] = world.pager.token(fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn list_clusters(world: &World, call: &Call<'_>, request: ListRequest) -> Result<Value, Refusal> {
    let rows: Vec<String> = clusters(world, call)
        .iter()
        .map(|name| arn(call, &format!("cluster/{name}")))
        .collect();
    paged(world, "ecs/clusters", &request, "clusterArns", &rows)
}

fn list_tasks(world: &World, call: &Call<'_>, request: ListRequest) -> Result<Value, Refusal> {
    let cluster = cluster(world, call, request.cluster.as_deref())?;
    let stopped = request.desired_status.as_deref() == Some("STOPPED");
    let rows: Vec<String> = tasks(world, call)
        .iter()
        .filter(|task| task.cluster == cluster && task.stopped == stopped)
        .filter(|task| {
            request
                .service_name
                .as_ref()
                .is_none_or(|name| *name == task.service)
        })
        .map(|task| arn(call, &format!("task/{cluster}/{}", task.id)))
        .collect();
    let fingerprint = format!("ecs/tasks/{cluster}/{stopped}/{:?}", request.service_name);
    paged(world, &fingerprint, &request, "taskArns", &rows)
}

fn describe_tasks(world: &World, call: &Call<'_>, request: DescribeRequest) -> Result<Value, Refusal> {
    let cluster = cluster(world, call, request.cluster.as_deref())?;
    let all = tasks(world, call);
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for wanted in &request.tasks {
        let known = all
            .iter()
            .find(|task| task.cluster == cluster && task.id == short(wanted));
        match known {
            Some(task) => found.push(describe(call, task)),
            None => {
                let arn = arn(call, &format!("task/{cluster}/{}", short(wanted)));
                missing.push(json!({ "arn": arn, "reason": "MISSING" }));
            }
        }
    }
    Ok(json!({ "tasks": found, "failures": missing }))
}

fn describe(call: &Call<'_>, task: &Task) -> Value {
    let status = if task.stopped { "STOPPED" } else { "RUNNING" };
    let task_arn = arn(call, &format!("task/{}/{}", task.cluster, task.id));
    let containers: Vec<Value> = task
        .containers
        .iter()
        .map(|(name, runtime)| {
            json!({
                "containerArn": arn(call, &format!("container/{}/{}/{runtime}", task.cluster, task.id)),
                "taskArn": task_arn, "name": name, "lastStatus": status, "runtimeId": runtime,
                "managedAgents": [{
                    "name": "ExecuteCommandAgent",
                    "lastStatus": if task.exec && !task.stopped { "RUNNING" } else { "STOPPED" },
                }],
            })
        })
        .collect();
    let tags: Vec<Value> = task
        .tags
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    json!({
        "taskArn": task_arn, "clusterArn": arn(call, &format!("cluster/{}", task.cluster)),
        "group": format!("service:{}", task.service), "lastStatus": status, "desiredStatus": status,
        "launchType": "FARGATE", "enableExecuteCommand": task.exec, "containers": containers, "tags": tags,
        "platformFamily": "Linux", "version": 3,
    })
}

/// The service of the task that `ecs:CLUSTER_TASK_RUNTIME` runs in, where sessions may be opened in it.
pub fn service_at(world: &World, call: &Call<'_>, target: &str) -> Option<String> {
    tasks(world, call)
        .into_iter()
        .filter(|task| task.exec && !task.stopped)
        .find(|task| {
            let name = |runtime: &str| format!("ecs:{}_{}_{runtime}", task.cluster, task.id);
            task.containers.iter().any(|(_, runtime)| name(runtime) == target)
        })
        .map(|task| task.service)
}

fn execute(world: &World, call: &Call<'_>, request: ExecuteRequest) -> Result<Value, Refusal> {
    let invalid = |says: String| Refusal::new("InvalidParameterException", says);
    let cluster = cluster(world, call, request.cluster.as_deref())?;
    let all = tasks(world, call);
    let task = all
        .iter()
        .find(|task| task.cluster == cluster && task.id == short(&request.task))
        .ok_or_else(|| invalid("The specified task was not found.".to_owned()))?;
    if !request.interactive {
        return Err(invalid(
            "Interactive is the only mode supported currently.".to_owned(),
        ));
    }
    if task.stopped || !task.exec {
        return Err(invalid(
            "The execute command failed because execute command was not enabled when the task was run or the execute \
             command agent isn't running. Wait and try again or run a new task with execute command enabled and try \
             again."
                .to_owned(),
        ));
    }
    let name = match (&request.container, task.containers.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [(only, _)]) => only.clone(),
        (None, _) => return Err(invalid("A container name is required for this task.".to_owned())),
    };
    let found = task.containers.iter().find(|(known, _)| *known == name);
    let (_, runtime) = found.ok_or_else(|| invalid(format!("No container {name} in the task.")))?;
    let start = Start {
        target: format!("ecs:{cluster}_{}_{runtime}", task.id),
        document: Some("AWS-StartInteractiveCommand".to_owned()),
        parameters: [("command".to_owned(), vec![request.command])].into(),
        owner: call.caller.arn.clone(),
        hostname: Some(format!("{}-{name}", task.service)),
        ..Start::default()
    };
    let opened = world
        .sessions
        .create(start)
        .map_err(|bad| invalid(bad.to_string()))?;
    world.remember_session(&opened.session_id, call.caller.account, &call.region);
    Ok(json!({
        "clusterArn": arn(call, &format!("cluster/{cluster}")),
        "taskArn": arn(call, &format!("task/{cluster}/{}", task.id)),
        "containerArn": arn(call, &format!("container/{cluster}/{}/{runtime}", task.id)),
        "containerName": name, "interactive": true,
        "session": {
            "sessionId": opened.session_id, "tokenValue": opened.token,
            "streamUrl": ssm::stream_url(world, &opened.session_id),
        },
    }))
}
