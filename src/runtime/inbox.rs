//! The way from the workers to the loop. Each message carries the generation of the work it comes from; those of
//! work that was replaced are dropped here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::app::{Key, Msg, PaneId};
use crate::session::Live;

use super::hub::Hub;
use super::player::Playing;
use super::session;
use super::watching::Watching;

/// What workers send: something that happened, or an actor for the hub with what to say once it is there.
pub enum Piece {
    Msg(Msg),
    Session {
        pane: PaneId,
        live: Live,
        opened: Msg,
    },
    Player {
        players: Vec<(PaneId, Playing)>,
        opened: Msg,
    },
    Watching {
        pane: PaneId,
        watching: Watching,
        opened: Msg,
    },
}

type Generations = Arc<Mutex<HashMap<Key, u64>>>;

#[derive(Clone)]
pub struct Outbox {
    sender: mpsc::UnboundedSender<(Option<(Key, u64)>, Piece)>,
    stamp: Option<(Key, u64)>,
    generations: Generations,
}

impl Outbox {
    pub fn new(sender: mpsc::UnboundedSender<(Option<(Key, u64)>, Piece)>) -> Self {
        Self {
            sender,
            stamp: None,
            generations: Generations::default(),
        }
    }

    /// For a new piece of work: what older work of the same key still says is stale from here on.
    pub fn of(&self, key: Option<&Key>) -> Self {
        let stamp = key.map(|key| {
            let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
            let generation = generations.entry(key.clone()).or_default();
            *generation += 1;
            (key.clone(), *generation)
        });
        Self {
            stamp,
            ..self.clone()
        }
    }

    /// The work that speaks through it.
    pub fn key(&self) -> Option<&Key> {
        self.stamp.as_ref().map(|(key, _)| key)
    }

    /// For something that outlives the work that began it.
    pub fn lasting(&self) -> Self {
        Self {
            stamp: None,
            ..self.clone()
        }
    }

    pub fn send(&self, msg: Msg) {
        self.piece(Piece::Msg(msg));
    }

    pub fn piece(&self, piece: Piece) {
        // The loop is gone only when the program ends.
        let _ = self.sender.send((self.stamp.clone(), piece));
    }
}

/// The loop's end.
pub struct Inbox {
    receiver: mpsc::UnboundedReceiver<(Option<(Key, u64)>, Piece)>,
    hub: Arc<Hub>,
    outbox: Outbox,
}

impl Inbox {
    pub fn new(
        receiver: mpsc::UnboundedReceiver<(Option<(Key, u64)>, Piece)>,
        hub: Arc<Hub>,
        outbox: Outbox,
    ) -> Self {
        Self {
            receiver,
            hub,
            outbox,
        }
    }

    pub async fn next(&mut self) -> Option<Msg> {
        loop {
            let (stamp, piece) = self.receiver.recv().await?;
            if stamp.is_some_and(|(key, generation)| self.is_stale(&key, generation)) {
                continue;
            }
            return Some(match piece {
                Piece::Msg(msg) => msg,
                Piece::Session { pane, live, opened } => {
                    session::follow(pane, &live, self.outbox.lasting());
                    self.hub.put_session(pane, live);
                    opened
                }
                Piece::Player { players, opened } => {
                    for (pane, playing) in players {
                        self.hub.put_player(pane, playing);
                    }
                    opened
                }
                Piece::Watching {
                    pane,
                    watching,
                    opened,
                } => {
                    self.hub.put_watching(pane, watching);
                    opened
                }
            });
        }
    }

    fn is_stale(&self, key: &Key, generation: u64) -> bool {
        let generations = self
            .outbox
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.get(key).is_some_and(|newest| *newest > generation)
    }
}
