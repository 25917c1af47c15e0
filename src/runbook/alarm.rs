//! From an alarm to the runbook that answers it: a link in its description, its exact name, a pattern of the front
//! matter, its metric, a name with noise around it (`prod-`, `-critical`, a cluster's name), and last one that was misspelt.

mod link;
mod near;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::library::Library;
use super::page::Page;

/// What is known of an alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    pub name: String,
    pub namespace: Option<String>,
    pub metric: Option<String>,
    pub description: Option<String>,
}

/// So many letters and digits of a name are enough to begin one with.
const CUT: usize = 8;

/// Why a page answers an alarm; the first is the surest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The alarm's description links to it.
    Linked,
    Name,
    /// A pattern in its front matter.
    Pattern,
    /// Namespace and metric in its front matter.
    Metric,
    /// Its name stands inside the alarm's.
    Inside,
    /// Its name is the alarm's but for a slip of the finger.
    Near,
    /// They share telling words.
    Words,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Of the page in the library.
    pub index: usize,
    pub why: Why,
}

impl Library {
    /// Pages that answer the alarm, surest first. For many alarms make [`Answers`] once.
    pub fn answers(&self, alarm: &Alarm) -> Vec<Answer> {
        Answers::of(self).to(alarm)
    }
}

/// What the pages of a library answer, prepared for many alarms.
pub struct Answers<'a> {
    pages: Vec<Keys<'a>>,
    weights: Weights,
}

/// The names by which a page may be asked for.
struct Keys<'a> {
    page: &'a Page,
    /// Letters and digits alone, of those that are names.
    squeezed: Vec<String>,
    /// The words of each, in their order and without it.
    sequences: Vec<Vec<String>>,
    words: Vec<BTreeSet<String>>,
    /// Of its file, where a link by that alone can mean no other page.
    file: Option<&'a str>,
}

impl<'a> Answers<'a> {
    pub fn of(library: &'a Library) -> Answers<'a> {
        let files = link::files(library);
        let keys = |page: &'a Arc<Page>| {
            let names = page.keys.iter().filter(|key| !key.contains(['*', ':']));
            Keys {
                page: page.as_ref(),
                squeezed: names.clone().map(|key| squeezed(key)).collect(),
                sequences: names.clone().map(|key| sequence(key)).collect(),
                words: names.map(|key| words(key)).collect(),
                file: link::file(page).filter(|file| files.get(file) == Some(&1)),
            }
        };
        let pages: Vec<Keys<'a>> = library.pages.iter().map(keys).collect();
        let weights = Weights::of(&pages);
        Answers { pages, weights }
    }

    pub fn to(&self, alarm: &Alarm) -> Vec<Answer> {
        let said = Said::of(&alarm.name);
        let mut answers: Vec<(Fit<'_>, usize)> = Vec::new();
        let linked = link::linked(alarm.description.as_deref(), &self.pages);
        for (index, keys) in self.pages.iter().enumerate() {
            let fit = match linked.contains(&index) {
                true => Some(Fit::of(Why::Linked, keys.page.name.len() as f64)),
                false => keys.answer(alarm, &said, &self.weights),
            };
            answers.extend(fit.map(|fit| (fit.placed(keys.page), index)));
        }
        promote(&mut answers, &said.sequence);
        answers.sort_by(|(a, at), (b, other)| a.order(b).then(at.cmp(other)));
        let answer = |(fit, index): (Fit<'_>, usize)| Answer { index, why: fit.why };
        answers.into_iter().map(answer).collect()
    }
}

/// An alarm's name, as pages are compared with it.
struct Said {
    /// Letters and digits alone.
    squeezed: String,
    sequence: Vec<String>,
    words: BTreeSet<String>,
}

impl Said {
    fn of(name: &str) -> Said {
        Said {
            squeezed: squeezed(name),
            sequence: sequence(name),
            words: words(name),
        }
    }
}

/// How well a page answers an alarm.
struct Fit<'a> {
    why: Why,
    /// Among whom it stands.
    rank: Why,
    /// Its page came with the program.
    is_starter: bool,
    /// Letters of the name, or its share that is there.
    score: f64,
    /// How telling what is there is: of two names that are wholly there the longer one is meant.
    weight: f64,
    /// The words of the name.
    words: Option<&'a BTreeSet<String>>,
    /// The same in their order.
    sequence: &'a [String],
}

impl<'a> Fit<'a> {
    fn of(why: Why, score: f64) -> Fit<'a> {
        Fit {
            why,
            rank: why,
            is_starter: false,
            score,
            weight: 0.0,
            words: None,
            sequence: &[],
        }
    }

    /// A page of the starter set guesses by its patterns and metrics at alarms that it has never seen: a page that somebody
    /// wrote for this one is meant before it, though noise stands around its name.
    fn placed(mut self, page: &Page) -> Fit<'a> {
        self.is_starter = page.is_built_in();
        if self.is_starter && matches!(self.rank, Why::Pattern | Why::Metric) {
            self.rank = Why::Inside;
        }
        self
    }

    /// The better one first; of equals one's own page.
    fn order(&self, other: &Fit<'_>) -> Ordering {
        let starters = match self.is_starter && other.is_starter {
            true => self.why.cmp(&other.why),
            false => self.is_starter.cmp(&other.is_starter),
        };
        let scores = other.score.total_cmp(&self.score);
        let weights = other.weight.total_cmp(&self.weight);
        let ranks = self.rank.cmp(&other.rank).then(starters);
        ranks.then(scores).then(weights)
    }
}

