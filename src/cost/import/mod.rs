//! Exports of bills taken in: FOCUS, Cost and Usage Reports, in Parquet and CSV, told apart by what they hold. An import
//! is whole or it is an error that names file and row; one of the same export and billing month replaces the one before.

mod coded;
mod column;
mod csv;
mod field;
mod json;
mod kept;
mod layout;
mod leaf;
mod ledger;
mod lens;
mod manifest;
mod meaning;
mod moment;
mod need;
mod net;
mod page;
mod parquet;
mod plain;
mod prune;
mod remote;
mod seen;
mod sieve;
mod source;
mod trouble;
mod value;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::coverage::Coverage;
use super::cube::{Cube, day};
use super::filter::Filter;
use super::naming::Naming;
use super::period::Period;

pub use kept::{ENDING, Facts, Source, dir};
pub use manifest::{Export, find, is_manifest, parse as parse_manifest};
pub use net::SAYS as NO_NET;
pub use remote::{Fetched, NotFetched, address_of, fetch};
pub use trouble::{Flaw, Trouble};

pub(super) use field::DIMENSIONS;
pub(super) use kept::{Kept, is_empty, load_all};
pub(super) use ledger::Scan;
use ledger::{Ledger, Month};

/// How far a reading is.
#[derive(Clone, Debug)]
pub struct Progress {
    pub file: PathBuf,
    /// Of all files so far.
    pub rows: u64,
    pub took: Duration,
}

/// What was taken in.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub rows: u64,
    pub files: u64,
    pub from: Option<Date>,
    /// The day after the last.
    pub to: Option<Date>,
    pub currencies: Vec<String>,
    /// One for each export and month.
    pub months: Vec<Facts>,
    pub cells: usize,
    /// Days without any charge among others that have them daily, with the name of the export.
    pub holes: Vec<(String, Period)>,
    /// Months that these same files once had and have no longer: they stay as they were.
    pub stayed: Vec<Facts>,
}

impl Imported {
    fn add(&mut self, kept: &Kept) {
        let facts = &kept.facts;
        let to = facts.last.saturating_add(1.day());
        self.from = Some(self.from.map_or(facts.first, |from| from.min(facts.first)));
        self.to = Some(self.to.map_or(to, |known| known.max(to)));
        for currency in &kept.slab.tables.currencies {
            if !self.currencies.contains(currency) {
                self.currencies.push(currency.clone());
            }
        }
        self.cells += kept.slab.days.len();
        self.months.push(facts.clone());
    }
}

