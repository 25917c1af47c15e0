//! What an automation is begun with, what it is told later, and how it is stopped. Begun always with a token, so that a
//! call whose answer was lost can be made again and begins nothing twice.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ssm::types::{
    Alarm, AlarmConfiguration, ExecutionMode, SignalType, StopType, Target, TargetLocation,
};

use super::super::{Cloud, Failure, Place};
use super::Named;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartAutomation {
    pub document: String,
    pub version: Option<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
    /// A UUID: the same one never begins a second automation.
    pub token: String,
    /// Waits for a word before each step.
    pub is_interactive: bool,
    /// One key and its values: `tag:env`, `ParameterValues`, `ResourceGroup`.
    pub targets: Option<(String, Vec<String>)>,
    pub target_parameter: Option<String>,
    /// Parameters written out, a map for each child, in the place of targets.
    pub maps: Vec<Named>,
    /// Numbers, or shares such as `25%`.
    pub concurrency: Option<String>,
    pub errors: Option<String>,
    pub locations: Vec<Location>,
    pub alarm: Option<StopAlarm>,
}

/// The alarm that stops it when it burns. AWS takes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopAlarm {
    pub name: String,
    /// Goes on where CloudWatch cannot be asked how the alarm stands.
    pub ignores_failures: bool,
}

/// Accounts and regions that it runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Or organizational units.
    pub accounts: Vec<String>,
    pub regions: Vec<String>,
    pub excluded: Vec<String>,
    /// Units inside the units as well.
    pub includes_children: bool,
    /// The role there; AWS's own default otherwise.
    pub role: Option<String>,
    /// How many accounts and regions at once, and how many may fail.
    pub concurrency: Option<String>,
    pub errors: Option<String>,
    /// An alarm in each of them.
    pub alarm: Option<StopAlarm>,
}

/// What a person tells an automation that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    Approve {
        comment: String,
    },
    Reject {
        comment: String,
    },
    /// Begins the step that waits, in interactive mode.
    StartStep {
        step: String,
    },
    /// By the id of this run of the step; its name is for people.
    StopStep {
        id: String,
        step: String,
    },
    /// Goes on behind an `aws:pause`.
    Resume {
        step: String,
    },
    /// Takes back what the same person has approved.
    Revoke {
        comment: String,
    },
}

impl Signal {
    fn kind(&self) -> SignalType {
        match self {
            Signal::Approve { .. } => SignalType::Approve,
            Signal::Reject { .. } => SignalType::Reject,
            Signal::StartStep { .. } => SignalType::StartStep,
            Signal::StopStep { .. } => SignalType::StopStep,
            Signal::Resume { .. } => SignalType::Resume,
            Signal::Revoke { .. } => SignalType::Revoke,
        }
    }

    /// Whether something may be done because of it that would not be done without.
    pub fn lets_go_on(&self) -> bool {
        match self {
            Signal::Approve { .. } | Signal::StartStep { .. } | Signal::Resume { .. } => true,
            // A step that is stopped, and a word that is taken back or refused, let nothing go on.
            Signal::StopStep { .. } | Signal::Reject { .. } | Signal::Revoke { .. } => false,
        }
    }

    /// AWS's own word.
    pub fn word(&self) -> &'static str {
        match self {
            Signal::Approve { .. } => "Approve",
            Signal::Reject { .. } => "Reject",
            Signal::StartStep { .. } => "StartStep",
            Signal::StopStep { .. } => "StopStep",
            Signal::Resume { .. } => "Resume",
            Signal::Revoke { .. } => "Revoke",
        }
    }

    fn payload(&self) -> Option<HashMap<String, Vec<String>>> {
        let (name, value) = match self {
            Signal::Approve { comment } | Signal::Reject { comment } | Signal::Revoke { comment } => {
                ("Comment", comment)
            }
            Signal::StartStep { step } | Signal::Resume { step } => ("StepName", step),
            Signal::StopStep { id, .. } => ("StepExecutionId", id),
        };
        (!value.is_empty()).then(|| HashMap::from([(name.to_owned(), vec![value.clone()])]))
    }
}

pub(super) fn target((key, values): (String, Vec<String>)) -> Target {
    Target::builder().key(key).set_values(Some(values)).build()
}

