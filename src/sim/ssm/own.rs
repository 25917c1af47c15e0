//! The session documents that every simulated account wrote itself, one of each kind, beside AWS's own.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{document, page};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// Name and text of each.
const ALL: [(&str, &str); 4] = [
    (
        "Ops-BashLogin",
        include_str!("../../../assets/demo/documents/Ops-BashLogin.json"),
    ),
    (
        "Ops-TailLog",
        include_str!("../../../assets/demo/documents/Ops-TailLog.json"),
    ),
    (
        "Ops-DiskUsage",
        include_str!("../../../assets/demo/documents/Ops-DiskUsage.json"),
    ),
    (
        "Ops-Database",
        include_str!("../../../assets/demo/documents/Ops-Database.json"),
    ),
];

/// The text of a document of this account.
pub fn content(name: &str) -> Option<Value> {
    let (_, text) = ALL.iter().find(|(known, _)| *known == name)?;
    serde_json::from_str(text).ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRequest {
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// ListDocuments: those of the account.
pub fn list(world: &World, call: &Call<'_>, request: ListRequest) -> Result<Value, Refusal> {
    let (offset, size) = page(
        world,
        "documents",
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    let names = ALL.iter().map(|(name, _)| *name).chain([document::PREFERENCES]);
    let rows: Vec<Value> = names
        .map(|name| {
            json!({
                "Name": name, "Owner": call.caller.account_id, "DocumentType": "Session", "DocumentFormat": "JSON",
                "DocumentVersion": "1", "SchemaVersion": "1.0", "Tags": [],
            })
        })
        .collect();
    let mut reply = json!({ "DocumentIdentifiers": rows.iter().skip(offset).take(size).collect::<Vec<_>>() });
    if offset + size < rows.len() {
        reply["NextToken"] = world.pager.token("documents", offset + size).into();
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_can_be_read() {
        for (name, _) in ALL {
            assert_eq!(content(name).unwrap()["schemaVersion"], "1.0", "{name}");
        }
    }
}
