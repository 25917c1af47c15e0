//! Placeholders between two curly brackets, told from what templates of Go, Jinja and Handlebars have there. Outside of a
//! template a shell makes nothing of `{{…}}`: whatever stands in it is for a reader to replace.

use std::sync::LazyLock;

use regex::Regex;

use super::word::is_of;
use super::{Form, Placeholder, pattern};

/// `{{…}}` on one line; brackets within it are in pairs, and of three the outermost are the page's: `stash@{{{0}}}`.
static WHOLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\{\{([^{}\n](?:[^{}\n]|\{[^{}\n]*\})*)\}\}"));
/// `{{< skew latest >}}` of Hugo.
static SHORTCODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^[<%]\s*([^<>{}\n]*[^<>{}\s%])\s*[>%]$"));
/// `{{version|default("1")}}`: its name, without what Jinja makes of its value.
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:\|[^{}\n]*)?$"));
/// A path, an address, an option: `{{path/to/x "y"}}`, `{{[-v|--verbose]}}`.
static PATH: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(?:(?:[A-Za-z0-9_~][\w.~-]*[/@:]|/\w).*|\[-[^{}]*\])$"));
/// A text that a template has between quotes, or a field, a variable or a call of its own. `l'image` has no quotes.
static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r#"(?:^|[\s(\[,|=+])(?:["'`]|\.(?:[A-Za-z_]|\s|$|\|)|\$[A-Za-z_.]?)|^[A-Za-z_][\w.]*[(\[]"#)
});

/// What a template begins with that leads it, or compares.
const LEADS: &str = "
    if else end range with define template block include or and not eq ne lt le gt ge for each unless
";
/// What does something to what stands behind it.
const FUNCTIONS: &str = "
    len index slice print printf println html js urlquery call json join split lower upper title pad truncate quote default
";
const BARE: &str = "end else break continue";

/// Those of a text, in their order.
pub(super) fn written(text: &str) -> impl Iterator<Item = Placeholder> {
    let all = WHOLE.iter().flat_map(move |regex| regex.captures_iter(text));
    all.filter_map(|found| {
        let inner = found.get(1)?.as_str().trim();
        Some(Placeholder::of(Form::Brace, found.get(0)?, meant(inner)?))
    })
}

/// What a reader is asked for; none of a template's own.
fn meant(inner: &str) -> Option<&str> {
    let part = |regex: &LazyLock<Option<Regex>>| {
        let found = regex.as_ref()?.captures(inner)?;
        Some(found.get(1)?.as_str())
    };
    if let Some(code) = part(&SHORTCODE) {
        return Some(code);
    }
    if let Some(name) = part(&NAME) {
        return (!is_of(BARE, name)).then_some(name);
    }
    let is_path = PATH.as_ref().is_some_and(|regex| regex.is_match(inner));
    let first = inner.split(' ').next().unwrap_or(inner);
    let acts = first != inner && (is_of(LEADS, first) || is_path && is_of(FUNCTIONS, first));
    (!acts && (is_path || !is_template(inner))).then_some(inner)
}

