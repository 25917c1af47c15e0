//! What a tunnel is opened with, and the session request that follows from it, as often as a session is needed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::spec::Remote;
use crate::aws::{Cloud, Place};
use crate::recording::{Mode, Recipients};
use crate::session;
use crate::ssm::port::{REMOTE_HOST, is_below};

const OWN_PORT: &str = "AWS-StartPortForwardingSession";
const OTHER_HOST: &str = "AWS-StartPortForwardingSessionToRemoteHost";

#[derive(Clone)]
pub struct Request {
    pub cloud: Cloud,
    pub place: Place,
    pub account: String,
    /// `i-…` or `mi-…`.
    pub target: String,
    pub name: String,
    /// The machine's tags, as far as the fleet knows them.
    pub tags: BTreeMap<String, String>,
    /// What Systems Manager says of the agent, if it says anything.
    pub agent_version: Option<String>,
    pub remote: Remote,
    pub reason: String,
    pub mode: Mode,
    /// Whom the recording is encrypted to, by the policy for the target.
    pub recipients: Recipients,
    pub data_dir: PathBuf,
    /// Connections are spread over so many sessions; at least one.
    pub sessions: usize,
    /// The first session is opened by the first connection, not at once.
    pub lazy: bool,
}

impl Request {
    pub(super) fn session(&self) -> session::Request {
        let mut parameters = BTreeMap::from([("portNumber".to_owned(), self.remote.port.to_string())]);
        let document = match &self.remote.host {
            None => OWN_PORT,
            Some(host) => {
                parameters.insert("host".to_owned(), host.clone());
                OTHER_HOST
            }
        };
        let (cloud, place) = (self.cloud.clone(), self.place.clone());
        session::Request {
            account: self.account.clone(),
            name: self.name.clone(),
            tags: self.tags.clone(),
            kind: "port",
            document: Some(document.into()),
            parameters,
            reason: self.reason.clone(),
            mode: self.mode,
            recipients: self.recipients.clone(),
            ..session::Request::new(cloud, place, &self.target, &self.data_dir)
        }
    }

    /// The machine in words.
    pub(super) fn machine(&self) -> &str {
        if self.name.is_empty() {
            &self.target
        } else {
            &self.name
        }
    }

    /// The agent's version, where it is too old for another host.
    pub(super) fn too_old(&self) -> Option<&str> {
        let version = self.agent_version.as_deref()?;
        (self.remote.host.is_some() && is_below(version, REMOTE_HOST)).then_some(version)
    }
}
