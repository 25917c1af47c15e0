//! Markdown at widths wide and narrow: nothing is cut, nothing is wider than it may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::*;
use crate::runbook::{blocks, options};
use crate::ui::tests::role_style;
use crate::ui::{tests, text};

fn laid(text: &str, width: usize) -> Document {
    layout(
        text,
        &Layout {
            width,
            look: Look::new(&role_style),
            marks: &[],
            selected: None,
            coloured: false,
        },
    )
}

const PAGE: &str = "# Drain a node\n\nUse it when `kubelet` is **not** ready, see [the docs](https://example.org/docs).\n\n\
1. First:\n   - [ ] ask *결제팀*\n   - [x] wait\n2. Then\n\n| Alarm | What to do |\n|---|---:|\n| NodeNotReady | drain it, then look at the console output |\n\n\
```bash\noc adm drain <node> --ignore-daemonsets --delete-emptydir-data\n```\n\n> [!WARNING]\n> It evicts pods.\n";

#[test]
fn a_page_has_its_shape_at_two_widths() {
    for width in [30, 60] {
        let found = blocks(PAGE);
        let marks = marks(&found);
        let how = Layout {
            width,
            look: Look::new(&role_style),
            marks: &marks,
            selected: Some(1),
            coloured: false,
        };
        let document = layout(PAGE, &how);
        let area = ratatui::layout::Rect::new(0, 0, width as u16, document.lines.len() as u16);
        let mut buf = ratatui::buffer::Buffer::empty(area);
        for (y, line) in (0..).zip(&document.lines) {
            buf.set_line(0, y, line, width as u16);
        }
        insta::assert_snapshot!(format!("page_{width}"), tests::dump(&buf));
        assert_eq!(document.blocks.len(), 1);
        assert_eq!(document.tasks.len(), 2);
    }
}

#[test]
fn only_what_runs_as_it_stands_has_the_sign_for_it() {
    for (text, is_sure) in [
        ("```sh\nls\n```\n", true),
        ("```sh\nls <dir>\n```\n", true),
        ("```sh\nsum by (pod) (rate(x[5m]))\n```\n", false),
        ("```console\nme@a:~$ id\nroot@b:~# id\n```\n", false),
        ("```sh\nls\nError: no such thing\n```\n", false),
        ("```sh\nls\n", false),
    ] {
        let found = blocks(text);
        assert_eq!(marks(&found)[0].sure, is_sure, "{text}");
    }
}

#[test]
fn a_note_of_mkdocs_is_drawn_as_one_with_what_is_in_it() {
    let page = "Before\n\n!!! warning \"Look\"\n    Text\n    ```sh\n    df -h\n    ```\n\n???+ tip\n    More\n\n    !!! danger\n        Stop\n\nAfter\n";
    let shown = laid(page, 40).plain();
    let lines: Vec<&str> = shown
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(
        lines[..3],
        ["Before", "▎ !!! warning \"Look\"", "▎ Text"],
        "{shown}"
    );
    assert!(
        lines.contains(&"▎ ???+ tip") && lines.contains(&"▎ More"),
        "{shown}"
    );
    assert!(
        shown.contains("df -h") && !shown.contains("```") && !shown.contains('•'),
        "{shown}"
    );
    assert!(shown.contains("!!! danger") && shown.contains("Stop"), "{shown}");
    assert_eq!(lines.last(), Some(&"After"), "{shown}");
}

#[test]
fn a_tab_of_mkdocs_is_a_titled_section_and_no_word_of_it_is_lost() {
    let page = "Before\n\n=== \"On *Linux*\"\n\n    Run **this** on it:\n\n    ```sh\n    df -h\n    ```\n\n    - one\n\n===! \"Windows\"\n    Directly\n    behind.\n\nAfter\n\n=== no tab\n";
    for width in [20, 40] {
        let shown = laid(page, width).plain();
        let lines: Vec<&str> = shown
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines[..3], ["Before", "On Linux", "▎ Run this on it:"], "{shown}");
        for wanted in ["Windows", "▎ • one", "▎ Directly behind.", "After", "=== no tab"] {
            assert!(lines.contains(&wanted), "{wanted}: {shown}");
        }
        assert!(shown.contains("df -h") && !shown.contains("```"), "{shown}");
    }
}

