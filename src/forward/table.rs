//! Linux's table of this machine's TCP sockets, `/proc/net/tcp` and `tcp6`, see proc(5); elsewhere it has no rows.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};

/// A socket, its addresses as the table writes them.
pub struct Row {
    line: String,
}

impl Row {
    fn column(&self, nth: usize) -> &str {
        self.line.split_whitespace().nth(nth).unwrap_or_default()
    }

    pub fn local(&self) -> &str {
        self.column(1)
    }

    pub fn remote(&self) -> &str {
        self.column(2)
    }

    pub fn is_listening(&self) -> bool {
        self.column(3) == "0A"
    }

    /// `0` where no program holds the socket any more.
    pub fn inode(&self) -> &str {
        self.column(9)
    }
}

/// The sockets of IPv4 or of IPv6.
pub fn rows(is_v4: bool) -> impl Iterator<Item = Row> {
    let table = if is_v4 { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    let lines = File::open(table).ok().map(|file| BufReader::new(file).lines());
    lines
        .into_iter()
        .flatten()
        .map_while(Result::ok)
        .skip(1)
        .map(|line| Row { line })
}

/// An address as the table writes it: each four bytes as a number of this machine.
pub fn written(address: SocketAddr) -> String {
    let bytes = match address.ip() {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    };
    let host: String = bytes
        .chunks_exact(4)
        .map(|word| format!("{:08X}", u32::from_ne_bytes([word[0], word[1], word[2], word[3]])))
        .collect();
    format!("{host}:{:04X}", address.port())
}
