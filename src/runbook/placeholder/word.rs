//! Placeholders without brackets of their own: `YOUR_INSTANCE_ID`, `XXXX`, `CHANGEME`, and those that only bare words can be:
//! `INSTANCE_ID`, `[POD_NAME]`, `{host}`, `...`. What a shell, or a program behind it, may mean by them is passed over.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Form, Placeholder, any, apart, argument, name, pattern, sample, synopsis, wide};
use crate::runbook::shell;

/// How one is found, and what surrounds it that makes it something else.
pub(super) struct Look {
    form: Form,
    regex: &'static LazyLock<Option<Regex>>,
    is_meant: fn(&str, Range<usize>) -> bool,
}

/// What stands for a name or a number in words that say so.
static TOLD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?x) \b(?: YOUR[_-]?[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)* | your[_-][a-z][a-z0-9]*(?:[_-][a-z0-9]+)*
        | MY[_-][A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)* | (?:REPLACE|CHANGE)[_-]?(?:ME|THIS|WITH)(?:[_-][A-Z0-9]+)*
        | (?:replace|change)[_-]me | INSERT_[A-Z0-9_]+ | [A-Z0-9]+(?:[_-][A-Z0-9]+)*[_-]HERE
        | (?i:(?:your|insert|enter|paste)(?:[_-][a-z0-9]+)*[_-]here)
        | (?i:(?:[a-z0-9]+[_-])+here)
        )\b",
    )
});
/// Signs that stand for any.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b(?:X{3}(?:\.X{3})+|(?:\d{1,3}|[xX]{1,3})(?:\.(?:\d{1,3}|[xX]{1,3})){2}\.[xX]{1,3}|X{4,}(?:-[YZ]{4,})*|x{4,}(?:-[yz]{4,})*|[xX]{2}(?:[:-][xX]{2}){2,})\b",
    )
});
/// Three of them alone are as often a word of their own; and what was covered.
static THREE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(?:XXX|xxx)\b|\*{4,}"));
/// `$(NAME)`, as other tools write a variable: no program has such a name.
static ROUND: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\$\([A-Z][A-Z0-9]*_?[A-Z0-9_]*\)"));
static UNDERLINED: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\b__[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__"));
static VALUES: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\{\{-?\s*\.Values\.[\w.]+\s*-?\}\}"));
/// An account where an address of AWS has one.
static ACCOUNT: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r":(?i:(?:aws[_-]?)?account[_-]?id|account):"));
static REGION: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r":(?:AWS_)?REGION:"));
/// What a thing is called, in capitals.
static NOUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b(?:[A-Z][A-Z0-9]*_)+(?:ID|IDS|NAME|NAMES|ARN|IP|ADDRESS|HOST|HOSTNAME|URL|NAMESPACE|BUCKET|REGION|ZONE|PROJECT|DOMAIN|EMAIL|VERSION|CLUSTER)(?:_\d+)?\b|\bNAMESPACE\b",
    )
});
static SQUARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\[(?:[A-Z][A-Z0-9]+(?:[_-][A-Z0-9]+)+|[a-z]{2,}(?:[_-][a-z]{2,})+|INSTANCE|NODE|POD|NAMESPACE|BUCKET|HOST|HOSTNAME|REGION|ACCOUNT|USER|USERNAME)\]",
    )
});
static CURLY: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\{[A-Za-z][A-Za-z0-9_-]*\}"));
/// The same where another of them is sure to be one.
static SQUARE_TOO: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\[[A-Za-z][A-Za-z0-9 _-]*\]"));
static DATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"YYYY([-/._]?)MM[-/._]?DD(?:[T _-]HH[:-]?MM(?:[:-]?SS)?Z?)?"));
/// A part of an address that a web server's routes leave open.
static ROUTE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"https?://[^\s']*?/(:[a-z][A-Za-z0-9_]*)"));
static DOTS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\.{3}|…"));

