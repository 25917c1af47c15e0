//! Search as one types: every word must occur; where it occurs decides the rank, title before heading before body.
//! Plain scanning of lower-cased text: for the runbooks of any one company faster than an index is to open.

use std::ops::Range;
use std::rc::Rc;

use super::library::Library;
use super::page::Page;

/// A page that has every word.
#[derive(Clone, Debug)]
pub struct Hit<'a> {
    pub page: &'a Page,
    /// Byte ranges of the words in the title.
    pub title_at: Vec<Range<usize>>,
    words: Rc<[String]>,
    score: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// From 1.
    pub line: usize,
    /// Trimmed.
    pub text: String,
    /// Byte ranges of the words.
    pub at: Vec<Range<usize>>,
}

/// Lower-cased copies of what is searched, page by page.
#[derive(Debug, Default)]
pub(super) struct Index(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    title: String,
    name: String,
    headings: String,
    body: String,
}

impl Index {
    pub fn of(pages: &[Page]) -> Index {
        let entry = |page: &Page| {
            let headings: Vec<&str> = page
                .headings
                .iter()
                .map(|heading| heading.text.as_str())
                .collect();
            let labels = [page.keys.as_slice(), page.tags.as_slice()].concat().join("\n");
            Entry {
                title: page.title.to_lowercase(),
                name: page.name.to_lowercase(),
                headings: format!("{}\n{labels}", headings.join("\n")).to_lowercase(),
                body: page.text.to_lowercase(),
            }
        };
        Index(pages.iter().map(entry).collect())
    }
}

impl Library {
    /// Pages with every word of the query, best first; all pages in their order for an empty one.
    pub fn search(&self, query: &str) -> Vec<Hit<'_>> {
        let words: Rc<[String]> = query.split_whitespace().map(str::to_lowercase).collect();
        let mut hits: Vec<(u32, &Page)> = self
            .pages
            .iter()
            .zip(&self.index.0)
            .filter_map(|(page, entry)| Some((score(entry, &words)?, page)))
            .collect();
        if !words.is_empty() {
            hits.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.name.cmp(&y.name)));
        }
        hits.into_iter()
            .map(|(score, page)| Hit {
                page,
                title_at: find(&page.title, &words),
                words: Rc::clone(&words),
                score,
            })
            .collect()
    }
}

/// The sum over the words, or `None` if one of them is nowhere.
fn score(entry: &Entry, words: &[String]) -> Option<u32> {
    let mut sum = 0;
    for word in words {
        let title = match entry.title.find(word.as_str()) {
            Some(_) if entry.title == *word => 1000,
            Some(0) => 400,
            Some(at) if entry.title[..at].ends_with(|c: char| !c.is_alphanumeric()) => 300,
            Some(_) => 200,
            None => 0,
        };
        let name = if entry.name.contains(word.as_str()) { 40 } else { 0 };
        let heading = if entry.headings.contains(word.as_str()) {
            30
        } else {
            0
        };
        let body = entry.body.matches(word.as_str()).take(8).count() as u32;
        let best = title + name + heading + body;
        if best == 0 {
            return None;
        }
        sum += best;
    }
    Some(sum)
}

impl Hit<'_> {
    /// Larger is better; only good for comparing hits of one query.
    pub fn score(&self) -> u32 {
        self.score
    }

    /// The line that says most about why; `None` when the title says it all. Looked for when it is asked for:
    /// a list asks for the rows it shows.
    pub fn snippet(&self) -> Option<Snippet> {
        let title = self.page.title.to_lowercase();
        match self.words.iter().all(|word| title.contains(word.as_str())) {
            true => None,
            false => snippet(self.page, &self.words),
        }
    }
}

/// The first line with the most of the words.
fn snippet(page: &Page, words: &[String]) -> Option<Snippet> {
    let mut best: Option<(usize, usize, &str)> = None;
    for (nth, line) in page.text.lines().enumerate() {
        let lower = line.to_lowercase();
        let count = words.iter().filter(|word| lower.contains(word.as_str())).count();
        if count > best.map_or(0, |(count, ..)| count) {
            best = Some((count, nth + 1, line));
            if count == words.len() {
                break;
            }
        }
    }
    let (_, line, text) = best?;
    let text = text.trim().to_string();
    Some(Snippet {
        line,
        at: find(&text, words),
        text,
    })
}

/// Byte ranges of the words in a text, case aside, merged and in their order. A text whose lower-cased form has
/// other lengths is searched character by character.
pub fn find(text: &str, words: &[String]) -> Vec<Range<usize>> {
    let lower: Vec<(usize, char)> = text
        .char_indices()
        .flat_map(|(at, c)| c.to_lowercase().map(move |c| (at, c)))
        .collect();
    let flat: String = lower.iter().map(|(_, c)| c).collect();
    let origin: Vec<usize> = lower
        .iter()
        .flat_map(|(at, c)| std::iter::repeat_n(*at, c.len_utf8()))
        .collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (at, matched) in flat.match_indices(word.as_str()) {
            let last = origin[at + matched.len() - 1];
            let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
            found.push(origin[at]..end);
        }
    }
    found.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use proptest::prelude::*;

    fn library(pages: &[(&str, &str)]) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in pages {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let library = Library::scan(&[folder.path().into()]);
        (folder, library)
    }

    fn names<'a>(library: &'a Library, query: &str) -> Vec<&'a str> {
        library
            .search(query)
            .iter()
            .map(|hit| hit.page.name.as_str())
            .collect()
    }

    #[test]
    fn the_title_goes_before_a_heading_and_a_heading_before_the_body() {
        let (_folder, library) = library(&[
            ("a.md", "# Other\nrestart etcd\n"),
            ("b.md", "# Another\n## Etcd quorum\nx\n"),
            ("c.md", "# Etcd is down\nx\n"),
        ]);
        assert_eq!(names(&library, "etcd"), ["c.md", "b.md", "a.md"]);
        assert_eq!(names(&library, "ETCD restart"), ["a.md"]);
        assert_eq!(names(&library, "etcd nothing"), Vec::<&str>::new());
        assert_eq!(names(&library, ""), ["a.md", "b.md", "c.md"]);
    }

    #[test]
    fn a_snippet_is_the_line_with_the_most_words() {
        let (_folder, library) = library(&[("a.md", "# T\nnode one\n  drain the Node now\n")]);
        let hits = library.search("node drain");
        let snippet = hits[0].snippet().unwrap();
        assert_eq!((snippet.line, snippet.text.as_str()), (3, "drain the Node now"));
        assert_eq!(snippet.at, [0..5, 10..14]);
    }

    #[test]
    fn a_syllable_inside_a_korean_word_is_found() {
        let (_folder, library) = library(&[("a.md", "# 결제서버 재시작\n")]);
        assert_eq!(library.search("서버")[0].title_at, std::slice::from_ref(&(6..12)));
    }

    proptest! {
        #[test]
        fn what_is_found_lies_on_character_boundaries(text in any::<String>(), word in "\\PC{1,3}") {
            for range in find(&text, &[word.to_lowercase()]) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
