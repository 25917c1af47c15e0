//! Links of a page: where they lead, whether something is there, and which pages lead here. Nothing is fetched; what
//! lies outside of the library's files is not judged.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use memchr::memmem::Finder;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::block::{LineStarts, masked, options};
use super::library::Library;
use super::page::{Page, fold};
use super::source::Kind;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// From 1.
    pub line: usize,
    /// As written.
    pub target: String,
    pub is_image: bool,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// Another site, a mail address: not judged.
    Outside,
    /// A heading of the same page.
    Here(String),
    /// A file beside the page, and a heading in it.
    File { path: PathBuf, anchor: Option<String> },
}

/// Every link and image of a page, in its order.
pub fn links(text: &str) -> Vec<Link> {
    let starts = LineStarts::of(text);
    let text = &masked(text);
    let mut links = Vec::new();
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        let (target, is_image) = match event {
            Event::Start(Tag::Link { dest_url, .. }) => (dest_url, false),
            Event::Start(Tag::Image { dest_url, .. }) => (dest_url, true),
            _ => continue,
        };
        links.push(Link {
            line: starts.line(range.start),
            target: target.into_string(),
            is_image,
        });
    }
    links
}

/// What a target on this page means.
pub fn leads(page: &Page, target: &str) -> Leads {
    let target = target.trim();
    let scheme = target.split(['/', '#', '?']).next().unwrap_or("");
    if target.starts_with("//") || scheme.contains(':') {
        return Leads::Outside;
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(unescaped(anchor)).filter(|anchor| !anchor.is_empty())),
        None => (target, None),
    };
    let path = unescaped(path.split('?').next().unwrap_or(path));
    if path.is_empty() {
        return Leads::Here(anchor.unwrap_or_default());
    }
    let base = match path.starts_with('/') {
        true => top(page),
        false => page.path.parent().map(Path::to_path_buf).unwrap_or_default(),
    };
    let path = clean(&base.join(path.trim_start_matches('/')));
    // The folder itself has no name of its own here.
    let is_here = path.as_os_str().is_empty();
    Leads::File {
        path: if is_here { PathBuf::from(".") } else { path },
        anchor,
    }
}

/// Where a path that begins with `/` begins: the repository's top, else the source's folder.
fn top(page: &Page) -> PathBuf {
    match &page.source.kind {
        Kind::Git { checkout, .. } => checkout.root.clone(),
        Kind::Folder(folder) => folder.clone(),
        Kind::Bucket { .. } | Kind::BuiltIn | Kind::Documents => PathBuf::from(&page.source.label),
    }
}

/// `a/./b/../c` as `a/c`, without asking the disk. The address of a bucket stays one.
pub(super) fn clean(path: &Path) -> PathBuf {
    if let Some(rest) = path.to_str().and_then(|path| path.strip_prefix("s3://")) {
        return PathBuf::from(format!("s3://{}", clean(Path::new(rest)).display()));
    }
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

/// `%20` and its like as the characters that they stand for.
fn unescaped(text: &str) -> String {
    if !text.contains('%') {
        return text.to_string();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The names under which a page's headings can be linked to, each with its line: as GitHub makes them, and those that
/// HTML in the page gives.
pub fn anchors(page: &Page) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut line = 0;
    let mut heading: Option<String> = None;
    let starts = LineStarts::of(&page.text);
    let text = masked(&page.text);
    for (event, range) in Parser::new_ext(&text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                line = starts.line(range.start);
                heading = Some(String::new());
            }
            Event::Text(piece) | Event::Code(piece) => {
                if let Some(text) = &mut heading {
                    text.push_str(&piece);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let name = slug(&heading.take().unwrap_or_default());
                let count = counts.entry(name.clone()).or_default();
                let name = if *count == 0 {
                    name
                } else {
                    format!("{name}-{count}")
                };
                *count += 1;
                found.entry(name).or_insert(line);
            }
            Event::Html(tag) | Event::InlineHtml(tag) => {
                for name in named(&tag) {
                    found.entry(name).or_insert_with(|| starts.line(range.start));
                }
            }
            _ => {}
        }
    }
    found
}

/// Small letters, digits, `-` and `_`; blanks become `-`.
fn slug(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c => c.is_alphanumeric().then_some(c),
    };
    heading.to_lowercase().chars().filter_map(kept).collect()
}

