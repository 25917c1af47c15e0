//! Whatever arrives from outside is answered or refused, never a panic.

use bytes::Bytes;
use proptest::prelude::*;

use crate::sim::fault::Faults;
use crate::sim::fleet::{Fleet, Spec};
use crate::sim::form::Form;
use crate::sim::page::Pager;
use crate::sim::signature::Signature;
use crate::sim::wildcard;

/// The plain definition of the patterns, without escapes.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => matches(rest, text) || (!text.is_empty() && matches(pattern, &text[1..])),
        (Some(('?', rest)), Some((_, text))) => matches(rest, text),
        (Some((c, rest)), Some((first, text))) => c == first && matches(rest, text),
        _ => false,
    }
}

proptest! {
    #[test]
    fn patterns_mean_what_they_say(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(wildcard::matches(&pattern, &text), matches(&p, &t));
    }

    #[test]
    fn any_signature_header_is_taken_apart_or_refused(header in "(AWS4-HMAC-SHA256 )?[ -~]{0,120}") {
        let request = hyper::Request::builder().header("authorization", header).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        if let Some(signature) = Signature::parse(&parts) {
            prop_assert!(signature.verify(None, &parts, b"", jiff::Timestamp::UNIX_EPOCH).is_err());
        }
    }

    #[test]
    fn any_form_and_any_token_is_read(body in prop::collection::vec(any::<u8>(), 0..200), token in ".{0,80}") {
        let form = Form::parse("", &Bytes::from(body));
        let _ = (form.filters(), form.list("InstanceId"), form.fingerprint());
        prop_assert!(Pager::default().offset("request", Some(&token)).is_err());
    }

    #[test]
    fn any_settings_and_any_fleet_file_is_read_or_refused(text in "[a-z0-9.=,\\[\\]\" \n]{0,200}") {
        let _ = Faults::parse(&text);
        if let Ok(spec) = Spec::parse(&text, "fleet.toml") {
            Fleet::build(&spec, 1, jiff::Timestamp::UNIX_EPOCH);
        }
    }
}
