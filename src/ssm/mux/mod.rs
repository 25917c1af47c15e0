//! The frames of smux version 1, which carry many connections over one port session.
//!
//! Little-endian, unlike everything else on the channel: version, command, length, stream. Frames and messages of the
//! channel share no boundaries.

mod decoder;

pub use decoder::{Decoder, Piece};

/// Bytes of a header.
pub const HEADER: usize = 8;
const VERSION: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Open,
    Close,
    Data,
    KeepAlive,
}

/// A header; `length` bytes of data follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub command: Command,
    pub length: u16,
    pub stream: u32,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the multiplexer speaks version {0}, not 1")]
    Version(u8),
    #[error("the multiplexer sent the unknown command {0}")]
    Command(u8),
    #[error("a multiplexer frame without data states {0} bytes of it")]
    Length(u16),
}

impl Header {
    pub fn encode(self) -> [u8; HEADER] {
        let command = match self.command {
            Command::Open => 0,
            Command::Close => 1,
            Command::Data => 2,
            Command::KeepAlive => 3,
        };
        let [low, high] = self.length.to_le_bytes();
        let [a, b, c, d] = self.stream.to_le_bytes();
        [VERSION, command, low, high, a, b, c, d]
    }

    pub fn decode(bytes: [u8; HEADER]) -> Result<Self, Refused> {
        let [version, command, low, high, a, b, c, d] = bytes;
        if version != VERSION {
            return Err(Refused::Version(version));
        }
        let length = u16::from_le_bytes([low, high]);
        let command = match command {
            0 => Command::Open,
            1 => Command::Close,
            2 => Command::Data,
            3 => Command::KeepAlive,
            other => return Err(Refused::Command(other)),
        };
        if length != 0 && command != Command::Data {
            return Err(Refused::Length(length));
        }
        Ok(Self {
            command,
            length,
            stream: u32::from_le_bytes([a, b, c, d]),
        })
    }
}
