//! The rules that hold without a configuration. What stands before a secret is kept, so that a reader sees what was
//! there. Every repetition without an end is one that already matches, so that no candidate stays open for long.

use super::rule::Guess::{self, Nothing, Secret, UnlessNumber};

pub(super) struct BuiltIn {
    pub name: &'static str,
    pub before: &'static str,
    pub secret: &'static str,
    /// Plain bytes, no pattern.
    pub behind: &'static str,
    pub guess: Guess,
}

const fn rule(name: &'static str, before: &'static str, secret: &'static str, guess: Guess) -> BuiltIn {
    BuiltIn {
        name,
        before,
        secret,
        behind: "",
        guess,
    }
}

pub(super) const BUILT_IN: [BuiltIn; 21] = [
    rule("aws-access-key", r"(?-u:\b)(?:AKIA|ASIA)", "[A-Z0-9]{16}", Secret),
    rule(
        "aws-secret-key",
        r#"(?i:secret[_ -]?access[_ -]?key)(?:[ \t]{0,2}\[[^\]\r\n]{0,40}\])?["']?[ \t]{0,4}[=:]?[ \t]{0,4}["']?"#,
        "[A-Za-z0-9/+=]{40}",
        Secret,
    ),
    rule(
        "aws-session-token",
        r#"(?i:session[_ -]?token)["']?[ \t]{0,4}[=:][ \t]{0,4}["']?"#,
        "[A-Za-z0-9/+=_-]{16,}",
        Secret,
    ),
    rule(
        "aws-session-token",
        "(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)",
        "[A-Za-z0-9/+=_-]{32,}",
        Secret,
    ),
    rule(
        "bearer-token",
        r"(?-u:\b)(?i:bearer)[ \t]{1,4}",
        "[A-Za-z0-9._~+/=-]{16,}",
        Nothing,
    ),
    rule(
        "basic-credentials",
        r#"(?i:authorization)["']?[ \t]{0,4}:[ \t]{0,4}["']?(?i:basic)[ \t]{1,4}"#,
        "[A-Za-z0-9+/=]{6,}",
        Secret,
    ),
    rule(
        "jwt",
        r"(?-u:\b)eyJ",
        r"[A-Za-z0-9_-]{8,512}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
        Secret,
    ),
    rule(
        "private-key",
        "-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----",
        r#"(?:[A-Za-z0-9+/=:,.()\s\\"';-]*?-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=:,.()\s\\"';-]+)"#,
        Secret,
    ),
    rule(
        "github-token",
        r"(?-u:\b)(?:gh[pousr]_|github_pat_)",
        "[A-Za-z0-9_]{20,}",
        Secret,
    ),
    // What is wrong with a token of a language is said behind a colon too: between quotes any word counts, else one with a
    // number in it.
    rule(
        "token",
        r#"(?-u:\b)(?i:token)["']?[ \t]{0,2}:[ \t]{0,8}["']"#,
        r#"[A-Za-z0-9][^\s"'`;&|]{7,}"#,
        Nothing,
    ),
    rule(
        "token",
        r#"(?-u:\b)(?i:token)["']?[ \t]{0,2}:[ \t]{0,8}"#,
        concat!(
            "(?:[A-Za-z._~+/=-]{1,64}[0-9][A-Za-z0-9._~+/=-]{6,}|[A-Za-z._~+/=-]{4,64}[0-9][A-Za-z0-9._~+/=-]{3,}",
            "|[A-Za-z._~+/=-]{7,64}[0-9][A-Za-z0-9._~+/=-]*|[0-9]{1,16}[A-Za-z][A-Za-z0-9._~+/=-]{6,})"
        ),
        Nothing,
    ),
    rule("gitlab-token", r"(?-u:\b)glpat-", "[A-Za-z0-9_-]{16,}", Secret),
    rule(
        "slack-token",
        r"(?-u:\b)(?:xox[abeoprs]|xapp)-",
        "[A-Za-z0-9-]{10,}",
        Secret,
    ),
    rule(
        "slack-webhook",
        r"hooks\.slack\.com/(?:services|workflows)/",
        "[A-Za-z0-9/_-]{16,}",
        Secret,
    ),
    rule(
        "stripe-key",
        r"(?-u:\b)(?:(?:sk|rk)_(?:live|test)_|whsec_)",
        "[A-Za-z0-9]{10,}",
        Secret,
    ),
    rule("vault-token", r"(?-u:\b)hv[sbr]\.", "[A-Za-z0-9_-]{20,}", Secret),
    // The tokens of its older versions are told by the command alone.
    rule(
        "vault-token",
        r#"(?-u:\b)vault[ \t]{1,4}login[ \t]{1,4}(?:-[a-z-]{1,32}(?:=[^\s;&|]{0,64})?[ \t]{1,4}){0,4}["']?s\."#,
        "[A-Za-z0-9]{8,}",
        Secret,
    ),
    rule("api-key", r"(?-u:\b)sk-", "[A-Za-z0-9_-]{20,}", Nothing),
    // The one program of many hands that takes its password glued to a letter.
    rule(
        "password",
        r#"(?-u:\b)(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)(?:[ \t][^\s;&|]{1,64}){0,8}?[ \t]-p["']?"#,
        r#"[^\s"'$<*\[({;&|`=-][^\s"'`;&|]{2,}"#,
        Nothing,
    ),
    BuiltIn {
        name: "url-password",
        before: r#"://[^\s:/@"'\[\]]{0,64}:"#,
        secret: r#"[^\s@/"']{1,256}"#,
        behind: "@",
        guess: UnlessNumber,
    },
    rule(
        "password",
        concat!(
            r"(?:(?i:password|passwd|passphrase|passwort|secret|api[_-]?key|auth[_-]?key|[a-z]token|[_-]token|mysql_pwd)",
            r#"["']?[ \t]{0,2}(?:=>|[=:])|--(?i:password|token|secret)[= ])[ \t]{0,2}["']?"#
        ),
        r#"[^\s"'$<*\[({;&|`=][^\s"'`;&|]{2,}"#,
        Secret,
    ),
];
