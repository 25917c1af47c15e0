//! Commands of documents that are not AWS's own: the script that their steps make with their parameters filled in. The text
//! goes in as it is, as the service puts it in.

use serde_json::Value;

use super::order::Order;
use crate::sim::agent::Parameters;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::automation;

/// The platform that a document is for, and its command.
pub fn order_of(name: &str, content: &Value, given: &Parameters) -> Result<(&'static str, Order), Refusal> {
    let bad = |refusal: Refusal| Refusal::new("InvalidParameters", refusal.message);
    let (_, typed) = automation::parameters(content, given).map_err(bad)?;
    let invalid = |says: &str| Refusal::new("InvalidDocument", says);
    let scripts = scripts(content);
    let (action, _) = scripts
        .first()
        .ok_or_else(|| invalid("The document runs no script."))?;
    let platform = if action == "aws:runPowerShellScript" {
        "Windows"
    } else {
        "Linux"
    };
    let mut lines = Vec::new();
    for (_, said) in scripts {
        for line in said {
            let filled = automation::filled(&line, &|name| typed.get(name).cloned());
            lines.push(filled.map_err(|says| Refusal::new("InvalidParameters", says))?);
        }
    }
    let order = Order {
        document: name.to_owned(),
        script: lines.join("\n"),
        parameters: serde_json::json!(given),
        ..Order::default()
    };
    Ok((platform, order))
}

/// Action and lines of each step that runs a script, in either schema.
fn scripts(content: &Value) -> Vec<(String, Vec<String>)> {
    let lines = |inputs: &Value| -> Vec<String> {
        match &inputs["runCommand"] {
            Value::String(line) => vec![line.clone()],
            Value::Array(lines) => lines
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    };
    let steps = content["mainSteps"].as_array().into_iter().flatten();
    let newer = steps.map(|step| {
        (
            step["action"].as_str().unwrap_or_default().to_owned(),
            lines(&step["inputs"]),
        )
    });
    let plugins = content["runtimeConfig"].as_object().into_iter().flatten();
    let older = plugins.flat_map(|(action, said)| {
        let each = said["properties"].as_array().into_iter().flatten();
        each.map(|one| (action.clone(), lines(one))).collect::<Vec<_>>()
    });
    newer
        .chain(older)
        .filter(|(action, lines)| action.starts_with("aws:run") && !lines.is_empty())
        .collect()
}
