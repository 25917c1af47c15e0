//! Automations from outside: whole ones, on a clock that makes a document's minutes short.

use std::time::Duration;

use aws_sdk_ssm::types::{
    Alarm, AlarmConfiguration, AutomationExecution, AutomationExecutionFilter, AutomationExecutionFilterKey,
    AutomationExecutionStatus as Status, DocumentType, ExecutionMode, SignalType, StepExecution, StopType,
    Target,
};
use serde_json::json;

use super::*;

mod many;

const FAST: &str = "automation-step=1ms,automation-rate=200";

type Sdk = aws_sdk_ssm::Client;

fn fast() -> (Sim, Sdk) {
    let sim = start(FleetSpec::demo(), FAST);
    let client = systems_manager(&sim, 0, "us-east-1");
    (sim, client)
}

async fn look(client: &Sdk, id: &str) -> AutomationExecution {
    let reply = client
        .get_automation_execution()
        .automation_execution_id(id)
        .send()
        .await;
    reply.unwrap().automation_execution().unwrap().clone()
}

/// Asks until the execution is as wanted.
async fn until(client: &Sdk, id: &str, wanted: impl Fn(&AutomationExecution) -> bool) -> AutomationExecution {
    let asked = async {
        loop {
            let found = look(client, id).await;
            if wanted(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), asked).await {
        Ok(found) => found,
        Err(_) => panic!("{:#?}", look(client, id).await),
    }
}

async fn over(client: &Sdk, id: &str) -> AutomationExecution {
    until(client, id, |found| found.execution_end_time().is_some()).await
}

async fn waiting(client: &Sdk, id: &str) -> AutomationExecution {
    until(client, id, |found| {
        found.automation_execution_status() == Some(&Status::Waiting)
    })
    .await
}

fn step<'a>(of: &'a AutomationExecution, name: &str) -> &'a StepExecution {
    of.step_executions()
        .iter()
        .find(|step| step.step_name() == Some(name))
        .unwrap()
}

fn statuses(of: &AutomationExecution) -> Vec<(&str, &str)> {
    let steps = of.step_executions().iter();
    steps
        .map(|step| (step.step_name().unwrap(), step.step_status().unwrap().as_str()))
        .collect()
}

/// Starts a document of the demo.
async fn begin(client: &Sdk, name: &str, parameters: &[(&str, &str)]) -> String {
    let mut call = client.start_automation_execution().document_name(name);
    for (name, value) in parameters {
        call = call.parameters(*name, vec![(*value).to_owned()]);
    }
    call.send()
        .await
        .unwrap()
        .automation_execution_id()
        .unwrap()
        .to_owned()
}

/// Starts a document made of these steps.
async fn own(client: &Sdk, steps: Value) -> String {
    let name = format!("Mine-{}", uuid::Uuid::new_v4().simple());
    let content = json!({ "schemaVersion": "0.3", "mainSteps": steps }).to_string();
    let make = client
        .create_document()
        .name(&name)
        .content(content)
        .document_type(DocumentType::Automation);
    make.send().await.unwrap();
    let id = begin(client, &name, &[]).await;
    // Whatever becomes of its document, the execution goes on.
    client.delete_document().name(&name).send().await.unwrap();
    id
}

async fn signal(client: &Sdk, id: &str, word: SignalType, payload: &[(&str, &str)]) -> Result<(), String> {
    let mut call = client
        .send_automation_signal()
        .automation_execution_id(id)
        .signal_type(word);
    for (name, value) in payload {
        call = call.payload(*name, vec![(*value).to_owned()]);
    }
    use aws_sdk_ssm::error::ProvideErrorMetadata;
    call.send()
        .await
        .map(|_| ())
        .map_err(|error| error.code().unwrap_or_default().to_owned())
}

