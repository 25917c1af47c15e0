//! ListDocuments: what a place sees, narrowed by the filters that the service knows. Its search is one of names alone.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AMAZON, Document, ask, text};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::{epoch, page};
use crate::sim::world::World;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    document_filter_list: Vec<OldFilter>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct OldFilter {
    key: String,
    value: String,
}

const KEYS: [&str; 6] = [
    "Name",
    "Owner",
    "PlatformTypes",
    "DocumentType",
    "TargetType",
    "SearchKeyword",
];

pub fn list(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let (account, region) = (call.caller.account, call.region.as_str());
    let asked = serde_json::to_string(&request).unwrap_or_default();
    let fingerprint = format!("documents/{account}/{region}/{asked}");
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    if !request.filters.is_empty() && !request.document_filter_list.is_empty() {
        let says = "Filters and DocumentFilterList cannot be used together.";
        return Err(Refusal::new("ValidationException", says));
    }
    let old = request.document_filter_list.into_iter().map(|old| Filter {
        key: if old.key == "owner" {
            "Owner".into()
        } else {
            old.key
        },
        values: vec![old.value],
    });
    let filters: Vec<Filter> = request.filters.into_iter().chain(old).collect();
    filters.iter().try_for_each(check)?;
    let all = world.documents.all(account, region);
    let found: Vec<&Document> = all
        .iter()
        .filter(|document| filters.iter().all(|filter| admits(filter, document)))
        .collect();
    let rows: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(size)
        .map(|document| row(document))
        .collect();
    let mut reply = json!({ "DocumentIdentifiers": rows });
    if found.len() > offset + size {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn check(filter: &Filter) -> Result<(), Refusal> {
    if !KEYS.contains(&filter.key.as_str()) && !filter.key.starts_with("tag:") {
        let says = format!("The specified key {} is not valid.", filter.key);
        return Err(Refusal::new("InvalidFilterKey", says));
    }
    let invalid = |says: String| Err(Refusal::new("ValidationException", says));
    if filter.values.is_empty() && !filter.key.starts_with("tag:") {
        return invalid(format!("The filter {} has no values.", filter.key));
    }
    if filter.key == "SearchKeyword" {
        let is_bad = |term: &&String| !(3..=20).contains(&term.chars().count());
        if let Some(term) = filter.values.iter().find(is_bad) {
            return invalid(format!("The keyword {term} has not between 3 and 20 characters."));
        }
        if filter.values.len() > 5 {
            return invalid("At most 5 keywords are searched for.".into());
        }
    }
    Ok(())
}

fn admits(filter: &Filter, document: &Document) -> bool {
    let any = |fact: &str| filter.values.iter().any(|value| value == fact);
    match filter.key.as_str() {
        "Name" => filter
            .values
            .iter()
            .any(|value| document.name.starts_with(value.as_str())),
        "DocumentType" => any(&document.kind),
        "PlatformTypes" => ask::platforms(document).into_iter().any(any),
        "TargetType" => {
            let of_all = document.target_type.as_deref() == Some("/");
            of_all || document.target_type.as_deref().is_some_and(any)
        }
        "Owner" => {
            let is_own = document.owner != AMAZON;
            any("All")
                || (any("Self") || any("Private")) && is_own
                || (any("Amazon") || any("Public")) && !is_own
        }
        // Any of the words, in names only.
        "SearchKeyword" => {
            let name = document.name.to_lowercase();
            filter
                .values
                .iter()
                .any(|word| name.contains(&word.to_lowercase()))
        }
        key => key
            .strip_prefix("tag:")
            .and_then(|key| document.tags.get(key))
            .is_some_and(|value| filter.values.is_empty() || any(value)),
    }
}

fn row(document: &Document) -> Value {
    let version = document.version(None);
    let mut row = json!({
        "Name": document.name, "Owner": document.owner, "DocumentType": document.kind,
        "DocumentVersion": document.default.to_string(), "PlatformTypes": ask::platforms(document),
        "Tags": ask::tags(document),
    });
    if let Some(version) = version {
        row["CreatedDate"] = epoch(version.at).into();
        row["DocumentFormat"] = version.format.word().into();
        row["SchemaVersion"] = text::schema(&version.content).into();
    }
    for (member, said) in [
        ("TargetType", &document.target_type),
        ("DisplayName", &document.display_name),
    ] {
        if let Some(said) = said {
            row[member] = said.as_str().into();
        }
    }
    row
}
