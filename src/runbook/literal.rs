//! What looks like a secret in a command: a value that stands in clear behind a name, an option or a header that secrets
//! stand behind. A text that is shared is held to more than a recording: a short password there is one as well.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::shell::{Context, Script};
use crate::recording::redaction::{end_of_word, masked};

/// A value: between quotes, or a word that is none of a variable, a placeholder, a substitution.
const VALUE: &str = r#"(?:"((?:[^"\\`$]|\\.)+)"|'([^']+)'|([^\s"'`;&|<>$(){}\[\]*=][^\s"'`;&|<>()]*))"#;

/// What a name ends with that a secret stands behind.
const NAME: &str = r"(?:(?i:pass(?:word|wd|phrase)|pwd|secret|token|api_?key|secret_?key|access_?key|private_?key|auth_?key|credentials?)|(?:[_-]|\b)(?i:pass|pw))";

/// Values that are no secrets, whatever they are called.
const PLAIN: &str = r"^(?i:true|false|yes|no|on|off|none|null|nil|stdin|prompt|bearer|basic|token|digest|apikey|negotiate|\d|-.*)$|\.[*+]|\\[dswSW]|^(?:\.|~)?/(?:[\w.-]+/)*[\w.-]+$|^\$\{?\w+\}?$|^fileb?://";

/// Words that stand for a secret in a page that teaches.
const SAMPLE: &str = r"(?i)example|sample|change_?(?:me|it)|replace|placeholder|redacted|\byour\b|your[_-]|dummy|^(?:x+|\.+|…+|\*+|-+)$|^(?:my[_-]?)?(?:password|passwd|secret|token|pass|key|value)$";

