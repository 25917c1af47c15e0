//! The calls that steps make: EC2 on the fleet itself, Systems Manager and CloudWatch through their own doors. What the
//! simulator has not is a failure that says so.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::resolve::plain;
use crate::sim::account::Caller;
use crate::sim::call::Call;
use crate::sim::estate::Tags;
use crate::sim::fleet::{Instance, Size};
use crate::sim::refusal::Service;
use crate::sim::world::World;
use crate::sim::{alarm, ec2, ssm};

/// Who calls, and from where.
pub struct Desk<'a> {
    pub world: &'a World,
    pub caller: &'a Caller,
    pub region: &'a str,
}

impl Desk<'_> {
    /// The reply, or AWS's code and sentence.
    pub fn call(&self, service: &str, api: &str, inputs: &Map<String, Value>) -> Result<Value, String> {
        let api = camel(api);
        match service.to_lowercase().as_str() {
            "ec2" => self.ec2(&api, inputs),
            "ssm" => self.json(Service::Ssm, &api, inputs, |call| {
                let text = ssm::answer(self.world, call).map_err(words)?;
                serde_json::from_str(&text).map_err(|bad| bad.to_string())
            }),
            "cloudwatch" => self.json(Service::Metrics, &api, inputs, |call| {
                let request = serde_json::from_slice(call.body).map_err(|bad| bad.to_string())?;
                let reply = alarm::answer(self.world, call, &request);
                reply
                    .unwrap_or_else(|| Err(unknown("cloudwatch", &api)))
                    .map_err(words)
            }),
            "sts" if api == "GetCallerIdentity" => Ok(json!({
                "Account": self.caller.account_id, "Arn": self.caller.arn, "UserId": self.caller.user_id,
            })),
            other => Err(words(unknown(other, &api))),
        }
    }

    fn json(
        &self,
        service: Service,
        api: &str,
        inputs: &Map<String, Value>,
        answer: impl FnOnce(&Call<'_>) -> Result<Value, String>,
    ) -> Result<Value, String> {
        let body = Value::Object(inputs.clone()).to_string();
        answer(&self.as_call(service, api, body.as_bytes()))
    }

    fn as_call<'b>(&self, service: Service, operation: &str, body: &'b [u8]) -> Call<'b> {
        Call {
            service,
            caller: self.caller.clone(),
            region: self.region.to_owned(),
            now: Timestamp::now(),
            request_id: "00000000-0000-4000-8000-000000000000",
            query: "",
            body,
            operation: operation.to_owned(),
        }
    }

    fn ec2(&self, api: &str, inputs: &Map<String, Value>) -> Result<Value, String> {
        let ids = |member: &str| -> Vec<String> { texts(inputs.get(member)) };
        match api {
            "DescribeInstances" => {
                let rows = self.instances(&ids("InstanceIds"), &filters(inputs), |one, now| {
                    instance(one, now)
                })?;
                let apart = |row: Value| json!({ "OwnerId": self.caller.account_id, "Instances": [row] });
                Ok(json!({ "Reservations": rows.into_iter().map(apart).collect::<Vec<_>>() }))
            }
            "DescribeInstanceStatus" => {
                let rows = self.instances(&ids("InstanceIds"), &filters(inputs), |one, now| {
                    let (code, name) = one.power.state(now);
                    let health = if name == "running" { "ok" } else { "not-applicable" };
                    json!({
                        "InstanceId": one.id, "InstanceState": { "Code": code, "Name": name },
                        "InstanceStatus": { "Status": health }, "SystemStatus": { "Status": health },
                    })
                })?;
                Ok(json!({ "InstanceStatuses": rows }))
            }
            "StartInstances" | "StopInstances" | "RebootInstances" => {
                let ids = ids("InstanceIds");
                self.power(api, &ids)?;
                let rows = self.instances(&ids, &[], |one, now| {
                    let (code, name) = one.power.state(now);
                    json!({ "InstanceId": one.id, "CurrentState": { "Code": code, "Name": name } })
                })?;
                Ok(match api {
                    "StartInstances" => json!({ "StartingInstances": rows }),
                    "StopInstances" => json!({ "StoppingInstances": rows }),
                    _ => json!({}),
                })
            }
            "CreateSnapshot" => self.snapshot(inputs),
            "DescribeSnapshots" => self.snapshots(&ids("SnapshotIds")),
            "ModifyInstanceAttribute" => self.resize(inputs),
            "CreateTags" => self.tag(&ids("Resources"), &inputs["Tags"]),
            other => Err(words(unknown("ec2", other))),
        }
    }

    /// EC2's own words for what it will not do.
    pub fn power(&self, api: &str, ids: &[String]) -> Result<(), String> {
        let named: String = ids
            .iter()
            .enumerate()
            .map(|(nth, id)| format!("&InstanceId.{}={id}", nth + 1))
            .collect();
        let body = format!("Version=2016-11-15&Action={api}{named}");
        let call = self.as_call(Service::Ec2, api, body.as_bytes());
        ec2::answer(self.world, &call).map(|_| ()).map_err(words)
    }

    /// Something of each instance that is meant, terminated ones too.
    pub fn instances(
        &self,
        ids: &[String],
        filters: &[(String, Vec<String>)],
        of: impl Fn(&Instance, Timestamp) -> Value,
    ) -> Result<Vec<Value>, String> {
        let now = Timestamp::now();
        let fleet = self.world.fleet();
        let all = fleet
            .place(self.caller.account, self.region)
            .map_or(&[][..], |place| &place.instances);
        if let Some(gone) = ids.iter().find(|id| !all.iter().any(|one| one.id == **id)) {
            return Err(format!(
                "InvalidInstanceID.NotFound: The instance ID '{gone}' does not exist"
            ));
        }
        Ok(all
            .iter()
            .filter(|one| ids.is_empty() || ids.contains(&one.id))
            .filter(|one| {
                filters
                    .iter()
                    .all(|(name, values)| passes(one, name, values, now))
            })
            .map(|one| of(one, now))
            .collect())
    }

    fn snapshot(&self, inputs: &Map<String, Value>) -> Result<Value, String> {
        let wanted = inputs.get("VolumeId").map(plain).unwrap_or_default();
        let now = Timestamp::now();
        let mut fleet = self.world.fleet_mut();
        let place = fleet.place_mut(self.caller.account, self.region);
        let place =
            place.ok_or_else(|| format!("InvalidVolume.NotFound: The volume '{wanted}' does not exist"))?;
        let says = inputs.get("Description").map(plain).unwrap_or_default();
        let made = place
            .snap(self.world.seed, &wanted, &says, Tags::new(), now)
            .ok_or_else(|| format!("InvalidVolume.NotFound: The volume '{wanted}' does not exist"))?;
        Ok(json!({
            "SnapshotId": made.id, "VolumeId": wanted, "VolumeSize": made.gib, "Description": says, "State": "pending",
        }))
    }

    fn snapshots(&self, ids: &[String]) -> Result<Value, String> {
        let fleet = self.world.fleet();
        let all = fleet.place(self.caller.account, self.region);
        let all = all.map_or(&[][..], |place| &place.estate.snapshots);
        if let Some(gone) = ids.iter().find(|id| !all.iter().any(|one| one.id == **id)) {
            return Err(format!(
                "InvalidSnapshot.NotFound: The snapshot '{gone}' does not exist."
            ));
        }
        let meant = all.iter().filter(|one| ids.is_empty() || ids.contains(&one.id));
        let rows: Vec<Value> = meant
            .map(|one| json!({ "SnapshotId": one.id, "VolumeId": one.volume, "VolumeSize": one.gib, "State": "completed" }))
            .collect();
        Ok(json!({ "Snapshots": rows }))
    }

    fn resize(&self, inputs: &Map<String, Value>) -> Result<Value, String> {
        let id = inputs.get("InstanceId").map(plain).unwrap_or_default();
        let said = inputs.get("InstanceType").unwrap_or(&Value::Null);
        let wanted = said["Value"].as_str().map_or_else(|| plain(said), str::to_owned);
        let size = Size::parse(&wanted).ok_or_else(|| {
            format!("InvalidInstanceAttributeValue: The instance type {wanted} is not one of this region.")
        })?;
        let mut fleet = self.world.fleet_mut();
        let place = fleet.place_mut(self.caller.account, self.region);
        let instance = place.and_then(|place| place.instances.iter_mut().find(|one| one.id == id));
        let instance = instance
            .ok_or_else(|| format!("InvalidInstanceID.NotFound: The instance ID '{id}' does not exist"))?;
        if instance.power.state(Timestamp::now()).1 != "stopped" {
            return Err(format!(
                "IncorrectInstanceState: The instance '{id}' is not in the 'stopped' state."
            ));
        }
        instance.credits = size.credits();
        instance.size = size;
        Ok(json!({}))
    }

    pub fn tag(&self, ids: &[String], tags: &Value) -> Result<Value, String> {
        let mut fleet = self.world.fleet_mut();
        let place = fleet.place_mut(self.caller.account, self.region);
        let all = place
            .map(|place| place.instances.as_mut_slice())
            .unwrap_or_default();
        if let Some(gone) = ids.iter().find(|id| !all.iter().any(|one| one.id == **id)) {
            return Err(format!(
                "InvalidInstanceID.NotFound: The instance ID '{gone}' does not exist"
            ));
        }
        for one in all.iter_mut().filter(|one| ids.contains(&one.id)) {
            for tag in tags.as_array().into_iter().flatten() {
                one.tags.insert(plain(&tag["Key"]), plain(&tag["Value"]));
            }
        }
        Ok(json!({}))
    }
}

