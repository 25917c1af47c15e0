//! What stands in a draft where a secret was typed: `<pgpassword>`, so that a run asks for it. What covers a secret on a
//! screen is as wide as the secret was and would be run as it stands.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::placeholder::name;

/// The secrets that were met, each with the name that it was given.
#[derive(Default)]
pub struct Secrets {
    known: Vec<(String, String)>,
}

/// What a recording has where a secret was covered before it was written, cut to the secret's width.
static COVERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[redact(?:ed(?::(?: [\w-]*(?:\]\**)?)?)?)?").ok());

impl Secrets {
    /// Their names, in the order in which they were met.
    pub fn names(&self) -> Vec<&str> {
        self.known.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The text with a placeholder for each secret that was found: the rule's name, and bytes.
    pub fn replaced(&mut self, text: &str, found: &[(String, Range<usize>)]) -> String {
        let covered = COVERED.iter().flat_map(|regex| regex.find_iter(text));
        let mut found: Vec<(&str, Range<usize>)> = found
            .iter()
            .map(|(rule, at)| (rule.as_str(), at.clone()))
            .chain(covered.map(|covered| ("secret", covered.range())))
            .collect();
        found.sort_by_key(|(_, at)| at.start);
        let mut replaced = String::new();
        let mut from = 0;
        for (rule, at) in found {
            let Some(before) = text.get(from..at.start).map(without_prefix) else {
                continue;
            };
            let Some(secret) = text.get(from + before.len()..at.end) else {
                continue;
            };
            let name = self.name_of(secret, &text[..from + before.len()], rule);
            replaced.push_str(&format!("{before}<{name}>"));
            from = at.end;
        }
        replaced.push_str(text.get(from..).unwrap_or_default());
        replaced
    }

    /// One name for one secret, with a number behind it where another has it.
    fn name_of(&mut self, secret: &str, before: &str, rule: &str) -> String {
        let first = named(before, rule);
        let mut name = first.clone();
        for nth in 2.. {
            match self.known.iter().find(|(known, _)| *known == name) {
                None => {
                    self.known.push((name.clone(), secret.to_owned()));
                    break;
                }
                Some((_, known)) if known == secret => break,
                Some(_) => name = format!("{first}_{nth}"),
            }
        }
        name
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Without the letters that tell a secret's kind and are typed with it, as `ghp_`; the letter of an option is none.
fn without_prefix(before: &str) -> &str {
    let bare = before.trim_end_matches(is_word);
    match before[bare.len()..].starts_with('-') {
        true => before,
        false => bare,
    }
}

/// What a secret is called by what stands before it, else by its rule.
fn named(before: &str, rule: &str) -> String {
    let quotes = ['"', '\'', ' ', '\t'];
    let bare = before.trim_end_matches(quotes);
    let key = bare.trim_end_matches(['=', ':', '>']).trim_end_matches(quotes);
    let word = &key[key.trim_end_matches(is_word).len()..];
    let has_sign = key.len() < bare.len();
    let mut words = bare.split(char::is_whitespace);
    let is_address = words.next_back().is_some_and(|last| last.contains("://"));
    let called = match word.to_ascii_lowercase().as_str() {
        "bearer" => "token".to_owned(),
        "basic" => "credentials".to_owned(),
        _ if is_address => "password".to_owned(),
        word if has_sign || word.starts_with("--") => name(word),
        _ => name(rule),
    };
    match called.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => called,
        false => format!("secret_{called}").trim_end_matches('_').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::{Step, draft};
    use super::*;
    use crate::recording::redaction::Rules;
    use crate::runbook::blocks;
    use crate::runbook::plan::Plan;

    fn replaced(secrets: &mut Secrets, text: &str) -> String {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        secrets.replaced(text, &rules.secrets(text))
    }

    #[test]
    fn a_secret_becomes_a_placeholder() {
        for (typed, wanted) in [
            (
                "export PGPASSWORD=hunter2hunter2",
                "export PGPASSWORD=<pgpassword>",
            ),
            (
                "curl -H \"Authorization: Bearer abcdef0123456789\" localhost:9",
                "curl -H \"Authorization: Bearer <token>\" localhost:9",
            ),
            (
                "mysql -u root -phunter2hunter2 db",
                "mysql -u root -p<password> db",
            ),
            (
                "mysql --password=hunter2secret -e status",
                "mysql --password=<password> -e status",
            ),
            (
                "psql postgres://app:hunter2@db/x",
                "psql postgres://app:<password>@db/x",
            ),
            ("gh auth ghp_abcdefghij0123456789abcd", "gh auth <github_token>"),
            (
                "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
                "export AWS_ACCESS_KEY_ID=<aws_access_key_id>",
            ),
            (
                "echo 비번 && export PGPASSWORD=hunter2hunter2; df",
                "echo 비번 && export PGPASSWORD=<pgpassword>; df",
            ),
            ("df -h", "df -h"),
        ] {
            assert_eq!(replaced(&mut Secrets::default(), typed), wanted);
        }
    }

    #[test]
    fn what_was_covered_when_it_was_recorded_is_one_as_well() {
        for (seen, wanted) in [
            (
                "export PGPASSWORD=[redacted: pas",
                "export PGPASSWORD=<pgpassword>",
            ),
            (
                "curl -H \"X: Bearer [redacted: beare\" h",
                "curl -H \"X: Bearer <token>\" h",
            ),
            (
                "login --token [redacted: password]**** -v",
                "login --token <token> -v",
            ),
            (
                "psql postgres://app:[redact@db/x",
                "psql postgres://app:<password>@db/x",
            ),
        ] {
            assert_eq!(replaced(&mut Secrets::default(), seen), wanted);
        }
    }

    #[test]
    fn two_secrets_have_two_names_and_a_run_asks_for_both() {
        let mut secrets = Secrets::default();
        let typed = [
            "export A_TOKEN=hunter2hunter2",
            "export A_TOKEN=another7another",
            "export A_TOKEN=hunter2hunter2",
        ];
        let steps = typed.map(|typed| Step {
            command: replaced(&mut secrets, typed),
            ..Step::default()
        });
        let text = draft("T", &[], &steps, &secrets.names());
        let wanted: Vec<String> = blocks(&text)
            .into_iter()
            .flat_map(|block| block.placeholders)
            .collect();
        assert_eq!(wanted, ["<a_token>", "<a_token_2>"]);
        let plan = Plan::parse(Path::new("t.md"), "t.md", &text).unwrap();
        let variables = &plan.manifest.variables;
        assert!(variables["a_token"].is_secret() && variables["a_token_2"].is_secret());
    }
}
