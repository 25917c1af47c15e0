//! What a reader has to put in before a command can run: `<name>`, `{{name}}`, `$NAME` that nothing set,
//! and the example ids of documentation. `<instance-id>`, `INSTANCE_ID` and `{{instance_id}}` are one name.

mod again;
mod angle;
mod any;
mod argument;
mod brace;
mod branch;
mod positional;
mod sample;
mod synopsis;
mod variable;
mod wide;
mod word;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::shell::{Context, Script};

pub(super) use again::{evaluated, receiver};
pub(super) use argument::arguments;
pub(super) use positional::positional;
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
    /// `$1`, `$@`, where a step has no arguments.
    Positional,
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

impl Placeholder {
    /// What a pattern has found, and the name in it.
    fn of(form: Form, whole: regex::Match<'_>, inner: &str) -> Placeholder {
        Placeholder {
            form,
            at: whole.range(),
            text: whole.as_str().into(),
            name: named(inner),
        }
    }

    /// Its place with the brackets that say that it may be left out, and its option.
    fn wide(&self, text: &str) -> Range<usize> {
        if !matches!(self.form, Form::Angle | Form::Brace) {
            return self.at.clone();
        }
        let mut at = angle::optional(text, self.at.clone());
        // `<id>...`, of which one value is given.
        let behind = &text[at.end..];
        let dots = ["...", "…"]
            .into_iter()
            .find(|dots| behind.starts_with(dots))
            .map_or(0, str::len);
        if behind[dots..].chars().next().is_none_or(char::is_whitespace) {
            at.end += dots;
        }
        at
    }

    /// Itself, without the brackets and the option of one that may be left out.
    pub(super) fn bare(&self) -> &str {
        let Some(option) = self.option().filter(|_| self.form != Form::Loose) else {
            return &self.text;
        };
        let own = &self.text[1 + option.len()..];
        own.trim_end_matches([']', '.', '…', ' '])
    }

    /// Of one that is an option without a value, what a value of its own stands for: the option, if it means that.
    pub(super) fn choice(&self, value: &str) -> Option<Option<&str>> {
        let is_choice = self.form == Form::Loose && synopsis::is_choice(&self.text);
        is_choice.then(|| synopsis::chosen(&self.text, value))
    }

    /// Of one that may be left out, the option that goes with its value.
    pub(super) fn option(&self) -> Option<&str> {
        if self.form == Form::Loose {
            return synopsis::option(&self.text);
        }
        let is_own = matches!(self.form, Form::Angle | Form::Brace);
        let inner = self.text.strip_prefix('[').filter(|_| is_own)?;
        Some(&inner[..inner.find(['<', '{', '&'])?])
    }
}

/// The name of what has letters or digits in it; dots stand for any value.
fn named(inner: &str) -> String {
    Some(name(inner))
        .filter(|name| !name.is_empty())
        .unwrap_or("value".into())
}

/// Letters, digits and underscores, small: the name under which a value is given.
pub fn name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            // The small letter of `İ` has a dot of its own that is no letter.
            name.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

/// What a name ends with that is of a secret.
const SECRETS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
];

/// Whether a name that [`name`] made tells that its value is nobody's business.
pub fn is_secret_name(name: &str) -> bool {
    let glued = name.replace('_', "");
    name == "pwd" || name.ends_with("_pwd") || SECRETS.iter().any(|secret| glued.ends_with(secret))
}

// The patterns are constants; one that did not compile would find nothing, and the tests would say so.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static EXAMPLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?x)\b(?: (?:i|ami|vpc|sg|sgr|subnet|vol|snap|eni|acl|rtb|nat|igw|eipalloc|lt|tgw|vpce|fs|mi)
          -(?: [0-9a-f]{0,4}[xX]{4,} | 0?(?:12345[0-9a-f]* | 0123456789[0-9a-f]* | 1a2b3c4d[0-9a-f]* | abc123[0-9a-z]* | abcd1234[0-9a-z]* | abcdef[0-9a-f]*)
             | [A-Z][A-Z0-9]{2,}(?:[-_][A-Z0-9]+)* )
        | (?:s|j|r|d)-1234567890abcdef0?
        | 123456789012 | 111122223333 | 444455556666 | 777788889999 | 012345678901 | 210987654321 | 1{12} | 2{12} | 3{12} | 9{12} )\b",
    )
});
static ASSIGNED_IN_POWERSHELL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\$(?:(?:global|script|local):)?([A-Z][A-Z0-9_]*)\s*[-+*/]?=(?:[^=]|$)"));

