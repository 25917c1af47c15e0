//! The fleet for the panel: the last list from disk at once, then what the regions answer, kept for the next start.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::app::{Msg, Notice, Weight};
use crate::aws::Cloud;
use crate::config::Paths;
use crate::fanout;
use crate::fleet::{self, Batch, Node, Roster, Saved};
use crate::session;

use super::connected;
use super::inbox::Outbox;

/// Rows that come within this time of the last ones wait for each other.
const TOGETHER: Duration = Duration::from_millis(100);

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
        return out.send(Msg::FleetEnded);
    };
    let mut batches = fleet::fetch(&cloud);
    let mut roster = Roster::default();
    let mut page = Page::new(&out);
    loop {
        let batch = match timeout(page.patience(), batches.next()).await {
            Ok(Some(batch)) => batch,
            Ok(None) => break,
            Err(_) => {
                page.turn();
                continue;
            }
        };
        roster.apply(batch.clone());
        match batch {
            Batch::Rows(rows) => page.add(rows),
            other => {
                page.turn();
                out.send(Msg::FleetArrived(other));
            }
        }
    }
    page.turn();
    out.send(Msg::FleetEnded);
    for left in session::end_left(&cloud, &paths.data_dir).await {
        let says = match &left.ended {
            Ok(()) => format!("a session on {} that a crash had left open is ended", left.target),
            Err(cause) => format!("a session on {} is still open: {cause}", left.target),
        };
        out.send(Msg::Noticed(Notice::new(Weight::Info, says)));
    }
    for left in fanout::cancel_left(&cloud, &paths.data_dir).await {
        let (id, nodes) = (&left.command_id, left.nodes);
        let says = match &left.cancelled {
            Ok(()) => format!("command {id} on {nodes} instances, which a crash had left, is cancelled"),
            Err(cause) => {
                format!("command {id} on {nodes} instances, which a crash left, may still run: {cause}")
            }
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

/// Rows on their way to the panel: the first at once, later ones together, since each arrival sorts and filters the
/// whole list.
struct Page<'a> {
    rows: Vec<Node>,
    turned_at: Option<Instant>,
    out: &'a Outbox,
}

impl<'a> Page<'a> {
    fn new(out: &'a Outbox) -> Self {
        Self {
            rows: Vec::new(),
            turned_at: None,
            out,
        }
    }

    fn add(&mut self, rows: Vec<Node>) {
        self.rows.extend(rows);
        if self.patience().is_zero() {
            self.turn();
        }
    }

    /// How long the rows may still wait.
    fn patience(&self) -> Duration {
        match (self.rows.is_empty(), self.turned_at) {
            (true, _) => Duration::MAX,
            (false, None) => Duration::ZERO,
            (false, Some(at)) => TOGETHER.saturating_sub(at.elapsed()),
        }
    }

    fn turn(&mut self) {
        if !self.rows.is_empty() {
            self.turned_at = Some(Instant::now());
            self.out
                .send(Msg::FleetArrived(Batch::Rows(std::mem::take(&mut self.rows))));
        }
    }
}
