//! Links of an alarm's description to pages: by the path below the library's folder, else by the name of the file alone,
//! where the link was written before the file was moved, or the folder is another one than that of its repository.

use std::collections::{BTreeSet, HashMap};

use super::Keys;
use crate::runbook::library::Library;
use crate::runbook::page::Page;

/// Names that a file has for what it is in its folder: by themselves they mean no page.
const COMMON: [&str; 3] = ["readme", "index", "runbook"];

/// How many pages have a file of each name.
pub fn files(library: &Library) -> HashMap<&str, usize> {
    let mut files = HashMap::new();
    for file in library.pages.iter().filter_map(|page| file(page)) {
        *files.entry(file).or_default() += 1;
    }
    files
}

/// The name of a page's file without its ending; `None` where it tells nothing, and of a page that came with the program,
/// to which nobody's links lead.
pub fn file(page: &Page) -> Option<&str> {
    let name = Page::bare(&page.name).rsplit(['/', '\\']).next()?;
    let is_telling = !COMMON.contains(&name.to_lowercase().as_str()) && !page.is_built_in();
    is_telling.then_some(name)
}

/// The pages that a description links to; by the names of their files where no path is that of a page.
pub fn linked(description: Option<&str>, pages: &[Keys<'_>]) -> BTreeSet<usize> {
    let Some(text) = description else {
        return BTreeSet::new();
    };
    let links: Vec<&str> = links(text).collect();
    let of = |is_meant: &dyn Fn(&Keys<'_>, &str) -> bool| -> BTreeSet<usize> {
        let is_linked = |keys: &Keys<'_>| links.iter().any(|link| is_meant(keys, link));
        let pages = pages.iter().enumerate();
        pages
            .filter(|(_, keys)| is_linked(keys))
            .map(|(at, _)| at)
            .collect()
    };
    let whole = of(&|keys, link| is_path_of(keys.page, link));
    match whole.is_empty() {
        true => of(&|keys, link| keys.file.is_some_and(|file| is_file(file, link))),
        false => whole,
    }
}

/// Words that may be an address or a path, without what stands behind the file.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || "()<>\"',;".contains(c);
    text.split(ends)
        .filter(|word| word.contains(['/', '.']))
        .map(|word| {
            let file = word.split(['#', '?']).next().unwrap_or(word);
            file.trim_end_matches(['.', '/'])
        })
}

/// `…/runbooks/web/disk-full.md`, or the last part of an address without its ending.
fn is_path_of(page: &Page, link: &str) -> bool {
    let name = page.name.replace('\\', "/");
    let (bare, link) = (Page::bare(&name), Page::bare(link));
    link == bare || link.ends_with(&format!("/{bare}"))
}

/// `…/disk-full.md`, wherever it lies. What has no ending need not be a page's file.
fn is_file(file: &str, link: &str) -> bool {
    let bare = Page::bare(link);
    bare != link && bare.rsplit('/').next() == Some(file)
}
