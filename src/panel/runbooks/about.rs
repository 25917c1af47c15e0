//! The lines above a page: who owns it, whether its review is late, what git knows of it, who links to it; and the tabs
//! of its sections.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::travel::{section_at, sections};
use super::{Laid, Runbooks};
use crate::app::Model;
use crate::panel::carry::Carry;
use crate::runbook::{Kind, Page};
use crate::ui::tabs::{Tab, Tabs};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Look, Role, text};

/// Rows that this takes.
pub(super) fn height(model: &Model, laid: &Laid, room: u16) -> u16 {
    let page = model.runbooks.page();
    let about = page.map_or(0, |page| told(model, page, room, &|_| Style::new()).len() as u16);
    let tabs = u16::from(!sections(laid).is_empty());
    match about + tabs {
        0 => 0,
        rows => rows + 1,
    }
}

pub(super) fn paint(model: &Model, laid: &Laid, area: Rect, buf: &mut Buffer, look: &Look) {
    let books = &model.runbooks;
    let Some(page) = books.page() else { return };
    let mut y = area.y;
    let lines = told(model, page, area.width, &|role| look.of(role));
    for (row, line) in (area.top()..area.bottom()).zip(&lines) {
        buf.set_line(area.x, row, line, area.width);
        y = row + 1;
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

/// The facts side by side as far as they fit, each whole: one that is longer than a line is broken between its words.
fn told(model: &Model, page: &Page, room: u16, style: &dyn Fn(Role) -> Style) -> Vec<Line<'static>> {
    let room = usize::from(room.max(1));
    let mut lines: Vec<Line> = Vec::new();
    for (role, says) in facts(model, page) {
        let fact = Span::styled(text::quote(&says).into_owned(), style(role));
        let apart = Span::styled(" · ", style(Role::Faint));
        match lines.last_mut() {
            Some(line) if line.width() + apart.width() + fact.width() <= room => {
                line.spans.extend([apart, fact]);
            }
            _ => lines.extend(wrap_spans(&[fact], room, Blanks::Fold)),
        }
    }
    lines
}

/// A run that goes on: of this page, or of another, which keeps this one from being begun.
fn run_says(carry: &Carry, page: &Page) -> Option<(Role, String)> {
    let stands = carry.stands()?;
    Some(match carry.is_of(&page.path) {
        true => (Role::Warn, format!("a run of it {stands}: R shows it")),
        false => (Role::Warn, format!("a run of {} {stands}", carry.title)),
    })
}

fn facts(model: &Model, page: &Page) -> Vec<(Role, String)> {
    let books = &model.runbooks;
    let mut facts: Vec<(Role, String)> = Vec::new();
    facts.extend(run_says(&model.carry, page));
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
