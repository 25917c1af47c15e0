//! What a reader has to put in before a command can run: `<name>`, `{{name}}`, `$NAME` that nothing set,
//! and the example ids of documentation. `<instance-id>`, `INSTANCE_ID` and `{{instance_id}}` are one name.

mod again;
mod branch;
mod variable;
mod word;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::shell::Script;

pub(super) use again::{evaluated, receiver};
pub(super) use word::words;

/// How a placeholder is written, which decides how it is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `<name>`
    Angle,
    /// `{{name}}`
    Brace,
    /// `i-xxxxxxxx`, `123456789012`: an example that nobody means.
    Example,
    /// `YOUR_ID`, `XXXX`, `CHANGEME`: a word that says so.
    Word,
    /// `POD_NAME`, `[POD_NAME]`, `{host}`, `...`: a bare word that stands for another.
    Loose,
    /// `$NAME`, set nowhere before in the page.
    Variable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    pub form: Form,
    /// Byte range in the text that was searched.
    pub at: Range<usize>,
    /// As written; a variable always as `$NAME`.
    pub text: String,
    /// The one name of all its spellings.
    pub name: String,
}

/// Letters, digits and underscores, small: the name under which a value is given.
pub fn name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

// The patterns are constants; one that did not compile would find nothing, and the tests would say so.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static ANGLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r#"<((?:[\p{L}\d\[]|"[^"<>\n`|;]+" \p{L})(?:[^<>\n`|;]|\|[\p{L}\d])*|\.{3})>"#));
/// `<<NAME>>`, `< NAME >`, `&lt;name&gt;`.
static DOUBLED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"<<([A-Za-z][\w -]*\w)>>"));
static SPACED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"<[ \t]+([A-Za-z][\w -]*\w)[ \t]+>"));
static ESCAPED: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"&lt;([A-Za-z][\w .-]*)&gt;"));
static BRACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}"));
static EXAMPLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:i|ami|vpc|sg|subnet|vol|snap|eni|acl|rtb|nat|igw|eipalloc)-(?:[0-9a-f]{0,4}[xX]{4,}|1234567890abcdef0|0123456789abcdef0)|123456789012|111122223333|444455556666)\b",
    )
});
static ASSIGNED_IN_POWERSHELL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\$(?:(?:global|script|local):)?([A-Z][A-Z0-9_]*)\s*[-+*/]?=(?:[^=]|$)"));

/// Answers that programs print between angle brackets, and markup that has no end tag.
const LITERAL: &str =
    "none unknown nil null pending invalid unset undefined no_value html body br hr div span";

/// Variables that every shell, or the system behind it, sets.
const ENVIRONMENT: &str = "HOME PATH USER PWD OLDPWD SHELL HOSTNAME HOSTTYPE OSTYPE MACHTYPE KUBECONFIG EDITOR PAGER LANG LC_ALL \
     RANDOM SECONDS EPOCHSECONDS UID EUID PPID TERM LOGNAME IFS LINENO REPLY OPTARG OPTIND PIPESTATUS BASH BASH_SOURCE \
     BASHPID BASH_VERSION BASH_REMATCH BASH_COMMAND FUNCNAME GROUPS SHLVL COLUMNS LINES DISPLAY SUDO_USER NF NR FS OFS RS _";

