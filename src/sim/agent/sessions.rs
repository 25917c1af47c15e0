//! The registry of sessions: opened, resumed, ended and listed as the service's API does.
//!
//! Ended sessions stay for the history, up to a bound. Dropping the registry ends every session.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::document::{BadDocument, Work};
use super::session::{Session, Status};
use super::{Isolation, Options, Runner, Settings, Start};
use crate::sim::kms::{self, Vault};

const HISTORY: usize = 5_000;

/// What StartSession answers, less the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub session_id: String,
    pub token: String,
}

pub struct Sessions {
    pub(super) options: Arc<Settings>,
    /// In order of opening, so that the oldest leaves first.
    all: Mutex<BTreeMap<u64, Arc<Session>>>,
}

impl Sessions {
    pub fn new(options: Options) -> Self {
        Self {
            options: Arc::new(Settings::new(options)),
            all: Mutex::default(),
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Session>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How shells are kept away from this machine, found out by trying once.
    pub async fn isolation(&self) -> &Isolation {
        self.options.isolation().await
    }

    /// Runs scripts as these instances do.
    pub fn runner(&self) -> Runner {
        Runner(Arc::clone(&self.options))
    }

    pub fn vault(&self) -> &Vault {
        &self.options.vault
    }

    /// What the account's preferences say: the key that encrypts sessions, empty for none, and the idle limit in minutes.
    pub fn preferences(&self) -> (&'static str, u64) {
        let key = if self.options.faults.kms { kms::ALIAS } else { "" };
        (key, self.options.idle_for().as_secs() / 60)
    }

    /// Opens a session; its program starts when the first web socket attaches.
    pub fn create(&self, start: Start) -> Result<Opened, BadDocument> {
        let work = Work::parse(
            start.document.as_deref(),
            &start.parameters,
            start.content.as_ref(),
        )?;
        let session_id = format!("{}-{}", user_of(&start.owner), random_name());
        let token = random_token();
        let session = Session::new(
            session_id.clone(),
            token.clone(),
            start,
            work,
            Arc::clone(&self.options),
        );
        let mut all = self.all();
        let number = all.last_key_value().map_or(0, |(last, _)| last + 1);
        all.insert(number, Arc::new(session));
        while all.len() > HISTORY {
            let Some(oldest) = all
                .iter()
                .find(|(_, each)| each.is_over())
                .map(|(number, _)| *number)
            else {
                break;
            };
            all.remove(&oldest);
        }
        Ok(Opened { session_id, token })
    }

    pub fn find(&self, session_id: &str) -> Option<Arc<Session>> {
        self.all().values().find(|each| each.id == session_id).cloned()
    }

    /// A fresh token; none when the session is over or was never there.
    pub fn resume(&self, session_id: &str) -> Option<String> {
        let session = self.find(session_id)?;
        if session.is_over() || self.options.faults.refuse_resume {
            return None;
        }
        let token = random_token();
        session.renew(token.clone());
        Some(token)
    }

    /// Ends a session; false when it was never there.
    pub fn terminate(&self, session_id: &str) -> bool {
        self.find(session_id).map(|session| session.terminate()).is_some()
    }

    /// Every session, newest first. One that nobody joined within the idle time is over.
    pub fn list(&self) -> Vec<Arc<Session>> {
        let all: Vec<_> = self.all().values().rev().cloned().collect();
        for session in &all {
            if session.status() == Status::Connecting
                && session.idle_since().elapsed() > self.options.idle_for()
            {
                session.terminate();
            }
        }
        all
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        for session in self.all().values() {
            session.terminate();
        }
    }
}

/// The last part of the caller's ARN, as the service names sessions.
fn user_of(owner: &str) -> String {
    let name: String = owner
        .rsplit(['/', ':'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.@+=,".contains(*c))
        .take(40)
        .collect();
    if name.is_empty() {
        "session".to_owned()
    } else {
        name
    }
}

fn random_name() -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    rand::random_iter::<u8>()
        .take(26)
        .map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]))
        .collect()
}

fn random_token() -> String {
    STANDARD.encode(rand::random_iter::<u8>().take(192).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_opened_resumed_listed_and_ended() {
        let sessions = Sessions::new(Options::default());
        let start = Start {
            owner: "arn:aws:sts::123456789012:assumed-role/Admin/alice".to_owned(),
            ..Start::default()
        };
        let opened = sessions.create(start).unwrap();
        assert!(opened.session_id.starts_with("alice-"));
        let fresh = sessions.resume(&opened.session_id).unwrap();
        assert_ne!(fresh, opened.token);
        let session = sessions.find(&opened.session_id).unwrap();
        assert!(session.accepts(&fresh) && !session.accepts(&opened.token));
        assert_eq!(sessions.list()[0].status(), Status::Connecting);
        assert!(sessions.terminate(&opened.session_id) && !sessions.terminate("x"));
        assert_eq!(session.status(), Status::Terminated);
        assert!(session.ended_at().is_some());
        assert_eq!(sessions.resume(&opened.session_id), None);
    }
}
