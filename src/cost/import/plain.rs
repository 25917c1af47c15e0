//! Texts as they stand in pages: those of the dictionary, and those of pages that use none. Codes from 0 on mean the one,
//! codes below 0 the other.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::ByteArrayType;
use parquet::errors::Result;
use parquet::schema::types::{self, ColumnDescriptor, ColumnPath};

use super::page::torn;
use super::trouble::Flaw;

/// Packed texts can say that they are many and take no room: writers put some 20,000 into a page.
pub const MOST: u32 = 1 << 24;

#[derive(Default)]
pub struct Texts {
    /// The dictionary.
    pub words: Vec<Bytes>,
    loose: Vec<Bytes>,
    /// How many of `loose` are gone, and how many were there before the last page.
    gone: usize,
    before: usize,
    /// Places for texts in the pages of this batch.
    places: u64,
}

impl Texts {
    pub fn text(&self, code: i32) -> Result<&str, Flaw> {
        let bytes = match usize::try_from(code) {
            Ok(at) => self.words.get(at),
            Err(_) => (!code as usize)
                .checked_sub(self.gone)
                .and_then(|at| self.loose.get(at)),
        };
        let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.ok_or_else(|| Flaw::torn("a text that is not UTF-8"))
    }

    /// Counts what the next page claims: an empty row of a map takes no room, and billions of them would fill the memory.
    pub fn expect(&mut self, num_values: u32) -> Result<()> {
        self.places += u64::from(num_values);
        match self.places <= u64::from(MOST) {
            true => Ok(()),
            false => Err(torn("more entries than any batch of rows has")),
        }
    }

    /// Forgets the texts of pages that were read to their end.
    pub fn forget(&mut self) {
        self.places = 0;
        self.loose.drain(..self.before - self.gone);
        self.gone = self.before;
    }

    /// Takes in the texts of a page and gives the codes that stand for them.
    pub fn take(&mut self, values: Bytes, encoding: Encoding, num_values: usize) -> Result<Bytes> {
        self.before = self.gone + self.loose.len();
        match encoding {
            Encoding::PLAIN => self.loose.append(&mut split(&values, num_values)?),
            Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY => {
                self.loose.append(&mut unpack(values, encoding, num_values)?);
            }
            other => return Err(torn(&format!("texts in the encoding {other}, which is unknown"))),
        }
        numbers(self.before..self.gone + self.loose.len(), |at| !at)
    }
}

/// Codes as a page of numbers holds them.
pub fn numbers(places: Range<usize>, code: impl Fn(i32) -> i32) -> Result<Bytes> {
    let mut bytes = Vec::with_capacity(places.len() * 4);
    for at in places {
        let at = i32::try_from(at).map_err(|_| torn("more texts than a column has rows"))?;
        bytes.extend_from_slice(&code(at).to_le_bytes());
    }
    Ok(bytes.into())
}

/// Texts that stand one after the other, each after its length; at most `most`.
pub fn split(values: &Bytes, most: usize) -> Result<Vec<Bytes>> {
    let mut texts = Vec::with_capacity(most.min(values.len() / 4));
    let mut at = 0;
    while texts.len() < most && at < values.len() {
        let text = values[at..].split_first_chunk::<4>().and_then(|(length, rest)| {
            let length = u32::from_le_bytes(*length) as usize;
            (length <= rest.len()).then(|| at + 4..at + 4 + length)
        });
        let text = text.ok_or_else(|| torn("a text is longer than its page"))?;
        at = text.end;
        texts.push(values.slice(text));
    }
    Ok(texts)
}

/// Texts whose lengths, or what they share with the one before, are packed: rarely written, so that the crate's own
/// decoder does it, given a page that has nothing but values.
fn unpack(values: Bytes, encoding: Encoding, most: usize) -> Result<Vec<Bytes>> {
    let found = packed(&values).ok_or_else(|| torn("a page of packed texts has no header"))?;
    let count = u32::try_from(found.min(most)).ok().filter(|count| *count <= MOST);
    let count = count.ok_or_else(|| torn("more texts than any page has"))?;
    let page = Page::DataPage {
        buf: values,
        num_values: count,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let of = types::Type::primitive_type_builder("text", Type::BYTE_ARRAY).build()?;
    let leaf = ColumnDescriptor::new(Arc::new(of), 0, 0, ColumnPath::from("text"));
    let mut reader = ColumnReaderImpl::<ByteArrayType>::new(Arc::new(leaf), Box::new(Single(Some(page))));
    let mut texts = Vec::new();
    reader.read_records(count as usize, None, None, &mut texts)?;
    Ok(texts
        .iter()
        .map(|text| Bytes::copy_from_slice(text.data()))
        .collect())
}

/// How many values a block of packed numbers has: the third number of its header.
fn packed(values: &[u8]) -> Option<usize> {
    let mut bytes = values.iter();
    let mut number = || {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = *bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(number).ok();
            }
        }
        None
    };
    number()?;
    number()?;
    number()
}

struct Single(Option<Page>);

impl Iterator for Single {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.0.take().map(Ok)
    }
}

impl PageReader for Single {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        Ok(self.0.take())
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Ok(None)
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0 = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_take_no_room_are_counted_for_each_batch() {
        let mut texts = Texts::default();
        texts.expect(MOST - 1).unwrap();
        assert!(texts.expect(u32::MAX).is_err());
        texts.forget();
        texts.expect(MOST).unwrap();
        assert!(texts.expect(1).is_err());
    }
}
