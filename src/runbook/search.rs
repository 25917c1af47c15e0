//! Search as one types: every word must occur; where it occurs decides the rank, title before heading before body.
//! Plain scanning of lower-cased text: for the runbooks of any one company faster than an index is to open.

use std::ops::Range;
use std::sync::Arc;
use std::thread;

use memchr::memmem::Finder;

use super::alarm::is_match;
use super::library::Library;
use super::page::{Folded, Page, fold};

/// Where a word has to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Anywhere,
    Title,
    Alarm,
    Tag,
    Owner,
    /// Between the fences of code.
    Command,
    Source,
}

const FIELDS: [(&str, Field); 6] = [
    ("title:", Field::Title),
    ("alarm:", Field::Alarm),
    ("tag:", Field::Tag),
    ("owner:", Field::Owner),
    ("cmd:", Field::Command),
    ("in:", Field::Source),
];

/// What was typed: every word must occur, and one such as `tag:web` or `cmd:drain` in its place.
#[derive(Clone, Debug, Default)]
pub struct Query {
    words: Arc<[Word]>,
    /// `is:overdue`.
    overdue: bool,
    /// What begins as that does and is something else.
    unknown: Option<String>,
}

#[derive(Clone, Debug)]
struct Word {
    field: Field,
    text: String,
    finder: Finder<'static>,
}

/// A page that has every word.
#[derive(Clone, Debug)]
pub struct Hit<'a> {
    pub page: &'a Page,
    /// Of the page in the library.
    pub index: usize,
    query: Query,
    score: u32,
    /// Of all words but the last.
    before_last: u32,
}

/// What a query found, for a longer one to be looked for in.
#[derive(Clone, Debug)]
pub struct Found {
    query: Query,
    hits: Vec<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    index: usize,
    score: u32,
    before_last: u32,
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

impl Query {
    pub fn parse(text: &str) -> Query {
        let mut query = Query::default();
        let mut words = Vec::new();
        for typed in text.split_whitespace() {
            if typed == "is:overdue" {
                query.overdue = true;
                continue;
            }
            if typed.starts_with("is:") {
                query.unknown.get_or_insert(typed.to_owned());
            }
            let fields = FIELDS.iter().find_map(|(prefix, field)| {
                let rest = typed.strip_prefix(prefix)?;
                (!rest.is_empty()).then_some((*field, rest))
            });
            let (field, rest) = fields.unwrap_or((Field::Anywhere, typed));
            let text = fold(rest);
            words.push(Word {
                field,
                finder: Finder::new(text.as_bytes()).into_owned(),
                text,
            });
        }
        query.words = words.into();
        query
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.overdue
    }

    /// Why nothing can be found: a word that means nothing, and what would.
    pub fn refused(&self) -> Option<String> {
        let unknown = self.unknown.as_ref()?;
        Some(format!("{unknown} means nothing; is:overdue does"))
    }

    /// Whether it finds nothing but what another found: the same words and one more, or the last of them longer.
    fn goes_on(&self, last: &Query) -> bool {
        let is_same = |(a, b): (&Word, &Word)| a.field == b.field && a.text == b.text;
        let whole = self.words.len().saturating_sub(1);
        let is_longer = || match (self.words.last(), last.words.last()) {
            (Some(new), Some(old)) => {
                (new.field, old.field) == (Field::Anywhere, Field::Anywhere)
                    && new.text.starts_with(&old.text)
            }
            (new, old) => new.is_none() && old.is_none(),
        };
        let has_room = last.words.len() == whole || (last.words.len() == self.words.len() && is_longer());
        let begins_so = self.words.iter().take(whole).zip(last.words.iter()).all(is_same);
        has_room && begins_so && last.unknown.is_none() && (self.overdue || !last.overdue)
    }

    /// The words to mark in a text.
    fn texts(&self) -> Vec<String> {
        self.words.iter().map(|word| word.text.clone()).collect()
    }
}

impl Library {
    /// Makes every page ready for searching in its text, which else the first search does.
    pub fn prepare(&self) {
        on_every_core(&self.pages, |pages| {
            pages.iter().for_each(|page| {
                page.body();
            });
            Vec::<()>::new()
        });
    }

