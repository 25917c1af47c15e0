//! What looking at costs costs: every answered page of Cost Explorer is one cent. Requests are counted before they
//! go out, under a lock that other processes honour, so that the cap is never exceeded; what failed is given
//! back, and what was lost on the way stays counted.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::dollars;

/// The price of a page, the same in every region.
pub const CENTS_PER_REQUEST: u32 = 1;

/// Paid requests so far, of all profiles together: the cap is one purse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    pub today: u32,
    pub month: u32,
    /// Metrics of CloudWatch that were asked for; a thousand cost as much as a request.
    pub metrics_today: u32,
    pub metrics_month: u32,
    /// Requests a day that are allowed; 0: none at all.
    pub cap: u32,
}

/// What one profile asked on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Requests that were answered or are under way, and those that were lost.
    pub requests: u32,
    /// Of these, how many went out without an answer coming back: AWS may have charged them.
    pub lost: u32,
    /// Metrics of CloudWatch.
    #[serde(default, skip_serializing_if = "is_none")]
    pub metrics: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

/// Metrics that cost one cent.
pub const METRICS_PER_CENT: u32 = 1_000;
/// What to do where the cap is used up: when it frees again, and what raises it.
const RAISE: &str = "it frees at 00:00 UTC; cap_per_day under [costs] raises it";
/// The same of a cap of nothing, which no day frees.
const NEVER: &str = "a cap of 0 allows no paid request on any day: set a larger cap_per_day under [costs], or import an export, which answers \
     for nothing";

impl Spent {
    /// Cents that today's requests and metrics cost together.
    pub fn cents_today(&self) -> u32 {
        self.today * CENTS_PER_REQUEST + self.metrics_today.div_ceil(METRICS_PER_CENT)
    }

    /// The same of this month.
    pub fn cents_month(&self) -> u32 {
        self.month * CENTS_PER_REQUEST + self.metrics_month.div_ceil(METRICS_PER_CENT)
    }

    /// Requests that are still allowed today.
    pub fn left(&self) -> u32 {
        (self.cap * CENTS_PER_REQUEST).saturating_sub(self.cents_today()) / CENTS_PER_REQUEST
    }

    /// What to do where nothing is left.
    pub fn remedy(&self) -> &'static str {
        match self.cap {
            0 => NEVER,
            _ => RAISE,
        }
    }

    /// The cap and what of it is used, as a part of a sentence.
    pub fn says(&self) -> String {
        let left = match self.left() {
            0 => "is used up by".to_owned(),
            left => format!("has {} left after", dollars(left * CENTS_PER_REQUEST)),
        };
        let plural = if self.today == 1 { "" } else { "s" };
        let metrics = match self.metrics_today {
            0 => String::new(),
            count => format!(" and {count} metrics"),
        };
        let cap = dollars(self.cap * CENTS_PER_REQUEST);
        format!(
            "today's cap of {cap} {left} {} paid request{plural}{metrics}",
            self.today
        )
    }
}

#[derive(Clone, Debug)]
pub struct Meter {
    path: PathBuf,
    profile: String,
    cap: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Book {
    days: BTreeMap<Date, BTreeMap<String, Count>>,
}

impl Meter {
    /// A meter that allows `cap_per_day_cents`; with 0 nothing is ever asked.
    pub fn new(cache_dir: &Path, profile: &str, cap_per_day_cents: u32) -> Meter {
        Meter {
            path: cache_dir.join("costs").join("requests.json"),
            profile: profile.to_owned(),
            cap: cap_per_day_cents / CENTS_PER_REQUEST,
        }
    }

    pub fn spent(&self, today: Date) -> io::Result<Spent> {
        let (_file, book) = self.open()?;
        Ok(self.spent_in(&book, today))
    }

    /// What each profile asked on each day from `from` on.
    pub fn days(&self, from: Date) -> io::Result<BTreeMap<Date, BTreeMap<String, Count>>> {
        let (_file, mut book) = self.open()?;
        Ok(book.days.split_off(&from))
    }

    /// Takes one request from today's allowance; `false` when the cap is reached.
    pub fn take(&self, today: Date) -> io::Result<bool> {
        let (file, mut book) = self.open()?;
        if self.spent_in(&book, today).cents_today() >= self.cap * CENTS_PER_REQUEST {
            return Ok(false);
        }
        self.count(&mut book, today).requests += 1;
        write(file, &book)?;
        Ok(true)
    }

