//! GetParameter, GetParameters and GetParametersByPath.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::{self, Filter};
use super::{Parameter, SECURE, arn, place, write};
use crate::sim::call::Call;
use crate::sim::kms::Context;
use crate::sim::refusal::{Refusal, Service};
use crate::sim::ssm::{page, required};
use crate::sim::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneRequest {
    name: Option<String>,
    with_decryption: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ManyRequest {
    #[serde(default)]
    names: Vec<String>,
    with_decryption: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PathRequest {
    path: Option<String>,
    recursive: Option<bool>,
    #[serde(default)]
    parameter_filters: Vec<Filter>,
    with_decryption: Option<bool>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

pub fn one(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let said = required(request.name, "name")?;
    let found = find(world, call, &said, request.with_decryption == Some(true))?;
    Ok(json!({ "Parameter": found }))
}

pub fn many(world: &World, call: &Call<'_>, request: ManyRequest) -> Result<Value, Refusal> {
    if !(1..=10).contains(&request.names.len()) {
        let rule = "Member must have length between 1 and 10";
        return Err(Refusal::constraint(
            &format!("{:?}", request.names),
            "names",
            rule,
        ));
    }
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    for name in request.names {
        match find(world, call, &name, request.with_decryption == Some(true)) {
            Ok(parameter) => found.push(parameter),
            Err(refusal) if refusal.code.starts_with("Parameter") => gone.push(name),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": gone }))
}

/// What a name means: `/a/b`, `/a/b:3`, or an ARN.
fn find(world: &World, call: &Call<'_>, said: &str, open: bool) -> Result<Value, Refusal> {
    let unknown = || Refusal::new("ParameterNotFound", format!("Parameter {said} not found."));
    let all = world.parameters.all();
    let here = all.get(&place(call)).ok_or_else(unknown)?;
    let (name, number) = match said.rsplit_once(':') {
        Some((name, number)) if !said.starts_with("arn:") || !name.ends_with("ssm") => (name, Some(number)),
        _ => (said, None),
    };
    let (name, number) = if here.contains_key(said) {
        (said, None)
    } else {
        (name, number)
    };
    let (known, parameter) = here
        .iter()
        .find(|(known, _)| *known == name || arn(call, known) == name || arn(call, known) == said)
        .ok_or_else(unknown)?;
    let number = number.filter(|_| arn(call, known) != said);
    let newest = parameter.versions.len();
    let version = match number {
        None => newest,
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (1..=newest).contains(number))
            .ok_or_else(|| {
                let says = format!("Systems Manager could not find version {text} of {known}.");
                Refusal::new("ParameterVersionNotFound", says)
            })?,
    };
    let mut value = write(
        call,
        known,
        parameter,
        version,
        shown(world, call, known, parameter, version, open)?,
    );
    if let Some(number) = number {
        value["Selector"] = format!(":{number}").into();
    }
    Ok(value)
}

/// The value, or what the key made of it.
fn shown(
    world: &World,
    call: &Call<'_>,
    name: &str,
    parameter: &Parameter,
    version: usize,
    open: bool,
) -> Result<String, Refusal> {
    let clear = parameter
        .versions
        .get(version - 1)
        .map_or("", |version| version.value.as_str());
    if parameter.kind != SECURE {
        return Ok(clear.to_owned());
    }
    let refuse = |says: &str| Refusal::new("InvalidKeyId", says);
    // Opening takes the right to use the key, which `fail.kms` takes away.
    if world.faults.failure(Service::Kms, &call.region).is_some() {
        let says = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you \
                    are not allowed to access.";
        return if open {
            Err(Refusal::new("AccessDeniedException", says))
        } else {
            seal(world, call, name, clear)
        };
    }
    if open {
        return Ok(clear.to_owned());
    }
    seal(world, call, name, clear).map_err(|_| refuse("the value could not be sealed"))
}

fn seal(world: &World, call: &Call<'_>, name: &str, clear: &str) -> Result<String, Refusal> {
    let context = Context::from([("PARAMETER_ARN".to_owned(), arn(call, name))]);
    let sealed = world.sessions.vault().seal(clear.as_bytes(), &context);
    let sealed =
        sealed.ok_or_else(|| Refusal::new("InternalServerError", "the value could not be sealed"))?;
    Ok(STANDARD.encode(sealed))
}

pub fn by_path(world: &World, call: &Call<'_>, request: PathRequest) -> Result<Value, Refusal> {
    let path = required(request.path.clone(), "path")?;
    if !path.starts_with('/') {
        let says = "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".";
        return Err(Refusal::new("ValidationException", says));
    }
    check::filters(&request.parameter_filters, &["Type", "KeyId", "Label"])?;
    let fingerprint = format!(
        "by-path/{:?}/{}",
        place(call),
        serde_json::to_string(&request).unwrap_or_default()
    );
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=10,
    )?;
    let all = world.parameters.all();
    let base = if path == "/" {
        "/".to_owned()
    } else {
        format!("{}/", path.trim_end_matches('/'))
    };
    let is_under = |name: &str| {
        let rest = name.strip_prefix(&base);
        rest.is_some_and(|rest| request.recursive == Some(true) || !rest.contains('/'))
    };
    let here = all.get(&place(call)).into_iter().flatten();
    let found: Vec<(&String, &Parameter)> = here
        .filter(|(name, _)| is_under(name))
        .filter(|(name, one)| {
            request
                .parameter_filters
                .iter()
                .all(|filter| check::admits(filter, name, one))
        })
        .collect();
    let open = request.with_decryption == Some(true);
    let mut rows = Vec::new();
    for (name, one) in found.iter().skip(offset).take(size) {
        let newest = one.versions.len();
        rows.push(write(
            call,
            name,
            one,
            newest,
            shown(world, call, name, one, newest, open)?,
        ));
    }
    let mut reply = json!({ "Parameters": rows });
    if found.len() > offset + size {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}
