//! The documents that sessions start from: the account's preferences and AWS's own. The contents follow the schema of session
//! documents (schemaVersion 1.0).

use serde_json::{Value, json};

/// The document that a session without one uses.
pub const PREFERENCES: &str = "SSM-SessionManagerRunShell";

/// Those of AWS's own.
pub const OF_AWS: [&str; 5] = [
    "AWS-StartInteractiveCommand",
    "AWS-StartNonInteractiveCommand",
    "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost",
    "AWS-StartSSHSession",
];

pub fn content(name: &str) -> Option<Value> {
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
