//! The documents that sessions start from: the account's preferences and AWS's own. GetDocument and
//! DescribeDocument; the contents follow the schema of session documents (schemaVersion 1.0).

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::own;
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// The document that a session without one uses.
pub const PREFERENCES: &str = "SSM-SessionManagerRunShell";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    name: Option<String>,
    document_version: Option<String>,
    document_format: Option<String>,
}

/// 2024-03-01, when the simulated account set its preferences.
const CREATED: f64 = 1_709_251_200.0;

pub fn get(world: &World, request: Request) -> Result<Value, Refusal> {
    let (name, mut content) = find(&request)?;
    if name == PREFERENCES {
        let (key, minutes) = world.sessions.preferences();
        content["inputs"]["kmsKeyId"] = key.into();
        content["inputs"]["idleSessionTimeout"] = minutes.to_string().into();
    }
    if let Some(other) = request
        .document_format
        .as_deref()
        .filter(|format| *format != "JSON")
    {
        let rule = "Member must satisfy enum value set: [JSON]";
        return Err(Refusal::constraint(other, "documentFormat", rule));
    }
    Ok(json!({
        "Name": name,
        "CreatedDate": CREATED,
        "DocumentVersion": "1",
        "Status": "Active",
        "Content": format!("{content:#}"),
        "DocumentType": "Session",
        "DocumentFormat": "JSON",
    }))
}

pub fn describe(call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let (name, content) = find(&request)?;
    let text = format!("{content:#}");
    let owner = if name == PREFERENCES || own::content(name).is_some() {
        call.caller.account_id.as_str()
    } else {
        "Amazon"
    };
    let parameters: Vec<Value> = content["parameters"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, said)| {
            json!({
                "Name": name,
                "Type": said["type"],
                "Description": said["description"],
                "DefaultValue": said["default"],
            })
        })
        .collect();
    Ok(json!({ "Document": {
        "Name": name,
        "Owner": owner,
        "Hash": hex::encode(Sha256::digest(text.as_bytes())),
        "HashType": "Sha256",
        "CreatedDate": CREATED,
        "Status": "Active",
        "DocumentVersion": "1",
        "LatestVersion": "1",
        "DefaultVersion": "1",
        "Description": content["description"],
        "Parameters": parameters,
        "PlatformTypes": ["Windows", "Linux", "MacOS"],
        "DocumentType": "Session",
        "DocumentFormat": "JSON",
        "SchemaVersion": "1.0",
        "Tags": [],
    }}))
}

fn find(request: &Request) -> Result<(&str, Value), Refusal> {
    let name = request.name.as_deref().unwrap_or_default();
    let unknown = || {
        Refusal::new(
            "InvalidDocument",
            format!("Document with name {name} does not exist."),
        )
    };
    let content = content(name).or_else(|| own::content(name)).ok_or_else(unknown)?;
    match request.document_version.as_deref() {
        None | Some("1" | "$LATEST" | "$DEFAULT") => Ok((name, content)),
        Some(other) => {
            let message = format!("The document {name} has no version {other}.");
            Err(Refusal::new("InvalidDocumentVersion", message))
        }
    }
}

fn content(name: &str) -> Option<Value> {
    let port = |default: &str| {
        json!({
            "type": "String", "default": default, "allowedPattern": "^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-5]{2}[0-3][0-5])$",
            "description": "(Optional) Port number of the server on the instance",
        })
    };
    let local_port = json!({
        "type": "String", "default": "0", "allowedPattern": "^([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-5]{2}[0-3][0-5])$",
        "description": "(Optional) Port number on the local machine to forward traffic to; an open port is chosen at run time",
    });
    let command = json!({ "type": "String", "description": "The command to run on the instance" });
    let switch = |description: &str| json!({ "type": "String", "default": "false", "allowedValues": ["true", "false"], "description": description });
    let prefix = |stream: &str| {
        json!({
            "type": "String", "default": "", "allowedPattern": "^[0-9a-zA-Z\\r\\n_:-]{0,30}$",
            "description": format!("(Optional) What goes before each line of {stream}"),
        })
    };
    let session = |kind: &str, description: &str, parameters: Value, properties: Value| {
        json!({
            "schemaVersion": "1.0", "description": description, "sessionType": kind,
            "parameters": parameters, "properties": properties,
        })
    };
    Some(match name {
        PREFERENCES => json!({
            "schemaVersion": "1.0",
            "description": "Document to hold regional settings for Session Manager",
            "sessionType": "Standard_Stream",
            "inputs": {
                "s3BucketName": "", "s3KeyPrefix": "", "s3EncryptionEnabled": true,
                "cloudWatchLogGroupName": "", "cloudWatchEncryptionEnabled": true, "cloudWatchStreamingEnabled": false,
                "kmsKeyId": "", "runAsEnabled": false, "runAsDefaultUser": "",
                "idleSessionTimeout": "20", "maxSessionDuration": "",
                "shellProfile": { "windows": "", "linux": "" },
            },
        }),
        "AWS-StartPortForwardingSession" => session(
            "Port",
            "Document to start port forwarding session over Session Manager",
            json!({ "portNumber": port("80"), "localPortNumber": local_port }),
            json!({ "portNumber": "{{ portNumber }}", "type": "LocalPortForwarding", "localPortNumber": "{{ localPortNumber }}" }),
        ),
        "AWS-StartPortForwardingSessionToRemoteHost" => session(
            "Port",
            "Document to start port forwarding session over Session Manager to remote host",
            json!({
                "host": { "type": "String", "default": "localhost", "description": "(Optional) Hostname or IP address of the destination server" },
                "portNumber": port("80"), "localPortNumber": local_port,
            }),
            json!({
                "host": "{{ host }}", "portNumber": "{{ portNumber }}", "type": "LocalPortForwarding",
                "localPortNumber": "{{ localPortNumber }}",
            }),
        ),
        "AWS-StartSSHSession" => session(
            "Port",
            "Document to start SSH session over Session Manager",
            json!({ "portNumber": port("22") }),
            json!({ "portNumber": "{{ portNumber }}" }),
        ),
        "AWS-StartInteractiveCommand" => session(
            "InteractiveCommands",
            "Document to run single interactive command on an instance",
            json!({ "command": command }),
            json!({ "windows": { "commands": "{{ command }}" }, "linux": { "commands": "{{ command }}" } }),
        ),
        "AWS-StartNonInteractiveCommand" => session(
            "NonInteractiveCommands",
            "Document to run a single noninteractive command on an instance",
            json!({
                "command": command,
                "separateOutputStream": switch("Whether standard output and standard error are sent apart"),
                "stdoutSeparatorPrefix": prefix("standard output"),
                "stderrSeparatorPrefix": prefix("standard error"),
            }),
            json!({
                "windows": { "commands": "{{ command }}" },
                "linux": {
                    "commands": "{{ command }}", "separateOutputStream": "{{ separateOutputStream }}",
                    "stdOutSeparatorPrefix": "{{ stdoutSeparatorPrefix }}",
                    "stdErrSeparatorPrefix": "{{ stderrSeparatorPrefix }}",
                },
            }),
        ),
        _ => return None,
    })
}
