//! How automations stand: one with all of its steps, and the lists, page by page.

use aws_sdk_ssm::types::{AutomationExecutionFilter, AutomationExecutionFilterKey};
use futures_util::stream::{Stream, StreamExt, TryStreamExt};

use super::super::paging::pages;
use super::super::{Cloud, Failure, Place};
use super::{Execution, ExecutionRow, StepRun};

impl Cloud {
    /// An automation with every step: what GetAutomationExecution leaves out is asked for. Needs
    /// ssm:GetAutomationExecution and ssm:DescribeAutomationStepExecutions.
    pub async fn fetch_execution(&self, place: &Place, id: &str) -> Result<Execution, Failure> {
        let at = self.at(place, "ssm", "GetAutomationExecution").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .get_automation_execution()
            .automation_execution_id(id)
            .send();
        let answer = self.call(&at, call).await?;
        let told = answer
            .automation_execution
            .ok_or_else(|| Failure::faulty(&at, "no automation"))?;
        let is_cut = told.step_executions_truncated;
        let mut execution = Execution::from(told);
        if is_cut {
            execution.steps = self.fetch_step_runs(place, id).await.try_concat().await?;
        }
        Ok(execution)
    }

    /// The steps of an automation as far as they have begun, oldest first.
    pub async fn fetch_step_runs(
        &self,
        place: &Place,
        id: &str,
    ) -> impl Stream<Item = Result<Vec<StepRun>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (
            self.clone(),
            self.at(place, "ssm", "DescribeAutomationStepExecutions").await,
        );
        let client = self.clients(place).await.ssm;
        let id = id.to_owned();
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_automation_step_executions()
                .automation_execution_id(&id)
                .max_results(50)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let steps = answer.step_executions.unwrap_or_default();
                Ok((steps.into_iter().map(StepRun::from).collect(), answer.next_token))
            }
        })
        .boxed()
    }

    /// Automations of a place, newest first; of a parent, its children only. Needs ssm:DescribeAutomationExecutions.
    pub async fn fetch_executions(
        &self,
        place: &Place,
        parent: Option<&str>,
    ) -> impl Stream<Item = Result<Vec<ExecutionRow>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (
            self.clone(),
            self.at(place, "ssm", "DescribeAutomationExecutions").await,
        );
        let client = self.clients(place).await.ssm;
        let filters: Option<Vec<_>> = parent.and_then(|parent| {
            let filter = AutomationExecutionFilter::builder()
                .key(AutomationExecutionFilterKey::ParentExecutionId)
                .values(parent)
                .build();
            filter.ok().map(|filter| vec![filter])
        });
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_automation_executions()
                .set_filters(filters.clone())
                .max_results(50)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let rows = answer.automation_execution_metadata_list.unwrap_or_default();
                Ok((
                    rows.into_iter().map(ExecutionRow::from).collect(),
                    answer.next_token,
                ))
            }
        })
        .boxed()
    }
}
