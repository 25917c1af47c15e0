//! Alarms for the panels: the last list from disk at once, then what the regions answer; runbooks and last times beside
//! them, on a thread of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::connected;
use super::inbox::Outbox;
use crate::alarm::past::{Past, judge_fixes, look_closer};
use crate::alarm::{self, Alarm, Batch, History, Roster, Saved, Tags, Wanted, answers};
use crate::app::{Msg, Notice, Weight};
use crate::aws::Cloud;
use crate::config::Paths;
use crate::panel::alarms::{Burned, Lesson, Study};
use crate::recording::Catalogue;
use crate::runbook::Answers;

/// Past deeds of an alarm that a panel shows.
const RECALLED: usize = 3;
const LOOKED_AT: usize = 8;

pub fn load(paths: &Paths, out: &Outbox) {
    let loaded = alarm::load(&paths.cache_dir);
    if let Some(saved) = loaded.data {
        out.send(Msg::AlarmsCached(saved));
    }
    if let Some(warning) = loaded.warning {
        out.send(Msg::Noticed(Notice::new(Weight::Warn, warning)));
    }
}

pub async fn fetch(
    cloud: watch::Receiver<Option<Cloud>>,
    paths: Paths,
    wanted: Wanted,
    tags: Tags,
    out: Outbox,
) {
    let Some(cloud) = connected(cloud).await else {
        return out.send(Msg::AlarmsEnded);
    };
    let mut batches = alarm::fetch(&cloud, wanted.clone(), &tags);
    let mut roster = Roster::default();
    let mut held: Vec<Alarm> = Vec::new();
    while let Some(batch) = batches.next().await {
        roster.apply(batch.clone());
        match batch {
            // All alarms of a region are many pages, and each arrival sorts the whole list.
            Batch::Rows(rows) if wanted == Wanted::All => held.extend(rows),
            other => {
                if matches!(other, Batch::Done { .. }) && !held.is_empty() {
                    out.send(Msg::AlarmsArrived(Batch::Rows(std::mem::take(&mut held))));
                }
                out.send(Msg::AlarmsArrived(other));
            }
        }
    }
    out.send(Msg::AlarmsEnded);
    if wanted == Wanted::Burning && roster.any_answered() {
        let saved = Saved {
            saved_at: Timestamp::now(),
            alarms: roster.sorted(),
        };
        let kept = tokio::task::spawn_blocking(move || alarm::save(&paths.cache_dir, &saved)).await;
        if let Ok(Err(cause)) = kept {
            out.send(Msg::Noticed(Notice::new(Weight::Warn, cause.to_string())));
        }
    }
}

/// Runbooks that answer, and what was done before, of each alarm.
pub fn study(data_dir: &Path, study: Study, out: &Outbox) {
    let (past, failures) = Past::load(data_dir, &study.recordings);
    for cause in failures {
        tracing::warn!(%cause, "a past run is not recalled");
    }
    let library = &study.library;
    let prepared = Answers::of(library);
    let today = Timestamp::now().to_zoned(TimeZone::system()).date();
    let lesson = |(alarm, name): (Alarm, Option<String>)| {
        let lesson = Lesson {
            answers: answers(&prepared, library, &alarm, today),
            past: past.recall(&alarm, name.as_deref(), RECALLED),
        };
        (alarm.key(), lesson)
    };
    let lessons: HashMap<String, Lesson> = study.alarms.into_iter().map(lesson).collect();
    out.send(Msg::AlarmsStudied(lessons));
}

/// The one alarm of the study: what is on this machine at once, with the commands of the sessions that are recalled; again
/// once CloudWatch has told the alarm's own history.
pub async fn look_back(
    cloud: watch::Receiver<Option<Cloud>>,
    mut study: Study,
    data_dir: PathBuf,
    catalogue: Catalogue,
    out: Outbox,
) {
    let Some((alarm, name)) = study.alarms.pop() else {
        return;
    };
    let (key, asked) = (alarm.key(), alarm.clone());
    let tell = |burned, recalled| {
        out.send(Msg::AlarmLookedBack {
            key: key.clone(),
            burned,
            recalled,
        });
    };
    let looked = tokio::task::spawn_blocking(move || {
        let (past, _) = Past::load(&data_dir, &study.recordings);
        let mut recalled = past.since(&alarm, name.as_deref(), LOOKED_AT);
        recalled.extend(past.recall(&alarm, name.as_deref(), LOOKED_AT));
        look_closer(&mut recalled, &catalogue, None);
        recalled
    });
    let Ok(mut recalled) = looked.await else {
        return;
    };
    tell(Burned::Asking, recalled.clone());
    let history = match connected(cloud).await {
        Some(cloud) => History::fetch(&cloud, &asked).await,
        None => return tell(Burned::Untold, recalled),
    };
    match history {
        Ok(history) => {
            judge_fixes(&mut recalled, Some(&history.quiet_at));
            tell(Burned::Known(history), recalled);
        }
        Err(failure) => {
            let notice = Notice::new(Weight::Warn, failure.to_string()).hint(failure.hint);
            out.send(Msg::Noticed(notice));
            tell(Burned::Untold, recalled);
        }
    }
}