static LOOKS: [Look; 13] = [
    look(Form::Word, &TOLD, is_told),
    look(Form::Word, &ANY, is_any),
    look(Form::Loose, &THREE, is_three),
    look(Form::Word, &ROUND, |text, at| {
        !speaks(text, &at) && is_value(text, &at)
    }),
    look(Form::Word, &UNDERLINED, is_underlined),
    look(Form::Word, &VALUES, |_, _| true),
    look(Form::Word, &ACCOUNT, |_, _| true),
    look(Form::Word, &REGION, |_, _| true),
    look(Form::Word, &DATE, is_date),
    look(Form::Loose, &NOUN, is_noun),
    look(Form::Loose, &SQUARE, is_square),
    look(Form::Loose, &CURLY, is_curly),
    look(Form::Loose, &DOTS, is_dots),
];

pub(super) const fn look(
    form: Form,
    regex: &'static LazyLock<Option<Regex>>,
    is_meant: fn(&str, Range<usize>) -> bool,
) -> Look {
    Look {
        form,
        regex,
        is_meant,
    }
}

/// Those of a text in their order; of two in one place the first kind is meant.
pub(in crate::runbook) fn words(text: &str) -> Vec<Placeholder> {
    let mut found: Vec<Placeholder> = Vec::new();
    let looks = synopsis::LOOKS.iter().chain(&LOOKS);
    for look in looks.chain(&wide::LOOKS).chain(&sample::LOOKS).chain(&any::LOOKS) {
        for at in look.regex.iter().flat_map(|regex| regex.find_iter(text)) {
            // Of an address the colons stay.
            let at = match at.as_str().starts_with(':') {
                true => at.start() + 1..at.end() - 1,
                false => at.range(),
            };
            if (look.is_meant)(text, at.clone()) {
                let text = &text[at.clone()];
                found.push(Placeholder {
                    form: look.form,
                    name: called(text),
                    text: text.to_owned(),
                    at,
                });
            }
        }
    }
    if found.iter().any(|found| found.text.starts_with('[')) {
        let others = SQUARE_TOO.iter().flat_map(|regex| regex.find_iter(text));
        let meant = others.filter(|found| is_square(text, found.range()));
        found.extend(meant.map(|found| Placeholder::of(Form::Loose, found, found.as_str())));
    }
    let routes = ROUTE.iter().flat_map(|regex| regex.captures_iter(text));
    let routes = routes.filter_map(|found| found.get(1));
    found.extend(routes.map(|found| Placeholder::of(Form::Word, found, found.as_str())));
    apart(found)
}

/// Whose it is says nothing about what it is.
fn called(text: &str) -> String {
    let text = synopsis::called(text)
        .unwrap_or(text)
        .trim_matches(|c: char| "{}- ".contains(c))
        .trim_start_matches(".Values.");
    let name = name(text);
    let bare = ["your_", "my_"]
        .into_iter()
        .find_map(|whose| name.strip_prefix(whose));
    match bare.unwrap_or(&name) {
        "" => "value".into(),
        bare => bare.into(),
    }
}

fn before(text: &str, at: &Range<usize>) -> char {
    text[..at.start].chars().next_back().unwrap_or(' ')
}

fn after(text: &str, at: &Range<usize>) -> char {
    text[at.end..].chars().next().unwrap_or(' ')
}

/// What is looked at of a line.
const NEAR: usize = 500;

/// The line up to this place, as far as it is near.
pub(super) fn line<'t>(text: &'t str, at: &Range<usize>) -> &'t str {
    let from = (at.start.saturating_sub(NEAR)..=at.start).find(|from| text.is_char_boundary(*from));
    let near = &text[from.unwrap_or(at.start)..at.start];
    near.rsplit('\n').next().unwrap_or(near)
}

/// Not the name of a variable, nor what `sed` looks for.
pub(super) fn is_value(text: &str, at: &Range<usize>) -> bool {
    let line = line(text, at);
    let is_name = matches!(before(text, at), '$' | '%' | '#') || line.ends_with("${");
    let is_set =
        after(text, at) == '=' || text[at.end..].starts_with("+=") || text[at.end..].starts_with("()");
    let is_pattern = ["s/", "s|", "s#", "s,", "s@"].into_iter().any(|sign| {
        line.strip_suffix(sign)
            .is_some_and(|rest| rest.ends_with(['\'', '"', ' ', ';', '/']))
    });
    !is_name && !is_set && !is_pattern
}