pub(super) fn location(at: Location) -> TargetLocation {
    TargetLocation::builder()
        .set_accounts(Some(at.accounts).filter(|accounts| !accounts.is_empty()))
        .set_regions(Some(at.regions).filter(|regions| !regions.is_empty()))
        .set_exclude_accounts(some(at.excluded))
        .include_child_organization_units(at.includes_children)
        .set_execution_role_name(at.role)
        .set_target_location_max_concurrency(at.concurrency)
        .set_target_location_max_errors(at.errors)
        .set_target_location_alarm_configuration(at.alarm.as_ref().and_then(alarm))
        .build()
}

/// None without a name, which AWS refuses.
fn alarm(said: &StopAlarm) -> Option<AlarmConfiguration> {
    let named = Alarm::builder().name(&said.name).build().ok()?;
    let heeded = AlarmConfiguration::builder().alarms(named);
    heeded
        .ignore_poll_alarm_failure(said.ignores_failures)
        .build()
        .ok()
}

pub(super) fn maps(all: Vec<Named>) -> Option<Vec<HashMap<String, Vec<String>>>> {
    some(all.into_iter().map(|map| map.into_iter().collect()).collect())
}

pub(super) fn some<T>(all: Vec<T>) -> Option<Vec<T>> {
    Some(all).filter(|all| !all.is_empty())
}

impl Cloud {
    /// Begins an automation; the answer is its id. Needs ssm:StartAutomationExecution.
    pub async fn start_automation(&self, place: &Place, start: StartAutomation) -> Result<String, Failure> {
        let at = self.at(place, "ssm", "StartAutomationExecution").await;
        let mode = match start.is_interactive {
            true => ExecutionMode::Interactive,
            false => ExecutionMode::Auto,
        };
        let call = self
            .clients(place)
            .await
            .ssm
            .start_automation_execution()
            .document_name(start.document)
            .set_document_version(start.version)
            .set_parameters(
                Some(start.parameters.into_iter().collect()).filter(|all: &HashMap<_, _>| !all.is_empty()),
            )
            .client_token(start.token)
            .mode(mode)
            .set_targets(start.targets.map(|all| vec![target(all)]))
            .set_target_parameter_name(start.target_parameter)
            .set_target_maps(maps(start.maps))
            .set_max_concurrency(start.concurrency)
            .set_max_errors(start.errors)
            .set_target_locations(some(start.locations.into_iter().map(location).collect()))
            .set_alarm_configuration(start.alarm.as_ref().and_then(alarm))
            .send();
        let answer = self.call(&at, call).await?;
        answer
            .automation_execution_id
            .ok_or_else(|| Failure::faulty(&at, "an automation without an id"))
    }

    /// Tells a waiting automation something. Needs ssm:SendAutomationSignal.
    pub async fn signal_automation(&self, place: &Place, id: &str, signal: &Signal) -> Result<(), Failure> {
        let at = self.at(place, "ssm", "SendAutomationSignal").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .send_automation_signal()
            .automation_execution_id(id)
            .signal_type(signal.kind())
            .set_payload(signal.payload())
            .send();
        self.call(&at, call).await.map(drop)
    }

    /// Stops an automation: at once, or behind the steps that run.
    pub async fn stop_automation(&self, place: &Place, id: &str, completes: bool) -> Result<(), Failure> {
        let at = self.at(place, "ssm", "StopAutomationExecution").await;
        let how = match completes {
            true => StopType::Complete,
            false => StopType::Cancel,
        };
        let call = self
            .clients(place)
            .await
            .ssm
            .stop_automation_execution()
            .automation_execution_id(id)
            .r#type(how)
            .send();
        self.call(&at, call).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_of_the_model_can_be_sent() {
        let text = String::new;
        let all = [
            Signal::Approve { comment: text() },
            Signal::Reject { comment: text() },
            Signal::StartStep { step: text() },
            Signal::StopStep {
                id: text(),
                step: text(),
            },
            Signal::Resume { step: text() },
            Signal::Revoke { comment: text() },
        ];
        let mut words: Vec<&str> = all.iter().map(Signal::word).collect();
        words.sort_unstable();
        let mut known: Vec<&str> = SignalType::values().to_vec();
        known.sort_unstable();
        assert_eq!(words, known);
        assert!(
            all.iter()
                .all(|signal| signal.kind().as_str() == signal.word() && signal.payload().is_none())
        );
    }
}
