//! What went wrong, in plain words: which account, region and service, the cause, and what to do.
//! The one rule: nothing secret passes. Keys, tokens and encoded blobs are cut out of foreign messages.

use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use regex::Regex;
use serde::Serialize;

/// AWS refuses signatures that are five minutes off; less is no reason for a refusal.
const MAX_CLOCK_OFF_SECONDS: u64 = 240;

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
    /// Cost Explorer has nothing to tell yet.
    NoData,
    /// Any other refusal of the service.
    Refused,
    /// An answer that breaks the rules of the service.
    Faulty,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}: {}",
            self.account, self.region, self.service, self.cause
        )
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

/// What an SDK error tells, in terms that a test can make up.
#[derive(Default)]
struct Facts {
    code: Option<String>,
    message: String,
    status: Option<u16>,
    timed_out: bool,
    io: bool,
    credentials: bool,
    /// How far the service's clock is from ours, by the date of its answer.
    clock_off_seconds: Option<u64>,
}

impl Failure {
    pub(super) fn explain<E>(at: &At, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Failure::from_facts(at, &facts(error))
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

    fn from_facts(at: &At, facts: &Facts) -> Failure {
        let (profile, region) = (&at.profile, &at.region);
        let says = clean(&facts.message);
        let lower = facts.message.to_lowercase();
        let login = format!("aws sso login --profile {profile}, or renew the keys of that profile");
        let fail = |why, cause: String, hint: String| Failure::new(at, why, cause, hint);
        if facts.credentials {
            if lower.contains("sso") || lower.contains("expired") {
                return fail(
                    Why::Expired,
                    format!("the sign-in of profile {profile} has expired or was never made"),
                    login,
                );
            }
            let hint = format!("aws configure sso --profile {profile}, or name another with --profile");
            return fail(
                Why::Credentials,
                format!("no usable credentials for profile {profile}: {says}"),
                hint,
            );
        }
        if facts.timed_out {
            let hint = format!("check the network, the proxy and the status page of {region}");
            return fail(Why::Unreachable, format!("{region} did not answer in time"), hint);
        }
        if facts.io {
            if lower.contains("lookup") || lower.contains("dns") {
                let hint = "check the spelling of the region and this machine's name resolution".to_owned();
                return fail(
                    Why::Region,
                    format!("no host answers for region {region}: its name is unknown"),
                    hint,
                );
            }
            let hint = "check the network, the proxy and --endpoint-url".to_owned();
            return fail(Why::Unreachable, format!("cannot reach {region}: {says}"), hint);
        }
        let Some(code) = facts.code.as_deref() else {
            return unformatted(at, facts);
        };
        let says_time = [
            "signature expired",
            "not yet current",
            "not current",
            "skew",
            "timestamp",
            "date",
        ]
        .iter()
        .any(|part| lower.contains(part));
        let is_off = facts
            .clock_off_seconds
            .is_some_and(|seconds| seconds > MAX_CLOCK_OFF_SECONDS);
        if code == "RequestTimeTooSkewed"
            || (says_time || is_off)
                && matches!(
                    code,
                    "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestExpired" | "AuthFailure"
                )
        {
            let hint = "set the clock (timedatectl set-ntp true), then try again".to_owned();
            return fail(
                Why::Clock,
                "this machine's clock is off: the signature's time was refused".into(),
                hint,
            );
        }
        match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => fail(
                Why::Expired,
                format!("the credentials of profile {profile} have expired"),
                login,
            ),
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "Client.UnauthorizedOperation" => {
                let action = format!("{}:{}", at.service, at.operation);
                let hint =
                    format!("allow {action} for this identity in IAM and in the organisation's policies");
                fail(
                    Why::Denied,
                    format!("{action} is not allowed for profile {profile}"),
                    hint,
                )
            }
            "OptInRequired" => {
                let hint = format!("enable {region} for the account, or leave it out of the regions");
                fail(
                    Why::Region,
                    format!("region {region} is not enabled for this account"),
                    hint,
                )
            }
            "AuthFailure" | "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
                let hint = format!(
                    "if other regions of profile {profile} answer, {region} is not enabled for the account; \
                     else renew the keys"
                );
                fail(
                    Why::Credentials,
                    format!("{region} does not know the access key of profile {profile}"),
                    hint,
                )
            }
            "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" => {
                let hint =
                    format!("the secret key of profile {profile} is wrong, or a proxy changes requests");
                fail(
                    Why::Credentials,
                    "the request's signature was refused".into(),
                    hint,
                )
            }
            _ if is_throttling(code, facts.status) => fail(
                Why::Throttled,
                format!(
                    "{}:{} is called too often in this account ({code})",
                    at.service, at.operation
                ),
                "wait a minute and refresh; fewer tools at the same time help".into(),
            ),
            "TargetNotConnected" | "InvalidInstanceId" | "InvalidTarget" => fail(
                Why::Target,
                format!("the target is not connected to Systems Manager in {region}: {says}"),
                "check that it runs, that its agent is online and its role allows ssmmessages".into(),
            ),
            "DataUnavailableException" => fail(
                Why::NoData,
                format!("Cost Explorer has no data for this yet: {says}"),
                "a new account or a narrow filter needs some days of history".into(),
            ),
            "InvalidAction" | "UnknownOperationException" | "NotImplemented" => unformatted(at, facts),
            _ if facts.status.is_some_and(|status| status >= 500) => fail(
                Why::Unreachable,
                format!(
                    "{}:{} failed on the service's side ({code}): {says}",
                    at.service, at.operation
                ),
                "try again; see the service's status page if it stays".into(),
            ),
            _ => fail(
                Why::Refused,
                format!("{}:{} was refused ({code}): {says}", at.service, at.operation),
                refusal_hint(code).into(),
            ),
        }
    }
}

