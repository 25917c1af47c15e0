//! Where and when the sources tell of every session, so that a recording without one means something. A region that did
//! not answer covers nothing.

use std::collections::HashMap;

use jiff::Timestamp;

/// Spans by account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover(HashMap<(String, String), (Timestamp, Timestamp)>);

impl Cover {
    /// The widest span that has been told of a place.
    pub fn add(&mut self, account: &str, region: &str, from: Timestamp, to: Timestamp) {
        let key = (account.to_owned(), region.to_owned());
        let span = self.0.entry(key).or_insert((from, to));
        *span = (span.0.min(from), span.1.max(to));
    }

    pub fn contains(&self, account: Option<&str>, region: Option<&str>, at: Timestamp) -> bool {
        let (Some(account), Some(region)) = (account, region) else {
            return false;
        };
        self.0
            .get(&(account.to_owned(), region.to_owned()))
            .is_some_and(|(from, to)| (*from..=*to).contains(&at))
    }

    pub fn places(&self) -> usize {
        self.0.len()
    }
}
