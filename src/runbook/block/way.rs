//! Where a block's commands would not run where the page means them, or would not run at all: one of them opens a shell of
//! its own, its prompts are of more than one place, one of them leaves, or they are for no shell at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::opener::{self, Turn};
use super::super::promql;
use super::Block;

impl Block {
    /// Why it is for no shell, whatever its fence says.
    fn misread(&self) -> Option<String> {
        let query = self.commands.iter().find(|command| promql::is_query(command))?;
        let line = query.lines().next().unwrap_or_default();
        Some(format!(
            "`{line}` reads as PromQL, not as a shell command: label the fence promql"
        ))
    }

    /// Why it is run nowhere as it stands, whatever a run is told.
    pub fn obstacle(&self) -> Option<String> {
        self.barred(self.opened().as_ref())
    }

    /// The same, where it is known what it opens.
    pub(in super::super) fn barred(&self, opened: Option<&Turn>) -> Option<String> {
        if !self.is_closed {
            return self.doubt.clone();
        }
        if let Some(why) = self.misread() {
            return Some(why);
        }
        if let Some(line) = self.unfinished() {
            return Some(format!(
                "the command that begins with `{line}` is not whole: a quote, a here-document or a compound is never closed"
            ));
        }
        self.astray(opened)
    }

    /// The first of its commands that opens a shell or a prompt, and waits there for someone to type.
    pub(in super::super) fn opened(&self) -> Option<Turn> {
        match self.is_powershell() {
            true => None,
            false => opener::opened(&self.commands, &self.openers),
        }
    }

    /// Why its commands are not for one and the same shell, or not all of them are reached in it. `opened` is what it opens.
    fn astray(&self, opened: Option<&Turn>) -> Option<String> {
        if self.is_powershell() {
            return None;
        }
        if let Some(Turn { line, .. }) = opened.filter(|turn| turn.is_followed) {
            return Some(format!(
                "`{line}` opens a shell or a prompt of its own, and what stands behind it belongs there, not here: put it into \
                 that command (behind `--`, with -c, in quotes), or say on= for the machine"
            ));
        }
        if let Some((one, other)) = &self.moved {
            return Some(format!(
                "its prompts are of two places, `{one}` and `{other}`, and all would run in one: give each a block of its own, \
                 and say on= for the machine; or write the same prompt throughout, if it is one place"
            ));
        }
        if let Some(line) = opener::loopless(&self.commands) {
            return Some(format!(
                "`{line}` stands in no loop: take it out, or put it into one block with its loop"
            ));
        }
        let Turn { line, .. } = opener::left(&self.commands)?;
        Some(format!(
            "`{line}` leaves the shell, and what stands behind it would not be run: take it out, or give what follows a \
             block of its own"
        ))
    }
}

/// Tells each block of the functions before it, in the same shell, that open another where they are called.
pub(super) fn tell_openers(blocks: &mut [Block]) {
    let mut known: Arc<BTreeSet<String>> = Arc::default();
    for block in blocks.iter_mut().filter(|block| !block.is_powershell()) {
        let own = opener::functions(&block.commands, &known);
        block.openers = Arc::clone(&known);
        if own != *known {
            known = Arc::new(own);
        }
    }
}

/// What is said of a block that no fence ends.
pub(in super::super) fn unclosed((from, to): (usize, usize)) -> String {
    format!("its fence on line {from} is never closed, and takes all up to line {to} for commands: close it")
}
