//! What each action does. Those that would run foreign code do not: a script succeeds with the outputs that it declares, empty and
//! with a warning; other actions that the simulator has not fail and say so.

mod command;
mod power;
mod wait;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::api::{Desk, texts};
use super::run::{Run, Status};
use super::{choose, drive, path, resolve, start};
use crate::sim::world::World;

/// Under this name the end of a branch is kept; no output can be called so.
pub const NEXT: &str = "/next";

pub enum Outcome {
    Done(Done),
    Failed(Fault),
    TimedOut,
    Cancelled,
}

#[derive(Default)]
pub struct Done {
    pub outputs: Map<String, Value>,
    pub to: Option<String>,
    pub warning: Option<String>,
}

pub struct Fault {
    pub kind: &'static str,
    pub says: String,
    pub outputs: Map<String, Value>,
    pub code: Option<String>,
}

impl Fault {
    pub fn new(kind: &'static str, says: impl Into<String>) -> Fault {
        Fault {
            kind,
            says: says.into(),
            outputs: Map::new(),
            code: None,
        }
    }
}

fn failed(says: impl Into<String>) -> Outcome {
    Outcome::Failed(Fault::new("Invocation", says))
}

fn done(outputs: Map<String, Value>) -> Outcome {
    Outcome::Done(Done {
        outputs,
        ..Done::default()
    })
}

pub async fn perform(
    world: &Arc<World>,
    run: &Arc<Run>,
    index: usize,
    spec: &Value,
    inputs: &Value,
) -> Outcome {
    let empty = Map::new();
    let members = inputs.as_object().unwrap_or(&empty);
    let desk = Desk {
        world,
        caller: &run.caller,
        region: &run.region,
    };
    let action = spec["action"].as_str().unwrap_or_default();
    match action {
        "aws:sleep" => wait::sleep(world, inputs).await,
        "aws:pause" => wait::pause(run, index).await,
        "aws:approve" => wait::approve(run, index, inputs).await,
        "aws:branch" => match choose::next(inputs) {
            Ok(to) => Outcome::Done(Done {
                to,
                ..Done::default()
            }),
            Err(says) => failed(says),
        },
        "aws:executeAwsApi" => match desk.call(&service(members), &api(members), &rest(members)) {
            Ok(reply) => done(outputs(spec, &reply)),
            Err(says) => failed(says),
        },
        "aws:assertAwsResourceProperty" => match wait::look(&desk, members) {
            Ok((true, _)) => done(Map::new()),
            Ok((false, found)) => failed(format!(
                "The property is {found}, which is not one of {}.",
                inputs["DesiredValues"]
            )),
            Err(says) => failed(says),
        },
        "aws:waitForAwsResourceProperty" => wait::property(world, &desk, members).await,
        "aws:changeInstanceState" => power::change(world, &desk, inputs).await,
        "aws:createTags" => match desk.tag(&texts(members.get("ResourceIds")), &inputs["Tags"]) {
            Ok(_) => done(Map::new()),
            Err(says) => failed(says),
        },
        "aws:runCommand" => command::run(world, run, inputs).await,
        "aws:executeAutomation" => child(world, run, inputs).await,
        "aws:updateVariable" => {
            let name = resolve::plain(&inputs["Name"]);
            let name = name.strip_prefix("variable:").unwrap_or(&name).to_owned();
            run.tell(|state| state.variables.insert(name, inputs["Value"].clone()));
            done(Map::new())
        }
        "aws:executeScript" => Outcome::Done(Done {
            outputs: declared(spec),
            warning: Some("The simulator runs no scripts: the outputs are empty.".into()),
            to: None,
        }),
        other => failed(format!("The simulator does not perform {other}.")),
    }
}

fn service(inputs: &Map<String, Value>) -> String {
    inputs.get("Service").map(resolve::plain).unwrap_or_default()
}

fn api(inputs: &Map<String, Value>) -> String {
    inputs.get("Api").map(resolve::plain).unwrap_or_default()
}

/// The request itself, without what is the action's own.
fn rest(inputs: &Map<String, Value>) -> Map<String, Value> {
    let own = ["Service", "Api", "PropertySelector", "DesiredValues"];
    let kept = inputs.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What a step takes out of a reply, by the selectors of its document.
fn outputs(spec: &Value, reply: &Value) -> Map<String, Value> {
    let named = spec["outputs"].as_array().into_iter().flatten();
    named
        .filter_map(|output| {
            let name = output["Name"].as_str()?;
            let found = path::select(reply, output["Selector"].as_str()?)?;
            Some((name.to_owned(), found))
        })
        .collect()
}

/// Nothing, in the types that a step's outputs declare.
fn declared(spec: &Value) -> Map<String, Value> {
    let named = spec["outputs"].as_array().into_iter().flatten();
    named
        .filter_map(|output| {
            let nothing = match output["Type"].as_str().unwrap_or("String") {
                "Integer" => json!(0),
                "Boolean" => json!(false),
                "StringList" | "MapList" => json!([]),
                "StringMap" => json!({}),
                _ => json!(""),
            };
            Some((output["Name"].as_str()?.to_owned(), nothing))
        })
        .collect()
}

/// Starts another automation and waits for its end; it is ended with the step.
async fn child(world: &Arc<World>, run: &Arc<Run>, inputs: &Value) -> Outcome {
    let started = start::child(world, run, inputs);
    let child = match started {
        Ok(child) => child,
        Err(refusal) => return failed(format!("{}: {}", refusal.code, refusal.message)),
    };
    let guard = EndWithStep(child.clone());
    // Boxed: an automation may run itself.
    let status = Box::pin(child.over()).await;
    drop(guard);
    let mut outputs = Map::new();
    outputs.insert("ExecutionId".into(), child.id.as_str().into());
    outputs.insert("Status".into(), status.word().into());
    let told = child
        .state()
        .outputs
        .values()
        .flatten()
        .cloned()
        .collect::<Vec<_>>();
    outputs.insert("Output".into(), json!(told));
    if status == Status::Success {
        return done(outputs);
    }
    let why = child.state().failure.clone().unwrap_or_default();
    Outcome::Failed(Fault {
        outputs,
        ..Fault::new(
            "Invocation",
            format!(
                "The child automation {} ended as {}. {why}",
                child.id,
                status.word()
            ),
        )
    })
}

/// Cancels a child that still runs when its step is over.
struct EndWithStep(Arc<Run>);

impl Drop for EndWithStep {
    fn drop(&mut self) {
        self.0.ask_to_stop(super::run::Stop::Cancel);
    }
}

/// A span of ISO 8601 in seconds; days count 24 hours.
fn seconds(text: &str) -> Option<f64> {
    let span: jiff::Span = text.trim().parse().ok()?;
    let days = f64::from(span.get_weeks()) * 7.0 + f64::from(span.get_days());
    let clock = f64::from(span.get_hours()) * 3_600.0;
    Some(days * 86_400.0 + clock + span.get_minutes() as f64 * 60.0 + span.get_seconds() as f64)
}

/// A number that an input carries.
fn number(inputs: &Value, name: &str, usual: f64) -> f64 {
    drive::number(&inputs[name]).unwrap_or(usual)
}
