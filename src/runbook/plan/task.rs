//! A task box while the page is walked: its own line, and what stands nested under it, up to a block or another box, which
//! are steps of their own.

use std::ops::Range;

#[derive(Default)]
pub(super) struct Open {
    pub text: String,
    /// Of its first and its last text, in bytes of the page.
    pub at: Range<usize>,
    /// Items inside of its own.
    depth: usize,
    /// What parts the next text from the one before.
    gap: &'static str,
}

impl Open {
    /// At its box.
    pub fn new(at: Range<usize>) -> Open {
        Open {
            at,
            ..Open::default()
        }
    }

    pub fn item(&mut self) {
        self.depth += 1;
        self.gap = "\n- ";
    }

    /// The end of an item; whether it is the one of the box.
    pub fn end_item(&mut self) -> bool {
        let is_own = self.depth == 0;
        self.depth = self.depth.saturating_sub(1);
        self.part();
        is_own
    }

    /// What comes now is not of the same paragraph.
    pub fn part(&mut self) {
        if self.gap.is_empty() {
            self.gap = "\n";
        }
    }

    pub fn push(&mut self, piece: &str, at: Range<usize>) {
        let gap = std::mem::take(&mut self.gap);
        if !self.text.is_empty() {
            self.text.push_str(gap);
        }
        self.text.push_str(piece);
        self.at.end = at.end;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::runbook::plan::{Plan, What};

    fn tasks(page: &str) -> Vec<(String, (usize, usize))> {
        let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
        let text = |what: &What| match what {
            What::Task(text) => text.clone(),
            _ => "a block".to_owned(),
        };
        let steps = plan.steps.iter();
        steps.map(|step| (text(&step.what), step.lines)).collect()
    }

    #[test]
    fn what_is_nested_under_a_box_is_asked_with_it() {
        let page = "# T\n\n- [ ] Call the owner\n  of the base\n\n  - say `why`\n  - say how long\n\n  Then wait.\n- [ ] Look\n\nAfter.\n";
        let said = "Call the owner\nof the base\n- say why\n- say how long\nThen wait.";
        assert_eq!(
            tasks(page),
            [(said.to_owned(), (3, 9)), ("Look".to_owned(), (10, 10))]
        );
    }

    #[test]
    fn blocks_and_boxes_under_a_box_are_steps_of_their_own() {
        let page =
            "- [ ] One\n  - [ ] Two\n    - a\n  - [ ] Three\n\n    ```sh\n    date\n    ```\n- [x] Four\n";
        let said: Vec<String> = tasks(page).into_iter().map(|(text, _)| text).collect();
        assert_eq!(said, ["One", "Two\n- a", "Three", "a block", "Four"]);
    }
}
