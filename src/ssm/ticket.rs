//! What opens a channel, and what brings a new opening after a drop.
//!
//! The channel knows no SDK: whoever opens the session supplies a `Renewal`. A ticket never prints its secrets.

use super::key::{DataKey, KeyRequest};
use std::{fmt, future::Future, pin::Pin};

/// An answer that comes later.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What StartSession and ResumeSession answer with.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    pub session_id: String,
    pub token: String,
    pub stream_url: String,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("session_id", &self.session_id)
            .field("stream_url", &without_query(&self.stream_url))
            .finish_non_exhaustive()
    }
}

/// The URL up to its query, which holds what only the relay should read.
pub(super) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// The calls to AWS that a channel needs during its life. Errors are sentences for the user.
pub trait Renewal: Send + Sync + 'static {
    /// ResumeSession; `None` when the service says that the session is over.
    fn resume(&self, session_id: &str) -> Later<Result<Option<Ticket>, String>>;
    /// TerminateSession, which succeeds for sessions that are over.
    fn terminate(&self, session_id: &str) -> Later<Result<(), String>>;
    /// Headers of a GET to `url` signed with SigV4 for `ssmmessages`; empty to connect unsigned.
    fn signed_headers(&self, url: &str) -> Later<Result<Vec<(String, String)>, String>>;
    /// GenerateDataKey, for a session that the account's preferences encrypt.
    fn data_key(&self, request: KeyRequest) -> Later<Result<DataKey, String>> {
        Box::pin(async move { Err(format!("there is no way to ask KMS for {}", request.key_id)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_ticket_shows_neither_token_nor_query() {
        let ticket = Ticket {
            session_id: "ops-0123".into(),
            token: "s3cret".into(),
            stream_url: "wss://relay.example/v1/data-channel/ops-0123?cell-number=hidden".into(),
        };
        let printed = format!("{ticket:?} {ticket:#?}");
        assert!(printed.contains("ops-0123"));
        assert!(!printed.contains("s3cret") && !printed.contains("hidden"));
    }
}
