//! What stands in a draft where a secret was typed: `"$pgpassword"`, so that a run asks for it and no command holds it. What
//! covers a secret on a screen is as wide as the secret was and would be run as it stands.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::literal::{LOGIN, literals};
use super::super::placeholder::name;
use super::super::shell::{Context, Script};

/// A secret of fewer bytes may stand elsewhere by chance.
const TELLING: usize = 8;

/// The secrets that were met, each with the name that it was given.
#[derive(Default)]
pub struct Secrets {
    known: Vec<(String, String)>,
}

/// What stands where a secret was covered before it was written: by a run with what it is called there, in a recording cut to
/// the secret's width.
static COVERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\[secret ([\w.-]+)\]|\[redacted(?: ([\w.-]+))?\]|\[redact(?:ed(?::(?: [\w-]*(?:\]\**)?)?)?)?",
    )
    .ok()
});

impl Secrets {
    /// Their names, in the order in which they were met.
    pub fn names(&self) -> Vec<&str> {
        self.known.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// A whole command with a variable for each secret that was found: the rule's name, and bytes.
    pub fn replaced(&mut self, text: &str, found: &[(String, Range<usize>)]) -> String {
        let covered = COVERED.iter().flat_map(|regex| regex.captures_iter(text));
        let mut found: Vec<(&str, Range<usize>)> = found
            .iter()
            .map(|(rule, at)| (rule.as_str(), at.clone()))
            .chain(covered.filter_map(|covered| {
                let called = covered.get(1).or(covered.get(2));
                let called = called.map_or("secret", |called| called.as_str());
                Some((called, covered.get(0)?.range()))
            }))
            .chain(literals(text))
            .chain(self.met_again(text))
            .collect();
        // Of two that begin together the longer one covers both.
        found.sort_by_key(|(_, at)| (at.start, std::cmp::Reverse(at.end)));
        let (mut places, mut names) = (Vec::new(), Vec::new());
        let mut from = 0;
        for (rule, at) in found {
            let Some(before) = text.get(from..at.start).map(without_prefix) else {
                continue;
            };
            let at = from + before.len()..at.end;
            let Some(secret) = text.get(at.clone()) else {
                continue;
            };
            names.push(self.name_of(secret, &text[..at.start], rule));
            from = at.end;
            places.push(at);
        }
        let script = Script::parse(text, &places);
        let mut replaced = String::new();
        let mut from = 0;
        for (at, name) in places.iter().zip(&names) {
            replaced.push_str(&text[from..at.start]);
            replaced.push_str(&referred(name, script.context_of(at), &text[at.end..]));
            from = at.end;
        }
        replaced.push_str(&text[from..]);
        replaced
    }

    /// Where those that are known stand once more, behind whatever they do.
    fn met_again(&self, text: &str) -> Vec<(&'static str, Range<usize>)> {
        let telling = self.known.iter().map(|(_, secret)| secret);
        let telling = telling.filter(|secret| secret.len() >= TELLING && !secret.starts_with('['));
        telling
            .flat_map(|secret| text.match_indices(secret.as_str()))
            .map(|(at, secret)| ("secret", at..at + secret.len()))
            .collect()
    }

    /// One name for one secret, with a number behind it where another has it.
    fn name_of(&mut self, secret: &str, before: &str, rule: &str) -> String {
        let met = self.known.iter().find(|(_, known)| known == secret);
        if let Some((name, _)) = met.filter(|_| secret.len() >= TELLING && !secret.starts_with('[')) {
            return name.clone();
        }
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

/// A variable as the shell expands it in its place. Where it expands none a placeholder stands, which a run refuses.
fn referred(name: &str, context: Context, behind: &str) -> String {
    let goes_on = behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let bare = match goes_on {
        true => format!("${{{name}}}"),
        false => format!("${name}"),
    };
    match context {
        Context::Bare => format!("\"${name}\""),
        Context::Single => format!("'\"${name}\"'"),
        Context::Double | Context::Heredoc { quoted: false } => bare,
        Context::Heredoc { quoted: true } | Context::Comment | Context::Undecided => format!("<{name}>"),
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
        _ if is_address || rule == LOGIN => "password".to_owned(),
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
    use crate::runbook::plan::Plan;
    use crate::runbook::run::{Need, Purse};
    use crate::runbook::{Values, blocks};

    fn replaced(secrets: &mut Secrets, text: &str) -> String {
        let rules = Arc::new(Rules::new(&[]).unwrap());
        secrets.replaced(text, &rules.secrets(text))
    }

    #[test]
    fn a_secret_becomes_a_variable_that_its_place_expands() {
        for (typed, wanted) in [
            (
                "export PGPASSWORD=hunter2hunter2",
                "export PGPASSWORD=\"$pgpassword\"",
            ),
            (
                "curl -H \"Authorization: Bearer abcdef0123456789\" localhost:9",
                "curl -H \"Authorization: Bearer $token\" localhost:9",
            ),
            (
                "ssh web 'curl -H \"Authorization: Bearer abcdef0123456789\" localhost:9'",
                "ssh web 'curl -H \"Authorization: Bearer '\"$token\"'\" localhost:9'",
            ),
            (
                "cat > ~/x <<E\npassword=hunter2hunter2\nE",
                "cat > ~/x <<E\npassword=$password\nE",
            ),
            (
                "cat > ~/x <<'E'\npassword=hunter2hunter2\nE",
                "cat > ~/x <<'E'\npassword=<password>\nE",
            ),
            (
                "mysql -u root -phunter2hunter2 db",
                "mysql -u root -p\"$password\" db",
            ),
            (
                "mysql --password=hunter2secret -e status",
                "mysql --password=\"$password\" -e status",
            ),
            (
                "psql postgres://app:hunter2@db/x",
                "psql postgres://app:\"$password\"@db/x",
            ),
            (
                "gh auth ghp_abcdefghij0123456789abcd",
                "gh auth \"$github_token\"",
            ),
            (
                "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
                "export AWS_ACCESS_KEY_ID=\"$aws_access_key_id\"",
            ),
            (
                "echo 비번 && export PGPASSWORD=hunter2hunter2; df",
                "echo 비번 && export PGPASSWORD=\"$pgpassword\"; df",
            ),
            ("curl -u me:pass localhost", "curl -u me:\"$password\" localhost"),
            (
                "curl -u 'me:p w' localhost",
                "curl -u 'me:'\"$password\"'' localhost",
            ),
            ("TOKEN=abc run", "TOKEN=\"$token\" run"),
            ("TOKEN='a b' run", "TOKEN=''\"$token\"'' run"),
            ("API_TOKEN=\"abc def\" run", "API_TOKEN=\"$api_token\" run"),
            (
                "curl -H 'Authorization: Bearer abc' localhost",
                "curl -H 'Authorization: Bearer '\"$token\"'' localhost",
            ),
            (
                "curl -d '{\"token\": \"abc\"}' localhost",
                "curl -d '{\"token\": \"'\"$token\"'\"}' localhost",
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
                "export PGPASSWORD=\"$pgpassword\"",
            ),
            (
                "curl -H \"X: Bearer [redacted: beare\" h",
                "curl -H \"X: Bearer $token\" h",
            ),
            (
                "login --token [redacted: password]**** -v",
                "login --token \"$token\" -v",
            ),
            (
                "psql postgres://app:[redact@db/x",
                "psql postgres://app:\"$password\"@db/x",
            ),
            ("ldapwhoami -x [secret db-pw] -v", "ldapwhoami -x \"$db_pw\" -v"),
            (
                "ldapwhoami -x [redacted api_pw] -v",
                "ldapwhoami -x \"$api_pw\" -v",
            ),
            ("ldapwhoami -x [redacted] -v", "ldapwhoami -x \"$secret\" -v"),
        ] {
            assert_eq!(replaced(&mut Secrets::default(), seen), wanted);
        }
    }

    #[test]
    fn a_secret_that_was_met_is_covered_wherever_it_stands() {
        let mut secrets = Secrets::default();
        let typed = ["ldapwhoami -x hunter2hunter2", "export PW_TOKEN=hunter2hunter2"];
        typed.iter().for_each(|typed| drop(replaced(&mut secrets, typed)));
        let again = typed.map(|typed| replaced(&mut secrets, typed));
        assert_eq!(
            again,
            ["ldapwhoami -x \"$pw_token\"", "export PW_TOKEN=\"$pw_token\""]
        );
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
        assert_eq!(wanted, ["$a_token", "$a_token_2"]);
        let plan = Plan::parse(Path::new("t.md"), "t.md", &text).unwrap();
        let equip = |purse: &Purse| {
            let mut steps = plan.steps.iter();
            steps.try_fold(Vec::new(), |mut told, step| {
                let filled = purse.equip(&plan.manifest, step, &Values::new(), false)?;
                told.extend(filled.secrets);
                Ok::<_, Need>(told)
            })
        };
        let mut purse = Purse::default();
        assert!(matches!(equip(&purse), Err(Need::Secret(wanted)) if wanted == "a_token"));
        for name in secrets.names() {
            purse.set_secret(name, zeroize::Zeroizing::new("hush".into()));
        }
        let told = equip(&purse).unwrap();
        assert!(
            ["a_token", "a_token_2"]
                .iter()
                .all(|name| told.contains(&(*name).to_owned())),
            "{told:?}"
        );
    }
}
