//! The frames of smux version 1, which carry several connections in one Port session.
//!
//! `version u8 = 1 | command u8 | length u16 LE | stream u32 LE | data`; frame and message boundaries are unrelated.
//! Any bytes may arrive: a frame of another version or an unknown command breaks the stream for good.

/// Bytes before the data of a frame.
pub const HEADER: usize = 8;
/// The most data that this side puts into one frame.
pub const LARGEST: usize = 32_768;
const VERSION: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Open,
    Close,
    Data,
    KeepAlive,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub command: Command,
    pub stream: u32,
    pub data: Vec<u8>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Broken {
    #[error("a multiplexer frame has version {0}, not 1")]
    Version(u8),
    #[error("a multiplexer frame has the unknown command {0}")]
    Command(u8),
}

impl Frame {
    pub fn close(stream: u32) -> Self {
        Self {
            command: Command::Close,
            stream,
            data: Vec::new(),
        }
    }

    pub fn data(stream: u32, data: &[u8]) -> Self {
        Self {
            command: Command::Data,
            stream,
            data: data.to_vec(),
        }
    }

    pub fn keep_alive() -> Self {
        Self {
            command: Command::KeepAlive,
            stream: 0,
            data: Vec::new(),
        }
    }

    /// The bytes on the wire; data beyond 65,535 bytes does not fit and is cut.
    pub fn encode(&self) -> Vec<u8> {
        let data = &self.data[..self.data.len().min(usize::from(u16::MAX))];
        let command = match self.command {
            Command::Open => 0,
            Command::Close => 1,
            Command::Data => 2,
            Command::KeepAlive => 3,
        };
        let mut out = Vec::with_capacity(HEADER + data.len());
        out.extend([VERSION, command]);
        out.extend((data.len() as u16).to_le_bytes());
        out.extend(self.stream.to_le_bytes());
        out.extend(data);
        out
    }
}

/// Cuts a byte stream into frames. Holds at most one incomplete frame.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
}

impl Decoder {
    /// The frames completed by `bytes`. After an error the stream means nothing any more.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, Broken> {
        self.pending.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut at = 0;
        while let Some(frame) = first_frame(&self.pending[at..])? {
            at += HEADER + frame.data.len();
            frames.push(frame);
        }
        self.pending.drain(..at);
        Ok(frames)
    }
}

fn first_frame(bytes: &[u8]) -> Result<Option<Frame>, Broken> {
    match bytes.first() {
        Some(&VERSION) | None => {}
        Some(&other) => return Err(Broken::Version(other)),
    }
    let command = match bytes.get(1) {
        None => return Ok(None),
        Some(0) => Command::Open,
        Some(1) => Command::Close,
        Some(2) => Command::Data,
        Some(3) => Command::KeepAlive,
        Some(&other) => return Err(Broken::Command(other)),
    };
    let Some(header) = bytes.get(..HEADER) else {
        return Ok(None);
    };
    let length = usize::from(u16::from_le_bytes([header[2], header[3]]));
    let stream = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    let Some(data) = bytes.get(HEADER..HEADER + length) else {
        return Ok(None);
    };
    Ok(Some(Frame {
        command,
        stream,
        data: data.to_vec(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_frames_of_the_paper_read_as_written() {
        let mut wire = b"\x01\x00\x00\x00\x03\x00\x00\x00".to_vec();
        wire.extend(b"\x01\x02\x05\x00\x03\x00\x00\x00hello");
        wire.extend(b"\x01\x01\x00\x00\x03\x00\x00\x00\x01\x03\x00\x00\x00\x00\x00\x00");
        let frames = Decoder::default().feed(&wire).unwrap();
        assert_eq!(frames.len(), 4);
        assert_eq!(frames[0].command, Command::Open);
        assert_eq!(frames[1], Frame::data(3, b"hello"));
        assert_eq!(frames[2], Frame::close(3));
        assert_eq!(frames[3], Frame::keep_alive());
        let again: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        assert_eq!(again, wire);
    }

    #[test]
    fn another_version_or_command_breaks_the_stream() {
        assert_eq!(Decoder::default().feed(&[2]), Err(Broken::Version(2)));
        assert_eq!(Decoder::default().feed(&[1, 9]), Err(Broken::Command(9)));
    }

    proptest! {
        #[test]
        fn frames_survive_every_split(
            frames in prop::collection::vec((any::<u32>(), prop::collection::vec(any::<u8>(), 0..300)), 0..12),
            step in 1usize..64,
        ) {
            let frames: Vec<Frame> = frames.iter().map(|(id, data)| Frame::data(*id, data)).collect();
            let wire: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
            let mut decoder = Decoder::default();
            let mut seen = Vec::new();
            for part in wire.chunks(step) {
                seen.extend(decoder.feed(part).unwrap());
            }
            prop_assert_eq!(seen, frames);
        }

        #[test]
        fn hostile_bytes_never_panic_and_never_pile_up(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut decoder = Decoder::default();
            for part in parts {
                if decoder.feed(&part).is_err() {
                    break;
                }
                prop_assert!(decoder.pending.len() < HEADER + 65_536);
            }
        }
    }
}
