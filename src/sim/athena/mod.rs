//! Athena, as far as a reader of cost exports needs it: start, poll, page through and stop a query. The statement is
//! parsed and evaluated, row by row, over the simulator's own bill seen as a FOCUS 1.0 export; what it cannot do is a
//! syntax error, never another answer.

mod expression;
mod statement;
mod table;
mod token;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;
use statement::Statement;

/// Where the export is registered.
pub const DATABASE: &str = "costs";
pub const TABLE: &str = "focus";
/// The same bill as a Cost and Usage Report 2.0 that was made without `product` and some others.
pub const REPORT: &str = "cur2";
/// A workgroup that says itself where results go; `primary` does not.
pub const WORKGROUP: &str = "finops";

/// The queries of a run by their ids.
#[derive(Default)]
pub struct Queries(Mutex<HashMap<String, Query>>);

#[derive(Clone)]
struct Query {
    account: usize,
    polls: u32,
    state: State,
    /// Header and rows; `None` in a cell is NULL.
    rows: Vec<Vec<Option<String>>>,
    scanned: u64,
}

#[derive(Clone, PartialEq, Eq)]
enum State {
    Open,
    Failed(String),
    Cancelled,
}

impl Queries {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Query>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queries that were stopped before they ended.
    pub fn cancelled(&self) -> usize {
        self.lock()
            .values()
            .filter(|query| query.state == State::Cancelled)
            .count()
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    query_string: String,
    query_execution_id: String,
    work_group: Option<String>,
    result_configuration: Value,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidRequestException", message)
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let request: Request = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let reply = match call.operation.as_str() {
        "StartQueryExecution" => start(world, call, &request),
        "GetQueryExecution" => with_query(world, call, &request, |query| poll(world, &request, query)),
        "GetQueryResults" => {
            let query = with_query(world, call, &request, |query| Ok(query.clone()))?;
            results(world, &request, &query)
        }
        "StopQueryExecution" => with_query(world, call, &request, |query| {
            if query.state == State::Open && query.polls <= world.faults.athena_polls() {
                query.state = State::Cancelled;
            }
            Ok(json!({}))
        }),
        other => {
            let message = format!("The simulator has no operation {other}");
            Err(Refusal::new("UnknownOperationException", message))
        }
    };
    reply.map(|value| value.to_string())
}

fn with_query<T>(
    world: &World,
    call: &Call<'_>,
    request: &Request,
    then: impl FnOnce(&mut Query) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let id = &request.query_execution_id;
    match world.queries.lock().get_mut(id) {
        Some(query) if query.account == call.caller.account => then(query),
        _ => Err(invalid(format!("QueryExecution {id} was not found"))),
    }
}

fn start(world: &World, call: &Call<'_>, request: &Request) -> Result<Value, Refusal> {
    let group = request.work_group.as_deref().unwrap_or("primary");
    if !["primary", WORKGROUP].contains(&group) {
        return Err(invalid("WorkGroup is not found."));
    }
    if group == "primary" && request.result_configuration["OutputLocation"].as_str().is_none() {
        return Err(invalid(
            "No output location provided. An output location is required either through the Workgroup result \
             configuration setting or as an API input.",
        ));
    }
    if let Some((database, table)) = statement::shown(&request.query_string) {
        return Ok(keep(world, show(call, &database, &table)));
    }
    let statement = Statement::parse(&request.query_string).map_err(invalid)?;
    let ledger = world.ledger(call.now);
    let mut query = Query {
        account: call.caller.account,
        polls: 0,
        state: State::Open,
        rows: Vec::new(),
        scanned: 0,
    };
    if statement.database != DATABASE || ![TABLE, REPORT].contains(&statement.table.as_str()) {
        query.state = State::Failed(format!(
            "TABLE_NOT_FOUND: line {}:1: Table 'awsdatacatalog.{}.{}' does not exist",
            statement.line, statement.database, statement.table
        ));
    } else {
        let table = table::Table {
            world,
            ledger: &ledger,
            own: call.caller.account,
            is_report: statement.table == REPORT,
        };
        match statement.run(&table) {
            Ok(answer) => (query.rows, query.scanned) = (answer.rows, answer.scanned),
            Err(says) => query.state = State::Failed(says),
        }
    }
    Ok(keep(world, query))
}

fn keep(world: &World, query: Query) -> Value {
    let id = uuid::Uuid::new_v4().to_string();
    world.queries.lock().insert(id.clone(), query);
    json!({ "QueryExecutionId": id })
}

/// A name a row, padded as Athena pads it, without a heading.
fn show(call: &Call<'_>, database: &str, table: &str) -> Query {
    let names: &[&str] = match (database, table) {
        (DATABASE, TABLE) => table::FOCUS,
        (DATABASE, REPORT) => table::REPORT,
        _ => &[],
    };
    let state = match names.is_empty() {
        true => State::Failed(format!("FAILED: SemanticException Table not found {table}")),
        false => State::Open,
    };
    Query {
        account: call.caller.account,
        polls: 0,
        state,
        rows: names
            .iter()
            .map(|name| vec![Some(format!("{name:20}"))])
            .collect(),
        scanned: 0,
    }
}

fn poll(world: &World, request: &Request, query: &mut Query) -> Result<Value, Refusal> {
    query.polls += 1;
    let (state, reason) = match &query.state {
        State::Cancelled => ("CANCELLED", None),
        State::Open | State::Failed(_) if query.polls <= world.faults.athena_polls() => {
            (if query.polls == 1 { "QUEUED" } else { "RUNNING" }, None)
        }
        State::Failed(says) => ("FAILED", Some(says)),
        State::Open => ("SUCCEEDED", None),
    };
    let mut status = json!({ "State": state });
    if let Some(reason) = reason {
        status["StateChangeReason"] = reason.as_str().into();
    }
    Ok(json!({ "QueryExecution": {
        "QueryExecutionId": request.query_execution_id,
        "Status": status,
        "Statistics": { "DataScannedInBytes": query.scanned },
    } }))
}

fn results(world: &World, request: &Request, query: &Query) -> Result<Value, Refusal> {
    if query.state != State::Open || query.polls <= world.faults.athena_polls() {
        return Err(invalid("Query has not yet finished or did not succeed."));
    }
    let who = &request.query_execution_id;
    let offset = world
        .pager
        .offset(who, request.next_token.as_deref())
        .map_err(|_| invalid("Invalid NextToken"))?;
    let size = request.max_results.unwrap_or(1000);
    if !(1..=1000).contains(&size) {
        return Err(invalid("MaxResults is more than maximum allowed length 1000."));
    }
    let size = world.faults.ce.page_rows(query.rows.len()).min(size);
    let cell = |cell: &Option<String>| match cell {
        Some(text) => json!({ "VarCharValue": text }),
        None => json!({}),
    };
    let row = |row: &Vec<Option<String>>| json!({ "Data": row.iter().map(cell).collect::<Vec<_>>() });
    let rows: Vec<Value> = query.rows.iter().skip(offset).take(size).map(row).collect();
    let header = query.rows.first().into_iter().flatten().flatten();
    let columns: Vec<Value> = header
        .map(|name| json!({ "Name": name, "Type": "varchar" }))
        .collect();
    let mut reply = json!({ "ResultSet": { "Rows": rows, "ResultSetMetadata": { "ColumnInfo": columns } } });
    if query.rows.len() > offset + size {
        reply["NextToken"] = world.pager.token(who, offset + size).into();
    }
    Ok(reply)
}