/// `<…>`, `{{…}}` and examples in a text, in their order, none inside another.
pub fn written(text: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let (ends, lines) = (ends(text), last_lines(text));
    // A form, and whether what it found in a place is meant.
    type Look<'a> = (
        Form,
        &'a LazyLock<Option<Regex>>,
        &'a dyn Fn(Range<usize>, &str) -> bool,
    );
    let looks: [Look<'_>; 6] = [
        (Form::Angle, &DOUBLED, &|at, _| is_doubled(text, at, &lines)),
        (Form::Angle, &SPACED, &|at, _| is_spaced(text, at)),
        (Form::Angle, &ESCAPED, &|_, _| true),
        (Form::Angle, &ANGLE, &|at, inner| is_angle(text, at, inner, &ends)),
        (Form::Brace, &BRACE, &|_, inner| {
            !matches!(inner, "end" | "else" | "break" | "continue")
        }),
        (Form::Example, &EXAMPLE, &|_, _| true),
    ];
    for (form, regex, is_meant) in looks {
        for captures in regex.iter().flat_map(|regex| regex.captures_iter(text)) {
            let Some(whole) = captures.get(0) else { continue };
            let inner = captures.get(1).map_or(whole.as_str(), |inner| inner.as_str());
            let meant = is_meant(whole.range(), inner);
            if meant {
                found.push(Placeholder {
                    form,
                    at: whole.range(),
                    text: whole.as_str().into(),
                    name: Some(name(inner))
                        .filter(|name| !name.is_empty())
                        .unwrap_or("value".into()),
                });
            }
        }
    }
    apart(found)
}

/// In their order, none inside another: of two in one place the first stays.
pub(super) fn apart(mut found: Vec<Placeholder>) -> Vec<Placeholder> {
    found.sort_by_key(|placeholder| placeholder.at.start);
    let mut end = 0;
    found.retain(|placeholder| {
        let free = placeholder.at.start >= end;
        if free {
            end = placeholder.at.end;
        }
        free
    });
    found
}

/// No tag has a longer name.
const LONGEST_TAG: usize = 100;

/// Names of end tags, and where the last of each is.
fn ends(text: &str) -> HashMap<&str, usize> {
    let starts = text.match_indices("</").map(|(at, _)| at);
    let named = starts.filter_map(|at| {
        let mut name = text[at + 2..].bytes().take(LONGEST_TAG);
        Some((&text[at + 2..at + 2 + name.position(|byte| byte == b'>')?], at))
    });
    named.collect()
}

/// Tells `<instance-id>` from redirections, comparisons, answers and markup.
fn is_angle(text: &str, at: Range<usize>, inner: &str, ends: &HashMap<&str, usize>) -> bool {
    let before = text[..at.start].chars().next_back();
    let first = inner.chars().next().unwrap_or(' ');
    if before == Some('<') || inner.ends_with(char::is_whitespace) || inner.contains("://") {
        return false;
    }
    if inner.contains("&&") || is_other(text, &at, inner) {
        return false;
    }
    // `sort <in 2>err`, `a <in &>out`: the `>` belongs to a file descriptor.
    let last = inner.rsplit(' ').next().unwrap_or("");
    if inner.contains(' ') && (last == "&" || last.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    if first.is_ascii_digit()
        && (before.is_some_and(char::is_alphanumeric) || !inner.contains(char::is_alphabetic))
    {
        return false;
    }
    // What is ended again is markup.
    let word = inner.split_whitespace().next().unwrap_or("");
    if ends.get(word).is_some_and(|end| *end >= at.end) {
        return false;
    }
    let name = name(inner);
    inner == "..." || (!name.is_empty() && !LITERAL.split_whitespace().any(|literal| literal == name))
}

/// The last line that is one word, of each such; only `<<NAME>>` asks for them.
fn last_lines(text: &str) -> HashMap<&str, usize> {
    let asked = if text.contains(">>") { text } else { "" };
    let lines = asked.lines();
    let place = |line: &'_ str| line.as_ptr() as usize - text.as_ptr() as usize;
    lines.map(|line| (line.trim(), place(line))).collect()
}

/// `a<b and c>d`, the name of a group in a pattern, and who has written: `Ops <ops@example.com>` between quotes.
fn is_other(text: &str, at: &Range<usize>, inner: &str) -> bool {
    let (before, behind) = (&text[..at.start], &text[at.end..]);
    let is_beside = before.ends_with(|c: char| c.is_alphanumeric() || c == ')')
        && behind.starts_with(char::is_alphanumeric);
    let mut words = inner.split(' ');
    let is_comparison = is_beside && words.any(|word| matches!(word, "and" | "or" | "AND" | "OR"));
    let is_group = ["(?", "(?P"].into_iter().any(|group| before.ends_with(group));
    let is_mail = inner.split_once('@').is_some_and(|(who, host)| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        !who.is_empty() && host.contains('.') && inner.replacen('@', "", 1).chars().all(is_name)
    });
    is_comparison || is_group || (is_mail && is_quoted(before))
}