/// An answer without an AWS error in it: an emulator's HTML page, a proxy's, or an unknown call.
fn unformatted(at: &At, facts: &Facts) -> Failure {
    let status = facts
        .status
        .map(|status| format!(" (HTTP {status})"))
        .unwrap_or_default();
    Failure::new(
        at,
        Why::Unsupported,
        format!(
            "the endpoint gave no proper answer to {}:{}{status}",
            at.service, at.operation
        ),
        "an emulator may not know this call; else a proxy answers in the service's place",
    )
}

fn refusal_hint(code: &str) -> &'static str {
    match code {
        "InvalidDocument" => "name a session document that exists in this region with --document",
        "DoesNotExistException" => "the session is over: open a new one",
        "RequestChangedException" | "InvalidNextTokenException" => "start the list again from its first page",
        "BillExpirationException" => "ask for a later period: this one is no longer kept",
        _ => "the message names what the service did not accept",
    }
}

fn is_throttling(code: &str, status: Option<u16>) -> bool {
    status == Some(429)
        || [
            "Throttl",
            "RequestLimitExceeded",
            "TooManyRequests",
            "LimitExceededException",
            "SlowDown",
        ]
        .iter()
        .any(|part| code.contains(part))
}

fn facts<E>(error: &SdkError<E, HttpResponse>) -> Facts
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
    facts.credentials = causes(error).any(|cause| cause.is::<CredentialsError>());
    if facts.credentials {
        facts.timed_out = false;
    }
    facts
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
fn clean(message: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> At {
        At {
            account: "111122223333".into(),
            profile: "prod".into(),
            region: "eu-west-1".into(),
            service: "ec2",
            operation: "DescribeInstances",
        }
    }

    fn told(code: &str, message: &str) -> Failure {
        let facts = Facts {
            code: Some(code.into()),
            message: message.into(),
            status: Some(400),
            ..Facts::default()
        };
        Failure::from_facts(&at(), &facts)
    }

    #[test]
    fn expired_credentials_name_the_login_command() {
        let failure = told("ExpiredToken", "The provided token has expired");
        assert_eq!(failure.why, Why::Expired);
        assert!(failure.hint.contains("aws sso login --profile prod"));
    }

    #[test]
    fn a_denied_call_names_the_iam_action() {
        let failure = told(
            "UnauthorizedOperation",
            "You are not authorized. Encoded authorization failure message: xyz",
        );
        assert_eq!(failure.why, Why::Denied);
        assert!(failure.cause.contains("ec2:DescribeInstances"));
    }

    #[test]
    fn a_signature_from_another_hour_is_a_clock_failure() {
        let failure = told(
            "SignatureDoesNotMatch",
            "Signature expired: 20260101T000000Z is now earlier than …",
        );
        assert_eq!(failure.why, Why::Clock);
        assert_eq!(
            told("SignatureDoesNotMatch", "does not match").why,
            Why::Credentials
        );
    }

    #[test]
    fn an_html_page_is_not_an_empty_list() {
        let facts = Facts {
            status: Some(500),
            message: "<html>".into(),
            ..Facts::default()
        };
        let failure = Failure::from_facts(&at(), &facts);
        assert_eq!(failure.why, Why::Unsupported);
        assert!(failure.cause.contains("HTTP 500"));
    }

    #[test]
    fn an_unknown_host_is_a_wrong_region() {
        let facts = Facts {
            io: true,
            message: "dns error: failed to lookup address information".into(),
            ..Facts::default()
        };
        assert_eq!(Failure::from_facts(&at(), &facts).why, Why::Region);
    }

    #[test]
    fn every_failure_says_what_to_do() {
        let codes = "ExpiredToken AccessDenied OptInRequired AuthFailure Throttling TargetNotConnected InvalidDocument \
                     DataUnavailableException InvalidAction SomethingNew InternalError";
        for code in codes.split_whitespace() {
            let failure = told(code, "");
            assert!(!failure.cause.is_empty() && !failure.hint.is_empty(), "{code}");
        }
    }

    #[test]
    fn secrets_are_cut_out_of_foreign_messages() {
        let dirty = "key AKIAIOSFODNN7EXAMPLE token \
            IQoJb3JpZ2luX2VjEOb//////////wEaCXVzLWVhc3QtMSJHMEUCIQ== X-Amz-Security-Token=abc and\u{1b}[31m more";
        let shown = told("Weird", dirty).cause;
        assert!(
            !shown.contains("AKIA")
                && !shown.contains("IQoJ")
                && !shown.contains("abc")
                && !shown.contains('\u{1b}')
        );
        assert!(shown.contains("more"));
    }
}
