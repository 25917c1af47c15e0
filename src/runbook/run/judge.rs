//! Whether a step did what its page promises, by its exit code and its output, and what that output leaves for later steps.

use super::record::Cut;
use super::step::Task;
use crate::runbook::expect;

impl Task {
    /// What looks for the text that the page expects.
    pub(super) fn watch(&self) -> Option<expect::Watch> {
        self.step.attributes.expect.as_deref().map(expect::Watch::of)
    }

    /// What the output of a document leaves for later steps. What AWS cut can be expected, but a part of a value is none.
    pub(super) fn judge(
        &self,
        code: i32,
        output: &str,
        is_cut: bool,
    ) -> Result<Option<(String, String)>, expect::Unmet> {
        let wanted = self.step.attributes.expect.as_deref();
        let sought = || wanted.map_or(Ok(()), |wanted| expect::text(output, wanted));
        if let Some(capture) = self.step.attributes.capture.as_ref().filter(|_| is_cut) {
            self.met(code, output, sought, None)?;
            let says = format!("AWS cut the output, and {} would be a part of it", capture.name);
            return Err(expect::Unmet::Capture(says));
        }
        self.judge_heard(code, output, sought, None)
    }

    /// The same of a shell, of whose output `cut` may be missing in the text; `sought` tells what is in all of it.
    pub(super) fn judge_heard(
        &self,
        code: i32,
        text: &str,
        sought: impl FnOnce() -> Result<(), expect::Unmet>,
        cut: Option<Cut>,
    ) -> Result<Option<(String, String)>, expect::Unmet> {
        self.met(code, text, sought, cut)?;
        let captured = match (&self.step.attributes.capture, cut) {
            (None, _) => return Ok(None),
            (Some(capture), Some(cut)) => return Err(expect::captured_of_cut(cut.printed, capture)),
            (Some(capture), None) => (capture.name.clone(), expect::captured(text, capture)?),
        };
        Ok(Some(captured))
    }

    /// Whether the output is what the page promises.
    fn met(
        &self,
        code: i32,
        text: &str,
        sought: impl FnOnce() -> Result<(), expect::Unmet>,
        cut: Option<Cut>,
    ) -> Result<(), expect::Unmet> {
        self.wanted_exit(code)?;
        expect::asked(code, text, self.step.attributes.exits.as_ref())?;
        sought()?;
        let Some(sample) = &self.step.sample else {
            return Ok(());
        };
        expect::sample(text, sample).map_err(|unmet| match cut {
            None => unmet,
            Some(cut) => expect::Unmet::Unsure {
                unmet: Box::new(unmet),
                left_out: cut.left_out,
            },
        })
    }
}
