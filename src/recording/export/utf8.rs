//! Bytes to text over event borders: a character split between two events waits for its rest,
//! what is no UTF-8 becomes U+FFFD and is counted.

#[derive(Default)]
pub(super) struct Decoder {
    rest: Vec<u8>,
    pub replaced: u64,
}

impl Decoder {
    /// The text that is certain by now.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.rest);
        let mut text = String::with_capacity(bytes.len());
        let mut left = &bytes[..];
        while let Err(e) = std::str::from_utf8(left) {
            let (good, bad) = left.split_at(e.valid_up_to());
            text.push_str(&String::from_utf8_lossy(good));
            let Some(len) = e.error_len() else {
                self.rest = bad.to_vec();
                return text;
            };
            text.push('\u{fffd}');
            self.replaced += 1;
            left = &bad[len..];
        }
        text.push_str(&String::from_utf8_lossy(left));
        text
    }

    /// What an unfinished character at the very end becomes.
    pub fn finish(&mut self) -> Option<&'static str> {
        let unfinished = !std::mem::take(&mut self.rest).is_empty();
        self.replaced += u64::from(unfinished);
        unfinished.then_some("\u{fffd}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn splitting_changes_nothing(bytes: Vec<u8>, cuts in prop::collection::vec(1usize..5, 0..40)) {
            let mut decoder = Decoder::default();
            let mut text = String::new();
            let mut left = &bytes[..];
            for cut in cuts {
                let (head, tail) = left.split_at(cut.min(left.len()));
                text += &decoder.push(head);
                left = tail;
            }
            text += &decoder.push(left);
            text += decoder.finish().unwrap_or_default();
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }
    }
}
