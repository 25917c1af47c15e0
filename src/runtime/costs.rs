//! Costs for the panel, from one profile at a time: a payer's account sees those of its members, and adding up what
//! several profiles see would count them twice.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::app::{Msg, Notice, Weight};
use crate::aws::{Cloud, Failure};
use crate::cost::{Desk, Query, Refresh, most_history, priced};

use super::connected;
use super::inbox::Outbox;

/// Between two words about how far it is.
const PAGES_A_NOTICE: u32 = 10;

pub async fn fetch(
    cloud: watch::Receiver<Option<Cloud>>,
    cache_dir: PathBuf,
    cap_cents: u32,
    profile: usize,
    query: Query,
    forced: bool,
    out: Outbox,
) {
    let desk = match open(cloud, &cache_dir, cap_cents, profile).await {
        Some(Ok(desk)) => desk,
        Some(Err(failure)) => {
            return out.send(Msg::CostsFailed {
                says: failure.cause,
                hint: failure.hint,
            });
        }
        None => return,
    };
    let refresh = if forced { Refresh::Force } else { Refresh::Auto };
    match desk.report(query, refresh, Timestamp::now(), |_| ()).await {
        Ok(report) => out.send(Msg::CostsArrived(Box::new(report))),
        Err(trouble) => out.send(Msg::CostsFailed {
            says: trouble.to_string(),
            hint: trouble.hint(),
        }),
    }
}

async fn open(
    cloud: watch::Receiver<Option<Cloud>>,
    cache_dir: &Path,
    cap_cents: u32,
    profile: usize,
) -> Option<Result<Desk, Failure>> {
    let cloud = connected(cloud).await?;
    let profiles = cloud.profiles();
    let profile = profiles.get(profile % profiles.len().max(1))?;
    Some(Desk::open(&cloud, profile, cache_dir, cap_cents).await)
}

/// The months before, behind what is shown. Nothing is asked for what is there; what it may cost is said first.
pub async fn fetch_history(
    cloud: watch::Receiver<Option<Cloud>>,
    cache_dir: PathBuf,
    cap_cents: u32,
    profile: usize,
    out: Outbox,
) {
    // Whoever cannot be asked has said so when the costs were.
    let Some(Ok(desk)) = open(cloud, &cache_dir, cap_cents, profile).await else {
        return;
    };
    let now = Timestamp::now();
    let plan = desk.plan_history(now);
    if plan.runs.is_empty() {
        return;
    }
    let say = |weight, says: String| out.send(Msg::Noticed(Notice::new(weight, says)));
    let most = most_history();
    say(
        Weight::Info,
        format!("reading 13 months of costs behind this: at most {most}; X stops it"),
    );
    let on_page = |pages: u32| {
        if pages.is_multiple_of(PAGES_A_NOTICE) {
            let says = format!("13 months of costs: {} so far; X stops it", priced(pages));
            out.send(Msg::Noticed(Notice::new(Weight::Info, says)));
        }
    };
    let fetched = desk.fetch_history(now, on_page).await;
    let weight = if fetched.stopped.is_some() {
        Weight::Warn
    } else {
        Weight::Good
    };
    say(weight, fetched.says());
}
