//! Alarms of all places at once, page by page; what burns comes again when its history and its tags are known, as does what
//! is asked for by its name. Dropping
//! the stream cancels every call under way. A refresh of three accounts in two regions costs at most 60 calls.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt};
use jiff::{Timestamp, ToSpan};
use tokio::sync::mpsc;

use super::{Alarm, State, Tags};
use crate::aws::{AlarmQuery, Cloud, Failure, Mute, Place, Transition, Why, everywhere};

/// Active mute rules of a place that are looked into; each takes a call from those for tags.
const MUTES: usize = 4;
/// Pages of a place's history; on a day with more, what flaps is counted in the newest of them.
const HISTORY_PAGES: usize = 2;
/// Tags are asked for so many at once in a place.
const AT_ONCE: usize = 4;

/// Which alarms are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those in alarm.
    Burning,
    All,
    /// By their exact names.
    Named(Vec<String>),
}

/// What arrives while alarms are read.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// New ones, and known ones with more in them: the later one counts.
    Rows(Vec<Alarm>),
    Failed(Failure),
    /// This identity may not ask there what is muted.
    Unmuted(Place),
    /// A place has said all it will; `complete` when its list came in full.
    Done {
        place: Place,
        complete: bool,
    },
}

/// Reads alarms; `tags` learns what is told of them. Needs a tokio runtime.
pub fn fetch(cloud: &Cloud, wanted: Wanted, tags: &Tags) -> impl Stream<Item = Batch> + Send + Unpin + use<> {
    let (reading, wanted, tags) = (cloud.clone(), Arc::new(wanted), tags.clone());
    everywhere(cloud, Batch::Failed, move |place, sender| {
        let reader = Reader {
            cloud: reading.clone(),
            tags: tags.clone(),
            place,
            sender,
        };
        reader.read(wanted.clone())
    })
}

/// Reads one place.
struct Reader {
    cloud: Cloud,
    tags: Tags,
    place: Place,
    sender: mpsc::Sender<Batch>,
}

impl Reader {
    async fn read(self, wanted: Arc<Wanted>) {
        let mut closer = Vec::new();
        let is_named = matches!(*wanted, Wanted::Named(_));
        let mut complete = true;
        let names = match &*wanted {
            // An empty list of names would ask for all.
            Wanted::Named(names) if names.is_empty() => return,
            Wanted::Named(names) => names.chunks(100).map(<[String]>::to_vec).collect(),
            Wanted::Burning | Wanted::All => vec![Vec::new()],
        };
        for names in names {
            let query = AlarmQuery {
                burning: *wanted == Wanted::Burning,
                names,
            };
            let mut pages = self.cloud.fetch_alarms(&self.place, query).await;
            while let Some(page) = pages.next().await {
                match page {
                    Ok(page) => {
                        // A row without an ARN still says whose it is, by the profile.
                        let row = |row| self.known(Alarm::new(row, &self.place, &self.place.profile));
                        let rows: Vec<Alarm> = page.into_iter().map(row).collect();
                        let looked_at = rows.iter().filter(|alarm| is_named || alarm.is_burning());
                        closer.extend(looked_at.cloned());
                        self.rows(rows).await;
                    }
                    Err(failure) => {
                        complete = false;
                        self.tell(Batch::Failed(failure)).await;
                    }
                }
            }
        }
        if !closer.is_empty() {
            self.add_more(closer).await;
        }
        let place = self.place.clone();
        self.tell(Batch::Done { place, complete }).await;
    }

    /// How often they came and went in a day, and what their tags say. Either may fail alone.
    async fn add_more(&self, mut burning: Vec<Alarm>) {
        burning.sort_by_key(|alarm| std::cmp::Reverse(alarm.since));
        let (mutes, asked) = self.mutes(&burning).await;
        let (flaps, ()) = futures_util::join!(self.flaps(), self.ask_tags(&burning, asked));
        for alarm in &mut burning {
            alarm.flaps = flaps
                .as_ref()
                .map(|flaps| flaps.get(&alarm.name).copied().unwrap_or(0));
            alarm.tags = self.tags.known(&alarm.arn);
            let mute = mutes.iter().find(|mute| mute.alarms.contains(&alarm.name));
            if let Some(mute) = mute {
                alarm.suppressed = Some(muted(mute));
            }
        }
        self.rows(burning).await;
    }

