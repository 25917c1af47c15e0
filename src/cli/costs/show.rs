//! How costs are shown: as tables for people and as the JSON that scripts rely on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Asked, ask, document, sheet};
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::cost::{self, Amount, Answer, Breakdown, Desk, Dimension, Period, Question, Row, Trouble};

/// In place of a cost, where nobody knows it.
pub const UNKNOWN: &str = "not known";

pub async fn breakdown(
    context: &Context,
    desk: &Desk,
    asked: &Asked,
    question: Question,
    csv: bool,
    now: Timestamp,
) -> Outcome {
    let answer = ask(desk, asked, &question, now).await?;
    print(context, asked, &question, answer, csv, now)
}

/// The table or the document of an answer.
pub fn print(
    context: &Context,
    asked: &Asked,
    question: &Question,
    mut answer: Answer,
    csv: bool,
    now: Timestamp,
) -> Outcome {
    answer.breakdowns = past(answer.breakdowns, now);
    let told = || {
        let stale = answer.stale_because.as_ref().map(Trouble::to_string);
        let more = document::more([
            ("fetched_at", json!(answer.fetched_at)),
            ("stale_because", json!(stale)),
        ]);
        let metric = asked.lens.to_string();
        document::print(context, &answer.breakdowns, "ce", &metric, |_| more.clone())
    };
    print_as(context, question, &answer.breakdowns, csv, told)
}

/// The same without days to come, of which there is nothing to know yet.
pub fn past(breakdowns: Vec<Breakdown>, now: Timestamp) -> Vec<Breakdown> {
    let until = |of: Breakdown| of.until(cost::today(now));
    breakdowns.into_iter().map(until).collect()
}

/// Rows as CSV, as a document or as tables.
pub fn print_as(
    context: &Context,
    question: &Question,
    breakdowns: &[Breakdown],
    csv: bool,
    document: impl FnOnce() -> Result<(), Error>,
) -> Outcome {
    refuse_nothing(question, breakdowns)?;
    say_unlabelled(question, breakdowns);
    if csv {
        print_csv(&question.by, breakdowns)?;
    } else if context.json {
        document()?;
    } else {
        print_tables(context, question, breakdowns)?;
    }
    Ok(Exit::Done)
}

/// No charge at all is not a bill of nothing, and has no total, driver, forecast, digest or picture.
///
/// # Errors
/// No charge matches.
pub fn refuse_nothing(question: &Question, breakdowns: &[Breakdown]) -> Result<(), Error> {
    match breakdowns.iter().all(|breakdown| breakdown.rows.is_empty()) {
        true => Err(nothing(question)),
        false => Ok(()),
    }
}

/// That there is no charge, or none that a filter lets through.
fn nothing(question: &Question) -> Error {
    match question.filter.dimensions().next() {
        None => Error::failed(format!(
            "there is no charge at all in {}",
            question.period.in_full()
        ))
        .hint("a new account has its first costs after a day; else choose other days, profile or --source"),
        Some(first) => {
            let says = format!("no charge of {} matches the filter", question.period);
            let bare = question.filter.dimensions().find_map(bare_key);
            let lists = format!("`qd costs breakdown --by {first}` lists what there is");
            Error::failed(says).hint(bare.into_iter().chain([lists]).collect::<Vec<_>>().join("; "))
        }
    }
}

/// That the key of a tag is written with what reports put before it in their columns, and how a person gave it.
fn bare_key(dimension: &Dimension) -> Option<String> {
    let Dimension::Tag(key) = dimension else {
        return None;
    };
    let prefixes = ["user_", "user:", "resource_tags_user_", "resourceTags/user:"];
    let bare = prefixes.iter().find_map(|prefix| key.strip_prefix(prefix))?;
    (!bare.is_empty())
        .then(|| format!("did you mean tag:{bare}? What reports put before a key is no part of it"))
}

/// Says it where no charge has a label by which costs are split.
pub fn say_unlabelled(question: &Question, breakdowns: &[Breakdown]) {
    if let Some(says) = unlabelled(question, breakdowns) {
        notice(says);
    }
}

/// That no charge has the tag or the cost category that costs are split by: one row without a name is no answer.
fn unlabelled(question: &Question, breakdowns: &[Breakdown]) -> Option<String> {
    let rows = || breakdowns.iter().flat_map(|of| &of.rows);
    let is_blank = |nth: usize| rows().all(|row| row.key.get(nth).is_none_or(String::is_empty));
    let mut labels = question.by.iter().enumerate();
    let (_, dimension) = labels.find(|(nth, dimension)| {
        let is_label = matches!(dimension, Dimension::Tag(_) | Dimension::CostCategory(_));
        is_label && rows().next().is_some() && is_blank(*nth)
    })?;
    let bare = bare_key(dimension);
    let hint = match dimension {
        _ if bare.is_some() => bare.as_deref().unwrap_or_default(),
        Dimension::Tag(_) => {
            "its key is spelled as on the resources, capitals included, and is in bills from the day on which it was \
             activated as a cost allocation tag"
        }
        _ => "its name is spelled as among the cost categories of Billing, capitals included",
    };
    Some(format!(
        "no charge of {} has a {dimension}\nhint: {hint}",
        question.period
    ))
}

