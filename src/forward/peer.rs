//! Whether the program at the other end of a local socket is gone, or has only said its last word: to a reader both are
//! the end of the data. A Unix socket hangs up; of TCP, Linux's table of this machine's sockets knows which of them no
//! program holds any more. Of another machine's program, and on other systems, nobody knows.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::time::sleep;

use super::socket::Socket;
use super::table::{rows, written};

/// Between two looks; the first comes soon, since a close often follows the last word at once.
const EVERY: Duration = Duration::from_millis(250);
const FIRST: Duration = Duration::from_millis(50);

pub enum Peer {
    Tcp { far: SocketAddr, near: SocketAddr },
    Unix(OwnedFd),
    Unknown,
}

impl Peer {
    pub fn of(socket: &Socket) -> Peer {
        match socket {
            Socket::Tcp(stream) => match (stream.peer_addr(), stream.local_addr()) {
                (Ok(far), Ok(near)) => Peer::Tcp {
                    far: plain(far),
                    near: plain(near),
                },
                _ => Peer::Unknown,
            },
            Socket::Unix(stream) => stream
                .as_fd()
                .try_clone_to_owned()
                .map_or(Peer::Unknown, Peer::Unix),
        }
    }

    /// Waits until it is gone; for ever where nobody knows.
    pub async fn leaves(&self) {
        sleep(FIRST).await;
        while !self.is_gone() {
            sleep(EVERY).await;
        }
    }

    fn is_gone(&self) -> bool {
        match self {
            Peer::Tcp { far, near } => ORPHANS
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .has(*far, *near),
            Peer::Unix(socket) => {
                let mut asked = [PollFd::new(socket.as_fd(), PollFlags::empty())];
                poll(&mut asked, PollTimeout::ZERO).is_ok()
                    && asked[0]
                        .revents()
                        .is_some_and(|told| told.contains(PollFlags::POLLHUP))
            }
            Peer::Unknown => false,
        }
    }
}

/// An IPv4 address that came over an IPv6 socket is in the table of IPv4.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

static ORPHANS: Mutex<Orphans> = Mutex::new(Orphans {
    known: None,
    read_again_at: None,
});

/// The sockets that no program holds, as both of their addresses: one reading for all who ask at about the same time.
struct Orphans {
    known: Option<HashSet<(String, String)>>,
    read_again_at: Option<Instant>,
}

impl Orphans {
    fn has(&mut self, far: SocketAddr, near: SocketAddr) -> bool {
        let began = Instant::now();
        if self.read_again_at.is_none_or(|at| at <= began) {
            let both = rows(true).chain(rows(false));
            let orphans = both.filter(|row| row.inode() == "0");
            let known = orphans.map(|row| (row.local().to_owned(), row.remote().to_owned()));
            self.known = Some(known.collect());
            // A machine with very many sockets is not asked all the time.
            self.read_again_at = Some(Instant::now() + (EVERY / 2).max(began.elapsed() * 20));
        }
        self.known
            .as_ref()
            .is_some_and(|known| known.contains(&(written(far), written(near))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream, UnixStream};
    use tokio::time::timeout;

    const WELL: Duration = Duration::from_secs(10);

    /// Three looks and more.
    const A_WHILE: Duration = Duration::from_millis(900);

    async fn is_told_apart(mut local: impl AsyncWriteExt + Unpin, served: Socket) {
        let peer = Peer::of(&served);
        assert!(timeout(A_WHILE, peer.leaves()).await.is_err(), "it is there");
        local.shutdown().await.unwrap();
        assert!(timeout(A_WHILE, peer.leaves()).await.is_err(), "it still listens");
        drop(local);
        timeout(WELL, peer.leaves()).await.expect("it is gone");
    }

    #[tokio::test]
    async fn a_program_that_is_gone_is_told_from_one_that_has_only_said_its_last_word() {
        let (local, served) = UnixStream::pair().unwrap();
        is_told_apart(local, Socket::Unix(served)).await;
        if !cfg!(target_os = "linux") {
            return;
        }
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address).await else {
                continue;
            };
            let local = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (served, _) = listener.accept().await.unwrap();
            is_told_apart(local, Socket::Tcp(served)).await;
        }
    }
}
