//! A document of any owner sent through Run Command, and of what type a document is.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ssm::types::Target;
use aws_smithy_types::retry::RetryConfig;

use super::{Cloud, Failure, Place, Sendees};

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendDocument {
    pub document: String,
    /// `None` is the default version.
    pub version: Option<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
    pub to: Sendees,
    /// At most 100 characters; shown in AWS's own history.
    pub comment: String,
}

impl Cloud {
    /// `Command`, `Automation`, `Session` or another of AWS's own words.
    pub async fn fetch_document_type(&self, place: &Place, name: &str) -> Result<String, Failure> {
        let at = self.at(place, "ssm", "DescribeDocument").await;
        let clients = self.clients(place).await;
        let answer = self
            .call(&at, clients.ssm.describe_document().name(name).send())
            .await?;
        let kind = answer.document.and_then(|document| document.document_type);
        kind.map(|kind| kind.as_str().to_owned())
            .ok_or_else(|| Failure::faulty(&at, "a document without a type"))
    }

    /// Sends a document to nodes; the answer is the command's id. It is tried once, as `send_command` is.
    pub async fn send_document(&self, place: &Place, send: SendDocument) -> Result<String, Failure> {
        let at = self.at(place, "ssm", "SendCommand").await;
        let target = |(key, values): (String, Vec<String>)| {
            Target::builder()
                .key(format!("tag:{key}"))
                .set_values(Some(values))
                .build()
        };
        let (instances, targets) = match send.to {
            Sendees::Instances(ids) => (Some(ids), None),
            Sendees::Tags(tags) => (None, Some(tags.into_iter().map(target).collect())),
        };
        let parameters: HashMap<String, Vec<String>> = send.parameters.into_iter().collect();
        let call = self
            .clients(place)
            .await
            .ssm
            .send_command()
            .document_name(send.document)
            .set_document_version(send.version)
            .set_instance_ids(instances)
            .set_targets(targets)
            .set_parameters(Some(parameters).filter(|parameters| !parameters.is_empty()))
            .set_comment(Some(send.comment).filter(|comment| !comment.is_empty()))
            .customize()
            .config_override(aws_sdk_ssm::config::Builder::new().retry_config(RetryConfig::disabled()))
            .send();
        let answer = self.call(&at, call).await?;
        answer
            .command
            .and_then(|command| command.command_id)
            .ok_or_else(|| Failure::faulty(&at, "a command without an id"))
    }
}
