//! An automation as AWS tells it, and each of its steps, in types of our own.

use std::collections::BTreeMap;

use aws_sdk_ssm::primitives::DateTime;
use aws_sdk_ssm::types::{AutomationExecution, AutomationExecutionMetadata, StepExecution, Target};
use jiff::Timestamp;
use serde::Serialize;

use super::{Mode, Status};

/// Texts by name.
pub type Named = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Execution {
    pub id: String,
    pub document: String,
    pub version: String,
    pub status: Status,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// All of them, in the order in which they began.
    pub steps: Vec<StepRun>,
    pub parameters: Named,
    pub outputs: Named,
    pub failure: Option<String>,
    pub warning: Option<String>,
    pub mode: Mode,
    pub parent: Option<String>,
    /// The ARN of who started it.
    pub by: Option<String>,
    pub current_step: Option<String>,
    pub target_parameter: Option<String>,
    pub targets: Vec<(String, Vec<String>)>,
    /// Parameters of each child, where no key chose the targets.
    pub maps: Vec<Named>,
    /// What the targets came to, and whether there are more than AWS tells.
    pub resolved: Vec<String>,
    pub is_resolved_cut: bool,
    /// The one target of a child.
    pub target: Option<String>,
    pub concurrency: Option<String>,
    pub errors: Option<String>,
    /// Accounts and regions that it was sent to.
    pub locations: Vec<(Vec<String>, Vec<String>)>,
    pub progress: Option<Progress>,
    /// Alarms that it heeds, and those that stopped it.
    pub heeds: Vec<String>,
    pub alarms: Vec<String>,
}

impl Execution {
    /// Whether it was sent to several targets, accounts or regions: each of them is a child then, and it has no steps of its
    /// own.
    pub fn is_sent(&self) -> bool {
        !self.targets.is_empty() || !self.maps.is_empty() || !self.locations.is_empty()
    }
}

/// Children by how they stand, of one that has targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub total: i32,
    pub succeeded: i32,
    pub failed: i32,
    pub cancelled: i32,
    pub timed_out: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepRun {
    pub id: String,
    pub name: String,
    pub action: String,
    pub status: Status,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub inputs: BTreeMap<String, String>,
    pub outputs: Named,
    pub response: Option<String>,
    pub response_code: Option<String>,
    pub failure: Option<String>,
    /// The stage and the kind of the failure, and what AWS says besides.
    pub failure_kind: Option<String>,
    pub warning: Option<String>,
    pub on_failure: Option<String>,
    pub next: Option<String>,
    pub is_end: Option<bool>,
    pub max_attempts: Option<i32>,
    pub timeout_seconds: Option<i64>,
    pub is_critical: Option<bool>,
    /// Steps that may be begun next, in interactive mode.
    pub valid_next: Vec<String>,
    /// The loop's step that this one runs in, and which round.
    pub inside: Option<(String, i32)>,
    /// The account and region of a child that runs elsewhere.
    pub account: Option<String>,
    pub region: Option<String>,
    pub targets: Vec<(String, Vec<String>)>,
    /// The automation that it began, by the list of children. Its outputs name it no sooner than it is over.
    pub child: Option<String>,
}

impl StepRun {
    /// Failure, warning and kind of failure, without what another of them says as well.
    pub fn troubles(&self) -> Vec<&str> {
        let kind = self.failure_kind.as_deref();
        let told: Vec<&str> = [self.failure.as_deref(), self.warning.as_deref(), kind]
            .into_iter()
            .flatten()
            .collect();
        let is_said = |at: usize| {
            let mut others = told.iter().enumerate();
            others.any(|(other, says)| {
                other != at && says.contains(told[at]) && (*says != told[at] || other < at)
            })
        };
        (0..told.len())
            .filter(|at| !is_said(*at))
            .map(|at| told[at])
            .collect()
    }

    /// The automation or the command that the step began, by its outputs, or by the list of children.
    pub fn began(&self) -> Option<&str> {
        let output = match self.action.as_str() {
            "aws:executeAutomation" => "ExecutionId",
            "aws:runCommand" => "CommandId",
            _ => return None,
        };
        let told = self.outputs.get(output).and_then(|ids| ids.first());
        told.or(self.child.as_ref()).map(String::as_str)
    }
}

/// One of a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionRow {
    pub id: String,
    pub document: String,
    pub version: String,
    pub status: Status,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub by: Option<String>,
    pub mode: Mode,
    pub parent: Option<String>,
    pub current_step: Option<String>,
    /// What that step does, such as `aws:approve`.
    pub current_action: Option<String>,
    pub target: Option<String>,
    pub failure: Option<String>,
}

pub fn time(at: Option<DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).unwrap_or_default()).ok()
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn targets(all: Option<Vec<Target>>) -> Vec<(String, Vec<String>)> {
    let pair = |target: Target| (target.key.unwrap_or_default(), target.values.unwrap_or_default());
    all.unwrap_or_default().into_iter().map(pair).collect()
}

