//! PutParameter and DeleteParameter.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{DEFAULT_KEY, Parameter, SECURE, Version, check, place};
use crate::sim::call::Call;
use crate::sim::kms;
use crate::sim::refusal::Refusal;
use crate::sim::ssm::required;
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    name: Option<String>,
    description: Option<String>,
    value: Option<String>,
    r#type: Option<String>,
    key_id: Option<String>,
    overwrite: Option<bool>,
    allowed_pattern: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    tier: Option<String>,
    data_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneRequest {
    name: Option<String>,
}

/// Bytes of a value of each tier.
const STANDARD: usize = 4_096;
const ADVANCED: usize = 8_192;

pub fn put(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let name = required(request.name, "name")?;
    check::name(&name)?;
    let value = required(request.value, "value")?;
    let tier = request.tier.unwrap_or_else(|| "Standard".into());
    let most = if tier == "Standard" { STANDARD } else { ADVANCED };
    if value.is_empty() || value.len() > most {
        let says = format!(
            "{tier} tier parameters support a maximum parameter value of {most} characters, and no empty one."
        );
        return Err(Refusal::new("ValidationException", says));
    }
    if let Some(pattern) = &request.allowed_pattern {
        let pattern = regex::Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|_| Refusal::new("InvalidAllowedPatternException", "The pattern cannot be read."))?;
        if !pattern.is_match(&value) {
            let says = "Parameter value, cannot be validated against allowedPattern";
            return Err(Refusal::new("ParameterPatternMismatchException", says));
        }
    }
    let mut all = world.parameters.all();
    let here = all.entry(place(call)).or_default();
    let old = here.get(&name);
    if old.is_some() && request.overwrite != Some(true) {
        let says = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(Refusal::new("ParameterAlreadyExists", says));
    }
    let kind = match (request.r#type, old) {
        (Some(kind), _) => kind,
        (None, Some(old)) => old.kind.clone(),
        (None, None) => {
            return Err(Refusal::new(
                "ValidationException",
                "A parameter type is required when you create a parameter.",
            ));
        }
    };
    if !["String", "StringList", SECURE].contains(&kind.as_str()) {
        let rule = "Member must satisfy enum value set: [SecureString, StringList, String]";
        return Err(Refusal::constraint(&kind, "type", rule));
    }
    if old.is_some_and(|old| old.kind != kind) {
        let says = "The parameter type cannot be changed. Delete the parameter and create it anew.";
        return Err(Refusal::new("HierarchyTypeMismatchException", says));
    }
    let key_id = match (kind == SECURE, request.key_id) {
        (true, said) => {
            let said = said.unwrap_or_else(|| DEFAULT_KEY.to_owned());
            let found = kms::find(call, &said, DEFAULT_KEY);
            Some(found.ok_or_else(|| Refusal::new("InvalidKeyId", format!("Invalid keyId {said}")))?)
        }
        (false, Some(_)) => {
            let says = "KeyId is required for SecureString type parameter only.";
            return Err(Refusal::new("ValidationException", says));
        }
        (false, None) => None,
    };
    let mut versions = old.map(|old| old.versions.clone()).unwrap_or_default();
    versions.push(Version {
        value,
        at: call.now,
        by: call.caller.arn.clone(),
    });
    let kept = old.map(|old| old.tags.clone()).unwrap_or_default();
    let reply = json!({ "Version": versions.len(), "Tier": tier });
    let tags: BTreeMap<String, String> = request.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    let parameter = Parameter {
        kind,
        says: request
            .description
            .or_else(|| old.and_then(|old| old.says.clone())),
        key_id,
        tier,
        data_type: request.data_type.unwrap_or_else(|| "text".into()),
        pattern: request.allowed_pattern,
        tags: kept.into_iter().chain(tags).collect(),
        versions,
    };
    here.insert(name, parameter);
    Ok(reply)
}

pub fn delete(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let name = required(request.name, "name")?;
    let mut all = world.parameters.all();
    let gone = all.get_mut(&place(call)).and_then(|here| here.remove(&name));
    match gone {
        Some(_) => Ok(json!({})),
        None => Err(Refusal::new(
            "ParameterNotFound",
            format!("Parameter {name} not found."),
        )),
    }
}
