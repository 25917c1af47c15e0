//! The ledger of open sessions: one small file each, written before AWS is asked, so that the next start ends at AWS
//! what a crash left open. A session whose owner process still lives, or may live on another machine, is left alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aws::{Cloud, Failure, Place, SessionQuery};
use crate::store;

use super::open::Request;
use super::owner::{self, Owner, age};

const VERSION: u32 = 1;

/// An intent older than this whose session is not found never became one.
const SETTLED: Duration = Duration::from_secs(120);

/// What another machine has not tidied up itself after this long: AWS has ended it, which lets none idle for an hour.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    /// AWS's id; absent while StartSession has not answered.
    session_id: Option<String>,
    /// The end of the reason that the session was asked for with, which finds it again.
    #[serde(default)]
    stamp: String,
    target: String,
    profile: String,
    region: String,
    #[serde(flatten)]
    owner: Owner,
}

/// One line of the ledger, removed when its session has ended.
pub(super) struct Entry {
    path: PathBuf,
    line: Option<Line>,
}

impl Entry {
    /// Written before AWS is asked: a crash between the question and the answer must not leave a session behind that
    /// nobody knows of. A ledger that cannot be written costs a tidy end after a crash, not the session.
    pub fn intend(request: &Request, id: Uuid, stamp: String) -> Self {
        let line = Line {
            session_id: None,
            stamp,
            target: request.target.clone(),
            profile: request.place.profile.clone(),
            region: request.place.region.clone(),
            owner: Owner::this(),
        };
        let dir = folder(&request.data_dir);
        let mut entry = Self {
            path: dir.join(format!("{id}.json")),
            line: Some(line),
        };
        if let Err(cause) = store::create_private_dir(&dir) {
            tracing::warn!(%cause, "the ledger of open sessions was not written");
        }
        entry.save();
        entry
    }

    /// AWS has opened it.
    pub fn opened(&mut self, session_id: &str) {
        if let Some(line) = &mut self.line {
            line.session_id = Some(session_id.to_owned());
        }
        self.save();
    }

    fn save(&mut self) {
        let Some(line) = &self.line else { return };
        if let Err(cause) = store::save_json(&self.path, VERSION, line) {
            tracing::warn!(%cause, "the ledger of open sessions was not written");
        }
    }

    pub fn remove(&mut self) {
        if self.line.take().is_some() {
            owner::remove(&self.path);
        }
    }
}

/// A session that a crash left open, and whether it is ended now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub session_id: String,
    pub target: String,
    pub ended: Result<(), String>,
}

/// Ends what processes that are gone left open.
pub async fn end_left(cloud: &Cloud, data_dir: &Path) -> Vec<Left> {
    let mut ended_ones = Vec::new();
    let left = owner::left::<Line>(&folder(data_dir), VERSION, LONGEST, |line| &line.owner);
    for (path, line) in left {
        let place = Place {
            profile: line.profile.clone(),
            region: line.region.clone(),
        };
        let (known, found) = match line.session_id.clone() {
            Some(session_id) => (true, Ok(vec![session_id])),
            None => (false, find(cloud, &place, &line.stamp).await),
        };
        let mut all_ended = found.is_ok();
        let mut tell = |session_id: String, ended: Result<(), Failure>| {
            all_ended &= ended.is_ok();
            ended_ones.push(Left {
                session_id,
                target: line.target.clone(),
                ended: ended.map_err(|failure| failure.cause),
            });
        };
        match found {
            Ok(found) => {
                let none = found.is_empty();
                for session_id in found {
                    let ended = cloud.terminate_session(&place, &session_id).await;
                    tell(session_id, ended);
                }
                // AWS may list a session late; after a while there is none.
                all_ended &= known || !none || age(&path).is_none_or(|age| age > SETTLED);
            }
            Err(failure) => tell(String::new(), Err(failure)),
        }
        if all_ended {
            owner::remove(&path);
        }
    }
    ended_ones
}

/// Our sessions that were asked for with this stamp: more than one where a question was repeated for want of an answer.
async fn find(cloud: &Cloud, place: &Place, stamp: &str) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    if stamp.is_empty() {
        return Ok(found);
    }
    let query = SessionQuery {
        owner: Some(cloud.identity_at(place).await?.arn),
        ..SessionQuery::default()
    };
    let mut pages = cloud.fetch_sessions(place, query).await;
    while let Some(page) = pages.next().await {
        let ours = page?.into_iter().filter(|row| {
            row.reason
                .as_deref()
                .is_some_and(|reason| reason.ends_with(stamp))
        });
        found.extend(ours.map(|row| row.session_id));
    }
    Ok(found)
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("sessions")
}
