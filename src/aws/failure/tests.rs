//! What each kind of error is told as.

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
    explain::explain(&at(), &facts)
}

#[test]
fn expired_credentials_name_the_login_command() {
    let failure = told("ExpiredToken", "The provided token has expired");
    assert_eq!(failure.why, Why::Expired);
    assert!(failure.hint.contains("aws sso login --profile prod"));
}

#[test]
fn a_program_that_brings_no_keys_is_named_as_what_to_run() {
    let facts = Facts {
        credentials: true,
        message: "Error retrieving credentials from external process, could not parse response".into(),
        ..Facts::default()
    };
    let failure = explain::explain(&at(), &facts);
    assert_eq!(failure.why, Why::Credentials);
    assert!(failure.hint.contains("credential_process of profile prod"));
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
fn a_proxy_that_wants_another_password_is_told_as_that() {
    let facts = Facts {
        status: Some(407),
        ..Facts::default()
    };
    let failure = explain::explain(&at(), &facts);
    assert!(failure.why == Why::Unreachable && failure.cause.starts_with("the proxy refused"));
    let stopped = told("EC2InstanceStateInvalidException", "The instance is not running");
    assert!(stopped.hint.starts_with("start the instance"), "{}", stopped.hint);
}

#[test]
fn a_denied_call_names_the_resource_and_the_kind_of_denial() {
    let arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0";
    let says = format!(
        "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: ssm:StartSession on resource: {arn} \
         because no identity-based policy allows the ssm:StartSession action"
    );
    let failure = told("AccessDeniedException", &says);
    assert!(
        failure.cause.contains(&format!("ssm:StartSession on {arn}")),
        "{failure}"
    );
    assert!(failure.hint.starts_with("allow "));
    let denied = told(
        "AccessDeniedException",
        &says.replace("no identity-based policy allows", "with an explicit deny in"),
    );
    assert!(denied.hint.contains("denies"), "{}", denied.hint);
}

#[test]
fn an_agent_that_is_too_old_for_a_document_is_told_so() {
    let mut at = at();
    at.operation = "StartSession";
    let facts = Facts {
        code: Some("BadRequest".into()),
        message: "Port forwarding to remote hosts needs SSM Agent version 3.1.1374.0 or later".into(),
        status: Some(400),
        ..Facts::default()
    };
    let failure = explain::explain(&at, &facts);
    assert!(
        failure.why == Why::Target && failure.cause.contains("too old"),
        "{failure}"
    );
    assert!(failure.hint.contains("AWS-UpdateSSMAgent"));
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
    let failure = explain::explain(&at(), &facts);
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
    assert_eq!(explain::explain(&at(), &facts).why, Why::Region);
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
