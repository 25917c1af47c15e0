//! Secrets are covered in every text of a report, by the rules of the recordings and by what tells one in a command that was
//! typed. One place does it, over the finished document, so that no field can forget to.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Evidence, Report};
use crate::recording::redaction::{Redactor, Rules, telling};
use crate::runbook::{hidden, literals};

/// What stands for a secret that is known from elsewhere.
const ELSEWHERE: &str = "[redacted]";
/// How every word begins that stands for one.
const COVERED: &str = "[redacted";

pub struct Cover {
    redactor: Redactor,
    /// What was found to be secret so far, and is so wherever it stands; the longest first.
    known: BTreeSet<(Reverse<usize>, String)>,
}

impl Cover {
    pub fn new(rules: Arc<Rules>) -> Cover {
        Cover {
            redactor: Redactor::new(rules),
            known: BTreeSet::new(),
        }
    }

    /// The text as it may be given away.
    pub fn text(&mut self, text: &str) -> String {
        let (covered, found) = self.redactor.text(text);
        let typed = literals(&covered)
            .into_iter()
            .map(|(_, at)| covered[at].to_owned());
        let found: Vec<String> = found.into_iter().chain(typed).collect();
        let values = found.iter().flat_map(|secret| telling(secret));
        let values: Vec<_> = values.filter(|value| !value.contains(COVERED)).collect();
        self.known.extend(
            values
                .into_iter()
                .map(|value| (Reverse(value.len()), value.to_owned())),
        );
        let hidden = hidden(&covered);
        self.known.iter().fold(hidden, |text, (_, secret)| {
            text.replace(secret.as_str(), ELSEWHERE)
        })
    }

    fn one(&mut self, text: &mut String) {
        *text = self.text(text);
    }

    fn some(&mut self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.one(text);
        }
    }

    /// Says so where the text is no longer what has its hash.
    fn evidence(&mut self, evidence: &mut Evidence) {
        self.one(&mut evidence.title);
        let whole = evidence.text.clone();
        self.one(&mut evidence.text);
        evidence.covered |= evidence.text != whole;
    }

    /// Everything in it that a person or a machine wrote freely. What is found to be secret in one place is covered in
    /// those before it as well.
    pub(super) fn report(&mut self, report: &mut Report) {
        self.all(report);
        self.all(report);
    }

    fn all(&mut self, report: &mut Report) {
        self.one(&mut report.title);
        self.one(&mut report.opened_by);
        if let Some(alarm) = &mut report.impact.alarm {
            self.one(&mut alarm.name);
            self.some(&mut alarm.reason);
            for value in alarm.dimensions.values_mut() {
                self.one(value);
            }
        }
        for target in &mut report.impact.targets {
            for field in [
                &mut target.name,
                &mut target.environment,
                &mut target.service,
                &mut target.team,
                &mut target.from,
            ] {
                self.some(field);
            }
        }
        for automation in &mut report.impact.unsettled {
            self.one(&mut automation.document);
        }
        for text in report.impact.services.iter_mut().chain(&mut report.impact.teams) {
            self.one(text);
        }
        for person in &mut report.people {
            self.one(&mut person.name);
            self.some(&mut person.from);
            person.roles.iter_mut().for_each(|role| self.one(role));
        }
        for item in &mut report.timeline {
            self.one(&mut item.says);
            self.some(&mut item.command);
            self.some(&mut item.who);
            self.some(&mut item.from);
            if let Some(target) = &mut item.target {
                self.some(&mut target.name);
            }
        }
        for evidence in &mut report.evidence {
            self.evidence(evidence);
        }
        for tape in &mut report.recordings {
            self.one(&mut tape.target);
            self.some(&mut tape.who);
            if let Some(trust) = &mut tape.trust {
                self.one(&mut trust.says);
            }
        }
        for text in report.warnings.iter_mut().chain(&mut report.journal.faults) {
            self.one(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::run::Outcome;

    #[test]
    fn a_secret_that_was_typed_is_covered_however_short_it_is() {
        let mut cover = Cover::new(Arc::new(Rules::new(&[]).unwrap()));
        let text = "PGPASSWORD=pw psql -l\ncurl -u me:pw localhost\nDB_PASS=pw run";
        let covered = text.replace("pw", "[redacted: password]");
        assert_eq!(cover.text(text), covered);
    }

    #[test]
    fn what_is_secret_in_one_place_is_so_in_all_others() {
        let mut cover = Cover::new(Arc::new(Rules::new(&[]).unwrap()));
        let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        assert_eq!(cover.text("x_AKIAIOSFODNN7EXAMPLE"), format!("x_{key}"));
        assert_eq!(
            cover.text(&format!("id {key}.")),
            "id AKIA[redacted: aws-access-key]."
        );
        assert_eq!(cover.text(&format!("x_{key}")), "x_AKIA[redacted]");
        cover.text("mysql -u root -p'n1ghtWatch' shop");
        assert_eq!(cover.text("grant n1ghtWatch to shop"), "grant [redacted] to shop");
        cover.text("password=required");
        assert_eq!(cover.text("a reason is required"), "a reason is required");
    }

    #[test]
    fn secrets_side_by_side_and_within_one_another_are_covered_once_each() {
        let mut cover = Cover::new(Arc::new(Rules::new(&[]).unwrap()));
        for (text, covered) in [
            (
                "vault login s.AbCdEf0123456789XyZ12345",
                "vault login [redacted: password]",
            ),
            (
                "vault login 's.AbCdEf0123456789XyZ12345'; password=hunter2secret9, TOKEN=abc, done",
                "vault login '[redacted: password]'; password=[redacted: password], TOKEN=[redacted: password], done",
            ),
            (
                "DB_PASS=\"ab c\" PGPASSWORD=hunter2secret9 curl -u me:pw localhost",
                "DB_PASS=\"[redacted: password]\" PGPASSWORD=[redacted: password] curl -u me:[redacted: password] localhost",
            ),
        ] {
            assert_eq!(cover.text(text), covered);
            assert_eq!(cover.text(covered), covered);
        }
    }

    #[test]
    fn evidence_with_a_secret_in_it_says_that_it_is_covered() {
        let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        let mut cover = Cover::new(Arc::new(Rules::new(&[]).unwrap()));
        for (text, covered) in [(format!("id {key}\n"), true), ("all is well\n".to_owned(), false)] {
            let mut evidence = Evidence {
                run: "r1".into(),
                step: "look".into(),
                title: String::new(),
                target: "local".into(),
                outcome: Outcome::Success,
                failed: false,
                text,
                sha256: String::new(),
                bytes: 0,
                printed: None,
                left_out: 0,
                ok: true,
                covered: false,
            };
            cover.evidence(&mut evidence);
            assert_eq!((evidence.covered, evidence.text.contains(&key)), (covered, false));
        }
    }
}