    /// Pages with every word of the query, best first; all pages in their order for an empty one.
    pub fn search(&self, query: &str) -> Vec<Hit<'_>> {
        let all = (0..self.pages.len()).map(|index| (index, None)).collect();
        self.search_in(all, Query::parse(query))
    }

    /// The same while one types: with what the beginning of the query found nothing else is looked at, and of its words
    /// only the last.
    pub fn search_on(&self, query: &str, last: &Found) -> Vec<Hit<'_>> {
        let parsed = Query::parse(query);
        match parsed.goes_on(&last.query) {
            true => self.search_in(self.among(&parsed, last), parsed),
            false => self.search(query),
        }
    }

    /// What was found, with its score for all words but the last; and the pages with patterns for alarms, which only a
    /// whole name fits.
    fn among(&self, query: &Query, last: &Found) -> Vec<(usize, Option<u32>)> {
        let is_new_word = query.words.len() > last.query.words.len();
        let known = |hit: &Known| if is_new_word { hit.score } else { hit.before_last };
        let mut among: Vec<_> = last
            .hits
            .iter()
            .map(|hit| (hit.index, Some(known(hit))))
            .collect();
        if among.len() < self.pages.len() {
            let has_pattern = |index: &usize| self.pages[*index].keys.iter().any(|key| is_pattern(key));
            let patterned = (0..self.pages.len()).filter(has_pattern);
            among.extend(patterned.map(|index| (index, None)));
            among.sort_unstable_by_key(|(index, known)| (*index, known.is_none()));
            among.dedup_by_key(|(index, _)| *index);
        }
        among
    }

    /// Searches some pages, by their indices, each with its score for all words but the last where that is known.
    fn search_in(&self, among: Vec<(usize, Option<u32>)>, query: Query) -> Vec<Hit<'_>> {
        let (last, whole) = match query.words.split_last() {
            Some((last, whole)) => (std::slice::from_ref(last), whole),
            None => Default::default(),
        };
        let hit = |(index, known): (usize, Option<u32>)| {
            let page: &Page = self.pages.get(index)?;
            if query.unknown.is_some() || (query.overdue && !self.is_overdue(page)) {
                return None;
            }
            let before_last = known.or_else(|| score(page, whole))?;
            Some(Hit {
                page,
                index,
                score: before_last + score(page, last)?,
                before_last,
                query: query.clone(),
            })
        };
        let mut hits: Vec<Hit<'_>> =
            on_every_core(&among, |part| part.iter().copied().filter_map(hit).collect());
        if query.is_empty() {
            hits.sort_unstable_by_key(|hit| hit.index);
        } else {
            // Pages lie by their names, so indices are the order among equals.
            hits.sort_unstable_by(|a, b| b.score.cmp(&a.score).then(a.index.cmp(&b.index)));
        }
        hits
    }
}

impl Found {
    pub fn new(query: &str, hits: &[Hit<'_>]) -> Found {
        let known = |hit: &Hit<'_>| Known {
            index: hit.index,
            score: hit.score,
            before_last: hit.before_last,
        };
        Found {
            query: Query::parse(query),
            hits: hits.iter().map(known).collect(),
        }
    }

    /// Of pages in the library, best first.
    pub fn indices(&self) -> impl Iterator<Item = usize> {
        self.hits.iter().map(|hit| hit.index)
    }
}

/// Fewer pages are searched sooner than a thread is made.
const WORTH_A_THREAD: usize = 1000;

