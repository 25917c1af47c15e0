//! What was paid for, on disk: one file an account, dataset and month, and the pages as they came, readable by their
//! owner only.
//! A month is final once it was read whole, without estimates, fifteen days after its end: then it is
//! never asked for again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::period::{Period, months};
use super::slice::Slice;
use crate::aws::CostRow;

/// The bill changes at most three times a day.
pub const FRESH_FOR: Duration = Duration::from_secs(8 * 3600);

/// A month as it was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Month {
    pub fetched_at: Timestamp,
    /// Rows of a whole page; absent while all fitted on one.
    pub page_rows: Option<u32>,
    /// Rows of the whole list that it came with; 0 where that was not written down.
    #[serde(default)]
    pub list_rows: u32,
    pub rows: Vec<CostRow>,
    pub account_names: Vec<(String, String)>,
}

impl Month {
    /// Nothing in it will move any more.
    pub fn is_final(&self, month: Period) -> bool {
        let settled = month.to.saturating_add(15.days()).to_zoned(TimeZone::UTC);
        settled.is_ok_and(|settled| self.fetched_at >= settled.timestamp())
            && !self.rows.iter().any(|row| row.estimated)
    }

    pub fn is_fresh(&self, month: Period, now: Timestamp) -> bool {
        self.is_final(month) || is_fresh(self.fetched_at, now)
    }
}

/// A list that had more pages than were allowed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct TooLong {
    from: Date,
    to: Date,
    pages: u32,
    found_at: Timestamp,
}

/// After so long a list is tried again: the bill may have become shorter.
const TOO_LONG_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A clock that was set back makes nothing fresh for ever.
pub fn is_fresh(fetched_at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(fetched_at);
    age >= SignedDuration::ZERO && age.unsigned_abs() < FRESH_FOR
}

/// The folder of one account.
#[derive(Clone, Debug)]
pub struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    pub fn new(cache_dir: &Path, account: &str) -> Shelf {
        let safe = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let folder = if safe {
            account.to_owned()
        } else {
            format!("x{}", hex::encode(account))
        };
        Shelf {
            dir: cache_dir.join("costs").join(folder),
        }
    }

    /// `None` when the month is not there; a file that cannot be read counts as not there, and is replaced.
    pub fn month(&self, slice: &Slice, month: Period) -> Option<Month> {
        self.load(&month_file(slice, month))
    }

    /// When what is kept of a part of a slice was read, without its rows.
    pub fn read_at(&self, slice: &Slice, part: Period) -> Option<Timestamp> {
        #[derive(Deserialize)]
        struct Read {
            fetched_at: Timestamp,
        }
        let kept = self.has(slice, part).then(|| month_file(slice, part))?;
        self.load::<Read>(&kept).map(|read| read.fetched_at)
    }

    /// Whether there is anything of the month, without reading it.
    pub fn has(&self, slice: &Slice, month: Period) -> bool {
        self.dir.join(month_file(slice, month)).is_file()
    }

    pub fn keep_month(&self, slice: &Slice, month: Period, kept: &Month) -> std::io::Result<()> {
        self.save(&month_file(slice, month), kept)
    }

    /// Pages that were not enough for a list, or for a part of it; the most of them.
    pub fn too_long(&self, slice: &Slice, run: Period, now: Timestamp) -> Option<u32> {
        let known: Vec<TooLong> = self.load(&too_long_file(slice))?;
        let young = |of: &&TooLong| now.duration_since(of.found_at) < TOO_LONG_FOR;
        let within = |of: &&TooLong| run.from <= of.from && of.to <= run.to;
        let pages = known.iter().filter(young).filter(within).map(|of| of.pages);
        pages.max()
    }

    pub fn keep_too_long(
        &self,
        slice: &Slice,
        run: Period,
        pages: u32,
        now: Timestamp,
    ) -> std::io::Result<()> {
        let name = too_long_file(slice);
        let mut known: Vec<TooLong> = self.load(&name).unwrap_or_default();
        known.retain(|of| (of.from, of.to) != (run.from, run.to));
        known.push(TooLong {
            from: run.from,
            to: run.to,
            pages,
            found_at: now,
        });
        self.save(&name, &known)
    }

    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let path = self.dir.join(name);
        let text = std::fs::read(&path).ok()?;
        serde_json::from_slice(&text)
            .inspect_err(|error| tracing::warn!("cached costs {} are not readable: {error}", path.display()))
            .ok()
    }

    /// Keeps the pages of a run as they came, in place of those that they replace.
    pub fn keep_pages(&self, slice: &Slice, run: Period, pages: &[Vec<u8>]) -> std::io::Result<()> {
        let dir = format!("{}/pages", slice.folder());
        for month in months(run) {
            let old = self.dir.join(format!("{dir}/{}", slice.part_name(month)));
            match std::fs::remove_dir_all(old) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let first = slice.part_name(run);
        for (nth, page) in pages.iter().enumerate() {
            let page = zstd::encode_all(page.as_slice(), 3)?;
            self.write(&format!("{dir}/{first}/{:03}.json.zst", nth + 1), &page)?;
        }
        Ok(())
    }

    /// The names of the folders, one for each slice of which something is kept.
    pub fn folders(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }

    pub fn save<T: Serialize>(&self, name: &str, value: &T) -> std::io::Result<()> {
        self.write(name, &serde_json::to_vec(value)?)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.dir.join(name);
        let dir = path.parent().unwrap_or(&self.dir);
        std::fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(bytes)?;
        file.persist(&path)?;
        Ok(())
    }
}

