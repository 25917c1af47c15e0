//! The lines above a page: who owns it, whether its review is late, what git knows of it, who links to it; and the tabs
//! of its sections.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::travel::{section_at, sections};
use super::{Laid, Runbooks};
use crate::runbook::{Kind, Page};
use crate::ui::tabs::{Tab, Tabs};
use crate::ui::{Look, Role, text};

/// Rows that this takes.
pub(super) fn height(books: &Runbooks, laid: &Laid) -> u16 {
    let about = books
        .page()
        .map_or(0, |page| u16::from(!facts(books, page).is_empty()));
    let tabs = u16::from(!sections(laid).is_empty());
    match about + tabs {
        0 => 0,
        rows => rows + 1,
    }
}

pub(super) fn paint(books: &Runbooks, laid: &Laid, area: Rect, buf: &mut Buffer, look: &Look) {
    let Some(page) = books.page() else { return };
    let mut y = area.y;
    let facts = facts(books, page);
    if !facts.is_empty() && y < area.bottom() {
        let mut spans: Vec<Span> = Vec::new();
        for (role, says) in facts {
            if !spans.is_empty() {
                spans.push(Span::styled(" · ", look.of(Role::Faint)));
            }
            spans.push(Span::styled(text::quote(&says).into_owned(), look.of(role)));
        }
        buf.set_line(area.x, y, &Line::from(spans), area.width);
        y += 1;
    }
    let sections = sections(laid);
    if !sections.is_empty() && y < area.bottom() {
        let tabs: Vec<Tab> = sections
            .iter()
            .map(|(title, _)| Tab {
                title,
                stirred: false,
                prod: false,
            })
            .collect();
        let row = Rect { y, height: 1, ..area };
        let selected = section_at(&sections, books.offset).unwrap_or_default();
        Tabs {
            tabs: &tabs,
            selected,
        }
        .paint(row, buf, look);
    }
}

fn facts(books: &Runbooks, page: &Page) -> Vec<(Role, String)> {
    let mut facts: Vec<(Role, String)> = Vec::new();
    facts.extend(books.filled_says(page).map(|says| (Role::Accent, says)));
    if books.library.is_overdue(page)
        && let Some(due) = page.due_on()
    {
        facts.push((Role::Bad, format!("review was due on {due}")));
    } else if let Some(date) = page.reviewed_on {
        facts.push((Role::Dim, format!("reviewed {date}")));
    }
    facts.extend(page.owner.iter().map(|owner| (Role::Dim, owner.clone())));
    if let Kind::Git { checkout, .. } = &page.source.kind {
        if let Some(of) = checkout.middle_of {
            facts.insert(0, (Role::Warn, format!("in the middle of {of}")));
        }
        let branch = checkout.branch.as_deref().unwrap_or("no branch");
        facts.push((Role::Dim, branch.to_string()));
    } else if !page.source.is_on_disk() {
        facts.push((Role::Dim, page.source.label.clone()));
    }
    if let Some(commit) = books.library.commit(page) {
        let day = commit.at.strftime("%Y-%m-%d");
        facts.push((Role::Dim, format!("{} {day} by {}", commit.id, commit.author)));
    }
    match books.linked_from() {
        0 => {}
        1 => facts.push((Role::Dim, "1 page links here".into())),
        count => facts.push((Role::Dim, format!("{count} pages link here"))),
    }
    facts
}

impl Runbooks {
    /// How many pages link to the one in view, counted once.
    fn linked_from(&self) -> usize {
        // While a list is walked nobody reads it, and it looks through every page.
        let Some(page) = self.page().filter(|_| self.reading) else {
            return 0;
        };
        let mut known = self.linked_from.borrow_mut();
        match &*known {
            Some((path, count)) if *path == page.path => *count,
            _ => {
                let count = self.library.back_links(page).len();
                *known = Some((page.path.clone(), count));
                count
            }
        }
    }
}
