//! The long-lived actors: sessions and players by pane, runs by their id, the tunnels. They know no terminal; painting
//! borrows their screens.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::Notify;

use crate::app::{PaneId, RunId, ToPlayer, ToSession};
use crate::panel::Panes;
use crate::session::Live;
use crate::term::{PaneLook, Screen};
use crate::ui::{Look, Role};

use super::carry::Carrying;
use super::fanout::Going;
use super::forward::Tunnels;
use super::picture::Picture;
use super::player::Playing;
use super::session;
use super::watching::Watching;

#[derive(Default)]
pub struct Hub {
    pub changed: Arc<Notify>,
    sessions: Mutex<HashMap<PaneId, Live>>,
    players: Mutex<HashMap<PaneId, Playing>>,
    /// Sessions of other processes, in the panes of players.
    watching: Mutex<HashMap<PaneId, Watching>>,
    pictures: Mutex<HashMap<PaneId, Picture>>,
    runs: Mutex<HashMap<RunId, Going>>,
    tunnels: Mutex<Option<Tunnels>>,
    carrying: Mutex<Option<Carrying>>,
    kept: Mutex<Vec<Box<dyn Any + Send>>>,
    last: AtomicU64,
    /// `NO_COLOR`: panes show attributes only.
    plain: bool,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub fn new(plain: bool) -> Self {
        Self {
            plain,
            ..Self::default()
        }
    }

    pub fn next_pane(&self) -> PaneId {
        PaneId(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Keeps something alive until the end.
    pub fn keep(&self, guard: Box<dyn Any + Send>) {
        lock(&self.kept).push(guard);
    }

    pub fn put_session(&self, pane: PaneId, live: Live) {
        lock(&self.sessions).insert(pane, live);
    }

    pub fn put_player(&self, pane: PaneId, playing: Playing) {
        lock(&self.players).insert(pane, playing);
    }

    pub fn put_watching(&self, pane: PaneId, watching: Watching) {
        lock(&self.watching).insert(pane, watching);
    }

    pub fn put_run(&self, run: RunId, going: Going) {
        let mut runs = lock(&self.runs);
        runs.retain(|_, going| !going.is_over());
        runs.insert(run, going);
    }

    /// Asks AWS to stop a run wherever it has not ended.
    pub fn cancel_run(&self, run: RunId) {
        if let Some(going) = lock(&self.runs).get(&run) {
            going.cancel();
        }
    }

    pub fn put_carry(&self, carrying: Carrying) {
        *lock(&self.carrying) = Some(carrying);
    }

    pub fn with_carry(&self, then: impl FnOnce(&Carrying)) {
        if let Some(carrying) = lock(&self.carrying).as_ref() {
            then(carrying);
        }
    }

    pub fn put_tunnels(&self, tunnels: Tunnels) {
        *lock(&self.tunnels) = Some(tunnels);
    }

    pub fn with_tunnels(&self, then: impl FnOnce(&Tunnels)) {
        if let Some(tunnels) = lock(&self.tunnels).as_ref() {
            then(tunnels);
        }
    }

    pub fn to_session(&self, pane: PaneId, order: ToSession) {
        let shows = !matches!(order, ToSession::Key(_) | ToSession::Resize(_));
        if let Some(live) = lock(&self.sessions).get(&pane) {
            session::obey(live, order);
        }
        if shows {
            self.changed.notify_one();
        }
    }

    pub fn to_player(&self, pane: PaneId, order: ToPlayer) {
        let mut players = lock(&self.players);
        if order == ToPlayer::Close {
            players.remove(&pane);
            lock(&self.watching).remove(&pane);
        } else if let Some(watching) = lock(&self.watching).get(&pane) {
            watching.refuse();
        } else if let Some(player) = players.get(&pane) {
            player.obey(order);
        }
    }

    /// Lets a session go; one that still lives ends with its last handle.
    pub fn forget(&self, pane: PaneId) {
        lock(&self.sessions).remove(&pane);
        lock(&self.pictures).remove(&pane);
    }

    /// Ends all sessions and tunnels, cancels all runs, and waits until they are sealed.
    pub async fn end(&self) {
        let sessions: Vec<Live> = lock(&self.sessions).drain().map(|(_, live)| live).collect();
        let runs: Vec<Going> = lock(&self.runs).drain().map(|(_, going)| going).collect();
        sessions.iter().for_each(Live::end);
        runs.iter().for_each(Going::cancel);
        let tunnels = lock(&self.tunnels).take();
        let tunnels = async {
            if let Some(tunnels) = tunnels {
                tunnels.end().await;
            }
        };
        let sessions = async {
            for live in sessions {
                live.ended().await;
            }
        };
        let runs = futures_util::future::join_all(runs.into_iter().map(Going::ended));
        let carrying = lock(&self.carrying).take();
        let carried = async {
            if let Some(carrying) = carrying {
                carrying.ended().await;
            }
        };
        tokio::join!(tunnels, sessions, runs, carried);
        lock(&self.kept).clear();
    }
}

impl Panes for Hub {
    fn paint(&self, pane: PaneId, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let look = PaneLook {
            text: look.of(Role::Text).patch(look.of(Role::Background)),
            selection: look.of(Role::Selection),
            found: look.of(Role::Match),
            found_here: look.of(Role::Selected),
            colors: !self.plain,
        };
        let paint = |screen: &mut Screen, buf: &mut Buffer| {
            if screen
                .sync_until()
                .is_some_and(|until| until <= std::time::Instant::now())
            {
                screen.flush_sync();
            }
            screen.paint(area, buf, &look);
            let (col, row) = screen.cursor()?;
            let at = Position::new(area.x + col, area.y + row);
            area.contains(at).then_some(at)
        };
        if let Some(live) = lock(&self.sessions).get(&pane) {
            let mut pictures = lock(&self.pictures);
            let (cursor, is_current) = pictures.entry(pane).or_default().paint(live, area, buf, paint);
            if !is_current {
                self.changed.notify_one();
            }
            return cursor;
        }
        if let Some(watching) = lock(&self.watching).get(&pane) {
            return watching.with_screen(|screen| paint(screen, buf));
        }
        lock(&self.players)
            .get(&pane)
            .and_then(|player| player.paint(area, buf, paint))
    }
}
