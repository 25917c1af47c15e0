//! Whether this process covers secrets before it writes. Decided once, before the first session: a recorder that is
//! made anywhere follows it, so that no kind of session can forget to.

use super::{Redactor, Rules};
use std::sync::{Arc, OnceLock};

static RULES: OnceLock<Arc<Rules>> = OnceLock::new();

/// From now on nothing that these rules find is written or shown. A second call changes nothing.
pub fn enforce(rules: Rules) {
    let _ = RULES.set(Arc::new(rules));
}

pub(in crate::recording) fn enforced() -> Option<Arc<Rules>> {
    RULES.get().cloned()
}

/// Those of the policy, else the built-in ones.
fn rules() -> Option<Arc<Rules>> {
    static BUILT_IN: OnceLock<Option<Arc<Rules>>> = OnceLock::new();
    enforced().or_else(|| {
        let built_in = BUILT_IN.get_or_init(|| Rules::new(&[]).ok().map(Arc::new));
        built_in.clone()
    })
}

/// A text that is about to be kept as evidence beside recordings: what the built-in rules find is never in it.
pub fn masked(text: &str) -> String {
    masked_with(text).0
}

/// The same, and the secrets that were in it.
pub fn masked_with(text: &str) -> (String, Vec<String>) {
    match rules() {
        Some(rules) => Redactor::new(rules).text(text),
        None => (text.to_owned(), Vec::new()),
    }
}

/// A text that is about to be written elsewhere than into a recording.
pub fn covered(text: &str) -> String {
    enforced().map_or_else(|| text.to_owned(), |rules| rules.redact(text))
}
