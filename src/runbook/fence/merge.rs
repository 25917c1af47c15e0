//! What a comment says and what its fence says, as one. Nothing that asks for more is lost: the higher level of confirmation
//! holds, and what cannot hold together is refused.

use super::{Attributes, BadAttribute, Kind, On, bad};

/// One of two, both where they are the same.
fn one<T: PartialEq>(key: &str, fence: Option<T>, comment: Option<T>) -> Result<Option<T>, BadAttribute> {
    match (fence, comment) {
        (Some(fence), Some(comment)) if fence != comment => {
            Err(bad(key, "", "the comment above says it otherwise: say it once"))
        }
        (fence, comment) => Ok(fence.or(comment)),
    }
}

fn all(mut fence: Vec<String>, comment: Vec<String>) -> Vec<String> {
    for word in comment {
        if !fence.contains(&word) {
            fence.push(word);
        }
    }
    fence
}

impl Attributes {
    /// Both together.
    pub fn merged(self, comment: Attributes) -> Result<Attributes, BadAttribute> {
        let kind = |said: Kind| (said != Kind::Untold).then_some(said);
        let on = |said: On| (said != On::Untold).then_some(said);
        Ok(Attributes {
            name: one("name", self.name, comment.name)?,
            kind: one("kind", kind(self.kind), kind(comment.kind))?.unwrap_or_default(),
            on: one("on", on(self.on), on(comment.on))?.unwrap_or_default(),
            confirm: self.confirm.max(comment.confirm),
            concurrency: one("concurrency", self.concurrency, comment.concurrency)?,
            max_errors: one("max-errors", self.max_errors, comment.max_errors)?,
            timeout: one("timeout", self.timeout, comment.timeout)?,
            exits: one("expect-exit", self.exits, comment.exits)?,
            expect: one("expect", self.expect, comment.expect)?,
            retry: one("retry", self.retry, comment.retry)?,
            tty: self.tty || comment.tty,
            capture: one("capture", self.capture, comment.capture)?,
            redact: one("redact", self.redact, comment.redact)?,
            when: one("when", self.when, comment.when)?,
            needs: all(self.needs, comment.needs),
            rollback: one("rollback", self.rollback, comment.rollback)?,
            cwd: one("cwd", self.cwd, comment.cwd)?,
            interpreter: one("interpreter", self.interpreter, comment.interpreter)?,
            background: self.background || comment.background,
            excluded: self.excluded || comment.excluded,
            tags: all(self.tags, comment.tags),
            strangers: all(self.strangers, comment.strangers),
        })
    }
}
