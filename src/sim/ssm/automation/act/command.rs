//! `aws:runCommand`: a command as SendCommand sends it, waited for to its end on every node.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::api::texts;
use super::super::run::Run;
use super::{Fault, Outcome, done, failed};
use crate::sim::call::Call;
use crate::sim::refusal::Service;
use crate::sim::ssm::command;
use crate::sim::world::World;

/// How often the command is looked at.
const LOOK: Duration = Duration::from_millis(25);

pub async fn run(world: &Arc<World>, run: &Arc<Run>, inputs: &Value) -> Outcome {
    let body = request(inputs).to_string();
    let call = Call {
        service: Service::Ssm,
        caller: run.caller.clone(),
        region: run.region.clone(),
        now: Timestamp::now(),
        request_id: "",
        query: "",
        body: body.as_bytes(),
        operation: "SendCommand".into(),
    };
    let sent = crate::sim::ssm::parse(&call).and_then(|request| command::send(world, &call, request));
    let reply = match sent {
        Ok(reply) => reply,
        Err(refusal) => return failed(format!("{}: {}", refusal.code, refusal.message)),
    };
    let id = reply["Command"]["CommandId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let guard = command::CancelOnDrop::new(world.clone(), &run.caller, &run.region, &id);
    let sum = loop {
        match command::sum(world, run.caller.account, &run.region, &id) {
            Some(sum) if sum.is_over => break sum,
            Some(_) => tokio::time::sleep(LOOK).await,
            None => return failed(format!("The command {id} is gone.")),
        }
    };
    drop(guard);
    let mut outputs = Map::new();
    outputs.insert("CommandId".into(), id.as_str().into());
    outputs.insert("Status".into(), sum.status.into());
    outputs.insert("ResponseCode".into(), sum.code.to_string().into());
    outputs.insert("Output".into(), sum.output.as_str().into());
    if sum.status == "Success" {
        return done(outputs);
    }
    let says = format!(
        "Command {id} ended as {}; {} of {} nodes failed.",
        sum.status, sum.failed, sum.nodes
    );
    Outcome::Failed(Fault {
        outputs,
        code: Some(sum.code.to_string()),
        ..Fault::new("Command", says)
    })
}

/// The members that SendCommand has; each value of a parameter is a list there.
fn request(inputs: &Value) -> Value {
    let mut request = Map::new();
    for (name, value) in inputs.as_object().into_iter().flatten() {
        let value = match name.as_str() {
            "InstanceIds" => texts(Some(value)).into(),
            "Parameters" => {
                let members = value.as_object().into_iter().flatten();
                Value::Object(
                    members
                        .map(|(name, value)| (name.clone(), texts(Some(value)).into()))
                        .collect(),
                )
            }
            "TimeoutSeconds" => {
                super::drive::number(value).map_or(Value::Null, |seconds| Value::from(seconds as u64))
            }
            _ => value.clone(),
        };
        request.insert(name.clone(), value);
    }
    Value::Object(request)
}
