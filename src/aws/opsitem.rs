//! OpsItems of OpsCenter: created once for a deduplication string, read, and changed as what they stand for goes on. Facts: a
//! description has at most 2,048 characters, a title 1,024; `/aws/dedup` and `/aws/resources` are keys of operational data
//! whose values are JSON, and an open item with the same string refuses a second one by naming itself (SSM's API reference).
//! An update has no condition: what is changed between a reading and an update is not seen.

use std::collections::BTreeMap;

use aws_sdk_ssm::operation::create_ops_item::CreateOpsItemError;
use aws_sdk_ssm::types::{OpsItemDataType, OpsItemDataValue, OpsItemStatus};

use super::{Cloud, Failure, Place};

/// Characters of a title.
pub const LONGEST_TITLE: usize = 1024;
/// Characters of a description.
pub const LONGEST_DESCRIPTION: usize = 2048;

/// How it stands, as OpsCenter spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpsStatus {
    Open,
    InProgress,
    Resolved,
}

impl OpsStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            OpsStatus::Open => "Open",
            OpsStatus::InProgress => "InProgress",
            OpsStatus::Resolved => "Resolved",
        }
    }
}

/// What is to be seen at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpsItem {
    pub title: String,
    pub description: String,
    /// `1`, the worst, to `4`.
    pub severity: String,
    pub status: OpsStatus,
    /// ARNs.
    pub resources: Vec<String>,
    /// No second item is made while one with this string is open.
    pub dedup: String,
    /// Further operational data, searchable.
    pub facts: Vec<(String, String)>,
}

/// One as it stands at AWS, whoever wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpsFound {
    pub title: String,
    pub description: String,
    pub severity: Option<String>,
    /// As OpsCenter spells it: an item may be `Closed` there.
    pub status: String,
    pub facts: BTreeMap<String, String>,
}

/// What is to be written over; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpsChange {
    pub title: Option<String>,
    pub description: Option<String>,
    pub severity: Option<String>,
    pub status: Option<OpsStatus>,
    /// Operational data that is added or replaced, searchable.
    pub facts: Vec<(String, String)>,
}

/// What became of a wish for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub id: String,
    /// One with the same string was there.
    pub existed: bool,
}

impl Cloud {
    /// Needs `ssm:CreateOpsItem`. Asking again is harmless: the item that is there answers.
    pub async fn create_ops_item(&self, place: &Place, item: &OpsItem) -> Result<Created, Failure> {
        let at = self.at(place, "ssm", "CreateOpsItem").await;
        let mut call = self
            .clients(place)
            .await
            .ssm
            .create_ops_item()
            .source("quarterdeck")
            .title(cut(&item.title, LONGEST_TITLE))
            .description(cut(&item.description, LONGEST_DESCRIPTION))
            .severity(&item.severity)
            .category("Availability");
        for (key, value) in data(item) {
            call = call.operational_data(key, value);
        }
        let sent = call.send().await;
        if let Err(error) = &sent
            && let Some(CreateOpsItemError::OpsItemAlreadyExistsException(known)) = error.as_service_error()
            && let Some(id) = known.ops_item_id()
        {
            return Ok(Created {
                id: id.to_owned(),
                existed: true,
            });
        }
        let answer = self.call(&at, async { sent }).await?;
        let id = answer.ops_item_id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| Failure::faulty(&at, "an OpsItem without an id"))?;
        Ok(Created { id, existed: false })
    }

    /// Needs `ssm:GetOpsItem`.
    pub async fn fetch_ops_item(&self, place: &Place, id: &str) -> Result<OpsFound, Failure> {
        let at = self.at(place, "ssm", "GetOpsItem").await;
        let call = self.clients(place).await.ssm.get_ops_item().ops_item_id(id);
        let answer = self.call(&at, call.send()).await?;
        let item = answer.ops_item;
        let item = item.ok_or_else(|| Failure::faulty(&at, "no OpsItem where one was asked for"))?;
        let facts = item.operational_data.unwrap_or_default().into_iter();
        let status = item.status.map(|status| status.as_str().to_owned());
        Ok(OpsFound {
            title: item.title.unwrap_or_default(),
            description: item.description.unwrap_or_default(),
            severity: item.severity,
            status: status.unwrap_or_default(),
            facts: facts
                .filter_map(|(key, value)| Some((key, value.value?)))
                .collect(),
        })
    }

    /// Needs `ssm:UpdateOpsItem`. What made it one of its kind, and what it is about, stays as it was.
    pub async fn update_ops_item(&self, place: &Place, id: &str, change: &OpsChange) -> Result<(), Failure> {
        let at = self.at(place, "ssm", "UpdateOpsItem").await;
        let mut call = self
            .clients(place)
            .await
            .ssm
            .update_ops_item()
            .ops_item_id(id)
            .set_title(change.title.clone())
            .set_description(change.description.clone())
            .set_severity(change.severity.clone())
            .set_status(change.status.map(|status| OpsItemStatus::from(status.as_str())));
        for (key, text) in &change.facts {
            call = call.operational_data(key, searchable(text.clone()));
        }
        self.call(&at, call.send()).await.map(drop)
    }
}

fn searchable(value: String) -> OpsItemDataValue {
    OpsItemDataValue::builder()
        .value(value)
        .r#type(OpsItemDataType::SearchableString)
        .build()
}

fn data(item: &OpsItem) -> Vec<(String, OpsItemDataValue)> {
    let dedup = serde_json::json!({ "dedupString": item.dedup }).to_string();
    let arns: Vec<_> = item
        .resources
        .iter()
        .map(|arn| serde_json::json!({ "arn": arn }))
        .collect();
    let mut data = vec![("/aws/dedup".to_owned(), searchable(dedup))];
    if !arns.is_empty() {
        data.push((
            "/aws/resources".into(),
            searchable(serde_json::Value::from(arns).to_string()),
        ));
    }
    let facts = item.facts.iter();
    data.extend(facts.map(|(key, text)| (key.clone(), searchable(text.clone()))));
    data
}

/// The text, or so much of it as has `most` characters with the sign that some are missing.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        assert_eq!(cut("결제", 2), "결제");
        assert_eq!(cut("결제가", 2), "결…");
    }

    #[test]
    fn resources_and_deduplication_are_json_of_their_own() {
        let item = OpsItem {
            title: String::new(),
            description: String::new(),
            severity: "1".into(),
            status: OpsStatus::Open,
            resources: vec!["arn:aws:ec2:eu-west-1:1:instance/i-\"1".into()],
            dedup: "incident".into(),
            facts: Vec::new(),
        };
        let data = data(&item);
        assert_eq!(data[0].1.value(), Some(r#"{"dedupString":"incident"}"#));
        let resources = data[1].1.value().unwrap();
        assert_eq!(resources, r#"[{"arn":"arn:aws:ec2:eu-west-1:1:instance/i-\"1"}]"#);
    }
}