    /// Takes so many metrics from the same allowance; `false` when they would go beyond it.
    pub fn take_metrics(&self, today: Date, count: u32) -> io::Result<bool> {
        let (file, mut book) = self.open()?;
        let mut after = self.spent_in(&book, today);
        after.metrics_today += count;
        if after.cents_today() > self.cap * CENTS_PER_REQUEST {
            return Ok(false);
        }
        self.count(&mut book, today).metrics += count;
        write(file, &book)?;
        Ok(true)
    }

    /// Why no more is asked today: the cap, what was used, and what to do about it.
    pub fn refusal(&self, today: Date) -> String {
        match self.spent(today) {
            Ok(spent) => format!("{}; {}", spent.says(), spent.remedy()),
            Err(why) => why.to_string(),
        }
    }

    /// Gives metrics back that were asked for in vain.
    pub fn give_back_metrics(&self, today: Date, count: u32) -> io::Result<()> {
        let (file, mut book) = self.open()?;
        let of_today = self.count(&mut book, today);
        of_today.metrics = of_today.metrics.saturating_sub(count);
        write(file, &book)
    }

    /// Gives one request back: AWS charges nothing for a call that failed.
    pub fn give_back(&self, today: Date) -> io::Result<()> {
        let (file, mut book) = self.open()?;
        let count = self.count(&mut book, today);
        count.requests = count.requests.saturating_sub(1);
        write(file, &book)
    }

    /// Marks one request as lost; it stays counted.
    pub fn lose(&self, today: Date) -> io::Result<()> {
        let (file, mut book) = self.open()?;
        self.count(&mut book, today).lost += 1;
        write(file, &book)
    }

