//! The documents that are there when a run begins: Larkfield's, compiled in, and as many of AWS's own as people use daily.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{AMAZON, Document, Format, Version, session, text};

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../assets/demo/documents/", $name)))),*]
    };
}

/// File name and text of each.
const OWN: [(&str, &str); 16] = texts![
    "Larkfield-BounceHost.json",
    "Larkfield-CollectEvidence.yaml",
    "Larkfield-DiskReport.yaml",
    "Larkfield-FailoverDatabase.yaml",
    "Larkfield-LegacyUptime.json",
    "Larkfield-NightlyStop.json",
    "Larkfield-PatchHost.yaml",
    "Larkfield-QuarantineInstance.yaml",
    "Larkfield-RestartInstance.yaml",
    "Larkfield-RestartService.json",
    "Larkfield-RollingRestart.json",
    "Larkfield-SnapshotThenResize.yaml",
    "Ops-BashLogin.json",
    "Ops-Database.json",
    "Ops-DiskUsage.json",
    "Ops-TailLog.json",
];

/// 2024-03-01, when the simulated accounts were set up.
pub fn created() -> Timestamp {
    Timestamp::from_second(1_709_251_200).unwrap_or_default()
}

/// Those of every account, and its preferences for sessions; read once, since tests start many simulators. Whose they are is
/// filled in by who takes them.
pub fn own() -> &'static [Document] {
    static READ: LazyLock<Vec<Document>> = LazyLock::new(|| {
        let preferences = session::content(session::PREFERENCES).unwrap_or_default();
        let preferences = document(
            session::PREFERENCES,
            "",
            Format::Json,
            &format!("{preferences:#}"),
        );
        let named = OWN.iter().filter_map(|(file, text)| {
            let (name, end) = file.rsplit_once('.')?;
            let format = if end == "json" { Format::Json } else { Format::Yaml };
            document(name, "", format, text)
        });
        named.chain(preferences).collect()
    });
    &READ
}

fn document(name: &str, owner: &str, format: Format, source: &str) -> Option<Document> {
    let content = text::read(source, format).ok()?;
    let kind = match text::schema(&content)?.as_str() {
        "0.3" => "Automation",
        "1.0" => "Session",
        _ => "Command",
    };
    let tags = if name.starts_with("Larkfield-") {
        BTreeMap::from([("team".to_owned(), "platform".to_owned())])
    } else {
        BTreeMap::new()
    };
    Some(Document {
        name: name.into(),
        owner: owner.into(),
        target_type: source
            .contains("AWS::EC2::Instance::Id")
            .then(|| "/AWS::EC2::Instance".to_owned()),
        kind: kind.into(),
        display_name: None,
        tags,
        versions: vec![Version {
            number: 1,
            name: None,
            format,
            text: source.into(),
            content: Arc::new(content),
            at: created(),
        }],
        default: 1,
    })
}

pub fn of_aws() -> &'static [Document] {
    static READ: LazyLock<Vec<Document>> = LazyLock::new(read_aws);
    &READ
}

fn read_aws() -> Vec<Document> {
    let sessions = session::OF_AWS
        .iter()
        .filter_map(|name| Some((*name, session::content(name)?)));
    let others = [
        (
            "AWS-RunShellScript",
            script(
                "aws:runShellScript",
                "Run a shell script or specify the commands to run.",
            ),
        ),
        (
            "AWS-RunPowerShellScript",
            script(
                "aws:runPowerShellScript",
                "Run a PowerShell script or specify the paths to scripts to run.",
            ),
        ),
        ("AWS-RunPatchBaseline", baseline()),
        ("AWS-StopEC2Instance", power("Stop EC2 instances", &["stopped"])),
        ("AWS-StartEC2Instance", power("Start EC2 instances", &["running"])),
        (
            "AWS-RestartEC2Instance",
            power("Restart EC2 instances", &["stopped", "running"]),
        ),
    ];
    sessions
        .chain(others)
        .filter_map(|(name, content)| document(name, AMAZON, Format::Json, &format!("{content:#}")))
        .collect()
}

fn script(action: &str, says: &str) -> Value {
    let text =
        |says: &str, default: &str| json!({ "type": "String", "default": default, "description": says });
    json!({
        "schemaVersion": "2.2", "description": says,
        "parameters": {
            "commands": { "type": "StringList", "description": "The commands to run", "minItems": 1, "displayType": "textarea" },
            "workingDirectory": text("(Optional) Where they run", ""),
            "executionTimeout": text("(Optional) Seconds until they are ended, at most 172800", "3600"),
        },
        "mainSteps": [{
            "name": "run", "action": action,
            "inputs": {
                "runCommand": "{{ commands }}", "workingDirectory": "{{ workingDirectory }}",
                "timeoutSeconds": "{{ executionTimeout }}",
            },
        }],
    })
}

/// What the simulated machines do for it: say what is asked of them. What is missing, and what is not any more, is kept by the
/// service.
fn baseline() -> Value {
    let step = |name: &str, action: &str, platform: &str, lines: &[&str]| {
        json!({
            "name": name, "action": action,
            "precondition": { "StringEquals": ["platformType", platform] },
            "inputs": { "runCommand": lines },
        })
    };
    let choice = |says: &str, values: &[&str], default: Option<&str>| {
        let mut one = json!({ "type": "String", "description": says, "allowedValues": values });
        if let Some(default) = default {
            one["default"] = default.into();
        }
        one
    };
    let operation = choice(
        "(Required) The update or configuration to perform.",
        &["Scan", "Install"],
        None,
    );
    let reboots = ["RebootIfNeeded", "NoReboot"];
    json!({
        "schemaVersion": "2.2",
        "description": "Scans for or installs patches from a patch baseline to a Linux or Windows operating system.",
        "parameters": {
            "Operation": operation,
            "RebootOption": choice("(Optional) Reboot behavior after a patch Install operation.", &reboots, Some("RebootIfNeeded")),
        },
        "mainSteps": [
            step("PatchLinux", "aws:runShellScript", "Linux", &[
                "echo \"Running patch baseline operation {{ Operation }}, {{ RebootOption }}\"",
                "echo \"kernel $(uname -r)\"",
            ]),
            step("PatchWindows", "aws:runPowerShellScript", "Windows", &[
                "echo 'Running patch baseline operation {{ Operation }}, {{ RebootOption }}'",
            ]),
        ],
    })
}

fn power(says: &str, states: &[&str]) -> Value {
    let steps: Vec<Value> = states
        .iter()
        .map(|state| {
            json!({
                "name": if *state == "stopped" { "stopInstances" } else { "startInstances" }, "action": "aws:changeInstanceState",
                "onFailure": "Abort", "inputs": { "InstanceIds": "{{ InstanceId }}", "DesiredState": state },
            })
        })
        .collect();
    json!({
        "schemaVersion": "0.3", "description": says, "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {
            "InstanceId": { "type": "StringList", "description": "(Required) EC2 instances" },
            "AutomationAssumeRole": { "type": "String", "description": "(Optional) The role to work with", "default": "" },
        },
        "mainSteps": steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_can_be_read_and_is_one_of_its_kind() {
        let all: Vec<&Document> = own().iter().chain(of_aws()).collect();
        assert_eq!(all.len(), OWN.len() + 1 + session::OF_AWS.len() + 6);
        for document in &all {
            let content = &document.versions[0].content;
            assert_eq!(text::check(content, &document.kind), Ok(()), "{}", document.name);
        }
        let kinds = |kind: &str| all.iter().filter(|document| document.kind == kind).count();
        assert!(kinds("Automation") >= 9 && kinds("Command") >= 5);
    }
}
