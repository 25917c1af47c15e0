//! The texts of documents, kept by version, so that they are found by what is in them: AWS's own search knows names only.
//! The file is derived from AWS and may be thrown away at any time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures_util::{TryStreamExt, stream, stream::StreamExt};
use serde::{Deserialize, Serialize};

use crate::aws::{Cloud, DocumentQuery, DocumentRow, Failure, Place};
use crate::store;

const VERSION: u32 = 1;
/// Texts that are asked for at once; GetDocument is throttled early.
const AT_ONCE: usize = 4;
/// Characters of a line that is shown as found.
const SHOWN: usize = 160;
/// Of a longer one, so many before what was sought.
const LEAD: usize = 20;

/// A document of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub place: Place,
    pub row: DocumentRow,
}

/// A document with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub listed: Listed,
    pub text: String,
}

/// Everything that was asked for, and what could not be had.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub bodies: Vec<Body>,
    pub failures: Vec<Failure>,
    /// Texts that had to be asked for: the others were known.
    pub fetched: usize,
}

/// A document that holds every word.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its index among the bodies.
    pub at: usize,
    /// The first line that holds one of the words, from 1, and that line.
    pub line: Option<(usize, String)>,
    rank: Rank,
    score: usize,
}

/// How what is sought stands in a name, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Elsewhere,
    /// Every word begins one of the name.
    Words,
    Prefix,
    Exact,
}

impl Rank {
    /// `sought` and `words` in lower case.
    fn of(name: &str, sought: &str, words: &[String]) -> Rank {
        let lower = name.to_lowercase();
        match sought {
            "" => Rank::Elsewhere,
            sought if lower == sought => Rank::Exact,
            sought if lower.starts_with(sought) => Rank::Prefix,
            _ if words.iter().all(|word| begins_word(name, word)) => Rank::Words,
            _ => Rank::Elsewhere,
        }
    }
}

/// Whether one of the name's words begins so: they are set apart by signs, or by a capital.
fn begins_word(name: &str, word: &str) -> bool {
    let mut before: Option<char> = None;
    name.char_indices().any(|(at, c)| {
        let is_apart = before.is_none_or(|last| !last.is_alphanumeric());
        let is_capital = c.is_uppercase() && before.is_some_and(char::is_lowercase);
        before = Some(c);
        (is_apart || is_capital) && name[at..].to_lowercase().starts_with(word)
    })
}

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    version: String,
    owner: String,
    created_us: i64,
    text: String,
}

impl Kept {
    fn is_of(&self, row: &DocumentRow) -> bool {
        self.version == row.version.as_deref().unwrap_or_default()
            && self.owner == row.owner
            && self.created_us == created(row)
    }
}

fn created(row: &DocumentRow) -> i64 {
    row.created_at.map_or(0, |at| at.as_microsecond())
}

impl Index {
    /// The documents of every place with their texts; of those that are known only what has another version is asked for.
    pub async fn fetch(cloud: &Cloud, cache_dir: &Path, query: &DocumentQuery) -> Index {
        let places = cloud.places().await;
        let mut index = Index {
            failures: places.failed,
            ..Index::default()
        };
        for place in places.found {
            if let Err(failure) = index.add(cloud, &place, cache_dir, query).await {
                index.failures.push(failure);
            }
        }
        index
    }

    async fn add(
        &mut self,
        cloud: &Cloud,
        place: &Place,
        cache_dir: &Path,
        query: &DocumentQuery,
    ) -> Result<(), Failure> {
        let rows: Vec<DocumentRow> = cloud.list_documents(place, query).await.try_concat().await?;
        let path = path(cache_dir, place);
        let kept: Vec<Kept> = store::load_json(&path, VERSION).data.unwrap_or_default();
        let mut kept: HashMap<String, Kept> =
            kept.into_iter().map(|kept| (kept.name.clone(), kept)).collect();
        let lacking: Vec<DocumentRow> = rows
            .iter()
            .filter(|row| !kept.get(&row.name).is_some_and(|kept| kept.is_of(row)))
            .cloned()
            .collect();
        let asked = stream::iter(lacking).map(|row| async move {
            let text = cloud.fetch_document(place, &row.name).await;
            (row, text)
        });
        let told: Vec<_> = asked.buffer_unordered(AT_ONCE).collect().await;
        for (row, text) in told {
            match text {
                Ok(text) => {
                    self.fetched += 1;
                    let fresh = Kept {
                        name: row.name.clone(),
                        version: row.version.clone().unwrap_or_default(),
                        owner: row.owner.clone(),
                        created_us: created(&row),
                        text,
                    };
                    kept.insert(row.name.clone(), fresh);
                }
                Err(failure) => self.failures.push(failure),
            }
        }
        if self.fetched > 0 {
            let all: Vec<&Kept> = kept.values().collect();
            let saved =
                store::create_private_dir(cache_dir).and_then(|()| store::save_json(&path, VERSION, &all));
            if let Err(cause) = saved {
                tracing::warn!(%cause, "the texts of documents were not kept");
            }
        }
        self.bodies.extend(rows.into_iter().filter_map(|row| {
            let kept = kept.get(&row.name).filter(|kept| kept.is_of(&row))?;
            Some(Body {
                text: kept.text.clone(),
                listed: Listed {
                    place: place.clone(),
                    row,
                },
            })
        }));
        Ok(())
    }
}

