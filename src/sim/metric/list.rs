//! ListMetrics: which metrics there are data points of, five hundred a page.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::call::Call;
use crate::sim::fleet::{Place, Power};
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

const PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<Wanted>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    name: String,
    value: Option<String>,
}

/// Namespace, name, and the one dimension with its value.
type Metric<'a> = (&'static str, &'static str, &'static str, &'a str);

impl Request {
    fn admits(&self, (namespace, name, key, value): &Metric<'_>) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|one| one == text);
        let has = |one: &Wanted| one.name == *key && is(&one.value, value);
        is(&self.namespace, namespace) && is(&self.metric_name, name) && self.dimensions.iter().all(has)
    }
}

pub fn answer(world: &World, call: &Call<'_>, request: Value) -> Result<Value, Refusal> {
    let request: Request = serde_json::from_value(request)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let who = format!("metrics/{}/{}", call.caller.account, call.region);
    let offset = world.pager.offset(&who, request.next_token.as_deref());
    let offset = offset.map_err(|_| Refusal::new("InvalidParameterValue", "The next token is not valid."))?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all = place.map(all).unwrap_or_default();
    let found: Vec<&Metric<'_>> = all.iter().filter(|metric| request.admits(metric)).collect();
    let page = found.iter().skip(offset).take(PAGE);
    let rows: Vec<Value> = page
        .map(|(namespace, name, key, value)| {
            json!({
                "Namespace": namespace, "MetricName": name,
                "Dimensions": [{ "Name": key, "Value": value }],
            })
        })
        .collect();
    let mut reply = json!({ "Metrics": rows });
    if found.len() > offset + PAGE {
        reply["NextToken"] = world.pager.token(&who, offset + PAGE).into();
    }
    Ok(reply)
}

/// Nobody has installed the CloudWatch agent, so that there is no memory among them.
fn all(place: &Place) -> Vec<Metric<'_>> {
    let mut found = Vec::new();
    let mut add = |namespace, names: &[&'static str], key, value| {
        found.extend(names.iter().map(|name| (namespace, *name, key, value)));
    };
    let is_on = |power: &Power| matches!(power, Power::Running | Power::Starting(_));
    for one in &place.instances {
        for volume in &one.volumes {
            let names = ["VolumeReadOps", "VolumeWriteOps", "BurstBalance"];
            let count = if volume.shape.kind == "gp2" { 3 } else { 2 };
            add("AWS/EBS", &names[..count], "VolumeId", volume.id.as_str());
        }
        if is_on(&one.power) {
            let names = ["CPUUtilization", "NetworkIn", "NetworkOut", "CPUCreditBalance"];
            let count = if one.credits.is_some() { 4 } else { 3 };
            add("AWS/EC2", &names[..count], "InstanceId", one.id.as_str());
        }
    }
    for nat in &place.estate.nats {
        let names = ["BytesOutToDestination", "BytesOutToSource"];
        add("AWS/NATGateway", &names, "NatGatewayId", nat.id.as_str());
    }
    for database in &place.estate.databases {
        let names = ["CPUUtilization", "DatabaseConnections", "FreeStorageSpace"];
        add("AWS/RDS", &names, "DBInstanceIdentifier", database.name.as_str());
    }
    found
}