fn is_told(text: &str, at: Range<usize>) -> bool {
    let is_option = before(text, &at) == '-' && text[at.clone()].starts_with(char::is_lowercase);
    // `start-here.md` is a file, `echo got-here` a word, and `https://host/sign-your-name-here` an address.
    let is_here = text[at.clone()].ends_with("here")
        && (after(text, &at) == '.' || !is_put_here(text, &at) || speaks(text, &at));
    is_value(text, &at) && !is_option && !is_here && !declares(line(text, &at))
}

/// Words that bid to put something there.
const BIDS: &str = "your insert enter paste";
/// Those that addresses and folders are called after: `/sign-name-here`, `/put_file_here`.
const DEEDS: &str = "
    sign put get drop go click start leave place write send upload read find look see add post join is was not
";

/// Whether a word that ends in `here` names a thing that is to stand there, and not what is done there.
fn is_put_here(text: &str, at: &Range<usize>) -> bool {
    let own = text[at.clone()].to_lowercase();
    let mut words: Vec<&str> = own.split(['_', '-']).collect();
    let is_bidden = words.iter().any(|word| is_of(BIDS, word));
    words.pop();
    let names = is_bidden || words.last().is_some_and(|word| argument::is_thing(word));
    let is_deed = words.first().is_some_and(|word| is_of(DEEDS, word));
    names && !(is_deed && before(text, at) == '/')
}

fn is_any(text: &str, at: Range<usize>) -> bool {
    let is_template = line(text, &at).contains("mktemp") || line(text, &at).ends_with('.');
    is_value(text, &at) && !is_template
}

/// A whole argument, or the value of an option.
fn is_three(text: &str, at: Range<usize>) -> bool {
    let is_free = |c: char| c.is_whitespace() || "=:'\"".contains(c);
    let is_end = |c: char| is_free(c) || ";|&)".contains(c);
    let stands = is_free(before(text, &at)) && is_end(after(text, &at));
    let is_first = simple(line(text, &at)).trim().is_empty();
    stands && !is_first && is_any(text, at.clone()) && !speaks(text, &at)
}

fn is_underlined(text: &str, at: Range<usize>) -> bool {
    let is_sign = matches!(&text[at.clone()], "__FILE__" | "__LINE__");
    is_value(text, &at) && !is_sign
}

/// What a date looks like to a program that is told how to write one is none.
fn is_date(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let is_inside = |c: char| c.is_alphanumeric() || c == '%';
    let is_part = is_inside(before(text, &at)) || is_inside(after(text, &at));
    let is_given = line.trim_end_matches(['"', '\'']).ends_with(['(', ',', ' ']) && line.contains('(');
    is_value(text, &at)
        && !is_part
        && !is_given
        && !line.to_lowercase().contains("format")
        && !speaks(text, &at)
}

/// The simple command that a line ends in, as far as signs tell.
fn simple(line: &str) -> &str {
    line.rsplit([';', '|', '&', '(']).next().unwrap_or(line)
}

/// The program of a simple command, reserved words passed over.
pub(super) fn program(simple: &str) -> &str {
    let mut words = simple.split_whitespace();
    let first = words.find(|word| !shell::is_reserved(word)).unwrap_or("");
    match first.is_empty() {
        true => first,
        false => shell::first_word(&simple[first.as_ptr() as usize - simple.as_ptr() as usize..]),
    }
}

/// Whether a word here is a name: of a variable that is set, handed on or asked for.
fn declares(line: &str) -> bool {
    let simple = simple(line);
    let last = simple.split_whitespace().next_back().unwrap_or("");
    let is_list = is_of(NAMERS, program(simple)) && !last.contains('=') && !is_read(simple);
    is_list || (line.ends_with([' ', '=']) && matches!(last.trim_end_matches('='), "-e" | "--env"))
}

/// Programs for which a word is a text, a pattern or a name of their own.
pub(super) const SPEAKERS: &str =
    "echo printf grep egrep fgrep zgrep rg ag ack awk sed tr test [ [[ env jq yq let read select man";
/// Those that take the names of variables.
pub(super) const NAMERS: &str = "export unset read local declare typeset readonly printenv for getopts";

