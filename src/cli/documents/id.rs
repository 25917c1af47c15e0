//! From what an id begins with to the whole of it, where one automation alone begins so.

use futures_util::StreamExt;
use futures_util::future::join_all;

use crate::aws::{Cloud, ExecutionRow, Failure, Place};
use crate::cli::{Error, quote};

/// Characters of an automation's id.
const WHOLE: usize = 36;
/// Of each place so many are looked through, newest first.
const LOOKED: usize = 200;

/// Exit 5 where none of the newest begins so, 2 where several do.
pub async fn whole(cloud: &Cloud, places: &[Place], begins: &str) -> Result<String, Error> {
    if begins.len() >= WHOLE {
        return Ok(begins.to_owned());
    }
    if begins.trim().is_empty() {
        return Err(Error::usage("the id is empty").hint("`qd documents executions` lists them"));
    }
    let (mut found, mut failed) = (Vec::new(), None);
    for listed in join_all(places.iter().map(|place| newest(cloud, place))).await {
        match listed {
            Ok(rows) => found.extend(rows.into_iter().filter(|row| row.id.starts_with(begins))),
            Err(failure) => failed = Some(failure),
        }
    }
    match (found.as_slice(), failed) {
        ([one], None) => Ok(one.id.clone()),
        ([], Some(failure)) => {
            let hint = format!("give the whole id, for which nothing is listed; {}", failure.hint);
            Err(Error::from(failure).hint(hint))
        }
        ([], None) => Err(Error::unreachable(format!(
            "no automation among the newest {LOOKED} of each place begins with {}",
            quote(begins)
        ))
        .hint("give the whole id; `qd documents executions` lists them")),
        ([_], Some(failure)) => Err(Error::unreachable(format!(
            "{} may be several: {}",
            quote(begins),
            quote(&failure.to_string())
        ))
        .hint("give the whole id, or name the place with --profile and --region")),
        (several, _) => {
            let list: Vec<String> = several
                .iter()
                .map(|row| format!("{} {}", row.id, row.document))
                .collect();
            Err(Error::usage(format!(
                "{} is {} automations:\n  {}",
                quote(begins),
                several.len(),
                list.join("\n  ")
            ))
            .hint("give more of the id"))
        }
    }
}

async fn newest(cloud: &Cloud, place: &Place) -> Result<Vec<ExecutionRow>, Failure> {
    let mut pages = cloud.fetch_executions(place, None).await;
    let mut rows = Vec::new();
    while rows.len() < LOOKED {
        match pages.next().await {
            Some(page) => rows.extend(page?),
            None => break,
        }
    }
    Ok(rows)
}
