//! What OpsCenter refuses in a ticket: sizes, words that it does not know, keys that are AWS's own, a second ticket.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{DEDUP, Data, Request, Ticket};
use crate::sim::refusal::Refusal;

/// Keys of AWS's own that anybody may set.
const OPEN_TO_ALL: [&str; 3] = ["/aws/resources", DEDUP, "/aws/automations"];
const RESERVED: [&str; 4] = ["amazon", "aws", "amzn", "ssm"];
const LARGEST_VALUE: usize = 20_480;
/// Statuses of a change request besides those of an issue.
const OF_CHANGES: [&str; 16] = [
    "Pending",
    "TimedOut",
    "Cancelling",
    "Cancelled",
    "Failed",
    "CompletedWithSuccess",
    "CompletedWithFailure",
    "Scheduled",
    "RunbookInProgress",
    "PendingChangeCalendarOverride",
    "ChangeCalendarOverrideApproved",
    "ChangeCalendarOverrideRejected",
    "PendingApproval",
    "Approved",
    "Rejected",
    "Revoked",
];

pub fn request(request: &Request) -> Result<(), Refusal> {
    for (member, text, most) in [
        ("title", &request.title, 1024),
        ("description", &request.description, 2048),
        ("source", &request.source, 128),
        ("category", &request.category, 64),
        ("severity", &request.severity, 64),
    ] {
        let Some(text) = text else { continue };
        let length = text.chars().count();
        if !(1..=most).contains(&length) {
            let rule = format!("Member must have length between 1 and {most}");
            return Err(Refusal::constraint(text, member, &rule));
        }
    }
    if let Some(priority) = request.priority.filter(|priority| !(1..=5).contains(priority)) {
        let rule = "Member must have value between 1 and 5";
        return Err(Refusal::constraint(&priority.to_string(), "priority", rule));
    }
    if let Some(severity) = &request.severity
        && !matches!(severity.as_str(), "1" | "2" | "3" | "4")
    {
        return Err(bad(
            "Severity",
            format!("Severity {severity} is not one of 1, 2, 3, 4"),
        ));
    }
    if let Some(status) = &request.status {
        let known = matches!(status.as_str(), "Open" | "InProgress" | "Resolved" | "Closed");
        if !known && !OF_CHANGES.contains(&status.as_str()) {
            let rule = "Member must satisfy enum value set of OpsItemStatus";
            return Err(Refusal::constraint(status, "status", rule));
        }
        if !known {
            return Err(bad(
                "Status",
                format!("Status {status} is not one of an OpsItem of this type"),
            ));
        }
    }
    if request
        .related_ops_items
        .as_ref()
        .is_some_and(|related| related.len() > 10)
    {
        return Err(bad(
            "RelatedOpsItems",
            "at most 10 OpsItems can be related".into(),
        ));
    }
    data(&request.operational_data)
}

fn data(data: &BTreeMap<String, Data>) -> Result<(), Refusal> {
    for (key, value) in data {
        let text = value.value.as_deref().unwrap_or_default();
        let plain = key.trim_start_matches('/').to_lowercase();
        let is_reserved = RESERVED.iter().any(|word| plain.starts_with(word));
        if key.is_empty() || key.len() > 128 || is_reserved && !OPEN_TO_ALL.contains(&key.as_str()) {
            return Err(bad(
                "OperationalData",
                format!("The key {key} of the operational data is not valid"),
            ));
        }
        if text.len() > LARGEST_VALUE {
            return Err(bad(
                "OperationalData",
                format!("The value of {key} is larger than 20 KB"),
            ));
        }
        if !matches!(value.r#type.as_deref(), Some("String" | "SearchableString")) {
            let rule = "Member must satisfy enum value set: [SearchableString, String]";
            return Err(Refusal::constraint(
                value.r#type.as_deref().unwrap_or("null"),
                "type",
                rule,
            ));
        }
        let is_json = serde_json::from_str::<Value>(text).is_ok();
        if OPEN_TO_ALL.contains(&key.as_str()) && !is_json {
            return Err(bad("OperationalData", format!("The value of {key} is not JSON")));
        }
    }
    Ok(())
}

/// A ticket that is open about the same trouble.
pub fn same(here: &[Ticket], data: &BTreeMap<String, Data>, but: Option<&str>) -> Result<(), Refusal> {
    let Some(wanted) = dedup(data) else { return Ok(()) };
    let others = here
        .iter()
        .filter(|ticket| ticket.is_open() && Some(ticket.id.as_str()) != but);
    let found = others
        .into_iter()
        .find(|ticket| dedup(&ticket.data).as_ref() == Some(&wanted));
    found.map_or(Ok(()), |ticket| {
        let says = format!(
            "An OpsItem with the same deduplication string exists already: {}",
            ticket.id
        );
        Err(Refusal::new("OpsItemAlreadyExistsException", says).with("OpsItemId", ticket.id.as_str()))
    })
}

fn dedup(data: &BTreeMap<String, Data>) -> Option<String> {
    let said: Value = serde_json::from_str(data.get(DEDUP)?.value.as_deref()?).ok()?;
    said["dedupString"].as_str().map(str::to_owned)
}

fn bad(parameter: &str, says: String) -> Refusal {
    Refusal::new("OpsItemInvalidParameterException", says).with("ParameterNames", vec![parameter])
}
