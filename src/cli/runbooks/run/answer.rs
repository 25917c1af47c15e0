//! Questions of a run, put to whoever sits at the terminal. Secrets are typed without echo; where nobody sits there, the
//! answer is that nobody does.

use std::io::{self, IsTerminal, Write};

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use super::show::called;
use crate::cli::{notice, quote};
use crate::runbook::Level;
use crate::runbook::run::{Answer, Question, value_lines};

pub struct Person {
    is_there: bool,
    /// What is typed, line by line, once something was asked.
    lines: Option<mpsc::UnboundedReceiver<String>>,
}

impl Person {
    pub fn here() -> Person {
        Person {
            is_there: io::stdin().is_terminal() && io::stderr().is_terminal(),
            lines: None,
        }
    }

    pub fn is_there(&self) -> bool {
        self.is_there
    }

    pub async fn answer(&mut self, question: &Question) -> Answer {
        if let Question::Changed { diff } = question {
            notice("qd: the page has changed since the run began:");
            diff.lines().for_each(|line| notice(quote(line)));
        }
        if !self.is_there {
            tell(question);
            return Answer::Nobody;
        }
        let lines = self.lines.get_or_insert_with(read_lines);
        // What was typed before the question is no answer to it.
        while lines.try_recv().is_ok() {}
        let is_secret = matches!(question, Question::Value { is_secret: true, .. });
        // Before it is asked: who answers at once would be shown.
        let hidden = if is_secret { Hidden::begin() } else { None };
        loop {
            put(question);
            let typed = lines.recv().await;
            if hidden.is_some() {
                notice("");
            }
            match typed.map(|line| understood(question, line)) {
                Some(answer) => match slip(question, &answer) {
                    Some(says) => notice(says),
                    None => return answer,
                },
                None => return Answer::Abort,
            }
        }
    }
}

/// What is said of an answer that the question does not take: a slip ends nothing, and is asked for again.
fn slip(question: &Question, said: &Answer) -> Option<&'static str> {
    let is_slip = match (question, said) {
        (Question::Failed { .. } | Question::Unknown { .. } | Question::Changed { .. }, Answer::Text(_)) => {
            true
        }
        (Question::Blocked { wants_approval, .. }, Answer::Text(_)) => !wants_approval,
        _ => false,
    };
    let (level, phrase) = match question {
        _ if is_slip => return Some("  none of these letters"),
        Question::Confirm { level, phrase, .. } => (level, phrase.as_str()),
        _ => return None,
    };
    let wanted = match level {
        Level::Type | Level::Two => phrase,
        _ => "yes",
    };
    match said {
        Answer::Text(text) if text.trim() == wanted => None,
        Answer::Text(_) | Answer::Retry => Some("  none of these answers"),
        _ => None,
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

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden(nix::sys::termios::Termios);

impl Hidden {
    fn begin() -> Option<Hidden> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &silent).ok()?;
        Some(Hidden(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.0);
    }
}

/// What would have been asked.
fn tell(question: &Question) {
    match question {
        Question::Failed { step, says, .. } => {
            notice(format!("qd: step {} failed: {}", quote(step), quote(says)))
        }
        Question::Blocked { step, why, .. } => {
            notice(format!("qd: step {} cannot run: {}", quote(step), quote(why)))
        }
        Question::Changed { .. } => notice("hint: run it on a terminal to choose the page"),
        _ => {}
    }
}

