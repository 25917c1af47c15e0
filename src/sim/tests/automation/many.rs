//! Many executions: targets, other accounts and regions, alarms, tokens, previews, pages, and what is refused.

use super::*;

#[tokio::test]
async fn targets_become_executions_of_their_own() {
    let (_sim, client) = fast();
    let hosts = online(&client).await;
    let ask = |values: Vec<String>| {
        client
            .start_automation_execution()
            .document_name("Larkfield-BounceHost")
            .target_parameter_name("InstanceId")
            .targets(
                Target::builder()
                    .key("ParameterValues")
                    .set_values(Some(values))
                    .build(),
            )
            .max_concurrency("2")
            .max_errors("100%")
            .send()
    };
    let targets = vec![
        hosts[0].clone(),
        hosts[1].clone(),
        "i-00000000000000000".to_owned(),
    ];
    let id = ask(targets.clone()).await.unwrap();
    let id = id.automation_execution_id().unwrap();
    let found = over(&client, id).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Failed));
    let counters = found.progress_counters().unwrap();
    assert_eq!(
        (
            counters.total_steps(),
            counters.success_steps(),
            counters.failed_steps()
        ),
        (3, 2, 1)
    );
    assert_eq!(found.resolved_targets().unwrap().parameter_values(), targets);
    let raw = client
        .start_automation_execution()
        .document_name("Larkfield-BounceHost");
    let tagless = raw
        .target_parameter_name("InstanceId")
        .targets(Target::builder().key("colour").values("red").build());
    assert!(
        tagless
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_invalid_target()
    );
}

#[tokio::test]
async fn locations_run_in_other_accounts_and_regions() {
    let (sim, client) = fast();
    let accounts: Vec<String> = sim.accounts().iter().map(|account| account.id.clone()).collect();
    let content = json!({ "schemaVersion": "0.3", "mainSteps": [
        { "name": "who", "action": "aws:executeAwsApi", "inputs": { "Service": "sts", "Api": "GetCallerIdentity" },
          "outputs": [{ "Name": "Account", "Selector": "$.Account", "Type": "String" }] }], "outputs": ["who.Account"] });
    let make = client
        .create_document()
        .name("Mine-Who")
        .content(content.to_string());
    make.document_type(DocumentType::Automation).send().await.unwrap();
    let raw = Client::new(&sim, 0, "us-east-1");
    let body = json!({ "DocumentName": "Mine-Who", "MaxErrors": "100%", "MaxConcurrency": "10",
        "TargetLocations": [{ "Accounts": accounts, "Regions": ["eu-west-1"] }, { "Accounts": ["999999999999"], "Regions": ["eu-west-1"] }] });
    let started = raw.ssm("StartAutomationExecution", body).await.json();
    let found = over(&client, started["AutomationExecutionId"].as_str().unwrap()).await;
    let ended: Vec<&str> = statuses(&found).into_iter().map(|(_, status)| status).collect();
    assert_eq!(ended, ["Success", "Success", "Failed"]);
    let other = systems_manager(&sim, 1, "eu-west-1");
    let there = other.describe_automation_executions().send().await.unwrap();
    let outputs = there.automation_execution_metadata_list()[0].outputs().unwrap();
    assert_eq!(outputs["who.Account"], [accounts[1].clone()]);
}

#[tokio::test]
async fn an_alarm_that_burns_stops_what_named_it() {
    let (_sim, client) = fast();
    let alarms = AlarmConfiguration::builder()
        .alarms(Alarm::builder().name("payments-alb-5xx").build().unwrap())
        .build()
        .unwrap();
    let id = client
        .start_automation_execution()
        .document_name("Larkfield-NightlyStop")
        .parameters("InstanceId", vec![online(&client).await.remove(0)])
        .alarm_configuration(alarms)
        .send()
        .await
        .unwrap();
    let found = over(&client, id.automation_execution_id().unwrap()).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Cancelled));
    assert_eq!(found.triggered_alarms()[0].name(), "payments-alb-5xx");
    assert!(statuses(&found).iter().all(|(_, status)| *status == "Pending"));
}

/// How an automation ends that sleeps in places like these.
async fn placed(sim: &Sim, client: &Sdk, location: Value, more: Value) -> AutomationExecution {
    let raw = Client::new(sim, 0, "us-east-1");
    let content = json!({ "schemaVersion": "0.3", "parameters": { "Name": { "type": "String", "default": "x" } },
        "mainSteps": [{ "name": "nap", "action": "aws:sleep", "inputs": { "Duration": "PT1S" } }] });
    let make = client
        .create_document()
        .name("Mine-Nap")
        .content(content.to_string());
    let _ = make.document_type(DocumentType::Automation).send().await;
    let mut body = json!({ "DocumentName": "Mine-Nap", "TargetLocations": [location] });
    for (member, said) in more.as_object().into_iter().flatten() {
        body[member] = said.clone();
    }
    let started = raw.ssm("StartAutomationExecution", body).await.json();
    let id = started["AutomationExecutionId"].as_str();
    over(client, id.unwrap_or_else(|| panic!("{started}"))).await
}

