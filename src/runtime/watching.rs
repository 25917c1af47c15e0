//! A session of another process, followed in the panel: the same pane as a replay, kept up with the growing file. It
//! takes no order but to close, and leaves the session's door behind it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::app::{Msg, Notice, PaneId, PlayerStatus, Weight};
use crate::audit::Actor;
use crate::recording::header_of;
use crate::recording::live::{Follower, Visit};
use crate::term::Screen;

use super::inbox::{Outbox, Piece};
use super::player::Open;

/// How often the file is looked at: a frame.
const LOOK: Duration = Duration::from_millis(16);
/// The position on the timeline moves every so many looks.
const TELL: u32 = 15;

/// Dropped, it leaves.
pub struct Watching {
    shared: Arc<Shared>,
    clock: AbortHandle,
    _visit: Visit,
}

struct Shared {
    pane: PaneId,
    follower: Mutex<Follower>,
    changed: Arc<Notify>,
    out: Outbox,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.clock.abort();
    }
}

/// Joins the session whose recording is at `path`; false where nobody is at its door, so that it is replayed instead.
pub fn open(open: &Open, out: &Outbox) -> bool {
    let Open {
        data_dir,
        path,
        keyring,
        title,
        changed,
        ..
    } = open;
    let pane = open.pane;
    let Ok((header, _)) = header_of(path) else {
        return false;
    };
    if !Visit::is_possible(data_dir, header.id) {
        return false;
    }
    let who = format!(
        "{} (console, pid {})",
        Actor::local().user.unwrap_or_default(),
        std::process::id()
    );
    let Ok((visit, start)) = Visit::join(data_dir, header.id, &who) else {
        return false;
    };
    let follower = match Follower::open(path, Some(start), keyring) {
        Ok(follower) => follower,
        Err(cause) => {
            out.send(Msg::Noticed(Notice::new(Weight::Bad, cause.to_string())));
            return true;
        }
    };
    let shared = Arc::new(Shared {
        pane,
        follower: Mutex::new(follower),
        changed: changed.clone(),
        out: out.lasting(),
    });
    let clock = tokio::spawn(follow(shared.clone())).abort_handle();
    let status = shared.status(None);
    out.piece(Piece::Watching {
        pane,
        watching: Watching {
            shared,
            clock,
            _visit: visit,
        },
        opened: Msg::PlayerOpened {
            pane,
            title: title.clone(),
            beside: None,
        },
    });
    out.send(Msg::PlayerMoved { pane, status });
    true
}

async fn follow(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(LOOK);
    let mut looks = 0;
    loop {
        tick.tick().await;
        let (moved, end) = {
            let mut follower = shared.follower();
            let moved = follower.advance(|_| {});
            (moved, follower.end().map(|end| end.why.clone()))
        };
        looks += 1;
        let says = match (moved, end) {
            (Err(cause), _) => Some(cause.to_string()),
            (_, Some(why)) => Some(format!("the session has ended: {why}")),
            (Ok(true), None) => {
                shared.changed.notify_one();
                None
            }
            (Ok(false), None) => None,
        };
        let over = says.is_some();
        if over || looks % TELL == 0 {
            shared.tell(says);
        }
        if over {
            return;
        }
    }
}

impl Shared {
    fn follower(&self) -> MutexGuard<'_, Follower> {
        self.follower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self, says: Option<String>) -> PlayerStatus {
        let follower = self.follower();
        let at_us = i64::try_from(follower.at_us()).unwrap_or(i64::MAX);
        let size = follower.screen().size();
        PlayerStatus {
            is_watched: true,
            at_us,
            duration_us: at_us,
            speed: 1.0,
            paused: follower.end().is_some(),
            idle_limited: false,
            covered: false,
            hits: Vec::new(),
            size: (size.cols, size.rows),
            cursor: follower.screen().position(),
            says,
        }
    }

    fn tell(&self, says: Option<String>) {
        self.out.send(Msg::PlayerMoved {
            pane: self.pane,
            status: self.status(says),
        });
        self.changed.notify_one();
    }
}

impl Watching {
    /// There is nothing to seek in, and whoever tries is told.
    pub fn refuse(&self) {
        let says = match self.shared.follower().end() {
            None => "this session is live: it can only be watched, or left",
            Some(_) => "this session has ended: leave it, and play it from the recordings",
        };
        self.shared.tell(Some(says.into()));
    }

    pub fn with_screen<T>(&self, then: impl FnOnce(&mut Screen) -> T) -> T {
        then(self.shared.follower().screen_mut())
    }
}
