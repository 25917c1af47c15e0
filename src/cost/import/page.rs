//! Pages of a column on their way to the decoders of `parquet`: what would make those panic is refused here, and texts
//! become codes, so that each text of a dictionary is looked at once and not once a row.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::ColumnDescPtr;

use super::plain::{Texts, numbers, split};

/// The pages of one column in one row group.
pub struct Pages {
    inner: Box<dyn PageReader>,
    leaf: ColumnDescPtr,
    /// For a column of texts.
    texts: Option<Arc<Mutex<Texts>>>,
    has_dictionary: bool,
}

impl Pages {
    pub fn new(
        inner: Box<dyn PageReader>,
        leaf: ColumnDescPtr,
        texts: Option<Arc<Mutex<Texts>>>,
    ) -> Box<Pages> {
        Box::new(Pages {
            inner,
            leaf,
            texts,
            has_dictionary: false,
        })
    }

    fn turn(&mut self, mut page: Page) -> Result<Page> {
        if let (Page::DataPage { num_values, .. } | Page::DataPageV2 { num_values, .. }, Some(texts)) =
            (&page, &self.texts)
            && self.leaf.max_rep_level() > 0
        {
            texts.lock().expect(*num_values)?;
        }
        match &mut page {
            Page::DictionaryPage { buf, num_values, .. } => {
                // No value is shorter than a byte: a number beyond that is only there to fill the memory.
                if *num_values as usize > buf.len() {
                    return Err(torn("a dictionary is shorter than it says"));
                }
                self.has_dictionary = true;
                if let Some(texts) = &self.texts {
                    let entries = split(buf, *num_values as usize)?;
                    *buf = numbers(0..entries.len(), |at| at)?;
                    *num_values = (*num_values).min(u32::try_from(entries.len()).unwrap_or(u32::MAX));
                    texts.lock().words = entries;
                }
            }
            Page::DataPage {
                buf,
                num_values,
                encoding,
                def_level_encoding,
                rep_level_encoding,
                ..
            } => {
                let (max_rep, max_def) = (self.leaf.max_rep_level(), self.leaf.max_def_level());
                let mut start = 0;
                for (max, encoding) in [(max_rep, *rep_level_encoding), (max_def, *def_level_encoding)] {
                    start += levels(buf.get(start..).unwrap_or_default(), max, encoding, *num_values)?;
                }
                self.encode(buf, start, encoding, *num_values)?;
            }
            Page::DataPageV2 {
                buf,
                num_values,
                encoding,
                def_levels_byte_len,
                rep_levels_byte_len,
                ..
            } => {
                let start = *def_levels_byte_len as usize + *rep_levels_byte_len as usize;
                if start > buf.len() {
                    return Err(torn("the levels of a page are longer than the page"));
                }
                self.encode(buf, start, encoding, *num_values)?;
            }
        }
        Ok(page)
    }

    /// Texts that stand in the page itself, from `start` on, become codes.
    fn encode(
        &mut self,
        buf: &mut Bytes,
        start: usize,
        encoding: &mut Encoding,
        num_values: u32,
    ) -> Result<()> {
        if matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) {
            return match self.has_dictionary {
                true => Ok(()),
                false => Err(torn("a page names a dictionary that is not there")),
            };
        }
        let Some(texts) = &self.texts else { return Ok(()) };
        let codes = texts
            .lock()
            .take(buf.slice(start..), *encoding, num_values as usize)?;
        *buf = [&buf[..start], &codes].concat().into();
        *encoding = Encoding::PLAIN;
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        page.map(|page| self.turn(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}

pub fn torn(says: &str) -> ParquetError {
    ParquetError::General(says.to_owned())
}

/// Bytes that the levels at the start of a page take.
fn levels(page: &[u8], max: i16, encoding: Encoding, num_values: u32) -> Result<usize> {
    if max == 0 {
        return Ok(0);
    }
    #[expect(deprecated)]
    let length = match encoding {
        Encoding::RLE => {
            let length = page
                .first_chunk::<4>()
                .map(|length| u32::from_le_bytes(*length) as usize);
            length.map(|length| length.saturating_add(4))
        }
        Encoding::BIT_PACKED => {
            let bits = (i16::BITS - max.leading_zeros()) as usize;
            Some((num_values as usize).saturating_mul(bits).div_ceil(8))
        }
        _ => None,
    };
    length
        .filter(|length| *length <= page.len())
        .ok_or_else(|| torn("the levels of a page are longer than the page"))
}