    fn count<'a>(&self, book: &'a mut Book, today: Date) -> &'a mut Count {
        let day = book.days.entry(today).or_default();
        day.entry(self.profile.clone()).or_default()
    }

    fn spent_in(&self, book: &Book, today: Date) -> Spent {
        let sum = |day: &BTreeMap<String, Count>, of: fn(&Count) -> u32| day.values().map(of).sum::<u32>();
        let month = book.days.range(today.first_of_month()..=today.last_of_month());
        let on = |of| book.days.get(&today).map_or(0, |day| sum(day, of));
        let in_month = |of| month.clone().map(|(_, day)| sum(day, of)).sum();
        Spent {
            today: on(|count| count.requests),
            month: in_month(|count| count.requests),
            metrics_today: on(|count| count.metrics),
            metrics_month: in_month(|count| count.metrics),
            cap: self.cap,
        }
    }

    /// The book under its lock, which ends with the file. A broken book is an error: a meter that starts
    /// again from nothing would let the cap be exceeded.
    fn open(&self) -> io::Result<(File, Book)> {
        let opened = OpenOptions::new().read(true).write(true).open(&self.path);
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.begin()?,
            opened => opened?,
        };
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
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

    /// The book at its beginning, whole from its first moment: an empty one has lost what it held.
    fn begin(&self) -> io::Result<File> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&serde_json::to_vec(&Book::default())?)?;
        match file.persist_noclobber(&self.path) {
            // Somebody else was there before.
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
            _ => {}
        }
        OpenOptions::new().read(true).write(true).open(&self.path)
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

    fn meter(dir: &tempfile::TempDir, profile: &str, cap: u32) -> Meter {
        Meter::new(dir.path(), profile, cap)
    }

    #[test]
    fn requests_are_counted_by_day_and_profile_and_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        for (on, profile) in [
            ("2026-10-31", "a"),
            ("2026-11-01", "a"),
            ("2026-11-02", "a"),
            ("2026-11-02", "b"),
        ] {
            assert!(meter(&dir, profile, 300).take(day(on)).unwrap());
        }
        let (today, month, cap) = (2, 3, 300);
        let spent = meter(&dir, "c", 300).spent(day("2026-11-02")).unwrap();
        assert_eq!(
            spent.says(),
            "today's cap of $3.00 has $2.98 left after 2 paid requests"
        );
        assert_eq!(
            spent,
            Spent {
                today,
                month,
                cap,
                ..Spent::default()
            }
        );
        let days = meter(&dir, "c", 300).days(day("2026-11-01")).unwrap();
        assert_eq!(days.len(), 2);
        assert_eq!(days[&day("2026-11-02")]["b"].requests, 1);
    }

    #[test]
    fn what_was_lost_on_the_way_stays_counted() {
        let dir = tempfile::tempdir().unwrap();
        let meter = meter(&dir, "a", 1);
        let today = day("2026-11-02");
        assert!(meter.take(today).unwrap());
        meter.lose(today).unwrap();
        assert!(!meter.take(today).unwrap());
        assert_eq!(
            meter.days(today).unwrap()[&today]["a"],
            Count {
                requests: 1,
                lost: 1,
                metrics: 0
            }
        );
    }

    #[test]
    fn with_a_cap_of_nothing_nothing_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let (meter, today) = (meter(&dir, "a", 0), day("2026-11-02"));
        assert!(!meter.take(today).unwrap());
        let says = meter.refusal(today);
        assert!(
            says.contains("on any day: set a larger cap_per_day under [costs]") && !says.contains("frees"),
            "{says}"
        );
        let hint = crate::cost::Trouble::Cap(meter.spent(today).unwrap()).hint();
        assert!(says.ends_with(&hint), "{hint}");
    }

    #[test]
    fn a_broken_book_stops_spending() {
        let dir = tempfile::tempdir().unwrap();
        let meter = meter(&dir, "a", 300);
        meter.take(day("2026-11-02")).unwrap();
        for torn in ["{\"days", ""] {
            std::fs::write(dir.path().join("costs/requests.json"), torn).unwrap();
            let why = meter.take(day("2026-11-02")).unwrap_err();
            assert!(why.to_string().contains("requests.json"), "{torn:?}: {why}");
            let trouble = crate::cost::desk::disk(why);
            assert!(
                trouble.hint().contains("move it away"),
                "{torn:?}: {}",
                trouble.hint()
            );
        }
    }

    #[test]
    fn metrics_share_the_allowance_and_a_thousand_cost_a_cent() {
        let dir = tempfile::tempdir().unwrap();
        let (meter, today) = (meter(&dir, "a", 2), day("2026-11-02"));
        assert!(meter.take(today).unwrap());
        assert!(meter.take_metrics(today, 1_000).unwrap());
        assert!(!meter.take_metrics(today, 1).unwrap(), "one more is a cent more");
        assert!(!meter.take(today).unwrap());
        let says = meter.refusal(today);
        assert!(
            says.starts_with("today's cap of $0.02 is used up by 1 paid request and 1000 metrics; ")
                && says.contains("00:00 UTC")
                && says.contains("cap_per_day"),
            "{says}"
        );
        meter.give_back_metrics(today, 400).unwrap();
        assert!(meter.take_metrics(today, 400).unwrap());
        let spent = meter.spent(today).unwrap();
        assert_eq!(
            (
                spent.today,
                spent.metrics_today,
                spent.cents_today(),
                spent.left()
            ),
            (1, 1_000, 2, 0)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_cap_is_never_exceeded(cap in 0_u32..6, steps in prop::collection::vec(any::<bool>(), 0..24)) {
            let dir = tempfile::tempdir().unwrap();
            let meter = meter(&dir, "a", cap);
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

        /// Each thread opens the book itself, as another process does: the lock is the file's.
        #[test]
        fn the_cap_holds_among_several_at_once(cap in 0_u32..20, each in 1_u32..12, give in 0_u32..4) {
            let dir = tempfile::tempdir().unwrap();
            let today = day("2026-11-02");
            let held: u32 = std::thread::scope(|scope| {
                let spend = |profile: &'static str| {
                    let meter = meter(&dir, profile, cap);
                    move || {
                        let took = (0..each).filter(|_| meter.take(today).unwrap()).count() as u32;
                        let back = took.min(give);
                        (0..back).for_each(|_| meter.give_back(today).unwrap());
                        took - back
                    }
                };
                let threads = ["a", "b", "c", "d"].map(|profile| scope.spawn(spend(profile)));
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            prop_assert!(held <= cap);
            prop_assert_eq!(meter(&dir, "a", cap).spent(today).unwrap().today, held);
        }
    }
}