fn put(question: &Question) {
    let ask = |says: String| {
        // A terminal that has hung up takes nothing any more.
        let _ = write!(io::stderr(), "{says} ");
        let _ = io::stderr().flush();
    };
    match question {
        Question::Value {
            name,
            prompt,
            choices,
            default,
            is_secret,
            refused,
        } => {
            if let Some(why) = refused {
                notice(format!("  {}", quote(why)));
            }
            for (at, choice) in choices.iter().take(30).enumerate() {
                notice(format!("  {:>2}  {}", at + 1, quote(choice)));
            }
            let words = if prompt.is_empty() { name } else { prompt };
            let default = default
                .as_ref()
                .map(|value| format!(" [{}]", quote(value)))
                .unwrap_or_default();
            let secret = if *is_secret { " (not shown)" } else { "" };
            ask(format!("? {}{secret}{default}:", quote(words)));
        }
        Question::Confirm {
            step,
            title,
            targets,
            production,
            level,
            phrase,
            values,
            commands,
            impact,
            note,
        } => {
            let badge = if *production { "PRODUCTION " } else { "" };
            notice(format!(
                "\n? {} on {badge}{}",
                quote(&called(step, title)),
                quote(&targets.join(", "))
            ));
            let values = value_lines(values);
            for line in values.iter().chain(commands).flat_map(|text| text.lines()) {
                notice(format!("    {}", quote(line)));
            }
            for line in impact {
                notice(format!("  {}", quote(line)));
            }
            if !note.is_empty() {
                notice(format!("  {note}"));
            }
            ask(match level {
                Level::Enter => "  enter runs it; s leaves it out, a ends the run:".to_owned(),
                Level::Type | Level::Two => format!(
                    "  type {} to run it; s leaves it out, a ends the run:",
                    quote(phrase)
                ),
                _ => "  type yes to run it; s leaves it out, a ends the run:".to_owned(),
            });
        }
        Question::Task { step, text } => {
            let lines: Vec<String> = text.lines().map(quote).collect();
            notice(format!("\n[ ] {} {}", quote(step), lines.join("\n    ")));
            ask("  enter once it is done, or a note on it; s leaves it out, a ends the run:".to_owned());
        }
        Question::Unknown {
            step,
            title,
            target,
            rollback,
        } => {
            let (step, target) = (quote(&called(step, title)), quote(target));
            notice(match rollback {
                None => format!("\n? step {step} was under way on {target}, and nobody saw its end"),
                Some(rollback) => format!(
                    "\n? step {step} was done on {target}, and its rollback {} did not go through there",
                    quote(rollback)
                ),
            });
            ask("  look how it stands: d it is done, r run it again, a end the run:".to_owned());
        }
        Question::Failed { step, says, .. } => {
            notice(format!("\n? step {} failed: {}", quote(step), quote(says)));
            ask("  r tries again, s goes on without it, a ends the run:".to_owned());
        }
        Question::Blocked {
            step,
            why,
            wants_approval,
            ..
        } => {
            notice(format!("\n? step {} cannot run: {}", quote(step), quote(why)));
            let path = if *wants_approval {
                "the path of an approval, "
            } else {
                ""
            };
            ask(format!(
                "  {path}r tries again, s goes on without it, a ends the run:"
            ));
        }
        Question::Changed { .. } => {
            ask("  n takes the page as it is now, o as it was, a ends the run:".to_owned())
        }
        Question::Gone { page } => {
            notice(format!("\n? {} is gone", quote(page)));
            ask("  y goes on with the page as it was when the run began, a ends the run:".to_owned());
        }
        Question::Rollback {
            step,
            undoes,
            commands,
            failed_on,
        } => {
            let (undoes, step) = (quote(undoes), quote(step));
            notice(match failed_on.as_slice() {
                [] => format!("\n? step {undoes} can be undone by {step}:"),
                on => {
                    let on = quote(&on.join(", "));
                    format!(
                        "\n? step {undoes} failed on {on} and may have changed something; {step} undoes it there:"
                    )
                }
            });
            for line in commands.iter().flat_map(|command| command.lines()) {
                notice(format!("    {}", quote(line)));
            }
            ask("  y undoes it, n leaves it, a leaves all:".to_owned());
        }
    }
}

fn understood(question: &Question, line: String) -> Answer {
    let word = line.trim();
    match (question, word) {
        (
            Question::Value {
                default: Some(value), ..
            },
            "",
        ) => Answer::Text(value.clone()),
        (Question::Value { choices, .. }, word) => {
            // What is typed as a choice is that one, though it be the number of another.
            let typed = choices.iter().find(|choice| *choice == word);
            let number = || word.parse::<usize>().ok()?.checked_sub(1);
            let chosen = typed.or_else(|| choices.get(number()?));
            Answer::Text(chosen.cloned().unwrap_or(line))
        }
        (Question::Task { .. }, "") => Answer::Yes,
        (
            Question::Confirm {
                level: Level::Enter, ..
            },
            "",
        ) => Answer::Yes,
        (Question::Changed { .. }, "n") => Answer::Yes,
        (Question::Rollback { .. } | Question::Gone { .. }, "y" | "yes") => Answer::Yes,
        (Question::Changed { .. }, "o") => Answer::No,
        (Question::Unknown { .. }, "d") => Answer::Yes,
        (_, "s") => Answer::Skip,
        (_, "r") => Answer::Retry,
        (_, "a" | "q") => Answer::Abort,
        (Question::Rollback { .. }, _) => Answer::No,
        _ => Answer::Text(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_called_once_by_what_is_its_name_and_its_title() {
        assert_eq!(called("drain", "drain"), "drain");
        assert_eq!(called("drain", ""), "drain");
        assert_eq!(called("2", "rm -r /x"), "2 rm -r /x");
    }

    #[test]
    fn a_slip_at_a_question_whether_a_step_runs_is_no_answer_to_it() {
        let at = |level: Level| Question::Confirm {
            step: "1".into(),
            title: String::new(),
            targets: vec!["web-1".into()],
            production: false,
            level,
            phrase: "web-1".into(),
            values: Default::default(),
            commands: Vec::new(),
            impact: Vec::new(),
            note: String::new(),
        };
        for (level, typed, is_slip) in [
            (Level::Yes, "y", true),
            (Level::Yes, "", true),
            (Level::Yes, "r", true),
            (Level::Yes, " yes ", false),
            (Level::Yes, "s", false),
            (Level::Yes, "a", false),
            (Level::Enter, "y", true),
            (Level::Enter, "", false),
            (Level::Enter, "yes", false),
            (Level::Type, "yes", true),
            (Level::Type, "web-1", false),
            (Level::Two, "web-2", true),
        ] {
            let question = at(level);
            let said = understood(&question, typed.to_owned());
            assert_eq!(slip(&question, &said).is_some(), is_slip, "{level:?} {typed:?}");
        }
    }

    #[test]
    fn a_choice_that_is_typed_is_not_the_number_of_another() {
        let question = Question::Value {
            name: "COUNT".into(),
            prompt: String::new(),
            choices: ["10", "5", "2"].map(str::to_owned).into(),
            default: None,
            is_secret: false,
            refused: None,
        };
        for (typed, meant) in [("2", "2"), (" 5 ", "5"), ("1", "10"), ("3", "2"), ("7", "7")] {
            let said = understood(&question, typed.to_owned());
            assert_eq!(said, Answer::Text(meant.into()), "{typed}");
        }
    }
}
