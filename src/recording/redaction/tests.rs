//! Secrets found wherever a message border falls, and text that only looks like one left alone.

use super::*;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::new(&[]).unwrap()));

/// Feeds pieces, letting go after those that are told to.
fn covered(pieces: &[&[u8]], let_go: bool) -> String {
    let mut redactor = Redactor::new(RULES.clone());
    let mut out = Vec::new();
    for piece in pieces {
        redactor.feed(piece);
        if redactor.holds_too_much() || let_go {
            redactor.let_go();
        }
        redactor.take_ready(&mut out);
    }
    redactor.finish();
    redactor.take_ready(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn whole(text: &str) -> String {
    covered(&[text.as_bytes()], false)
}

#[test]
fn secrets_of_every_kind_are_covered_and_what_stands_around_them_stays() {
    for (text, wanted) in [
        ("id AKIAIOSFODNN7EXAMPLE.", "id AKIA[redacted: aws-a."),
        ("x=\"AKIAIOSFODNN7EXAMPL\"", "x=\"AKIAIOSFODNN7EXAMPL\""),
        ("password=hunter2 next", "password=[redact next"),
        (
            "{\"password\": \"hunter22\", \"a\": 1}",
            "{\"password\": \"[redacte\", \"a\": 1}",
        ),
        (
            "postgres://app:s3cr3t-s3cr3t-s3cr3t-123@db/x",
            "postgres://app:[redacted: url-password]@db/x",
        ),
        (
            "http://localhost:8080/x http://a:80@b",
            "http://localhost:8080/x http://a:[r@b",
        ),
        (
            "Authorization: Bearer abcdefghijklmnopqrstu",
            "Authorization: Bearer [redacted: bearer-tok",
        ),
        (
            "Authorization: Basic dXNlcjpwYXNz\r\n",
            "Authorization: Basic [redacted: b\r\n",
        ),
        (
            "ghp_abcdefghij0123456789ABCDEFGHIJ012345",
            "ghp_[redacted: github-token]************",
        ),
        ("xoxb-123456789012-abcdefGHIJ", "xoxb-[redacted: slack-token]"),
        ("sk_live_abcdefghij0123456789 y", "sk_live_[redacted: stripe-ke y"),
        ("Password: \r\nroot@web1:~# ls", "Password: \r\nroot@web1:~# ls"),
        ("export PASSWORD=$(cat x)", "export PASSWORD=$(cat x)"),
        (
            "risk-management and task-force-with-a-long-name",
            "risk-management and task-force-with-a-long-name",
        ),
        ("password=日本語 x", "password=[redac x"),
    ] {
        assert_eq!(whole(text), wanted);
    }
}

#[test]
fn keys_over_several_lines_are_covered_to_their_end() {
    let body = "MIIEowIBAAKCAQEAt0\r\nZ1+/abcdEFGH==\r\n";
    let text = format!(
        "$ cat k\r\n-----BEGIN RSA PRIVATE KEY-----\r\n{body}-----END RSA PRIVATE KEY-----\r\n$ date"
    );
    let out = whole(&text);
    assert!(
        out.starts_with("$ cat k\r\n-----BEGIN RSA PRIVATE KEY-----\r\n[redacted: private"),
        "{out}"
    );
    assert!(out.ends_with("*\r\n$ date") && !out.contains("Z1+"), "{out}");
    assert_eq!(out.len(), text.len());
}

#[test]
fn a_secret_with_colours_in_it_is_one_secret() {
    let out = covered(&[b"AKIA\x1b[1mIOSFO", b"DNN7\x1b[0", b"mEXAMPLE end"], false);
    assert_eq!(out, "AKIA\x1b[1m[redacted\x1b[0m: aws-a end");
    let out = whole("\x1b]0;mysql --password=hunter2\x07$ ");
    assert_eq!(out, "\x1b]0;mysql --password=[redact\x07$ ");
}

#[test]
fn what_was_typed_slowly_is_covered_from_where_it_shows() {
    let keys: Vec<Vec<u8>> = "password=hunter2 AKIAIOSFODNN7EXAMPLE http://h:8080/"
        .bytes()
        .map(|b| vec![b])
        .collect();
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    assert_eq!(
        covered(&keys, true),
        "password=[redact AKIA[redacted: aws-a http://h:8080/"
    );
}

#[test]
fn text_without_secrets_is_not_held_for_long_and_comes_out_as_it_was() {
    let mut redactor = Redactor::new(RULES.clone());
    redactor.feed(b"-rw-r--r-- 1 root root 4096 passwd\r\n$ ");
    assert_eq!(redactor.held(), 0);
    redactor.feed(b"ghp_abc");
    assert_eq!(redactor.held(), 3);
    redactor.feed(b"-def");
    assert_eq!(redactor.held(), 0);
    assert_eq!(redactor.take_found(), []);
}

#[test]
fn a_rule_of_the_user_keeps_what_stands_before() {
    let own = crate::config::Redaction {
        name: "order".into(),
        pattern: "[0-9]{6}-[A-Z]{3}".into(),
        after: Some("order ".into()),
    };
    let rules = Arc::new(Rules::new(&[own]).unwrap());
    assert_eq!(
        rules.redact("order 123456-ABC, 123456-ABC"),
        "order [redacted: order], 123456-ABC"
    );
    assert_ne!(rules.sha256(), RULES.sha256());
}

fn secrets() -> impl Strategy<Value = (String, String)> {
    let kinds = prop_oneof![
        Just(("(AKIA|ASIA)", "[A-Z0-9]{16}")),
        Just(("aws_secret_access_key = ", "[A-Za-z0-9/+]{40}")),
        Just(("\"SessionToken\": \"", "[A-Za-z0-9/+]{100,200}")),
        Just(("Bearer ", "[A-Za-z0-9._-]{20,60}")),
        Just((
            "eyJ",
            "[A-Za-z0-9]{20,40}\\.[A-Za-z0-9]{20,40}\\.[A-Za-z0-9_-]{20,43}"
        )),
        Just(("ghp_", "[A-Za-z0-9]{36}")),
        Just(("xoxb-", "[0-9]{12}-[A-Za-z0-9]{24}")),
        Just(("sk_live_", "[A-Za-z0-9]{24}")),
        Just(("mysql://root:", "[A-Za-z][A-Za-z0-9!%]{7,30}")),
        Just(("DB_PASSWORD=", "[A-Za-z0-9!%]{6,30}")),
        Just(("-----BEGIN PRIVATE KEY-----\r\n", "([A-Za-z0-9+/]{64}\r\n){3,6}")),
    ];
    kinds.prop_flat_map(|(before, secret)| {
        let text = |pattern: &str| proptest::string::string_regex(pattern).unwrap();
        (text(before), text(secret))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_split_at_any_byte_never_comes_out((before, secret) in secrets(), lead in "[ a-z\r\n]{0,40}") {
        let url = before.starts_with("mysql");
        let key = before.starts_with("-----");
        let behind = if url { "@db" } else if key { "-----END PRIVATE KEY-----" } else { " " };
        let text = format!("{lead} {before}{secret}{behind}\r\n$ ");
        let begin = lead.len() + 1 + before.len();
        for cut in begin.saturating_sub(4)..=(begin + secret.len()).min(text.len()) {
            let (head, tail) = text.as_bytes().split_at(cut);
            let out = covered(&[head, tail], false);
            for part in secret.as_bytes().chunks(8).filter(|part| part.len() == 8) {
                prop_assert!(!out.contains(std::str::from_utf8(part).unwrap()), "{cut}: {out}");
            }
            prop_assert_eq!(out.len(), text.len());
        }
    }

    #[test]
    fn any_bytes_in_any_split_come_out_whole_when_nothing_is_found(bytes: Vec<u8>, cuts in prop::collection::vec(1usize..9, 0..60)) {
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            pieces.push(head);
            rest = tail;
        }
        pieces.push(rest);
        let mut redactor = Redactor::new(RULES.clone());
        let mut out = Vec::new();
        for piece in pieces {
            redactor.feed(piece);
            redactor.take_ready(&mut out);
        }
        redactor.finish();
        redactor.take_ready(&mut out);
        if redactor.take_found().is_empty() {
            prop_assert_eq!(out, bytes);
        }
    }
}
