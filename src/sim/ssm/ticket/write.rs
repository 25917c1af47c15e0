//! A ticket as GetOpsItem and DescribeOpsItems write it.

use serde_json::{Value, json};

use super::Ticket;
use crate::sim::call::Call;
use crate::sim::ssm::epoch;

pub fn arn(call: &Call<'_>, id: &str) -> String {
    format!(
        "arn:aws:ssm:{}:{}:opsitem/{id}",
        call.region, call.caller.account_id
    )
}

/// What both show.
fn head(ticket: &Ticket) -> Value {
    let mut value = json!({
        "OpsItemId": ticket.id, "OpsItemType": ticket.kind, "Title": ticket.title, "Source": ticket.source,
        "Status": ticket.status, "CreatedBy": ticket.created_by, "CreatedTime": epoch(ticket.created_at),
        "LastModifiedBy": ticket.modified_by, "LastModifiedTime": epoch(ticket.modified_at),
    });
    let optional = [
        ("Category", ticket.category.as_deref()),
        ("Severity", ticket.severity.as_deref()),
    ];
    for (name, said) in optional {
        if let Some(said) = said {
            value[name] = said.into();
        }
    }
    if let Some(priority) = ticket.priority {
        value["Priority"] = priority.into();
    }
    for (name, at) in &ticket.times {
        value[name] = (*at).into();
    }
    value
}

pub fn whole(call: &Call<'_>, ticket: &Ticket) -> Value {
    let mut value = head(ticket);
    let related = ticket.related.iter();
    let told = ticket.notifications.iter();
    value["OpsItemArn"] = arn(call, &ticket.id).into();
    value["Description"] = ticket.description.as_str().into();
    value["Version"] = ticket.version.to_string().into();
    value["OperationalData"] = json!(ticket.data);
    value["RelatedOpsItems"] = related.map(|id| json!({ "OpsItemId": id })).collect();
    value["Notifications"] = told.map(|arn| json!({ "Arn": arn })).collect();
    value
}

/// A summary shows of the data what can be searched.
pub fn summary(ticket: &Ticket) -> Value {
    let mut value = head(ticket);
    let shown = ticket.data.iter().filter(|(_, data)| data.is_searchable());
    value["OperationalData"] = shown.map(|(key, data)| (key.clone(), json!(data))).collect();
    value
}
