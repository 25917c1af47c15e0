//! Links that lead nowhere: a file that is not there is an error, a heading that is not there a warning.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::super::library::Library;
use super::super::link::{Leads, anchors, leads, links};
use super::{Found, Rule, Severity};

/// What was already looked up: many pages link to the same ones.
#[derive(Default)]
pub(super) struct Files {
    exist: HashMap<PathBuf, bool>,
    anchors: HashMap<PathBuf, BTreeMap<String, usize>>,
}

impl Files {
    fn exists(&mut self, path: &Path, library: &Library, on_disk: bool) -> bool {
        if let Some(known) = self.exist.get(path) {
            return *known;
        }
        let exists = match on_disk {
            true => path.exists(),
            false => library.page_of(path).is_some(),
        };
        self.exist.insert(path.to_path_buf(), exists);
        exists
    }

    /// Whether a page of the library has a heading of that name; other files are not judged.
    fn has_anchor(&mut self, path: &Path, anchor: &str, library: &Library) -> bool {
        if !self.anchors.contains_key(path) {
            let Some(page) = library.page_of(path) else {
                return true;
            };
            self.anchors
                .insert(path.to_path_buf(), anchors(&library.pages[page]));
        }
        self.anchors
            .get(path)
            .is_none_or(|names| names.contains_key(&anchor.to_lowercase()))
    }
}

/// Counts of relative links and of those to files that are not there.
pub(super) fn check(found: &mut Found<'_>, library: &Library, files: &mut Files) -> (usize, usize) {
    let (mut all, mut broken) = (0, 0);
    let page = found.page;
    let own = super::super::link::clean(&page.path);
    for link in links(&page.text) {
        let (path, anchor) = match leads(page, &link.target) {
            Leads::Outside => continue,
            Leads::Here(anchor) => (None, Some(anchor).filter(|anchor| !anchor.is_empty())),
            Leads::File { path, anchor } => (Some(path), anchor),
        };
        let what = if link.is_image { "the image" } else { "the link" };
        if let Some(path) = &path {
            all += 1;
            if !files.exists(path, library, page.source.is_on_disk()) {
                broken += 1;
                found.add(
                    Rule::Link,
                    Severity::Error,
                    Some(link.line),
                    format!("{what} to {} leads nowhere", link.target),
                    format!("there is no {}", path.display()),
                );
                continue;
            }
        }
        let path = path.unwrap_or_else(|| own.clone());
        if let Some(anchor) = anchor
            && !files.has_anchor(&path, &anchor, library)
        {
            found.add(
                Rule::Anchor,
                Severity::Warning,
                Some(link.line),
                format!("no heading is called #{anchor} in {}", path.display()),
                "headings are linked to in small letters, with - for blanks",
            );
        }
    }
    (all, broken)
}
