//! Exports in Parquet: needed columns only, a batch of a row group at a time, texts as codes of the file's own dictionary
//! so that each text is looked at once and not once a row.

use std::collections::BTreeMap;
use std::fs::File;

use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};

use super::coded::{Coded, MapReader};
use super::field::{ALL_TEXTS, Block, MONEYS, TEXTS, Text};
use super::layout::{Labelled, Layout, Place};
use super::ledger::Ledger;
use super::source::{Root, Source};
use super::trouble::Flaw;
use super::value;
use super::{need, prune};

/// Digits of an account number.
const ACCOUNT: usize = 12;

/// Reads a whole file into the ledger; `on_rows` hears how many rows it was so far.
pub fn read(file: File, ledger: &mut Ledger, on_rows: &mut dyn FnMut(u64)) -> Result<Layout, Flaw> {
    let reader = SerializedFileReader::new(file).map_err(Flaw::torn)?;
    let metadata = reader.metadata();
    let (headers, roots): (Vec<String>, Vec<Root>) = Root::all(metadata.file_metadata().schema_descr())
        .into_iter()
        .unzip();
    check_codecs(metadata)?;
    let mut layout = Layout::read(&headers)?;
    need::trim(&mut layout, ledger);
    let groups = match &ledger.wanted {
        Some(wanted) => prune::groups(metadata, &roots, &layout, wanted),
        None => (0..metadata.num_row_groups()).collect(),
    };
    ledger.begin(&layout);
    let mut columns = Columns::new(headers, &layout);
    let (mut block, mut row) = (Block::default(), 0);
    for group in groups {
        let group = reader.get_row_group(group).map_err(Flaw::torn)?;
        columns.turn_to(&*group, &roots, &layout)?;
        let before = row;
        loop {
            let rows = columns.read()?;
            if rows == Some(0) {
                break;
            }
            block.clear(row + 1);
            columns.take(&layout, ledger, &mut block).map_err(|mut flaw| {
                flaw.row = flaw.row.map(|within| row + within);
                flaw
            })?;
            ledger.post(&layout, &block)?;
            row += rows.unwrap_or(0) as u64;
            on_rows(row);
        }
        if i64::try_from(row - before) != Ok(group.metadata().num_rows()) {
            return Err(Flaw::torn("a row group has fewer or more rows than it says"));
        }
    }
    Ok(layout)
}

/// A file that is whole is not called damaged for how it is compressed.
fn check_codecs(metadata: &ParquetMetaData) -> Result<(), Flaw> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    for column in columns {
        let name = match column.compression() {
            Compression::LZ4 | Compression::LZ4_RAW => "LZ4",
            Compression::BROTLI(_) => "Brotli",
            Compression::LZO => "LZO",
            _ => continue,
        };
        return Err(Flaw::whole(
            format!("it is compressed with {name}, which qd does not read"),
            "export it as Snappy, ZSTD or GZIP",
        ));
    }
    Ok(())
}

/// The columns that are read, by their places in the file, and codes already found for the dictionaries of each.
struct Columns {
    headers: Vec<String>,
    used: BTreeMap<usize, Source>,
    text: [Coded; TEXTS],
    labels: Vec<MapReader>,
    entries: [MapReader; TEXTS],
}

impl Columns {
    fn new(headers: Vec<String>, layout: &Layout) -> Columns {
        let mut labels = Vec::new();
        labels.resize_with(layout.labels.len(), MapReader::default);
        Columns {
            headers,
            used: BTreeMap::new(),
            text: Default::default(),
            labels,
            entries: Default::default(),
        }
    }

    fn turn_to(&mut self, group: &dyn RowGroupReader, roots: &[Root], layout: &Layout) -> Result<(), Flaw> {
        self.used.clear();
        for at in layout.columns() {
            let root = roots.get(at).copied().unwrap_or(Root::Other);
            self.used.insert(at, root.open(group).map_err(Flaw::torn)?);
        }
        Ok(())
    }

    /// Reads the next batch of every column and says how many rows it has.
    fn read(&mut self) -> Result<Option<usize>, Flaw> {
        let mut rows = None;
        for source in self.used.values_mut() {
            let read = source.read()?;
            if read.is_some() && rows.is_some() && read != rows {
                return Err(Flaw::torn("columns of different length"));
            }
            rows = rows.or(read);
        }
        Ok(rows)
    }

    fn take(&mut self, layout: &Layout, ledger: &mut Ledger, block: &mut Block) -> Result<(), Flaw> {
        let (used, headers) = (&self.used, &self.headers);
        let told = |at: usize| {
            move |mut flaw: Flaw| {
                let name = headers.get(at).map_or("", String::as_str);
                flaw.says = format!("{name}: {}", flaw.says);
                flaw
            }
        };
        let source = |at: usize| used.get(&at).ok_or_else(|| Flaw::torn("a column is absent"));
        let leaf = |at: usize| source(at)?.leaf().map_err(told(at));
        value::days(leaf(layout.day)?, block).map_err(told(layout.day))?;
        if let Some(at) = layout.period {
            value::months(leaf(at)?, block).map_err(told(at))?;
        }
        for (at, text) in ALL_TEXTS.into_iter().enumerate() {
            let (names, codes) = (&mut ledger.books.names[at], &mut block.text[at]);
            match layout.text[at] {
                Some(Place::Column(place)) => {
                    let digits = if text == Text::Account { ACCOUNT } else { 0 };
                    let read = self.text[at].codes(leaf(place)?, codes, digits, |text| names.code(text));
                    read.map_err(told(place))?;
                }
                Some(Place::Entry(place, key)) => {
                    let read = self.entries[at].entry(source(place)?, key, codes, names);
                    read.map_err(told(place))?;
                }
                None => {}
            }
        }
        for at in 0..MONEYS {
            if let Some(place) = layout.money[at] {
                let column = leaf(place)?;
                if let Some(counted) = layout.counted(at) {
                    block.blank[counted] += column.nulls();
                }
                let units = &mut block.money[at];
                block.rounded += value::amounts(column, units).map_err(told(place))?;
            }
        }
        for (reader, label) in self.labels.iter_mut().zip(&layout.labels) {
            match label {
                Labelled::Map(at, kind) => reader
                    .open(source(*at)?, *kind, layout.dialect, &mut ledger.books)
                    .map_err(told(*at))?,
                Labelled::Value(at, kind, name) => reader
                    .open_value(leaf(*at)?, *kind, name, &mut ledger.books)
                    .map_err(told(*at))?,
            }
        }
        self.label(ledger, block);
        Ok(())
    }

    fn label(&self, ledger: &mut Ledger, block: &mut Block) {
        let rows = block.days.len();
        if self.labels.is_empty() {
            block.labels.resize(rows, 0);
            return;
        }
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for row in 0..rows {
            pairs.clear();
            for reader in &self.labels {
                reader.pairs(row, &mut ledger.books, &mut pairs);
            }
            let set = ledger.books.set(&pairs);
            block.labels.push(set);
        }
    }
}
