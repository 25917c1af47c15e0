//! The agent's output filter: a character cut by the end of a read waits for the next one.
//!
//! Up to three bytes of an unfinished sequence are held; invalid bytes pass through. What is held at the end of the
//! program is lost, as it is on the real agent.

/// Bytes of an unfinished character, kept between reads.
#[derive(Debug, Default)]
pub struct Hold {
    held: Vec<u8>,
}

impl Hold {
    /// The bytes that may go out now: what was held, then `read`, less an unfinished character at its end.
    pub fn pass(&mut self, read: &[u8]) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(read);
        let kept = unfinished(&bytes);
        self.held = bytes.split_off(bytes.len() - kept);
        bytes
    }
}

/// How many bytes at the end start a character that is not complete.
fn unfinished(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let needs = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if needs > back { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_in_two_comes_out_whole() {
        let mut hold = Hold::default();
        assert_eq!(hold.pass(b"a\xE2\x82"), b"a");
        assert_eq!(hold.pass(b"\xAC!"), "€!".as_bytes());
    }

    #[test]
    fn invalid_bytes_pass_and_nothing_is_held_for_ever() {
        let mut hold = Hold::default();
        assert_eq!(hold.pass(b"\xFF\x80\x80\x80\x80"), b"\xFF\x80\x80\x80\x80");
        assert_eq!(hold.pass(b"\xF0\x9F"), b"");
        assert_eq!(hold.pass(b"x"), b"\xF0\x9Fx");
    }

    proptest::proptest! {
        #[test]
        fn text_survives_every_split(text in ".{0,60}", cut in 0usize..200) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let mut hold = Hold::default();
            let mut out = hold.pass(&bytes[..cut]);
            out.extend(hold.pass(&bytes[cut..]));
            proptest::prop_assert_eq!(out, bytes);
        }
    }
}
