//! What the page says right above a step: why it is done, and what to look for. It stands beside the question.

/// The paragraph before the line, from 1, at which a step begins; empty where a heading or another block stands there.
pub(super) fn about(page: &str, line: usize) -> String {
    let above: Vec<&str> = page.lines().take(line.saturating_sub(1)).map(str::trim).collect();
    let is_blank = |line: &&&str| line.is_empty();
    let end = above.len() - above.iter().rev().take_while(is_blank).count();
    let is_prose = |line: &&&str| {
        let marks = ["#", "```", "~~~", "<!--", "|", "===", "---"];
        !line.is_empty() && !marks.iter().any(|mark| line.starts_with(mark))
    };
    let from = end - above[..end].iter().rev().take_while(is_prose).count();
    above[from..end].join(" ")
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn the_paragraph_above_a_step_is_what_is_said_of_it() {
        let page = "# T\n\nNot this.\n\nTake it out\nof the balancer:\n\n```sh\nlbctl drain\n```\n\n## Then\n\n```sh\nls\n```\n```sh\ndf\n```\n";
        assert_eq!(about(page, 8), "Take it out of the balancer:");
        assert_eq!(about(page, 14), "", "a heading says it already");
        assert_eq!(about(page, 17), "", "the block before says nothing of it");
        assert_eq!(about("```sh\nls\n```\n", 1), "");
    }
}
