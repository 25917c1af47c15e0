//! Incidents for the console: what is said goes to disk first, then to the OpsItem; the timeline is gathered again whenever
//! the audit log or the journal has grown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::watch;

use super::inbox::Outbox;
use super::stamp::stamp;
use super::{Runtime, connected};
use crate::alarm::{self, Alarm, Batch, Tags, Wanted};
use crate::app::{Effect, Msg, Notice, Weight};
use crate::aws::Cloud;
use crate::config::Config;
use crate::incident::report::{self, Cover, Report, Zone};
use crate::incident::timeline::{Ground, log_access};
use crate::incident::{self, Error, Opened, Record, State, Who, journal, opsitem};
use crate::recording::Keyring;
use crate::recording::redaction::Rules;

/// How long CloudWatch may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the files are looked at while the timeline is watched.
const EVERY: Duration = Duration::from_secs(1);
/// What the files of the audit log and of journals end in.
const LOG: &str = "jsonl";

pub struct Office {
    pub data_dir: PathBuf,
    pub cache_dir: PathBuf,
    pub config: Config,
    pub cloud: watch::Receiver<Option<Cloud>>,
    pub out: Outbox,
}

impl Runtime {
    /// The effects of incidents.
    pub(super) fn incident(&mut self, effect: Effect) {
        let key = effect.key();
        let office = self.office();
        match effect {
            Effect::LoadIncident => self.run(None, move |out| office(out).attend()),
            Effect::StartIncident {
                title,
                alarm,
                tells_aws,
            } => self.run(None, move |out| office(out).start(title, alarm, tells_aws)),
            Effect::TellIncident {
                id,
                record,
                is_current,
                tells_aws,
            } => self.run(None, move |out| async move {
                let office = office(out);
                if !is_current || office.is_still(&id, &record) {
                    office.say(id, record, tells_aws).await;
                }
            }),
            Effect::ListIncidents => self.blocking(None, move |out| office(out).list()),
            Effect::LinkIncident {
                id,
                what,
                is_current,
                tells_aws,
            } => self.run(None, move |out| office(out).link(id, what, is_current, tells_aws)),
            Effect::SwitchIncident(wanted) => self.blocking(None, move |out| office(out).switch(&wanted)),
            Effect::FollowOpsItem(id) => self.run(None, move |out| async move {
                office(out).follow(&id, true, true).await;
            }),
            Effect::WatchIncident(id) => self.run(key, move |out| office(out).watch(id)),
            Effect::WriteReport(id) => self.blocking(key, move |out| office(out).write(&id)),
            _ => {}
        }
    }

    /// Whoever writes incidents, once it has somebody to tell.
    fn office(&self) -> impl FnOnce(Outbox) -> Office + Send + use<> {
        let (data_dir, cache_dir) = (self.paths.data_dir.clone(), self.paths.cache_dir.clone());
        let (config, cloud) = (self.config.clone(), self.cloud.clone());
        move |out| Office {
            data_dir,
            cache_dir,
            config,
            cloud,
            out,
        }
    }
}

impl Office {
    fn cover(&self) -> Option<Cover> {
        Rules::new(&self.config.redaction)
            .ok()
            .map(|rules| Cover::new(Arc::new(rules)))
    }

    fn complain(&self, says: String, hint: impl Into<String>) {
        let notice = Notice::new(Weight::Bad, says).hint(hint);
        self.out.send(Msg::Noticed(notice));
    }

    fn refused(&self, cause: &Error) {
        self.complain(cause.to_string(), cause.hint());
    }

    /// Tells the console how the current incident stands.
    fn tell(&self) {
        match load(&self.data_dir) {
            Ok(state) => self.out.send(Msg::IncidentChanged(state.map(Box::new))),
            Err(cause) => self.refused(&cause),
        }
    }

