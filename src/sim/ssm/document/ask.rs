//! GetDocument, DescribeDocument and ListDocumentVersions.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Document, Format, PREFERENCES, Version, text};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::{epoch, page, required};
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    name: Option<String>,
    document_version: Option<String>,
    version_name: Option<String>,
    document_format: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VersionsRequest {
    name: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub fn get(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let wanted = request
        .document_format
        .as_deref()
        .map(Format::parse)
        .transpose()?;
    let (document, version) = find(world, call, request)?;
    let mut content = (*version.content).clone();
    let mut text = version.text.clone();
    if document.name == PREFERENCES {
        let (key, minutes) = world.sessions.preferences();
        content["inputs"]["kmsKeyId"] = key.into();
        content["inputs"]["idleSessionTimeout"] = minutes.to_string().into();
        text = format!("{content:#}");
    }
    let format = wanted.unwrap_or(version.format);
    let mut reply = json!({
        "Name": document.name,
        "CreatedDate": epoch(version.at),
        "DocumentVersion": version.number.to_string(),
        "Status": "Active",
        "Content": text::shown(&text, &content, version.format, format)?,
        "DocumentType": document.kind,
        "DocumentFormat": format.word(),
    });
    name_it(&mut reply, &document, &version);
    Ok(reply)
}

pub fn describe(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let (document, version) = find(world, call, request)?;
    Ok(json!({ "Document": description(&document, &version) }))
}

fn name_it(value: &mut Value, document: &Document, version: &Version) {
    for (member, said) in [
        ("VersionName", &version.name),
        ("DisplayName", &document.display_name),
        ("TargetType", &document.target_type),
    ] {
        let is_shown = member != "TargetType" || value.get("Hash").is_some();
        if let Some(said) = said.as_ref().filter(|_| is_shown) {
            value[member] = said.as_str().into();
        }
    }
}

pub fn description(document: &Document, version: &Version) -> Value {
    let content = &version.content;
    let mut value = json!({
        "Name": document.name,
        "Owner": document.owner,
        "Hash": hex::encode(Sha256::digest(version.text.as_bytes())),
        "HashType": "Sha256",
        "CreatedDate": epoch(version.at),
        "Status": "Active",
        "DocumentVersion": version.number.to_string(),
        "LatestVersion": document.latest().map_or(0, |latest| latest.number).to_string(),
        "DefaultVersion": document.default.to_string(),
        "Parameters": parameters(content),
        "PlatformTypes": platforms(document),
        "DocumentType": document.kind,
        "DocumentFormat": version.format.word(),
        "SchemaVersion": text::schema(content),
        "Tags": tags(document),
    });
    if let Some(says) = content["description"].as_str() {
        value["Description"] = says.into();
    }
    name_it(&mut value, document, version);
    value
}

/// AWS tells of every type only whether it is a list.
fn parameters(content: &Value) -> Vec<Value> {
    let said = content["parameters"].as_object().into_iter().flatten();
    said.map(|(name, said)| {
        let kind = said["type"].as_str().unwrap_or("String");
        let is_list = kind.ends_with("List") || kind.starts_with("List<");
        let mut parameter = json!({ "Name": name, "Type": if is_list { "StringList" } else { "String" } });
        if let Some(says) = said["description"].as_str() {
            parameter["Description"] = says.into();
        }
        match &said["default"] {
            Value::Null => {}
            Value::String(text) => parameter["DefaultValue"] = text.as_str().into(),
            other => parameter["DefaultValue"] = other.to_string().into(),
        }
        parameter
    })
    .collect()
}

/// Commands tell by their plugins where they run; the others run anywhere.
pub fn platforms(document: &Document) -> Vec<&'static str> {
    let text = document.latest().map_or("", |latest| latest.text.as_str());
    match document.kind.as_str() {
        "Command" if !text.contains("aws:runPowerShellScript") => vec!["Linux", "MacOS"],
        _ => vec!["Windows", "Linux", "MacOS"],
    }
}

pub fn tags(document: &Document) -> Vec<Value> {
    let tags = document.tags.iter();
    tags.map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}

pub fn versions(world: &World, call: &Call<'_>, request: VersionsRequest) -> Result<Value, Refusal> {
    let name = required(request.name, "name")?;
    let document = named(world, call, &name)?;
    let fingerprint = format!("versions/{}/{}/{name}", call.caller.account, call.region);
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    let newest_first = document.versions.iter().rev();
    let rows: Vec<Value> = newest_first
        .skip(offset)
        .take(size)
        .map(|version| {
            let mut row = json!({
                "Name": document.name, "DocumentVersion": version.number.to_string(), "CreatedDate": epoch(version.at),
                "IsDefaultVersion": version.number == document.default, "DocumentFormat": version.format.word(),
                "Status": "Active",
            });
            name_it(&mut row, &document, version);
            row
        })
        .collect();
    let mut reply = json!({ "DocumentVersions": rows });
    if document.versions.len() > offset + size {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn find(world: &World, call: &Call<'_>, request: Request) -> Result<(Document, Version), Refusal> {
    let name = required(request.name, "name")?;
    let document = named(world, call, &name)?;
    let found = match &request.version_name {
        Some(wanted) => document
            .versions
            .iter()
            .find(|version| version.name.as_ref() == Some(wanted)),
        None => document.version(request.document_version.as_deref()),
    };
    let version = found.cloned().ok_or_else(|| {
        let said = request
            .version_name
            .or(request.document_version)
            .unwrap_or_default();
        let says = format!("The document {name} has no version {said}.");
        Refusal::new("InvalidDocumentVersion", says)
    })?;
    Ok((document, version))
}

pub fn named(world: &World, call: &Call<'_>, name: &str) -> Result<Document, Refusal> {
    let found = world.documents.find(call.caller.account, &call.region, name);
    found.ok_or_else(|| unknown(name))
}

pub fn unknown(name: &str) -> Refusal {
    let says = format!("Document with name {name} does not exist.");
    Refusal::new("InvalidDocument", says)
}
