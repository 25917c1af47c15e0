//! Commands of documents that are not AWS's own: their steps with the parameters filled in. The text goes in as it is, as
//! the service puts it in.

use serde_json::Value;

use super::order::{Order, Step};
use crate::sim::agent::Parameters;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::automation;

/// What a step that fetches files says here, where nothing is fetched.
const FETCHED: &str = "echo 'the simulator downloads nothing'";

/// The platform that a document is for, empty for any, and its command.
pub fn order_of(name: &str, content: &Value, given: &Parameters) -> Result<(&'static str, Order), Refusal> {
    let bad = |refusal: Refusal| Refusal::new("InvalidParameters", refusal.message);
    let (_, typed) = automation::parameters(content, given).map_err(bad)?;
    let mut steps = Vec::new();
    for (mut step, lines) in scripts(content) {
        let mut filled = Vec::new();
        for line in lines {
            let line = automation::filled(&line, &|name| typed.get(name).cloned());
            filled.push(line.map_err(|says| Refusal::new("InvalidParameters", says))?);
        }
        step.script = filled.join("\n");
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(Refusal::new("InvalidDocument", "The document runs no script."));
    }
    let of = |platform: &str| steps.iter().any(|step| step.platform == platform);
    let platform = match (of("Linux"), of("Windows")) {
        (false, true) => "Windows",
        (true, false) => "Linux",
        _ => "",
    };
    let order = Order {
        document: name.to_owned(),
        steps,
        parameters: serde_json::json!(given),
        ..Order::default()
    };
    Ok((platform, order))
}

/// Each step that runs a script with its lines, in either schema.
fn scripts(content: &Value) -> Vec<(Step, Vec<String>)> {
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
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = content["mainSteps"].as_array().into_iter().flatten();
    let newer = steps.map(|step| {
        let named = Step {
            name: text(&step["name"]),
            exits: step["onFailure"] == "exit" || step["inputs"]["onFailure"] == "exit",
            ..step_of(&text(&step["action"]), &step["precondition"])
        };
        (named, lines(&step["inputs"]))
    });
    let plugins = content["runtimeConfig"].as_object().into_iter().flatten();
    let older = plugins.flat_map(|(action, said)| {
        let each = said["properties"].as_array().into_iter().flatten();
        let step = step_of(action, &Value::Null);
        let many = each.clone().count() > 1;
        let each = each.enumerate().map(|(nth, one)| {
            let name = match many {
                true => format!("{nth}.{action}"),
                false => action.clone(),
            };
            (Step { name, ..step.clone() }, lines(one))
        });
        each.collect::<Vec<_>>()
    });
    let fetched = |(step, lines): (Step, Vec<String>)| match step.action.as_str() {
        "aws:downloadContent" => (step, vec![FETCHED.to_owned()]),
        _ => (step, lines),
    };
    newer
        .chain(older)
        .map(fetched)
        .filter(|(step, lines)| !lines.is_empty() && !step.action.is_empty())
        .collect()
}

/// A step called by its action, for the platform that it is written for.
fn step_of(action: &str, precondition: &Value) -> Step {
    let compared = precondition["StringEquals"].as_array().into_iter().flatten();
    let wanted = compared
        .filter_map(Value::as_str)
        .find(|word| ["Linux", "Windows", "MacOS"].contains(word));
    let platform = wanted.unwrap_or(match action {
        "aws:runPowerShellScript" => "Windows",
        "aws:runShellScript" => "Linux",
        _ => "",
    });
    Step {
        name: action.to_owned(),
        action: action.to_owned(),
        platform: platform.to_owned(),
        ..Step::default()
    }
}
