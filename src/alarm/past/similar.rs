//! Texts that speak of the same thing, by Okapi BM25 over their words, in memory. A score is given as the share of what a
//! text with every word of the question would have, so that a limit means the same for long questions and short ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::alarm::letter::words;

/// The usual constants of BM25 (Robertson and Zaragoza 2009).
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Words that every question has.
const EMPTY: [&str; 22] = [
    "alarm",
    "alert",
    "the",
    "and",
    "for",
    "on",
    "of",
    "to",
    "in",
    "is",
    "a",
    "an",
    "at",
    "by",
    "with",
    "runbook",
    "i",
    "aws",
    "prod",
    "production",
    "high",
    "low",
];

#[derive(Default)]
pub struct Index {
    /// Where each word stands, and how often.
    postings: HashMap<String, Vec<(usize, f64)>>,
    lengths: Vec<f64>,
    mean: f64,
}

impl Index {
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Index {
        let mut index = Index::default();
        for (at, text) in texts.enumerate() {
            let mut counts: BTreeMap<String, f64> = BTreeMap::new();
            for word in telling(text) {
                *counts.entry(word).or_default() += 1.0;
            }
            index.lengths.push(counts.values().sum());
            for (word, count) in counts {
                index.postings.entry(word).or_default().push((at, count));
            }
        }
        index.mean = index.lengths.iter().sum::<f64>() / index.lengths.len().max(1) as f64;
        index
    }

    /// Texts with a word of the question, best first; the later text gives way to the earlier.
    pub fn search(&self, question: &str) -> Vec<(usize, f64)> {
        let asked: BTreeSet<String> = telling(question).into_iter().collect();
        let all = self.lengths.len() as f64;
        let mut scores: HashMap<usize, (f64, usize)> = HashMap::new();
        let mut whole = 0.0;
        for word in &asked {
            // A word that no text has tells none from another.
            let Some(found) = self.postings.get(word) else {
                continue;
            };
            let count = found.len() as f64;
            let weight = (1.0 + (all - count + 0.5) / (count + 0.5)).ln();
            whole += weight;
            for (at, count) in found {
                let length = 1.0 - B + B * self.lengths[*at] / self.mean.max(1.0);
                // A text of middling length that has the word once gets the whole weight.
                let share = (count * (K1 + 1.0) / (count + K1 * length)).min(1.0);
                let score = scores.entry(*at).or_default();
                score.0 += weight * share;
                score.1 += 1;
            }
        }
        // One word in common may be chance, unless it is all that was asked.
        let least = asked.len().min(2);
        let alike = scores.into_iter().filter(|(_, (_, shared))| *shared >= least);
        let mut scores: Vec<(usize, f64)> = alike.map(|(at, (score, _))| (at, score / whole)).collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scores
    }
}

/// Words that tell something. Scripts without spaces between words are taken two letters at a time.
fn telling(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in words(text) {
        if EMPTY.contains(&word.as_str()) || word.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let letters: Vec<char> = word.chars().collect();
        if letters.len() > 2
            && letters
                .iter()
                .all(|c| !c.is_ascii() && c.is_alphabetic() && !c.is_lowercase())
        {
            found.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            found.push(word);
        }
    }
    found
}
