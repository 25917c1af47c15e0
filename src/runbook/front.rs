//! What a page says of itself: front matter, headings, a review line. All of it is optional.
//! Front matter is read as far as runbooks use it: `key: value`, `key: [a, b]`, and lists of `- item`.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::block::front_matter;

/// Keys of the front matter with their values; a scalar is a list of one.
pub(super) fn matter(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let indented = line.starts_with([' ', '\t']);
        let trimmed = line.trim();
        if let Some(item) = trimmed.strip_prefix("- ") {
            if let Some(values) = current.as_ref().and_then(|key| keys.get_mut(key)) {
                values.push(scalar(item));
            }
        } else if indented || trimmed.starts_with('#') {
            continue;
        } else if let Some((key, value)) = trimmed.split_once(':') {
            let value = value.trim();
            let values = match value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
                Some(list) => list
                    .split(',')
                    .map(scalar)
                    .filter(|item| !item.is_empty())
                    .collect(),
                // A list or a map that goes on, or was never closed: no text in any case.
                None if value.is_empty() || value.starts_with(['[', '{']) => Vec::new(),
                None => vec![scalar(value)],
            };
            keys.insert(key.trim().to_string(), values);
            current = Some(key.trim().to_string());
        }
    }
    keys
}

/// A value without its quotes or its comment.
fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner.0.to_string();
        }
    }
    text.split(" #").next().unwrap_or(text).trim().to_string()
}

/// The front matter's text and the rest of the page.
pub(super) fn split(text: &str) -> (&str, &str) {
    let end = front_matter(text);
    let (matter, body) = text.split_at(end);
    // Without its marks, which may have blanks behind them.
    let first = matter.find('\n').map_or(end, |newline| newline + 1);
    let last = matter.trim_end().rfind('\n').map_or(first, |newline| newline + 1);
    (&matter[first..last.max(first)], body)
}

/// Whether a page begins like front matter that nothing ends: what it says would be lost.
pub(super) fn is_open(text: &str) -> bool {
    let mut lines = text.lines();
    let is_mark = lines.next().is_some_and(|line| line.trim_end() == "---");
    let key = lines
        .next()
        .and_then(|line| line.split_once(':'))
        .map(|(key, _)| key);
    let is_key =
        key.is_some_and(|key| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    is_mark && is_key && front_matter(text) == 0
}

/// What stands before the date of the last review.
const REVIEWED: [&str; 7] = [
    "last reviewed",
    "reviewed on",
    "last review",
    "최종 검토",
    "마지막 검토",
    "검토일",
    "검토 일자",
];

/// The date of a line such as `**Last Reviewed:** 2026-06-18`.
pub(super) fn reviewed_on(line: &str) -> Option<Date> {
    // Asked of every line of every page: nearly all are done with here.
    if !["eview", "EVIEW", "검토"].iter().any(|word| line.contains(word)) {
        return None;
    }
    let lower = line.to_ascii_lowercase().replace(['_', '-'], " ");
    let at = REVIEWED.iter().find_map(|words| lower.find(words))?;
    let rest = line.get(at..)?;
    let start = rest.find(|c: char| c.is_ascii_digit())?;
    rest.get(start..start + 10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lists_and_scalars_are_read() {
        let keys = matter(
            "title: \"Drain: a node\"\ntags: [web, 'alb'] \nalarms:\n  - web-*-5xx\n  - x\nvars:\n  env: {a: b}\nowner: team # who\n",
        );
        assert_eq!(keys["title"], ["Drain: a node"]);
        assert_eq!(keys["tags"], ["web", "alb"]);
        assert_eq!(keys["alarms"], ["web-*-5xx", "x"]);
        assert_eq!(keys["owner"], ["team"]);
    }

    #[test]
    fn a_list_that_nothing_closes_is_no_text() {
        let keys = matter("title: [unclosed\nowner: {a: b\ntags: \"[x\"\n");
        assert!(keys["title"].is_empty() && keys["owner"].is_empty());
        assert_eq!(keys["tags"], ["[x"]);
    }

    #[test]
    fn a_review_line_gives_its_date() {
        assert_eq!(
            reviewed_on("- **Last Reviewed:** 2026-06-18"),
            Some(Date::constant(2026, 6, 18))
        );
        assert_eq!(
            reviewed_on("last_reviewed: 2026-10-01"),
            Some(Date::constant(2026, 10, 1))
        );
        assert_eq!(reviewed_on("reviewed by Kim"), None);
        for line in [
            "최종 검토: 2025-01-02",
            "- **검토일**: 2025-01-02",
            "마지막 검토일 2025-01-02 (김)",
        ] {
            assert_eq!(reviewed_on(line), Some(Date::constant(2025, 1, 2)), "{line}");
        }
        assert_eq!(reviewed_on("2025-01-02 로그를 검토하세요"), None);
    }
}
