//! Cuts the agent's byte stream into pieces of frames, without waiting for whole ones.
//!
//! At most one header is held back, so neither a stated length nor anything else that the agent says costs memory.
//! After an error the stream means nothing any more.

use super::{Command, HEADER, Header, Refused, VERSION};

/// What comes out of the byte stream, in order. The data of one frame may come in several pieces.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Open(u32),
    Close(u32),
    Data(u32, &'a [u8]),
    KeepAlive,
}

#[derive(Debug, Default)]
pub struct Decoder {
    header: [u8; HEADER],
    filled: usize,
    /// Stream, and bytes of its data still to come.
    inside: Option<(u32, usize)>,
}

impl Decoder {
    /// Takes the next piece off the front of `bytes`; `None` when more bytes are needed.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, Refused> {
        loop {
            if let Some((stream, left)) = self.inside {
                let (data, rest) = bytes.split_at(left.min(bytes.len()));
                *bytes = rest;
                self.inside = (data.len() < left).then_some((stream, left - data.len()));
                return Ok((!data.is_empty()).then_some(Piece::Data(stream, data)));
            }
            let (part, rest) = bytes.split_at((HEADER - self.filled).min(bytes.len()));
            self.header[self.filled..self.filled + part.len()].copy_from_slice(part);
            self.filled += part.len();
            *bytes = rest;
            if self.filled > 0 && self.header[0] != VERSION {
                return Err(Refused::Version(self.header[0]));
            }
            if self.filled < HEADER {
                return Ok(None);
            }
            self.filled = 0;
            let header = Header::decode(self.header)?;
            return Ok(Some(match header.command {
                Command::Open => Piece::Open(header.stream),
                Command::Close => Piece::Close(header.stream),
                Command::KeepAlive => Piece::KeepAlive,
                Command::Data => {
                    let length = usize::from(header.length);
                    self.inside = (length > 0).then_some((header.stream, length));
                    continue;
                }
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Heard = Vec<(u32, Option<Vec<u8>>)>;

    /// Data joined per run of one stream, `None` for a close.
    fn decode(parts: &[&[u8]]) -> Result<Heard, Refused> {
        let (mut decoder, mut heard) = (Decoder::default(), Heard::new());
        for mut bytes in parts.iter().copied() {
            while let Some(piece) = decoder.next(&mut bytes)? {
                match (piece, heard.last_mut()) {
                    (Piece::Data(id, data), Some((last, Some(joined)))) if *last == id => joined.extend(data),
                    (Piece::Data(id, data), _) => heard.push((id, Some(data.to_vec()))),
                    (Piece::Close(id), _) => heard.push((id, None)),
                    _ => {}
                }
            }
            assert!(bytes.is_empty());
        }
        Ok(heard)
    }

    #[test]
    fn another_version_is_refused_at_its_first_byte() {
        assert_eq!(decode(&[&[2]]), Err(Refused::Version(2)));
        assert_eq!(decode(&[&[1, 9, 0, 0, 0, 0, 0, 0]]), Err(Refused::Command(9)));
    }

    #[test]
    fn the_largest_length_waits_for_its_data_and_holds_none() {
        let mut decoder = Decoder::default();
        let mut bytes: &[u8] = &[1, 2, 0xff, 0xff, 3, 0, 0, 0, b'x'];
        assert_eq!(decoder.next(&mut bytes), Ok(Some(Piece::Data(3, b"x"))));
        assert_eq!(decoder.next(&mut bytes), Ok(None));
        assert_eq!(decoder.inside, Some((3, 65_534)));
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_however_they_are_cut(
            frames in prop::collection::vec((0u32..4, prop::option::of(prop::collection::vec(any::<u8>(), 1..300))), 0..12),
            step in 1usize..70,
        ) {
            let mut wire = Vec::new();
            let mut wanted = Heard::new();
            for (stream, data) in &frames {
                let command = if data.is_some() { Command::Data } else { Command::Close };
                let length = data.as_ref().map_or(0, Vec::len) as u16;
                wire.extend(Header { command, length, stream: *stream }.encode());
                wire.extend(data.iter().flatten());
                match (data, wanted.last_mut()) {
                    (Some(data), Some((last, Some(joined)))) if last == stream => joined.extend(data),
                    _ => wanted.push((*stream, data.clone())),
                }
            }
            let parts: Vec<&[u8]> = wire.chunks(step).collect();
            prop_assert_eq!(decode(&parts), Ok(wanted));
        }

        #[test]
        fn garbage_is_refused_or_taken_but_never_panics(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let _ = decode(&parts);
        }
    }
}
