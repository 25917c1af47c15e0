//! AWS's own memory, asked in every account and region at once: DescribeSessions, which reaches 30 days back, and
//! CloudTrail's StartSession, which reaches 90. A place that does not answer is a failure beside the others.

use futures_util::future::join_all;
use futures_util::stream::StreamExt;
use jiff::{SignedDuration, Timestamp};

use super::{Claim, Cover, join, trail};
use crate::aws::{Cloud, Failure, Place, SessionQuery, SessionRow};

/// How far DescribeSessions looks back.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which of AWS's memories were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub history: bool,
    pub trail: bool,
}

/// What every place answered.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub claims: Vec<Claim>,
    pub cover: Cover,
    /// Who the profiles are.
    pub identities: Vec<String>,
    pub failures: Vec<Failure>,
}

/// Asks everywhere for sessions begun in `[from, to)`.
pub async fn fetch(cloud: &Cloud, source: Source, from: Timestamp, to: Timestamp) -> Found {
    let places = cloud.places().await;
    let answers = places
        .found
        .iter()
        .map(|place| one(cloud, place, source, from, to));
    let mut found = Found {
        failures: places.failed,
        ..Found::default()
    };
    for answer in join_all(answers).await {
        found.claims.extend(answer.claims);
        found.failures.extend(answer.failures);
        if let Some(arn) = answer.arn.filter(|arn| !found.identities.contains(arn)) {
            found.identities.push(arn);
        }
        if let Some((account, region, since)) = answer.covered {
            found.cover.add(&account, &region, since, to);
        }
    }
    let in_span = |claim: &Claim| claim.started_at.is_none_or(|at| (from..to).contains(&at));
    found.claims = join(std::mem::take(&mut found.claims));
    found.claims.retain(in_span);
    found
}

#[derive(Default)]
struct Answer {
    claims: Vec<Claim>,
    arn: Option<String>,
    failures: Vec<Failure>,
    covered: Option<(String, String, Timestamp)>,
}

async fn one(cloud: &Cloud, place: &Place, source: Source, from: Timestamp, to: Timestamp) -> Answer {
    let mut answer = Answer::default();
    let identity = match cloud.identity_at(place).await {
        Ok(identity) => identity,
        Err(failure) => {
            answer.failures.push(failure);
            return answer;
        }
    };
    answer.arn = Some(identity.arn);
    let mut since = None;
    if source.history {
        match history(cloud, place, &identity.account, from).await {
            Ok(claims) => {
                answer.claims.extend(claims);
                let reaches = to.checked_sub(HISTORY).unwrap_or(from).max(from);
                since = Some(reaches);
            }
            Err(failure) => answer.failures.push(failure),
        }
    }
    if source.trail {
        match looked_up(cloud, place, from, to).await {
            Ok(claims) => {
                answer.claims.extend(claims);
                // Events come up to 15 minutes late; the grace of the judgement is as long.
                since = Some(from);
            }
            Err(failure) => answer.failures.push(failure),
        }
    }
    answer.covered = since.map(|since| (identity.account, place.region.clone(), since));
    answer
}

async fn history(
    cloud: &Cloud,
    place: &Place,
    account: &str,
    from: Timestamp,
) -> Result<Vec<Claim>, Failure> {
    let mut claims = Vec::new();
    // The open ones first: one that ends between both questions is then in the second answer.
    for history in [false, true] {
        let query = SessionQuery {
            history,
            after: Some(from),
            ..SessionQuery::default()
        };
        let mut pages = cloud.fetch_sessions(place, query).await;
        while let Some(page) = pages.next().await {
            claims.extend(
                page?
                    .into_iter()
                    .map(|row| claim_of(row, place, account, history)),
            );
        }
    }
    // What is told of its end counts, not that it was open a moment before.
    claims.reverse();
    Ok(claims)
}

fn claim_of(row: SessionRow, place: &Place, account: &str, is_over: bool) -> Claim {
    Claim {
        session_id: row.session_id,
        account: account.to_owned(),
        region: place.region.clone(),
        target: row.target,
        owner: row.owner,
        reason: row.reason,
        started_at: row.started_at,
        ended_at: row.ended_at,
        is_live: Some(!is_over),
        in_history: true,
        event_id: None,
    }
}

async fn looked_up(
    cloud: &Cloud,
    place: &Place,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Claim>, Failure> {
    let mut told = Vec::new();
    // One after the other: both count against the same two lookups a second.
    for name in ["StartSession", "TerminateSession"] {
        let mut pages = cloud.fetch_trail(place, name, (from, to)).await;
        while let Some(page) = pages.next().await {
            let records = page?.into_iter();
            let parsed = records.filter_map(|row| serde_json::from_str(&row.record).ok());
            told.extend(parsed.filter_map(|record| trail::parse_record(&record)));
        }
    }
    Ok(trail::claims_of(told))
}
