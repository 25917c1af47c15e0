//! What changed, split into usage and rate: that takes usage types, which on Cost Explorer are a pair of their own.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Held, Stop, spelled};
use super::tell;
use crate::app::{Effect, Msg};
use crate::cost::driver::{Drivers, drivers};
use crate::cost::{self, Desk, Dimension, Period, Query, Refresh, Slice, Source};
use crate::runtime::inbox::Outbox;

pub async fn split(books: Arc<Books>, source: Source, query: Query, refresh: Refresh, out: Outbox) {
    let compared = of(&books, &source, query, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match compared {
        Ok((currency, drivers)) => out.send(Msg::CostsSplit {
            currency,
            drivers: Box::new(drivers),
        }),
        Err(stop) => tell(stop, &out),
    }
}

async fn of(
    books: &Books,
    source: &Source,
    query: Query,
    refresh: Refresh,
) -> Result<(String, Drivers), Stop> {
    let now = Timestamp::now();
    let mut by = vec![query.by.clone(), Dimension::UsageType];
    by.dedup();
    let ask = super::Ask {
        source: Some(source.clone()),
        query: query.clone(),
        refresh,
        year: false,
    };
    let held = match source {
        Source::CostExplorer(profile) => {
            let desk = books.desk(profile).await?;
            let period = query.window(cost::today(now), false);
            let slice = apart(&desk, &query, &by, period, now)?;
            let slice = spelled(&desk, slice, &query, period, now)?;
            let paid = || {
                Box::new(Effect::SplitCosts {
                    source: source.clone(),
                    query: query.clone(),
                    refresh: Refresh::Auto,
                })
            };
            books.slice(&desk, &slice, period, refresh, paid, now).await?
        }
        Source::Files(_) => books.open(source, &ask, now).await?,
        Source::Athena => {
            let paid = Box::new(Effect::SplitCosts {
                source: source.clone(),
                query: query.clone(),
                refresh: Refresh::Auto,
            });
            let period = query.window(cost::today(now), false);
            let question = query.question(period, by.clone(), true);
            let question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
            let wanted = |_| Ok(vec![question.clone()]);
            let (mut held, _) = books.athena_cubes(wanted, source, refresh, paid, now).await?;
            held.pop()
                .ok_or_else(|| Stop::failed(&"there is nothing to compare", "ask for another period"))?
        }
    };
    let work = move || compare(&held, &query, by);
    let compared = tokio::task::spawn_blocking(work).await;
    compared.map_err(|cause| Stop::failed(&cause, "see the log"))?
}

/// Where the pair leaves no group for what is filtered, the request is limited by it instead: the lists behind the report
/// know its values.
fn apart(
    desk: &Desk,
    query: &Query,
    by: &[Dimension],
    period: Period,
    now: Timestamp,
) -> Result<Slice, Stop> {
    let rows = std::slice::from_ref(&query.by);
    let shown = desk.slice_of(query, rows, &[], period, now);
    let shown: Vec<Slice> = shown.into_iter().collect();
    desk.slice_of(query, by, &shown, period, now).map_err(|_| {
        Stop::failed(
            &"usage and rate cannot be told apart with this filter: Cost Explorer answers two dimensions at a time",
            "take a part of it away with / or i, or ask files or Athena with p: they tell any",
        )
    })
}

/// In the currency that is wanted, else that of the larger bill: as the report shows it.
fn compare(held: &Held, query: &Query, by: Vec<Dimension>) -> Result<(String, Drivers), Stop> {
    let Held::Cube { cube, limits, .. } = held else {
        return Err(Stop::failed(
            &"usage and rate cannot be told apart here",
            "go out to services or usage types, of Cost Explorer or of files",
        ));
    };
    let comparison = query.span.on(held.today());
    let ask = |period| -> Result<_, Stop> {
        let question = query.question(period, by.clone(), limits.is_none());
        let mut question = question.map_err(|bad| Stop::failed(&bad, "change the filter with /"))?;
        if let Some(limits) = limits {
            question = question.inside_of(limits);
        }
        Ok(cube.answer(&question)?)
    };
    let (before, after) = (ask(comparison.previous)?, ask(comparison.current)?);
    let pairs = before.into_iter().zip(after);
    let is_wanted = |of: &str| query.currency.as_deref() == Some(of);
    let main = pairs.max_by_key(|(before, after)| (is_wanted(&after.currency), after.total, before.total));
    let (before, after) =
        main.ok_or_else(|| Stop::failed(&"there is nothing to compare", "ask for another period"))?;
    let whole =
        [comparison.previous, comparison.current].map(|period| cube.is_whole(&after.currency, period));
    let drivers = drivers(&before.rows, &after.rows).known_whole(whole);
    Ok((after.currency, drivers.joined()))
}