async fn online(client: &Sdk) -> Vec<String> {
    let nodes = client
        .describe_instance_information()
        .max_results(50)
        .send()
        .await
        .unwrap();
    let nodes = nodes.instance_information_list().iter();
    nodes
        .filter(|node| node.ping_status().map(|ping| ping.as_str()) == Some("Online"))
        .filter(|node| node.platform_type().map(|kind| kind.as_str()) == Some("Linux"))
        .map(|node| node.instance_id().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_instance_restarts_after_somebody_agreed() {
    let (_sim, client) = fast();
    let instance = online(&client).await.remove(0);
    let id = begin(&client, "Larkfield-RestartInstance", &[("InstanceId", &instance)]).await;
    let found = waiting(&client, &id).await;
    assert_eq!(found.current_step_name(), Some("agree"));
    assert_eq!(step(&found, "agree").step_status(), Some(&Status::Waiting));
    assert!(step(&found, "agree").inputs().unwrap()["Message"].contains("running"));
    assert_eq!(
        signal(&client, &id, SignalType::Resume, &[]).await,
        Err("InvalidAutomationSignalException".into())
    );
    signal(&client, &id, SignalType::Approve, &[("Comment", "go")])
        .await
        .unwrap();
    let found = over(&client, &id).await;
    assert_eq!(
        found.automation_execution_status(),
        Some(&Status::Success),
        "{:?}",
        statuses(&found)
    );
    assert_eq!(found.outputs().unwrap()["agree.ApprovalStatus"], ["Approved"]);
    assert_eq!(found.outputs().unwrap()["look.State"], ["running"]);
    assert!(step(&found, "agree").outputs().unwrap()["ApproverDecisions"][0].contains("go"));
    assert_eq!(
        signal(&client, &id, SignalType::Approve, &[]).await,
        Err("InvalidAutomationSignalException".into())
    );
}

#[tokio::test]
async fn who_rejects_ends_it_and_two_approvers_are_two() {
    let (_sim, client) = fast();
    let instance = online(&client).await.remove(0);
    let parameters = [("InstanceIds", instance.as_str()), ("Reason", "odd traffic")];
    let id = begin(&client, "Larkfield-QuarantineInstance", &parameters).await;
    waiting(&client, &id).await;
    signal(&client, &id, SignalType::Approve, &[]).await.unwrap();
    // The same person a second time is no second person.
    signal(&client, &id, SignalType::Approve, &[]).await.unwrap();
    assert_eq!(
        look(&client, &id).await.automation_execution_status(),
        Some(&Status::Waiting)
    );
    signal(&client, &id, SignalType::Revoke, &[]).await.unwrap();
    signal(&client, &id, SignalType::Reject, &[("Comment", "no")])
        .await
        .unwrap();
    let found = over(&client, &id).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Failed));
    assert!(found.failure_message().unwrap().contains("no"));
    assert_eq!(step(&found, "mark").step_status(), Some(&Status::Pending));
}

#[tokio::test]
async fn a_branch_leads_where_its_variable_says() {
    let (_sim, client) = fast();
    let instance = online(&client).await.remove(0);
    for (kind, ran) in [("none", "nothingToDo"), ("all", "patchAll")] {
        let parameters = [("InstanceId", instance.as_str()), ("Kind", kind)];
        let id = begin(&client, "Larkfield-PatchHost", &parameters).await;
        let found = over(&client, &id).await;
        assert_eq!(
            found.automation_execution_status(),
            Some(&Status::Success),
            "{:?}",
            statuses(&found)
        );
        assert_eq!(step(&found, ran).step_status(), Some(&Status::Success));
        assert_eq!(
            step(&found, "patchSecurity").step_status(),
            Some(&Status::Pending)
        );
        if kind == "all" {
            let output = &step(&found, "patchAll").outputs().unwrap()["Output"][0];
            assert!(output.starts_with("all updates on"), "{output}");
        }
    }
}

#[tokio::test]
async fn a_failure_leads_to_the_way_back() {
    let (_sim, client) = fast();
    let instance = online(&client).await.remove(0);
    let parameters = [("InstanceId", instance.as_str()), ("InstanceType", "z9.huge")];
    let id = begin(&client, "Larkfield-SnapshotThenResize", &parameters).await;
    let found = over(&client, &id).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Failed));
    assert_eq!(step(&found, "resize").step_status(), Some(&Status::Failed));
    let details = step(&found, "resize").failure_details().unwrap();
    assert_eq!(details.failure_stage(), Some("Invocation"));
    assert_eq!(step(&found, "startAgain").step_status(), Some(&Status::Success));
    assert_eq!(step(&found, "start").step_status(), Some(&Status::Pending));
    assert!(found.outputs().unwrap()["snapshot.SnapshotId"][0].starts_with("snap-"));
    let good = [("InstanceId", instance.as_str()), ("InstanceType", "m7g.xlarge")];
    let id = begin(&client, "Larkfield-SnapshotThenResize", &good).await;
    let found = over(&client, &id).await;
    assert_eq!(
        found.automation_execution_status(),
        Some(&Status::Success),
        "{:?}",
        statuses(&found)
    );
}

