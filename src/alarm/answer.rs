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

/// The runbook that the alarm's description links to, where none of the answers is that page.
pub fn unlinked<'a>(alarm: &'a Alarm, answers: &[Answer]) -> Option<&'a str> {
    if answers.iter().any(|answer| answer.why == Why::Linked) {
        return None;
    }
    let mut lines = alarm.description.as_deref()?.lines();
    lines.find_map(|line| {
        let (before, link) = line.split_at(line.find("https://").or_else(|| line.find("http://"))?);
        let ends = |c: char| c.is_whitespace() || "()<>\"',;".contains(c);
        let link = link.split(ends).next()?.trim_end_matches('.');
        let is_told = [before, link].iter().any(|text| {
            ["runbook", "playbook"]
                .iter()
                .any(|word| text.to_lowercase().contains(word))
        });
        let file = link.split(['#', '?']).next().unwrap_or(link);
        (is_told || file.ends_with(".md")).then_some(link)
    })
}

/// Why a page is offered, to a person.
pub fn reason(why: Why) -> &'static str {
    match why {
        Why::Linked => "linked in the alarm's description",
        Why::Name => "has the alarm's name",
        Why::Pattern => "names such alarms",
        Why::Metric => "is about this metric",
        Why::Inside => "its name is in the alarm's",
        Why::Near => "its name is this but for a letter",
        Why::Words => "shares telling words",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_no_page_of_the_library_is_is_told() {
        let of = |description: &str, why: Option<Why>| {
            let alarm = Alarm {
                description: Some(description.into()),
                ..Alarm::default()
            };
            let answers: Vec<Answer> = why
                .into_iter()
                .map(|why| Answer {
                    path: PathBuf::new(),
                    name: String::new(),
                    title: String::new(),
                    why,
                    is_overdue: false,
                })
                .collect();
            unlinked(&alarm, &answers).map(str::to_owned)
        };
        let linked = "Customers see errors.\nRunbook: https://x.org/ops/pay.md#now.";
        assert_eq!(
            of(linked, Some(Why::Pattern)).as_deref(),
            Some("https://x.org/ops/pay.md#now")
        );
        assert_eq!(of(linked, Some(Why::Linked)), None);
        assert_eq!(of("graph: https://x.org/d/pay", None), None);
        assert_eq!(
            of("see (https://x.org/runbooks/pay)", None).as_deref(),
            Some("https://x.org/runbooks/pay")
        );
    }
}
