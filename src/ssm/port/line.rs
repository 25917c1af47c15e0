//! The one writer of a port session: frames of all streams in order, never one inside another.

use std::{sync::Weak, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, interval_at},
};

use super::{CHUNK, Shared, header};
use crate::ssm::{Channel, Closed, Flag, mux::Command};

/// What such agents expect: a sign within 30 s.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);

pub enum Item {
    /// Whole frames, or plain bytes, with their share of the room.
    Bytes(Bytes, Option<OwnedSemaphorePermit>),
    /// The one connection of a plain session is closed on this side.
    Disconnect,
}

/// Until the last handle and stream are gone, or the session is over. They hold the sender, so nothing here may
/// hold them.
pub async fn send(
    channel: Channel,
    mut items: mpsc::UnboundedReceiver<Item>,
    keep_alive: bool,
    shared: Weak<Shared>,
) {
    let mut beat = interval_at(Instant::now() + KEEP_ALIVE_EVERY, KEEP_ALIVE_EVERY);
    let mut held = None;
    loop {
        let item = match held.take() {
            Some(item) => Some(item),
            None => tokio::select! {
                item = items.recv() => item,
                _ = beat.tick(), if keep_alive => {
                    Some(Item::Bytes(header(Command::KeepAlive, 0, 0), None))
                }
            },
        };
        let sent = match item {
            None => return,
            Some(Item::Disconnect) => channel.flag(Flag::DisconnectToPort).await,
            Some(Item::Bytes(bytes, share)) => {
                let mut shares = vec![share];
                let bytes = gather(bytes, &mut shares, &mut items, &mut held);
                channel.input(bytes).await
            }
        };
        if let Err(Closed) = sent {
            // Streams that wait for room would wait for ever.
            if let Some(shared) = shared.upgrade() {
                shared.room.close();
            }
            return;
        }
    }
}

/// Small frames that are waiting leave in one message.
fn gather(
    first: Bytes,
    shares: &mut Vec<Option<OwnedSemaphorePermit>>,
    items: &mut mpsc::UnboundedReceiver<Item>,
    held: &mut Option<Item>,
) -> Bytes {
    let mut all: Option<BytesMut> = None;
    let mut length = first.len();
    while let Ok(item) = items.try_recv() {
        match item {
            Item::Bytes(more, share) if length + more.len() <= CHUNK => {
                let all = all.get_or_insert_with(|| {
                    let mut all = BytesMut::with_capacity(CHUNK);
                    all.extend_from_slice(&first);
                    all
                });
                all.extend_from_slice(&more);
                length += more.len();
                shares.push(share);
            }
            other => {
                *held = Some(other);
                break;
            }
        }
    }
    all.map_or(first, BytesMut::freeze)
}