#[test]
fn a_numbered_task_keeps_its_number() {
    let shown = laid("9. [ ] ask\n10. [x] wait\n\n- [ ] look\n", 40).plain();
    assert_eq!(shown.trim_end(), " 9. ☐ ask\n10. ☑ wait\n\n☐ look");
}

#[test]
fn a_link_knows_where_it_stands_even_when_it_is_wrapped() {
    let document = laid("see [one two three](x.md) and <https://example.org>\n", 12);
    let link = &document.links[0];
    assert_eq!((link.number, link.target.as_str()), (1, "x.md"));
    let words: String = link.at[..2]
        .iter()
        .map(|(line, columns)| document.lines[*line].to_string()[columns.clone()].to_string())
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(words, "one two three");
    assert_eq!(document.links[1].number, 0);
}

#[test]
fn a_phrase_is_found_across_lines_and_by_its_columns() {
    let document = laid("# 결제 서버\n\none Two three four\n", 10);
    let plain = document.plain();
    assert_eq!(plain, "결제 서버\n━━━━━━━━━━\n\none Two\nthree four\n");
    assert_eq!(find(&document, "two  THREE"), [vec![(3, 4..7), (4, 0..5)]]);
    assert_eq!(find(&document, "제 서"), [vec![(0, 2..7)]]);
    assert_eq!(find(&document, "absent"), Vec::<Place>::new());
    assert_eq!(find(&document, " "), Vec::<Place>::new());
}

#[test]
fn nesting_without_end_is_drawn_flat_and_loses_nothing() {
    for scrap in ["> ", "- ", "1. ", ">- "] {
        let document = laid(&format!("{}deep words", scrap.repeat(4_000)), 40);
        assert!(document.plain().contains("deep"), "{scrap}");
        assert!(document.plain().contains("words"), "{scrap}");
    }
}

#[test]
fn a_placeholder_outside_of_code_is_not_taken_for_markup() {
    assert_eq!(
        laid("restart <pod-name> now<br>then wait\n", 40).plain(),
        "restart <pod-name> now\nthen wait\n"
    );
}

#[test]
fn a_footnote_keeps_its_label_at_any_width() {
    let text =
        "See[^orphan].\n\n[^orphan]: Orphan footnote text that goes on\n\n    and on\n\n[^list]: - one\n";
    assert_eq!(
        laid(text, 30).plain(),
        "See[^orphan].\n\n  [^orphan] Orphan footnote\n  text that goes on\n\n  and on\n\n  [^list]\n\n  • one\n"
    );
    for width in 1..60 {
        let plain = squeezed(&laid(text, width).plain());
        assert!(
            plain.contains("orphanOrphanfootnotetext") && plain.contains("listone"),
            "{width}: {plain}"
        );
    }
}

#[test]
fn cells_beyond_the_head_stay_with_the_last_one() {
    let text =
        "| Command | What |\n|---|---|\n| `kubectl get po | grep web` | list the webpods |\n| a | b |\n";
    let plain = laid(text, 80).plain();
    assert!(plain.contains("grep web` | list the webpods"), "{plain}");
    assert!(squeezed(&laid(text, 12).plain()).contains("listthewebpods"));
}

#[test]
fn the_label_of_an_alert_is_shown_as_it_is_written() {
    assert_eq!(
        laid("> [!WARNING]\n> It evicts.\n", 40).plain(),
        "▎ WARNING\n▎ It evicts.\n"
    );
    for width in 1..20 {
        assert!(
            squeezed(&laid("> [!Important]\n> It.\n", width).plain()).contains("ImportantIt"),
            "{width}"
        );
    }
}

