//! One step on one target: told to the journal, fed to the shell command by command, judged, told to the journal again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use regex::Regex;
use tokio::sync::{mpsc, watch};

use super::desk::Desk;
use super::event::Event;
use super::folder;
use super::output::Output;
use super::purse::Purse;
use super::reached::Fleet;
use super::record::{Cut, Outcome, Record};
use super::shell::{How, Shell, Stop, beyond};
use super::target::Target;
use super::wire;
use crate::aws::{Cloud, Place};
use crate::recording::Marker;
use crate::runbook::fence::Exits;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::shell::quote;
use crate::runbook::{Block, Filled, expect, relied_on};

/// A line that goes on for longer is passed on in parts.
const LONGEST_LINE: usize = 64 << 10;
/// A shell takes its values within this.
const LONGEST_READY: Duration = Duration::from_secs(30);
/// The code by which the shell says that a variable is not set.
const UNSET: i32 = 77;
/// Commands further down in their block are sent without the lines above them, which would be sent with each.
const DEEPEST: usize = 500;
/// What a shell says of a script that it cannot put together.
const UNREAD: &str =
    "the script did not arrive there whole, and nothing of it ran; has the shell still base64 or openssl?";

/// Everything that one attempt needs; shared by the targets of a step.
#[derive(Clone)]
pub struct Task {
    pub plan: Arc<Plan>,
    pub step: Arc<Step>,
    pub purse: Arc<Mutex<Purse>>,
    pub desk: Desk,
    pub events: mpsc::Sender<Event>,
    pub stop: watch::Receiver<Stop>,
    /// Where documents are started.
    pub home: Option<(Cloud, Place)>,
    /// Ids of the machines of the run that are there.
    pub machines: Vec<String>,
    /// Machines as they are known, where the page chooses some for a document.
    pub fleet: Fleet,
    /// Where a new shell goes first: one that is gone stood there.
    pub folder: Option<String>,
}

/// How it went there.
#[derive(Debug, Clone)]
pub struct Went {
    pub outcome: Outcome,
    pub says: String,
    pub captured: Option<(String, String)>,
    /// The folder that it has left the shell in, where that is another one than before; `None` inside: nobody knows.
    pub moved: Option<Option<String>>,
    /// What to do about a failure.
    pub hint: String,
}

struct Attempt {
    outcome: Outcome,
    exit: Option<i32>,
    says: String,
    /// What is kept of its output.
    text: String,
    cut: Option<Cut>,
    captured: Option<(String, String)>,
    hint: String,
}

/// Why nothing of a step was run.
pub(super) struct Unready {
    pub says: String,
    pub hint: String,
}

impl From<String> for Unready {
    fn from(says: String) -> Unready {
        let hint = String::new();
        Unready { says, hint }
    }
}

impl Task {
    /// Runs the step there, as often as the page allows. An error is of the journal: then nothing more may run.
    pub async fn carry(
        &mut self,
        shell: &mut Shell,
        target: &Target,
        filled: &Filled,
        attempts_before: u32,
    ) -> Result<Went, super::journal::Error> {
        let (retries, pause) = self.step.attributes.retry.unwrap_or_default();
        let mut last = None;
        for nth in 1..=retries + 1 {
            if nth > 1 {
                let stopped = beyond(&mut self.stop, Stop::No);
                if tokio::time::timeout(pause, stopped).await.is_ok() {
                    break;
                }
            }
            let result = self.attempt(shell, target, filled, attempts_before + nth).await?;
            let is_over = result.outcome != Outcome::Failed || !shell.is_alive;
            last = Some(result);
            if is_over {
                break;
            }
        }
        Ok(last.unwrap_or(Went {
            outcome: Outcome::Stopped,
            says: "it was stopped".into(),
            captured: None,
            moved: None,
            hint: String::new(),
        }))
    }

