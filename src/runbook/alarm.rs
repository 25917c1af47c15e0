//! From an alarm to the runbook that answers it: a link in its description, its exact name, a pattern of the front
//! matter, its metric, and last a name with noise around it (`prod-`, `-critical`, a cluster's name).

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
    words: Vec<BTreeSet<String>>,
}

impl<'a> Answers<'a> {
    pub fn of(library: &'a Library) -> Answers<'a> {
        let keys = |page: &'a Arc<Page>| {
            let names = page.keys.iter().filter(|key| !key.contains(['*', ':']));
            Keys {
                page: page.as_ref(),
                squeezed: names.clone().map(|key| squeezed(key)).collect(),
                words: names.map(|key| words(key)).collect(),
            }
        };
        let pages: Vec<Keys<'a>> = library.pages.iter().map(keys).collect();
        let weights = Weights::of(&pages);
        Answers { pages, weights }
    }

    pub fn to(&self, alarm: &Alarm) -> Vec<Answer> {
        let (name, words) = (squeezed(&alarm.name), words(&alarm.name));
        let answer = |(index, keys): (usize, &Keys<'_>)| {
            let (why, score) = keys.answer(alarm, &name, &words, &self.weights)?;
            Some((why, score, index))
        };
        let mut answers: Vec<(Why, f64, usize)> = self.pages.iter().enumerate().filter_map(answer).collect();
        answers.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        let answer = |(why, _, index)| Answer { index, why };
        answers.into_iter().map(answer).collect()
    }
}

impl Keys<'_> {
    fn answer(
        &self,
        alarm: &Alarm,
        name: &str,
        words: &BTreeSet<String>,
        weights: &Weights,
    ) -> Option<(Why, f64)> {
        let keys = &self.page.keys;
        if alarm
            .description
            .as_deref()
            .is_some_and(|text| is_linked(self.page, text))
        {
            return Some((Why::Linked, self.page.name.len() as f64));
        }
        // A name may hold what is otherwise the mark of a pattern, or of a metric.
        if keys.contains(&alarm.name) || self.squeezed.iter().any(|key| key == name) {
            return Some((Why::Name, 1.0));
        }
        if keys
            .iter()
            .any(|key| key.contains('*') && is_match(key, &alarm.name))
        {
            return Some((Why::Pattern, 1.0));
        }
        if let (Some(namespace), Some(metric)) = (&alarm.namespace, &alarm.metric)
            && keys.contains(&format!("{namespace}:{metric}"))
        {
            return Some((Why::Metric, 1.0));
        }
        let inside = self
            .squeezed
            .iter()
            .filter(|key| key.len() >= 5 && name.contains(key.as_str()));
        if let Some(longest) = inside.map(String::len).max() {
            return Some((Why::Inside, longest as f64));
        }
        let shared = self
            .words
            .iter()
            .map(|key| weights.shared(words, key))
            .fold(0.0, f64::max);
        (shared >= 0.5).then_some((Why::Words, shared))
    }
}

