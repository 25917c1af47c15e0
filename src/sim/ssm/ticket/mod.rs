//! OpsItems: the tickets of OpsCenter. CreateOpsItem, GetOpsItem, UpdateOpsItem and DescribeOpsItems, with the refusal of a
//! second ticket for the same trouble. Facts: the Systems Manager API reference and its guide on operational data.

mod check;
mod list;
mod seed;
mod write;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::required;
use crate::sim::call::Call;
use crate::sim::fleet::Fleet;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

pub use list::describe;

/// Under this key stands the text that tells one trouble from another.
const DEDUP: &str = "/aws/dedup";

#[derive(Debug, Clone)]
pub struct Ticket {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub description: String,
    pub source: String,
    pub category: Option<String>,
    pub severity: Option<String>,
    pub priority: Option<i64>,
    pub status: String,
    pub data: BTreeMap<String, Data>,
    pub related: Vec<String>,
    pub notifications: Vec<String>,
    /// Planned and actual start and end, as they were given.
    pub times: BTreeMap<String, f64>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub modified_by: String,
    pub modified_at: Timestamp,
    pub version: u64,
}

impl Ticket {
    fn is_open(&self) -> bool {
        !matches!(self.status.as_str(), "Resolved" | "Closed")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Data {
    pub value: Option<String>,
    pub r#type: Option<String>,
}

impl Data {
    pub fn new(value: impl Into<String>, is_searchable: bool) -> Data {
        let kind = if is_searchable {
            "SearchableString"
        } else {
            "String"
        };
        Data {
            value: Some(value.into()),
            r#type: Some(kind.into()),
        }
    }

    pub fn is_searchable(&self) -> bool {
        self.r#type.as_deref() == Some("SearchableString")
    }
}

#[derive(Debug, Default)]
pub struct Tickets(Mutex<BTreeMap<(usize, String), Vec<Ticket>>>);

impl Tickets {
    pub fn build(fleet: &Fleet, account_ids: &[String], seed: u64, now: Timestamp) -> Tickets {
        Tickets(Mutex::new(seed::all(fleet, account_ids, seed, now)))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(usize, String), Vec<Ticket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(call: &Call<'_>) -> (usize, String) {
    (call.caller.account, call.region.clone())
}

/// What a create and an update have in common.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    ops_item_id: Option<String>,
    ops_item_type: Option<String>,
    title: Option<String>,
    description: Option<String>,
    source: Option<String>,
    category: Option<String>,
    severity: Option<String>,
    priority: Option<i64>,
    status: Option<String>,
    #[serde(default)]
    operational_data: BTreeMap<String, Data>,
    #[serde(default)]
    operational_data_to_delete: Vec<String>,
    related_ops_items: Option<Vec<Related>>,
    notifications: Option<Vec<Notification>>,
    planned_start_time: Option<f64>,
    planned_end_time: Option<f64>,
    actual_start_time: Option<f64>,
    actual_end_time: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Related {
    ops_item_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    arn: Option<String>,
}

pub fn create(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    check::request(&request)?;
    let title = required(request.title.clone(), "title")?;
    let source = required(request.source.clone(), "source")?;
    let description = required(request.description.clone(), "description")?;
    let mut all = world.tickets.all();
    let here = all.entry(place(call)).or_default();
    check::same(here, &request.operational_data, None)?;
    let mut ticket = Ticket {
        id: format!("oi-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]),
        kind: request
            .ops_item_type
            .clone()
            .unwrap_or_else(|| "/aws/issue".into()),
        title,
        description,
        source,
        category: None,
        severity: None,
        priority: None,
        status: "Open".into(),
        data: BTreeMap::new(),
        related: Vec::new(),
        notifications: Vec::new(),
        times: BTreeMap::new(),
        created_by: call.caller.arn.clone(),
        created_at: call.now,
        modified_by: call.caller.arn.clone(),
        modified_at: call.now,
        version: 0,
    };
    change(&mut ticket, request, call);
    let reply = json!({ "OpsItemId": ticket.id, "OpsItemArn": write::arn(call, &ticket.id) });
    here.push(ticket);
    Ok(reply)
}

pub fn update(world: &World, call: &Call<'_>, request: Request) -> Result<Value, Refusal> {
    let id = required(request.ops_item_id.clone(), "opsItemId")?;
    check::request(&request)?;
    let mut all = world.tickets.all();
    let here = all.entry(place(call)).or_default();
    check::same(here, &request.operational_data, Some(&id))?;
    let ticket = here.iter_mut().find(|ticket| ticket.id == id);
    change(ticket.ok_or_else(|| unknown(&id))?, request, call);
    Ok(json!({}))
}

fn change(ticket: &mut Ticket, request: Request, call: &Call<'_>) {
    let put = |place: &mut String, said: Option<String>| {
        if let Some(said) = said {
            *place = said;
        }
    };
    put(&mut ticket.title, request.title);
    put(&mut ticket.description, request.description);
    put(&mut ticket.status, request.status);
    ticket.category = request.category.or(ticket.category.take());
    ticket.severity = request.severity.or(ticket.severity.take());
    ticket.priority = request.priority.or(ticket.priority);
    if let Some(related) = request.related_ops_items {
        ticket.related = related.into_iter().map(|related| related.ops_item_id).collect();
    }
    if let Some(told) = request.notifications {
        ticket.notifications = told.into_iter().filter_map(|told| told.arn).collect();
    }
    let times = [
        ("PlannedStartTime", request.planned_start_time),
        ("PlannedEndTime", request.planned_end_time),
        ("ActualStartTime", request.actual_start_time),
        ("ActualEndTime", request.actual_end_time),
    ];
    for (name, at) in times {
        if let Some(at) = at {
            ticket.times.insert(name.to_owned(), at);
        }
    }
    for key in request.operational_data_to_delete {
        ticket.data.remove(&key);
    }
    ticket.data.extend(request.operational_data);
    ticket.modified_by = call.caller.arn.clone();
    ticket.modified_at = call.now;
    ticket.version += 1;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneRequest {
    ops_item_id: Option<String>,
}

pub fn get(world: &World, call: &Call<'_>, request: OneRequest) -> Result<Value, Refusal> {
    let id = required(request.ops_item_id, "opsItemId")?;
    let all = world.tickets.all();
    let here = all.get(&place(call)).into_iter().flatten();
    let ticket = here.into_iter().find(|ticket| ticket.id == id);
    Ok(json!({ "OpsItem": write::whole(call, ticket.ok_or_else(|| unknown(&id))?) }))
}

fn unknown(id: &str) -> Refusal {
    Refusal::new(
        "OpsItemNotFoundException",
        format!("OpsItem ID {id} does not exist"),
    )
}