    async fn attempt(
        &mut self,
        shell: &mut Shell,
        target: &Target,
        filled: &Filled,
        attempt: u32,
    ) -> Result<Went, super::journal::Error> {
        let (step, id) = (self.step.clone(), target.machine.id.clone());
        let redact = step.redact();
        let (shown, commands): (Vec<String>, Vec<String>) = {
            let (purse, also) = (self.purse.lock(), redact.as_ref());
            let both = |command: &String| (purse.cover(command, also), purse.keep(command, also));
            filled.commands.iter().map(both).unzip()
        };
        shell.mark(self.marker(&commands)).await;
        let started = Record::Started {
            step: step.id.clone(),
            target: id.clone(),
            attempt,
            sha256: step.sha256(),
            commands,
            spot: shell.spot().await,
        };
        self.desk.append(started).await?;
        let began = Event::Began {
            step: step.id.clone(),
            target: id.clone(),
            attempt,
            commands: shown,
        };
        let _ = self.events.send(began).await;
        let started_at = Instant::now();
        let done = self.feed(shell, &id, filled, redact.as_ref()).await;
        let lasted = started_at.elapsed();
        let kept = self.purse.lock().keep(&done.text, redact.as_ref());
        self.purse
            .lock()
            .hide_cut(done.captured.as_ref(), &done.text, &kept);
        let says = self.purse.lock().keep(&done.says, redact.as_ref());
        let output = self
            .desk
            .keep(&step.id, &id, attempt, kept.into_bytes(), done.cut)
            .await?;
        let moved = match done.outcome {
            Outcome::Success => self.moved(shell).await,
            _ => None,
        };
        if let Some(folder) = &moved {
            let moved = Record::Moved {
                step: step.id.clone(),
                target: id.clone(),
                folder: folder.clone(),
            };
            self.desk.append(moved).await?;
        }
        let ended = Record::Ended {
            step: step.id.clone(),
            target: id.clone(),
            attempt,
            outcome: done.outcome,
            exit: done.exit,
            lasted_us: lasted.as_micros() as u64,
            output: Some(output),
            spot: shell.spot().await,
            says: says.clone(),
        };
        self.desk.append(ended).await?;
        let ended = Event::Ended {
            step: step.id.clone(),
            target: id,
            outcome: done.outcome,
            exit: done.exit,
            lasted,
            says: says.clone(),
        };
        let _ = self.events.send(ended).await;
        Ok(Went {
            outcome: done.outcome,
            says,
            captured: done.captured,
            moved,
            hint: done.hint,
        })
    }

    fn marker(&self, commands: &[String]) -> Marker {
        let field = |key: &str, value: String| (key.to_owned(), value);
        Marker {
            kind: "runbook".into(),
            label: format!("{} {}: {}", self.plan.name, self.step.id, self.step.title),
            fields: [
                field("run", self.desk.run().to_owned()),
                field("step", self.step.id.clone()),
                field("sha256", self.step.sha256()),
                field("commands", commands.join("\n")),
            ]
            .into(),
        }
    }

    /// Values first, then one command after the other until one fails.
    async fn feed(
        &mut self,
        shell: &mut Shell,
        id: &str,
        filled: &Filled,
        redact: Option<&Regex>,
    ) -> Attempt {
        let lasts = self.step.timeout(&self.plan.manifest);
        let until = Instant::now() + lasts;
        let unready = |why: Unready| Attempt {
            outcome: Outcome::Failed,
            exit: None,
            says: why.says,
            text: String::new(),
            cut: None,
            captured: None,
            hint: why.hint,
        };
        let failed = |says: String| unready(says.into());
        if let Some(why) = self.settle_in(shell).await {
            return unready(why);
        }
        for name in &filled.secrets {
            let value = self
                .purse
                .lock()
                .secret(name)
                .map(str::to_owned)
                .map(zeroize::Zeroizing::new);
            let Some(value) = value else {
                return failed(format!("the secret {name} is not known"));
            };
            if !shell.tell_secret(name, &value).await {
                return failed(format!(
                    "the terminal there would show the secret {name}; nothing was sent"
                ));
            }
        }
        if let Some(why) = self.prepare(shell, filled).await {
            return unready(why);
        }
        let (mut output, mut watch) = (Output::default(), self.watch());
        let mut exit = 0;
        let beside = self
            .step
            .attributes
            .background
            .then(|| vec![wire::beside(&self.step.id, &filled.commands.join("\n"))]);
        let block = self.step.block().filter(|_| beside.is_none());
        let lines = block.map(Block::lines_of_commands).unwrap_or_default();
        for (nth, command) in beside.as_ref().unwrap_or(&filled.commands).iter().enumerate() {
            // As far down as it stands in its block: what a shell says of a line is said of that.
            let above = lines.get(nth).map_or(0, |line| line - 1);
            let above = if above > DEEPEST { 0 } else { above };
            let text = "\n".repeat(above) + command;
            let left = until.saturating_duration_since(Instant::now());
            let (out, came) = mpsc::channel(16);
            let passed = Passing {
                events: self.events.clone(),
                purse: self.purse.clone(),
                step: self.step.id.clone(),
                target: id.to_owned(),
                redact: redact.cloned(),
            };
            let ran = shell.run(&text, left.max(Duration::from_millis(1)), &mut self.stop, out);
            let (how, ()) = tokio::join!(ran, passed.pass(came, &mut output, watch.as_mut()));
            let (outcome, says) = match how {
                How::Exited(code) => {
                    let wanted = self.step.attributes.exits.as_ref();
                    let is_wanted = code != 0
                        && self.wanted_exit(code).is_ok()
                        && expect::asked(code, &output.text().0, wanted).is_ok();
                    exit = told(exit, code, self.step.attributes.exits.as_ref());
                    if shell.is_alive && (code == 0 || is_wanted) {
                        continue;
                    }
                    break;
                }
                How::TimedOut => (
                    Outcome::TimedOut,
                    format!("it was ended after {} s", lasts.as_secs()),
                ),
                How::Stopped => (Outcome::Stopped, "it was stopped".to_owned()),
                How::Unread => (Outcome::Failed, UNREAD.to_owned()),
                How::Lost(why) => (Outcome::Failed, format!("the shell is gone: {why}")),
                How::Unseen(why) => (
                    Outcome::Unknown,
                    format!("the connection was lost, and how it ended is not known: {why}"),
                ),
            };
            let (text, cut) = output.text();
            return Attempt {
                outcome,
                exit: None,
                says,
                text,
                cut,
                captured: None,
                hint: String::new(),
            };
        }
        let (text, cut) = output.text();
        let sought = || watch.map_or(Ok(()), expect::Watch::end);
        let (outcome, says, captured) = match self.judge_heard(exit, &text, sought, cut) {
            Ok(captured) => (Outcome::Success, String::new(), captured),
            Err(unmet) => (Outcome::Failed, unmet.to_string(), None),
        };
        Attempt {
            outcome,
            exit: Some(exit),
            says,
            text,
            cut,
            captured,
            hint: String::new(),
        }
    }