#[tokio::test]
async fn on_failure_and_critical_decide_how_it_ends() {
    let (_sim, client) = fast();
    let bad = |name: &str, more: Value| {
        let mut step = json!({ "name": name, "action": "aws:executeAwsApi", "inputs": { "Service": "ec2", "Api": "Nothing" } });
        for (member, value) in more.as_object().unwrap() {
            step[member] = value.clone();
        }
        step
    };
    let last = json!({ "name": "last", "action": "aws:sleep", "inputs": { "Duration": "PT1S" } });
    for (more, status, ran) in [
        (json!({ "onFailure": "Continue" }), Status::Success, true),
        (
            json!({ "onFailure": "Continue", "isCritical": true }),
            Status::Failed,
            true,
        ),
        (
            json!({ "onFailure": "step:last", "isCritical": "false" }),
            Status::Success,
            true,
        ),
        (json!({ "maxAttempts": 3 }), Status::Failed, false),
    ] {
        let id = own(&client, json!([bad("first", more.clone()), last])).await;
        let found = over(&client, &id).await;
        assert_eq!(found.automation_execution_status(), Some(&status), "{more}");
        assert_eq!(
            step(&found, "last").step_status() == Some(&Status::Success),
            ran,
            "{more}"
        );
    }
    let slow = json!([{ "name": "slow", "action": "aws:sleep", "timeoutSeconds": 2, "inputs": { "Duration": "PT5000S" } }]);
    let id = own(&client, slow).await;
    let found = over(&client, &id).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Timedout));
    let lost =
        json!([{ "name": "a", "action": "aws:sleep", "inputs": { "Duration": "{{ nobody.Knows }}" } }]);
    let id = own(&client, lost).await;
    assert!(
        over(&client, &id)
            .await
            .failure_message()
            .unwrap()
            .contains("nobody.Knows")
    );
}

#[tokio::test]
async fn a_cancel_takes_the_way_back_and_a_second_one_is_refused() {
    let (_sim, client) = fast();
    let steps = json!([
        { "name": "hold", "action": "aws:pause", "onCancel": "step:undo", "inputs": {} },
        { "name": "never", "action": "aws:sleep", "isEnd": true, "inputs": { "Duration": "PT1S" } },
        { "name": "undo", "action": "aws:sleep", "isEnd": true, "inputs": { "Duration": "PT1S" } },
    ]);
    let id = own(&client, steps.clone()).await;
    waiting(&client, &id).await;
    let stop = |id: &str, kind| {
        client
            .stop_automation_execution()
            .automation_execution_id(id)
            .r#type(kind)
            .send()
    };
    stop(&id, StopType::Cancel).await.unwrap();
    let found = over(&client, &id).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Cancelled));
    assert_eq!(
        statuses(&found),
        [("hold", "Cancelled"), ("never", "Pending"), ("undo", "Success")]
    );
    let again = stop(&id, StopType::Cancel)
        .await
        .unwrap_err()
        .into_service_error();
    assert!(again.is_invalid_automation_status_update_exception());
    let id = own(&client, steps).await;
    waiting(&client, &id).await;
    stop(&id, StopType::Complete).await.unwrap();
    signal(&client, &id, SignalType::Resume, &[]).await.unwrap();
    let found = over(&client, &id).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Success));
    assert_eq!(step(&found, "never").step_status(), Some(&Status::Pending));
}

#[tokio::test]
async fn interactive_mode_waits_before_every_step() {
    let (_sim, client) = fast();
    let instance = online(&client).await.remove(0);
    let id = client
        .start_automation_execution()
        .document_name("Larkfield-CollectEvidence")
        .parameters("InstanceId", vec![instance])
        .mode(ExecutionMode::Interactive)
        .send()
        .await
        .unwrap();
    let id = id.automation_execution_id().unwrap();
    for name in ["describe", "agent", "disks", "processes"] {
        let found = until(&client, id, |found| {
            found.automation_execution_status() == Some(&Status::Waiting)
                && found.current_step_name() == Some(name)
        })
        .await;
        assert_eq!(step(&found, name).step_status(), Some(&Status::Pending));
        assert_eq!(
            signal(&client, id, SignalType::StartStep, &[("StepName", "nobody")]).await,
            Err("AutomationStepNotFoundException".into())
        );
        signal(&client, id, SignalType::StartStep, &[("StepName", name)])
            .await
            .unwrap();
    }
    let found = over(&client, id).await;
    assert_eq!(
        found.automation_execution_status(),
        Some(&Status::Success),
        "{:?}",
        statuses(&found)
    );
    assert_eq!(found.mode(), Some(&ExecutionMode::Interactive));
}

