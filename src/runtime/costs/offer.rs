//! What the costs of a source can be split by, each with what the answer takes: on this machine, read from the files, or
//! at a price. All names that Cost Explorer has of tags and cost categories are asked for only when that was allowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::books::{Books, Stop};
use super::tell;
use crate::app::Msg;
use crate::cost::{
    self, CENTS_PER_REQUEST, Desk, Dimension, OF_COST_EXPLORER, OF_EXPORTS, Offer, Price, Query, Refresh,
    Source,
};
use crate::runtime::inbox::Outbox;

const HERE: &str = "on this machine";

pub async fn offer(books: Arc<Books>, source: Source, query: Query, refresh: Refresh, out: Outbox) {
    let offers = offers(&books, &source, query, refresh).await;
    if refresh != Refresh::Never {
        books.tell_spent(&source, &out).await;
    }
    match offers {
        Ok((offers, names)) => out.send(Msg::DimensionsListed {
            source,
            offers,
            names,
        }),
        Err(stop) => tell(stop, &out),
    }
}

/// What can be chosen, and what all names of tags and cost categories would take.
async fn offers(
    books: &Books,
    source: &Source,
    query: Query,
    refresh: Refresh,
) -> Result<(Vec<Offer>, Option<Price>), Stop> {
    let now = Timestamp::now();
    match source {
        Source::CostExplorer(profile) => {
            let desk = books.desk(profile).await?;
            if refresh != Refresh::Never {
                desk.fetch_labels(now).await?;
            }
            let list = move || (of_cost_explorer(&desk, &query, now), desk.price_of_labels(now));
            let listed = tokio::task::spawn_blocking(list).await;
            listed.map_err(|cause| Stop::failed(&cause, "see the log"))
        }
        Source::Files(name) => {
            let files = books.files(name.as_deref()).await?;
            let kept = files.cube.dimensions().into_iter();
            let mut offers: Vec<Offer> = kept
                .filter(|dimension| *dimension != Dimension::Month)
                .map(|dimension| with(dimension, HERE))
                .collect();
            offers.push(with(Dimension::Day, HERE));
            let wide = files.months.iter().flat_map(|facts| &facts.left_out);
            let wide: BTreeSet<Dimension> = wide.filter_map(|name| Dimension::parse(name).ok()).collect();
            for dimension in wide.into_iter().chain([Dimension::Resource]) {
                offers.retain(|offer| offer.dimension != dimension);
                offers.push(with(dimension, "read from the files, which takes a moment"));
            }
            Ok((offers, None))
        }
        Source::Athena => Ok((of_athena(), None)),
    }
}

fn with(dimension: Dimension, says: &str) -> Offer {
    Offer {
        dimension,
        says: says.to_owned(),
    }
}

fn of_cost_explorer(desk: &Desk, query: &Query, now: Timestamp) -> Vec<Offer> {
    let all = OF_COST_EXPLORER.into_iter().chain(desk.labels_kept());
    let spent = desk.spent(now).ok();
    let left = spent.map_or(0, |spent| spent.left());
    let says = |dimension: &Dimension| {
        let query = Query {
            by: dimension.clone(),
            ..query.clone()
        };
        let today = cost::today(now);
        let period = query.window(today, false);
        let by = std::slice::from_ref(dimension);
        let slice = match desk.slice_of(&query, by, &[], period, now) {
            Ok(slice) => slice,
            Err(bad) => return bad.says,
        };
        let period = slice.clip(period, today);
        let lacking = desk.lacks(&slice, period, now);
        match lacking.and_then(|plan| plan.told(left)) {
            None => HERE.to_owned(),
            Some(price) if price.requests > left => {
                format!(
                    "{}: more than the {} left today",
                    price.says,
                    cost::dollars(left * CENTS_PER_REQUEST)
                )
            }
            Some(price) => price.says,
        }
    };
    let offer = |dimension: Dimension| Offer {
        says: says(&dimension),
        dimension,
    };
    all.map(offer).collect()
}

/// Tags and cost categories are typed: finding their names would be read and paid for like any statement.
fn of_athena() -> Vec<Offer> {
    let all = OF_COST_EXPLORER.into_iter().chain(OF_EXPORTS);
    all.map(|dimension| with(dimension, "asks Athena, and says the price first"))
        .collect()
}
