//! The sessions that AWS knows of, in every account and region at once. A place that does not answer is a failure
//! beside the others' rows and holds none of them up.

use std::collections::HashSet;

use futures_util::future::join_all;
use futures_util::stream::StreamExt;

use crate::aws::{Cloud, Failure, Place, SessionQuery, SessionRow};

/// Which sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those that ended, instead of those that are open.
    pub history: bool,
    /// Only those that our own credentials began.
    pub mine: bool,
}

/// A session and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub place: Place,
    pub account: String,
    pub row: SessionRow,
}

/// What every place answered, newest first.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    pub known: Vec<Known>,
    pub failures: Vec<Failure>,
    /// How many places answered in full.
    pub answered: usize,
}

pub async fn fetch_roll(cloud: &Cloud, wanted: Wanted) -> Roll {
    let places = cloud.places().await;
    let answers = join_all(places.found.iter().map(|place| one(cloud, place, wanted))).await;
    let mut roll = Roll {
        failures: places.failed,
        ..Roll::default()
    };
    // Two profiles of one account show the same session twice.
    let mut seen = HashSet::new();
    for (known, failed) in answers {
        let fresh = known.into_iter().filter(|known| {
            seen.insert((
                known.account.clone(),
                known.place.region.clone(),
                known.row.session_id.clone(),
            ))
        });
        roll.known.extend(fresh);
        match failed {
            Some(failure) => roll.failures.push(failure),
            None => roll.answered += 1,
        }
    }
    roll.known
        .sort_by(|a, b| (b.row.started_at, &b.row.session_id).cmp(&(a.row.started_at, &a.row.session_id)));
    roll
}

/// What one place says; pages that came before a failure count.
async fn one(cloud: &Cloud, place: &Place, wanted: Wanted) -> (Vec<Known>, Option<Failure>) {
    let mut known = Vec::new();
    let identity = match cloud.identity_at(place).await {
        Ok(identity) => identity,
        Err(failure) => return (known, Some(failure)),
    };
    let query = SessionQuery {
        history: wanted.history,
        owner: wanted.mine.then_some(identity.arn),
        ..SessionQuery::default()
    };
    let mut pages = cloud.fetch_sessions(place, query).await;
    while let Some(page) = pages.next().await {
        match page {
            Ok(rows) => known.extend(rows.into_iter().map(|row| Known {
                place: place.clone(),
                account: identity.account.clone(),
                row,
            })),
            Err(failure) => return (known, Some(failure)),
        }
    }
    (known, None)
}
