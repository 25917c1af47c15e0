//! Run Command: a script sent to many nodes of one place, how it stands on each, its output, and cancelling it.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::Target;
use aws_smithy_types::retry::RetryConfig;
use futures_util::stream::{Stream, StreamExt};
use jiff::Timestamp;

use super::paging::pages;
use super::{Cloud, Failure, Place};

/// AWS's own words for where a command goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sendees {
    /// At most 50.
    Instances(Vec<String>),
    /// Tags and the values of each; all must hold.
    Tags(Vec<(String, Vec<String>)>),
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendCommand {
    pub document: String,
    pub version: Option<String>,
    pub to: Sendees,
    /// What the document is given.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// At most 100 characters; shown in AWS's own history.
    pub comment: String,
    /// How long a node may take to fetch it, in seconds.
    pub delivery_seconds: i32,
    /// A number, or a share such as `25%`.
    pub concurrency: Option<String>,
    pub errors: Option<String>,
    /// Bucket and prefix for output in full.
    pub output: Option<(String, String)>,
}

/// How a command stands on one node, as the list tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationRow {
    pub node: String,
    /// The node as its agent names it; may be empty.
    pub name: String,
    /// AWS's status details, such as `InProgress`, `ExecutionTimedOut` or `Undeliverable`.
    pub status: String,
    pub is_over: bool,
}

/// A node's result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    pub status: String,
    /// `None` while it has none: not run, or ended from outside.
    pub exit_code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The group of CloudWatch's logs that the whole output goes to as well.
    pub log_group: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// How a step of the document stands on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginRow {
    /// The step's name: what its result is asked for by.
    pub name: String,
    pub status: String,
    /// Whether it has begun, so that there is something to ask for.
    pub has_begun: bool,
}

impl Cloud {
    /// Sends a command; the answer is its id. It is tried once: what failed on the way may run none the less, and must not
    /// run twice.
    pub async fn send_command(&self, place: &Place, send: SendCommand) -> Result<String, Failure> {
        let at = self.at(place, "ssm", "SendCommand").await;
        let (instances, targets) = match send.to {
            Sendees::Instances(ids) => (Some(ids), None),
            Sendees::Tags(tags) => {
                let target = |(key, values): (String, Vec<String>)| {
                    Target::builder()
                        .key(format!("tag:{key}"))
                        .set_values(Some(values))
                        .build()
                };
                (None, Some(tags.into_iter().map(target).collect()))
            }
        };
        let (bucket, prefix) = send.output.unzip();
        let call = self
            .clients(place)
            .await
            .ssm
            .send_command()
            .document_name(send.document)
            .set_instance_ids(instances)
            .set_targets(targets)
            .set_document_version(send.version)
            .set_parameters(Some(send.parameters.into_iter().collect()))
            .set_comment(Some(send.comment).filter(|comment| !comment.is_empty()))
            .timeout_seconds(send.delivery_seconds)
            .set_max_concurrency(send.concurrency)
            .set_max_errors(send.errors)
            .set_output_s3_bucket_name(bucket)
            .set_output_s3_key_prefix(prefix.filter(|prefix| !prefix.is_empty()))
            .customize()
            .config_override(aws_sdk_ssm::config::Builder::new().retry_config(RetryConfig::disabled()))
            .send();
        let answer = self.call(&at, call).await?;
        answer
            .command
            .and_then(|command| command.command_id)
            .ok_or_else(|| Failure::faulty(&at, "a command without an id"))
    }

