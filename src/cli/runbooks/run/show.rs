//! A run as it is told: outputs on standard output, everything else on standard error; or one JSON object an event. A reader
//! that has gone ends nothing: the run goes on, and its journal has what nobody reads.

use serde_json::{Value, json};

use crate::cli::context::print as print_text;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::runbook::run::{Event, Outcome as Ended, Request};

pub struct Show {
    context: Context,
    /// Whether lines need the name of their target.
    many: bool,
    titles: std::collections::BTreeMap<String, String>,
    names: std::collections::BTreeMap<String, String>,
    /// The beginning of a line that has not ended, by target.
    open: std::collections::BTreeMap<String, Vec<u8>>,
    /// Why standard output takes no more.
    unread: Option<Error>,
}

/// A step by its name and what it is, which may be the same.
pub(super) fn called(step: &str, title: &str) -> String {
    match title.is_empty() || title == step {
        true => step.to_owned(),
        false => format!("{step} {title}"),
    }
}

impl Show {
    pub fn new(context: &Context, request: &Request) -> Show {
        let all = || request.targets.iter().chain(request.named.values().flatten());
        let steps = request.plan.steps.iter().chain(&request.plan.rollbacks);
        Show {
            context: context.clone(),
            many: all().count() > 1,
            titles: steps.map(|step| (step.id.clone(), step.title.clone())).collect(),
            names: all()
                .map(|target| (target.machine.id.clone(), target.label().to_owned()))
                .collect(),
            open: Default::default(),
            unread: None,
        }
    }

    fn name<'a>(&'a self, target: &'a str) -> &'a str {
        self.names.get(target).map_or(target, String::as_str)
    }

    /// Prints, unless printing has failed before.
    fn print(&mut self, how: impl FnOnce(&Context) -> Result<(), Error>) {
        if self.unread.is_none() {
            self.unread = how(&self.context).err();
        }
    }

    pub fn tell(&mut self, event: &Event) {
        if self.context.json {
            if let Some(line) = as_json(event) {
                self.print(|context| context.print_json_line(&line));
            }
            return;
        }
        match event {
            Event::Opened { run } => notice(format!("qd: run {run}")),
            Event::Began {
                step,
                target,
                attempt,
                commands,
            } => {
                let title = self.titles.get(step).map_or("", String::as_str);
                let again = if *attempt > 1 {
                    format!(", attempt {attempt}")
                } else {
                    String::new()
                };
                notice(format!(
                    "\n▶ {} on {}{again}",
                    quote(&called(step, title)),
                    quote(self.name(target))
                ));
                for line in commands.iter().flat_map(|command| command.lines()) {
                    notice(format!("  $ {}", quote(line)));
                }
            }
            Event::Output { target, bytes, .. } => self.output(target, bytes),
            Event::Ended {
                step,
                target,
                outcome,
                exit,
                lasted,
                says,
            } => {
                self.end_line(target);
                let seconds = lasted.as_secs_f64();
                let word = match outcome {
                    Ended::Success => "✓ done",
                    Ended::Failed => "✗ failed",
                    Ended::TimedOut => "✗ timed out",
                    Ended::Stopped => "✗ stopped",
                    Ended::Unknown => "? unknown",
                };
                let code = exit
                    .filter(|code| *code != 0)
                    .map(|code| format!(", exit {code}"))
                    .unwrap_or_default();
                let says = if says.is_empty() {
                    String::new()
                } else {
                    format!(": {}", quote(says))
                };
                let place = if self.many {
                    format!(" on {}", quote(self.name(target)))
                } else {
                    String::new()
                };
                notice(format!(
                    "  {word} {}{place} in {seconds:.1} s{code}{says}",
                    quote(step)
                ));
            }
            Event::Ticked { step } => notice(format!("  ✓ ticked {}", quote(step))),
            Event::Skipped { step, why } => notice(format!("  – {} left out: {}", quote(step), quote(why))),
            Event::Stood { step, target } => {
                let place = if target.is_empty() {
                    String::new()
                } else {
                    format!(" on {}", quote(self.name(target)))
                };
                notice(format!("  = {}{place} stands from before", quote(step)));
            }
            Event::Told { says, hint } => {
                notice(format!("qd: {}", quote(says)));
                if !hint.is_empty() {
                    notice(format!("hint: {}", quote(hint)));
                }
            }
            Event::Asked(..) | Event::Closed { .. } => {}
        }
    }

    /// Whole lines, with the target's name before them where there are several.
    fn output(&mut self, target: &str, bytes: &[u8]) {
        let mut held = self.open.remove(target).unwrap_or_default();
        held.extend_from_slice(bytes);
        let end = held
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let rest = held.split_off(end);
        let mut text = String::new();
        for line in String::from_utf8_lossy(&held).lines() {
            text.push_str(&self.line(target, line));
        }
        self.open.insert(target.to_owned(), rest);
        if !text.is_empty() {
            self.print(|_| print_text(&text));
        }
    }

    fn end_line(&mut self, target: &str) {
        let rest = self.open.remove(target).unwrap_or_default();
        if !rest.is_empty() {
            let line = self.line(target, &String::from_utf8_lossy(&rest));
            self.print(|_| print_text(&line));
        }
    }

    /// A remote host's text never reaches a terminal raw; a tab is a tab.
    fn line(&self, target: &str, line: &str) -> String {
        let cells: Vec<String> = line.trim_end_matches('\r').split('\t').map(quote).collect();
        let line = cells.join("\t");
        match self.many {
            true => format!("{} | {line}\n", quote(self.name(target))),
            false => format!("{line}\n"),
        }
    }

    /// The last word, and the exit code.
    pub fn close(&mut self, run: &str, outcome: Ended, says: &str, hint: String) -> Outcome {
        if self.context.json {
            let line = json!({ "event": "closed", "run": run, "outcome": outcome, "says": says });
            self.print(|context| context.print_json_line(&line));
        }
        if outcome == Ended::Success {
            match says.is_empty() {
                true => notice(format!("\nqd: run {run} is done")),
                false => notice(format!("\nqd: run {run} stays as it ended: {}", quote(says))),
            }
            return self.unread.take().map_or(Ok(Exit::Done), Err);
        }
        let hint = match hint.is_empty() {
            true => format!("`qd runbooks run --resume {run}` goes on with it"),
            false => quote(&hint),
        };
        Err(Error::failed(quote(says)).hint(hint))
    }
}

fn as_json(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Opened { run } => json!({ "event": "opened", "run": run }),
        Event::Began {
            step,
            target,
            attempt,
            commands,
        } => {
            json!({ "event": "began", "step": step, "target": target, "attempt": attempt, "commands": commands })
        }
        Event::Output { step, target, bytes } => {
            json!({ "event": "output", "step": step, "target": target, "text": String::from_utf8_lossy(bytes) })
        }
        Event::Ended {
            step,
            target,
            outcome,
            exit,
            lasted,
            says,
        } => json!({
            "event": "ended", "step": step, "target": target, "outcome": outcome, "exit": exit,
            "lasted_ms": lasted.as_millis() as u64, "says": says,
        }),
        Event::Ticked { step } => json!({ "event": "ticked", "step": step }),
        Event::Skipped { step, why } => json!({ "event": "skipped", "step": step, "why": why }),
        Event::Stood { step, target } => json!({ "event": "stood", "step": step, "target": target }),
        Event::Told { says, hint } => json!({ "event": "told", "says": says, "hint": hint }),
        Event::Asked(..) | Event::Closed { .. } => return None,
    })
}
