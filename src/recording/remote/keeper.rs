//! The upload beside the sessions: one task a process that looks for recordings with something to send, whoever wrote
//! them. A session never waits for it; a store that is slow or gone only falls behind, and is told once.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, watch};

use super::push::{Push, Sent};
use super::{Bucket, Error};
use crate::audit::{Log, Shipment};
use crate::recording::{DeviceKey, Reader, State, recover, recovered_event};

/// How often the recordings are looked through.
const TICK: Duration = Duration::from_secs(1);
/// After a failure, so that a store that is gone is not asked every second.
const PAUSE: Duration = Duration::from_secs(10);
/// Recordings that began this many days ago are still looked for; older ones are pushed by hand.
const DAYS: i64 = 2;

/// What there is to tell whoever looks at the sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It falls behind.
    Behind { cause: String, hint: String },
    /// It has caught up again.
    Again,
}

/// The running task; dropped, it stops where it is.
pub struct Keeper {
    settle: Arc<Notify>,
    settled: watch::Receiver<Option<Result<(), String>>>,
    task: tokio::task::AbortHandle,
}

struct Work {
    data_dir: PathBuf,
    bucket: Arc<Bucket>,
    device: Arc<DeviceKey>,
    shipment: Shipment,
    open: HashMap<PathBuf, Push>,
    done: HashSet<PathBuf>,
    reports: mpsc::UnboundedSender<Report>,
    failing: bool,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Keeper {
    pub fn start(
        bucket: Arc<Bucket>,
        data_dir: &Path,
        device: DeviceKey,
    ) -> (Keeper, mpsc::UnboundedReceiver<Report>) {
        let (reports, heard) = mpsc::unbounded_channel();
        let (tell, settled) = watch::channel(None);
        let settle = Arc::new(Notify::new());
        let work = Work {
            data_dir: data_dir.into(),
            bucket,
            shipment: Shipment::new(data_dir, &device.public()),
            device: Arc::new(device),
            open: HashMap::new(),
            done: HashSet::new(),
            reports,
            failing: false,
        };
        let wanted = settle.clone();
        let task = tokio::spawn(run(work, wanted, tell)).abort_handle();
        (
            Keeper {
                settle,
                settled,
                task,
            },
            heard,
        )
    }

    /// Sends all that can be sent, for at most that long. What is left is for the next start or `qd recordings push`.
    pub async fn settle(mut self, within: Duration) -> Result<(), String> {
        self.settle.notify_one();
        let settled = self.settled.wait_for(Option::is_some);
        match tokio::time::timeout(within, settled).await {
            Ok(Ok(done)) => done.clone().unwrap_or(Ok(())),
            _ => Err(format!("it took longer than {} s", within.as_secs())),
        }
    }
}

async fn run(mut work: Work, settle: Arc<Notify>, tell: watch::Sender<Option<Result<(), String>>>) {
    let mut pause = Duration::ZERO;
    loop {
        let last = tokio::select! {
            () = tokio::time::sleep(pause) => false,
            () = settle.notified() => true,
        };
        let done = work.pass(last).await;
        work.report(&done);
        if last {
            tell.send_replace(Some(done.map_err(|error| error.to_string())));
            return;
        }
        pause = if done.is_ok() { TICK } else { PAUSE };
    }
}

impl Work {
    /// Everything that is due, once. The first failure is what is told; the others stand in their journals.
    async fn pass(&mut self, now: bool) -> Result<(), Error> {
        let mut failed = None;
        for path in candidates(&self.data_dir) {
            if self.done.contains(&path) {
                continue;
            }
            if let Err(error) = self.one(&path, now).await {
                failed.get_or_insert(error);
            }
        }
        if let Err(error) = ship(&self.bucket, &mut self.shipment, now).await {
            failed.get_or_insert(error);
        }
        failed.map_or(Ok(()), Err)
    }

    async fn one(&mut self, path: &Path, now: bool) -> Result<(), Error> {
        if !self.open.contains_key(path) {
            self.close_torn(path).await?;
            let Some(push) = Push::open(self.bucket.clone(), self.device.clone(), path).await? else {
                return Ok(());
            };
            self.open.insert(path.into(), push);
        }
        let Some(push) = self.open.get_mut(path) else {
            return Ok(());
        };
        match push.advance(now).await {
            Ok(Sent::All) => {
                self.open.remove(path);
                self.done.insert(path.into());
                Ok(())
            }
            Ok(Sent::Waiting) => Ok(()),
            Err(error) => {
                // A recording that was deleted meanwhile has nothing to send.
                if !path.exists() {
                    self.open.remove(path);
                    return Ok(());
                }
                Err(error)
            }
        }
    }

    /// A recording whose writer died gets its end, so that the store gets all of it.
    async fn close_torn(&self, path: &Path) -> Result<(), Error> {
        let (path, device, data_dir) = (path.to_path_buf(), self.device.clone(), self.data_dir.clone());
        let closed = tokio::task::spawn_blocking(move || {
            if Reader::open(&path)?.state() == State::Torn && recover(&path, &device).is_ok() {
                Log::open(&data_dir)?.append(recovered_event(&path)?)?;
            }
            Ok::<_, Error>(())
        });
        closed.await.unwrap_or(Ok(()))
    }

    fn report(&mut self, done: &Result<(), Error>) {
        match done {
            Err(error) if !self.failing => {
                self.failing = true;
                let (cause, hint) = (error.to_string(), error.hint());
                let _ = self.reports.send(Report::Behind { cause, hint });
            }
            Ok(()) if self.failing => {
                self.failing = false;
                let _ = self.reports.send(Report::Again);
            }
            _ => {}
        }
    }
}

/// Audit events that are due; another process may be at it.
pub async fn ship(bucket: &Bucket, shipment: &mut Shipment, now: bool) -> Result<(), Error> {
    let Some(_lock) = shipment.lock()? else {
        return Ok(());
    };
    while let Some(parcel) = shipment.next(now)? {
        let key = format!("{}{}", bucket.prefix, parcel.key);
        let retain = bucket.retention.general_lock(Timestamp::now());
        // One that is there already is this very one: its name was written down before it was sent.
        bucket.put(&key, parcel.lines.clone(), retain).await?;
        shipment.shipped(&parcel)?;
    }
    Ok(())
}

/// The recordings of the last days.
fn candidates(data_dir: &Path) -> Vec<PathBuf> {
    let root = data_dir.join("recordings");
    let day = |ago: i64| {
        let at = Timestamp::now().saturating_sub(SignedDuration::from_hours(24 * ago));
        let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
        root.join(at.strftime("%Y-%m-%d").to_string())
    };
    let mut found: Vec<PathBuf> = (0..=DAYS)
        .filter_map(|ago| std::fs::read_dir(day(ago)).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "osr"))
        .collect();
    found.sort();
    found
}
