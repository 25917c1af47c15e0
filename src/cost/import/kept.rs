//! Imports on disk: one file for each export and billing month, readable by its owner only, replaced as a whole. A header
//! in JSON says where it came from and names the codes, columns of little-endian numbers follow, under a checksum.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::net;
use super::trouble::Trouble;
use crate::cost::cube::{Codes, Kind, Slab, Sums, Tables, day};
use crate::cost::dataset::Lens;

const MAGIC: &[u8; 8] = b"qdcost1\n";
/// What a kept import is called after its dot.
pub const ENDING: &str = "costs";

/// A file that an import read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub path: PathBuf,
    pub size: u64,
    pub modified_at: Timestamp,
}

impl Source {
    pub fn of(path: &Path) -> std::io::Result<Source> {
        let facts = fs::metadata(path)?;
        Ok(Source {
            path: path.to_owned(),
            size: facts.len(),
            modified_at: Timestamp::try_from(facts.modified()?).unwrap_or(Timestamp::MIN),
        })
    }
}

/// What is known of one export's billing month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// What imports of the same export have in common: a path or the root of an export.
    pub key: String,
    /// What `--source` calls it.
    pub name: String,
    /// Months since the year 0.
    pub month: i32,
    pub format: String,
    pub sources: Vec<Source>,
    pub imported_at: Timestamp,
    pub rows: u64,
    /// First and last day on which something was charged.
    pub first: Date,
    pub last: Date,
    pub rounded: u64,
    /// Rows without what was billed for them, which count as nothing.
    #[serde(default)]
    pub blank: u64,
    /// The same of effective costs and of list costs.
    #[serde(default)]
    pub blank_effective: u64,
    #[serde(default)]
    pub blank_list: u64,
    /// The same of net costs, where a report has a column of them.
    #[serde(default)]
    pub blank_net: Option<u64>,
    /// Whether net costs are the amortized ones, since no row of the month has any; `None`: nobody has looked.
    #[serde(default)]
    pub net_is_amortized: Option<bool>,
    /// Rows that split the cost of others among containers, and were left out.
    pub split: u64,
    pub missing: Vec<String>,
    /// The kinds of labels for which files have columns; `None`: it is older than that, and nobody has looked.
    #[serde(default)]
    pub labels: Option<BTreeSet<Kind>>,
    pub without: Vec<(Lens, String)>,
    /// Labels with too many values for cells.
    pub left_out: Vec<String>,
    pub account_names: Vec<(String, String)>,
    /// Services that rows of the import name by their short names alone, each with the long name that other rows have;
    /// `None`: it is older than that, and rows that are read again have to tell.
    #[serde(default)]
    pub services: Option<Vec<(String, String)>>,
}

impl Facts {
    /// `2026-11`.
    pub fn month_name(&self) -> String {
        day::month_name(self.month)
    }

    pub fn is_focus(&self) -> bool {
        self.format.starts_with("FOCUS")
    }

