//! Blocks as pages of many houses write them, each with what a reader sees of it in a comment below.

use super::*;

const PAGE: &str = include_str!("words.md");

/// `<!-- yes 2 `HOST` -->`: whether it is to be run, its commands, what is to be filled in.
fn answer(line: &str) -> Option<(String, usize, Vec<String>)> {
    let inner = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    let (runnable, rest) = inner.split_once(' ')?;
    let count = rest.split(' ').next()?.parse().ok()?;
    let holes = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((runnable.to_owned(), count, holes.collect()))
}

#[test]
fn every_block_is_what_a_reader_sees_in_it() {
    let lines: Vec<&str> = PAGE.lines().collect();
    let found = blocks(PAGE);
    assert!(found.len() >= 60, "{}", found.len());
    let mut wrong = Vec::new();
    for block in &found {
        let below = lines.get(block.end_line).copied().unwrap_or_default();
        let wanted = answer(below).unwrap_or_else(|| panic!("line {}: {below}", block.end_line + 1));
        // Each block is of a page of its own: what another sets is none of its business.
        let alone = lines[block.start_line - 1..block.end_line].join("\n");
        let block = blocks(&alone).remove(0);
        let runnable = format!("{:?}", block.runnable).to_lowercase();
        let seen = (runnable, block.commands.len(), block.placeholders);
        if seen != wanted {
            wrong.push(format!("{alone}\n{seen:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