pub(super) fn is_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// Whether the command here only writes or looks for what stands in it.
pub(super) fn speaks(text: &str, at: &Range<usize>) -> bool {
    let simple = simple(line(text, at));
    let program = program(simple);
    is_of(SPEAKERS, program) && !(program == "read" && is_read(simple))
}

/// Whether the word that a command ends in is one that it is given to read: `read x < FILE`, and no end of a text.
fn is_read(simple: &str) -> bool {
    let Some((before, word)) = simple.rsplit_once('<') else {
        return false;
    };
    let is_text = before.ends_with('<') && !before.ends_with("<<");
    let is_quoted = ['"', '\'']
        .into_iter()
        .any(|sign| before.matches(sign).count() % 2 == 1);
    !is_text && !is_quoted && !word.trim_start().contains(char::is_whitespace)
}

fn is_noun(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let simple = simple(line);
    let is_key = ["Key=", "Name=", "Type=", "KEY=", "--group-by ", ".", "-"]
        .into_iter()
        .any(|key| line.ends_with(key));
    let is_word = |c: char| c.is_whitespace() || "/:@,\"='.-".contains(c);
    let stands = is_word(before(text, &at)) && is_word(after(text, &at));
    let is_namespace = match &text[at.clone()] {
        "NAMESPACE" => ["-n ", "--namespace ", "--namespace="]
            .into_iter()
            .any(|option| line.ends_with(option)),
        _ => true,
    };
    is_value(text, &at)
        && stands
        && is_namespace
        && !is_key
        && !declares(line)
        && !speaks(text, &at)
        && !simple.trim().is_empty()
}

pub(super) fn is_square(text: &str, at: Range<usize>) -> bool {
    let before = before(text, &at);
    let is_index = before.is_alphanumeric() || "_$])}.\\?".contains(before);
    let is_list = text[at.start + 1..].starts_with(char::is_lowercase) && "=,:".contains(before);
    !is_index && !is_list && !"({*+?[".contains(after(text, &at))
}

fn is_curly(text: &str, at: Range<usize>) -> bool {
    const KNOWN: [&str; 9] = ["end", "range", "json", "print", "exit", "next", "else", "fd", "n"];
    let before = before(text, &at);
    let line = line(text, &at);
    let is_part = before.is_alphanumeric() || "_$%@#{\\])}".contains(before);
    let own = &text[at.clone()];
    let is_mark = ["jsonpath=", "template=", "-I", "-I "]
        .into_iter()
        .any(|option| line.contains(option));
    !is_part
        && !is_mark
        && !"}<>".contains(after(text, &at))
        && !KNOWN.contains(&own.trim_matches(['{', '}']))
}

fn is_dots(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let simple = simple(line);
    let speaks = matches!(shell::first_word(simple), "echo" | "printf");
    (before(text, &at).is_whitespace() && after(text, &at).is_whitespace() && !speaks) || is_cut_off(text, at)
}