fn words(refusal: crate::sim::refusal::Refusal) -> String {
    format!("{}: {}", refusal.code, refusal.message)
}

fn unknown(service: &str, api: &str) -> crate::sim::refusal::Refusal {
    let says = format!("The simulator has no operation {api} of {service}");
    crate::sim::refusal::Refusal::new("UnknownOperationException", says)
}

/// `describe_instances` as `DescribeInstances`.
pub fn camel(name: &str) -> String {
    if !name.contains('_') && name.starts_with(|c: char| c.is_uppercase()) {
        return name.to_owned();
    }
    name.split('_')
        .map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

pub fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(plain).collect(),
        Some(one) => vec![plain(one)],
    }
}

fn filters(inputs: &Map<String, Value>) -> Vec<(String, Vec<String>)> {
    let said = inputs
        .get("Filters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    said.map(|filter| (plain(&filter["Name"]), texts(filter.get("Values"))))
        .collect()
}

fn passes(one: &Instance, name: &str, values: &[String], now: Timestamp) -> bool {
    let has = |fact: &str| {
        values
            .iter()
            .any(|value| crate::sim::wildcard::matches(value, fact))
    };
    match name {
        "instance-id" => has(&one.id),
        "instance-state-name" => has(one.power.state(now).1),
        "instance-type" => has(one.size.name()),
        "vpc-id" => has(&one.vpc_id),
        name => name
            .strip_prefix("tag:")
            .and_then(|key| one.tags.get(key))
            .is_some_and(|value| has(value)),
    }
}

fn instance(one: &Instance, now: Timestamp) -> Value {
    let (code, name) = one.power.state(now);
    let disks: Vec<Value> = one
        .volumes
        .iter()
        .map(|volume| json!({ "DeviceName": volume.device, "Ebs": { "VolumeId": volume.id, "Status": "attached" } }))
        .collect();
    let tags: Vec<Value> = one
        .tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json!({
        "InstanceId": one.id, "State": { "Code": code, "Name": name }, "InstanceType": one.size.name(),
        "ImageId": one.image_id, "PrivateIpAddress": one.private_ip, "PublicIpAddress": one.public_ip,
        "VpcId": one.vpc_id, "SubnetId": one.subnet_id, "Placement": { "AvailabilityZone": one.zone },
        "BlockDeviceMappings": disks, "Tags": tags,
        "SecurityGroups": [{ "GroupId": one.security_group.0, "GroupName": one.security_group.1 }],
    })
}
