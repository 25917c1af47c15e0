//! The document of a breakdown, for every source alike: scripts read one shape, and what a source alone knows stands
//! beside it.

use serde_json::{Map, Value, json};

use super::show::print_currencies;
use crate::cli::{Context, Error};
use crate::cost::{Breakdown, Row};

/// Prints a document for each currency; `more` is what only this source tells of it.
pub fn print(
    context: &Context,
    breakdowns: &[Breakdown],
    source: &str,
    metric: &str,
    more: impl Fn(&Breakdown) -> Map<String, Value>,
) -> Result<(), Error> {
    let documents = breakdowns.iter().map(|breakdown| {
        let mut document = document(breakdown, source, metric);
        document.extend(more(breakdown));
        Value::Object(document)
    });
    print_currencies(context, documents.collect())
}

fn document(breakdown: &Breakdown, source: &str, metric: &str) -> Map<String, Value> {
    let rows = breakdown.told().into_iter().map(|(key, row)| {
        let quantity = row.and_then(Row::known_quantity);
        json!({
            "key": key,
            "cost": row.map(|row| row.cost.to_string()),
            "quantity": quantity.map(|quantity| quantity.to_string()),
        })
    });
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
    put("source", source.into());
    put("metric", metric.into());
    put("currency", breakdown.currency.as_str().into());
    put("from", breakdown.period.from.to_string().into());
    put("to", breakdown.period.to.to_string().into());
    put("complete", breakdown.complete.into());
    if let Some(days) = breakdown.unlisted() {
        put("unknown_before", days.to.to_string().into());
    }
    put("rows", rows.collect());
    put("total", breakdown.total.to_string().into());
    document
}

/// What one source tells beside the breakdown.
pub fn more<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
