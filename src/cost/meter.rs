//! What looking at costs costs: every answered page of Cost Explorer is one cent. Requests are counted
//! before they go out, under a lock that other processes honour, so that the cap is never exceeded.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The price of a page, the same in every region.
pub const CENTS_PER_REQUEST: u32 = 1;

/// Paid requests so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    pub today: u32,
    pub month: u32,
    /// Requests a day that are allowed; 0: none at all.
    pub cap: u32,
}

#[derive(Clone, Debug)]
pub struct Meter {
    path: PathBuf,
    cap: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Book {
    days: BTreeMap<Date, u32>,
}

impl Meter {
    /// A meter that allows `cap_per_day_cents`; with 0 nothing is ever asked.
    pub fn new(cache_dir: &Path, cap_per_day_cents: u32) -> Meter {
        Meter {
            path: cache_dir.join("costs").join("meter.json"),
            cap: cap_per_day_cents / CENTS_PER_REQUEST,
        }
    }

    pub fn spent(&self, today: Date) -> io::Result<Spent> {
        let (_file, book) = self.open()?;
        Ok(self.spent_in(&book, today))
    }

    /// Takes one request from today's allowance; `false` when the cap is reached.
    pub fn take(&self, today: Date) -> io::Result<bool> {
        let (file, mut book) = self.open()?;
        if self.spent_in(&book, today).today >= self.cap {
            return Ok(false);
        }
        *book.days.entry(today).or_default() += 1;
        write(file, &book)?;
        Ok(true)
    }

    /// Gives one request back: AWS charges nothing for a call that failed.
    pub fn give_back(&self, today: Date) -> io::Result<()> {
        let (file, mut book) = self.open()?;
        if let Some(count) = book.days.get_mut(&today) {
            *count = count.saturating_sub(1);
        }
        write(file, &book)
    }

    fn spent_in(&self, book: &Book, today: Date) -> Spent {
        let month = book.days.range(today.first_of_month()..=today.last_of_month());
        Spent {
            today: book.days.get(&today).copied().unwrap_or(0),
            month: month.map(|(_, count)| count).sum(),
            cap: self.cap,
        }
    }

    /// The book under its lock, which ends with the file. A broken book is an error: a meter that starts
    /// again from nothing would let the cap be exceeded.
    fn open(&self) -> io::Result<(File, Book)> {
        if let Some(dir) = self.path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.path)?;
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        if text.is_empty() {
            return Ok((file, Book::default()));
        }
        let broken = |error| {
            let says = format!(
                "the request meter {} is not readable: {error}",
                self.path.display()
            );
            io::Error::new(io::ErrorKind::InvalidData, says)
        };
        let book = serde_json::from_str(&text).map_err(broken)?;
        Ok((file, book))
    }
}

fn write(mut file: File, book: &Book) -> io::Result<()> {
    let text = serde_json::to_vec(book)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&text)?;
    file.set_len(text.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn requests_are_counted_by_day_and_month_and_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        for on in ["2026-10-31", "2026-11-01", "2026-11-02", "2026-11-02"] {
            assert!(Meter::new(dir.path(), 300).take(day(on)).unwrap());
        }
        let spent = Meter::new(dir.path(), 300).spent(day("2026-11-02")).unwrap();
        assert_eq!(
            spent,
            Spent {
                today: 2,
                month: 3,
                cap: 300
            }
        );
    }

    #[test]
    fn with_a_cap_of_nothing_nothing_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Meter::new(dir.path(), 0).take(day("2026-11-02")).unwrap());
    }

    #[test]
    fn a_broken_book_stops_spending() {
        let dir = tempfile::tempdir().unwrap();
        let meter = Meter::new(dir.path(), 300);
        meter.take(day("2026-11-02")).unwrap();
        std::fs::write(dir.path().join("costs/meter.json"), "{\"days").unwrap();
        assert!(
            meter
                .take(day("2026-11-02"))
                .unwrap_err()
                .to_string()
                .contains("meter.json")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_cap_is_never_exceeded(cap in 0_u32..6, steps in prop::collection::vec(any::<bool>(), 0..24)) {
            let dir = tempfile::tempdir().unwrap();
            let meter = Meter::new(dir.path(), cap);
            let today = day("2026-11-02");
            let mut held = 0;
            for take in steps {
                if take {
                    held += u32::from(meter.take(today).unwrap());
                } else if held > 0 {
                    meter.give_back(today).unwrap();
                    held -= 1;
                }
                prop_assert!(held <= cap);
                prop_assert_eq!(meter.spent(today).unwrap().today, held);
            }
        }
    }
}
