//! From the facts of an error to its kind, its cause and what to do, in plain words.

use super::facts::{Facts, clean};
use super::{At, Failure, Why};
use crate::net;

/// AWS refuses signatures that are five minutes off; less is no reason for a refusal.
const MAX_CLOCK_OFF_SECONDS: u64 = 240;

pub fn explain(at: &At, facts: &Facts) -> Failure {
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
        let hint = if lower.contains("external process") {
            format!(
                "run the credential_process of profile {profile} by hand: it has to print the keys as JSON"
            )
        } else {
            format!("aws configure sso --profile {profile}, or name another with --profile")
        };
        return fail(
            Why::Credentials,
            format!("no usable credentials for profile {profile}: {says}"),
            hint,
        );
    }
    if let Some(network) = &facts.network {
        let why = match network.kind {
            net::Kind::Name => Why::Region,
            _ => Why::Unreachable,
        };
        return fail(why, network.says.clone(), network.hint.clone());
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
            let action = denied_action(&facts.message).unwrap_or_else(|| format!("{}:{}", at.service, at.operation));
            // CloudWatch's requests are signed for `monitoring`; policies know it by its own name.
            let action = match action.strip_prefix("monitoring:") {
                Some(operation) => format!("cloudwatch:{operation}"),
                None => action,
            };
            let on = denied_resource(&facts.message)
                .map(|resource| format!(" on {}", clean(&resource)))
                .unwrap_or_default();
            let hint = if at.service == "ce" {
                format!(
                    "allow {action} in IAM; the root user must activate IAM access to billing, and the management \
                     account must let its members see Cost Explorer"
                )
            } else if lower.contains("explicit deny") {
                format!("a policy denies {action}{on} by name: in IAM, at a boundary or in the organisation")
            } else {
                format!("allow {action}{on} for this identity in IAM and in the organisation's policies")
            };
            fail(
                Why::Denied,
                format!("{action}{on} is not allowed for profile {profile}"),
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
            let hint = format!("the secret key of profile {profile} is wrong, or a proxy changes requests");
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
        _ if at.operation == "StartSession" && is_agent_too_old(&lower) => fail(
            Why::Target,
            format!("the target's agent is too old for this kind of session: {says}"),
            "update it: Run Command with AWS-UpdateSSMAgent; `qd doctor TARGET` tells what its version can do"
                .into(),
        ),
        "TargetNotConnected" | "TargetNotConnectedException" | "InvalidInstanceId" | "InvalidTarget" => fail(
            Why::Target,
            format!("the target is not connected to Systems Manager in {region}: {says}"),
            "check that it runs, that its agent is online and its role allows ssmmessages; `qd doctor TARGET` does"
                .into(),
        ),
        "InvalidDocument" | "InvalidDocumentVersion" if at.operation != "StartSession" => fail(
            Why::Absent,
            format!("there is no such document in {region}: {says}"),
            "`qd documents ls` lists what there is; a document of another account is named by its ARN".into(),
        ),
        "InvalidCommandId" if at.operation == "CancelCommand" => fail(
            Why::Absent,
            format!("there is no such command in {region}: {says}"),
            "Run Command's history in AWS's console lists what was sent; AWS forgets a command after 30 days".into(),
        ),
        _ if code.starts_with("Automation") && code.contains("NotFound") => fail(
            Why::Absent,
            format!("there is no such automation, document or step in {region}: {says}"),
            "`qd documents executions` and `qd documents ls` list what there is".into(),
        ),
        _ if at.operation == "GetCostAndUsageWithResources" && is_not_switched_on(code, &lower) => fail(
            Why::NoData,
            format!("Cost Explorer keeps no costs of single resources for this account: {says}"),
            "the payer switches on resource-level data at daily granularity under Billing and Cost Management, Cost \
             Management preferences; it shows after up to two days, and AWS charges for keeping it"
                .into(),
        ),
        "DataUnavailableException" => fail(
            Why::NoData,
            format!("Cost Explorer has no data for this yet: {says}"),
            "a new account or a narrow filter needs some days of history".into(),
        ),
        "RequestChangedException" | "InvalidNextTokenException" => fail(
            Why::List,
            format!("the list of {}:{} changed while it was read ({code})", at.service, at.operation),
            "ask again: it starts from its first page".into(),
        ),
        "BillExpirationException" => fail(
            Why::Refused,
            format!("the bill of this period is no longer kept ({code})"),
            "ask for a later period, or import an export of it".into(),
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

/// Costs by resource are an opt-in; the service refuses them in more than one way while it is off.
fn is_not_switched_on(code: &str, message: &str) -> bool {
    code == "DataUnavailableException"
        || ["not enabled", "haven't enabled", "opt-in", "opted in"]
            .iter()
            .any(|words| message.contains(words))
}

/// The action that the service itself names: it may be another than the one that was called.
fn denied_action(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split([' ', ',']).next()?;
    let is_action = |c: char| c.is_ascii_alphanumeric() || "-:*".contains(c);
    (action.contains(':') && action.chars().all(is_action)).then(|| action.to_owned())
}

/// The ARN that an AccessDenied names.
fn denied_resource(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("on resource: ")?;
    let resource = rest.split_whitespace().next()?.trim_end_matches(['.', ',']);
    (resource != "*" && !resource.is_empty()).then(|| resource.to_owned())
}

/// The service refuses documents that an agent does not know; its words vary.
fn is_agent_too_old(message: &str) -> bool {
    message.contains("agent")
        && ["version", "update", "upgrade"]
            .iter()
            .any(|word| message.contains(word))
        && [
            "support",
            "requires",
            "required",
            "or later",
            "or above",
            "or higher",
        ]
        .iter()
        .any(|word| message.contains(word))
}

/// An answer without an AWS error in it: an emulator's HTML page, a proxy's, or an unknown call.
fn unformatted(at: &At, facts: &Facts) -> Failure {
    if facts.status == Some(407) {
        return Failure::new(
            at,
            Why::Unreachable,
            "the proxy refused the user and password it was given (HTTP 407)",
            "correct them in HTTP_PROXY; write % @ : and / in them as %25 %40 %3A and %2F",
        );
    }
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
        "InvalidAutomationSignalException" => {
            "`qd documents status ID` shows what it waits for; a single step is stopped in an interactive automation \
             only, `qd documents stop ID` ends the whole"
        }
        "EC2InstanceStateInvalidException" => "start the instance, or wait until it runs",
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
