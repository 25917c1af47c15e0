//! Fuzzy matching for lists that are typed into: a few letters find what they are the beginning or the bones of.

use frizbee::{Config, Matcher};
use ratatui::style::Style;
use ratatui::text::Span;

/// One item that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Index into the items that were ranked.
    pub index: usize,
    /// Byte offsets of the characters that matched, ascending.
    pub at: Vec<usize>,
}

/// Items that match the query, best first; all of them in their order for an empty query. Every word must match.
pub fn rank<S: AsRef<str>>(query: &str, items: &[S]) -> Vec<Hit> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut hits: Vec<(u32, Hit)> = Vec::new();
    // An item's own letters decide; a mistyped one would bring in commands that nobody meant.
    let config = Config::default().max_typos(Some(0));
    let mut matchers: Vec<Matcher> = words.iter().map(|word| Matcher::new(*word, &config)).collect();
    for (index, item) in items.iter().enumerate() {
        let mut score = 0;
        let mut at = Vec::new();
        let all = matchers.iter_mut().all(|matcher| {
            let Some(found) = matcher.match_one_indices(item, 0) else {
                return false;
            };
            score += u32::from(found.score);
            at.extend(found.indices.iter().map(|&offset| offset as usize));
            true
        });
        if all {
            at.sort_unstable();
            at.dedup();
            hits.push((score, Hit { index, at }));
        }
    }
    hits.sort_by_key(|(score, hit)| (std::cmp::Reverse(*score), hit.index));
    hits.into_iter().map(|(_, hit)| hit).collect()
}

/// The text as spans, with the characters at these byte offsets in another style.
pub fn highlight(text: &str, at: &[usize], base: Style, matched: Style) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (offset, c) in text.char_indices() {
        let is_hit = at
            .iter()
            .any(|&hit| (offset..offset + c.len_utf8()).contains(&hit));
        let style = if is_hit { base.patch(matched) } else { base };
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push(c),
            _ => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    spans
}

/// Byte offsets of every occurrence of every word, case aside: what a filter matched.
pub fn occurrences(text: &str, words: &[&str]) -> Vec<usize> {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return Vec::new();
    }
    let mut at = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (start, found) in lower.match_indices(&word.to_lowercase()) {
            at.extend(start..start + found.len());
        }
    }
    at.sort_unstable();
    at.dedup();
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: [&str; 4] = ["fleet.refresh", "session.open", "session.close", "recording.seek"];

    fn best(query: &str) -> Vec<&'static str> {
        rank(query, &COMMANDS)
            .iter()
            .map(|hit| COMMANDS[hit.index])
            .collect()
    }

    #[test]
    fn the_bones_of_a_name_find_it() {
        assert_eq!(best("sesop").first(), Some(&"session.open"));
        assert_eq!(best("frf"), ["fleet.refresh"]);
        assert_eq!(best("zzz"), Vec::<&str>::new());
    }

    #[test]
    fn words_match_in_any_order() {
        assert_eq!(best("close sess"), ["session.close"]);
    }

    #[test]
    fn an_empty_query_leaves_everything_in_its_order() {
        assert_eq!(best(""), COMMANDS);
    }

    #[test]
    fn what_matched_is_told_by_byte_offsets_of_characters() {
        let hits = rank("서버", &["결제 서버"]);
        let spans = highlight("결제 서버", &hits[0].at, Style::new(), Style::new().bold());
        let matched: String = spans
            .iter()
            .filter(|span| span.style != Style::new())
            .map(|span| span.content.as_ref())
            .collect();
        assert_eq!(matched, "서버");
    }

    #[test]
    fn every_occurrence_of_a_word_is_found() {
        assert_eq!(occurrences("Web-web", &["web"]), [0, 1, 2, 4, 5, 6]);
    }
}
