//! The sessions of a tunnel, and which of them carries a connection. They open as load demands: a connection that finds
//! every session busy gets one of its own until the pool is full, then the one that carries least.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::carrier::{Carrier, News, open};
use super::explain::Cause;
use super::request::Request;

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LATE: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(10);

pub struct Pool {
    request: Request,
    news: mpsc::UnboundedSender<News>,
    pub carriers: Vec<Arc<Carrier>>,
    /// They take no more connections and are being ended.
    leaving: Vec<Arc<Carrier>>,
    opening: JoinSet<Result<Arc<Carrier>, Cause>>,
    next_id: u64,
    failures: u32,
    retry_at: Option<Instant>,
    last_cause: Option<Cause>,
}

/// Where a connection goes.
pub enum Place {
    Here(Arc<Carrier>),
    /// It waits: for a session that is being opened, or for the next try.
    Wait,
}

impl Pool {
    pub fn new(request: Request, news: mpsc::UnboundedSender<News>) -> Self {
        Self {
            request,
            news,
            carriers: Vec::new(),
            leaving: Vec::new(),
            opening: JoinSet::new(),
            next_id: 0,
            failures: 0,
            retry_at: None,
            last_cause: None,
        }
    }

    /// A place for the first of `waiting` connections; it is reserved.
    pub fn place(&mut self, waiting: usize) -> Place {
        let best = self
            .carriers
            .iter()
            .filter(|carrier| carrier.has_room())
            .min_by_key(|carrier| carrier.streams())
            .cloned();
        if let Some(idle) = best.as_ref().filter(|carrier| carrier.streams() == 0) {
            return here(idle);
        }
        let may_open = self.retry_at.is_none_or(|at| at <= Instant::now());
        while may_open && self.opening.len() < waiting && self.len() < self.request.sessions.max(1) {
            self.open();
        }
        match best {
            Some(best) if self.opening.is_empty() => here(&best),
            _ => Place::Wait,
        }
    }

    fn len(&self) -> usize {
        self.carriers.len() + self.opening.len()
    }

    pub fn open(&mut self) {
        let (id, request, news) = (self.next_id, self.request.clone(), self.news.clone());
        self.next_id += 1;
        self.opening.spawn(async move { open(id, &request, news).await });
    }

    pub fn is_opening(&self) -> bool {
        !self.opening.is_empty()
    }

    /// Waits for one that is being opened; for ever where none is.
    pub async fn opened(&mut self) -> Result<(), Cause> {
        let opened = match self.opening.join_next().await {
            None => std::future::pending().await,
            Some(Ok(opened)) => opened,
            Some(Err(broken)) => Err(Cause::ours(&format!("opening a session broke off: {broken}"))),
        };
        match opened {
            Ok(carrier) => {
                self.carriers.push(carrier);
                (self.failures, self.retry_at, self.last_cause) = (0, None, None);
                Ok(())
            }
            Err(cause) => {
                let wait = FIRST_RETRY
                    .saturating_mul(1 << self.failures.min(8))
                    .min(LONGEST_RETRY);
                self.failures = self.failures.saturating_add(1);
                self.retry_at = Some(Instant::now() + wait);
                self.last_cause = Some(cause.clone());
                Err(cause)
            }
        }
    }

    /// When another try may be made, and which it is with the cause of the last; while there is no session.
    pub fn retry(&self) -> Option<(Instant, u32, &Cause)> {
        let cause = self.last_cause.as_ref().filter(|_| self.carriers.is_empty())?;
        Some((self.retry_at?, self.failures, cause))
    }

    /// Nobody waits any more.
    pub fn forget_failures(&mut self) {
        (self.failures, self.retry_at, self.last_cause) = (0, None, None);
    }

    /// Whether there was one; it goes on until its connections are on record.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(at) = self.carriers.iter().position(|carrier| carrier.id == id) else {
            return false;
        };
        self.leaving.retain(|carrier| !carrier.is_done());
        self.leaving.push(self.carriers.swap_remove(at));
        true
    }

    /// Ends all there are. One that is still being opened is waited for a while; after that the ledger of open sessions
    /// has it.
    pub async fn end(&mut self, why: &str) {
        let late = async {
            while let Some(opened) = self.opening.join_next().await {
                if let Ok(Ok(carrier)) = opened {
                    self.carriers.push(carrier);
                }
            }
        };
        let _ = tokio::time::timeout(LATE, late).await;
        self.carriers.append(&mut self.leaving);
        join_all(self.carriers.iter().map(|carrier| carrier.end(why))).await;
        self.carriers.clear();
    }
}

fn here(carrier: &Arc<Carrier>) -> Place {
    carrier.reserve();
    Place::Here(carrier.clone())
}
