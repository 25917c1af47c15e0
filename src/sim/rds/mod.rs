//! The Relational Database Service in its query protocol, as far as an on-call page needs it: databases, what happened to
//! them, a restart, more storage. Facts: the RDS API reference, version 2014-10-31.

mod change;
mod write;

use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::call::Call;
use super::estate::Database;
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;

pub const VERSION: &str = "2014-10-31";
pub const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";
/// What is told of events where nobody says for how long.
const USUAL_MINUTES: i64 = 60;
/// Events are kept for so long.
const MOST_MINUTES: i64 = 14 * 24 * 60;

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let form = Form::parse(call.query, call.body);
    match call.operation.as_str() {
        "DescribeDBInstances" => describe(world, call, &form),
        "DescribeEvents" => events(world, call, &form),
        "RebootDBInstance" => change::reboot(world, call, &form),
        "ModifyDBInstance" => change::modify(world, call, &form),
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            Err(Refusal::new("InvalidAction", message))
        }
    }
}

fn not_found(name: &str) -> Refusal {
    Refusal::new("DBInstanceNotFound", format!("DBInstance {name} not found."))
        .with_status(StatusCode::NOT_FOUND)
}

fn databases(world: &World, call: &Call<'_>) -> Vec<Database> {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    place
        .map(|place| place.estate.databases.clone())
        .unwrap_or_default()
}

fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let mut all = databases(world, call);
    if let Some(name) = form.get("DBInstanceIdentifier") {
        all.retain(|one| one.name == name);
        if all.is_empty() {
            return Err(not_found(name));
        }
    }
    let (from, to, next) = page(world, call, form, all.len())?;
    Ok(call.reply(NAMESPACE, |x| {
        x.within("DBInstances", |x| {
            for one in &all[from..to] {
                x.within("DBInstance", |x| write::database(x, call, one, &all));
            }
        });
        x.leaf_if("Marker", next);
    }))
}

/// The first row of the page, the one after its last, and the marker of the next.
fn page(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    rows: usize,
) -> Result<(usize, usize, Option<String>), Refusal> {
    let said = form.get("MaxRecords").map_or(Ok(100), str::parse);
    let size: usize = said
        .ok()
        .filter(|size| (20..=100).contains(size))
        .ok_or_else(|| {
            let message = "Invalid value for max records. Must be between 20 and 100";
            Refusal::new("InvalidParameterValue", message)
        })?;
    let request = format!("{}/{}/{}", call.operation, call.caller.account, call.region);
    let offset = world.pager.offset(&request, form.get("Marker"));
    let from = offset.map_err(|_| Refusal::new("InvalidParameterValue", "Invalid marker."))?;
    let to = rows.min(from.saturating_add(size));
    let next = (to < rows).then(|| world.pager.token(&request, to));
    Ok((from.min(rows), to, next))
}

fn events(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let wanted = form.get("SourceIdentifier");
    let kind = form.get("SourceType");
    if wanted.is_some() && kind.is_none() {
        let message = "SourceType must be provided along with SourceIdentifier.";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    let since = since(call, form)?;
    let of_databases = kind.is_none_or(|kind| kind == "db-instance");
    let all = databases(world, call);
    let mut rows: Vec<(Timestamp, &Database, &str, &str)> = Vec::new();
    for one in all
        .iter()
        .filter(|one| of_databases && wanted.is_none_or(|name| one.name == name))
    {
        let told = one
            .events
            .iter()
            .filter(|(at, ..)| *at >= since && *at <= call.now);
        rows.extend(told.map(|(at, category, says)| (*at, one, *category, *says)));
    }
    rows.sort_by_key(|(at, ..)| *at);
    let (from, to, next) = page(world, call, form, rows.len())?;
    Ok(call.reply(NAMESPACE, |x| {
        x.within("Events", |x| {
            for (at, one, category, says) in &rows[from..to] {
                x.within("Event", |x| write::event(x, call, one, (*at, category, says)));
            }
        });
        x.leaf_if("Marker", next);
    }))
}

/// From when on events are asked for.
fn since(call: &Call<'_>, form: &Form) -> Result<Timestamp, Refusal> {
    let bad = |name: &str| Refusal::new("InvalidParameterValue", format!("Invalid value for {name}."));
    if let Some(text) = form.get("StartTime") {
        return text.parse().map_err(|_| bad("StartTime"));
    }
    let minutes = form.get("Duration").map_or(Ok(USUAL_MINUTES), str::parse);
    let minutes = minutes
        .ok()
        .filter(|minutes| (1..=MOST_MINUTES).contains(minutes));
    Ok(call.now - SignedDuration::from_mins(minutes.ok_or_else(|| bad("Duration"))?))
}