impl From<AutomationExecution> for Execution {
    fn from(told: AutomationExecution) -> Execution {
        let resolved = told.resolved_targets;
        Execution {
            id: told.automation_execution_id.unwrap_or_default(),
            document: told.document_name.unwrap_or_default(),
            version: told.document_version.unwrap_or_default(),
            status: told
                .automation_execution_status
                .map(|status| Status::parse(status.as_str()))
                .unwrap_or_default(),
            started_at: time(told.execution_start_time),
            ended_at: time(told.execution_end_time),
            steps: told
                .step_executions
                .unwrap_or_default()
                .into_iter()
                .map(StepRun::from)
                .collect(),
            parameters: told.parameters.unwrap_or_default().into_iter().collect(),
            outputs: told.outputs.unwrap_or_default().into_iter().collect(),
            failure: filled(told.failure_message),
            warning: filled(told.warning_message),
            mode: told
                .mode
                .map(|mode| Mode::parse(mode.as_str()))
                .unwrap_or_default(),
            parent: filled(told.parent_automation_execution_id),
            by: filled(told.executed_by),
            current_step: filled(told.current_step_name),
            target_parameter: filled(told.target_parameter_name),
            targets: targets(told.targets),
            maps: told
                .target_maps
                .unwrap_or_default()
                .into_iter()
                .map(|map| map.into_iter().collect())
                .collect(),
            is_resolved_cut: resolved.as_ref().is_some_and(|resolved| resolved.truncated),
            resolved: resolved
                .and_then(|resolved| resolved.parameter_values)
                .unwrap_or_default(),
            target: filled(told.target),
            concurrency: filled(told.max_concurrency),
            errors: filled(told.max_errors),
            locations: told
                .target_locations
                .unwrap_or_default()
                .into_iter()
                .map(|at| (at.accounts.unwrap_or_default(), at.regions.unwrap_or_default()))
                .collect(),
            progress: told.progress_counters.map(|count| Progress {
                total: count.total_steps,
                succeeded: count.success_steps,
                failed: count.failed_steps,
                cancelled: count.cancelled_steps,
                timed_out: count.timed_out_steps,
            }),
            heeds: told
                .alarm_configuration
                .map(|said| said.alarms.into_iter().map(|alarm| alarm.name).collect())
                .unwrap_or_default(),
            alarms: told
                .triggered_alarms
                .unwrap_or_default()
                .into_iter()
                .map(|alarm| alarm.name)
                .collect(),
        }
    }
}

impl From<StepExecution> for StepRun {
    fn from(told: StepExecution) -> StepRun {
        let kind = told.failure_details.map(|details| {
            let parts = [details.failure_stage, details.failure_type];
            let mut words: Vec<String> = parts
                .into_iter()
                .flatten()
                .filter(|word| !word.is_empty())
                .collect();
            let more = details.details.unwrap_or_default();
            words.extend(
                more.into_iter()
                    .map(|(name, values)| format!("{name}: {}", values.join(", "))),
            );
            words.join("; ")
        });
        let place = told
            .target_location
            .unwrap_or_else(|| aws_sdk_ssm::types::TargetLocation::builder().build());
        StepRun {
            id: told.step_execution_id.unwrap_or_default(),
            name: told.step_name.unwrap_or_default(),
            action: told.action.unwrap_or_default(),
            status: told
                .step_status
                .map(|status| Status::parse(status.as_str()))
                .unwrap_or_default(),
            started_at: time(told.execution_start_time),
            ended_at: time(told.execution_end_time),
            inputs: told.inputs.unwrap_or_default().into_iter().collect(),
            outputs: told.outputs.unwrap_or_default().into_iter().collect(),
            response: filled(told.response),
            response_code: filled(told.response_code),
            failure: filled(told.failure_message),
            failure_kind: filled(kind),
            warning: filled(told.warning_message),
            on_failure: filled(told.on_failure),
            next: filled(told.next_step),
            is_end: told.is_end,
            max_attempts: told.max_attempts,
            timeout_seconds: told.timeout_seconds,
            is_critical: told.is_critical,
            valid_next: told.valid_next_steps.unwrap_or_default(),
            inside: told
                .parent_step_details
                .and_then(|parent| Some((parent.step_name?, parent.iteration.unwrap_or_default()))),
            account: place.accounts.unwrap_or_default().into_iter().next(),
            region: place.regions.unwrap_or_default().into_iter().next(),
            targets: targets(told.targets),
            child: None,
        }
    }
}

impl From<AutomationExecutionMetadata> for ExecutionRow {
    fn from(told: AutomationExecutionMetadata) -> ExecutionRow {
        ExecutionRow {
            id: told.automation_execution_id.unwrap_or_default(),
            document: told.document_name.unwrap_or_default(),
            version: told.document_version.unwrap_or_default(),
            status: told
                .automation_execution_status
                .map(|status| Status::parse(status.as_str()))
                .unwrap_or_default(),
            started_at: time(told.execution_start_time),
            ended_at: time(told.execution_end_time),
            by: filled(told.executed_by),
            mode: told
                .mode
                .map(|mode| Mode::parse(mode.as_str()))
                .unwrap_or_default(),
            parent: filled(told.parent_automation_execution_id),
            current_step: filled(told.current_step_name),
            current_action: filled(told.current_action),
            target: filled(told.target),
            failure: filled(told.failure_message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_told_once() {
        let of = |failure: &str, warning: &str, kind: &str| {
            let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let step = StepRun {
                failure: told(failure),
                warning: told(warning),
                failure_kind: told(kind),
                ..StepRun::default()
            };
            step.troubles().join(" | ")
        };
        assert_eq!(of("it broke", "it broke", ""), "it broke");
        assert_eq!(of("it broke", "", "Invocation; it broke"), "Invocation; it broke");
        assert_eq!(
            of("it broke", "slow", "Invocation"),
            "it broke | slow | Invocation"
        );
        assert_eq!(of("", "", ""), "");
    }
}
