//! Tabs as other tools write them, with a mark at both of their ends: tags of MDX (`<TabItem label="Linux">`), shortcodes of
//! Hugo (`{{< tab "Linux" >}}`), blocks of GitBook (`{% tab title="Linux" %}`) and directives of MyST (`:::{tab-item} Linux`).
//! They count where they stand in a set of their own kind that is closed; whatever is not well nested is no tab.

use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};

use super::{Tab, is_end, mark_of};

/// Lines that the opening tag of MDX may go over.
const LONGEST: usize = 12;

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static TAG: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?s)<(?P<end>/?)(?P<name>Tabs|TabItem|Tab)(?P<rest>\s[^<>]*)?>"));
static SHORTCODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"\{\{[<%]\s*(?P<end>/?)\s*(?P<name>tabs|tabpane|tab)(?P<rest>\s.*?)?\s*[>%]\}\}")
});
static LIQUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\{%\s*(?P<end>(?:end)?)(?P<name>tabs|tab)(?P<rest>\s.*?)?\s*%\}"));
static DIRECTIVE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(?P<colons>:{3,})\s*(?:\{(?P<name>[\w-]+)\})?(?P<rest>.*)$"));
/// The words by which a mark says its title, the first of them that it has.
static TITLE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let named = ["label", "title", "header", "name", "heading", "value"];
    let named = named.map(|name| format!(r#"\b{name}=\{{?(?:"([^"]*)"|'([^']*)')"#));
    let bare = r#"^\s*(?:"([^"]*)"|'([^']*)')"#.to_owned();
    named
        .into_iter()
        .chain([bare])
        .filter_map(|text| pattern(&text))
        .collect()
});

/// Whose marks they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mdx,
    Hugo,
    GitBook,
    /// With the colons that its end has to have.
    Myst(usize),
}

enum Mark {
    Set(Kind),
    Tab(Kind, String),
    /// Another directive, which has an end too.
    Other(Kind),
    End(Kind, What),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Set,
    Tab,
    /// Whatever is open.
    Any,
}

/// What is open.
enum Open {
    Set { kind: Kind, tabs: Vec<Tab> },
    Tab { kind: Kind, title: String, from: usize },
    Other { kind: Kind },
}

impl Open {
    fn is(&self, wanted: Kind, what: What) -> bool {
        let (kind, is_what) = match self {
            Open::Set { kind, .. } => (kind, what != What::Tab),
            Open::Tab { kind, .. } => (kind, what != What::Set),
            Open::Other { kind } => (kind, what == What::Any),
        };
        is_what
            && match (kind, wanted) {
                (Kind::Myst(from), Kind::Myst(to)) => to >= *from,
                (kind, wanted) => *kind == wanted,
            }
    }
}

/// The tabs of a page in their order, an outer one before those in it.
pub(super) fn tabs(text: &str) -> Vec<Tab> {
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut fence: Option<&str> = None;
    let lines: Vec<&str> = text.lines().collect();
    for (nth, line) in lines.iter().enumerate() {
        let bare = line.trim();
        match fence {
            Some(mark) => {
                fence = (!is_end(bare, mark)).then_some(mark);
                continue;
            }
            None => fence = mark_of(bare),
        }
        for mark in marks(bare, &lines[nth..]) {
            come_to(mark, nth + 1, &mut open, &mut found);
        }
    }
    found.sort_by_key(|tab| (tab.lines.0, std::cmp::Reverse(tab.lines.1)));
    found
}

fn come_to(mark: Mark, line: usize, open: &mut Vec<Open>, found: &mut Vec<Tab>) {
    match mark {
        Mark::Set(kind) => open.push(Open::Set {
            kind,
            tabs: Vec::new(),
        }),
        Mark::Tab(kind, title) => {
            let is_in_set = matches!(
                (open.last(), kind),
                (
                    Some(Open::Set {
                        kind: Kind::Myst(_),
                        ..
                    }),
                    Kind::Myst(_)
                )
            ) || open.last().is_some_and(|last| last.is(kind, What::Set));
            match (is_in_set, kind) {
                (true, _) => open.push(Open::Tab {
                    kind,
                    title,
                    from: line,
                }),
                (false, Kind::Myst(_)) => open.push(Open::Other { kind }),
                (false, _) => {}
            }
        }
        Mark::Other(kind) => open.push(Open::Other { kind }),
        Mark::End(kind, what) => {
            if !open.last().is_some_and(|last| last.is(kind, what)) {
                // What it ends was never begun, or holds what was not ended: nothing around it can be told.
                open.clear();
                return;
            }
            match open.pop() {
                Some(Open::Tab { title, from, .. }) => {
                    if let Some(Open::Set { tabs, .. }) = open.last_mut() {
                        let set = tabs.first().map_or(from, |first| first.set);
                        tabs.push(Tab {
                            set,
                            title,
                            among: Arc::default(),
                            lines: (from, line),
                        });
                    }
                }
                Some(Open::Set { tabs, .. }) => found.extend(tabs),
                _ => {}
            }
        }
    }
}

