//! The client's side of a port session: streams over a channel, multiplexed where the agent can, else one at a time.
//!
//! Whoever reads the channel's events hands them to `hear`, which never waits: each stream has a queue of its own, so that a slow local reader holds up neither acknowledgements nor the other streams.

mod gate;
mod line;
mod spool;
mod stream;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{
    Channel, Event, Flag,
    mux::{Command, Decoder, Header, Piece},
};

pub use gate::{Mode, REMOTE_HOST, is_below};
pub use spool::MOST as MOST_WAITING;
pub use stream::{End, Gauge, Stream};

use line::{Item, send};
use stream::Slot;

/// Bytes of input in one message. The agent takes any size; one this large keeps the cost of headers and
/// acknowledgements low.
pub const CHUNK: usize = 16 << 10;
/// Bytes that streams may have on their way to the channel together.
const ROOM: usize = 256 << 10;
const FIRST: u32 = 3;
/// Where the agent carries one connection at a time: what still comes of the last one is dropped for this long.
const QUIET: Duration = Duration::from_millis(250);

/// How a session's agent is to be spoken to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub mode: Mode,
    /// Where what a slow reader has not taken may wait.
    pub spill_dir: PathBuf,
}

/// A handle; clones share the streams. Streams outlive it.
#[derive(Clone)]
pub struct Port(Arc<Shared>);

pub(super) struct Shared {
    table: Mutex<Table>,
    line: mpsc::UnboundedSender<Item>,
    room: Arc<Semaphore>,
    /// One permit where the agent carries one connection at a time.
    turn: Option<Arc<Semaphore>>,
    spill_dir: PathBuf,
}

struct Table {
    decoder: Decoder,
    slots: HashMap<u32, Arc<Slot>>,
    next: u32,
    /// Connections that the agent could not make, told without saying which.
    refusals: u32,
    over: Option<Arc<str>>,
}

impl Port {
    /// The channel's agent must be listening.
    pub fn new(channel: Channel, settings: Settings) -> Self {
        let (line, items) = mpsc::unbounded_channel();
        let plain = settings.mode == Mode::Plain;
        let mut slots = HashMap::new();
        if plain {
            // The agent has dialled already, and a server that speaks first has perhaps spoken.
            slots.insert(FIRST, Arc::new(Slot::new(&settings.spill_dir)));
        }
        let port = Self(Arc::new(Shared {
            table: Mutex::new(Table {
                decoder: Decoder::default(),
                slots,
                next: FIRST,
                refusals: 0,
                over: None,
            }),
            line,
            room: Arc::new(Semaphore::new(ROOM)),
            turn: plain.then(|| Arc::new(Semaphore::new(1))),
            spill_dir: settings.spill_dir,
        }));
        let streams = Arc::downgrade(&port.0);
        tokio::spawn(send(channel, items, settings.mode.keeps_alive(), streams));
        port
    }

    /// A new connection at the agent. Where it carries one at a time, waits for the one before.
    pub async fn open(&self) -> Result<Stream, End> {
        let shared = &self.0;
        let turn = match &shared.turn {
            Some(turn) => turn.clone().acquire_owned().await.ok(),
            None => None,
        };
        let (id, slot) = {
            let mut table = shared.table();
            if let Some(why) = &table.over {
                return Err(End::Lost(why.clone()));
            }
            let id = table.next;
            table.next = id
                .checked_add(2)
                .ok_or_else(|| End::Lost("every stream number of the session is used".into()))?;
            let new = || Arc::new(Slot::new(&shared.spill_dir));
            (id, table.slots.entry(id).or_insert_with(new).clone())
        };
        if turn.is_none() {
            shared.put(Item::Bytes(header(Command::Open, 0, id), None));
        }
        Ok(Stream::new(id, slot, shared.clone(), turn))
    }

    /// Streams that can be open at once.
    pub fn capacity(&self) -> usize {
        if self.0.turn.is_some() { 1 } else { usize::MAX }
    }

