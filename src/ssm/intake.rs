//! What waits to be sent: pieces of any size come in, messages of the size that suits the path go out.
//!
//! Small pieces that are there already travel together; nothing is waited for. A flag keeps its place among the bytes.

use super::{flow::Flow, frame::Payload};
use bytes::{Bytes, BytesMut};
use tokio::{sync::mpsc, time::Instant};

pub type Piece = (Payload, Bytes);

pub struct Intake {
    pieces: mpsc::Receiver<Piece>,
    held: Option<Piece>,
}

impl Intake {
    pub fn new(pieces: mpsc::Receiver<Piece>) -> Self {
        Self { pieces, held: None }
    }

    /// Waits for a piece; `None` when no more will come. Nothing is lost when it is dropped half-way.
    pub async fn arrived(&mut self) -> Option<()> {
        if self.held.is_none() {
            self.held = Some(self.pieces.recv().await?);
        }
        Some(())
    }

    /// Sends what is there as far as the flow takes it.
    pub fn pour(&mut self, flow: &mut Flow, now: Instant) {
        while flow.takes_input()
            && let Some((kind, mut bytes)) = self.next()
        {
            if kind == Payload::Output {
                let chunk = flow.chunk();
                if bytes.len() < chunk {
                    bytes = self.join(bytes, chunk);
                }
                let rest = bytes.split_off(bytes.len().min(chunk));
                if !rest.is_empty() {
                    // Then nothing was joined, and nothing else is held.
                    self.held = Some((kind, rest));
                }
            }
            flow.send(kind, bytes, now);
        }
    }

    pub fn close(&mut self) {
        self.pieces.close();
    }

    fn next(&mut self) -> Option<Piece> {
        self.held.take().or_else(|| self.pieces.try_recv().ok())
    }

    /// More bytes behind `first`, up to `chunk`; a piece that does not fit, or is no bytes, is held.
    fn join(&mut self, first: Bytes, chunk: usize) -> Bytes {
        let Some(second) = self.next() else {
            return first;
        };
        self.held = Some(second);
        let mut joined = BytesMut::from(&first[..]);
        while let Some((kind, mut bytes)) = self.next() {
            if kind != Payload::Output {
                self.held = Some((kind, bytes));
                break;
            }
            let fits = bytes.split_to(bytes.len().min(chunk - joined.len()));
            joined.extend_from_slice(&fits);
            if !bytes.is_empty() {
                self.held = Some((kind, bytes));
                break;
            }
            if joined.len() == chunk {
                break;
            }
        }
        joined.freeze()
    }
}
