//! Where in its text each command of a block stands, so that a shell's word on a line is on a line of the block.

use super::Block;

impl Block {
    /// The line, from 1, on which each command begins.
    pub(in super::super) fn lines_of_commands(&self) -> Vec<usize> {
        let (mut from, mut line) = (0, 1);
        let mut lines = Vec::new();
        // What a terminal shows may have printed a command before somebody typed it.
        let shown = super::told(self.tongue, &self.text).lines;
        for (nth, command) in self.commands.iter().enumerate() {
            if let Some(at) = shown.get(nth).filter(|_| shown.len() == self.commands.len()) {
                from = self.text.split_inclusive('\n').take(*at).map(str::len).sum();
                line = at + 1;
            }
            for (nth, piece) in command.lines().enumerate() {
                let found = self.find_from(from, piece);
                if let Some(at) = found {
                    line += self.text[from..at].matches('\n').count();
                    from = at;
                }
                if nth == 0 {
                    lines.push(line);
                }
                // What stands there once more stands further down.
                from += found.map_or(0, |_| piece.len());
            }
        }
        lines
    }

    /// The line of the page that a line of its text is, both from 1. Between fences the first one is behind the opening one.
    pub(in super::super) fn line_on_page(&self, line: usize) -> usize {
        let is_fenced = self.end_line - self.start_line + 1 > self.text.lines().count();
        self.start_line + line - usize::from(!is_fenced)
    }

    /// Where a text stands at or behind a place, rather in a line that is no comment.
    fn find_from(&self, from: usize, text: &str) -> Option<usize> {
        let rest = &self.text[from..];
        let is_remark = |at: &usize| {
            let line = rest[..*at].rsplit('\n').next().unwrap_or("");
            line.trim_start().starts_with('#')
        };
        let mut all = rest.match_indices(text).map(|(at, _)| at);
        let found = all.find(|at| !is_remark(at)).or_else(|| rest.find(text));
        found.map(|at| from + at)
    }
}

#[cfg(test)]
mod tests {
    use crate::runbook::blocks;

    #[test]
    fn each_command_stands_on_its_own_line() {
        for (text, wanted) in [
            ("# ls\n\nls\nls -l; id\n\nls", &[3, 4, 6][..]),
            ("cat <<E\nls\nE\nls", &[1, 4]),
            ("$ a \\\n> b\nout\n$ b\n", &[1, 4]),
            ("$ a\nrun b\n$ b\n# b\n$ b\n", &[1, 3, 5]),
            ("if a; then\n  b\nfi\nb", &[1, 4]),
        ] {
            let block = blocks(&format!("```sh\n{text}\n```\n")).remove(0);
            assert_eq!(block.lines_of_commands(), wanted, "{text}: {:?}", block.commands);
        }
    }
}
