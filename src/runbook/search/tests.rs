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
fn a_word_may_be_asked_for_in_its_place() {
    let (_folder, library) = library(&[
        (
            "a.md",
            "---\ntags: [web]\nowner: team-pay\nalarms: [web-5xx]\n---\n# A\ndrain by hand\n",
        ),
        ("b.md", "# B web\n```sh\nkubectl drain x\n```\n"),
    ]);
    assert_eq!(names(&library, "tag:web"), ["a.md"]);
    assert_eq!(names(&library, "owner:pay"), ["a.md"]);
    assert_eq!(names(&library, "alarm:web-5XX"), ["a.md"]);
    assert_eq!(names(&library, "cmd:drain"), ["b.md"]);
    assert_eq!(names(&library, "title:web"), ["b.md"]);
    assert_eq!(names(&library, "drain"), ["a.md", "b.md"]);
    assert_eq!(names(&library, "is:overdue"), Vec::<&str>::new());
    assert_eq!(names(&library, "tag: a.md"), Vec::<&str>::new());
}

#[test]
fn what_is_typed_on_finds_what_the_whole_query_finds_in_its_order() {
    let (_folder, library) = library(&[
        ("a.md", "# Etcd\ndrain etcd quorum\n"),
        ("b.md", "# Etc\nquorum, drained\n"),
        (
            "c.md",
            "---\ntags: [web]\nalarms: [\"web-*-5xx\"]\nlast_reviewed: 2020-01-01\n---\n# X quorum\n",
        ),
        ("d.md", "# Is:overdue tag:web\nquo\n"),
    ]);
    for typed in [
        "etcd quorum drain",
        "quorum etc",
        "tag:web quorum",
        "web-prod-5xx quorum",
        "is:overdue quorum",
        "quorum is:overdue x",
        "  x  ",
        "nothing etcd",
    ] {
        let mut last = Found::new("", &library.search(""));
        for end in 1..=typed.len() {
            let query = &typed[..end];
            let whole = library.search(query);
            let hits = library.search_on(query, &last);
            let told = |hits: &[Hit<'_>]| -> Vec<_> {
                hits.iter()
                    .map(|hit| (hit.index, hit.score, hit.before_last))
                    .collect()
            };
            assert_eq!(told(&hits), told(&whole), "{query}");
            last = Found::new(query, &hits);
        }
    }
}

#[test]
fn the_name_of_an_alarm_finds_the_page_whose_pattern_it_fits() {
    let (_folder, library) = library(&[
        ("a.md", "---\nalarms: [\"web-*-5xx\", \"*\"]\n---\n# Errors\n"),
        ("b.md", "# B\n"),
    ]);
    for query in ["alarm:web-prod-5xx", "web-prod-5XX", "errors web-prod-5xx"] {
        assert_eq!(names(&library, query), ["a.md"], "{query}");
    }
    assert_eq!(names(&library, "web-prod-4xx"), Vec::<&str>::new());
    // As it is typed the beginnings find nothing.
    assert_eq!(names(&library, "web-prod"), Vec::<&str>::new());
    let nothing = Found::new("web-prod-5x", &[]);
    assert_eq!(library.search_on("web-prod-5xx", &nothing).len(), 1);
}

#[test]
fn what_may_be_asked_for_is_told_where_a_word_means_nothing() {
    let (_folder, library) = library(&[("a.md", "# A\nis:bogus\n")]);
    let refused = |query| Query::parse(query).refused();
    assert_eq!(
        refused("a is:bogus").as_deref(),
        Some("is:bogus means nothing; is:overdue does")
    );
    assert_eq!((refused("is:overdue a"), refused("this: is")), (None, None));
    assert_eq!(names(&library, "is:bogus"), Vec::<&str>::new());
}

#[test]
fn what_every_core_makes_of_a_long_list_is_in_its_order() {
    let list: Vec<usize> = (0..5 * WORTH_A_THREAD + 7).collect();
    assert_eq!(on_every_core(&list, <[usize]>::to_vec), list);
    assert!(on_every_core(&[0usize; 0], <[usize]>::to_vec).is_empty());
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
    assert_eq!(
        library.search("서버")[0].title_at(),
        std::slice::from_ref(&(6..12))
    );
}

proptest! {
    #[test]
    fn what_is_found_lies_on_character_boundaries(text in any::<String>(), word in "\\PC{1,3}") {
        for range in find(&text, &[word.to_lowercase()]) {
            prop_assert!(text.get(range).is_some());
        }
    }
}