#[tokio::test]
async fn a_place_has_limits_a_role_and_alarms_of_its_own() {
    let (sim, client) = fast();
    let accounts: Vec<String> = sim.accounts().iter().map(|account| account.id.clone()).collect();
    let all = |run: &AutomationExecution| -> Vec<String> {
        let steps = statuses(run).into_iter();
        steps.map(|(_, status)| status.to_owned()).collect()
    };
    let nobody = "999999999999".to_owned();
    let two = json!({ "Accounts": [nobody, accounts[0]], "Regions": ["us-east-1"] });
    let found = placed(&sim, &client, two.clone(), json!({ "MaxErrors": "100%" })).await;
    assert_eq!(
        all(&found),
        ["Failed", "Pending"],
        "the targets' limit is another one"
    );
    let mut lenient = two;
    (
        lenient["TargetLocationMaxErrors"],
        lenient["TargetLocationMaxConcurrency"],
    ) = (json!("1"), json!("2"));
    let found = placed(&sim, &client, lenient, json!({})).await;
    assert_eq!(all(&found), ["Failed", "Success"]);
    let unit = json!({ "Accounts": ["ou-ab12-cdefgh1"], "Regions": ["us-east-1"], "ExcludeAccounts": [accounts[1]] });
    let found = placed(&sim, &client, unit, json!({})).await;
    assert_eq!(all(&found).len(), accounts.len() - 1);
    let burning = json!({ "Alarms": [{ "Name": "payments-alb-5xx" }] });
    let there = json!({ "Accounts": [accounts[0]], "Regions": ["us-east-1"],
        "TargetLocationAlarmConfiguration": burning });
    let found = placed(&sim, &client, there, json!({})).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Failed));
    let maps = json!({ "TargetMaps": [{ "Name": ["a"] }, { "Name": ["b"] }], "MaxConcurrency": "2" });
    let here = json!({ "Accounts": [accounts[0]], "Regions": ["us-east-1"] });
    let found = placed(&sim, &client, here, maps).await;
    assert_eq!(all(&found), ["Success", "Success"]);
    assert_eq!(found.target_maps().len(), 2);
}

#[tokio::test]
async fn an_alarm_that_nobody_can_ask_for_stops_it_unless_told_otherwise() {
    let (sim, client) = fast();
    let account = sim.accounts()[0].id.clone();
    let here = json!({ "Accounts": [account], "Regions": ["us-east-1"] });
    let with = |ignores: bool| {
        let alarms = json!([{ "Name": "no-such-alarm" }]);
        json!({ "AlarmConfiguration": { "Alarms": alarms, "IgnorePollAlarmFailure": ignores } })
    };
    let found = placed(&sim, &client, here.clone(), with(false)).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Cancelled));
    assert!(found.failure_message().unwrap().contains("no-such-alarm"));
    let found = placed(&sim, &client, here, with(true)).await;
    assert_eq!(found.automation_execution_status(), Some(&Status::Success));
}

#[tokio::test]
async fn the_same_token_starts_one_execution() {
    let (_sim, client) = fast();
    let token = uuid::Uuid::new_v4().to_string();
    let ask = |count: &str| {
        client
            .start_automation_execution()
            .document_name("Larkfield-PatchHost")
            .parameters("InstanceId", vec!["i-0123456789abcdef0".to_owned()])
            .parameters("Kind", vec![count.to_owned()])
            .client_token(&token)
            .send()
    };
    let (first, second) = (ask("none").await.unwrap(), ask("none").await.unwrap());
    assert_eq!(first.automation_execution_id(), second.automation_execution_id());
    assert!(
        ask("all")
            .await
            .unwrap_err()
            .into_service_error()
            .is_idempotent_parameter_mismatch()
    );
}

#[tokio::test]
async fn a_preview_counts_steps_and_targets() {
    let (sim, _client) = fast();
    let raw = Client::new(&sim, 0, "us-east-1");
    let ask = async |inputs: Value| -> Value {
        let body = json!({ "DocumentName": "Larkfield-RestartInstance", "ExecutionInputs": { "Automation": inputs } });
        let id = raw.ssm("StartExecutionPreview", body).await.json()["ExecutionPreviewId"].clone();
        loop {
            let reply = raw
                .ssm("GetExecutionPreview", json!({ "ExecutionPreviewId": id }))
                .await
                .json();
            if reply["Status"] != "InProgress" {
                return reply;
            }
        }
    };
    let found = ask(json!({ "TargetParameterName": "InstanceId", "Targets": [{ "Key": "tag:service", "Values": ["kafka"] }] })).await;
    let preview = &found["ExecutionPreview"]["Automation"];
    assert_eq!(
        preview["StepPreviews"],
        json!({ "Mutating": 2, "NonMutating": 3 })
    );
    assert_eq!(
        (&preview["TargetPreviews"][0]["Count"], &preview["Regions"]),
        (&json!(3), &json!(["us-east-1"]))
    );
    let bad = ask(json!({ "Parameters": { "InstanceId": ["nonsense"] } })).await;
    assert_eq!(bad["Status"], "Failed");
    let gone = raw
        .ssm("GetExecutionPreview", json!({ "ExecutionPreviewId": "x" }))
        .await;
    assert_eq!(gone.refusal().1, "ResourceNotFoundException");
}

