//! Sessions on the control plane: start, end, list, and whether a target is connected.
//! A ticket goes straight to the data channel; it is never printed and never kept.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{Session, SessionFilter, SessionFilterKey, SessionState};
use futures_util::stream::{Stream, StreamExt};
use jiff::Timestamp;

use super::machine::timestamp;
use super::paging::pages;
use super::{Cloud, Failure, Place};
use crate::ssm::Ticket;

/// What to open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartSession {
    /// `i-…`, `mi-…` or `ecs:CLUSTER_TASK_RUNTIME`.
    pub target: String,
    /// Without one the account's own shell preferences hold.
    pub document: Option<String>,
    pub parameters: BTreeMap<String, String>,
    /// At most 256 characters; shown in AWS's own session history.
    pub reason: Option<String>,
}

/// Which sessions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Those that ended, instead of those that are open.
    pub history: bool,
    /// Only those that were started by this ARN.
    pub owner: Option<String>,
    pub target: Option<String>,
    pub session_id: Option<String>,
    pub after: Option<Timestamp>,
}

/// A session as AWS remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionRow {
    pub session_id: String,
    pub target: String,
    pub owner: String,
    /// `Connected`, `Connecting`, `Disconnected`, `Terminated`, `Terminating` or `Failed`.
    pub status: String,
    pub document: Option<String>,
    pub reason: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl Cloud {
    /// Opens a session: the ticket is what the data channel needs to connect.
    pub async fn start_session(&self, place: &Place, start: StartSession) -> Result<Ticket, Failure> {
        let at = self.at(place, "ssm", "StartSession").await;
        let parameters = start
            .parameters
            .into_iter()
            .map(|(name, value)| (name, vec![value]))
            .collect();
        let call = self
            .clients(place)
            .await
            .ssm
            .start_session()
            .target(start.target)
            .set_document_name(start.document)
            .set_parameters(
                Some(parameters).filter(|given: &std::collections::HashMap<_, _>| !given.is_empty()),
            )
            .set_reason(start.reason.filter(|reason| !reason.is_empty()))
            .send();
        let answer = self.call(&at, call).await?;
        match (answer.session_id, answer.token_value, answer.stream_url) {
            (Some(session_id), Some(token), Some(stream_url)) => Ok(Ticket {
                session_id,
                token,
                stream_url: self.endpoints().stream(&place.region, stream_url),
            }),
            _ => Err(Failure::faulty(&at, "a session without a token or an address")),
        }
    }

    /// Ends a session; one that is over already is no error.
    pub async fn terminate_session(&self, place: &Place, session_id: &str) -> Result<(), Failure> {
        let at = self.at(place, "ssm", "TerminateSession").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .terminate_session()
            .session_id(session_id)
            .send();
        match self.call(&at, call).await {
            Err(failure) if failure.cause.contains("DoesNotExistException") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Whether Session Manager holds a connection to a target now.
    pub async fn is_connected(&self, place: &Place, target: &str) -> Result<bool, Failure> {
        let at = self.at(place, "ssm", "GetConnectionStatus").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .get_connection_status()
            .target(target)
            .send();
        let status = self.call(&at, call).await?.status;
        Ok(status.is_some_and(|status| status.as_str().eq_ignore_ascii_case("connected")))
    }

    /// The sessions of a place, newest first as AWS gives them, page by page.
    pub async fn fetch_sessions(
        &self,
        place: &Place,
        query: SessionQuery,
    ) -> impl Stream<Item = Result<Vec<SessionRow>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (self.clone(), self.at(place, "ssm", "DescribeSessions").await);
        let client = self.clients(place).await.ssm;
        let state = if query.history {
            SessionState::History
        } else {
            SessionState::Active
        };
        let filters = filters(query);
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_sessions()
                .state(state.clone())
                .max_results(200)
                .set_filters(filters.clone())
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let rows = answer
                    .sessions
                    .unwrap_or_default()
                    .into_iter()
                    .map(row_from)
                    .collect();
                Ok((rows, answer.next_token))
            }
        })
        .boxed()
    }
}

/// No filter at all must be absent: the service refuses an empty list.
fn filters(query: SessionQuery) -> Option<Vec<SessionFilter>> {
    let wanted = [
        (SessionFilterKey::Owner, query.owner),
        (SessionFilterKey::TargetId, query.target),
        (SessionFilterKey::SessionId, query.session_id),
        (
            SessionFilterKey::InvokedAfter,
            query.after.map(|after| after.to_string()),
        ),
    ];
    let filters: Vec<SessionFilter> = wanted
        .into_iter()
        .filter_map(|(key, value)| SessionFilter::builder().key(key).value(value?).build().ok())
        .collect();
    Some(filters).filter(|filters| !filters.is_empty())
}

fn row_from(session: Session) -> SessionRow {
    SessionRow {
        session_id: session.session_id.unwrap_or_default(),
        target: session.target.unwrap_or_default(),
        owner: session.owner.unwrap_or_default(),
        status: session
            .status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        document: session.document_name,
        reason: session.reason,
        started_at: timestamp(session.start_date),
        ended_at: timestamp(session.end_date),
    }
}
