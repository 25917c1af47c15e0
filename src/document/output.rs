//! What a step left behind, whole where it can be had: a command's output is fetched from its instances, and from the bucket
//! or the log group that it was also written to; what AWS cut and nobody keeps is marked as cut.

use futures_util::TryStreamExt;
use serde::Serialize;

use crate::aws::{Cloud, Failure, Place, StepRun};
use crate::fanout::{self, Kept, Part};

/// One output of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    /// `Output`, `Payload`, or the instance and the stream.
    pub name: String,
    pub text: String,
    /// AWS tells less than there is, and the rest could not be had.
    pub is_cut: bool,
    /// Why, where something could not be had.
    pub says: Option<String>,
}

/// The outputs of a step. A command's own are asked for on each of its instances.
pub async fn outputs(cloud: &Cloud, place: &Place, step: &StepRun) -> Vec<Output> {
    let mut outputs = told(step);
    if step.action != "aws:runCommand" {
        return outputs;
    }
    let Some(command) = step.began() else {
        return outputs;
    };
    match of_command(cloud, place, step, command).await {
        Ok(whole) if !whole.is_empty() => {
            // What AWS tells with the step is some of what could not be had from a machine.
            if !whole.iter().any(is_missing) {
                outputs.retain(|output| output.name != "Output");
            }
            outputs.extend(whole);
        }
        Ok(_) => {}
        Err(failure) => {
            // With the step AWS tells the beginning of standard output alone, of all machines in one.
            if !outputs.iter().any(|output| output.name == "Output") {
                outputs.push(missing("Output", String::new()));
            }
            let says = format!(
                "its command's output could not be fetched: {}; {}",
                failure.cause, failure.hint
            );
            for output in &mut outputs {
                output.is_cut |= output.name == "Output";
                output.says = output.is_cut.then(|| says.clone());
            }
        }
    }
    outputs
}

/// An output of which nothing could be had.
fn missing(name: &str, says: String) -> Output {
    Output {
        name: name.to_owned(),
        text: String::new(),
        is_cut: true,
        says: Some(says),
    }
}

fn is_missing(output: &Output) -> bool {
    output.is_cut && output.text.is_empty()
}

/// What AWS tells with the step itself.
fn told(step: &StepRun) -> Vec<Output> {
    let mut outputs: Vec<Output> = step
        .outputs
        .iter()
        .map(|(name, values)| {
            let text = values.join("\n");
            Output {
                name: name.clone(),
                is_cut: fanout::is_cut(&text) || text.trim_end().ends_with("Output truncated---"),
                text,
                says: None,
            }
        })
        .collect();
    if let Some(response) = step.response.as_ref().filter(|_| outputs.is_empty()) {
        outputs.push(Output {
            name: "Response".into(),
            is_cut: fanout::is_cut(response),
            text: response.clone(),
            says: None,
        });
    }
    outputs
}

async fn of_command(
    cloud: &Cloud,
    place: &Place,
    step: &StepRun,
    command: &str,
) -> Result<Vec<Output>, Failure> {
    let rows = cloud.fetch_invocations(place, command).await.try_concat().await?;
    let named = |name: &str| {
        step.inputs
            .get(name)
            .map(|text| text.trim_matches('"').to_owned())
    };
    let bucket = named("OutputS3BucketName").filter(|bucket| !bucket.is_empty());
    let prefix = named("OutputS3KeyPrefix").unwrap_or_default();
    let named_in = format!("OutputS3BucketName of step {}", step.name);
    let bucket = bucket.as_deref().map(|name| Kept::Bucket {
        name,
        prefix: &prefix,
        named_in: &named_in,
    });
    let mut outputs = Vec::new();
    for row in rows {
        match fanout::parts(cloud, place, bucket, command, &row.node, false).await {
            Ok(parts) => outputs.extend(parts.iter().flat_map(|part| of_part(&row.node, part))),
            // What the others left is told all the same.
            Err(failure) => {
                let says = format!("its output is unknown: {}; {}", failure.cause, failure.hint);
                outputs.push(missing(&row.node, says));
            }
        }
    }
    Ok(outputs)
}

/// The streams of a step that said something; one that left nothing is told by how it ended.
fn of_part(node: &str, part: &Part) -> Vec<Output> {
    let name = match part.step.is_empty() {
        true => node.to_owned(),
        false => format!("{node} {} ({})", part.step, part.status),
    };
    let output = |name: String, bytes: &[u8]| Output {
        name,
        text: String::from_utf8_lossy(bytes).into_owned(),
        is_cut: part.is_cut || part.says.is_some(),
        says: part.says.clone(),
    };
    let streams = [("stdout", &part.stdout), ("stderr", &part.stderr)];
    let said = streams.iter().filter(|(_, bytes)| !bytes.is_empty());
    let outputs: Vec<Output> = said
        .map(|(stream, bytes)| output(format!("{name} {stream}"), bytes))
        .collect();
    match outputs.is_empty() && !part.step.is_empty() {
        true => vec![output(name, b"")],
        false => outputs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_of_a_command_has_its_own_outputs() {
        let part = |step: &str, stdout: &str, stderr: &str| Part {
            step: step.into(),
            status: "Success".into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            ..Part::default()
        };
        let names = |part: Part| {
            of_part("i-1", &part)
                .into_iter()
                .map(|output| output.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(part("a", "x", "y")),
            ["i-1 a (Success) stdout", "i-1 a (Success) stderr"]
        );
        assert_eq!(names(part("b", "", "")), ["i-1 b (Success)"]);
        assert_eq!(names(part("", "x", "")), ["i-1 stdout"]);
        assert!(names(part("", "", "")).is_empty());
    }

    #[test]
    fn what_aws_cut_is_marked() {
        let step = |text: String| StepRun {
            action: "aws:executeScript".into(),
            outputs: [("Payload".to_owned(), vec![text])].into(),
            ..StepRun::default()
        };
        assert!(told(&step("x".repeat(24_000)))[0].is_cut);
        assert!(!told(&step("short".into()))[0].is_cut);
    }
}