    /// The rules that mute any of them, and how many calls that took.
    async fn mutes(&self, burning: &[Alarm]) -> (Vec<Mute>, usize) {
        let rules = match self.cloud.fetch_active_mutes(&self.place).await {
            Ok(rules) => rules,
            Err(failure) => {
                self.unmuted(failure).await;
                return (Vec::new(), 1);
            }
        };
        let mut mutes = Vec::new();
        let mut asked = 1;
        for rule in rules.iter().take(MUTES) {
            asked += 1;
            match self.cloud.fetch_mute(&self.place, rule).await {
                Ok(mute) if burning.iter().any(|alarm| mute.alarms.contains(&alarm.name)) => mutes.push(mute),
                Ok(_) => {}
                Err(failure) => {
                    self.unmuted(failure).await;
                    break;
                }
            }
        }
        (mutes, asked)
    }

    /// Many who may see alarms may not see their mute rules: that is no failure of the list.
    async fn unmuted(&self, failure: Failure) {
        self.tell(match failure.why {
            Why::Denied => Batch::Unmuted(self.place.clone()),
            _ => Batch::Failed(failure),
        })
        .await;
    }

    async fn flaps(&self) -> Option<HashMap<String, u32>> {
        let now = Timestamp::now();
        let from = now.checked_sub(24.hours()).ok()?;
        let history = self
            .cloud
            .fetch_alarm_history(&self.place, None, (from, now))
            .await;
        let mut pages = history.take(HISTORY_PAGES);
        let mut flaps: HashMap<String, u32> = HashMap::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => page.iter().filter(|change| is_alarm(change)).for_each(|change| {
                    *flaps.entry(change.alarm.clone()).or_default() += 1;
                }),
                Err(failure) => {
                    self.tell(Batch::Failed(failure)).await;
                    return None;
                }
            }
        }
        Some(flaps)
    }

    /// With the tags that an earlier answer told.
    fn known(&self, alarm: Alarm) -> Alarm {
        let tags = self.tags.known(&alarm.arn);
        Alarm { tags, ..alarm }
    }

    /// `spent` calls were taken by others.
    async fn ask_tags(&self, burning: &[Alarm], spent: usize) {
        let ask = |arn: String| async move {
            let tags = self.cloud.fetch_alarm_tags(&self.place, &arn).await;
            (arn, tags)
        };
        let asked = self.tags.wanted(burning, spent).into_iter();
        let mut answers = stream::iter(asked.map(ask)).buffer_unordered(AT_ONCE);
        while let Some((arn, tags)) = answers.next().await {
            match tags {
                Ok(tags) => self.tags.tell(arn, Some(tags)),
                Err(failure) => {
                    self.tags.tell(arn, None);
                    // One alarm may be gone by now; any other failure would be that of the next call too.
                    let is_alone = failure.why == Why::Absent;
                    self.tell(Batch::Failed(failure)).await;
                    if !is_alone {
                        break;
                    }
                }
            }
        }
    }

    async fn rows(&self, rows: Vec<Alarm>) {
        if !rows.is_empty() {
            self.tell(Batch::Rows(rows)).await;
        }
    }

    async fn tell(&self, batch: Batch) {
        // Whoever asked has gone: nobody misses it.
        let _ = self.sender.send(batch).await;
    }
}

fn muted(mute: &Mute) -> String {
    let until = mute
        .until
        .map(|at| format!(" until {} UTC", at.strftime("%m-%d %H:%M")));
    format!("muted by {}{}", mute.rule, until.unwrap_or_default())
}

fn is_alarm(change: &Transition) -> bool {
    State::parse(&change.to) == State::Alarm
}
