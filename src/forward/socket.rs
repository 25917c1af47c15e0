//! A connection of a local program, over TCP or a Unix socket.

use tokio::net::{TcpStream, UnixStream};

pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Ends it so that the program sees an error, where it could take a plain end for the end of its data.
    pub fn abort(self) {
        if let Socket::Tcp(stream) = &self {
            // A socket that refuses this is gone already.
            let _ = stream.set_zero_linger();
        }
    }

    /// Every write leaves at once.
    pub fn hurry(&self) {
        if let Socket::Tcp(stream) = self {
            let _ = stream.set_nodelay(true);
        }
    }
}
