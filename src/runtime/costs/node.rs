//! What each instance costs a day, from what is on this machine alone: the bill of the resource where an export was
//! imported, else rates out of what Cost Explorer was asked before. Nothing is ever paid for it.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::books::{Books, Stop};
use crate::app::Msg;
use crate::cost::advice::Rates;
use crate::cost::{
    self, Dataset, Dimension, Filter, Lens, Machine, NodeCosts, Period, Question, Refresh, Slice,
};
use crate::runtime::inbox::Outbox;

/// Finished days that the mean is taken of.
const DAYS: i64 = 7;

pub async fn nodes(books: Arc<Books>, machines: Vec<Machine>, out: Outbox) {
    let found = match cost::is_imported(&books.paths.data_dir) {
        true => billed(&books).await,
        false => rated(&books, machines).await,
    };
    match found {
        Ok(costs) => out.send(Msg::NodeCostsArrived(Box::new(costs))),
        Err(Stop::Failed { says, hint }) => tracing::warn!("no costs of instances: {says}: {hint}"),
        Err(Stop::Price { .. }) => {}
    }
}

async fn billed(books: &Books) -> Result<NodeCosts, Stop> {
    if let Some(known) = books.nodes() {
        return Ok(known);
    }
    let files = books.files(None).await?;
    let last = files.span().ok_or(cost::NoAnswer::Nothing)?.last_day();
    let read_at = files.months.iter().map(|facts| facts.imported_at).max();
    let period = Period {
        from: last.saturating_sub(DAYS.days()),
        to: last,
    };
    let question = Question {
        period,
        by: vec![Dimension::Resource],
        lens: Lens::Amortized,
        filter: Filter::default(),
    };
    let read = move || files.answer(&question, &mut |_| ());
    let answer = tokio::task::spawn_blocking(read).await;
    let answer = answer.map_err(|cause| Stop::failed(&cause, "import the export again"))??;
    let from = format!("the bill of this resource, mean of {period}");
    let read_at = read_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let costs = NodeCosts::billed(&answer, period.days(), from, read_at);
    books.keep_nodes(costs.clone());
    Ok(costs)
}

async fn rated(books: &Books, machines: Vec<Machine>) -> Result<NodeCosts, Stop> {
    let (rates, read_at) = rates(books).await?;
    let Some(read_at) = read_at else {
        return Ok(NodeCosts::default());
    };
    let from = "the rate of its type, 24 hours a day".to_owned();
    Ok(NodeCosts::rated(&machines, &rates, from, read_at))
}

/// Rates of the last finished week by account where they are on the shelf, else those of the whole bill; and when the
/// latest was read.
pub async fn rates(books: &Books) -> Result<(Rates, Option<Timestamp>), Stop> {
    let now = Timestamp::now();
    let until = cost::today(now);
    let period = Period {
        from: until.saturating_sub(DAYS.days()),
        to: until,
    };
    let (mut rates, mut read_at) = (Rates::default(), None);
    for profile in books.cloud().await?.profiles() {
        // A profile that may not be asked who it is has no shelf.
        let Ok(desk) = books.desk(&profile).await else {
            continue;
        };
        for first in [Dimension::Service, Dimension::Account] {
            let by = [first.clone(), Dimension::UsageType];
            let slice = Slice::from(Dataset::for_dimensions(&by)?);
            if desk.lacks(&slice, period, now).is_some() {
                continue;
            }
            let answer = desk
                .read_slice(&slice, period, Refresh::Never, now, |_| ())
                .await?;
            let question = Question {
                period,
                by: by.to_vec(),
                lens: Lens::Amortized,
                filter: Filter::default(),
            };
            for row in answer.cube.answer(&question)?.into_iter().flat_map(|of| of.rows) {
                let ([first_key, usage_type], Some(quantity)) = (&row.key[..], row.quantity) else {
                    continue;
                };
                let account = if first == Dimension::Account {
                    first_key
                } else {
                    ""
                };
                rates.learn(
                    account,
                    usage_type,
                    row.cost.approximate(),
                    quantity.approximate(),
                );
            }
            read_at = read_at.max(Some(answer.fetched_at));
        }
    }
    Ok((rates, read_at))
}