/// Reads exports and keeps them under the data directory, each in place of what was imported of it before.
pub fn import(
    exports: &[Export],
    data_dir: &Path,
    now: Timestamp,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<Imported, Trouble> {
    let dir = dir(data_dir);
    let mut imported = Imported::default();
    let mut done = Vec::new();
    for export in exports {
        let mut ledger = Ledger::new();
        let sources = read_all(export, &mut ledger, on_progress)?;
        if ledger.rows == 0 {
            let flaw = Flaw::whole(
                "there are no charges: only a header",
                "export a period that has some",
            );
            return Err(flaw.of(Path::new(&export.key)));
        }
        imported.rows += ledger.rows;
        imported.files += sources.len() as u64;
        done.push((export, sources, close(export, &mut ledger, now)));
    }
    // Every file was read to its end: only now does anything change.
    let old = load_all(&dir)?;
    let mut names: Vec<(String, String)> = old
        .iter()
        .map(|kept| (kept.facts.name.clone(), kept.facts.key.clone()))
        .collect();
    for (export, sources, mut months) in done {
        let name = free_name(&names, export);
        names.push((name.clone(), export.key.clone()));
        let paths: Vec<&PathBuf> = sources.iter().map(|source| &source.path).collect();
        for kept in &mut months {
            kept.facts.name.clone_from(&name);
            kept.facts.sources.clone_from(&sources);
            kept::save(&dir, kept)?;
            imported.add(kept);
        }
        let of_export = old.iter().filter(|kept| kept.facts.key == export.key);
        let others: Vec<&Kept> = of_export
            .filter(|kept| months.iter().all(|new| new.facts.month != kept.facts.month))
            .collect();
        // The bill of a later month may come under the name of the one before.
        let are_gone = |kept: &&&Kept| {
            let mut sources = kept.facts.sources.iter();
            sources.all(|source| paths.contains(&&source.path))
        };
        let gone = others.iter().filter(are_gone);
        imported.stayed.extend(gone.map(|kept| kept.facts.clone()));
        let all = || months.iter().chain(others.iter().copied());
        let charged = all().flat_map(|kept| kept.slab.days.iter().copied()).collect();
        let billed = all().map(|kept| kept.facts.month).collect();
        let holes = Coverage::of(&charged, &billed).holes;
        imported
            .holes
            .extend(holes.into_iter().map(|hole| (name.clone(), hole)));
    }
    Ok(imported)
}

/// Another export may have taken the name, before or just now; `names` stand beside the keys of theirs.
fn free_name(names: &[(String, String)], export: &Export) -> String {
    let taken = |name: &str| names.iter().any(|(of, key)| of == name && *key != export.key);
    let numbered = (2..).map(|nth| format!("{}-{nth}", export.name));
    let mut names = std::iter::once(export.name.clone()).chain(numbered);
    names
        .find(|name| !taken(name))
        .unwrap_or_else(|| export.name.clone())
}

fn read_all(
    export: &Export,
    ledger: &mut Ledger,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<Vec<Source>, Trouble> {
    let mut sources = Vec::new();
    let began = Instant::now();
    for file in &export.files {
        let before = ledger.rows;
        let mut on_rows = |rows: u64| {
            on_progress(&Progress {
                file: file.clone(),
                rows: before + rows,
                took: began.elapsed(),
            });
        };
        let source = Source::of(file).map_err(|error| Flaw::torn(error).of(file))?;
        read(file, ledger, &mut on_rows).map_err(|flaw| flaw.of(file))?;
        sources.push(source);
    }
    Ok(sources)
}

/// Reads one file, by what it begins with.
fn read(path: &Path, ledger: &mut Ledger, on_rows: &mut dyn FnMut(u64)) -> Result<(), Flaw> {
    let cannot = |error: std::io::Error| {
        Flaw::whole(
            format!("cannot be read: {error}"),
            "check that it is there and readable",
        )
    };
    let mut file = File::open(path).map_err(cannot)?;
    let mut start = Vec::new();
    (&file).take(4).read_to_end(&mut start).map_err(cannot)?;
    file.seek(SeekFrom::Start(0)).map_err(cannot)?;
    match start.as_slice() {
        [] => return Err(Flaw::whole("the file is empty", "fetch it again")),
        b"PAR1" => parquet::read(file, ledger, on_rows)?,
        [0x1f, 0x8b, ..] => csv::read(MultiGzDecoder::new(file), ledger, on_rows)?,
        [0x28, 0xb5, 0x2f, 0xfd] => {
            return Err(Flaw::whole(
                "the file is compressed with zstd",
                "unpack it with `zstd -d` and import the CSV in it, or export it as Parquet or gzipped CSV",
            ));
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(Flaw::whole(
                "the file is text in UTF-16",
                "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv",
            ));
        }
        [b'P', b'K', ..] => {
            return Err(Flaw::whole(
                "the file is a ZIP archive",
                "unpack it and import the CSV in it",
            ));
        }
        _ => csv::read(file, ledger, on_rows)?,
    };
    Ok(())
}

fn close(export: &Export, ledger: &mut Ledger, now: Timestamp) -> Vec<Kept> {
    let months = ledger.close();
    let date = |number: Option<&i32>| number.map(|number| day::date(*number)).unwrap_or_default();
    let [blank, blank_effective, blank_list, blank_net] = ledger.blank;
    let kept = |Month {
                    month,
                    slab,
                    rows,
                    format,
                }: Month| Kept {
        facts: Facts {
            key: export.key.clone(),
            name: export.name.clone(),
            month,
            format,
            sources: Vec::new(),
            imported_at: now,
            rows,
            first: date(slab.days.first()),
            last: date(slab.days.last()),
            rounded: ledger.rounded,
            blank,
            blank_effective,
            blank_list,
            blank_net: ledger.has_net.then_some(blank_net),
            net_is_amortized: Some(false),
            split: ledger.split,
            missing: ledger.missing.clone(),
            labels: Some(ledger.labels.clone()),
            without: ledger.without.clone().into_iter().collect(),
            left_out: ledger.books.labels.left_out(),
            account_names: ledger.account_names.clone().into_iter().collect(),
            services: Some(ledger.told_services()),
        },
        slab,
    };
    let mut months: Vec<Kept> = months.into_iter().map(kept).collect();
    net::settle(&mut months);
    months
}

/// Files that were taken in together.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub sources: Vec<Source>,
    /// As in [`Facts`].
    pub services: Option<Vec<(String, String)>>,
    /// Months whose net costs are the amortized ones.
    pub without_net: BTreeSet<i32>,
}

/// A cube for one question, from the files themselves: what cells do not have, such as resources. Of the filter only what
/// is returned is still to be asked of it.
pub(super) fn scan(
    batches: &[Batch],
    scan: &Scan,
    naming: &Naming,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<(Cube, Filter), Trouble> {
    let mut cube = Cube::of_files(&scan.kept());
    cube.naming.clone_from(naming);
    let (began, mut read_before) = (Instant::now(), 0);
    for batch in batches {
        let mut ledger = Ledger::scanning(scan, batch.services.as_deref());
        ledger.without_net.clone_from(&batch.without_net);
        for source in &batch.sources {
            let again = "import it again: what its cells do not have is read from the file itself";
            let now = Source::of(&source.path).map_err(|error| unread(&error, again).of(&source.path))?;
            if now != *source {
                return Err(Flaw::whole("the file has changed since it was imported", again).of(&source.path));
            }
            let before = read_before + ledger.rows;
            let mut on_rows = |rows: u64| {
                on_progress(&Progress {
                    file: source.path.clone(),
                    rows: before + rows,
                    took: began.elapsed(),
                });
            };
            read(&source.path, &mut ledger, &mut on_rows).map_err(|flaw| flaw.of(&source.path))?;
        }
        read_before += ledger.rows;
        cube.know_labels(&ledger.books.labels);
        for month in ledger.close() {
            cube.absorb(&month.slab, month.month);
        }
        for (lens, why) in ledger.without {
            cube.do_without(lens, why);
        }
    }
    Ok((cube, scan.rest()))
}

/// Why there is nothing to read at a place that an import came from.
fn unread(error: &std::io::Error, again: &str) -> Flaw {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Flaw::whole(
            "the file is gone since it was imported",
            "put it back, or import the bill from where it is now: what its cells do not have is read from the file itself",
        ),
        _ => Flaw::whole(format!("cannot be read: {error}"), again),
    }
}

/// The first day that a file of this age may not know whole: charges come up to a day late.
pub(super) fn open_from(modified_at: Timestamp) -> Date {
    super::today(modified_at).saturating_sub(1.day())
}