/// Whether a text names the page's file: `…/runbooks/web/disk-full.md`, or the last part of an address without its ending.
fn is_linked(page: &Page, text: &str) -> bool {
    let name = page.name.replace('\\', "/");
    let bare = Page::bare(&name);
    let ends = |c: char| c.is_whitespace() || "()<>\"',;".contains(c);
    text.split(ends)
        .filter(|word| word.contains(['/', '.']))
        .any(|word| {
            let word = word
                .split(['#', '?'])
                .next()
                .unwrap_or(word)
                .trim_end_matches(['.', '/']);
            let word = Page::bare(word);
            word == bare || word.ends_with(&format!("/{bare}"))
        })
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

/// `prod-KubeNodeNotReady_critical` as prod, kube, node, not, ready, critical.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut previous = ' ';
    for c in text.chars() {
        let begins = c.is_uppercase() && !previous.is_uppercase();
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.insert(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    if !word.is_empty() {
        words.insert(word);
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
    fn shared(&self, alarm: &BTreeSet<String>, key: &BTreeSet<String>) -> f64 {
        let sum = |of: &mut dyn Iterator<Item = &String>| -> f64 { of.map(|word| self.weight(word)).sum() };
        let all = sum(&mut key.iter());
        let shared: Vec<&String> = key.intersection(alarm).collect();
        if all == 0.0 || (shared.len() < 2 && key.len() > 1) {
            return 0.0;
        }
        sum(&mut shared.into_iter()) / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::gold::corpora;
    use std::path::Path;

    fn library(pages: &[(&str, &str)]) -> Library {
        let page = |(name, text): &(&str, &str)| Arc::new(Page::parse(Path::new(name), name, text));
        Library {
            pages: pages.iter().map(page).collect(),
            ..Library::default()
        }
    }

    fn named(name: &str) -> Alarm {
        Alarm {
            name: name.into(),
            ..Alarm::default()
        }
    }

    #[test]
    fn each_way_to_an_answer_is_known_and_the_surest_goes_first() {
        let library = library(&[
            ("web/disk-full.md", "# Disk is full\n"),
            (
                "errors.md",
                "---\nalarms: [\"web-*-5xx\", \"AWS/EC2:CPUUtilization\"]\n---\n# Errors\n",
            ),
            ("node.md", "# KubeNodeNotReady\n"),
        ]);
        let first = |alarm: &Alarm| {
            library
                .answers(alarm)
                .first()
                .map(|answer| (answer.index, answer.why))
        };
        let linked = Alarm {
            description: Some("See https://git.example.org/ops/runbooks/web/disk-full.md#now.".into()),
            ..named("web-pay-5xx")
        };
        assert_eq!(first(&linked), Some((0, Why::Linked)));
        assert_eq!(first(&named("web-pay-5xx")), Some((1, Why::Pattern)));
        assert_eq!(first(&named("kube_node_not_ready")), Some((2, Why::Name)));
        assert_eq!(
            first(&named("prod-eu-KubeNodeNotReady-critical")),
            Some((2, Why::Inside))
        );
        assert_eq!(first(&named("full disk")), Some((0, Why::Words)));
        assert_eq!(first(&named("something else")), None);
        let metric = Alarm {
            namespace: Some("AWS/EC2".into()),
            metric: Some("CPUUtilization".into()),
            ..named("x")
        };
        assert_eq!(first(&metric), Some((1, Why::Metric)));
    }

    #[test]
    fn real_alarms_lead_to_their_runbooks_with_and_without_noise() {
        let Some(folder) = corpora() else { return };
        let library = Library::scan(&[folder.join("openshift-runbooks")]);
        let stem = |page: &Page| {
            page.path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let alarms: Vec<String> = library
            .pages
            .iter()
            .filter(|page| page.title.trim_end_matches(" [Deprecated]") == stem(page))
            .map(|page| stem(page))
            .collect();
        let all = Answers::of(&library);
        let place = |alarm: &str, name: &str| {
            let answers = all.to(&named(alarm));
            answers
                .iter()
                .position(|answer| stem(&library.pages[answer.index]) == name)
        };
        let first = alarms.iter().filter(|name| place(name, name) == Some(0)).count();
        let noisy = alarms.iter().filter(|name| {
            let forms = [
                format!("prod-{name}"),
                format!("{name}-critical"),
                format!("[eu-west-1] {name} (cluster-7)"),
            ];
            forms
                .iter()
                .all(|form| place(form, name).is_some_and(|at| at < 3))
        });
        let noisy = noisy.count();
        eprintln!(
            "{} alarms: {first} first by name, {noisy} in three with noise",
            alarms.len()
        );
        assert_eq!(alarms.len(), 247);
        assert!(first * 100 >= alarms.len() * 99);
        assert!(noisy * 100 >= alarms.len() * 95);
    }
}
