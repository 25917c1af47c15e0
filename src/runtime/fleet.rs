//! The fleet for the panel: the last list from disk at once, then what the regions answer, kept for the next start.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::app::{Msg, Notice, Weight};
use crate::aws::Cloud;
use crate::config::Paths;
use crate::fleet::{self, Roster, Saved};
use crate::session;

use super::connected;
use super::inbox::Outbox;

pub async fn load(paths: Paths, out: Outbox) {
    let loaded = tokio::task::spawn_blocking(move || fleet::load(&paths.cache_dir)).await;
    match loaded {
        Ok(Ok(Some(saved))) => {
            let age = Timestamp::now()
                .as_second()
                .saturating_sub(saved.saved_at.as_second())
                .max(0) as u64;
            out.send(Msg::FleetCached {
                nodes: saved.nodes,
                age: Duration::from_secs(age),
            });
        }
        Ok(Ok(None)) => {}
        Ok(Err(bad)) => out.send(Msg::Noticed(Notice::new(Weight::Warn, bad.to_string()))),
        Err(cause) => tracing::error!(%cause, "the cached fleet was not read"),
    }
}

pub async fn fetch(cloud: watch::Receiver<Option<Cloud>>, paths: Paths, out: Outbox) {
    let Some(cloud) = connected(cloud).await else {
        return;
    };
    let mut batches = fleet::fetch(&cloud);
    let mut roster = Roster::default();
    while let Some(batch) = batches.next().await {
        roster.apply(batch.clone());
        out.send(Msg::FleetArrived(batch));
    }
    out.send(Msg::FleetEnded);
    for left in session::end_left(&cloud, &paths.data_dir).await {
        let says = match &left.ended {
            Ok(()) => format!("a session on {} that a crash had left open is ended", left.target),
            Err(cause) => format!("a session on {} is still open: {cause}", left.target),
        };
        out.send(Msg::Noticed(Notice::new(Weight::Info, says)));
    }
    if roster.any_answered() {
        let saved = Saved {
            saved_at: Timestamp::now(),
            nodes: roster.nodes,
        };
        let kept = tokio::task::spawn_blocking(move || fleet::save(&paths.cache_dir, &saved)).await;
        if let Ok(Err(bad)) = kept {
            out.send(Msg::Noticed(Notice::new(Weight::Warn, bad.to_string())));
        }
    }
}