    /// Whether what streams send waits for the agent's acknowledgements.
    pub fn is_congested(&self) -> bool {
        self.0.room.available_permits() < CHUNK
    }

    /// An event of the channel, unless it is the last. An error ends every stream: what follows would be read wrongly,
    /// and so would what comes behind a hole.
    pub fn hear(&self, event: &Event) -> Result<(), End> {
        match event {
            Event::Output(bytes) => return self.feed(bytes),
            Event::Missing(range) => {
                let messages = range.end - range.start;
                self.fail(&format!("{messages} messages of the agent are missing"));
            }
            Event::Flag(Flag::ConnectToPortError) => self.refuse(),
            _ => {}
        }
        Ok(())
    }

    fn feed(&self, mut bytes: &[u8]) -> Result<(), End> {
        let mut table = self.0.table();
        if let Some(why) = &table.over {
            return Err(End::Lost(why.clone()));
        }
        if self.0.turn.is_some() {
            if let Some(slot) = table.slots.values().next() {
                slot.push(bytes);
            }
            return Ok(());
        }
        loop {
            let piece = match table.decoder.next(&mut bytes) {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(()),
                Err(refused) => {
                    drop(table);
                    let why = format!("the agent's stream cannot be read: {refused}");
                    self.fail(&why);
                    return Err(End::Lost(why.into()));
                }
            };
            match piece {
                Piece::Data(id, data) => {
                    if let Some(slot) = table.slots.get(&id) {
                        slot.push(data);
                    }
                }
                Piece::Close(id) => {
                    if let Some(slot) = table.slots.remove(&id) {
                        let refused = table.refusals > 0 && slot.is_untouched();
                        table.refusals -= u32::from(refused);
                        slot.end(if refused { End::Refused } else { End::Remote });
                    }
                }
                // Agents open nothing; who keeps alive wants no answer.
                Piece::Open(_) | Piece::KeepAlive => {}
            }
        }
    }

    /// The agent could not make a connection; which one shows when it closes a stream on which nothing came.
    fn refuse(&self) {
        let mut table = self.0.table();
        if self.0.turn.is_none() {
            table.refusals = table.refusals.saturating_add(1);
        } else if let Some(slot) = table.slots.values().next() {
            slot.end(End::Refused);
        }
    }

    /// Ends every stream, and those to come, once they have read what is here.
    pub fn fail(&self, why: &str) {
        let why: Arc<str> = why.into();
        let mut table = self.0.table();
        table.over.get_or_insert_with(|| why.clone());
        for (_, slot) in table.slots.drain() {
            slot.end(End::Lost(why.clone()));
        }
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, item: Item) {
        // After the end of the session nobody takes anything, and streams know why.
        let _ = self.line.send(item);
    }

    /// Waits for room.
    async fn data(&self, id: u32, data: &[u8]) {
        for part in data.chunks(CHUNK - super::mux::HEADER) {
            let share: Option<OwnedSemaphorePermit> =
                self.room.clone().acquire_many_owned(part.len() as u32).await.ok();
            let bytes = if self.turn.is_some() {
                Bytes::copy_from_slice(part)
            } else {
                let head = header(Command::Data, part.len() as u16, id);
                [&head, part].concat().into()
            };
            self.put(Item::Bytes(bytes, share));
        }
    }

    /// This side closes: a stream for good, or the one connection there is.
    fn close(&self, id: u32, turn: Option<OwnedSemaphorePermit>) {
        self.table().slots.remove(&id);
        let Some(turn) = turn else {
            return self.put(Item::Bytes(header(Command::Close, 0, id), None));
        };
        self.put(Item::Disconnect);
        tokio::spawn(async move {
            tokio::time::sleep(QUIET).await;
            drop(turn);
        });
    }
}

fn header(command: Command, length: u16, stream: u32) -> Bytes {
    let header = Header {
        command,
        length,
        stream,
    };
    Bytes::copy_from_slice(&header.encode())
}
