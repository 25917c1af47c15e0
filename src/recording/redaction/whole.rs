//! Secrets in a text that stands by itself and keeps no columns: one word stands there, the same however long the secret
//! was. On a screen and in its stream the columns must stay, and so the mask is as wide as the secret there.

use std::ops::Range;

use super::{Redactor, Rules};

/// Characters from which on a value is one that stands for nothing else.
const TELLING: usize = 8;

impl Redactor {
    /// The text with a word for each secret, and the secrets.
    pub fn text(&mut self, text: &str) -> (String, Vec<String>) {
        let (mut out, mut found, mut from) = (Vec::with_capacity(text.len()), Vec::new(), 0);
        let bytes = text.as_bytes();
        for (rule, mut at) in self.secrets(bytes) {
            // One may lie in another's gaps, or begin in another.
            at.start = at.start.max(from);
            if at.end <= at.start {
                continue;
            }
            at.end = without_comma(text, at.start..end_of_word(text, &at));
            out.extend_from_slice(&bytes[from..at.start]);
            out.extend_from_slice(word(self.rules(), rule).as_bytes());
            found.push(String::from_utf8_lossy(&bytes[at.clone()]).into_owned());
            from = at.end;
        }
        out.extend_from_slice(&bytes[from..]);
        (String::from_utf8_lossy(&out).into_owned(), found)
    }
}

/// Where a secret ends: behind the whole word that stands in it for another one, which has blanks of its own.
pub fn end_of_word(text: &str, at: &Range<usize>) -> usize {
    let begins = |word: &str| text[at.start..at.end].rfind(word).map(|from| at.start + from);
    let word = ["[redacted", "[secret"].into_iter().filter_map(begins).max();
    let closed = word.and_then(|from| Some(from + text[from..].lines().next()?.find(']')? + 1));
    let Some(closed) = closed.filter(|closed| *closed > at.end) else {
        return at.end;
    };
    // The blanks of the word had cut it short: what goes on behind it is of the secret.
    let ends = |c: char| c.is_whitespace() || "\"'`;&|<>(),]@".contains(c);
    closed + text[closed..].find(ends).unwrap_or(text.len() - closed)
}

/// Where it ends if the commas that stand between it and what follows are none of it.
fn without_comma(text: &str, at: Range<usize>) -> usize {
    let is_over = text[at.end..].chars().next().is_none_or(char::is_whitespace);
    let bare = text[at.clone()].trim_end_matches(',').len();
    match is_over && bare > 0 {
        true => at.start + bare,
        false => at.end,
    }
}

fn word(rules: &Rules, rule: usize) -> String {
    format!("[redacted: {}]", rules.name(rule))
}

/// What closes a sentence or a bracket. A secret may end in it, or stand before it: `password=X, now`, `(password=X)`.
const CLOSING: [char; 8] = [',', '.', ':', ';', '!', '?', ')', ']'];

