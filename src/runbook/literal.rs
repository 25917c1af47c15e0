//! What looks like a secret in a command: a value that stands in clear behind a name, an option or a header that secrets
//! stand behind. A text that is shared is held to more than a recording: a short password there is one as well.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::shell::{Context, Script};

/// A value: between quotes, or a word that is none of a variable, a placeholder, a substitution.
const VALUE: &str = r#"(?:"((?:[^"\\`$]|\\.)+)"|'([^']+)'|([^\s"'`;&|<>$(){}\[\]*=][^\s"'`;&|<>()]*))"#;

/// What a name ends with that a secret stands behind.
const NAME: &str = r"(?i:pass(?:word|wd|phrase)|pwd|secret|token|api_?key|secret_?key|access_?key|private_?key|auth_?key|credentials?)";

/// Values that are no secrets, whatever they are called.
const PLAIN: &str = r"^(?i:true|false|yes|no|on|off|none|null|nil|stdin|prompt|bearer|basic|token|digest|apikey|negotiate|\d|-.*)$|\.[*+]|\\[dswSW]|^(?:\.|~)?/(?:[\w.-]+/)*[\w.-]+$|^\$\{?\w+\}?$";

/// Words that stand for a secret in a page that teaches.
const SAMPLE: &str = r"(?i)example|sample|change_?me|replace|placeholder|redacted|\byour\b|your[_-]|dummy|^(?:x+|\.+|…+|\*+|-+)$|^(?:my[_-]?)?(?:password|passwd|secret|token|pass|key|value)$";

/// An expression with the value as its only group, and what the secret is called; empty: by what stands before it.
type Pattern = (Option<Regex>, &'static str);

// The patterns are constants; one that did not compile would find nothing, and the tests would say so.
fn pattern(before: &str, called: &'static str) -> Pattern {
    (Regex::new(&format!("{before}{VALUE}")).ok(), called)
}

static PATTERNS: LazyLock<[Pattern; 8]> = LazyLock::new(|| {
    [
        // TOKEN=…, export DB_PASSWORD=…, ?access_token=…
        pattern(&format!(r"(?:^|[^A-Za-z0-9_-])[A-Za-z0-9_-]*{NAME}="), ""),
        // {"token": …}
        pattern(&format!(r#"["'][\w-]*{NAME}["']\s*:\s*"#), ""),
        // The same between double quotes.
        (
            Regex::new(&format!(r#"\\"[\w-]*{NAME}\\"\s*:\s*\\"()()([^"\\$]+)\\""#)).ok(),
            "",
        ),
        // --api-key …; the tokens of pages of a list are none.
        pattern(
            r"(?:^|\s)--(?:[a-z]+-)*(?:password|passwd|passphrase|api-key|secret-key|auth-token|access-token|token|pass)(?:\s+|=)",
            "",
        ),
        // curl -u user:…
        pattern(
            r#"\b(?:curl|wget|https?|xh)(?:\s(?:[^\n;|&]|&[^&])*?)?\s(?:-[a-zA-Z]*[uU]|--user|--proxy-user|--auth)[ =]?["']?[^\s"'$:<>(){}/]+:"#,
            LOGIN,
        ),
        pattern(
            r#"(?i:\bauthorization["']?\s*:\s*(?:(?:bearer|basic|token|digest|apikey)\s+)?)"#,
            "",
        ),
        pattern(
            r#"(?i:\b(?:x-[a-z-]*(?:key|token)|private-token|api-?key|job-token)\s*:\s*)"#,
            "",
        ),
        // sshpass -p …, redis-cli -a …, ldapsearch -w …, docker login -p …, openssl … pass:…
        pattern(
            r"(?:\bsshpass\s+-p\s*|\bredis-cli\b[^\n;|&]*?\s-a\s+|\bldap(?:search|add|modify|delete|whoami)\b[^\n;|&]*?\s-w\s+|\b(?:docker|podman|helm)\b[^\n;|&]*?\blogin\b[^\n;|&]*?\s-p\s+|\bopenssl\b[^\n;|&]*?\spass:|\b(?:mysql|mysqldump|mysqladmin|mariadb)\b(?:\s[^\n;|&]*?)?\s-p)",
            LOGIN,
        ),
    ]
});

static TOLD_PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PLAIN).ok());
static TOLD_SAMPLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SAMPLE).ok());
/// Options that end as those of secrets do.
static TOKEN_OF_A_LIST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:next|starting|page|continue|client|request|idempotency|marker|cancel)[_-]?token\W*$")
        .ok()
});

/// What the secret of a user's name is called.
pub const LOGIN: &str = "login-password";

