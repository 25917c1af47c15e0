//! Runbooks that answer an alarm, surest first, each with the reason and whether its review is overdue.

use std::path::PathBuf;

use jiff::civil::Date;

use super::Alarm;
use crate::runbook::{Answers, Library, Why};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub path: PathBuf,
    /// Below its folder.
    pub name: String,
    pub title: String,
    pub why: Why,
    pub is_overdue: bool,
}

/// `prepared` is of the same library; it serves many alarms.
pub fn answers(prepared: &Answers<'_>, library: &Library, alarm: &Alarm, today: Date) -> Vec<Answer> {
    let answer = |found: crate::runbook::Answer| {
        let page = library.pages.get(found.index)?;
        Some(Answer {
            path: page.path.clone(),
            name: page.name.clone(),
            title: page.title.clone(),
            why: found.why,
            is_overdue: page.due_on().is_some_and(|due| due < today),
        })
    };
    prepared
        .to(&alarm.question())
        .into_iter()
        .filter_map(answer)
        .collect()
}

/// Why a page is offered, to a person.
pub fn reason(why: Why) -> &'static str {
    match why {
        Why::Linked => "linked in the alarm's description",
        Why::Name => "has the alarm's name",
        Why::Pattern => "names such alarms",
        Why::Metric => "is about this metric",
        Why::Inside => "its name is in the alarm's",
        Why::Words => "shares telling words",
    }
}