/// What `work` makes of the parts of a long list, in their order.
pub(super) fn on_every_core<T: Sync, R: Send>(list: &[T], work: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(8);
    let threads = threads.min(list.len() / WORTH_A_THREAD).max(1);
    let mut parts = list.chunks(list.len().div_ceil(threads).max(1));
    let first = parts.next().unwrap_or_default();
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let mut made = work(first);
        for other in others {
            match other.join() {
                Ok(more) => made.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}

/// The sum over the words, or `None` if one of them is nowhere.
fn score(page: &Page, words: &[Word]) -> Option<u32> {
    words.iter().try_fold(0, |sum, word| {
        let best = score_of(page, word);
        (best > 0).then_some(sum + best)
    })
}

fn score_of(page: &Page, word: &Word) -> u32 {
    let folded = &page.folded;
    let has = |text: &str| word.finder.find(text.as_bytes()).is_some();
    match word.field {
        Field::Anywhere => anywhere(page, word),
        Field::Title => in_title(folded, word),
        Field::Alarm => u32::from(has(&folded.keys) || fits(folded, word)) * 100,
        Field::Tag => {
            let whole = folded.tags.split('\n').any(|tag| tag == word.text);
            u32::from(has(&folded.tags)) * 50 + u32::from(whole) * 50
        }
        Field::Owner => u32::from(page.owner.as_deref().is_some_and(|owner| has(&fold(owner)))) * 50,
        Field::Command => in_code(page, word),
        Field::Source => u32::from(has(&fold(&page.source.label)) || has(&folded.name)) * 10,
    }
}

fn anywhere(page: &Page, word: &Word) -> u32 {
    let folded = &page.folded;
    let has = |text: &str| word.finder.find(text.as_bytes()).is_some();
    let key = match has(&folded.keys) {
        true if folded.keys.split('\n').any(|key| key == word.text) => 500,
        true => 60,
        false if fits(folded, word) => 60,
        false => 0,
    };
    let name = if has(&folded.name) { 40 } else { 0 };
    let tag = if has(&folded.tags) { 40 } else { 0 };
    let heading = if has(&folded.headings) { 30 } else { 0 };
    let body = word.finder.find_iter(page.body().text.as_bytes()).take(8).count() as u32;
    in_title(folded, word) + key + name + tag + heading + body
}

/// Whether a key stands for any of several names; one of nothing but stars says nothing.
fn is_pattern(key: &str) -> bool {
    key.contains('*') && key.contains(char::is_alphanumeric)
}

/// Whether a word is the name of an alarm that a pattern of the page is for.
fn fits(folded: &Folded, word: &Word) -> bool {
    let mut patterns = folded.keys.split('\n').filter(|key| is_pattern(key));
    patterns.any(|pattern| is_match(pattern, &word.text))
}

fn in_title(folded: &Folded, word: &Word) -> u32 {
    match word.finder.find(folded.title.as_bytes()) {
        Some(_) if folded.title == word.text => 1000,
        Some(0) => 400,
        Some(at) if folded.title[..at].ends_with(|c: char| !c.is_alphanumeric()) => 300,
        Some(_) => 200,
        None => 0,
    }
}

fn in_code(page: &Page, word: &Word) -> u32 {
    let body = page.body();
    let found = body
        .code
        .iter()
        .flat_map(|range| word.finder.find_iter(&body.text.as_bytes()[range.clone()]));
    found.take(8).count() as u32 * 5
}

impl Hit<'_> {
    /// Larger is better; only good for comparing hits of one query.
    pub fn score(&self) -> u32 {
        self.score
    }

    /// Byte ranges of the words in the title.
    pub fn title_at(&self) -> Vec<Range<usize>> {
        find(&self.page.title, &self.query.texts())
    }

    /// The line that says most about why; `None` when the title says it all. Looked for when it is asked for:
    /// a list asks for the rows it shows.
    pub fn snippet(&self) -> Option<Snippet> {
        let title = &self.page.folded.title;
        let words = self.query.texts();
        match words.iter().all(|word| title.contains(word.as_str())) {
            true => None,
            false => snippet(self.page, &words),
        }
    }
}

/// The first line with the most of the words.
fn snippet(page: &Page, words: &[String]) -> Option<Snippet> {
    let mut best: Option<(usize, usize, &str)> = None;
    let lines = page.text.lines().zip(page.body().text.lines());
    for (nth, (line, folded)) in lines.enumerate() {
        let count = words.iter().filter(|word| folded.contains(word.as_str())).count();
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
mod tests;