/// Whether a name stands before this place in the quotes that are open there.
fn is_quoted(before: &str) -> bool {
    let from = (before.len().saturating_sub(500)..).find(|from| before.is_char_boundary(*from));
    let line = before[from.unwrap_or(0)..].rsplit('\n').next().unwrap_or("");
    let name = line.rsplit(['"', '\'']).next().unwrap_or(line);
    let quotes = line.bytes().filter(|byte| matches!(byte, b'"' | b'\'')).count();
    quotes % 2 == 1 && name.ends_with(' ') && !name.trim().is_empty()
}

/// `<<NAME>>`, which a here-document would be where its end stood below.
fn is_doubled(text: &str, at: Range<usize>, lines: &HashMap<&str, usize>) -> bool {
    let word = text[at.clone()].trim_matches(['<', '>']);
    let is_free = !text[..at.start].ends_with('<') && !text[at.end..].starts_with('>');
    is_free && lines.get(word).is_none_or(|line| *line < at.end)
}

/// `< NAME >`, which two redirections would be where a file stood behind it.
fn is_spaced(text: &str, at: Range<usize>) -> bool {
    let inner = text[at.clone()].trim_matches(['<', '>', ' ', '\t']);
    let behind = text[at.end..].trim_start_matches([' ', '\t']);
    let has_file = !behind.is_empty() && !behind.starts_with(['-', '\n', '|', ';', '&', ')', '"', '\'']);
    let is_name = inner.contains(['_', ' ']) && !inner.contains(char::is_lowercase);
    !text[..at.start].ends_with(['<', '>']) && (!has_file || is_name)
}

