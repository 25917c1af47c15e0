//! What pages write where each reader has one of their own: `my-bucket`, `/path/to/file`, `web-1.example.com`, and the names
//! and ids that AWS's pages are full of.

use std::ops::Range;
use std::sync::LazyLock;

use super::argument::is_thing;
use super::word::{Look, is_of, is_value, line, look, speaks};
use super::{Form, pattern};

/// `my-bucket`, `my_db_name`.
static OWN: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| pattern(r"\bmy[-_][a-z][a-z0-9]*(?:[-_][a-z0-9]+)*\b"));
/// A folder that is nowhere, from the root or not.
static PATH: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| pattern(r"/(?:path/to|your/path)\b(?:/[\w.-]*\w)?"));
static FOLDER: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| pattern(r"\b(?:path/to|your/path)\b(?:/[\w.-]*\w)?"));
/// Hosts that nobody has; `example.com` itself and its `www` answer whoever asks.
static HOST: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| pattern(r"\b(?:[A-Za-z0-9-]+\.)+example\.(?:com|org|net)\b"));
static MAIL: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| pattern(r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)*example\.(?:com|org|net)\b"));
/// Names that AWS keeps for its pages.
static KEPT: LazyLock<Option<regex::Regex>> = LazyLock::new(|| {
    pattern(r"\b(?:amzn-s3-demo-[a-z-]*bucket\d*|[A-Za-z0-9-]*EXAMPLE(?:-[A-Z]+|[A-Z0-9]*)*)\b")
});

/// More that a page gives a name to.
const OWNS: &str = "
    app apps site website chart config job key web api db bot host client backend frontend project workspace cron test
";

pub(super) static LOOKS: [Look; 6] = [
    look(Form::Loose, &OWN, is_own),
    look(Form::Loose, &PATH, is_path),
    look(Form::Loose, &FOLDER, is_path),
    look(Form::Loose, &MAIL, is_given),
    look(Form::Loose, &HOST, is_host),
    look(Form::Loose, &KEPT, is_given),
];

fn before(text: &str, at: &Range<usize>) -> char {
    text[..at.start].chars().next_back().unwrap_or(' ')
}

/// An argument or a part of one: neither the program nor a value that the command only speaks of.
fn is_given(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let simple = line.rsplit([';', '|', '&', '(']).next().unwrap_or(line);
    let goes_on = text[..at.start - line.len()].ends_with("\\\n");
    let is_argument = goes_on || simple.trim_start().contains(char::is_whitespace);
    is_argument && is_value(text, &at) && !speaks(text, &at)
}

/// Whether what goes on behind a word makes it the name of a file: `my-app.yaml`, and not `my-bucket.s3.amazonaws.com`.
fn is_file(behind: &str) -> bool {
    let Some(rest) = behind.strip_prefix('.') else {
        return false;
    };
    let ending = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or("");
    let goes_on = rest[ending.len()..].starts_with(['.', '-', '_']);
    (1..=5).contains(&ending.len()) && !goes_on
}

/// A thing that has a name; an option is none, nor is a label's key.
fn is_own(text: &str, at: Range<usize>) -> bool {
    let mut words = text[at.clone()].split(['-', '_']).skip(1);
    let names = words.any(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        is_of(OWNS, word) || is_thing(word) || is_thing(word.trim_end_matches('s'))
    });
    let begins = |c: char| c.is_whitespace() || "/:@=,\"'".contains(c);
    names && begins(before(text, &at)) && !is_file(&text[at.end..]) && is_given(text, at)
}

/// `/path/to/x`, `./path/to/x` and `file://path/to/x`; of `a/path/to/x` nobody knows.
fn is_path(text: &str, at: Range<usize>) -> bool {
    let begins = |c: char| c.is_whitespace() || ":@=,\"'.~".contains(c);
    let is_file = line(text, &at).ends_with("://");
    (is_file || begins(before(text, &at))) && is_given(text, at)
}

/// Where an address has a host, or a program is told one.
fn is_host(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let is_address = line.ends_with("://") || line.ends_with(['@', '=']);
    let is_word = line.ends_with(char::is_whitespace) && !text[at.end..].starts_with('/');
    let is_common = text[at.clone()].starts_with("www.");
    !is_common && (is_address || is_word) && is_given(text, at)
}

#[cfg(test)]
mod tests {
    use crate::runbook::blocks;

    fn open(text: &str) -> Vec<String> {
        blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders
    }

    #[test]
    fn what_each_reader_has_one_of_is_to_be_filled_in() {
        for (text, wanted) in [
            ("aws s3 rb s3://my-bucket --force", "my-bucket"),
            ("eksctl delete cluster --name my-cluster", "my-cluster"),
            ("aws s3 ls \\\n  s3://my-bucket/x", "my-bucket"),
            ("kubectl rollout undo deployment/my-app", "my-app"),
            ("kubectl -n \"my-namespace\" get po", "my-namespace"),
            ("psql -d my_db_2", "my_db_2"),
            ("curl https://my-bucket.s3.amazonaws.com/x", "my-bucket"),
            ("cd /path/to/mount", "/path/to/mount"),
            ("python3 path/to/run.py", "path/to/run.py"),
            ("aws x --policy-document file://path/to/p.json", "path/to/p.json"),
            (
                "aws x --policy-document file:///path/to/p.json",
                "/path/to/p.json",
            ),
            ("scp me@web-1:/path/to/x .", "/path/to/x"),
            ("ssh web-1.example.com", "web-1.example.com"),
            ("curl https://api.example.org/health", "api.example.org"),
            ("psql --host=db.example.com -l", "db.example.com"),
            ("ssh ops@example.com", "ops@example.com"),
            ("aws s3 ls s3://amzn-s3-demo-bucket1/x", "amzn-s3-demo-bucket1"),
            ("aws s3 ls s3://DOC-EXAMPLE-BUCKET", "DOC-EXAMPLE-BUCKET"),
            (
                "aws iam delete-access-key --access-key-id AKIAIOSFODNN7EXAMPLE",
                "AKIAIOSFODNN7EXAMPLE",
            ),
            (
                "aws x --id a1b2c3d4-5678-90ab-cdef-EXAMPLE11111",
                "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111",
            ),
            ("aws x --group-id sg-12345678", "sg-12345678"),
            ("aws x --vpc-id vpc-1a2b3c4d", "vpc-1a2b3c4d"),
            ("kubectl logs po/pod-name", "pod-name"),
            ("helm upgrade web CHART", "CHART"),
            ("terraform apply -target=RESOURCE", "RESOURCE"),
            ("redis-cli SET session VALUE", "VALUE"),
        ] {
            assert_eq!(open(text), [wanted], "{text}");
        }
    }

    #[test]
    fn what_everybody_has_or_nobody_means_is_left() {
        for text in [
            "curl -I https://example.com https://www.example.com; dig example.com",
            "kubectl get po -l example.com/team=x; kubectl get crd widgets.example.com/v1",
            "./my-app --my-flag x; my-tool run; MY=1; x --my-key=y",
            "kubectl apply -f - <<E\nname: my-app\nE",
            "echo my-bucket; grep my-app x; mysql -e 'use my_db'; cat dummy-app",
            "my-app; (my-app); ls && my-app; kubectl apply -f my-app.yaml",
            "ls xpath/to; sed 's/my-app/x/' y; aws x --ids i-0a1b2c3d4e5f67890",
            "kubectl logs cm/pod-name; git log -- path/too",
        ] {
            let open = open(text);
            assert!(open.is_empty(), "{text}: {open:?}");
        }
    }
}
