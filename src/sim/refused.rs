//! Calls of one operation that are refused while its service answers all others: `refuse.OPERATION=throttled@1-8`, or only
//! those that have a member in their request: `refuse.OPERATION.MEMBER=denied`.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// Why one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Throttled,
    Denied,
}

/// Which calls, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    operation: String,
    member: Option<String>,
    why: Why,
    /// Counted from 1 over the calls that it is about.
    calls: RangeInclusive<u32>,
    called: Count,
}

/// Begins anew in a copy, and makes no rule another one.
#[derive(Debug, Default)]
struct Count(AtomicU32);

impl Clone for Count {
    fn clone(&self) -> Count {
        Count::default()
    }
}

impl PartialEq for Count {
    fn eq(&self, _: &Count) -> bool {
        true
    }
}

impl Rule {
    /// `WHY`, `WHY@CALL` or `WHY@FIRST-LAST`.
    pub fn parse(operation: &str, member: Option<&str>, value: &str) -> Result<Rule, String> {
        let (why, calls) = which(value)?;
        let why = match why {
            "throttled" => Why::Throttled,
            "denied" => Why::Denied,
            _ => return Err("expected throttled or denied".to_owned()),
        };
        Ok(Rule {
            operation: operation.to_owned(),
            member: member.map(str::to_owned),
            why,
            calls,
            called: Count::default(),
        })
    }

    /// Why this call is refused, if it is; it is counted.
    pub fn refusal(&self, operation: &str, body: &[u8]) -> Option<Why> {
        let has = |member: &String| {
            let request: Value = serde_json::from_slice(body).unwrap_or_default();
            !request[member.as_str()].is_null()
        };
        if self.operation != operation || !self.member.as_ref().is_none_or(has) {
            return None;
        }
        let nth = self.called.0.fetch_add(1, Ordering::Relaxed) + 1;
        self.calls.contains(&nth).then_some(self.why)
    }
}

/// A word, and the calls that it is about: every one where none are named.
pub fn which(value: &str) -> Result<(&str, RangeInclusive<u32>), String> {
    let (word, calls) = value.split_once('@').unwrap_or((value, "1-4294967295"));
    let (first, last) = calls.split_once('-').unwrap_or((calls, calls));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => Ok((word, first..=last)),
        _ => Err("expected a call or calls, as in throttled@3 or throttled@3-5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_one_operation_are_refused_by_their_number_and_their_members() {
        let rule = Rule::parse("ListX", Some("Details"), "throttled@2-3").unwrap();
        let said: Vec<Option<Why>> = [
            ("ListX", "{}"),
            ("ListX", r#"{"Details":true}"#),
            ("ListY", r#"{"Details":true}"#),
            ("ListX", r#"{"Details":true}"#),
            ("ListX", r#"{"Details":true}"#),
            ("ListX", r#"{"Details":true}"#),
        ]
        .map(|(operation, body)| rule.refusal(operation, body.as_bytes()))
        .into();
        let throttled = Some(Why::Throttled);
        assert_eq!(said, [None, None, None, throttled, throttled, None]);
        let always = Rule::parse("ListX", None, "denied").unwrap();
        assert_eq!(always.refusal("ListX", b""), Some(Why::Denied));
        assert!(Rule::parse("ListX", None, "late").is_err() && which("x@y").is_err());
    }
}