#[tokio::test]
async fn a_step_that_runs_is_stopped_by_its_own_id() {
    let (_sim, client) = fast();
    let naps = json!({ "schemaVersion": "0.3", "mainSteps": [
        { "name": "nap", "action": "aws:pause", "inputs": {}, "onFailure": "Continue" },
        { "name": "last", "action": "aws:sleep", "inputs": { "Duration": "PT1S" } }] });
    let make = client
        .create_document()
        .name("Mine-Naps")
        .content(naps.to_string());
    make.document_type(DocumentType::Automation).send().await.unwrap();
    let begin = client.start_automation_execution().document_name("Mine-Naps");
    let begun = begin.mode(ExecutionMode::Interactive).send().await.unwrap();
    let id = begun.automation_execution_id().unwrap();
    let between = |name: &'static str| {
        move |found: &AutomationExecution| {
            let stands = step(found, name).step_status() == Some(&Status::Pending);
            stands && found.current_step_name() == Some(name)
        }
    };
    let found = until(&client, id, between("nap")).await;
    let unbegun = step(&found, "nap").step_execution_id().unwrap().to_owned();
    let stop = |id: String| {
        let client = &client;
        let execution = begun.automation_execution_id().unwrap();
        async move {
            signal(
                client,
                execution,
                SignalType::StopStep,
                &[("StepExecutionId", id.as_str())],
            )
            .await
        }
    };
    let refused = "InvalidAutomationSignalException".to_owned();
    assert_eq!(stop(unbegun).await, Err(refused.clone()));
    let nobody = "97fff367-fc5a-4299-aed8-0123456789ab".to_owned();
    assert_eq!(stop(nobody).await, Err("AutomationStepNotFoundException".into()));
    assert_eq!(
        signal(&client, id, SignalType::StopStep, &[]).await,
        Err(refused.clone())
    );
    assert_eq!(
        signal(&client, id, SignalType::Revoke, &[]).await,
        Err(refused.clone())
    );
    signal(&client, id, SignalType::StartStep, &[("StepName", "nap")])
        .await
        .unwrap();
    let found = until(&client, id, |found| {
        step(found, "nap").step_status() == Some(&Status::Waiting)
    })
    .await;
    let running = step(&found, "nap").step_execution_id().unwrap().to_owned();
    stop(running.clone()).await.unwrap();
    let found = until(&client, id, between("last")).await;
    assert_eq!(step(&found, "nap").step_status(), Some(&Status::Cancelled));
    assert_eq!(stop(running).await, Err(refused));
    signal(&client, id, SignalType::StartStep, &[("StepName", "last")])
        .await
        .unwrap();
    over(&client, id).await;
}

#[tokio::test]
async fn children_know_their_parent() {
    let (_sim, client) = fast();
    let hosts = online(&client).await;
    let parameters = [("First", hosts[0].as_str()), ("Second", hosts[1].as_str())];
    let id = begin(&client, "Larkfield-RollingRestart", &parameters).await;
    let found = over(&client, &id).await;
    assert_eq!(
        found.automation_execution_status(),
        Some(&Status::Success),
        "{:?}",
        found.failure_message()
    );
    let filter = AutomationExecutionFilter::builder()
        .key(AutomationExecutionFilterKey::ParentExecutionId)
        .values(&id)
        .build()
        .unwrap();
    let children = client
        .describe_automation_executions()
        .filters(filter)
        .send()
        .await
        .unwrap();
    let children = children.automation_execution_metadata_list();
    assert_eq!(children.len(), 2);
    assert!(
        children
            .iter()
            .all(|child| child.parent_automation_execution_id() == Some(id.as_str()))
    );
    let started = &step(&found, "bounceFirst").outputs().unwrap()["ExecutionId"][0];
    assert_eq!(children[1].automation_execution_id(), Some(started.as_str()));
}