    /// The same again whenever another process has changed it: a header that is minutes old leads words astray.
    async fn attend(self) {
        let office = Arc::new(self);
        let mut seen = None;
        loop {
            let (worker, before) = (office.clone(), seen.take());
            let looked = tokio::task::spawn_blocking(move || {
                let current = incident::current(&worker.data_dir).ok().flatten();
                let folder = current
                    .as_ref()
                    .map(|id| journal::folder(&worker.data_dir).join(id));
                let now = (current, folder.map(|folder| stamp(&folder, LOG)));
                if before.as_ref() != Some(&now) {
                    worker.tell();
                }
                now
            });
            let Ok(now) = looked.await else { return };
            seen = Some(now);
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Whether what was said of the current incident is of the one that is current on disk; else nothing is written, and
    /// whoever said it is told.
    fn is_still(&self, id: &str, record: &Record) -> bool {
        let current = match incident::current(&self.data_dir) {
            Ok(current) => current,
            Err(cause) => {
                self.refused(&cause);
                return false;
            }
        };
        if current.as_deref() == Some(id) {
            return true;
        }
        let now = match &current {
            Some(current) => format!("your current incident is {current} now"),
            None => "you have no current incident any more".to_owned(),
        };
        let hint = match record.note().filter(|note| !note.is_empty()) {
            Some(note) => format!("say it again where it belongs: {note}"),
            None => "say it again where it belongs".to_owned(),
        };
        self.complain(format!("{now}, and not {id}: nothing was written"), hint);
        self.tell();
        false
    }

    pub async fn start(self, title: String, mut alarm: Option<Box<Alarm>>, tells_aws: bool) {
        let began_at = match &mut alarm {
            Some(alarm) => {
                let (began_at, tags) = tokio::join!(self.began_at(alarm), self.tags(alarm));
                alarm.tags = tags;
                began_at
            }
            None => None,
        };
        let begun = begin(&self.data_dir, &title, alarm.as_deref(), began_at);
        match begun {
            Ok(id) => {
                self.out.send(Msg::Noticed(Notice::new(
                    Weight::Good,
                    format!("incident {id} began"),
                )));
                self.tell();
                self.follow(&id, false, tells_aws).await;
            }
            Err(cause) => self.refused(&cause),
        }
    }

    /// When it began, as its alarm tells; an incident never waits for AWS for long.
    async fn began_at(&self, alarm: &Alarm) -> Option<Timestamp> {
        if alarm.state == alarm::State::Alarm {
            return alarm.since;
        }
        let asked = async {
            let cloud = connected(self.cloud.clone()).await?;
            alarm::began_at(&cloud, alarm, Timestamp::now()).await
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }

    /// The tags of its alarm, from which it takes its severity: those that the console has not come to yet are asked for.
    async fn tags(&self, alarm: &Alarm) -> Option<BTreeMap<String, String>> {
        if alarm.tags.is_some() {
            return alarm.tags.clone();
        }
        let asked = async {
            let cloud = connected(self.cloud.clone()).await?;
            let wanted = Wanted::Named(vec![alarm.name.clone()]);
            let mut batches = alarm::fetch(&cloud, wanted, &Tags::once());
            while let Some(batch) = batches.next().await {
                let Batch::Rows(rows) = batch else { continue };
                let mut own = rows.into_iter().filter(|row| row.arn == alarm.arn);
                if let Some(tags) = own.find_map(|row| row.tags) {
                    return Some(tags);
                }
            }
            None
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }

    pub async fn say(self, id: String, record: Record, tells_aws: bool) {
        let (closes, reopens) = (
            matches!(record, Record::Closed { .. }),
            matches!(record, Record::Reopened { .. }),
        );
        let is_own = || Ok::<_, Error>(incident::current(&self.data_dir)?.as_ref() == Some(&id));
        let done = journal::append(&self.data_dir, &id, record, Who::here()).and_then(|()| match closes {
            true if is_own()? => incident::leave(&self.data_dir),
            _ if reopens => incident::switch(&self.data_dir, &id),
            _ => Ok(()),
        });
        match done {
            Ok(()) => {
                self.tell();
                self.show(&id);
                self.follow(&id, false, tells_aws).await;
            }
            Err(cause) => self.refused(&cause),
        }
    }

    /// How one of them stands, whoever's it is.
    fn show(&self, id: &str) {
        if let Ok(journal) = journal::Journal::load(&self.data_dir, id) {
            let state = State::of(id, &journal.lines);
            self.out.send(Msg::IncidentSeen(Box::new(state)));
        }
    }

    /// Every incident, newest first; a journal that cannot be read hides no other.
    pub fn list(self) {
        match incident::states(&self.data_dir) {
            Ok((states, failed)) => {
                for (id, cause) in failed {
                    self.complain(format!("{id} cannot be read: {cause}"), cause.hint());
                }
                self.out.send(Msg::IncidentsListed(states));
            }
            Err(cause) => self.refused(&cause),
        }
    }

    /// Finds what was typed, and writes it into the incident.
    pub async fn link(self, id: String, what: String, is_current: bool, tells_aws: bool) {
        match incident::link::find(&self.data_dir, &what) {
            Ok(link) => {
                let record = Record::Linked {
                    link: link.clone(),
                    note: String::new(),
                };
                if is_current && !self.is_still(&id, &record) {
                    return;
                }
                let says = format!("{} {} belongs to {id}", link.noun(), link.id());
                self.out.send(Msg::Noticed(Notice::new(Weight::Good, says)));
                self.say(id, record, tells_aws).await;
            }
            Err(bad) => self.complain(bad.to_string(), bad.hint()),
        }
    }

    pub fn switch(self, wanted: &str) {
        let done = match wanted {
            "none" => incident::leave(&self.data_dir),
            wanted => {
                journal::find(&self.data_dir, wanted).and_then(|id| incident::switch(&self.data_dir, &id))
            }
        };
        match done {
            Ok(()) => self.tell(),
            Err(cause) => self.refused(&cause),
        }
    }

    /// Brings the OpsItem to where the journal is, where there is one or shall be one.
    pub async fn follow(self, id: &str, wanted: bool, tells_aws: bool) {
        let Ok(journal) = journal::Journal::load(&self.data_dir, id) else {
            return;
        };
        let has_one = State::of(id, &journal.lines).opsitem.is_some();
        if !tells_aws || !wanted && !has_one && !self.config.incident.opsitems {
            return;
        }
        let (Some(cloud), Some(mut cover)) = (connected(self.cloud.clone()).await, self.covering(id).await)
        else {
            return;
        };
        match opsitem::follow(&cloud, &self.data_dir, id, &mut cover).await {
            Ok(done) => {
                let weight = match done.left.is_empty() {
                    true => Weight::Good,
                    false => Weight::Info,
                };
                self.out.send(Msg::Noticed(Notice::new(weight, done.says())));
            }
            Err(trouble) => {
                let says = format!("{trouble}; the incident is written down all the same");
                self.complain(says, trouble.hint());
            }
        }
        self.tell();
    }

    /// Gathers the timeline, and again when something was done, until other work takes its place.
    pub async fn watch(self, id: String) {
        let office = Arc::new(self);
        let (dir, noted) = (office.data_dir.clone(), id.clone());
        let logged = tokio::task::spawn_blocking(move || log_access(&dir, &noted)).await;
        if !matches!(logged, Ok(Ok(()))) {
            return office.complain(
                "recordings are not read where that cannot be logged".into(),
                "see `qd audit verify`",
            );
        }
        let mut seen = None;
        loop {
            let now = (
                stamp(&office.data_dir.join("audit"), LOG),
                stamp(&incident::journal::folder(&office.data_dir).join(&id), LOG),
            );
            if seen.as_ref() != Some(&now) {
                let (worker, id) = (office.clone(), id.clone());
                let gathered = tokio::task::spawn_blocking(move || worker.gather(&id, false)).await;
                match gathered {
                    Ok(Some(report)) => office.out.send(Msg::IncidentGathered(Box::new(report))),
                    Ok(None) | Err(_) => return,
                }
                seen = Some(now);
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    fn gather(&self, id: &str, checks: bool) -> Option<Report> {
        let mut cover = self.cover()?;
        match report::of(&self.ground(checks), id, &mut cover) {
            Ok(report) => Some(report),
            Err(cause) => {
                self.refused(&cause);
                None
            }
        }
    }

    /// Knows what is secret anywhere in the incident.
    async fn covering(&self, id: &str) -> Option<Cover> {
        let rules = Arc::new(Rules::new(&self.config.redaction).ok()?);
        let (data_dir, cache_dir, id) = (self.data_dir.clone(), self.cache_dir.clone(), id.to_owned());
        let keyring = Keyring::of(&self.config.recording);
        let work = move || {
            let ground = Ground {
                data_dir: &data_dir,
                cache_dir: &cache_dir,
                keyring,
                others: &[],
                checks: false,
            };
            report::covering(&ground, &id, rules)
        };
        tokio::task::spawn_blocking(work).await.ok()
    }

    fn ground(&self, checks: bool) -> Ground<'_> {
        Ground {
            data_dir: &self.data_dir,
            cache_dir: &self.cache_dir,
            keyring: Keyring::of(&self.config.recording),
            others: &[],
            checks,
        }
    }

    /// Writes the report into the working directory; every recording is checked for it.
    pub fn write(self, id: &str) {
        if let Err(cause) = log_access(&self.data_dir, id) {
            return self.complain(
                format!("no report without its line in the audit log: {cause}"),
                "",
            );
        }
        if let Err(cause) = report::price(&self.ground(false), id, false) {
            return self.refused(&cause);
        }
        let Some(report) = self.gather(id, true) else {
            return;
        };
        let file = PathBuf::from(format!("incident-{id}.md"));
        let text = report::markdown(&report, &Zone::utc());
        match std::fs::write(&file, text) {
            Ok(()) => {
                let says = format!("written to {}", file.display());
                let hint = format!("`qd report {id}` also writes HTML and JSON");
                self.out
                    .send(Msg::Noticed(Notice::new(Weight::Good, says).hint(hint)));
            }
            Err(cause) => self.complain(
                format!("cannot write {}: {cause}", file.display()),
                "start qd in a folder that may be written",
            ),
        }
    }
}

/// The current incident, for the header.
fn load(data_dir: &Path) -> Result<Option<State>, Error> {
    let Some(id) = incident::current(data_dir)? else {
        return Ok(None);
    };
    let lines = journal::Journal::load(data_dir, &id)?.lines;
    Ok(Some(State::of(&id, &lines)))
}

fn begin(
    data_dir: &Path,
    title: &str,
    alarm: Option<&Alarm>,
    began_at: Option<Timestamp>,
) -> Result<String, Error> {
    let opened = |id: &str| Opened {
        incident: id.to_owned(),
        title: title.to_owned(),
        severity: alarm
            .and_then(Alarm::severity)
            .map(Into::into)
            .unwrap_or_default(),
        started_at: began_at.unwrap_or_else(Timestamp::now),
        alarm: alarm.map(Into::into),
        tool: format!("qd {}", env!("CARGO_PKG_VERSION")),
    };
    let id = journal::start(data_dir, opened, Who::here())?;
    incident::switch(data_dir, &id)?;
    Ok(id)
}

#[cfg(test)]
mod tests;
