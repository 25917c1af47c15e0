//! What an SDK error tells, taken apart; and foreign messages made safe to show.

use std::error::Error;
use std::sync::LazyLock;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use regex::Regex;

use super::super::http;
use crate::net;

/// What an SDK error tells, in terms that a test can make up.
#[derive(Default)]
pub struct Facts {
    pub code: Option<String>,
    pub message: String,
    pub status: Option<u16>,
    pub timed_out: bool,
    pub io: bool,
    pub credentials: bool,
    /// Why no connection came about, in our own words.
    pub network: Option<net::Error>,
    /// How far the service's clock is from ours, by the date of its answer.
    pub clock_off_seconds: Option<u64>,
}

impl Facts {
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Facts
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut facts = Facts {
            status: error.raw_response().map(|response| response.status().as_u16()),
            message: chain(error),
            clock_off_seconds: error.raw_response().and_then(clock_off),
            ..Facts::default()
        };
        match error {
            SdkError::TimeoutError(_) => facts.timed_out = true,
            SdkError::DispatchFailure(failure) => {
                facts.timed_out = failure.is_timeout();
                facts.io = !failure.is_timeout();
            }
            SdkError::ServiceError(service) => {
                facts.code = service.err().code().map(str::to_owned);
                facts.message = service.err().message().unwrap_or_default().to_owned();
            }
            _ => {}
        }
        facts.network = http::find(error).cloned();
        facts.credentials = causes(error).any(|cause| cause.is::<CredentialsError>());
        if facts.credentials {
            facts.timed_out = false;
        }
        facts
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

fn clock_off(response: &HttpResponse) -> Option<u64> {
    let service = DateTime::from_str(response.headers().get("date")?, Format::HttpDate)
        .ok()?
        .secs();
    Some(service.abs_diff(Timestamp::now().as_second()))
}

/// The innermost messages of an error, where the cause is told.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut says: Vec<String> = causes(error).map(ToString::to_string).collect();
    says.dedup();
    let skip = says.len().saturating_sub(3);
    says.split_off(skip).join(": ")
}

/// A foreign message made safe to show: no keys, no encoded blobs, no control characters, not too long.
pub fn clean(message: &str) -> String {
    static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\bA(?:KIA|SIA)[A-Z0-9]{12,}\b|[A-Za-z0-9+/=_%-]{40,}|x-amz-[a-z-]*(?:token|credential|signature)=\S+")
            .ok()
    });
    let line: String = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let safe = match &*SECRET {
        Some(secret) => secret.replace_all(&line, "…").into_owned(),
        None => String::new(),
    };
    let mut short: String = safe.trim().chars().take(240).collect();
    if short.len() < safe.trim().len() {
        short.push('…');
    }
    short
}
