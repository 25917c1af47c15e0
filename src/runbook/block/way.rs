//! Where a block's commands would not run where the page means them, or would not run at all: one of them opens a shell of
//! its own, its prompts are of more than one place, or one of them leaves.

use super::super::console;
use super::super::opener::{self, Turn};
use super::Block;

impl Block {
    /// The first of its commands that opens a shell or a prompt, and waits there for someone to type.
    pub(in super::super) fn opened(&self) -> Option<Turn> {
        match self.is_powershell() {
            true => None,
            false => opener::opened(&self.commands),
        }
    }

    /// Why its commands are not for one and the same shell, or not all of them are reached in it.
    pub(in super::super) fn astray(&self) -> Option<String> {
        if self.is_powershell() {
            return None;
        }
        if let Some(Turn { line, .. }) = self.opened().filter(|turn| turn.is_followed) {
            return Some(format!(
                "`{line}` opens a shell or a prompt of its own, and what stands behind it belongs there, not here: put it into \
                 that command (behind `--`, with -c, in quotes), or say on= for the machine"
            ));
        }
        if let Some((one, other)) = console::moved(&self.text) {
            return Some(format!(
                "its prompts are of two places, `{one}` and `{other}`, and all would run in one: give each a block of its own, \
                 and say on= for the machine"
            ));
        }
        let Turn { line, .. } = opener::left(&self.commands)?;
        Some(format!(
            "`{line}` leaves the shell, and what stands behind it would not be run: take it out, or give what follows a \
             block of its own"
        ))
    }
}
