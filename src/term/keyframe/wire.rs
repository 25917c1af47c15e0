//! Integers and text of a dump, written and read. Reading trusts nothing.

use super::BadDump;

#[derive(Default)]
pub(super) struct Out(pub Vec<u8>);

impl Out {
    pub fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn count(&mut self, value: usize) {
        self.number(value as u64);
    }

    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }
}

pub(super) struct In<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> In<'a> {
    pub fn new(bytes: &'a [u8]) -> In<'a> {
        In { bytes, at: 0 }
    }

    pub fn bad(&self, what: &'static str) -> BadDump {
        BadDump { what, at: self.at }
    }

    pub fn byte(&mut self) -> Result<u8, BadDump> {
        let byte = *self.bytes.get(self.at).ok_or(self.bad("unexpected end"))?;
        self.at += 1;
        Ok(byte)
    }

    pub fn number(&mut self) -> Result<u64, BadDump> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.bad("number too long"))
    }

    /// A number of at most `limit`.
    pub fn count(&mut self, limit: usize, what: &'static str) -> Result<usize, BadDump> {
        let value = self.number()?;
        usize::try_from(value)
            .ok()
            .filter(|value| *value <= limit)
            .ok_or(self.bad(what))
    }

    pub fn text(&mut self, limit: usize) -> Result<&'a str, BadDump> {
        let len = self.count(limit, "text too long")?;
        let bytes = self
            .bytes
            .get(self.at..self.at + len)
            .ok_or(self.bad("unexpected end"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.bad("text is not UTF-8"))?;
        self.at += len;
        Ok(text)
    }

    pub fn char(&mut self) -> Result<char, BadDump> {
        let code = self.number()?;
        u32::try_from(code)
            .ok()
            .and_then(char::from_u32)
            .ok_or(self.bad("not a character"))
    }

    pub fn end(&self) -> Result<(), BadDump> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(self.bad("bytes after the end"))
        }
    }
}