/// Values of `id` and `name` in a tag.
fn named(tag: &str) -> Vec<String> {
    let mut names = Vec::new();
    for key in ["id=", "name="] {
        for (at, _) in tag.match_indices(key) {
            let value = &tag[at + key.len()..];
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            if let Some(quote) = quote
                && let Some(name) = value[1..].split(quote).next()
            {
                names.push(name.to_lowercase());
            }
        }
    }
    names
}

impl Library {
    /// The page that a file is, where it is one of the library.
    pub fn page_of(&self, path: &Path) -> Option<usize> {
        let wanted = clean(path);
        let name = wanted.file_name();
        let same = |page: &Page| page.path.file_name() == name && clean(&page.path) == wanted;
        self.pages.iter().position(|page| same(page))
    }

    /// Pages that link to this one, by their indices. Only pages that name its file are parsed.
    pub fn back_links(&self, page: &Page) -> Vec<usize> {
        let wanted = clean(&page.path);
        let Some(name) = wanted.file_name().map(|name| fold(&name.to_string_lossy())) else {
            return Vec::new();
        };
        let names = [name.clone(), name.replace(' ', "%20")];
        let finders = names.each_ref().map(|name| Finder::new(name.as_bytes()));
        let names_it =
            |other: &Page| {
                other.path != page.path
                && finders.iter().any(|finder| finder.find(other.body().text.as_bytes()).is_some())
                && links(&other.text).iter().any(|link| {
                    matches!(leads(other, &link.target), Leads::File { path, .. } if path == wanted)
                })
            };
        let pages = self.pages.iter().enumerate();
        pages
            .filter(|(_, other)| names_it(other))
            .map(|(at, _)| at)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page::parse(Path::new(path), path, text)
    }

    #[test]
    fn targets_are_told_apart() {
        let page = page("/r/a/b.md", "");
        let file = |path: &str, anchor: Option<&str>| Leads::File {
            path: path.into(),
            anchor: anchor.map(str::to_string),
        };
        for outside in ["https://x.org/a", "mailto:a@x.org", "//x.org"] {
            assert_eq!(leads(&page, outside), Leads::Outside);
        }
        assert_eq!(leads(&page, "#top"), Leads::Here("top".into()));
        assert_eq!(leads(&page, "../c.md#d"), file("/r/c.md", Some("d")));
        assert_eq!(leads(&page, "./"), file("/r/a", None));
        let beside = Page::parse(Path::new("b.md"), "b.md", "");
        assert_eq!(leads(&beside, "./"), file(".", None));
        assert_eq!(leads(&page, "./my%20page.md?x=1"), file("/r/a/my page.md", None));
    }

    #[test]
    fn a_link_inside_a_bucket_leads_to_an_address_of_it() {
        let page = page("s3://ops/runbooks/a/b.md", "");
        let Leads::File { path, .. } = leads(&page, "../c.md") else {
            panic!("it leads to a file");
        };
        assert_eq!(path.to_str(), Some("s3://ops/runbooks/c.md"));
    }

    #[test]
    fn headings_are_linked_to_by_the_names_that_github_gives() {
        let page = page(
            "a.md",
            "# Step 1: `oc` get!\n\n## Same\n\n## Same\n\n<a id=\"Own\"></a>\n",
        );
        let names: Vec<String> = anchors(&page).into_keys().collect();
        assert_eq!(names, ["own", "same", "same-1", "step-1-oc-get"]);
    }

    #[test]
    fn links_and_their_lines_are_found_and_code_is_none() {
        let found = links("a [b](c.md)\n\n![i](p.png)\n\n`[x](y)`\n\n[r]\n\n[r]: d.md\n");
        let shown: Vec<(usize, &str, bool)> = found
            .iter()
            .map(|link| (link.line, link.target.as_str(), link.is_image))
            .collect();
        assert_eq!(
            shown,
            [(1, "c.md", false), (3, "p.png", true), (7, "d.md", false)]
        );
    }

    #[test]
    fn pages_know_who_links_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.md", "# A\n[b](b.md) and [b](./b.md#x)\n");
        write("b.md", "# B\n[self](b.md)\n");
        write("c.md", "# C\nnames b.md only\n");
        let library = Library::scan(&[folder.path().into()]);
        assert_eq!(library.back_links(&library.pages[1]), [0]);
        assert_eq!(library.page_of(&folder.path().join("x/../c.md")), Some(2));
    }
}
