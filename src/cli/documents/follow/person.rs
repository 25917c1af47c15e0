//! Whoever sits at the terminal: what is asked, and what the answer means.

use std::io::{self, IsTerminal};

use tokio::sync::mpsc;

use crate::cli::notice;
use crate::document::Want;

pub struct Person {
    lines: Option<mpsc::UnboundedReceiver<String>>,
}

/// What was typed, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Approve(String),
    Reject(String),
    /// Resume, or begin the next step.
    GoOn,
    Stop,
    Complete,
    Leave,
    Unclear,
}

impl Person {
    pub fn here() -> Person {
        let is_there = io::stdin().is_terminal() && io::stderr().is_terminal();
        Person {
            lines: is_there.then(read_lines),
        }
    }

    pub fn is_there(&self) -> bool {
        self.lines.is_some()
    }

    /// Says how what is wanted can be answered.
    pub fn ask(&self, want: &Want, id: &str) {
        let words = match (want, self.is_there()) {
            (Want::Approval { .. }, true) => "type approve or reject, and a comment behind it".to_owned(),
            (Want::Resume { .. }, true) => "type resume to go on".to_owned(),
            (Want::Begin { step }, true) => format!("type start to begin {step}"),
            (Want::Approval { .. }, false) => {
                format!("`qd documents approve {id}`, or reject, or revoke, answers it")
            }
            (Want::Resume { .. }, false) => format!("`qd documents resume {id}` goes on"),
            (Want::Begin { .. }, false) => format!("`qd documents start-step {id}` begins it"),
        };
        notice(format!("    {}", crate::cli::quote(&words)));
    }

    /// The next answer; never, where nobody is.
    pub async fn next(&mut self) -> Said {
        let line = match &mut self.lines {
            Some(lines) => lines.recv().await,
            None => None,
        };
        match line {
            Some(line) => understand(&line),
            None => {
                self.lines = None;
                std::future::pending().await
            }
        }
    }
}

/// Standard input blocks, so it has a thread of its own, which ends with the program.
fn read_lines() -> mpsc::UnboundedReceiver<String> {
    let (typed, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lines() {
            let Ok(line) = line else { return };
            if typed.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn understand(line: &str) -> Said {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let comment = rest.trim().to_owned();
    match word.to_lowercase().as_str() {
        "approve" | "a" => Said::Approve(comment),
        "reject" => Said::Reject(comment),
        "resume" | "start" => Said::GoOn,
        "stop" | "cancel" => Said::Stop,
        "complete" => Said::Complete,
        "leave" | "q" => Said::Leave,
        _ => Said::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_and_an_empty_line_is_no_answer() {
        assert_eq!(
            understand("approve looks good\n"),
            Said::Approve("looks good".into())
        );
        assert_eq!(understand(" Stop "), Said::Stop);
        assert_eq!(understand(""), Said::Unclear);
    }
}