/// A table for each currency.
fn print_tables(context: &Context, question: &Question, breakdowns: &[Breakdown]) -> Result<(), Error> {
    for breakdown in breakdowns {
        let mut headers: Vec<String> = question
            .by
            .iter()
            .map(|dim| dim.to_string().to_uppercase())
            .collect();
        headers.push(breakdown.currency.clone());
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut rows: Vec<Vec<String>> = breakdown
            .told()
            .into_iter()
            .map(|(key, row)| {
                let cost = row.map_or(UNKNOWN.to_owned(), |row| row.cost.rounded(2));
                cells(&key, &cost)
            })
            .collect();
        let mut total = vec!["total".to_owned()];
        total.resize(question.by.len().max(1), String::new());
        rows.push(cells(&total[..question.by.len()], &breakdown.total.rounded(2)));
        context.print_table(&headers, &rows)?;
        if let Some(days) = breakdown.unlisted() {
            notice(not_listed(breakdown, days));
        }
        if !breakdown.complete {
            notice("the period is not complete: some of its days are estimates, to come or not known");
        }
    }
    Ok(())
}

fn not_listed(breakdown: &Breakdown, days: Period) -> String {
    let (days, currency) = (days.in_full(), &breakdown.currency);
    format!("nothing is known of {days} in {currency}: those days are not listed")
}

fn cells(key: &[String], cost: &str) -> Vec<String> {
    let shown = |text: &String| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.clone()
        }
    };
    key.iter().map(shown).chain([cost.to_owned()]).collect()
}

/// One table whatever the currencies, each named in its rows; what is not known is empty.
fn print_csv(by: &[Dimension], breakdowns: &[Breakdown]) -> Result<(), Error> {
    let headers = by.iter().map(Dimension::to_string);
    let headers: Vec<String> = headers
        .chain(["cost", "currency", "quantity"].map(str::to_owned))
        .collect();
    let mut rows = Vec::new();
    for breakdown in breakdowns {
        if let Some(days) = breakdown.unlisted() {
            notice(not_listed(breakdown, days));
        }
        for (key, row) in breakdown.told() {
            let text = |amount: Option<Amount>| amount.map(|amount| amount.to_string()).unwrap_or_default();
            let (cost, quantity) = (row.map(|row| row.cost), row.and_then(Row::known_quantity));
            let rest = [text(cost), breakdown.currency.clone(), text(quantity)];
            rows.push([key, rest.into()].concat());
        }
    }
    sheet::print_rows(headers.iter().map(String::as_str), rows.into_iter())
}

/// One document, or all of them under one name where there are several currencies.
pub fn print_currencies(context: &Context, mut documents: Vec<Value>) -> Result<(), Error> {
    match documents.pop() {
        Some(only) if documents.is_empty() => context.print_json(&only),
        last => {
            documents.extend(last);
            context.print_json(&json!({ "currencies": documents }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Filter, Lens};

    #[test]
    fn a_tag_that_no_charge_has_is_said_and_one_that_some_have_is_not() {
        let period = Period::month_of("2026-11-01".parse().unwrap());
        let question = |by: &str| Question {
            period,
            by: vec![Dimension::Service, Dimension::parse(by).unwrap()],
            lens: Lens::Unblended,
            filter: Filter::default(),
        };
        let said = |by: &str, values: &[&str]| {
            let row = |value: &&str| Row {
                key: vec!["EC2".into(), (*value).into()],
                cost: Amount::whole(1),
                quantity: None,
            };
            let asked = question(by);
            let rows = values.iter().map(row).collect();
            let breakdown = Breakdown {
                currency: "USD".into(),
                period,
                complete: true,
                rows,
                total: Amount::whole(1),
                unknown: Vec::new(),
            };
            unlabelled(&asked, &[breakdown])
        };
        let says = said("tag:Taem", &[""]).unwrap();
        assert!(
            says.contains("no charge of Nov 2026 has a tag:Taem") && says.contains("capitals"),
            "{says}"
        );
        assert_eq!(said("tag:team", &["", "pay"]), None);
        assert_eq!(said("region", &[""]), None);
        assert_eq!(said("tag:team", &[]), None);
    }

    #[test]
    fn what_reports_put_before_the_key_of_a_tag_is_named() {
        let of = |key: &str| super::bare_key(&Dimension::Tag(key.into()));
        for key in ["user_team", "user:team", "resourceTags/user:team"] {
            assert!(of(key).unwrap().starts_with("did you mean tag:team?"), "{key}");
        }
        assert_eq!((of("team"), of("user_")), (None, None));
    }
}
