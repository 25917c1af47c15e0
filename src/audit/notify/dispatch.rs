//! The dispatcher: log to queue, queue to receivers. The place in the log is saved after the queue is synced, so a crash
//! anywhere tells something twice and nothing never.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use super::queue::{MOST, Queue};
use super::{Bad, Item, Refused, Rules, filter, send};
use crate::audit::{Actor, Entry, Error, Event, Kind, Log, Outcome, Position};
use crate::config::Notify;
use crate::net::Network;
use crate::store::Lock;

/// What nobody took for so long is given up, on record.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);
/// Delivered to one receiver before the log is looked at again.
const AT_ONCE: usize = 32;
/// While a receiver hangs, the others hear within this time of what is new.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether an event's target is production, where that is known.
pub type IsProduction = Arc<dyn Fn(&Entry) -> Option<bool> + Send + Sync>;

/// Follows one data directory's log for the receivers of a configuration.
#[derive(Clone)]
pub struct Dispatcher {
    data_dir: PathBuf,
    receivers: Arc<Vec<Notify>>,
    rules: Arc<Rules>,
    is_production: IsProduction,
    network: Network,
    queue: Queue,
}

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub queued: usize,
    pub sent: usize,
    pub failed: usize,
}

/// What waits.
#[derive(Clone, Debug, Default)]
pub struct Backlog {
    pub items: Vec<Item>,
    /// Events of the log that somebody wants and that are not queued yet.
    pub unread: usize,
}

impl Dispatcher {
    pub fn new(
        data_dir: &Path,
        receivers: Vec<Notify>,
        rules: Rules,
        is_production: IsProduction,
        network: Network,
    ) -> Dispatcher {
        Dispatcher {
            data_dir: data_dir.to_owned(),
            receivers: Arc::new(receivers),
            rules: Arc::new(rules),
            is_production,
            network,
            queue: Queue::open(data_dir),
        }
    }

    /// Marks where the log ends, unless a place is marked already: what was before anybody wanted to know is not told.
    pub fn begin(&self) -> Result<(), Error> {
        if self.queue.load_position().is_none() {
            self.queue.save_position(&Log::open(&self.data_dir)?.end()?)?;
        }
        Ok(())
    }

    /// Queues what is new and delivers what is due, to each receiver in turn and to all at once, so that one that hangs
    /// delays nobody else; `None` while another process does. With `all`, whatever waits, due or not.
    pub async fn round(&self, all: bool) -> Result<Option<Tally>, Error> {
        let Some(lock) = Lock::try_acquire(&self.queue.lock_path())? else {
            return Ok(None);
        };
        let lock = Arc::new(lock);
        let mut tally = Tally::default();
        let mut lanes = FuturesUnordered::new();
        let mut busy = HashSet::new();
        loop {
            let (gathering, held) = (self.clone(), lock.clone());
            // Whoever breaks a round off leaves the lock with what still reads the log.
            let gathered = tokio::task::spawn_blocking(move || {
                let queued = gathering.gather();
                drop(held);
                queued
            });
            tally.queued += gathered.await.unwrap_or(Ok(0))?;
            for (to, items) in self.due(all, &busy)? {
                busy.insert(to.clone());
                lanes.push(self.deliver_all(to, items, all));
            }
            let ended = tokio::select! {
                biased;
                ended = lanes.next() => ended,
                () = tokio::time::sleep(LOOK_EVERY) => continue,
            };
            let Some((to, done)) = ended else {
                return Ok(Some(tally));
            };
            let (sent, failed) = done?;
            tally.sent += sent;
            tally.failed += failed;
            // Whoever was asked for everything is asked once.
            if !all {
                busy.remove(&to);
            }
        }
    }

    /// What each receiver that is not busy is to be told, what was never tried first.
    fn due(&self, all: bool, busy: &HashSet<String>) -> Result<BTreeMap<String, Vec<Item>>, Error> {
        let now = Timestamp::now();
        let mut items = self.queue.load()?;
        self.make_room(&mut items)?;
        items.retain(|item| (all || item.next_at <= now) && !busy.contains(&item.to));
        items.sort_by_key(|item| item.tries);
        let mut due = BTreeMap::<String, Vec<Item>>::new();
        for item in items {
            let lane = due.entry(item.to.clone()).or_default();
            if all || lane.len() < AT_ONCE {
                lane.push(item);
            }
        }
        Ok(due)
    }