    /// Rows without the cost that a lens is made of, and what files call that. A report has amortized costs of what was
    /// billed, and net costs too where it has no column of them.
    pub fn blank(&self, lens: Lens) -> (&'static str, u64) {
        match (lens, self.blank_net) {
            (Lens::List, _) => (Lens::List.file_name(), self.blank_list),
            (Lens::Amortized | Lens::Net, _) if self.is_focus() => {
                (Lens::Amortized.file_name(), self.blank_effective)
            }
            (Lens::Net, Some(blank)) if self.net_is_amortized != Some(true) => (Lens::Net.file_name(), blank),
            _ => (Lens::Unblended.file_name(), self.blank),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    facts: Facts,
    tables: Tables,
    cells: usize,
    /// Bytes a value of each column.
    widths: Vec<u8>,
    crc32c: u32,
}

#[derive(Clone, Debug)]
pub struct Kept {
    pub facts: Facts,
    pub slab: Slab,
}

pub fn dir(data_dir: &Path) -> PathBuf {
    data_dir.join("costs").join("imports")
}

fn file(dir: &Path, facts: &Facts) -> PathBuf {
    let hash = hex::encode(&Sha256::digest(facts.key.as_bytes())[..8]);
    dir.join(format!("{hash}-{}.{ENDING}", day::month_name(facts.month)))
}

/// Writes beside the old file and takes its place, so that there is always a whole one.
pub fn save(dir: &Path, kept: &Kept) -> Result<(), Trouble> {
    let path = file(dir, &kept.facts);
    write(dir, &path, kept).map_err(|error| Trouble {
        file: path,
        row: None,
        says: format!("the import cannot be kept: {error}"),
        hint: "check space and permissions of the data directory".into(),
    })
}

fn write(dir: &Path, path: &Path, kept: &Kept) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let slab = &kept.slab;
    let (mut bytes, mut widths) = (Vec::new(), Vec::new());
    slab.days
        .iter()
        .for_each(|day| bytes.extend_from_slice(&day.to_le_bytes()));
    for codes in [&slab.currency, &slab.label].into_iter().chain(&slab.codes) {
        widths.push(put_codes(&mut bytes, codes));
    }
    for sums in &slab.money {
        widths.push(put_sums(&mut bytes, sums));
    }
    let header = serde_json::to_vec(&Header {
        facts: kept.facts.clone(),
        tables: slab.tables.clone(),
        cells: slab.days.len(),
        widths,
        crc32c: crc32c::crc32c(&bytes),
    })?;
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(MAGIC)?;
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    file.write_all(&bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn put_codes(bytes: &mut Vec<u8>, codes: &Codes) -> u8 {
    match codes {
        Codes::Narrow(codes) => {
            codes
                .iter()
                .for_each(|code| bytes.extend_from_slice(&code.to_le_bytes()));
            2
        }
        Codes::Wide(codes) => {
            codes
                .iter()
                .for_each(|code| bytes.extend_from_slice(&code.to_le_bytes()));
            4
        }
    }
}

fn put_sums(bytes: &mut Vec<u8>, sums: &Sums) -> u8 {
    match sums {
        Sums::Narrow(sums) => {
            sums.iter()
                .for_each(|units| bytes.extend_from_slice(&units.to_le_bytes()));
            8
        }
        Sums::Wide(sums) => {
            sums.iter()
                .for_each(|units| bytes.extend_from_slice(&units.to_le_bytes()));
            16
        }
    }
}

/// Everything that was imported, oldest month first. A file that cannot be read is an error: without it totals would be
/// too small.
pub fn load_all(dir: &Path) -> Result<Vec<Kept>, Trouble> {
    let mut all = Vec::new();
    for path in files(dir) {
        let bytes = fs::read(&path).map_err(|error| damaged(&path, &error.to_string()))?;
        all.push(parse(&bytes).ok_or_else(|| damaged(&path, "it is torn or of another version"))?);
    }
    net::settle_older(&mut all);
    all.sort_by(|a, b| (a.facts.month, &a.facts.key).cmp(&(b.facts.month, &b.facts.key)));
    Ok(all)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|of| of == ENDING))
        .collect();
    paths.sort();
    paths
}

/// Whether anything was imported.
pub fn is_empty(dir: &Path) -> bool {
    files(dir).is_empty()
}

fn damaged(path: &Path, why: &str) -> Trouble {
    Trouble {
        file: path.to_owned(),
        row: None,
        says: format!("an import cannot be read: {why}"),
        hint: "delete the file and import its export again".into(),
    }
}

fn parse(bytes: &[u8]) -> Option<Kept> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (header, mut rest) = rest.split_at_checked(length)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    if crc32c::crc32c(rest) != header.crc32c {
        return None;
    }
    let mut column = |width: usize| {
        let (column, after) = rest.split_at_checked(header.cells.checked_mul(width)?)?;
        rest = after;
        Some(column)
    };
    let days = column(4)?
        .as_chunks::<4>()
        .0
        .iter()
        .map(|day| i32::from_le_bytes(*day))
        .collect();
    let mut widths = header.widths.iter();
    let mut codes = Vec::new();
    for _ in 0..header.tables.axes.len() + 2 {
        codes.push(match widths.next()? {
            2 => Codes::Narrow(
                column(2)?
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|code| u16::from_le_bytes(*code))
                    .collect(),
            ),
            4 => Codes::Wide(
                column(4)?
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|code| u32::from_le_bytes(*code))
                    .collect(),
            ),
            _ => return None,
        });
    }
    let mut money: [Sums; crate::cost::cube::MEASURES] = Default::default();
    for sums in &mut money {
        *sums = match widths.next()? {
            8 => Sums::Narrow(
                column(8)?
                    .as_chunks::<8>()
                    .0
                    .iter()
                    .map(|units| i64::from_le_bytes(*units))
                    .collect(),
            ),
            16 => Sums::Wide(
                column(16)?
                    .as_chunks::<16>()
                    .0
                    .iter()
                    .map(|units| i128::from_le_bytes(*units))
                    .collect(),
            ),
            _ => return None,
        };
    }
    let mut codes = codes.into_iter();
    Some(Kept {
        facts: header.facts,
        slab: Slab {
            days,
            currency: codes.next()?,
            label: codes.next()?,
            codes: codes.collect(),
            tables: header.tables,
            money,
        },
    })
}
