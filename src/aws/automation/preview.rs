//! AWS's own look ahead: how many steps would change something, in which regions, on how many targets.

use std::collections::HashMap;

use aws_sdk_ssm::types::{
    AutomationExecutionInputs, ExecutionInputs, ExecutionPreview, ExecutionPreviewStatus, ImpactType,
};

use super::super::{Cloud, Failure, Place};
use super::StartAutomation;
use super::start::{location, maps, some, target};

/// What would happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    pub mutating: u32,
    pub reading: u32,
    /// Steps of which AWS cannot tell.
    pub undetermined: u32,
    pub regions: Vec<String>,
    /// Kinds of targets and how many of each.
    pub targets: Vec<(String, u32)>,
    pub accounts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewState {
    Going,
    Ready(Foreseen),
    /// AWS could not look ahead, and why.
    Failed(String),
}

impl Cloud {
    /// Asks for a preview; the answer is its id. Needs ssm:StartExecutionPreview.
    pub async fn start_preview(&self, place: &Place, start: &StartAutomation) -> Result<String, Failure> {
        let at = self.at(place, "ssm", "StartExecutionPreview").await;
        let start = start.clone();
        let inputs = AutomationExecutionInputs::builder()
            .set_parameters(
                Some(start.parameters.into_iter().collect()).filter(|all: &HashMap<_, _>| !all.is_empty()),
            )
            .set_target_parameter_name(start.target_parameter)
            .set_target_maps(maps(start.maps))
            .set_targets(start.targets.map(|all| vec![target(all)]))
            .set_target_locations(some(start.locations.into_iter().map(location).collect()))
            .build();
        let call = self
            .clients(place)
            .await
            .ssm
            .start_execution_preview()
            .document_name(start.document)
            .set_document_version(start.version)
            .execution_inputs(ExecutionInputs::Automation(inputs))
            .send();
        let answer = self.call(&at, call).await?;
        answer
            .execution_preview_id
            .ok_or_else(|| Failure::faulty(&at, "a preview without an id"))
    }

    /// How a preview stands. Needs ssm:GetExecutionPreview.
    pub async fn fetch_preview(&self, place: &Place, id: &str) -> Result<PreviewState, Failure> {
        let at = self.at(place, "ssm", "GetExecutionPreview").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .get_execution_preview()
            .execution_preview_id(id)
            .send();
        let answer = self.call(&at, call).await?;
        let says = answer.status_message.unwrap_or_default();
        Ok(match answer.status {
            Some(ExecutionPreviewStatus::Success) => match answer.execution_preview {
                Some(ExecutionPreview::Automation(told)) => {
                    let count = |of: &ImpactType| {
                        let steps = told.step_previews.as_ref().and_then(|all| all.get(of));
                        steps.map_or(0, |count| u32::try_from(*count).unwrap_or_default())
                    };
                    PreviewState::Ready(Foreseen {
                        mutating: count(&ImpactType::Mutating),
                        reading: count(&ImpactType::NonMutating),
                        undetermined: count(&ImpactType::Undetermined),
                        regions: told.regions.unwrap_or_default(),
                        targets: told
                            .target_previews
                            .unwrap_or_default()
                            .into_iter()
                            .map(|target| {
                                let count = u32::try_from(target.count).unwrap_or_default();
                                (target.target_type.unwrap_or_default(), count)
                            })
                            .collect(),
                        accounts: u32::try_from(told.total_accounts).unwrap_or_default(),
                    })
                }
                _ => PreviewState::Failed("AWS gave a preview of a kind that is not known".into()),
            },
            Some(ExecutionPreviewStatus::Failed) => PreviewState::Failed(says),
            _ => PreviewState::Going,
        })
    }
}