    /// How a command stands on its nodes, page by page.
    pub async fn fetch_invocations(
        &self,
        place: &Place,
        command: &str,
    ) -> impl Stream<Item = Result<Vec<InvocationRow>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (
            self.clone(),
            self.at(place, "ssm", "ListCommandInvocations").await,
        );
        let client = self.clients(place).await.ssm;
        let command = command.to_owned();
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .list_command_invocations()
                .command_id(&command)
                .max_results(50)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let rows = answer.command_invocations.unwrap_or_default();
                let rows = rows.into_iter().map(|row| {
                    let status = row.status.map(|status| status.as_str().to_owned());
                    let status = status.unwrap_or_default();
                    InvocationRow {
                        node: row.instance_id.unwrap_or_default(),
                        name: row.instance_name.unwrap_or_default(),
                        is_over: is_over(&status),
                        status: row
                            .status_details
                            .filter(|said| !said.is_empty())
                            .unwrap_or(status),
                    }
                });
                Ok((rows.collect(), answer.next_token))
            }
        })
        .boxed()
    }

    /// The steps of a command on one node, in their order. Needs ssm:ListCommandInvocations.
    pub async fn fetch_plugins(
        &self,
        place: &Place,
        command: &str,
        node: &str,
    ) -> Result<Vec<PluginRow>, Failure> {
        let at = self.at(place, "ssm", "ListCommandInvocations").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .list_command_invocations()
            .command_id(command)
            .instance_id(node)
            .details(true)
            .send();
        let answer = self.call(&at, call).await?;
        let rows = answer.command_invocations.unwrap_or_default();
        let plugins = rows
            .into_iter()
            .flat_map(|row| row.command_plugins.unwrap_or_default());
        let plugins = plugins.map(|plugin| {
            let status = plugin.status.map(|status| status.as_str().to_owned());
            let status = status.unwrap_or_default();
            PluginRow {
                name: plugin.name.unwrap_or_default(),
                has_begun: !matches!(status.as_str(), "" | "Pending"),
                status: plugin
                    .status_details
                    .filter(|said| !said.is_empty())
                    .unwrap_or(status),
            }
        });
        Ok(plugins.collect())
    }

    /// A node's result: its output is cut by AWS at 24,000 characters a stream. Of a document of several steps AWS tells
    /// what one of them left, by its name, and nothing without.
    pub async fn fetch_invocation(
        &self,
        place: &Place,
        command: &str,
        node: &str,
        plugin: Option<&str>,
    ) -> Result<Invocation, Failure> {
        let at = self.at(place, "ssm", "GetCommandInvocation").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .get_command_invocation()
            .command_id(command)
            .instance_id(node)
            .set_plugin_name(plugin.map(str::to_owned))
            .send();
        let answer = self.call(&at, call).await?;
        let time = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let status = answer.status.map(|status| status.as_str().to_owned());
        let status = status.unwrap_or_default();
        Ok(Invocation {
            exit_code: Some(answer.response_code)
                .filter(|code| *code != -1 && matches!(status.as_str(), "Success" | "Failed")),
            status: answer
                .status_details
                .filter(|said| !said.is_empty())
                .unwrap_or(status),
            log_group: answer
                .cloud_watch_output_config
                .filter(|config| config.cloud_watch_output_enabled)
                .map(|config| log_group(config.cloud_watch_log_group_name, answer.document_name)),
            stdout: answer.standard_output_content.unwrap_or_default(),
            stderr: answer.standard_error_content.unwrap_or_default(),
            started_at: time(answer.execution_start_date_time),
            ended_at: time(answer.execution_end_date_time),
        })
    }

    /// Asks that a command be cancelled wherever it has not ended.
    pub async fn cancel_command(&self, place: &Place, command: &str) -> Result<(), Failure> {
        let at = self.at(place, "ssm", "CancelCommand").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .cancel_command()
            .command_id(command)
            .send();
        self.call(&at, call).await.map(drop)
    }
}

/// The group that is named, else the one that the agent makes for the document.
fn log_group(named: Option<String>, document: Option<String>) -> String {
    named.filter(|group| !group.is_empty()).unwrap_or_else(|| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
        let document = document.unwrap_or_default();
        format!("/aws/ssm/{}", document.replace(|c| !allowed(c), "."))
    })
}

fn is_over(status: &str) -> bool {
    matches!(status, "Success" | "Cancelled" | "TimedOut" | "Failed")
}
