//! The link under a cell: what the remote marked as one (OSC 8), or an address that stands in the text.

use std::sync::LazyLock;

use regex::Regex;

use super::Screen;
use super::search::Joined;
use super::view::printable;

static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let schemes = r#"(?i)\b(?:https?|ssh|sftp|ftp|s3)://[^\s<>"'`{}|\\^│]+"#;
    Regex::new(schemes).ok()
});

impl Screen {
    /// Address of the link under a cell of the view, without control characters.
    pub fn link_at(&self, col: u16, row: u16) -> Option<String> {
        let point = self.point_in_view(col, row);
        let grid = self.engine.term.grid();
        if let Some(link) = grid[point].hyperlink() {
            return Some(printable(link.uri()).collect());
        }
        let joined = Joined::around(grid, point.line);
        for hit in ADDRESS.as_ref()?.find_iter(&joined.text) {
            let address = trim(hit.as_str());
            let (start, end) = joined.span(hit.start(), hit.start() + address.len())?;
            if start <= point && point <= end {
                return Some(printable(address).collect());
            }
        }
        None
    }
}

/// Marks that end a sentence, and a bracket that was opened before the address, are not part of it.
fn trim(address: &str) -> &str {
    let mut address = address;
    loop {
        let unopened = (address.ends_with(')') && !address.contains('('))
            || (address.ends_with(']') && !address.contains('['));
        if address.ends_with(['.', ',', ';', ':', '!', '?']) || unopened {
            address = &address[..address.len() - 1];
        } else {
            return address;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::term::{Screen, Size};

    #[test]
    fn links_are_found_under_marked_and_under_plain_text() {
        let mut screen = Screen::new(Size { cols: 30, rows: 4 }, 0);
        screen.feed(b"\x1b]8;;https://a.example/x\x1b\\here\x1b]8;;\x1b\\ not\r\n");
        screen.feed(b"(see https://example.com/a/long/path?q=1).");
        assert_eq!(screen.link_at(1, 0).as_deref(), Some("https://a.example/x"));
        assert_eq!(screen.link_at(6, 0), None);
        assert_eq!(
            screen.link_at(8, 1).as_deref(),
            Some("https://example.com/a/long/path?q=1")
        );
        assert_eq!(
            screen.link_at(2, 2).as_deref(),
            Some("https://example.com/a/long/path?q=1")
        );
        assert_eq!(screen.link_at(2, 1), None);
    }
}