fn too_long_file(slice: &Slice) -> String {
    format!("{}/too-long.json", slice.folder())
}

fn month_file(slice: &Slice, month: Period) -> String {
    format!("{}/{}.json", slice.folder(), slice.part_name(month))
}

#[cfg(test)]
mod tests {
    use super::super::dataset::{Dataset, Dimension};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn kept(fetched_at: &str, estimated: bool) -> Month {
        let row = CostRow {
            from: "2026-10-31".parse().unwrap(),
            keys: vec!["EC2".into(), "1".into()],
            unblended: Some("1.5".into()),
            amortized: None,
            net_amortized: None,
            quantity: None,
            currency: Some("USD".into()),
            estimated,
        };
        Month {
            fetched_at: fetched_at.parse().unwrap(),
            page_rows: None,
            list_rows: 1,
            rows: vec![row],
            account_names: Vec::new(),
        }
    }

    fn october() -> Period {
        Period::month_of("2026-10-01".parse().unwrap())
    }

    #[test]
    fn a_month_is_final_only_when_settled_and_without_estimates() {
        assert!(kept("2026-11-16T00:00:00Z", false).is_final(october()));
        assert!(!kept("2026-11-15T23:59:59Z", false).is_final(october()));
        assert!(!kept("2026-12-24T00:00:00Z", true).is_final(october()));
    }

    #[test]
    fn an_open_month_is_fresh_for_eight_hours() {
        let month = kept("2026-11-02T00:00:00Z", true);
        assert!(month.is_fresh(october(), "2026-11-02T07:59:59Z".parse().unwrap()));
        assert!(!month.is_fresh(october(), "2026-11-02T08:00:00Z".parse().unwrap()));
        assert!(!month.is_fresh(october(), "2026-11-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_kept_month_comes_back_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(dir.path(), "111122223333");
        let dataset = Slice::from(Dataset::for_dimensions([]).unwrap());
        assert_eq!(shelf.month(&dataset, october()), None);
        let month = kept("2026-11-02T00:00:00Z", true);
        shelf.keep_month(&dataset, october(), &month).unwrap();
        assert_eq!(shelf.month(&dataset, october()), Some(month.clone()));
        assert_eq!(shelf.read_at(&dataset, october()), Some(month.fetched_at));
        let file = dir.path().join("costs/111122223333/service+account/2026-10.json");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(file, "{").unwrap();
        assert_eq!(shelf.month(&dataset, october()), None);
    }

    #[test]
    fn when_single_resources_were_read_is_known_as_well() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(dir.path(), "111122223333");
        let slice = Slice::from(Dataset::for_dimensions([&Dimension::Resource]).unwrap());
        let part = crate::cost::resource_days("2026-11-22".parse().unwrap());
        assert_eq!(shelf.read_at(&slice, part), None);
        let month = kept("2026-11-22T21:00:00Z", true);
        shelf.keep_month(&slice, part, &month).unwrap();
        assert_eq!(shelf.read_at(&slice, part), Some(month.fetched_at));
    }

    #[test]
    fn an_account_name_cannot_leave_the_folder() {
        let shelf = Shelf::new(Path::new("/cache"), "../x");
        assert!(shelf.dir.starts_with("/cache/costs") && !shelf.dir.to_string_lossy().contains(".."));
    }
}