#[tokio::test]
async fn steps_come_in_pages_and_long_output_is_cut() {
    let (_sim, client) = fast();
    let nap = |nth: usize| json!({ "name": format!("s{nth:02}"), "action": "aws:sleep", "inputs": { "Duration": "PT1S" } });
    let id = own(&client, (0..60).map(nap).collect()).await;
    let found = over(&client, &id).await;
    assert!(found.step_executions_truncated() && found.step_executions().len() == 50);
    let mut pages = client
        .describe_automation_step_executions()
        .automation_execution_id(&id)
        .reverse_order(true)
        .max_results(25)
        .into_paginator()
        .send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        names.extend(
            page.step_executions()
                .iter()
                .map(|step| step.step_name().unwrap().to_owned()),
        );
    }
    assert_eq!((names.len(), names[0].as_str()), (60, "s59"));
    let host = online(&client).await.remove(0);
    let long = json!([{ "name": "long", "action": "aws:runCommand", "inputs": {
        "DocumentName": "AWS-RunShellScript", "InstanceIds": [host],
        "Parameters": { "commands": ["head -c 40000 /dev/zero | tr '\\0' x"] } } }]);
    let id = own(&client, long).await;
    let found = over(&client, &id).await;
    let output = &step(&found, "long").outputs().unwrap()["Output"][0];
    assert!(output.len() == 24_000 && output.ends_with("truncated---"));
}

#[tokio::test]
async fn bad_starts_get_the_services_codes() {
    let sim = start(FleetSpec::demo(), FAST);
    let client = Client::new(&sim, 0, "us-east-1");
    let id = "i-0123456789abcdef0";
    for (body, code) in [
        (
            json!({ "DocumentName": "Nothing" }),
            "AutomationDefinitionNotFoundException",
        ),
        (
            json!({ "DocumentName": "AWS-RunShellScript" }),
            "AutomationDefinitionNotFoundException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "DocumentVersion": "9" }),
            "AutomationDefinitionVersionNotFoundException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost" }),
            "InvalidAutomationExecutionParametersException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "Parameters": { "InstanceId": [id], "Kind": ["some"] } }),
            "InvalidAutomationExecutionParametersException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "Parameters": { "InstanceId": [id], "Colour": ["red"] } }),
            "InvalidAutomationExecutionParametersException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "Mode": "Slow", "Parameters": { "InstanceId": [id] } }),
            "ValidationException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "ClientToken": "x" }),
            "ValidationException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "Parameters": { "InstanceId": [id] },
                "AlarmConfiguration": { "Alarms": [{ "Name": "a" }, { "Name": "b" }] } }),
            "ValidationException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "Parameters": { "InstanceId": [id] },
                "TargetLocations": [{ "Accounts": ["1"], "Regions": ["r"], "TargetLocationMaxErrors": "some" }] }),
            "ValidationException",
        ),
        (
            json!({ "DocumentName": "Larkfield-PatchHost", "TargetParameterName": "InstanceId",
                "Targets": [{ "Key": "ParameterValues", "Values": [id] }], "TargetMaps": [{ "InstanceId": [id] }] }),
            "InvalidTarget",
        ),
    ] {
        let answer = client.ssm("StartAutomationExecution", body.clone()).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{body}");
    }
    let gone = json!({ "AutomationExecutionId": uuid::Uuid::new_v4().to_string() });
    for operation in [
        "GetAutomationExecution",
        "DescribeAutomationStepExecutions",
        "StopAutomationExecution",
    ] {
        let answer = client.ssm(operation, gone.clone()).await;
        assert_eq!(answer.refusal().1, "AutomationExecutionNotFoundException");
    }
    let key = json!({ "Filters": [{ "Key": "Colour", "Values": ["red"] }] });
    assert_eq!(
        client.ssm("DescribeAutomationExecutions", key).await.refusal().1,
        "InvalidFilterKey"
    );
    let when = json!({ "Filters": [{ "Key": "StartTimeAfter", "Values": ["yesterday"] }] });
    assert_eq!(
        client.ssm("DescribeAutomationExecutions", when).await.refusal().1,
        "InvalidFilterValue"
    );
    let token = json!({ "NextToken": "garbage" });
    assert_eq!(
        client
            .ssm("DescribeAutomationExecutions", token)
            .await
            .refusal()
            .1,
        "InvalidNextToken"
    );
}
