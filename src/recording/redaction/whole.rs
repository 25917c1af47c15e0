//! Secrets in a text that stands by itself and keeps no columns: one word stands there, the same however long the secret
//! was. On a screen and in its stream the columns must stay, and so the mask is as wide as the secret there.

use super::{Redactor, Rules};

/// Characters from which on a value is one that stands for nothing else.
const TELLING: usize = 8;

impl Redactor {
    /// The text with a word for each secret, and the secrets.
    pub fn text(&mut self, text: &str) -> (String, Vec<String>) {
        let (mut out, mut found, mut from) = (Vec::with_capacity(text.len()), Vec::new(), 0);
        let bytes = text.as_bytes();
        for (rule, at) in self.secrets(bytes) {
            // One may lie in another's gaps.
            if at.start < from {
                continue;
            }
            out.extend_from_slice(&bytes[from..at.start]);
            out.extend_from_slice(word(self.rules(), rule).as_bytes());
            found.push(String::from_utf8_lossy(&bytes[at.clone()]).into_owned());
            from = at.end;
        }
        out.extend_from_slice(&bytes[from..]);
        (String::from_utf8_lossy(&out).into_owned(), found)
    }
}

fn word(rules: &Rules, rule: usize) -> String {
    format!("[redacted: {}]", rules.name(rule))
}

/// What of a secret is hidden wherever else it stands: its lines that are no common words.
pub fn telling(secret: &str) -> impl Iterator<Item = &str> {
    secret.lines().map(str::trim).filter(|line| {
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
    fn common_words_stand_for_nothing_else() {
        let of = |secret| telling(secret).collect::<Vec<&str>>();
        assert_eq!(of("production"), Vec::<&str>::new());
        assert_eq!(of("2026-11-22"), Vec::<&str>::new());
        assert_eq!(of("IOSFODNN7EXAMPLE"), ["IOSFODNN7EXAMPLE"]);
        assert_eq!(of("\nMIIEow1B\n-----END PRIVATE KEY 1-----"), ["MIIEow1B"]);
    }
}
