//! What went wrong, in plain words: which account, region and service, the cause, and what to do.
//! The one rule: nothing secret passes. Keys, tokens and encoded blobs are cut out of foreign messages.

mod explain;
mod facts;

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::Serialize;

use facts::Facts;

/// One failed call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The account id, or the profile's name while the id is unknown.
    pub account: String,
    pub region: String,
    /// `ec2`, `ssm`, `sts`, `ce`.
    pub service: String,
    pub cause: String,
    pub hint: String,
    pub profile: String,
    pub why: Why,
}

/// The kind of a failure, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No credentials, or unusable ones.
    Credentials,
    /// Credentials that were good once.
    Expired,
    Denied,
    /// A region that is not there, or not enabled for the account.
    Region,
    Throttled,
    Unreachable,
    /// This machine's clock is off.
    Clock,
    /// The endpoint does not know the call, or answered with something else than the service's own format.
    Unsupported,
    /// The instance is not connected, or is not there.
    Target,
    /// What was named, such as a document or an automation, is not there.
    Absent,
    /// Cost Explorer has nothing to tell yet.
    NoData,
    /// A list changed while it was read: only its first page can be asked for.
    List,
    /// Any other refusal of the service.
    Refused,
    /// An answer that breaks the rules of the service.
    Faulty,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = [&self.account, &self.region, &self.service];
        // Not every failure is of a region.
        let known: Vec<&str> = place
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        write!(f, "{}: {}", known.join(" "), self.cause)
    }
}

impl Error for Failure {}

/// Where a call went.
#[derive(Clone, Debug)]
pub struct At {
    pub account: String,
    pub profile: String,
    pub region: String,
    pub service: &'static str,
    pub operation: &'static str,
}

impl Failure {
    pub(super) fn explain<E>(at: &At, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        explain::explain(at, &Facts::of(error))
    }

    pub(super) fn no_region(profile: &str) -> Failure {
        let at = At {
            account: profile.to_owned(),
            profile: profile.to_owned(),
            region: String::new(),
            service: "config",
            operation: "",
        };
        let hint = format!("pass --region NAME, or: aws configure set region NAME --profile {profile}");
        Failure::new(
            &at,
            Why::Region,
            format!("no region is known for profile {profile}"),
            hint,
        )
    }

    /// STS was given no more time.
    pub(super) fn unnamed(profile: &str) -> Failure {
        let at = At {
            account: profile.to_owned(),
            profile: profile.to_owned(),
            region: String::new(),
            service: "sts",
            operation: "GetCallerIdentity",
        };
        let hint = "check the network and the proxy".to_owned();
        Failure::new(&at, Why::Unreachable, "STS did not answer in time", hint)
    }

    pub(super) fn looping(at: &At) -> Failure {
        Failure::faulty(at, "the same page of the list for a second time")
    }

    pub(super) fn faulty(at: &At, what: &str) -> Failure {
        let hint = "try again; if it stays, the endpoint does not keep to the service's rules";
        Failure::new(
            at,
            Why::Faulty,
            format!("{} answered with {what}", at.operation),
            hint,
        )
    }

    pub(super) fn refused(at: &At, cause: &str, hint: &str) -> Failure {
        Failure::new(at, Why::Refused, cause, hint)
    }

    /// An answer without a body, whose status alone says that there were too many requests.
    pub(super) fn throttled(at: &At, status: u16) -> Failure {
        let says = format!(
            "{}:{} is called too often in this account (HTTP {status})",
            at.service, at.operation
        );
        let hint = "wait a minute and try again; fewer tools at the same time help";
        Failure::new(at, Why::Throttled, says, hint)
    }

    fn new(at: &At, why: Why, cause: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure {
            account: at.account.clone(),
            region: at.region.clone(),
            service: at.service.to_owned(),
            cause: cause.into(),
            hint: hint.into(),
            profile: at.profile.clone(),
            why,
        }
    }
}

#[cfg(test)]
mod tests;
