//! The log and the recordings beside it, held against each other: each that began is still here, each that was sealed
//! as it was, unless its expiry stands in the log too; and the log tells of each that is here. Otherwise something was
//! deleted, exchanged, put in or cut, although lines and recordings verify each by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::{Error, Kind, Leaf, Log, Range};
use crate::recording::{DeviceKey, Row, State, evidence, header_of};

/// Between the seal of a recording and its line there is a moment.
const MOMENT: Duration = Duration::from_secs(60);

/// Ids of recordings, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// Sealed recordings that the log tells of.
    pub told: usize,
    /// Those that are here, as they were sealed.
    pub whole: usize,
    /// Those that are gone, and whose expiry is in the log.
    pub expired: usize,
    /// Those that are gone without a word.
    pub missing: Vec<String>,
    /// Those that began and neither ended nor are here: their program died, and the file was deleted.
    pub lost: Vec<String>,
    /// Those in whose place there is another file.
    pub changed: Vec<String>,
    /// Those that this device sealed without the log's knowing.
    pub untold: Vec<String>,
    /// Those that another device sealed and that no line brought here.
    pub foreign: Vec<String>,
}

impl Inventory {
    /// Reads each of `rows` that the log tells of, once. They are all recordings of `data_dir`, listed before.
    pub fn take(log: &Log, data_dir: &Path, rows: &[Row]) -> Result<Inventory, Error> {
        let Told {
            begun,
            sealed: told,
            expired,
        } = told(log)?;
        let mut found = Inventory {
            told: told.len(),
            ..Inventory::default()
        };
        let mut here = BTreeMap::<String, Vec<_>>::new();
        for row in rows {
            here.entry(row.id.clone()).or_default().push(row);
        }
        for (id, leaves) in &told {
            let Some(rows) = here.get(id) else {
                match expired.contains(id) {
                    true => found.expired += 1,
                    false => found.missing.push(id.clone()),
                }
                continue;
            };
            let is_whole = |path: &Path| {
                let read = evidence::fingerprint(path);
                read.is_ok_and(|read| leaves.iter().all(|leaf| *leaf == read))
            };
            let is_named = |path: &Path| path.file_stem().is_some_and(|stem| *stem == **id);
            match rows.iter().all(|row| is_named(&row.path) && is_whole(&row.path)) {
                true => found.whole += 1,
                false => found.changed.push(id.clone()),
            }
        }
        let is_known = |id: &String| told.contains_key(id) || here.contains_key(id) || expired.contains(id);
        // Those that began since `rows` were listed are there by now.
        let is_lost = |(id, path): &(String, String)| !is_known(id) && !Path::new(path).exists();
        found.lost = begun.into_iter().filter(is_lost).map(|(id, _)| id).collect();
        let own = own_keys(log, data_dir)?;
        for row in rows.iter().rev() {
            let is_closed = matches!(row.state, State::Sealed | State::Recovered);
            if !is_closed || told.contains_key(&row.id) || is_fresh(&row.path) {
                continue;
            }
            match header_of(&row.path) {
                Ok((_, device)) if own.contains(&device) => found.untold.push(row.id.clone()),
                Ok(_) => found.foreign.push(row.id.clone()),
                // Listing it said why.
                Err(_) => {}
            }
        }
        Ok(found)
    }

    /// What does not fit, one sentence; `None` where all does.
    pub fn complaint(&self) -> Option<String> {
        let named = |ids: &[String], says: &str| {
            let first = ids.first()?;
            let more = match ids.len() {
                1 => String::new(),
                many => format!(" and {} more", many - 1),
            };
            Some(format!("recording {first}{more} {says}"))
        };
        let complaints = [
            named(&self.changed, "is not the file that was sealed"),
            named(
                &self.missing,
                "is gone, and no line says that its time here was over",
            ),
            named(
                &self.lost,
                "began here, and neither its end nor its file is here: it was deleted",
            ),
            named(
                &self.untold,
                "is sealed by this device, and no line tells of it: the log was cut, or qd was killed just then",
            ),
            named(
                &self.foreign,
                "is sealed by another device, and no line tells how it came here: it was put here, or log and keys are new ones",
            ),
        ];
        let says: Vec<String> = complaints.into_iter().flatten().collect();
        (!says.is_empty()).then(|| says.join("; "))
    }
}

type Sealed = BTreeMap<String, Vec<(u64, String)>>;

/// Keys of this device: the present one, and those of its log.
pub fn own_keys(log: &Log, data_dir: &Path) -> Result<Vec<[u8; 32]>, Error> {
    let mut keys = log.own_keys()?;
    keys.extend(DeviceKey::in_file(data_dir));
    Ok(keys)
}

/// What the log tells of recordings, by id.
#[derive(Default)]
struct Told {
    /// With the file that each began to write.
    begun: BTreeMap<String, String>,
    /// Size and hash, as often as they are told.
    sealed: Sealed,
    expired: BTreeSet<String>,
}

fn told(log: &Log) -> Result<Told, Error> {
    let mut told = Told::default();
    for entry in log.read(Range::default())? {
        let entry = entry?;
        if let Some(Leaf::Recording { id, size, sha256 }) = Leaf::of_recording(&entry) {
            told.sealed.entry(id).or_default().push((size, sha256));
        } else if entry.event == Kind::RecordingExpired.name() {
            told.expired.extend(entry.sid);
        } else if entry.event == Kind::SessionStart.name()
            && let (Some(id), Some(rec)) = (entry.sid, entry.rec)
        {
            told.begun.insert(id, rec.path);
        }
    }
    Ok(told)
}

fn is_fresh(path: &Path) -> bool {
    let modified = path.metadata().and_then(|found| found.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|ago| ago < MOMENT))
}