/// What looks like a secret, in its order: what it is called, where that does not follow from what stands before it, and
/// its bytes.
pub fn literals(text: &str) -> Vec<(&'static str, Range<usize>)> {
    let script = Script::parse(text, &[]);
    let is = |regex: &Option<Regex>, text: &str| regex.as_ref().is_some_and(|regex| regex.is_match(text));
    let mut found = Vec::new();
    for (regex, called) in PATTERNS.iter() {
        let mut from = 0;
        while let Some(captures) = regex.as_ref().and_then(|regex| regex.captures_at(text, from)) {
            let Some((nth, value)) =
                (1..4).find_map(|nth| Some((nth, captures.get(nth).filter(|value| !value.is_empty())?)))
            else {
                break;
            };
            from = value.start().max(from + 1);
            while !text.is_char_boundary(from) {
                from += 1;
            }
            // A quote behind the name may be the one that ends what the name stands in.
            let inside = captures
                .get(0)
                .map(|whole| script.context(value.start().saturating_sub(2).max(whole.start())));
            let is_end = matches!(
                (nth, inside),
                (1, Some(Context::Double)) | (2, Some(Context::Single))
            );
            let before = &text[..value.start()];
            // A word that a variable goes on in is not known as a whole.
            let is_open =
                nth == 3 && value.as_str().contains('$') && script.context(value.start()) != Context::Single;
            if is_end || is_open || is(&TOLD_PLAIN, value.as_str()) || is(&TOKEN_OF_A_LIST, before) {
                continue;
            }
            let mut end = value.start() + value.as_str().trim_end_matches([',', '\\']).len();
            if *called == LOGIN && nth == 3 {
                end += goes_on(&text[end..], script.context(value.start()));
            }
            if end > value.start() {
                found.push((*called, value.start()..end));
            }
        }
    }
    found.sort_by_key(|(_, at)| (at.start, std::cmp::Reverse(at.end)));
    let mut end = 0;
    found.retain(|(_, at)| {
        let is_apart = at.start >= end;
        end = end.max(at.end);
        is_apart
    });
    found
}

/// How many bytes more a password has that stands in quotes with its user's name.
fn goes_on(behind: &str, context: Context) -> usize {
    let quote = match context {
        Context::Single => '\'',
        Context::Double => '"',
        _ => return 0,
    };
    behind.find(quote).unwrap_or_default()
}

/// Whether a value only shows what one looks like.
pub fn is_sample(value: &str) -> bool {
    TOLD_SAMPLE.as_ref().is_some_and(|regex| regex.is_match(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        literals(text).into_iter().map(|(_, at)| &text[at]).collect()
    }

    #[test]
    fn a_value_in_clear_is_found_however_short_it_is() {
        for (text, wanted) in [
            ("curl -u user:pass https://x", "pass"),
            ("curl -sSu 'user:p w' https://x", "p w"),
            ("curl --user=me:pass localhost", "pass"),
            ("export TOKEN=abc", "abc"),
            ("DB_PASSWORD='a $b' run", "a $b"),
            ("API_KEY=\"a b\\$c\" run", "a b\\$c"),
            ("curl -H 'Authorization: Bearer abc' x", "abc"),
            ("curl -H \"Authorization: xyz\" x", "xyz"),
            ("curl -H 'X-Api-Key: abc' x", "abc"),
            ("curl 'https://x/?access_token=abc&y=1'", "abc"),
            ("curl -d '{\"token\": \"abc\", \"n\": 1}' x", "abc"),
            ("curl -d \"{\\\"token\\\": \\\"abc\\\"}\" x", "abc"),
            ("curl 'h?a=1&b=2' -u me:pw", "pw"),
            ("mysql -u root -pSECRET db", "SECRET"),
            ("mysql -pab", "ab"),
            ("sshpass -p abc ssh web", "abc"),
            ("redis-cli -h h -a abc ping", "abc"),
            ("docker login -u me -p abc reg", "abc"),
            ("gh auth --api-key abc", "abc"),
            ("docker run -e ROOT_PASSWORD=abc db", "abc"),
        ] {
            assert_eq!(found(text), [wanted], "{text}");
        }
    }

    #[test]
    fn variables_placeholders_and_what_only_sounds_so_are_left() {
        for text in [
            "curl -u \"$USER:$PASS\" x",
            "curl -u user:\"$PASS\" x",
            "curl -u user:<password> x",
            "curl x && docker run -u a:b y",
            "TOKEN=pre-$X run",
            "sed 's/password=.*/x/' f",
            "curl -H 'Authorization: Bearer <token>' x",
            "TOKEN=$(aws sts get) run",
            "TOKEN=\"$(aws sts get)\" run",
            "export TOKEN=$X TOKEN2=${Y} PASSWORD=<pw> SECRET={{ s }}",
            "curl -H \"Authorization: Bearer $TOKEN\" x",
            "curl -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600' x",
            "grep 'token=' f | grep 'x'",
            "grep \"password=\" f | grep \"y\"",
            "docker run -u 1000:1000 x",
            "aws ssm list --next-token abc --starting-token=def",
            "aws secretsmanager get-secret-value --secret-id prod/db",
            "kubectl get secret web -o yaml",
            "PASSWORD_FILE=/run/secrets/pw TOKEN=/run/secrets/t run",
            "USE_TOKEN=true kubectl create token web",
            "docker login --password-stdin reg",
            "mysql -p -u root db",
            "ls -p /tmp; mkdir -p x",
            "[ \"$TOKEN\" = x ]; test -z \"$PASSWORD\"",
            "cd \"$PWD\"; OLDPWD=/x PWD=/srv",
        ] {
            let found = found(text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
        assert!(is_sample("YOUR_TOKEN") && is_sample("changeme") && is_sample("xxxx") && !is_sample("abc"));
    }
}
