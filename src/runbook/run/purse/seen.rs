//! Secrets that were found in what a run wrote, by their form or by where they were typed: the same value is covered from
//! then on wherever it stands. The runs of a step on several machines share them.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::recording::redaction::{masked_with, telling};
use crate::runbook::{hidden, literals};

/// The longest first: one may be part of another.
type Values = BTreeSet<(Reverse<usize>, String)>;

#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Values>>);

impl Seen {
    /// A text as it is written into a journal.
    pub fn kept(&self, text: &str) -> String {
        let (masked, found) = masked_with(text);
        let typed = literals(&masked).into_iter().map(|(_, at)| masked[at].to_owned());
        let all: Vec<String> = found.into_iter().chain(typed).collect();
        let values = all.iter().flat_map(|secret| telling(secret));
        let values = values.filter(|value| !value.contains("[redacted") && !value.contains("[secret "));
        let mut known = self.0.lock();
        known.extend(values.map(|value| (Reverse(value.len()), value.to_owned())));
        let hidden = hidden(&masked);
        known.iter().fold(hidden, |text, (_, secret)| {
            text.replace(secret.as_str(), "[redacted]")
        })
    }
}
