//! Numbers on the wire: unsigned LEB128, fixed little-endian fields, and a reader that never runs past its slice.

/// The longest LEB128 of a `u64`.
const LONGEST: usize = 10;

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A slice that is eaten from the front; `None` means it was too short or malformed.
pub(super) struct Cut<'a>(pub &'a [u8]);

impl<'a> Cut<'a> {
    pub fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for (i, &byte) in self.0.iter().take(LONGEST).enumerate() {
            let low = u64::from(byte & 0x7f);
            if i == LONGEST - 1 && low > 1 {
                return None;
            }
            value |= low << (7 * i);
            if byte < 0x80 {
                self.0 = &self.0[i + 1..];
                return Some(value);
            }
        }
        None
    }

    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_survives_the_wire(value: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            bytes.extend(&tail);
            let mut cut = Cut(&bytes);
            prop_assert_eq!(cut.varint(), Some(value));
            prop_assert_eq!(cut.rest(), &tail[..]);
        }

        #[test]
        fn hostile_bytes_give_a_number_or_nothing(bytes: Vec<u8>) {
            let _ = Cut(&bytes).varint();
        }
    }
}
