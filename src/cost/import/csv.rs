//! Exports in CSV, gzipped or not. A field is absent when it is empty or says `NULL`; a number that is none, a row that is
//! too short and a file that breaks off are errors with their row.

use std::io::Read;

use csv::StringRecord;
use jiff::civil::Date;

use super::field::Block;
use super::json;
use super::layout::{Labelled, Layout, Place};
use super::ledger::Ledger;
use super::moment::parse_day;
use super::need;
use super::trouble::Flaw;
use crate::cost::amount::Amount;
use crate::cost::cube::day;

const ROWS: usize = 4096;

/// Reads a whole file into the ledger; `on_rows` hears how many rows it was so far.
pub fn read(input: impl Read, ledger: &mut Ledger, on_rows: &mut dyn FnMut(u64)) -> Result<Layout, Flaw> {
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(1 << 17)
        .from_reader(input);
    let headers = reader.headers().map_err(|error| flaw(0, &error))?;
    if headers.is_empty() {
        return Err(Flaw::whole("the file is empty", "fetch it again"));
    }
    let headers: Vec<String> = headers.iter().map(str::to_owned).collect();
    let mut layout = Layout::read(&headers).map_err(|flaw| separated(&headers).unwrap_or(flaw))?;
    need::trim(&mut layout, ledger);
    ledger.begin(&layout);
    let mut rows = Rows {
        layout: &layout,
        headers: &headers,
        block: Block::default(),
        row: 0,
        last_day: (String::new(), 0, 0),
        last_month: (String::new(), 0),
    };
    rows.block.clear(1);
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| flaw(rows.row + 1, &error))?
    {
        rows.row += 1;
        rows.take(&record, ledger)?;
        if rows.block.days.len() >= ROWS {
            ledger.post(&layout, &rows.block)?;
            rows.block.clear(rows.row + 1);
            on_rows(rows.row);
        }
    }
    ledger.post(&layout, &rows.block)?;
    on_rows(rows.row);
    Ok(layout)
}

/// Why a header of one column is more than that.
fn separated(headers: &[String]) -> Option<Flaw> {
    let [only] = headers else { return None };
    let signs = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
    let (_, name) = signs.into_iter().find(|(sign, _)| only.contains(*sign))?;
    Some(Flaw::whole(
        format!("its columns are separated by {name}"),
        "export it with commas between them, and with points in its numbers",
    ))
}

struct Rows<'a> {
    layout: &'a Layout,
    headers: &'a [String],
    block: Block,
    row: u64,
    /// Rows mostly come in the order of days: the text of the last one, its day and its month.
    last_day: (String, i32, i32),
    last_month: (String, i32),
}

impl Rows<'_> {
    fn take(&mut self, record: &StringRecord, ledger: &mut Ledger) -> Result<(), Flaw> {
        let field = |at: usize| record.get(at).map_or("", present);
        let (layout, row) = (self.layout, self.row);
        let text = field(layout.day);
        if text != self.last_day.0 || self.last_day.0.is_empty() {
            let date = self.date(layout.day, text)?;
            self.last_day = (text.to_owned(), day::number(date), day::month(date));
        }
        let mut month = self.last_day.2;
        if let Some(text) = layout.period.map(field).filter(|text| !text.is_empty()) {
            if text != self.last_month.0 {
                let date = self.date(layout.period.unwrap_or(0), text)?;
                self.last_month = (text.to_owned(), day::month(date));
            }
            month = self.last_month.1;
        }
        self.block.days.push(self.last_day.1);
        self.block.months.push(month);
        for (at, place) in layout.text.iter().enumerate() {
            let Some(place) = place else { continue };
            let names = &mut ledger.books.names[at];
            let code = match place {
                Place::Column(column) => names.code(field(*column)),
                Place::Entry(column, key) => {
                    let value = json::entry(field(*column), key).map_err(|says| self.bad(*column, says))?;
                    names.code(&value)
                }
            };
            self.block.text[at].push(code);
        }
        for (at, column) in layout.money.iter().enumerate() {
            let Some(column) = column else { continue };
            let text = field(*column);
            let units = match text {
                "" => {
                    if let Some(at) = layout.counted(at) {
                        self.block.blank[at] += 1;
                    }
                    0
                }
                text => {
                    let parsed = Amount::parse(text).map_err(|bad| self.bad(*column, bad.to_string()))?;
                    self.block.rounded += u64::from(parsed.rounded);
                    parsed.amount.units()
                }
            };
            self.block.money[at].push(units);
        }
        let mut pairs = Vec::new();
        for label in &layout.labels {
            match label {
                Labelled::Map(column, kind) => {
                    let text = field(*column);
                    let found = json::pairs(text, *kind, layout.dialect, &mut ledger.books);
                    pairs.extend(found.map_err(|says| self.bad(*column, says))?);
                }
                Labelled::Value(column, kind, name) => {
                    let value = field(*column);
                    if !value.is_empty() {
                        let labels = &mut ledger.books.labels;
                        pairs.push((labels.key(*kind, name), labels.values.code(value)));
                    }
                }
            }
        }
        let set = ledger.books.set(&pairs);
        self.block.labels.push(set);
        debug_assert_eq!(self.block.days.len() as u64, row + 1 - self.block.first_row);
        Ok(())
    }

    fn date(&self, column: usize, text: &str) -> Result<Date, Flaw> {
        parse_day(text).ok_or_else(|| self.bad(column, format!("{text:?} is no day")))
    }

    fn bad(&self, column: usize, says: String) -> Flaw {
        let name = self.headers.get(column).map_or("", String::as_str);
        Flaw::row(self.row, format!("{name}: {says}"))
    }
}

/// What a field says, nothing where it says that there is nothing.
pub fn present(text: &str) -> &str {
    match text {
        "NULL" | "null" | "\\N" => "",
        text => text,
    }
}

fn flaw(row: u64, error: &csv::Error) -> Flaw {
    match error.kind() {
        csv::ErrorKind::Io(error) => Flaw {
            row: Some(row).filter(|row| *row > 0),
            ..Flaw::torn(error)
        },
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => Flaw::row(row, format!("{len} fields where the header has {expected_len}")),
        csv::ErrorKind::Utf8 { .. } => Flaw::row(row, "bytes that are no UTF-8 text"),
        _ => Flaw::row(row, error.to_string()),
    }
}