/// What of a secret is hidden wherever else it stands: its lines that are no common words, as they are and without what may
/// be of the sentence around them.
pub fn telling(secret: &str) -> impl Iterator<Item = &str> {
    let lines = secret.lines().map(str::trim);
    let both = lines.flat_map(|line| {
        let bare = line.trim_end_matches(CLOSING);
        std::iter::once(line).chain((bare != line).then_some(bare))
    });
    both.filter(|line| {
        let has = |is: fn(&u8) -> bool| line.bytes().any(|byte| is(&byte));
        line.chars().count() >= TELLING
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && !line.starts_with("-----")
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_word_is_the_same_however_long_the_secret_is() {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        for secret in ["abc", "hunter22", "a-very-long-one-that-goes-on-and-on"] {
            let covered = rules.redact(&format!("mysql -u root -p'{secret}' shop; password={secret} x"));
            assert_eq!(
                covered,
                "mysql -u root -p'[redacted: password]' shop; password=[redacted: password] x"
            );
            assert_eq!(rules.redact(&covered), covered);
        }
        let key = [
            "-----BEGIN PRIVATE KEY-----",
            "MIIEowIBAAKCAQEAt0",
            "-----END PRIVATE KEY-----",
        ]
        .join("\n");
        assert_eq!(
            rules.redact(&format!("{key}\n$ date")),
            "-----BEGIN PRIVATE KEY-----[redacted: private-key]\n$ date"
        );
        let title = "\u{1b}]0;mysql --password=hunter2\u{7}$ ";
        assert_eq!(
            rules.redact(title),
            "\u{1b}]0;mysql --password=[redacted: password]\u{7}$ "
        );
        for (text, covered) in [
            (
                "vault login s.AbCdEf0123456789XyZ12345",
                "vault login s.[redacted: vault-token]",
            ),
            (
                "vault login -no-print s.AbCdEf0123456789XyZ12345",
                "vault login -no-print s.[redacted: vault-token]",
            ),
            (
                "vault unwrap hvs.CAESIJ0123456789abcdefgh",
                "vault unwrap hvs.[redacted: vault-token]",
            ),
        ] {
            assert_eq!(rules.redact(text), covered);
        }
        assert_eq!(rules.redact("all is well"), "all is well");
    }

    #[test]
    fn what_was_covered_before_is_covered_whole_or_not_at_all() {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        for (text, covered) in [
            (
                "password=hvs.[redacted: vault-token], then",
                "password=[redacted: password], then",
            ),
            (
                "--password x9[secret token] -v",
                "--password [redacted: password] -v",
            ),
            ("password: ab[redacted] c", "password: [redacted: password] c"),
            (
                "password=ab[redacted: x]cd9, secret=ef[secret y]gh",
                "password=[redacted: password], secret=[redacted: password]",
            ),
            (
                "psql postgres://me:ab[redacted]@db/x",
                "psql postgres://me:[redacted: url-password]@db/x",
            ),
            (
                "password: [redacted: vault-token] c",
                "password: [redacted: vault-token] c",
            ),
        ] {
            assert_eq!(rules.redact(text), covered);
        }
        for text in [
            "password=hvs.CAESIJ0123456789abcdefgh, then",
            "export TOKEN_SECRET=ghp_0123456789abcdefghij0123 x",
        ] {
            let twice = rules.redact(&rules.redact(text));
            assert_eq!(twice.matches('[').count(), twice.matches(']').count(), "{twice}");
            assert!(
                !twice.contains("CAESI") && !twice.contains("abcdefghij"),
                "{twice}"
            );
        }
    }

    #[test]
    fn secrets_side_by_side_keep_what_stands_between_them() {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        for (text, covered) in [
            (
                "password=hunter2secret9, token: 'correct-horse-9', then",
                "password=[redacted: password], token: '[redacted: token]', then",
            ),
            (
                "password=\"hunter2secret9\",secret=other2secret9,",
                "password=\"[redacted: password]\",secret=[redacted: password],",
            ),
            (
                "password: a,b,c1, secret: d,",
                "password: [redacted: password], secret: d,",
            ),
            (
                "vault login s.AbCdEf0123456789XyZ12345, then",
                "vault login s.[redacted: vault-token], then",
            ),
        ] {
            assert_eq!(rules.redact(text), covered);
            assert_eq!(rules.redact(covered), covered);
        }
    }

    #[test]
    fn common_words_stand_for_nothing_else() {
        let of = |secret| telling(secret).collect::<Vec<&str>>();
        assert_eq!(of("production"), Vec::<&str>::new());
        assert_eq!(of("2026-11-22"), Vec::<&str>::new());
        assert_eq!(of("IOSFODNN7EXAMPLE"), ["IOSFODNN7EXAMPLE"]);
        assert_eq!(of("\nMIIEow1B\n-----END PRIVATE KEY 1-----"), ["MIIEow1B"]);
    }

    #[test]
    fn a_secret_is_known_without_the_sign_that_closes_what_it_stands_in() {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        for text in [
            "was told Approve password=hunter2secret9, execution ID",
            "(password=hunter2secret9)",
            "x --password=hunter2secret9, now",
            "x --password hunter2secret9: it failed",
            "password: hunter2secret9.",
            "[token: hunter2secret9]",
        ] {
            let (covered, found) = Redactor::new(rules.clone()).text(text);
            assert!(!covered.contains("hunter2"), "{covered}");
            let all: Vec<&str> = found.iter().flat_map(|secret| telling(secret)).collect();
            assert!(all.contains(&"hunter2secret9"), "{text}: {all:?}");
        }
        let of = |secret| telling(secret).collect::<Vec<&str>>();
        assert_eq!(of("hunter2secret!"), ["hunter2secret!", "hunter2secret"]);
        assert_eq!(of("hunt2er,"), ["hunt2er,"]);
    }

    #[test]
    fn what_is_called_a_token_is_one_where_it_looks_like_one() {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        for text in [
            "token: hunter2secret9",
            "Token: \"correct-horse-battery\"",
            "{\"token\": \"hunter2secret9\"}",
            "token: 'hunter2secret9'",
            "token:      1a2b3c4d5e6f",
        ] {
            let covered = rules.redact(text);
            assert!(covered.contains("[redacted: token]"), "{covered}");
            assert!(
                !covered.contains("hunter2") && !covered.contains("horse"),
                "{covered}"
            );
            assert_eq!(rules.redact(&covered), covered);
        }
        for text in [
            "invalid token: unexpected end of input",
            "unexpected token: '}'",
            "token: none",
            "token: $TOKEN",
            "token: \"${TOKEN_1}\"",
            "tokens: 12345678",
            "token: <your-token-1>",
        ] {
            assert_eq!(rules.redact(text), text);
        }
    }
}
