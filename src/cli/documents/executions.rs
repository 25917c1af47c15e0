//! `qd documents executions`: automations of every account and region, newest first.

use futures_util::StreamExt;
use serde_json::json;

use super::{lasted, one_line};
use crate::cli::{Context, Error, Exit, Outcome, cloud};

#[derive(clap::Args)]
pub struct Args {
    /// At most so many of each place
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// The children of this automation only
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let places = clients.places().await;
    let (mut rows, mut failures) = (Vec::new(), places.failed);
    for place in &places.found {
        let mut pages = clients.fetch_executions(place, args.parent.as_deref()).await;
        let mut here = Vec::new();
        while here.len() < args.limit {
            match pages.next().await {
                Some(Ok(page)) => here.extend(page),
                Some(Err(failure)) => {
                    failures.push(failure);
                    break;
                }
                None => break,
            }
        }
        here.truncate(args.limit);
        rows.extend(here.into_iter().map(|row| (place, row)));
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.started_at));
    if context.json {
        let all: Vec<_> = rows
            .iter()
            .map(|(place, row)| {
                json!({
                    "execution_id": row.id, "document": row.document, "version": row.version, "status": row.status,
                    "mode": row.mode.word(), "started_at": row.started_at, "ended_at": row.ended_at, "by": row.by,
                    "parent": row.parent, "target": row.target, "current_step": row.current_step,
                    "failure": row.failure, "profile": place.profile, "region": place.region,
                })
            })
            .collect();
        context.print_json(&json!({ "executions": all, "failures": failures }))?;
    } else {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(place, row)| {
                let says = row
                    .failure
                    .clone()
                    .or_else(|| row.current_step.clone())
                    .unwrap_or_default();
                vec![
                    row.started_at
                        .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
                        .unwrap_or_default(),
                    row.document.clone(),
                    row.status.says().to_owned(),
                    lasted(row.started_at, row.ended_at),
                    row.id.clone(),
                    format!("{}/{}", place.profile, place.region),
                    one_line(&says),
                ]
            })
            .collect();
        context.print_table(
            &["STARTED", "DOCUMENT", "STATUS", "TOOK", "ID", "WHERE", "SAYS"],
            &cells,
        )?;
    }
    failures.iter().for_each(cloud::tell);
    match rows.is_empty() && !failures.is_empty() {
        true => Err(Error::failed("no place told its automations")),
        false => Ok(Exit::Done),
    }
}
