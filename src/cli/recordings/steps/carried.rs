//! What a run of a page carried out in a recording, by the marks that it left there: what its shell was sent around them is no
//! command. How each step ended stands in the run's journal, where that is here.

use std::collections::BTreeMap;
use std::path::Path;

use crate::recording::{self, Marker, Reader, What};
use crate::runbook::Step;
use crate::runbook::run::journal;
use crate::runbook::run::record::{Line, Record};

/// The beginning of a step, as the run marked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub run: String,
    /// The page, the step and what it is, in words.
    pub label: String,
    step: String,
    /// As they were run, covered; a line each where they have one.
    commands: String,
}

impl Mark {
    fn of(marker: Marker) -> Option<Mark> {
        let field = |name: &str| marker.fields.get(name).cloned();
        let run = field("run").filter(|_| marker.kind == "runbook")?;
        Some(Mark {
            run,
            step: field("step").unwrap_or_default(),
            commands: field("commands").unwrap_or_default(),
            label: marker.label,
        })
    }
}

/// Those of every run that the recording has steps of, in their order.
pub fn marks(reader: &Reader) -> Result<Vec<Mark>, recording::Error> {
    let mut marks = Vec::new();
    for event in reader.events()? {
        if let What::Marker(marker) = event?.what {
            marks.extend(Mark::of(marker));
        }
    }
    Ok(marks)
}

/// Each step once, as it was tried last, with how it ended where the run's journal is in this data directory.
pub fn steps(data_dir: &Path, recording: &str, marks: &[Mark]) -> Vec<Step> {
    let mut journals: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    let mut begun: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut steps = Vec::new();
    for (at, mark) in marks.iter().enumerate() {
        let key = (mark.run.as_str(), mark.step.as_str());
        let nth = begun.entry(key).or_default();
        let before = std::mem::replace(nth, *nth + 1);
        let again = marks
            .get(at + 1)
            .map(|next| (next.run.as_str(), next.step.as_str()));
        if mark.commands.trim().is_empty() || again == Some(key) {
            continue;
        }
        let lines = journals
            .entry(&mark.run)
            .or_insert_with(|| load(data_dir, &mark.run));
        let (exit_code, seconds) = ended(lines, recording, &mark.step, before).unwrap_or_default();
        steps.push(Step {
            command: mark.commands.clone(),
            exit_code,
            seconds,
        });
    }
    steps
}

/// None of a run that is not here. What a recording says is no path.
fn load(data_dir: &Path, run: &str) -> Vec<Line> {
    let is_name = run.parse::<uuid::Uuid>().is_ok();
    let lines = is_name.then(|| journal::load(data_dir, run).ok());
    lines.flatten().unwrap_or_default()
}

/// Exit code and seconds of a step that was begun in the recording, the `nth` time from zero.
fn ended(lines: &[Line], recording: &str, wanted: &str, nth: usize) -> Option<(Option<i32>, Option<u64>)> {
    let begun = |(_, line): &(usize, &Line)| {
        matches!(&line.record, Record::Started { step, spot: Some(spot), .. }
            if step == wanted && spot.recording == recording)
    };
    let (at, begun) = lines.iter().enumerate().filter(begun).nth(nth)?;
    let Record::Started { target, attempt, .. } = &begun.record else {
        return None;
    };
    lines[at + 1..].iter().find_map(|line| match &line.record {
        Record::Ended {
            step,
            target: on,
            attempt: which,
            exit,
            lasted_us,
            ..
        } if (step.as_str(), on, which) == (wanted, target, attempt) => {
            Some((*exit, Some(lasted_us / 1_000_000)))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::run::journal::Journal;
    use crate::runbook::run::record::{Outcome, Spot};

    const RUN: &str = "01a20a8b-a28a-74f0-8ca8-0a83c0c43d35";

    fn mark(step: &str, commands: &str) -> Mark {
        Mark {
            run: RUN.into(),
            label: format!("p.md {step}: x"),
            step: step.into(),
            commands: commands.into(),
        }
    }

    fn commands(steps: &[Step]) -> Vec<(&str, Option<i32>)> {
        let told = steps.iter().map(|step| (step.command.as_str(), step.exit_code));
        told.collect()
    }

    #[test]
    fn steps_stand_once_with_the_end_that_their_journal_tells() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(dir.path(), RUN, "page").unwrap();
        let mut tell = |step: &str, recording: &str, attempt: u32, exit: i32| {
            let spot = Spot {
                recording: recording.into(),
                path: String::new(),
                offset: 0,
                at_us: 0,
            };
            let started = Record::Started {
                step: step.into(),
                target: "i-1".into(),
                attempt,
                sha256: String::new(),
                commands: Vec::new(),
                spot: Some(spot),
            };
            let ended = Record::Ended {
                step: step.into(),
                target: "i-1".into(),
                attempt,
                outcome: Outcome::Failed,
                exit: Some(exit),
                lasted_us: 7_000_000,
                output: None,
                spot: None,
                says: String::new(),
            };
            journal.append(started).unwrap();
            journal.append(ended).unwrap();
        };
        tell("pay", "elsewhere", 1, 9);
        tell("pay", "here", 2, 3);
        tell("pay", "here", 3, 4);
        tell("look", "here", 1, 0);
        let marks = [
            mark("pay", "pay\nbook"),
            mark("pay", "pay\nbook"),
            mark("look", "df -h"),
            mark("none", " "),
        ];
        let made = steps(dir.path(), "here", &marks);
        assert_eq!(commands(&made), [("pay\nbook", Some(4)), ("df -h", Some(0))]);
        assert_eq!(made[0].seconds, Some(7));
    }

    #[test]
    fn without_their_journal_steps_have_their_commands_and_no_end() {
        let dir = tempfile::tempdir().unwrap();
        let marks = [mark("look", "df -h"), mark("pay", "pay")];
        let made = steps(dir.path(), "here", &marks);
        assert_eq!(commands(&made), [("df -h", None), ("pay", None)]);
        let hostile = Mark {
            run: "../../x".into(),
            ..mark("look", "df -h")
        };
        assert_eq!(
            commands(&steps(dir.path(), "here", &[hostile])),
            [("df -h", None)]
        );
    }
}