#[test]
fn a_table_too_narrow_for_its_words_becomes_records() {
    let text = "| Alarm | Runbook |\n|---|---|\n| KubeNodeNotReady | NodeNotReadyRunbook |\n";
    assert_eq!(
        laid(text, 24).plain(),
        "Alarm: KubeNodeNotReady\nRunbook:\nNodeNotReadyRunbook\n"
    );
    assert!(
        laid(text, 60)
            .plain()
            .contains("KubeNodeNotReady │ NodeNotReadyRunbook")
    );
}

#[test]
fn code_is_coloured_once_grammars_are_loaded() {
    highlight::load();
    assert!(highlight::is_loaded());
    let roles = highlight::lines("bash {name=x}", "# a remark\necho 'x'\n").expect("a grammar for bash");
    assert!(
        roles[0]
            .iter()
            .any(|(_, role)| *role == crate::ui::Role::SyntaxComment)
    );
    assert!(
        roles[1]
            .iter()
            .any(|(_, role)| *role == crate::ui::Role::SyntaxString)
    );
    assert!(highlight::lines("no-such-language", "x").is_none());
    let (page, before) = ("```sh\n# only here\n```\n", highlight::age());
    assert!(highlight::known("sh", "# only here\n").is_none());
    highlight::colour(page);
    assert!(highlight::known("sh", "# only here\n").is_some() && highlight::age() > before);
}

/// Words of prose and code, each with whether it is code.
fn words(source: &str) -> BTreeSet<String> {
    let source = source.replace("\r\n", "\n");
    let mut words = BTreeSet::new();
    let mut inline = String::new();
    for event in Parser::new_ext(&source, options()) {
        match event {
            Event::Text(piece) | Event::Code(piece) => inline.push_str(&piece),
            Event::SoftBreak | Event::HardBreak | Event::InlineHtml(_) => inline.push(' '),
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) => {}
            _ => inline.push(' '),
        }
    }
    words.extend(inline.split_whitespace().map(str::to_string));
    words
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

#[test]
fn no_word_of_real_runbooks_is_lost_and_no_line_is_too_wide() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/runbooks");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    }
    let mut found = Vec::new();
    files(&folder, &mut found);
    let (mut checked, mut lost, mut wide) = (0, Vec::new(), Vec::new());
    for path in &found {
        let source = std::fs::read_to_string(path).unwrap();
        let words = words(&source);
        for width in [40, 80, 120] {
            let document = laid(&source, width);
            let plain = document.plain();
            let joined = squeezed(&plain);
            let shown: BTreeSet<&str> = plain.split_whitespace().collect();
            for word in &words {
                checked += 1;
                let quoted = text::quote(word);
                if !shown.contains(quoted.as_ref())
                    && !plain.contains(quoted.as_ref())
                    && !joined.contains(&squeezed(word))
                {
                    lost.push(format!("{} at {width}: {word}", path.display()));
                }
            }
            let widest = plain.lines().find(|line| text::width(line) > width);
            wide.extend(widest.map(|line| format!("{} at {width}: {line}", path.display())));
            assert_eq!(document.lines.len(), document.sources.len());
        }
    }
    eprintln!(
        "{} files, {checked} words, {} lost, {} too wide",
        found.len(),
        lost.len(),
        wide.len()
    );
    assert!(
        lost.is_empty(),
        "{} lost: {:#?}",
        lost.len(),
        &lost[..lost.len().min(20)]
    );
    assert!(wide.is_empty(), "{:#?}", &wide[..wide.len().min(20)]);
}

proptest! {
    #[test]
    fn scraps_of_markdown_lay_out_at_any_width(scraps in prop::collection::vec(prop::sample::select(vec![
        "# ", "- ", "1. ", "> ", "| a | 결제 |\n|--|--|\n", "```sh\n", "```\n", "\n", "\n\n", "    ", "[x](y)", "![i](j)", "[^1]", "[^1]: ", "**", "`", "<b>", "word ", "긴단어 ", "- [ ] ", "\t", "---\n", "\u{1b}[31m",
    ]), 0..40), width in 0usize..50) {
        let text = scraps.concat();
        let document = laid(&text, width);
        for line in document.plain().lines() {
            // One wide character does not fit into one cell; everything else does.
            prop_assert!(text::width(line) <= width.max(2), "{:?} at {width}", line);
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
