//! Rows of tables with more cells than the head: other readers of Markdown leave them out.

use pulldown_cmark::Parser;

use super::super::block::{LineStarts, masked, options};
use super::super::row::Rows;
use super::{Found, Rule, Severity};

pub(super) fn check(found: &mut Found<'_>) {
    let page = found.page;
    let text = masked(&page.text);
    let starts = LineStarts::of(&text);
    let mut rows = Rows::default();
    for (event, range) in Parser::new_ext(&text, options()).into_offset_iter() {
        if let Some(surplus) = rows.surplus(&text, &event, &range) {
            found.add(
                Rule::Table,
                Severity::Warning,
                Some(starts.line(range.start)),
                format!("this row has more cells than its table has columns: `{surplus}`"),
                "write a bar inside of a cell as \\|",
            );
        }
    }
}
