//! Searches in all recordings for the panel: told in batches, given up when a newer one begins. The audit log is told
//! before anything is shown. And the text of recordings that have ended, which is read in the background.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::app::{Msg, Notice, Progress, Weight};
use crate::audit::{Actor, Event, Kind, Log};
use crate::recording::{Catalogue, Keyring, Query, search};
use crate::session::give_way;
use crate::store::Lock;

use super::inbox::Outbox;
use super::lull::Lull;

/// The first answers are shown at once, more of them in batches.
const BATCH_FOR: Duration = Duration::from_millis(80);
/// More answers than the panel keeps.
const MOST: usize = 5_000;
/// Nobody waits for the text of what has ended. It is not the lowest: what its reader holds when others take the processor
/// must not be held for long.
const BEHIND_ALL: i32 = 10;

pub fn find(
    data_dir: PathBuf,
    catalogue: Catalogue,
    text: String,
    logged: bool,
    stop: &AtomicBool,
    out: &Outbox,
) {
    let tell = |found, progress| {
        out.send(Msg::RecordingsFound {
            query: text.clone(),
            found,
            progress,
        });
    };
    let query = match Query::parse(&text, jiff::Timestamp::now()) {
        Ok(query) => query,
        Err(bad) => return tell(Vec::new(), Progress::Refused(bad.to_string())),
    };
    if logged && let Err(cause) = log(&data_dir, &text) {
        let says = format!("nothing is searched that cannot be logged: {cause}");
        return tell(Vec::new(), Progress::Refused(says));
    }
    let (mut batch, mut count, mut told_at) = (Vec::new(), 0, None::<Instant>);
    let ended = search(&catalogue, &query, stop, |found| {
        match found {
            Ok(found) => batch.push(found),
            Err(cause) => out.send(Msg::Noticed(Notice::new(Weight::Warn, cause.to_string()))),
        }
        count += 1;
        if told_at.is_none_or(|at| at.elapsed() >= BATCH_FOR) && !batch.is_empty() {
            told_at = Some(Instant::now());
            tell(std::mem::take(&mut batch), Progress::Going);
        }
        count < MOST && !stop.load(Ordering::Relaxed)
    });
    match ended {
        Ok(()) => tell(batch, Progress::Done),
        Err(cause) => tell(batch, Progress::Refused(cause.to_string())),
    }
}

fn log(data_dir: &std::path::Path, query: &str) -> Result<(), crate::audit::Error> {
    let event = Event::new(Kind::RecordingAccess, Actor::local());
    let event = event.with("how", "console search").with("query", query);
    Log::open(data_dir)?.append(event).map(drop)
}

/// Reads what has ended since the last time, in one process at a time and between floods; it stops when the program does.
pub fn keep(data_dir: PathBuf, lull: Arc<Lull>) {
    let work = move || {
        give_way(BEHIND_ALL);
        let lock = Lock::try_acquire(&data_dir.join("index").join("lock"));
        let Ok(Some(_held)) = lock else { return };
        match Catalogue::open(&data_dir, Keyring::default()).refresh(|| lull.wait()) {
            Ok((read, failed)) => {
                for cause in failed {
                    tracing::warn!(%cause, "a recording's text is not kept");
                }
                tracing::debug!(read, "the text of recordings is up to date");
            }
            Err(cause) => tracing::warn!(%cause, "the text of recordings is not kept"),
        }
    };
    if let Err(cause) = std::thread::Builder::new().name("text".into()).spawn(work) {
        tracing::warn!(%cause, "the text of recordings is not kept");
    }
}