    pub(super) fn wanted_exit(&self, code: i32) -> Result<(), expect::Unmet> {
        expect::exit(code, self.step.attributes.exits.as_ref())
    }

    /// Sets variables and the folder; `Some` says why the commands may not run.
    async fn prepare(&mut self, shell: &mut Shell, filled: &Filled) -> Option<Unready> {
        let mut script = String::new();
        for (name, value) in filled.learnt.iter().chain(&filled.exports) {
            if let Some(says) = expect::too_long(name, value.len() as u64) {
                return Some(says.into());
            }
            script.push_str(&format!("export {name}={}\n", quote(value)));
        }
        let known = |name: &String| {
            let is_given = filled.exports.contains_key(name) || filled.learnt.contains_key(name);
            is_given || filled.secrets.contains(name)
        };
        let relied = relied_on(self.step.block()?)
            .into_iter()
            .filter(|name| !known(name));
        script.push_str("__qd_m=\n");
        for name in relied {
            // `${A+x}` asks for the first of an array, which need not have one.
            script.push_str(&format!(
                "[ -n \"${{{name}+x}}\" ] || case $(declare -p {name} 2>/dev/null) in \"declare -\"[aA]*) ;; *) __qd_m=\"$__qd_m {name}\" ;; esac\n"
            ));
        }
        let folder = self
            .step
            .attributes
            .cwd
            .as_deref()
            .map_or(":".to_owned(), |to| format!("cd -- {}", quote(to)));
        script.push_str(&format!(
            "if [ -n \"$__qd_m\" ]; then echo \"$__qd_m\"; (exit {UNSET}); else {folder}; fi\n"
        ));
        let (how, said) = folder::heard(shell, &script, LONGEST_READY, &mut self.stop).await;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let says = match how {
            How::Exited(0) => return None,
            How::Exited(UNSET) => return Some(self.unset(&said)),
            How::Exited(_) => format!("cannot go to its folder: {said}"),
            How::Stopped => "it was stopped".to_owned(),
            How::Unread => UNREAD.to_owned(),
            How::Lost(why) | How::Unseen(why) => return Some(self.gone_before(&why)),
            How::TimedOut => format!(
                "the shell did not take its values within {} s, and nothing of the step ran",
                LONGEST_READY.as_secs()
            ),
        };
        Some(says.into())
    }
}

/// The code of a block after one more of its commands: the last one, but where only others than zero are wanted, a command
/// that gave one of them has answered for those that just succeed.
fn told(before: i32, code: i32, wanted: Option<&Exits>) -> i32 {
    let is_answer = before != 0 && expect::exit(before, wanted).is_ok();
    match code == 0 && is_answer && expect::exit(0, wanted).is_err() {
        true => before,
        false => code,
    }
}

/// On its way from a shell to the user: kept, covered, passed on in whole lines, so that no secret is cut in two.
struct Passing {
    events: mpsc::Sender<Event>,
    purse: Arc<Mutex<Purse>>,
    step: String,
    target: String,
    redact: Option<Regex>,
}

impl Passing {
    async fn pass(
        &self,
        mut came: mpsc::Receiver<Vec<u8>>,
        output: &mut Output,
        mut watch: Option<&mut expect::Watch>,
    ) {
        let mut line = Vec::new();
        while let Some(bytes) = came.recv().await {
            let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
            output.hear(&plain);
            if let Some(watch) = &mut watch {
                watch.hear(&plain);
            }
            line.extend(bytes);
            let end = match line.iter().rposition(|byte| *byte == b'\n') {
                Some(at) => at + 1,
                None if line.len() > LONGEST_LINE => line.len(),
                None => continue,
            };
            let rest = line.split_off(end);
            self.tell(std::mem::replace(&mut line, rest)).await;
        }
        if !line.is_empty() {
            self.tell(line).await;
        }
    }

    async fn tell(&self, lines: Vec<u8>) {
        let text = self
            .purse
            .lock()
            .cover(&String::from_utf8_lossy(&lines), self.redact.as_ref());
        let told = Event::Output {
            step: self.step.clone(),
            target: self.target.clone(),
            bytes: text.into_bytes(),
        };
        let _ = self.events.send(told).await;
    }
}