/// Whether a template would make something of it. No template has names in letters beyond ASCII, though a text of it may.
fn is_template(inner: &str) -> bool {
    let is_empty = !inner.contains(|c: char| !c.is_whitespace());
    let is_trimmed = inner.starts_with("- ") || inner.ends_with(" -") || inner.starts_with("/*");
    let is_step = ["./", "../"].into_iter().any(|up| inner.starts_with(up));
    let is_sign = inner.starts_with(['.', '$', '(', '#', '^', '&', '!', '>', '=']) && !is_step;
    let mut unquoted = inner.split('"').step_by(2);
    let is_foreign = unquoted.any(|part| part.contains(|c: char| !c.is_ascii() && c.is_alphabetic()));
    let is_quoted = inner.starts_with(['"', '\'', '`']);
    let has_own = || OWN.as_ref().is_some_and(|regex| regex.is_match(inner));
    is_empty || is_trimmed || is_quoted || !is_foreign && (is_sign || !is_step && has_own())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::runbook::placeholder::name;
    use crate::runbook::{Values, blocks, fill};

    fn open(text: &str) -> Vec<String> {
        blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders
    }

    #[test]
    fn whatever_stands_between_two_brackets_is_asked_for_whole() {
        for inner in [
            "경로",
            "파일 이름",
            "비밀번호",
            "경로/파일명",
            "répertoire",
            "nom d'utilisateur",
            "chemin/vers/l'image",
            "пользователь",
            "файл.txt",
            "파일.txt",
            "İsim",
            ".파일",
            "#채널",
            "*.txt",
            "a,b",
            "0|1",
            "1..10",
            "8080",
            "1.5",
            "+3",
            "-v",
            "file{1,2}.txt",
            "./file name",
            "../x",
            "a.b c.d",
            "default value",
            "title text",
            "10 minutes ago",
            "path/to/x.tar \"y\"",
        ] {
            let text = format!("{{{{{inner}}}}}");
            assert_eq!(open(&format!("ls -d {text}")), [&*text], "{inner}");
            assert_eq!(open(&format!("ls -d x{text}/y")), [&*text], "{inner}");
        }
        assert_eq!(open("git stash show stash@{{{0}}}"), ["{{0}}"]);
        assert_eq!(open("mv {{경로/a}} {{경로/b}}"), ["{{경로/a}}", "{{경로/b}}"]);
    }

    #[test]
    fn what_a_template_means_is_none() {
        for text in [
            "docker ps --format '{{.State}} {{ .Names }} {{json .}} {{len .Mounts}} {{upper (index .a 0)}}'",
            "docker ps --format '{{range .x}}{{.}}{{\"\\n\"}}{{end}} {{\"===> node:> \"}}'",
            "oc get x -o go-template='{{range $k, $v := .metadata.annotations}}{{println $k \":\" $v}}{{end}}'",
            "x '{{- end -}} {{- if x}} {{/* a */}} {{$x}} {{ $x := 1 }} {{(index .a 0).b}} {{if 경로}} {{else if .x}}'",
            "x '{{#if a}} {{#each b}} {{> c}} {{! d}} {{^e}} {{&f}}'",
            "x '{{ lookup(\"env\", \"X\") }} {{ a[\"b\"] }} {{ pad .Name 3 }} {{ \"x\" | upper }} {{ quote .a }}'",
            "x '{{range .items}}{{if eq .a \"b\"}}이름{{end}}{{end}} {{printf \"이름: %s\" .Name}}'",
            "echo {a,{b,c}} {{a,b},{c,d}} {1..3} {} {{}}",
        ] {
            assert_eq!(open(text), Vec::<String>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_letters_are_asked_for_and_leave_nothing_behind(inner in "[\\p{L}\\p{N}]{1,12}([ /.,|*_-][\\p{L}\\p{N}]{1,8}){0,3}") {
            let first = inner.split(' ').next().unwrap_or_default();
            prop_assume!(!is_of(BARE, first) && !is_of(LEADS, first) && !is_of(FUNCTIONS, first));
            let block = blocks(&format!("```sh\nls -d {{{{{inner}}}}}\n```\n")).remove(0);
            let written = format!("{{{{{inner}}}}}");
            prop_assert_eq!(&block.placeholders, &[written]);
            let asked = fill(&block, &Values::new());
            prop_assert!(asked.is_err());
            let named = NAME.as_ref().and_then(|regex| regex.captures(&inner)).and_then(|found| found.get(1));
            let named = name(named.map_or(inner.as_str(), |found| found.as_str()));
            let named = if named.is_empty() { "value".to_owned() } else { named };
            let values = Values::from([(named, "/tmp".to_owned())]);
            prop_assert_eq!(fill(&block, &values), Ok(vec!["ls -d /tmp".to_owned()]));
        }
    }
}
