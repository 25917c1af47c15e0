//! The file that a download is written to: on a thread of its own, so that the channel is read meanwhile.

use tokio::sync::{mpsc, oneshot};

use super::part::Writer;
use super::{AGAIN, EMPTY, Error};

/// Pieces that wait for the disk.
const WAITING: usize = 16;

pub(super) struct Disk {
    pieces: mpsc::Sender<Vec<u8>>,
    done: oneshot::Receiver<Result<(u64, [u8; 32]), Error>>,
}

impl Disk {
    pub fn new(mut writer: Writer) -> Disk {
        let (pieces, mut given) = mpsc::channel::<Vec<u8>>(WAITING);
        let (tell, done) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let mut outcome = Ok(());
            while let Some(piece) = given.blocking_recv() {
                outcome = writer.write(&piece);
                if outcome.is_err() {
                    break;
                }
            }
            let _ = tell.send(outcome.map(|()| writer.written()));
        });
        Disk { pieces, done }
    }

    /// Why the disk refused is told when it is closed.
    pub async fn write(&mut self, piece: Vec<u8>) -> Result<(), Error> {
        let sent = self.pieces.send(piece).await;
        sent.map_err(|_| Error::new("the file is not written any longer", AGAIN))
    }

    /// Waits for the last of it; bytes and their SHA-256.
    pub async fn close(self) -> Result<(u64, [u8; 32]), Error> {
        drop(self.pieces);
        match self.done.await {
            Ok(outcome) => outcome,
            Err(_) => Ok((0, EMPTY)),
        }
    }
}
