//! The page as a whole: whether somebody has looked at it in time, whether a merge is stuck in it, whether another has
//! its title.

use std::collections::HashMap;

use super::super::git::conflict as conflict_in;
use super::super::library::Library;
use super::super::page::Page;
use super::super::source::Kind;
use super::{Found, Rule, Severity};

pub(super) fn check(found: &mut Found<'_>, library: &Library) {
    let page = found.page;
    let Some(reviewed) = page.reviewed_on else { return };
    let line = page
        .text
        .lines()
        .position(|line| line.contains(&reviewed.to_string()));
    let line = line.map(|at| at + 1);
    if library.read_on.is_some_and(|today| reviewed > today) {
        let says = format!("it was reviewed on {reviewed}, which is to come");
        found.add(
            Rule::Review,
            Severity::Error,
            line,
            says,
            "give the day of the review",
        );
    } else if library.is_overdue(page)
        && let Some(due) = page.due_on()
    {
        let who = match &page.owner {
            Some(owner) => format!("{owner} owns it; set last_reviewed after reading it through"),
            None => "nobody owns it; name an owner, and set last_reviewed after reading it through".into(),
        };
        let says = format!("its review was due on {due}, the last was on {reviewed}");
        found.add(Rule::Review, Severity::Warning, line, says, who);
    }
}

/// Both sides of a conflict, as git leaves them.
pub(super) fn conflict(found: &mut Found<'_>) {
    let page = found.page;
    if let Some((from, to)) = conflict_in(&page.text) {
        let middle_of = match &page.source.kind {
            Kind::Git { checkout, .. } => checkout.middle_of,
            _ => None,
        };
        let says = match middle_of {
            Some(of) => format!("it holds both sides of a conflict: the repository is in the middle of {of}"),
            None => "it holds both sides of a conflict".to_string(),
        };
        let hint = format!("settle lines {from} to {to}");
        found.add(Rule::Conflict, Severity::Error, Some(from), says, hint);
    }
}

/// Pages by their titles.
pub(super) fn titles(library: &Library) -> HashMap<&str, Vec<&Page>> {
    let mut titles: HashMap<&str, Vec<&Page>> = HashMap::new();
    for page in &library.pages {
        titles.entry(&page.title).or_default().push(page);
    }
    titles
}

pub(super) fn names(found: &mut Found<'_>, titles: &HashMap<&str, Vec<&Page>>) {
    let page = found.page;
    let same = titles.get(page.title.as_str());
    let other = same.and_then(|same| same.iter().find(|other| other.path != page.path));
    if let Some(other) = other {
        let line = page.headings.iter().find(|heading| heading.text == page.title);
        found.add(
            Rule::Name,
            Severity::Warning,
            line.map(|heading| heading.line),
            format!("{} is called {} as well", other.path.display(), page.title),
            "give one of them another title; until then they are told apart by their files",
        );
    }
}