/// `key/…` and `${top-…}`: one sign, which nobody has on a keyboard, where the rest of a word is to stand.
fn is_cut_off(text: &str, at: Range<usize>) -> bool {
    let after = after(text, &at);
    &text[at.clone()] == "…"
        && "/-=:".contains(before(text, &at))
        && (after.is_whitespace() || "'\"}/".contains(after))
        && !speaks(text, &at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_that_stand_for_others_are_found() {
        for (text, wanted) in [
            (
                "aws ec2 stop-instances --instance-ids YOUR_INSTANCE_ID",
                "YOUR_INSTANCE_ID",
            ),
            ("aws ec2 stop-instances --instance-ids INSTANCE_ID", "INSTANCE_ID"),
            ("aws s3 ls s3://your-bucket-name/x", "your-bucket-name"),
            ("kubectl drain REPLACE_ME", "REPLACE_ME"),
            ("aws s3 cp s3://b/key/… .", "…"),
            ("head -n ${top-…} x", "…"),
            ("kubectl drain CHANGEME", "CHANGEME"),
            ("kubectl drain MY-NODE", "MY-NODE"),
            ("ssh user@XXX.XXX.XXX.XXX", "XXX.XXX.XXX.XXX"),
            ("ssh user@x.x.x.x", "x.x.x.x"),
            ("x --role-arn arn:aws:iam::XXXXXXXXXXXX:role/x", "XXXXXXXXXXXX"),
            ("x --role-arn arn:aws:iam::ACCOUNT_ID:role/x", "ACCOUNT_ID"),
            ("x --role-arn arn:aws:iam::account-id:role/x", "account-id"),
            ("kubectl drain XXXX", "XXXX"),
            ("kubectl delete pod xxx", "xxx"),
            ("x --token=XXX", "XXX"),
            ("x --password=******** y", "********"),
            ("kubectl -n $(NAMESPACE) get po", "$(NAMESPACE)"),
            ("ssh ec2-xx-xx-xx-xx.compute.amazonaws.com", "xx-xx-xx-xx"),
            ("kubectl delete pod web-xxxxx-yyyyy", "xxxxx-yyyyy"),
            ("kubectl drain __NODE__", "__NODE__"),
            ("aws s3 rm s3://[BUCKET_NAME]/x", "[BUCKET_NAME]"),
            ("aws s3 rm s3://[bucket-name]/x", "[bucket-name]"),
            ("kubectl logs [POD]", "[POD]"),
            (
                "gcloud container clusters list --region=COMPUTE_REGION",
                "COMPUTE_REGION",
            ),
            ("curl https://{host}/health", "{host}"),
            ("curl https://{{ .Values.host }}/health", "{{ .Values.host }}"),
            ("kubectl drain ...", "..."),
            ("kubectl drain … --force", "…"),
            ("read x < xxx", "xxx"),
            ("read -r x < \"XXX\"", "XXX"),
            ("read -r INSTANCE_ID < CLUSTER_NAME", "CLUSTER_NAME"),
            ("read x <<< xxx", "xxx"),
        ] {
            assert_eq!(found(text), [wanted], "{text}");
        }
        assert_eq!(
            found("kubectl delete pod POD_NAME -n NAMESPACE"),
            ["POD_NAME", "NAMESPACE"]
        );
        assert_eq!(
            found("x arn:aws:y:REGION:ACCOUNT:z --ids FINDING_ID_1"),
            ["REGION", "ACCOUNT", "FINDING_ID_1"]
        );
        let names: Vec<String> = words("a YOUR_INSTANCE_ID [POD_NAME] {host} ...")
            .into_iter()
            .map(|word| word.name)
            .collect();
        assert_eq!(names, ["instance_id", "pod_name", "host", "value"]);
    }

    #[test]
    fn what_a_shell_or_a_program_means_is_none() {
        for text in [
            "YOUR_IP=1.2.3.4; echo $YOUR_IP ${YOUR_IP}",
            "export MY_POD=a; read -r INSTANCE_ID; unset POD_NAME",
            "read -p 'xxx < xxx' x; read xxx; read x <a xxx; read -rd '' x <<XXX\nls\nXXX",
            "docker run -e POD_NAME --env HOST_NAME x",
            "mktemp -d /tmp/x.XXXXXX; mktemp /tmp/aXXXXXX",
            "ls [A-Z]* [a-z0-9]x [A-Z_]; [ X ] && [[ a =~ [A-Z]{3} ]]",
            "echo \"[INFO] x\"; grep '[ERROR]' x; grep OOM_KILL_ID x",
            "a[INDEX_NAME]=1; echo ${a[KEY_NAME]} ${a[host-name]}",
            "find . -exec ls {} ;; echo ${host} $(a) {a,b} {1..3}",
            "kubectl get po -o jsonpath={range}{end}; curl -w %{http_code} x",
            "git log HEAD@{upstream}; exec {fd}>x; xargs -I{x} ls {x}",
            "go test ./... ; git diff a...b; echo wait ...",
            "mysql -e x --user MYSQL; MYSQL_ROOT_NAME=x ls",
            "grep xxx y; echo xxx; cat xxx.log a/xxx; xxx -a",
            "sed 's/YOUR_HOST/x/' y; sed \"s/__NODE__/$X/\"",
            "aws ce x --group-by Type=DIMENSION,Key=RESOURCE_ID",
            "curl --your-flag x; xxd x; kill -HUP 1",
            "aws x --filters Name=tag,Values=[web-prod]",
            "oc patch x -p=\"[{'value':[odf-client-console]}]\"",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
