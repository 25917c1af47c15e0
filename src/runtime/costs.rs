//! Costs for the panel, from one profile at a time: a payer's account sees those of its members, and adding up what
//! several profiles see would count them twice.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::app::Msg;
use crate::aws::Cloud;
use crate::cost::{Desk, Query, Refresh};

use super::connected;
use super::inbox::Outbox;

pub async fn fetch(
    cloud: watch::Receiver<Option<Cloud>>,
    cache_dir: PathBuf,
    cap_cents: u32,
    profile: usize,
    query: Query,
    forced: bool,
    out: Outbox,
) {
    let Some(cloud) = connected(cloud).await else {
        return;
    };
    let profiles = cloud.profiles();
    let Some(profile) = profiles.get(profile % profiles.len().max(1)).cloned() else {
        return;
    };
    let desk = match Desk::open(&cloud, &profile, &cache_dir, cap_cents).await {
        Ok(desk) => desk,
        Err(failure) => {
            return out.send(Msg::CostsFailed {
                says: failure.cause,
                hint: failure.hint,
            });
        }
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
