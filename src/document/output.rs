//! What a step left behind, whole where it can be had: a command's output is fetched from its instances, and from the bucket
//! or the log group that it was also written to; what AWS cut and nobody keeps is marked as cut.

use futures_util::TryStreamExt;
use serde::Serialize;

use crate::aws::{Cloud, Failure, Place, StepRun};
use crate::fanout::{self, Kept};

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
            outputs.retain(|output| output.name != "Output");
            outputs.extend(whole);
        }
        Ok(_) => {}
        Err(failure) => {
            let says = format!(
                "its command's output could not be fetched: {}; {}",
                failure.cause, failure.hint
            );
            for output in outputs.iter_mut().filter(|output| output.is_cut) {
                output.says = Some(says.clone());
            }
        }
    }
    outputs
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
    let mut outputs = Vec::new();
    for row in rows {
        let found = cloud.fetch_invocation(place, command, &row.node).await?;
        let mut outcome = fanout::Outcome {
            id: row.node.clone(),
            is_cut: fanout::is_cut(&found.stdout) || fanout::is_error_cut(&found.stderr),
            stdout: found.stdout.into_bytes(),
            stderr: found.stderr.into_bytes(),
            ..fanout::Outcome::default()
        };
        let bucket = bucket.as_deref().map(|name| Kept::Bucket {
            name,
            prefix: &prefix,
        });
        let group = found.log_group.as_deref().map(Kept::Group);
        let mut says = Vec::new();
        for kept in bucket.into_iter().chain(group) {
            if !outcome.is_cut {
                break;
            }
            match fanout::complete(cloud, place, kept, command, &mut outcome).await {
                Ok(()) if outcome.is_cut => says.push(format!("{kept} does not have it, or not yet")),
                Ok(()) => {}
                Err(failure) => says.push(format!(
                    "its full output could not be fetched: {}; {}",
                    failure.cause, failure.hint
                )),
            }
        }
        let says = Some(says.join("; ")).filter(|says| !says.is_empty() && outcome.is_cut);
        for (stream, bytes) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
            if !bytes.is_empty() {
                outputs.push(Output {
                    name: format!("{} {stream}", row.node),
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    is_cut: outcome.is_cut,
                    says: says.clone(),
                });
            }
        }
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

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
