//! What an automation has begun: a child for each target of one that was sent to several, and those of its steps. AWS
//! lists them apart from the automation, and says of none which step began it; where the list cannot be had, the
//! automation is told without.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;

use super::Seen;
use super::deep::{NESTED, below};
use crate::aws::{Cloud, Execution, ExecutionRow, Failure, Place, StepRun};

/// An automation with its children, as far as they can be listed: needs ssm:DescribeAutomationExecutions.
pub async fn with_children(cloud: &Cloud, place: &Place, mut execution: Execution) -> Seen {
    let is_sent = execution.is_sent();
    if !is_sent && !execution.steps.iter().any(is_open) {
        return Seen {
            execution,
            ..Seen::default()
        };
    }
    let (rows, mut unlisted) = match begun_by(cloud, place, &execution.id).await {
        Ok(rows) => (rows, None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    let (children, begun) = match is_sent {
        true => (rows, Vec::new()),
        false => (Vec::new(), give(&mut execution.steps, rows)),
    };
    let direct: Vec<&ExecutionRow> = children.iter().chain(&begun).collect();
    let (deeper, failed) = below(&direct, |id| async move { begun_by(cloud, place, &id).await }).await;
    unlisted = unlisted.or(failed);
    Seen {
        execution,
        children,
        begun,
        deeper,
        unlisted,
    }
}

/// What an automation has begun itself.
async fn begun_by(cloud: &Cloud, place: &Place, id: &str) -> Result<Vec<ExecutionRow>, Failure> {
    let rows = cloud.fetch_executions(place, Some(id)).await;
    rows.try_concat().await
}

/// Whether its child is to be looked for.
fn is_open(step: &StepRun) -> bool {
    let is_here = step.account.is_none() && step.region.is_none();
    is_here && step.action == NESTED && step.started_at.is_some() && step.began().is_none()
}

/// Each child to the step that began it; one that nothing tells apart from others' is given to none. Back come those
/// that are not over.
fn give(steps: &mut [StepRun], mut rows: Vec<ExecutionRow>) -> Vec<ExecutionRow> {
    let known: BTreeSet<&str> = steps.iter().filter_map(StepRun::began).collect();
    rows.retain(|row| !known.contains(row.id.as_str()));
    rows.sort_by_key(|row| row.started_at);
    let mut begun = Vec::new();
    // The next step begins as the one before it ends: what began in that moment is the later one's.
    for step in steps.iter_mut().rev().filter(|step| is_open(step)) {
        // A step that was tried again has begun several; the last is the one that counts.
        if let Some(at) = rows.iter().rposition(|row| is_of(step, row)) {
            let row = rows.remove(at);
            step.child = Some(row.id.clone());
            begun.push(row);
        }
    }
    begun.retain(|row| !row.status.is_over());
    begun.reverse();
    begun
}

/// Whether a step may have begun it: it is of the step's document, and began in the step's time.
fn is_of(step: &StepRun, row: &ExecutionRow) -> bool {
    let name = step.inputs.get("DocumentName");
    let is_meant = name.is_some_and(|name| bare(name.trim_matches('"')) == bare(&row.document));
    let (Some(from), Some(begun)) = (step.started_at, row.started_at) else {
        return false;
    };
    let is_before_end = match step.ended_at {
        Some(ended) => begun <= ended,
        None => !step.status.is_over(),
    };
    is_meant && from <= begun && is_before_end
}

/// The name of a document that is named by its ARN.
fn bare(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Status;

    fn at(second: i64) -> Option<jiff::Timestamp> {
        Some(jiff::Timestamp::from_second(second).unwrap())
    }

    fn step(name: &str, document: &str, from: i64, to: Option<i64>) -> StepRun {
        StepRun {
            name: name.into(),
            action: NESTED.into(),
            inputs: [("DocumentName".to_owned(), format!("\"{document}\""))].into(),
            status: match to {
                Some(_) => Status::TimedOut,
                None => Status::InProgress,
            },
            started_at: at(from),
            ended_at: to.and_then(at),
            ..StepRun::default()
        }
    }

    fn row(id: &str, document: &str, begun: i64) -> ExecutionRow {
        ExecutionRow {
            id: id.into(),
            document: document.into(),
            started_at: at(begun),
            ..ExecutionRow::default()
        }
    }

    fn given(mut steps: Vec<StepRun>, rows: Vec<ExecutionRow>) -> Vec<Option<String>> {
        give(&mut steps, rows);
        steps.into_iter().map(|step| step.child).collect()
    }

    #[test]
    fn a_child_is_of_the_step_whose_document_began_in_its_time() {
        let steps = vec![
            step("first", "Paused", 10, Some(12)),
            step("second", "None", 12, Some(13)),
            step("third", "arn:aws:ssm:eu-west-1:1:document/Paused", 13, None),
        ];
        let rows = vec![row("c-3", "Paused", 13), row("c-1", "Paused", 11)];
        let wanted = [Some("c-1".to_owned()), None, Some("c-3".to_owned())];
        assert_eq!(given(steps.clone(), rows), wanted);
        let strange = vec![row("x", "Other", 14), row("y", "Paused", 9), row("z", "None", 15)];
        assert_eq!(given(steps, strange), [None, None, None]);
    }

    #[test]
    fn of_several_tries_the_last_counts_and_what_the_outputs_name_is_nobody_elses() {
        let again = vec![step("go", "Paused", 10, None)];
        let rows = vec![row("c-1", "Paused", 11), row("c-2", "Paused", 14)];
        assert_eq!(given(again, rows), [Some("c-2".to_owned())]);
        let mut told = step("told", "Paused", 10, Some(12));
        told.outputs.insert("ExecutionId".into(), vec!["c-1".into()]);
        let steps = vec![told, step("next", "Paused", 11, None)];
        assert_eq!(given(steps, vec![row("c-1", "Paused", 11)]), [None, None]);
    }
}