fn path(cache_dir: &Path, place: &Place) -> PathBuf {
    let plain = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' })
            .collect()
    };
    cache_dir.join(format!(
        "documents-{}-{}.json",
        plain(&place.profile),
        plain(&place.region)
    ))
}

/// The documents that hold every word: first the one of that name, then what begins so, then the words in names.
pub fn search(bodies: &[Body], text: &str) -> Vec<Found> {
    let sought = text.trim().to_lowercase();
    let words: Vec<String> = sought.split_whitespace().map(str::to_owned).collect();
    let mut found: Vec<Found> = bodies
        .iter()
        .enumerate()
        .filter_map(|(at, body)| {
            let name = body.listed.row.name.to_lowercase();
            let lower = body.text.to_lowercase();
            if !words
                .iter()
                .all(|word| name.contains(word) || lower.contains(word))
            {
                return None;
            }
            let named = words.iter().filter(|word| name.contains(word.as_str())).count();
            let line = line_of(&body.text, &sought, &words);
            Some(Found {
                at,
                line,
                rank: Rank::of(&body.listed.row.name, &sought, &words),
                score: named,
            })
        })
        .collect();
    found.sort_by(|a, b| {
        let name = |found: &Found| bodies[found.at].listed.row.name.clone();
        let order = b.rank.cmp(&a.rank).then(b.score.cmp(&a.score));
        order.then_with(|| name(a).cmp(&name(b)))
    });
    found
}

/// The line that tells most of what was sought, from 1, around it: the phrase itself, else the first with most of the
/// words.
fn line_of(text: &str, sought: &str, words: &[String]) -> Option<(usize, String)> {
    let held = |line: &str| {
        let lower = line.to_lowercase();
        let words = words.iter().filter(|word| lower.contains(word.as_str())).count();
        (!sought.is_empty() && lower.contains(sought), words)
    };
    let mut best: Option<(usize, &str, (bool, usize))> = None;
    for (at, line) in text.lines().enumerate() {
        let held = held(line);
        if held.1 > 0 && best.is_none_or(|(_, _, most)| held > most) {
            best = Some((at + 1, line, held));
        }
    }
    let (at, line, (is_phrase, _)) = best?;
    let lower = line.to_lowercase();
    let first = words.iter().map(String::as_str).find(|word| lower.contains(word));
    let about = if is_phrase {
        sought
    } else {
        first.unwrap_or_default()
    };
    Some((at, around(line.trim(), about)))
}

/// As much of a line as is shown, with what was found in it.
fn around(line: &str, about: &str) -> String {
    let lower = line.to_lowercase();
    let before = lower.find(about).map_or(0, |at| lower[..at].chars().count());
    let behind = before + about.chars().count();
    match behind <= SHOWN {
        true => line.chars().take(SHOWN).collect(),
        false => {
            let from = before.saturating_sub(LEAD);
            let part: String = line.chars().skip(from).take(SHOWN - 1).collect();
            format!("…{part}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(name: &str, text: &str) -> Body {
        Body {
            listed: Listed {
                place: Place {
                    profile: "p".into(),
                    region: "r".into(),
                },
                row: DocumentRow {
                    name: name.into(),
                    ..DocumentRow::default()
                },
            },
            text: text.into(),
        }
    }

    #[test]
    fn the_exact_name_stands_first_then_what_begins_so_then_what_has_a_word_that_does() {
        let names = [
            "Larkfield-NightlyStop",
            "Larkfield-TopUp",
            "Topple",
            "Top",
            "Untopped",
        ];
        let bodies = names.map(|name| body(name, ""));
        let found = |text: &str| -> Vec<&str> {
            let found = search(&bodies, text);
            found.iter().map(|found| names[found.at]).collect()
        };
        let ranked = [
            "Top",
            "Topple",
            "Larkfield-TopUp",
            "Larkfield-NightlyStop",
            "Untopped",
        ];
        assert_eq!(found("Top"), ranked);
        assert_eq!(found(" top "), ranked);
        assert_eq!(found("up lark"), ["Larkfield-TopUp"]);
    }

    #[test]
    fn what_is_in_a_document_is_found_and_its_name_comes_first() {
        let bodies = [
            body("Patch", "steps:\n  - Reboot the instance\n"),
            body("Shop-Reboot", "api: RebootInstances\n"),
            body("Other", "nothing\n"),
        ];
        let found = search(&bodies, "reboot");
        assert_eq!(found.iter().map(|found| found.at).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(found[1].line, Some((2, "- Reboot the instance".into())));
        assert!(search(&bodies, "reboot nothing").is_empty());
        assert_eq!(search(&bodies, "").len(), 3);
    }

    #[test]
    fn the_line_that_is_shown_has_the_phrase_that_was_sought() {
        let long = format!("  description: {} stops the database", "x ".repeat(SHOWN));
        let text = format!("# the instance\nstops: no\n{long}\n- stops the whole fleet\n");
        let bodies = [body("Nightly", &text)];
        let line = |sought: &str| search(&bodies, sought)[0].line.clone().unwrap();
        assert_eq!(line("stops the whole"), (4, "- stops the whole fleet".into()));
        let (at, shown) = line("stops the database");
        assert!(at == 3 && shown.contains("stops the database"), "{at}: {shown}");
        assert!(shown.chars().count() <= SHOWN, "{shown}");
        assert_eq!(line("fleet stops"), (4, "- stops the whole fleet".into()));
    }
}