/// The marks that a line has; `rest` begins with it.
fn marks(line: &str, rest: &[&str]) -> Vec<Mark> {
    let all = |pattern: &LazyLock<Option<Regex>>, text: &str, kind: Kind| -> Vec<Mark> {
        let found = pattern.iter().flat_map(|pattern| pattern.captures_iter(text));
        found.filter_map(|found| mark(&found, kind)).collect()
    };
    match line {
        _ if line.starts_with("<Tab") || line.starts_with("</Tab") => {
            let ends = rest.iter().take(LONGEST).position(|line| line.contains('>'));
            let upto = ends.map_or(1, |nth| nth + 1);
            all(&TAG, &rest[..upto].join("\n"), Kind::Mdx)
        }
        _ if line.starts_with("{{") => all(&SHORTCODE, line, Kind::Hugo),
        _ if line.starts_with("{%") => all(&LIQUID, line, Kind::GitBook),
        _ if line.starts_with(":::") => DIRECTIVE
            .iter()
            .find_map(|pattern| directive(&pattern.captures(line)?))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

fn mark(found: &Captures<'_>, kind: Kind) -> Option<Mark> {
    let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
    let is_set = matches!(part("name"), "Tabs" | "tabs" | "tabpane");
    let is_empty = part("rest").trim_end().ends_with('/');
    Some(match (part("end").is_empty(), is_set) {
        // A tag that holds nothing.
        (true, _) if is_empty && kind == Kind::Mdx => return None,
        (true, true) => Mark::Set(kind),
        (true, false) => Mark::Tab(kind, title(part("rest"))?),
        (false, true) => Mark::End(kind, What::Set),
        (false, false) => Mark::End(kind, What::Tab),
    })
}

fn directive(found: &Captures<'_>) -> Option<Mark> {
    let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
    let kind = Kind::Myst(part("colons").len());
    Some(match (part("name"), part("rest").trim()) {
        ("", "") => Mark::End(kind, What::Any),
        ("tab-set" | "tabs", _) => Mark::Set(kind),
        ("tab-item" | "tab" | "group-tab", title) if !title.is_empty() => Mark::Tab(kind, title.to_owned()),
        _ => Mark::Other(kind),
    })
}

fn title(said: &str) -> Option<String> {
    let found = TITLE.iter().find_map(|pattern| pattern.captures(said))?;
    let title = found.get(1).or(found.get(2))?.as_str().trim();
    (!title.is_empty()).then(|| title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(usize, String, (usize, usize))> {
        let tabs = tabs(text).into_iter();
        tabs.map(|tab| (tab.set, tab.title, tab.lines)).collect()
    }

    #[test]
    fn each_tool_s_own_marks_make_a_set() {
        let body = "\n```sh\nls\n```\n\n";
        for [set, one, end, two, over] in [
            [
                "<Tabs groupId=\"os\">",
                "<TabItem value=\"l\" label=\"Linux\" default>",
                "</TabItem>",
                "<TabItem value='macOS'>",
                "</Tabs>",
            ],
            [
                "<Tabs>",
                "<Tab title=\"Linux\">",
                "</Tab>",
                "<Tab title=\"macOS\">",
                "</Tabs>",
            ],
            [
                "{{< tabs \"id\" >}}",
                "{{< tab \"Linux\" >}}",
                "{{< /tab >}}",
                "{{< tab \"macOS\" >}}",
                "{{< /tabs >}}",
            ],
            [
                "{{% tabs %}}",
                "{{% tab name=\"Linux\" %}}",
                "{{% /tab %}}",
                "{{% tab name=\"macOS\" %}}",
                "{{% /tabs %}}",
            ],
            [
                "{% tabs %}",
                "{% tab title=\"Linux\" %}",
                "{% endtab %}",
                "{% tab title=\"macOS\" %}",
                "{% endtabs %}",
            ],
            [
                "::::{tab-set}",
                ":::{tab-item} Linux",
                ":::",
                ":::{tab-item} macOS",
                "::::",
            ],
        ] {
            let text = format!("# P\n{set}\n{one}\n{body}{end}\n{two}\n{body}{end}\n{over}\n");
            let wanted = [(3, "Linux".to_owned(), (3, 9)), (3, "macOS".to_owned(), (10, 16))];
            assert_eq!(told(&text), wanted, "{text}");
        }
    }

    #[test]
    fn a_tag_may_go_over_lines_and_sets_may_stand_in_tabs() {
        let text = "<Tabs\n  values={[\n    {label: 'A', value: 'a'},\n  ]}>\n<TabItem\n  value=\"a\"\n  label=\"A\">\n\n<Tabs>\n<TabItem value=\"x\">\n</TabItem>\n</Tabs>\n\n</TabItem>\n<TabItem value=\"b\">\n</TabItem>\n</Tabs>\n";
        let wanted = [(5, "A", (5, 14)), (10, "x", (10, 11)), (5, "b", (15, 16))];
        let wanted = wanted.map(|(set, title, lines)| (set, title.to_owned(), lines));
        assert_eq!(told(text), wanted);
    }

    #[test]
    fn what_is_not_well_nested_or_shown_as_code_is_no_tab() {
        for text in [
            "<TabItem value=\"a\">\n</TabItem>\n",
            "<Tabs>\n<TabItem value=\"a\">\n</Tabs>\n",
            "<Tabs>\n<TabItem value=\"a\">\n</TabItem>\n",
            "```mdx\n<Tabs>\n<TabItem value=\"a\">\n</TabItem>\n</Tabs>\n```\n",
            "{{< tabs >}}\n{{< tab \"a\" >}}\n{{< /tabs >}}\n",
            "{{</* tabs */>}}\n{{</* tab \"a\" */>}}\n{{</* /tab */>}}\n{{</* /tabs */>}}\n",
            ":::{note}\n:::{tab-item} a\n:::\n:::\n",
            ":::note\ntext\n:::\n",
            "<Table>\n<TabItem value=\"a\">\n</TabItem>\n</Table>\n",
        ] {
            assert_eq!(told(text), [], "{text}");
        }
    }
}
