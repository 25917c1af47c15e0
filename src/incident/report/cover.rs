//! Secrets are covered in every text of a report, by the rules of the recordings. One place does it, over the finished
//! document, so that no field can forget to.

use std::sync::Arc;

use super::Report;
use crate::recording::redaction::{Redactor, Rules};

pub struct Cover(Redactor);

impl Cover {
    pub fn new(rules: Arc<Rules>) -> Cover {
        Cover(Redactor::new(rules))
    }

    /// The text as it may be given away.
    pub fn text(&mut self, text: &str) -> String {
        // Texts are covered one by one: a line feed parts each from the one before it.
        self.0.feed(b"\n");
        self.0.feed(text.as_bytes());
        self.0.finish();
        let mut out = Vec::with_capacity(text.len() + 1);
        self.0.take_ready(&mut out);
        self.0.take_found();
        String::from_utf8_lossy(out.get(1..).unwrap_or_default()).into_owned()
    }

    fn one(&mut self, text: &mut String) {
        *text = self.text(text);
    }

    fn some(&mut self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.one(text);
        }
    }

    /// Everything in it that a person or a machine wrote freely.
    pub(super) fn report(&mut self, report: &mut Report) {
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
            ] {
                self.some(field);
            }
        }
        for text in report.impact.services.iter_mut().chain(&mut report.impact.teams) {
            self.one(text);
        }
        for person in &mut report.people {
            self.one(&mut person.name);
            person.roles.iter_mut().for_each(|role| self.one(role));
        }
        for item in &mut report.timeline {
            self.one(&mut item.says);
            self.some(&mut item.who);
            self.some(&mut item.from);
            if let Some(target) = &mut item.target {
                self.some(&mut target.name);
            }
        }
        for evidence in &mut report.evidence {
            self.one(&mut evidence.title);
            self.one(&mut evidence.text);
        }
        for tape in &mut report.recordings {
            self.one(&mut tape.target);
            self.some(&mut tape.who);
        }
        for text in report.warnings.iter_mut().chain(&mut report.journal.faults) {
            self.one(text);
        }
    }
}