/// A name of which every word is there is as good as one that stands there in one piece. Beside such a one it has to hold
/// its words and more, in the alarm's order: `cluster` behind `SSPOperatorDown` does not make `ClusterOperatorDown` of it.
fn promote(answers: &mut [(Fit<'_>, usize)], said: &[String]) {
    let whole = answers.iter().filter(|(fit, _)| fit.rank == Why::Inside);
    let longest = whole.max_by(|(a, _), (b, _)| a.score.total_cmp(&b.score));
    let inner = longest.and_then(|(fit, _)| fit.words);
    for (fit, _) in answers.iter_mut().filter(|(fit, _)| fit.rank == Why::Words) {
        let Some(words) = fit.words.filter(|words| fit.score >= 1.0 && words.len() > 1) else {
            continue;
        };
        let mut rest = said.iter();
        let in_order = fit.sequence.iter().all(|word| rest.any(|one| one == word));
        if inner.is_none_or(|inner| in_order && inner.is_subset(words)) {
            fit.rank = Why::Inside;
            fit.score = words.iter().map(String::len).sum::<usize>() as f64;
        }
    }
}

impl Keys<'_> {
    fn answer(&self, alarm: &Alarm, said: &Said, weights: &Weights) -> Option<Fit<'_>> {
        let (keys, name) = (&self.page.keys, said.squeezed.as_str());
        // A name may hold what is otherwise the mark of a pattern, or of a metric.
        if keys.contains(&alarm.name) || self.squeezed.iter().any(|key| key == name) {
            return Some(Fit::of(Why::Name, 1.0));
        }
        if keys
            .iter()
            .any(|key| key.contains('*') && is_match(key, &alarm.name))
        {
            return Some(Fit::of(Why::Pattern, 1.0));
        }
        if let (Some(namespace), Some(metric)) = (&alarm.namespace, &alarm.metric) {
            let metric = format!("{namespace}:{metric}");
            let is_glob = |key: &str| key.contains('*') && key.contains(':');
            if keys
                .iter()
                .any(|key| *key == metric || (is_glob(key) && is_match(key, &metric)))
            {
                return Some(Fit::of(Why::Metric, 1.0));
            }
        }
        let pairs = self.squeezed.iter().zip(&self.words);
        let inside = pairs.filter(|(key, _)| key.len() >= 5 && name.contains(key.as_str()));
        if let Some((longest, words)) = inside.max_by_key(|(key, _)| key.len()) {
            let fit = Fit::of(Why::Inside, longest.len() as f64);
            let words = Some(words);
            return Some(Fit { words, ..fit });
        }
        // Names are cut where there is no room for them.
        let cut = self
            .squeezed
            .iter()
            .filter(|key| name.len() >= CUT && key.starts_with(name));
        if let Some(whole) = cut.map(String::len).min() {
            return Some(Fit {
                rank: Why::Inside,
                weight: -(whole as f64),
                ..Fit::of(Why::Words, name.len() as f64)
            });
        }
        let pairs = self.words.iter().zip(&self.sequences);
        let all = pairs.map(|(key, sequence)| Fit {
            sequence,
            ..weights.fit(&said.words, key)
        });
        let best = all.min_by(|one, other| one.order(other));
        let near = self
            .sequences
            .iter()
            .filter(|key| near::is_near(&said.sequence, key));
        let near = near.map(|key| near::letters(key)).max();
        match (best.filter(|best| best.score >= 0.5), near) {
            (Some(whole), _) if whole.score >= 1.0 => Some(whole),
            (_, Some(letters)) => Some(Fit::of(Why::Near, letters as f64)),
            (best, None) => best,
        }
    }
}

/// Letters and digits alone, small.
fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A pattern in which `*` stands for anything, case aside.
pub(super) fn is_match(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// `prod-KubeNodeNotReady_critical` as prod, kube, node, not, ready, critical; `etcdGRPCSlow` as etcd, grpc, slow.
fn words(text: &str) -> BTreeSet<String> {
    sequence(text).into_iter().collect()
}

/// The same in their order.
fn sequence(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // The last capital of `GRPCRead` begins the next word.
        let is_last = rest.peek().is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase() && (!previous.is_uppercase() || is_last);
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// How telling a word is: the fewer pages have it in their names, the more.
struct Weights {
    pages: f64,
    counts: BTreeMap<String, f64>,
}

impl Weights {
    fn of(pages: &[Keys<'_>]) -> Weights {
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        for keys in pages {
            let all: BTreeSet<&String> = keys.words.iter().flatten().collect();
            for word in all {
                *counts.entry(word.clone()).or_default() += 1.0;
            }
        }
        Weights {
            pages: pages.len() as f64,
            counts,
        }
    }

    fn weight(&self, word: &str) -> f64 {
        let count = self.counts.get(word).copied().unwrap_or(0.0);
        (1.0 + self.pages / (1.0 + count)).ln()
    }

    /// The share of the key's weight that the alarm's words carry; words of the alarm alone are noise.
    fn fit<'a>(&self, alarm: &BTreeSet<String>, key: &'a BTreeSet<String>) -> Fit<'a> {
        let sum = |of: &mut dyn Iterator<Item = &String>| -> f64 { of.map(|word| self.weight(word)).sum() };
        let all = sum(&mut key.iter());
        let shared: Vec<&String> = key.intersection(alarm).collect();
        if all == 0.0 || (shared.len() < 2 && key.len() > 1) {
            return Fit::of(Why::Words, 0.0);
        }
        let is_whole = shared.len() == key.len();
        let weight = sum(&mut shared.into_iter());
        Fit {
            // Sums of the same numbers in another order are not always the same.
            score: if is_whole { 1.0 } else { weight / all },
            weight,
            words: Some(key),
            ..Fit::of(Why::Words, 0.0)
        }
    }
}

#[cfg(test)]
mod tests;
