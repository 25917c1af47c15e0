//! DescribeParameters: everything but the values.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::{self, Filter};
use super::{Parameter, arn, place};
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
    parameter_filters: Vec<Filter>,
    max_results: Option<i64>,
    #[serde(skip_serializing)]
    next_token: Option<String>,
}

const KEYS: [&str; 6] = ["Name", "Type", "KeyId", "Path", "Tier", "DataType"];

pub fn describe(world: &World, call: &Call<'_>, mut request: Request) -> Result<Value, Refusal> {
    if !request.filters.is_empty() && !request.parameter_filters.is_empty() {
        let says = "You can use either Filters or ParameterFilters in a single request.";
        return Err(Refusal::new("ValidationException", says));
    }
    let fingerprint = format!(
        "parameters/{:?}/{}",
        place(call),
        serde_json::to_string(&request).unwrap_or_default()
    );
    // The older kind of filter means beginnings.
    let older = request.filters.drain(..).map(|filter| Filter {
        option: (filter.key == "Name").then(|| "BeginsWith".to_owned()),
        ..filter
    });
    let filters: Vec<Filter> = request.parameter_filters.drain(..).chain(older).collect();
    check::filters(&filters, &KEYS)?;
    let (offset, size) = page(
        world,
        &fingerprint,
        request.max_results,
        request.next_token.as_deref(),
        1..=50,
    )?;
    let all = world.parameters.all();
    let here = all.get(&place(call)).into_iter().flatten();
    let found: Vec<(&String, &Parameter)> = here
        .filter(|(name, one)| filters.iter().all(|filter| check::admits(filter, name, one)))
        .collect();
    let rows: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(size)
        .map(|(name, one)| write(call, name, one))
        .collect();
    let mut reply = json!({ "Parameters": rows });
    if found.len() > offset + size {
        reply["NextToken"] = world.pager.token(&fingerprint, offset + size).into();
    }
    Ok(reply)
}

fn write(call: &Call<'_>, name: &str, one: &Parameter) -> Value {
    let newest = one.versions.last();
    let mut value = json!({
        "Name": name, "ARN": arn(call, name), "Type": one.kind, "Version": one.versions.len(), "Tier": one.tier,
        "DataType": one.data_type, "Policies": [],
        "LastModifiedDate": newest.map(|version| epoch(version.at)), "LastModifiedUser": newest.map(|version| &version.by),
    });
    for (member, said) in [
        ("Description", &one.says),
        ("KeyId", &one.key_id),
        ("AllowedPattern", &one.pattern),
    ] {
        if let Some(said) = said {
            value[member] = said.as_str().into();
        }
    }
    value
}
