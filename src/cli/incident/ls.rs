//! `qd incident ls`: newest first, with how soon each was acknowledged and over. Your current one has a mark.

use serde::Serialize;

use super::{Context, Exit, Outcome, notice, quote};
use crate::incident::timeline::stamp;
use crate::incident::{self, State, journal};

/// One object of the JSON document.
#[derive(Serialize)]
pub struct Row {
    incident: String,
    title: String,
    severity: &'static str,
    status: &'static str,
    started_at: Option<String>,
    acknowledged_at: Option<String>,
    mitigated_at: Option<String>,
    recovered_at: Option<String>,
    closed_at: Option<String>,
    to_acknowledge_s: Option<u64>,
    to_recover_s: Option<u64>,
    alarm: Option<String>,
    opsitem: Option<String>,
    opened_by: String,
}

impl Row {
    pub fn of(state: &State) -> Row {
        let seconds = |us: u64| us / 1_000_000;
        Row {
            incident: state.id.clone(),
            title: state.title.clone(),
            severity: state.severity.as_str(),
            status: state.status.as_str(),
            started_at: state.started_at.map(stamp),
            acknowledged_at: state.acknowledged_at.map(stamp),
            mitigated_at: state.mitigated_at.map(stamp),
            recovered_at: state.recovered_at.map(stamp),
            closed_at: state.closed_at.map(stamp),
            to_acknowledge_s: state.to_acknowledge().us().map(seconds),
            to_recover_s: state.to_recover().us().map(seconds),
            alarm: state.alarm.as_ref().map(|alarm| alarm.name.clone()),
            opsitem: state.opsitem.as_ref().map(|item| item.id.clone()),
            opened_by: state.opened_by.clone(),
        }
    }
}

#[derive(Serialize)]
struct Document {
    current: Option<String>,
    incidents: Vec<Row>,
}

pub fn run(context: &Context) -> Outcome {
    let data_dir = &context.paths.data_dir;
    let current = incident::current(data_dir)?;
    let mut rows = Vec::new();
    let mut states = Vec::new();
    for id in journal::list(data_dir)? {
        let journal = journal::Journal::load(data_dir, &id)?;
        for fault in &journal.faults {
            notice(format!("qd: {id}, line {}: {}", fault.line, quote(&fault.says)));
        }
        states.push(State::of(&id, &journal.lines));
    }
    states.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
    for state in &states {
        rows.push(Row::of(state));
    }
    if context.json {
        let incidents = rows;
        context.print_json(&Document { current, incidents })?;
        return Ok(Exit::Done);
    }
    let span = |seconds: Option<u64>| match seconds {
        Some(seconds) => incident::report::lasted(seconds * 1_000_000),
        None => "—".into(),
    };
    let cells: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| {
            vec![
                if current.as_ref() == Some(&row.incident) {
                    "*"
                } else {
                    ""
                }
                .into(),
                row.incident,
                row.severity.into(),
                row.status.into(),
                row.started_at
                    .map(|at| at[..19].replace('T', " "))
                    .unwrap_or_default(),
                span(row.to_acknowledge_s),
                span(row.to_recover_s),
                row.title,
            ]
        })
        .collect();
    let heads = [
        "",
        "INCIDENT",
        "SEVERITY",
        "STATUS",
        "BEGAN (UTC)",
        "ACKNOWLEDGED",
        "RECOVERED",
        "TITLE",
    ];
    context.print_table(&heads, &cells)?;
    Ok(Exit::Done)
}