/// Whether a command expands `$name` or `${name…}`.
pub fn expands(command: &str, variable: &str) -> bool {
    command.match_indices('$').any(|(at, _)| {
        let rest = &command[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        // PowerShell's way to a variable of the process.
        let rest = rest.strip_prefix("env:").unwrap_or(rest);
        rest.strip_prefix(variable)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

/// `$NAME` where the shell would expand it and nothing has set it: neither the page before, as `is_set` knows, nor a
/// subshell around it.
/// Of a command that `is_careful` changes something, which does not rely on a branch that may not be taken.
pub(super) fn unset(
    text: &str,
    script: &Script,
    is_careful: bool,
    is_set: impl Fn(&str, bool) -> bool,
) -> Vec<Placeholder> {
    let mut inner: Option<HashMap<String, Vec<Range<usize>>>> = None;
    // A run's own, such as the process of a step in the background.
    let is_ours = |name: &str| name.starts_with("__qd_");
    let expanded = variable::expanded(text, script);
    let guarded: HashSet<&str> = expanded
        .iter()
        .filter(|found| found.is_guarded)
        .map(|found| found.name)
        .collect();
    let is_known = |name: &str| {
        is_ours(name)
            || ENVIRONMENT.split_whitespace().any(|known| known == name)
            || is_set(name, is_careful && !guarded.contains(name))
    };
    let open = expanded
        .into_iter()
        .filter(|found| !found.has_default && !is_known(found.name));
    let mut is_inner = |found: &variable::Expanded<'_>| {
        let inner = inner.get_or_insert_with(|| inner_sets(text));
        let mut within = inner.get(found.name).into_iter().flatten();
        within.any(|within| within.contains(&found.at.start))
    };
    open.filter(|found| !is_inner(found))
        .map(|found| Placeholder {
            form: Form::Variable,
            text: format!("${}", found.name),
            name: name(found.name),
            at: found.at,
        })
        .collect()
}

/// Names that subshells and branches of a text set, and where each holds.
fn inner_sets(text: &str) -> HashMap<String, Vec<Range<usize>>> {
    let mut inner: HashMap<String, Vec<Range<usize>>> = HashMap::new();
    for set in variable::sets(text) {
        if let Some(within) = set.branch.or(set.within) {
            inner.entry(set.name).or_default().push(within);
        }
    }
    inner
}

/// Names that a command gives a value to, for what comes behind it in the same shell, and whether it does so whichever way
/// the shell goes.
pub(super) fn assigned(text: &str) -> impl Iterator<Item = (String, bool)> {
    let lasting = |set: variable::Set| set.within.is_none().then_some((set.name, set.branch.is_none()));
    variable::sets(text).into_iter().filter_map(lasting)
}

/// The same of PowerShell.
pub(super) fn assigned_in_powershell(text: &str) -> Vec<String> {
    let all = ASSIGNED_IN_POWERSHELL.iter();
    let found = all.flat_map(|regex| regex.captures_iter(text));
    found
        .filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        written(text)
            .into_iter()
            .map(|placeholder| placeholder.text)
            .collect()
    }

    #[test]
    fn angle_brackets_with_words_are_placeholders() {
        assert_eq!(
            found("aws ec2 stop-instances --instance-ids <instance-id>"),
            ["<instance-id>"]
        );
        assert_eq!(
            found("oc -n <value of namespace label from alert> get po"),
            ["<value of namespace label from alert>"]
        );
        assert_eq!(found("ssh <user>@<파드-이름>"), ["<user>", "<파드-이름>"]);
        assert_eq!(
            found("ssh <me@example.com> \"<you@example.com>\" x"),
            ["<me@example.com>", "<you@example.com>"]
        );
        assert_eq!(
            found("sed 's/<old>/<new>/'; (( <n> > 3 ))"),
            ["<old>", "<new>", "<n>"]
        );
        assert_eq!(found("a <12-digit-account-id>"), ["<12-digit-account-id>"]);
        assert_eq!(
            found("X='<\"Used By:\" field from above>'"),
            ["<\"Used By:\" field from above>"]
        );
    }

    #[test]
    fn redirections_answers_and_markup_are_none() {
        for text in [
            "cat <<EOF > out",
            "sort <in.txt >out",
            "sort <in 2>err",
            "sort <\"in\">\"out\"",
            "sort <\"an in\" >out",
            "NODE <none> <unknown>",
            "<br> <nil>",
            "x<5 && y>3",
            "echo <https://example.org>",
            "echo '<b class=x>y</b>'",
            "diff <(a) >(b)",
            "(( a<b && c>d ))",
            "psql -c \"select 1 where a<b and c>d\"",
            "grep -P '(?<name>x)' f; grep -P '(?P<name>x)'",
            "git commit --author=\"A B <a@b.c>\"",
            "echo \"To: Ops <ops@example.com>\"",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn braces_and_examples_are_placeholders_and_templates_are_none() {
        assert_eq!(
            found("a {{ instance_id }} i-xxxxxxxx 123456789012"),
            ["{{ instance_id }}", "i-xxxxxxxx", "123456789012"]
        );
        assert_eq!(
            found("docker ps --format '{{.Names}} {{json .}} {{range .x}}{{end}}'"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn all_spellings_have_one_name() {
        for text in [
            "<instance-id>",
            "INSTANCE_ID",
            "{{ instance_id }}",
            "<Instance ID>",
        ] {
            assert_eq!(name(text), "instance_id");
        }
    }

    #[test]
    fn a_variable_counts_only_where_the_shell_expands_it_and_nothing_set_it() {
        let text =
            "echo $NODE \"${POD}\" '$LITERAL' $HOME $SET \\$ESCAPED $node $(for x in a; do echo $x; done) $x";
        let script = Script::parse(text, &[]);
        let names: Vec<String> = unset(text, &script, true, |name, _| name == "SET")
            .into_iter()
            .map(|p| p.text)
            .collect();
        assert_eq!(names, ["$NODE", "$POD", "$node", "$x"]);
    }
}
