//! `qd costs import PATH…`: exports from this machine or from S3, whole or not at all. How far it is goes to standard
//! error; the old import stays until the new one was read to its end.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{files, sheet};
use crate::aws::{Failure, Place, Why};
use crate::cli::{Context, Error, Exit, Outcome, cloud, notice};
use crate::cost::Period;
use crate::cost::import::{self, Fetched, Imported, Progress, Trouble};

/// Between two lines about how far it is.
const PAUSE: Duration = Duration::from_secs(2);

/// Rows so far, told now and then.
pub struct Told {
    last: Instant,
}

impl Told {
    pub fn new() -> Told {
        Told { last: Instant::now() }
    }

    pub fn hear(&mut self, progress: &Progress) {
        if self.last.elapsed() < PAUSE || !std::io::stderr().is_terminal() {
            return;
        }
        self.last = Instant::now();
        notice(format_args!(
            "{}: {} rows, {:.0} rows/s",
            progress.file.display(),
            progress.rows,
            rate(progress.rows, progress.took)
        ));
    }
}

fn rate(rows: u64, took: Duration) -> f64 {
    rows as f64 / took.as_secs_f64().max(0.001)
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        Error::failed(trouble.to_string()).hint(trouble.hint)
    }
}

pub async fn run(context: &Context, paths: &[String], csv: bool, now: Timestamp) -> Outcome {
    let mut exports = Vec::new();
    let mut from_s3: Option<(u32, u32)> = None;
    for path in paths {
        let local = match path.strip_prefix("s3://") {
            Some(address) => {
                let fetched = fetch(context, address).await?;
                let (came, was_here) = from_s3.unwrap_or_default();
                from_s3 = Some((came + fetched.fetched, was_here + fetched.reused));
                fetched.path
            }
            None => PathBuf::from(path),
        };
        let found = import::find(&local).map_err(|why| why.by_address(&context.paths.cache_dir))?;
        for export in found {
            if !exports.contains(&export) {
                exports.push(export);
            }
        }
    }
    let data_dir = context.paths.data_dir.clone();
    let began = Instant::now();
    let read = tokio::task::spawn_blocking(move || {
        let mut told = Told::new();
        import::import(&exports, &data_dir, now, &mut |progress| told.hear(progress))
    });
    let imported = read.await.map_err(|_| {
        Error::failed("an export cannot be read: it is damaged")
            .hint("fetch it again; nothing of it was kept")
    })?;
    let imported = imported.map_err(|why| why.by_address(&context.paths.cache_dir))?;
    tell(&imported, began.elapsed());
    // What was taken in may be of a bill that is here already.
    let all = files::open(context, None)?;
    if context.json {
        let currency = match imported.currencies.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        context.print_json(&json!({
            "rows": imported.rows,
            "files": imported.files,
            "from": imported.from,
            "to": imported.to,
            "currency": currency,
            "currencies": imported.currencies,
            "cells": imported.cells,
            "rounded": facts(&imported, |facts| facts.rounded),
            "blank": {
                "billed": facts(&imported, |facts| facts.blank),
                "effective": facts(&imported, |facts| facts.blank_effective),
                "list": facts(&imported, |facts| facts.blank_list),
                "net": facts(&imported, |facts| facts.blank_net.unwrap_or(0)),
            },
            "split": facts(&imported, |facts| facts.split),
            "missing": strings(&imported, |facts| &facts.missing),
            "left_out": strings(&imported, |facts| &facts.left_out),
            "overlaps": files::overlaps(&all),
            "gaps": files::gaps(&all),
            "holes": imported.holes.iter().map(hole).collect::<Vec<_>>(),
            "stayed": imported.stayed.iter().map(stayed).collect::<Vec<_>>(),
            "s3": from_s3.map(|(fetched, reused)| json!({ "fetched": fetched, "reused": reused })),
        }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = imported
        .months
        .iter()
        .map(|facts| {
            vec![
                facts.name.clone(),
                facts.format.clone(),
                facts.month_name(),
                facts.rows.to_string(),
                facts.first.to_string(),
                facts.last.to_string(),
            ]
        })
        .collect();
    match csv {
        true => {
            let headings = ["name", "format", "billed", "rows", "first_day", "last_day"];
            sheet::print_rows(headings.into_iter(), rows.into_iter())?;
        }
        false => context.print_table(
            &["NAME", "FORMAT", "BILLED", "ROWS", "FIRST DAY", "LAST DAY"],
            &rows,
        )?,
    }
    Ok(Exit::Done)
}

fn hole((name, days): &(String, Period)) -> Value {
    json!({ "export": name, "from": days.from, "to": days.to })
}

fn stayed(facts: &import::Facts) -> Value {
    json!({ "export": facts.name, "month": facts.month_name() })
}

/// A figure of each export once, not of each of its months.
fn facts(imported: &Imported, figure: impl Fn(&import::Facts) -> u64) -> u64 {
    let mut exports: Vec<&import::Facts> = Vec::new();
    for facts in &imported.months {
        if exports.iter().all(|known| known.key != facts.key) {
            exports.push(facts);
        }
    }
    exports.into_iter().map(figure).sum()
}

fn strings(imported: &Imported, list: impl Fn(&import::Facts) -> &Vec<String>) -> Vec<String> {
    let mut strings: Vec<String> = imported
        .months
        .iter()
        .flat_map(|facts| list(facts).clone())
        .collect();
    strings.sort();
    strings.dedup();
    strings
}

fn tell(imported: &Imported, took: Duration) {
    notice(format_args!(
        "{} rows of {} in {:.1} s, {:.0} rows/s",
        imported.rows,
        match imported.files {
            1 => "1 file".to_owned(),
            files => format!("{files} files"),
        },
        took.as_secs_f64(),
        rate(imported.rows, took)
    ));
    for missing in strings(imported, |facts| &facts.missing) {
        notice(format_args!("no column {missing}"));
    }
    for label in strings(imported, |facts| &facts.left_out) {
        notice(format_args!(
            "{label} has too many values to be kept; asked for, it is read from the files"
        ));
    }
    for facts in &imported.stayed {
        notice(format_args!(
            "{}: {} is not in it any longer and stays as it was imported before",
            facts.name,
            facts.month_name()
        ));
    }
    for (name, days) in &imported.holes {
        notice(format_args!(
            "{name}: no charge at all on {days}: is a file missing? These days are not known, which is not nothing"
        ));
    }
    let [rounded, split] = [
        |facts: &import::Facts| facts.rounded,
        |facts: &import::Facts| facts.split,
    ]
    .map(|figure| facts(imported, figure));
    let blank = [
        ("billed", facts(imported, |facts| facts.blank)),
        ("effective", facts(imported, |facts| facts.blank_effective)),
        ("list", facts(imported, |facts| facts.blank_list)),
        ("net", facts(imported, |facts| facts.blank_net.unwrap_or(0))),
    ];
    for (cost, rows) in blank {
        if let Some(says) = crate::cost::blank_says(rows, cost) {
            notice(says);
        }
    }
    if imported
        .months
        .iter()
        .any(|facts| facts.net_is_amortized == Some(true))
    {
        notice(import::NO_NET);
    }
    if rounded > 0 {
        notice(format_args!(
            "{rounded} amounts had digits beyond 1e-12, which were rounded"
        ));
    }
    match split {
        0 => {}
        1 => notice("1 row splits the cost of others among containers and was left out"),
        _ => notice(format_args!(
            "{split} rows split the cost of others among containers and were left out"
        )),
    }
}

/// Brings an export from S3 into the cache, and returns where it is.
async fn fetch(context: &Context, address: &str) -> Result<Fetched, Error> {
    if address.split('/').next().is_none_or(str::is_empty) {
        return Err(Error::usage(format!("s3://{address} names no bucket"))
            .hint("write s3://BUCKET/FOLDER, the folder of an export, its manifest or one of its files"));
    }
    let cloud = cloud::connect(context);
    let mut places = cloud.places().await;
    let place: Place = match places.found.is_empty() {
        false => places.found.remove(0),
        true => {
            let failure = places.failed.into_iter().next();
            return Err(match failure {
                Some(failure) => Error::failed(failure.to_string()).hint(failure.hint),
                None => Error::failed("no account to ask S3 with").hint("name a profile with --profile"),
            });
        }
    };
    let mut told = Instant::now();
    let mut on_bytes = |key: &str, bytes: u64| {
        if told.elapsed() >= PAUSE {
            told = Instant::now();
            notice(format_args!("s3: {key}: {} MB", bytes >> 20));
        }
    };
    let fetched = import::fetch(&cloud, &place, address, &context.paths.cache_dir, &mut on_bytes);
    match fetched.await {
        Ok(fetched) => {
            notice(format_args!(
                "s3://{address}: {} of {} objects fetched, {} had not changed since the last time",
                fetched.fetched,
                fetched.fetched + fetched.reused,
                fetched.reused
            ));
            Ok(fetched)
        }
        Err(import::NotFetched::Failure(failure)) => {
            Err(Error::failed(failure.to_string()).hint(remedy(&failure, &place.region)))
        }
        Err(import::NotFetched::Trouble(trouble)) => Err(trouble.into()),
    }
}

/// What to do about a bucket that an export is in: nothing of it is set in the configuration.
fn remedy(failure: &Failure, region: &str) -> String {
    let has = |code: &str| failure.cause.contains(code);
    if has("NoSuchBucket") {
        "check the name of the bucket; the export in Billing and Cost Management names it".into()
    } else if failure.why == Why::Throttled {
        "wait a minute and import it again: objects that were fetched are not fetched again".into()
    } else if has("AuthorizationHeaderMalformed") || has("PermanentRedirect") {
        format!("the bucket is in another region than {region}: name its own with --region")
    } else {
        failure.hint.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_elsewhere_is_reached_by_region_and_not_by_the_store() {
        let failure = |cause: &str| Failure {
            account: "1".into(),
            region: "eu-west-1".into(),
            service: "s3".into(),
            cause: cause.into(),
            hint: "set region in [store]".into(),
            profile: "p".into(),
            why: Why::Refused,
        };
        let says = remedy(&failure("PermanentRedirect: use the endpoint"), "eu-west-1");
        assert!(says.contains("--region") && !says.contains("[store]"), "{says}");
        assert_eq!(remedy(&failure("else"), "eu-west-1"), "set region in [store]");
        let throttled = Failure {
            why: Why::Throttled,
            ..failure("SlowDown")
        };
        assert!(remedy(&throttled, "eu-west-1").starts_with("wait a minute and import it again"));
    }
}
