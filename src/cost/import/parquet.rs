//! Exports in Parquet: needed columns only, a batch of a row group at a time, texts as codes of the file's own dictionary
//! so that each text is looked at once and not once a row.

use std::fs::File;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use super::array;
use super::coded::{Coded, MapReader};
use super::field::{ALL_TEXTS, Block, MONEYS, TEXTS};
use super::layout::{Labelled, Layout, Place};
use super::ledger::Ledger;
use super::prune;
use super::trouble::Flaw;

const ROWS: usize = 8192;

/// Reads a whole file into the ledger; `on_rows` hears how many rows it was so far.
pub fn read(file: File, ledger: &mut Ledger, on_rows: &mut dyn FnMut(u64)) -> Result<Layout, Flaw> {
    let (mut layout, reader) = open(file, ledger)?;
    ledger.begin(&layout);
    let used = layout.columns();
    let mut columns = Columns::new(&used);
    // Places in the file become places in a batch, which has the used columns alone.
    columns.narrow(&mut layout);
    let (mut block, mut row) = (Block::default(), 0);
    for batch in reader {
        let batch = batch.map_err(Flaw::torn)?;
        block.clear(row + 1);
        columns
            .take(&batch, &layout, ledger, &mut block)
            .map_err(|mut flaw| {
                flaw.row = flaw.row.map(|within| row + within);
                flaw
            })?;
        ledger.post(&layout, &block)?;
        row += batch.num_rows() as u64;
        on_rows(row);
    }
    Ok(layout)
}

fn open(file: File, ledger: &Ledger) -> Result<(Layout, ParquetRecordBatchReader), Flaw> {
    let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let found = ArrowReaderMetadata::load(&file, plain).map_err(Flaw::torn)?;
    let schema = found.schema().clone();
    let headers: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut layout = Layout::read(&headers)?;
    for (at, place) in layout.text.iter_mut().enumerate() {
        if !ledger.wants(ALL_TEXTS[at]) {
            *place = None;
        }
    }
    let coded: Fields = schema.fields().iter().map(coded).collect();
    let hint = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(coded)));
    let metadata = ArrowReaderMetadata::try_new(found.metadata().clone(), hint).map_err(Flaw::torn)?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let mask = ProjectionMask::roots(builder.parquet_schema(), layout.columns());
    let builder = match &ledger.wanted {
        Some(wanted) => {
            let groups = prune::groups(found.metadata(), &schema, &layout, wanted);
            builder.with_row_groups(groups)
        }
        None => builder,
    };
    let reader = builder.with_projection(mask).with_batch_size(ROWS).build();
    Ok((layout, reader.map_err(Flaw::torn)?))
}

/// The same field with its texts as codes of a dictionary.
fn coded(field: &Arc<Field>) -> Arc<Field> {
    let inner = |field: &Arc<Field>, data: DataType| Arc::new(field.as_ref().clone().with_data_type(data));
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            let data = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            inner(field, data)
        }
        DataType::Map(entries, sorted) => match entries.data_type() {
            DataType::Struct(fields) => {
                let fields: Fields = fields.iter().map(coded).collect();
                let entries = inner(entries, DataType::Struct(fields));
                inner(field, DataType::Map(entries, *sorted))
            }
            _ => field.clone(),
        },
        _ => field.clone(),
    }
}

/// Codes already found for the dictionaries of each column.
struct Columns {
    used: Vec<usize>,
    text: [Coded; TEXTS],
    labels: Vec<MapReader>,
    entries: [MapReader; TEXTS],
}

impl Columns {
    fn new(used: &[usize]) -> Columns {
        Columns {
            used: used.to_vec(),
            text: Default::default(),
            labels: Vec::new(),
            entries: Default::default(),
        }
    }

    fn narrow(&mut self, layout: &mut Layout) {
        let place = |at: usize| self.used.binary_search(&at).unwrap_or(usize::MAX);
        for text in layout.text.iter_mut().flatten() {
            *text = match text {
                Place::Column(at) => Place::Column(place(*at)),
                Place::Entry(at, key) => Place::Entry(place(*at), key),
            };
        }
        layout.money.iter_mut().flatten().for_each(|at| *at = place(*at));
        layout.period = layout.period.map(place);
        layout.day = place(layout.day);
        for label in &mut layout.labels {
            match label {
                Labelled::Map(at, _) | Labelled::Value(at, _, _) => *at = place(*at),
            }
        }
        self.labels.resize_with(layout.labels.len(), MapReader::default);
    }

    fn take(
        &mut self,
        batch: &RecordBatch,
        layout: &Layout,
        ledger: &mut Ledger,
        block: &mut Block,
    ) -> Result<(), Flaw> {
        let schema = batch.schema();
        let named = |at: usize| {
            schema
                .fields()
                .get(at)
                .map_or("", |field| field.name())
                .to_owned()
        };
        let told = |at: usize| {
            let name = named(at);
            move |mut flaw: Flaw| {
                flaw.says = format!("{name}: {}", flaw.says);
                flaw
            }
        };
        let column = |at: usize| {
            batch
                .columns()
                .get(at)
                .ok_or_else(|| Flaw::torn("a column is absent"))
        };
        array::days(column(layout.day)?, block).map_err(told(layout.day))?;
        if let Some(at) = layout.period {
            array::months(column(at)?, block).map_err(told(at))?;
        }
        for at in 0..TEXTS {
            let (names, codes) = (&mut ledger.books.names[at], &mut block.text[at]);
            match layout.text[at] {
                Some(Place::Column(place)) => {
                    let read = self.text[at].codes(column(place)?, codes, |text| names.code(text));
                    read.map_err(told(place))?;
                }
                Some(Place::Entry(place, key)) => {
                    let read = self.entries[at].entry(column(place)?, key, codes, names);
                    read.map_err(told(place))?;
                }
                None => {}
            }
        }
        for at in 0..MONEYS {
            if let Some(place) = layout.money[at] {
                if let Some(counted) = layout.counted(at) {
                    block.blank[counted] += column(place)?.null_count() as u64;
                }
                let units = &mut block.money[at];
                block.rounded += array::amounts(column(place)?, units).map_err(told(place))?;
            }
        }
        self.label(batch.num_rows(), layout, ledger, block, &column)
    }

    fn label<'b>(
        &mut self,
        rows: usize,
        layout: &Layout,
        ledger: &mut Ledger,
        block: &mut Block,
        column: &dyn Fn(usize) -> Result<&'b arrow_array::ArrayRef, Flaw>,
    ) -> Result<(), Flaw> {
        if layout.labels.is_empty() {
            block.labels.resize(rows, 0);
            return Ok(());
        }
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (reader, label) in self.labels.iter_mut().zip(&layout.labels) {
            match label {
                Labelled::Map(at, kind) => {
                    reader.open(column(*at)?, *kind, layout.dialect, &mut ledger.books)?
                }
                Labelled::Value(at, kind, name) => {
                    reader.open_value(column(*at)?, *kind, name, &mut ledger.books)?
                }
            }
        }
        for row in 0..rows {
            pairs.clear();
            for reader in &mut self.labels {
                reader.pairs(row, &mut ledger.books, &mut pairs);
            }
            let set = ledger.books.set(&pairs);
            block.labels.push(set);
        }
        Ok(())
    }
}
