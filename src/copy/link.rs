//! One recorded session of a copy: opened for a document, heard event by event, and ended on every way out with what it
//! carried on record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tokio::sync::{mpsc, watch};

use super::Error;
use crate::aws::{Cloud, Place};
use crate::recording::{Mode, Recipients};
use crate::session::{Connection, Opaque, Opening, Refused, Request};
use crate::ssm::{Event, Options};

/// Where a copy goes to or comes from, and why.
#[derive(Clone)]
pub struct Site {
    pub cloud: Cloud,
    pub place: Place,
    pub account: String,
    pub target: String,
    pub name: String,
    /// The machine's tags, as far as the fleet knows them.
    pub tags: BTreeMap<String, String>,
    pub reason: String,
    pub mode: Mode,
    /// Whom the recording is encrypted to, by the policy for the target.
    pub recipients: Recipients,
    pub data_dir: PathBuf,
}

impl Site {
    /// For messages and recordings.
    pub fn remote(&self, path: &str) -> String {
        format!("{}:{path}", self.target)
    }

    pub(super) async fn open(
        &self,
        document: &str,
        parameters: &[(&str, &str)],
        stop: &watch::Receiver<bool>,
    ) -> Result<Link, Error> {
        let parameters: BTreeMap<String, String> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let (cloud, place) = (self.cloud.clone(), self.place.clone());
        let request = Request {
            account: self.account.clone(),
            name: self.name.clone(),
            tags: self.tags.clone(),
            kind: "copy",
            document: Some(document.to_owned()),
            parameters,
            reason: self.reason.clone(),
            mode: self.mode,
            recipients: self.recipients.clone(),
            ..Request::new(cloud, place, &self.target, &self.data_dir)
        };
        let options = Options {
            // An agent that pauses before its first word goes on once it hears something, and this is all that we say first.
            size: Some((80, 24)),
            ..Options::default()
        };
        let opening = Opening {
            stop: Some(stop.clone()),
            ..Opening::default()
        };
        let (opaque, events) = Opaque::open_with(request, options, opening).await?;
        Ok(Link {
            opaque,
            events,
            stop: stop.clone(),
            strict: self.mode == Mode::Strict,
        })
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        Error::new(refused.says, refused.hint)
    }
}

pub(super) struct Link {
    pub opaque: Opaque,
    events: mpsc::Receiver<Event>,
    stop: watch::Receiver<bool>,
    strict: bool,
}

impl Link {
    /// The next event; an error when the copy must stop.
    pub async fn next(&mut self) -> Result<Event, Error> {
        let event = tokio::select! {
            event = self.events.recv() => event,
            _ = self.stop.wait_for(|stop| *stop) => {
                return Err(Error::new("interrupted", "the same copy again goes on where it stopped"));
            }
        };
        let event = event
            .ok_or_else(|| Error::new("the session was lost", "start the same copy again: it goes on"))?;
        let heard = self.opaque.hear(&event).await;
        if let Err(cause) = heard
            && self.strict
        {
            return Err(Error::new(
                format!("the session cannot be recorded any longer: {cause}"),
                "free some space; policy wants it recorded",
            ));
        }
        if let Event::Missing(range) = &event {
            return Err(Error::new(
                format!("{} messages of the remote are missing", range.end - range.start),
                "start the same copy again: it goes on where it stopped",
            ));
        }
        Ok(event)
    }

    /// Puts what was carried on record and ends the session.
    pub async fn close(self, connection: Connection, well: bool) -> Result<(), Error> {
        let recorded = self.opaque.connection(&connection).await;
        self.opaque.end(&connection.end, well).await;
        recorded.map_err(|cause| {
            Error::new(
                format!("the copy is not on record: {cause}"),
                "see that the data directory can be written",
            )
        })
    }
}