/// Variables that every shell, or the system behind it, sets.
const ENVIRONMENT: &str = "HOME PATH USER PWD OLDPWD SHELL HOSTNAME HOSTTYPE OSTYPE MACHTYPE KUBECONFIG EDITOR PAGER LANG LC_ALL \
     RANDOM SECONDS EPOCHSECONDS UID EUID PPID TERM LOGNAME IFS LINENO REPLY OPTARG OPTIND PIPESTATUS BASH BASH_SOURCE \
     BASHPID BASH_VERSION BASH_REMATCH BASH_COMMAND ZSH_VERSION ZSH_NAME FUNCNAME GROUPS SHLVL COLUMNS LINES DISPLAY SUDO_USER NF NR FS OFS RS _";

/// `<…>`, `{{…}}` and examples in a text, in their order, none inside another.
pub fn written(text: &str) -> Vec<Placeholder> {
    let mut found = angle::written(text);
    found.extend(brace::written(text));
    let examples = EXAMPLE.iter().flat_map(|regex| regex.find_iter(text));
    found.extend(examples.map(|found| Placeholder::of(Form::Example, found, found.as_str())));
    widened(text, apart(found))
}

/// Each with the brackets around it, where they are the page's: between quotes and in a here-document they are text.
fn widened(text: &str, mut found: Vec<Placeholder>) -> Vec<Placeholder> {
    if found.iter().all(|found| found.wide(text) == found.at) {
        return found;
    }
    let opaque: Vec<Range<usize>> = found.iter().map(|found| found.at.clone()).collect();
    let script = Script::parse(text, &opaque);
    for one in &mut found {
        let at = one.wide(text);
        let is_bare = |at: usize| script.context(at) == Context::Bare;
        if is_bare(at.start) && is_bare(at.end - 1) {
            one.text = text[at.clone()].to_owned();
            one.at = at;
        }
    }
    found
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

/// Whether every shell, or the system behind it, sets a variable, or a program takes its value for a command.
pub(super) fn is_systems(variable: &str) -> bool {
    ENVIRONMENT.split_whitespace().any(|known| known == variable)
        || super::shell::reader(&format!("{variable}=")).is_some()
}

/// Variables that a text expands where it says itself what holds when they are not set.
pub(super) fn with_default(text: &str) -> Vec<&str> {
    let expanded = variable::expanded(text, &Script::parse(text, &[]));
    let own = expanded.into_iter().filter(|found| found.has_default);
    own.map(|found| found.name).collect()
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
            "psql -c \"SELECT 1 WHERE A < B AND C > D\"",
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
            found("a vol-COMPROMISED sg-OLD-ID i-0abc123def vpc-12345; b wi-FI i-0a1b2c3d4e5f67890"),
            ["vol-COMPROMISED", "sg-OLD-ID", "i-0abc123def", "vpc-12345"]
        );
        assert_eq!(
            found("a snap-PRE_ATTACK_SNAPSHOT s-1234567890abcdef0; b us-1234567890abcdef0 s-12345"),
            ["snap-PRE_ATTACK_SNAPSHOT", "s-1234567890abcdef0"]
        );
        assert_eq!(
            found("docker ps --format '{{.Names}} {{json .}} {{range .x}}{{end}}'"),
            Vec::<String>::new()
        );
        assert_eq!(
            found("tar cf {{path/to/x.tar}} {{path/to/a path/to/b ...}} {{[-v|--verbose]}} {{instance id}}"),
            [
                "{{path/to/x.tar}}",
                "{{path/to/a path/to/b ...}}",
                "{{[-v|--verbose]}}",
                "{{instance id}}"
            ]
        );
        assert_eq!(
            found(
                "x '{{if x}}{{else if y}}{{ template name }}{{- end -}}' {{ $x := 1 }} {{\"a:b\"}} {{.a/b}}"
            ),
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
        let text = "echo $NODE \"${POD}\" '$LITERAL' $HOME $ZSH_VERSION $SET \\$ESCAPED $node $(for x in a; do echo $x; done) $x";
        let script = Script::parse(text, &[]);
        let names: Vec<String> = unset(text, &script, true, |name, _| name == "SET")
            .into_iter()
            .map(|p| p.text)
            .collect();
        assert_eq!(names, ["$NODE", "$POD", "$node", "$x"]);
    }
}
