//! What accepted advice really saved: the band as it stood on the day of the decision, against what came, in the narrowest
//! part of the bill that the finding was about; the net of all days, where it is more than noise.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::book::{Accepted, Book};
use super::booking::Booked;
pub use super::cell::Cell;
use super::claim::{Claim, Done};
use crate::cost::band::{LEARNING_DAYS, Setting};

/// Days after a decision on which it is booked.
pub const BOOKED_AFTER_DAYS: [i64; 3] = [7, 14, 28];
/// Days before a decision that its expectation is learnt from.
pub const LEARNT_DAYS: i64 = 90;
/// Said of a commitment of which the bill knows nothing.
const UNBOUGHT: &str = "no Savings Plan was bought since: the bill shows no commitment that was not there before, so that nothing is booked";

/// An accepted finding and what it brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub id: String,
    pub accepted: Accepted,
    pub on: Date,
    /// After each of the days that are booked; `None` while they have not passed or cannot be told.
    pub saved: [Option<f64>; BOOKED_AFTER_DAYS.len()],
    /// Why nothing is booked yet, or less than fell, as a sentence.
    pub why: Option<String>,
    /// What was taken on before leaves nothing for it: it counts for nothing.
    pub shut_out: bool,
}

impl Line {
    /// Dollars a month at most; none of what was taken on twice.
    pub fn promised(&self) -> f64 {
        let promised = self.accepted.promised.parse().ok();
        promised.filter(|_| !self.shut_out).unwrap_or_default()
    }

    /// Dollars a month at least; what was taken on before that was kept promised one figure.
    pub fn at_least(&self) -> f64 {
        let at_least = self.accepted.at_least.as_ref();
        let at_least = at_least.and_then(|text| text.parse().ok());
        at_least
            .filter(|_| !self.shut_out)
            .unwrap_or_else(|| self.promised())
    }

    /// Over the longest span that has passed.
    pub fn booked(&self) -> Option<f64> {
        self.saved.iter().rev().find_map(|saved| *saved)
    }
}

/// A line for everything accepted; the keys of the series are those of cells. Today's bill and yesterday's still grow.
pub fn lines(book: &Book, booked: &Booked, setting: &Setting, today: Date) -> Vec<Line> {
    let claims = book.accepted().map(|of| Claim::of(of, book, booked, setting));
    let mut claims: Vec<Claim> = claims.collect();
    claims.sort_by_key(Claim::breadth);
    let (mut narrower, mut lines) = (Vec::<Done>::new(), Vec::new());
    for claim in &claims {
        let spans = BOOKED_AFTER_DAYS.map(|days| claim.span(days, &claims, &narrower));
        let last = spans.iter().flatten().next_back();
        narrower.extend(last.and_then(|last| claim.done(last)));
        let shut_out = claim.taken.as_ref();
        let why = match (shut_out, last) {
            (Some(taken), _) => Some(format!("{taken}: nothing is booked of this one")),
            (None, Some(last)) => claim.says(last),
            (None, None) if claim.is_unbought() => Some(UNBOUGHT.to_owned()),
            (None, None) => Some(unbooked(claim, booked, today)),
        };
        lines.push(Line {
            id: claim.id.to_owned(),
            accepted: claim.accepted.clone(),
            on: claim.on,
            saved: spans.map(|span| span.map(|span| span.saved)),
            why,
            shut_out: shut_out.is_some(),
        });
    }
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    lines
}

/// Why nothing is booked of what was accepted, where the series are of a bill that was read, unless there are none.
fn unbooked(claim: &Claim, booked: &Booked, today: Date) -> String {
    let Claim { accepted, on, .. } = *claim;
    let first = on.saturating_add(BOOKED_AFTER_DAYS[0].days());
    let named = match Cell::parse(&accepted.key) {
        Some(Cell::UsageType { name, account } | Cell::Service { name, account }) => match account.is_empty()
        {
            true => name,
            false => format!("{name} in account {account}"),
        },
        None => accepted.resource.clone(),
    };
    if today.saturating_sub(1.day()) <= first {
        return format!("the first week is booked when the bill of {first} is finished");
    }
    let Some(of) = claim.series else {
        return match booked.series.is_empty() {
            true => format!("the bill of {named} was not read, so that nothing could be measured"),
            false => format!("nothing is charged for {named}, so that nothing could be measured"),
        };
    };
    let learnt = on.saturating_sub(LEARNT_DAYS.days());
    if let Some(says) = booked.twice_within(learnt, first) {
        return says;
    }
    let before = of
        .days
        .iter()
        .filter(|(day, cost)| *day <= on && cost.is_some())
        .count();
    match before < LEARNING_DAYS {
        true => format!(
            "only {before} days of {named} before it are known, and {LEARNING_DAYS} tell what is usual"
        ),
        false => format!("not every day of {named} from {on} to {first} is known"),
    }
}

/// What was booked for each team; `""` for what belongs to nobody.
pub fn by_team(lines: &[Line]) -> BTreeMap<&str, f64> {
    let mut teams = BTreeMap::new();
    for line in lines {
        if let Some(saved) = line.booked() {
            *teams
                .entry(line.accepted.team.as_deref().unwrap_or_default())
                .or_default() += saved;
        }
    }
    teams
}