    /// One receiver's items, one after the other; how many it took, and did not.
    async fn deliver_all(
        &self,
        to: String,
        items: Vec<Item>,
        all: bool,
    ) -> (String, Result<(usize, usize), Error>) {
        let (mut sent, mut left) = (0, items.len());
        for item in items {
            let outcome = self.deliver(&item).await;
            let taken = outcome.is_ok();
            if let Err(cause) = self.settle(item, outcome) {
                return (to, Err(cause));
            }
            if taken {
                sent += 1;
                left -= 1;
            } else if all {
                // A person waits: a receiver in trouble is asked once.
                break;
            }
        }
        (to, Ok((sent, left)))
    }

    /// What waits, and how much of the log is not even queued.
    pub fn backlog(&self) -> Result<Backlog, Error> {
        let unread = match self.queue.load_position() {
            Some(position) => {
                let fresh = Log::open(&self.data_dir)?.read_after(&position)?;
                fresh.iter().filter(|(entry, _)| self.is_wanted(entry)).count()
            }
            None => 0,
        };
        Ok(Backlog {
            items: self.queue.load()?,
            unread,
        })
    }

    /// Sends one event to a receiver at once, past the queue.
    pub async fn try_now(&self, notify: &Notify, entry: Entry) -> Result<(), Refused> {
        let item = Item::new(&notify.name, entry, Timestamp::now());
        send::send(&self.network, notify, &item).await
    }

    fn is_wanted(&self, entry: &Entry) -> bool {
        let production = (self.is_production)(entry);
        self.receivers
            .iter()
            .any(|notify| filter::wants(notify, entry, production))
    }

    fn gather(&self) -> Result<usize, Error> {
        let log = Log::open(&self.data_dir)?;
        let mut position = match self.queue.load_position() {
            Some(position) => position,
            None => {
                self.queue.save_position(&log.end()?)?;
                return Ok(0);
            }
        };
        let mut queued = 0;
        loop {
            let fresh = log.read_after(&position)?;
            let Some((_, last)) = fresh.last() else {
                return Ok(queued);
            };
            position = last.clone();
            for (entry, _) in &fresh {
                queued += self.enqueue(entry)?;
            }
            // Alerts go into the log and come round as events of their own.
            for alert in fresh.iter().filter_map(|(entry, _)| self.rules.alert(entry)) {
                log.append(alert)?;
            }
            self.save(&position)?;
        }
    }

    fn save(&self, position: &Position) -> Result<(), Bad> {
        self.queue.save_position(position)
    }

    fn enqueue(&self, entry: &Entry) -> Result<usize, Bad> {
        let production = (self.is_production)(entry);
        let wanted = self.receivers.iter();
        let wanted = wanted.filter(|notify| filter::wants(notify, entry, production));
        let mut queued = 0;
        for notify in wanted {
            self.queue
                .save(&Item::new(&notify.name, entry.clone(), Timestamp::now()))?;
            queued += 1;
        }
        Ok(queued)
    }

    /// The oldest give way, on record.
    fn make_room(&self, items: &mut Vec<Item>) -> Result<(), Error> {
        let too_many = items.len().saturating_sub(MOST);
        for item in items.drain(..too_many) {
            self.give_up(&item, "too many wait for a receiver that takes none")?;
        }
        Ok(())
    }

    async fn deliver(&self, item: &Item) -> Result<(), Refused> {
        match self.receivers.iter().find(|notify| notify.name == item.to) {
            Some(notify) => send::send(&self.network, notify, item).await,
            None => Err(Refused {
                says: "the configuration names no such receiver any more".into(),
                hint: "name it again, or leave it: it is given up after three days".into(),
            }),
        }
    }

    fn settle(&self, mut item: Item, outcome: Result<(), Refused>) -> Result<(), Error> {
        let now = Timestamp::now();
        match outcome {
            Ok(()) => {
                self.tell(&item, None)?;
                self.queue.remove(&item)?;
            }
            Err(refused) if now.duration_since(item.queued_at) > PATIENCE => {
                self.give_up(&item, &refused.says)?;
            }
            Err(refused) => {
                item.put_off(refused.says, refused.hint, now);
                self.queue.save(&item)?;
            }
        }
        Ok(())
    }

    fn give_up(&self, item: &Item, why: &str) -> Result<(), Error> {
        self.tell(item, Some(why))?;
        Ok(self.queue.remove(item)?)
    }

    /// That it was told, or never will be, is on record.
    fn tell(&self, item: &Item, given_up: Option<&str>) -> Result<(), Error> {
        let mut event = Event::new(Kind::NotifySent, Actor::local())
            .with("to", item.to.clone())
            .with("of", item.entry.uid.clone())
            .with("event", item.entry.event.clone())
            .with("tries", item.tries + 1);
        if let Some(why) = given_up {
            event.outcome = Outcome::Failure;
            event.reason = Some(format!("given up: {why}"));
        }
        Log::open(&self.data_dir)?.append(event).map(drop)
    }
}
