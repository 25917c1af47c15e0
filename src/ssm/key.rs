//! What a channel asks KMS for when its session is to be encrypted, and what comes back.
//!
//! The key in the clear is wiped when it is let go of, and is never printed.

use std::{collections::BTreeMap, fmt};

/// GenerateDataKey: 64 bytes under `key_id`, bound to `context`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    pub key_id: String,
    /// The agent decrypts with the same names and values, or not at all.
    pub context: BTreeMap<String, String>,
}

impl KeyRequest {
    /// The context that agents expect: session, target, and the challenge exactly as it came.
    pub fn new(key_id: String, session_id: &str, target: &str, challenge: Option<&str>) -> Self {
        let pairs = [
            ("aws:ssm:SessionId", Some(session_id)),
            ("aws:ssm:TargetId", Some(target)),
            ("aws:ssm:RandomChallenge", challenge),
        ];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Self {
            key_id,
            context: pairs.map(|(name, value)| (name.into(), value.into())).collect(),
        }
    }
}

/// A data key: for us in the clear, for the agent as KMS sealed it.
pub struct DataKey {
    pub plain: Vec<u8>,
    pub sealed: Vec<u8>,
}

impl Drop for DataKey {
    fn drop(&mut self) {
        self.plain.fill(0);
        // Keeps the compiler from dropping a write that nothing reads.
        std::hint::black_box(&self.plain);
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_in_the_context_only_when_there_was_one_and_the_key_is_never_printed() {
        let names = |challenge| {
            let request = KeyRequest::new("alias/x".into(), "s-1", "i-1", challenge);
            request.context.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(names(None), ["aws:ssm:SessionId", "aws:ssm:TargetId"]);
        assert_eq!(names(Some("YQ=="))[0], "aws:ssm:RandomChallenge");
        let key = DataKey {
            plain: vec![42; 64],
            sealed: Vec::new(),
        };
        assert!(!format!("{key:?}").contains("42"));
    }
}