/// An expression with the value as its only group, and what the secret is called; empty: by what stands before it.
type Pattern = (Option<Regex>, &'static str);

// The patterns are constants; one that did not compile would find nothing, and the tests would say so.
fn pattern(before: &str, called: &'static str) -> Pattern {
    (Regex::new(&format!("{before}{VALUE}")).ok(), called)
}

/// The rest of a simple command, its continued lines with it.
const REST: &str = r"(?:[^\n;|&\\]|\\(?s:.))*?";

static PATTERNS: LazyLock<[Pattern; 15]> = LazyLock::new(|| {
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
            r"(?:^|\s)--(?:[a-z]+-)*(?:password|passwd|passphrase|api-key|secret-key|account-key|client-secret|secret-string|auth-token|access-token|token|pass)(?:\s+|=)",
            "",
        ),
        // curl -u user:…
        pattern(
            r#"\b(?:curl|wget|https?|xh)(?:\s(?:[^\n;|&]|&[^&]|\\\n)*?)?\s(?:-[a-zA-Z]*[uU]|--user|--proxy-user|--auth)[ =]?["']?[^\s"'$:<>(){}/]+:"#,
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
        // sshpass -p …, redis-cli -a …, ldapsearch -w …, docker login -p …, openssl … pass:…, mysql -p…
        pattern(
            &format!(
                r"(?:\bsshpass\s+-p\s*|\bredis-cli\b{REST}\s(?:-a|(?i:auth))\s+|\bldap(?:search|add|modify|delete|whoami)\b{REST}\s-w\s+|\b(?:docker|podman|helm|oc|az|skopeo|buildah)\b{REST}\blogin\b{REST}\s-p\s+|\bopenssl\b{REST}\spass:|\b(?:mysql|mysqldump|mysqladmin|mariadb)\b(?:\s{REST})?\s-p)"
            ),
            LOGIN,
        ),
        // mongosh … -p …, sqlcmd … -P …, keytool … -storepass …
        pattern(
            &format!(
                r"\b(?:mongo(?:sh|dump|restore|export|import)?\b{REST}\s-p|(?:sqlcmd|ipmitool)\b{REST}\s-P|keytool\b{REST}\s-[a-z]*pass)\s+"
            ),
            LOGIN,
        ),
        // vault login …; `username=me` is none.
        (
            Regex::new(
                r#"\bvault[ \t]+login[ \t]+(?:-[^\s;&|()]+[ \t]+)*(?:"([^"\\`$=]+)"|'([^'=]+)'|([^\s"'`;&|<>$(){}\[\]*=-][^\s"'`;&|<>()=]*))(?:[\s;&|)]|$)"#,
            )
            .ok(),
            LOGIN,
        ),
        // Behind the name of the user, and of what is done.
        pattern(
            r"\b(?:rabbitmqctl\s+(?:add_user|change_password)\s+\S+|htpasswd\s+-\w*b\w*\s+\S+\s+\S+|mysqladmin\b[^\n;|&]*?\spassword)\s+",
            LOGIN,
        ),
        // ALTER USER … IDENTIFIED BY '…', and what PowerShell makes a secret of.
        pattern(
            r"(?i:\b(?:identified\s+by|(?:role|user)\s[^;\n]*?\spassword|convertto-securestring(?:\s+-string)?)\s+)",
            LOGIN,
        ),
        // aws ssm put-parameter --type SecureString --value …
        pattern(&format!(r"\bSecureString\b{REST}\s--value(?:\s+|=)"), LOGIN),
        (
            Regex::new(&format!(
                r"\bput-parameter\b{REST}\s--value(?:\s+|=){VALUE}\s{REST}\bSecureString\b"
            ))
            .ok(),
            LOGIN,
        ),
        // echo … | docker login --password-stdin
        (
            Regex::new(&format!(
                r"\b(?:echo|printf)\s+(?:-\w+\s+)?{VALUE}\s*\|[^\n|]*?(?:\s--password-stdin\b|\bsudo\s+(?:-\w+\s+)*-S\b|\bchpasswd\b|\bpasswd\s+--stdin\b)"
            ))
            .ok(),
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

/// What stands where a secret was covered, whole or cut to its width.
const COVERS: [&str; 2] = ["[redacted", "[secret "];

/// A text that is kept or given away, without the secrets that were typed in it: what its rules have covered before stays as
/// it is.
pub fn hidden(text: &str) -> String {
    let is_covered = |value: &str| {
        COVERS
            .iter()
            .any(|cover| value.starts_with(cover) || cover.starts_with(value))
    };
    let mut hidden = String::with_capacity(text.len());
    let mut from = 0;
    for (_, at) in literals(text) {
        if at.start >= from && !is_covered(&text[at.clone()]) {
            hidden.push_str(&text[from..at.start]);
            hidden.push_str("[redacted: password]");
            // What was covered in it is covered with it, whole.
            from = end_of_word(text, &at);
        }
    }
    hidden.push_str(&text[from..]);
    hidden
}

/// A text as it is written into a journal: nothing is in it that either the rules of redaction or [`literals`] take for a
/// secret, whatever policy says of recordings.
pub fn kept(text: &str) -> String {
    hidden(&masked(text))
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
    fn a_value_behind_shorter_names_and_behind_what_is_done_is_found() {
        for (text, wanted) in [
            ("DB_PASS=abc run", "abc"),
            ("export pass='a b'", "a b"),
            ("MYSQL_PWD=abc mysql -e x", "abc"),
            ("PGPASSWORD=abc psql", "abc"),
            ("mysql -u root -p'a b' db", "a b"),
            ("mysql -u root -p\"ab\" db", "ab"),
            (
                "aws secretsmanager put-secret-value --secret-id x --secret-string 'abc'",
                "abc",
            ),
            ("az storage blob list --account-key abc", "abc"),
            ("oc login -u me -p abc", "abc"),
            ("curl -sS \\\n  -u me:abc x", "abc"),
            ("docker login \\\n  -u me \\\n  -p abc", "abc"),
            ("mongosh -u me \\\n  -p abc db", "abc"),
            ("vault login abc", "abc"),
            ("vault login -no-print 'a b'; vault status", "a b"),
            ("redis-cli -h h AUTH abc", "abc"),
            ("rabbitmqctl change_password me abc", "abc"),
            ("htpasswd -bc f me abc", "abc"),
            ("mysql -e \"ALTER USER 'a'@'%' IDENTIFIED BY 'abc'\"", "abc"),
            ("psql -c \"ALTER ROLE a WITH PASSWORD 'abc'\"", "abc"),
            (
                "aws ssm put-parameter --name x --type SecureString \\\n  --value abc",
                "abc",
            ),
            (
                "aws ssm put-parameter --name x --value abc --type SecureString",
                "abc",
            ),
            ("echo abc | docker login -u me --password-stdin reg", "abc"),
            ("echo 'me:abc' | sudo chpasswd", "me:abc"),
        ] {
            assert_eq!(found(text), [wanted], "{text}");
        }
    }

    #[test]
    fn every_secret_of_a_text_is_covered_and_what_is_covered_already_stays() {
        assert_eq!(
            hidden("DB_PASS=abc x\nmysql -p'd e' y; curl -u me:pw z"),
            "DB_PASS=[redacted: password] x\nmysql -p'[redacted: password]' y; curl -u me:[redacted: password] z"
        );
        for text in [
            "TOKEN='[redacted: password]' x",
            "TOKEN='[red' x",
            "TOKEN=\"[secret token]\" x",
            "TOKEN=$TOKEN df -h",
        ] {
            assert_eq!(hidden(text), text);
        }
        for (text, wanted) in [
            (
                "vault login s.[redacted: vault-token]",
                "vault login [redacted: password]",
            ),
            (
                "vault login 's.[redacted: vault-token]'; DB_PASS=abc, x",
                "vault login '[redacted: password]'; DB_PASS=[redacted: password], x",
            ),
            (
                "TOKEN=hvs.[redacted: vault-token], API_KEY=ab[secret api_key]cd",
                "TOKEN=[redacted: password], API_KEY=[redacted: password]",
            ),
        ] {
            assert_eq!(hidden(text), wanted);
            assert_eq!(hidden(wanted), wanted);
        }
        // What only the rules know, and what only the names tell.
        let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        let kept = kept(&format!("aws {key} && DB_PASS=abc x"));
        assert!(!kept.contains(&key) && !kept.contains("abc"), "{kept}");
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
            "COMPASS=abc BYPASS=abc run",
            "DB_PASS=$(pass show db) run; DB_PASS=\"$X\" run; pass=0",
            "aws secretsmanager create-secret --secret-string file://s.json",
            "aws ssm put-parameter --name x --type String --value abc",
            "aws ssm put-parameter --type SecureString --value \"$X\"; aws x --value abc",
            "echo \"$X\" | docker login --password-stdin; echo abc | tee x",
            "mongosh -u me -p --eval x; oc login; redis-cli -h h ping",
            "psql -c \"ALTER USER a RESET ALL\"; pass show db",
            "vault login; vault login -method=userpass username=me; vault login -; vault login \"$T\"",
            "cd \"$PWD\"; OLDPWD=/x PWD=/srv",
        ] {
            let found = found(text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
        assert!(is_sample("YOUR_TOKEN") && is_sample("changeme") && is_sample("xxxx") && !is_sample("abc"));
    }
}
