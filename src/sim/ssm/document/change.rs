//! CreateDocument, UpdateDocument, UpdateDocumentDefaultVersion and DeleteDocument.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{AMAZON, Document, Format, Version, ask, text};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::required;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    name: Option<String>,
    content: Option<String>,
    document_type: Option<String>,
    document_format: Option<String>,
    document_version: Option<String>,
    version_name: Option<String>,
    display_name: Option<String>,
    target_type: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// Bytes of a document: quotas of Systems Manager.
const LARGEST: usize = 64 << 10;

fn version(request: &Request, kind: &str, number: u64, call: &Call<'_>) -> Result<Version, Refusal> {
    let text = required(request.content.clone(), "content")?;
    if text.len() > LARGEST {
        let says = "The size limit of a document is 64 KB.";
        return Err(Refusal::new("MaxDocumentSizeExceeded", says));
    }
    let format = request
        .document_format
        .as_deref()
        .map_or(Ok(Format::Json), Format::parse)?;
    let content = text::read(&text, format).map_err(|bad| {
        let says = format!("{} not well-formed. {bad}", format.word());
        Refusal::new("InvalidDocumentContent", says)
    })?;
    text::check(&content, kind)?;
    Ok(Version {
        number,
        name: request.version_name.clone(),
        format,
        text,
        content: Arc::new(content),
        at: call.now,
    })
}

pub fn create(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let name = required(request.name.clone(), "name")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    if !(3..=128).contains(&name.len()) || !name.chars().all(is_plain) {
        let rule = "Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-.]{3,128}$";
        return Err(Refusal::constraint(&name, "name", rule));
    }
    if ["aws", "amazon", "amzn"]
        .iter()
        .any(|word| name.to_lowercase().starts_with(word))
    {
        let says = "The document name cannot begin with aws, amazon or amzn.";
        return Err(Refusal::new("ValidationException", says));
    }
    let kind = request.document_type.clone().unwrap_or_else(|| "Command".into());
    let first = version(&request, &kind, 1, call)?;
    let mut own = world.documents.own();
    let here = own.entry((call.caller.account, call.region.clone())).or_default();
    if here.contains_key(&name) {
        let says = format!("Document with same name {name} already exists");
        return Err(Refusal::new("DocumentAlreadyExists", says));
    }
    let tags: BTreeMap<String, String> = request.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    let document = Document {
        name: name.clone(),
        owner: call.caller.account_id.clone(),
        kind,
        target_type: request.target_type,
        display_name: request.display_name,
        tags,
        versions: vec![first.clone()],
        default: 1,
    };
    let reply = json!({ "DocumentDescription": ask::description(&document, &first) });
    here.insert(name, document);
    Ok(reply)
}

/// What is done to a document of the account.
fn change(
    world: &World,
    call: &Call<'_>,
    name: &str,
    does: impl FnOnce(&mut Document) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    if ask::named(world, call, name)?.owner == AMAZON {
        let says = format!("The document {name} belongs to AWS.");
        return Err(Refusal::new("InvalidDocumentOperation", says));
    }
    let mut own = world.documents.own();
    let here = own.get_mut(&(call.caller.account, call.region.clone()));
    let document = here.and_then(|here| here.get_mut(name));
    does(document.ok_or_else(|| ask::unknown(name))?)
}

pub fn update(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let name = required(request.name.clone(), "name")?;
    change(world, call, &name, |document| {
        let latest = document.latest().map_or(0, |latest| latest.number);
        let said = request.document_version.as_deref();
        if said.is_some() && document.version(said).is_none() {
            let says = "The document version is not valid or does not exist.";
            return Err(Refusal::new("InvalidDocumentVersion", says));
        }
        let next = version(&request, &document.kind, latest + 1, call)?;
        if document.latest().is_some_and(|latest| latest.text == next.text) {
            let says = "The content of the association document matches another document.";
            return Err(Refusal::new("DuplicateDocumentContent", says));
        }
        let is_taken = |version: &Version| version.name.is_some() && version.name == next.name;
        if document.versions.iter().any(is_taken) {
            let says = "The version name has already been used in this document.";
            return Err(Refusal::new("DuplicateDocumentVersionName", says));
        }
        document.versions.push(next.clone());
        Ok(json!({ "DocumentDescription": ask::description(document, &next) }))
    })
}

pub fn default(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let name = required(request.name, "name")?;
    let said = required(request.document_version, "documentVersion")?;
    change(world, call, &name, |document| {
        let found = document.version(Some(&said)).cloned();
        let version = found.ok_or_else(|| {
            let says = "The document version is not valid or does not exist.";
            Refusal::new("InvalidDocumentVersion", says)
        })?;
        document.default = version.number;
        Ok(json!({ "Description": { "Name": document.name, "DefaultVersion": version.number.to_string() } }))
    })
}

pub fn delete(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let name = required(request.name, "name")?;
    change(world, call, &name, |_| Ok(json!({})))?;
    let mut own = world.documents.own();
    let place = (call.caller.account, call.region.clone());
    let Some(here) = own.get_mut(&place) else {
        return Ok(json!({}));
    };
    let Some(said) = request.document_version else {
        here.remove(&name);
        return Ok(json!({}));
    };
    let document = here.get_mut(&name).ok_or_else(|| ask::unknown(&name))?;
    let number = document.version(Some(&said)).map(|version| version.number);
    let Some(number) = number else {
        let says = "The document version is not valid or does not exist.";
        return Err(Refusal::new("InvalidDocumentVersion", says));
    };
    if number == document.default {
        let says = "The default version of a document cannot be deleted.";
        return Err(Refusal::new("InvalidDocumentOperation", says));
    }
    document.versions.retain(|version| version.number != number);
    Ok(json!({}))
}
