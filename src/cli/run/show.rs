//! What of a run goes to the user: results on standard output under each machine's name, its errors and ours on standard
//! error. A reader that has had enough stops the showing, never the run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{Context, Error, cloud, notice, quote};
use crate::fanout::{Ended, Event, Outcome, busy};
use crate::fleet::Node;

pub struct Show {
    json: bool,
    /// Names that several machines have: the id is said too.
    shared_names: HashSet<String>,
    by_status: BTreeMap<String, usize>,
    failed: usize,
    /// What is said behind the word that AWS cut the output.
    remedy: &'static str,
    /// Nobody reads standard output any more.
    unread: bool,
}

/// The fields that scripts may rely on; what is absent is null.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    account: &'a str,
    region: &'a str,
    status: &'a str,
    exit_code: Option<i32>,
    stdout: String,
    stderr: String,
    steps: &'a [Ended],
    cut: bool,
    says: Option<&'a str>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

impl Show {
    pub fn new(context: &Context, nodes: &[Node], remedy: &'static str) -> Self {
        let mut count: HashMap<&str, usize> = HashMap::new();
        for node in nodes {
            *count.entry(&node.name).or_default() += 1;
        }
        let shared = count.into_iter().filter(|(_, times)| *times > 1);
        Self {
            json: context.json,
            shared_names: shared.map(|(name, _)| name.to_owned()).collect(),
            by_status: BTreeMap::new(),
            failed: 0,
            remedy,
            unread: false,
        }
    }

    pub fn has_failed(&self) -> bool {
        self.failed > 0
    }

    pub fn event(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Sent { command_id, nodes } => {
                notice(format!(
                    "qd: command {command_id} is sent to {}",
                    instances(nodes)
                ));
            }
            Event::Changed { .. } => {}
            Event::Failed(failure) => cloud::tell(&failure),
            Event::Busy {
                node,
                at_least_seconds,
            } => {
                notice(format!("qd: {}", quote(&busy(&node, at_least_seconds))));
            }
            Event::Unrecorded { says, .. } => notice(format!("qd: NOT RECORDED: {says}")),
            Event::Recorded => notice("qd: recorded again"),
            Event::Over(outcome) => return self.outcome(&outcome),
        }
        Ok(())
    }

    fn outcome(&mut self, outcome: &Outcome) -> Result<(), Error> {
        *self.by_status.entry(outcome.status.clone()).or_default() += 1;
        self.failed += usize::from(!outcome.is_success());
        let label = quote(outcome.label());
        let label = if self.shared_names.contains(&outcome.name) {
            format!("{label} ({})", outcome.id)
        } else {
            label
        };
        if !self.unread {
            let written = if self.json {
                write_json(outcome)
            } else {
                write_lines(
                    &mut io::stdout().lock(),
                    io::stdout().is_terminal(),
                    &label,
                    &outcome.stdout,
                )
            };
            match written {
                Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => self.unread = true,
                written => written.map_err(Error::output)?,
            }
        }
        if self.json {
            return Ok(());
        }
        // Standard error may be gone with the terminal; the recording has it.
        let _ = write_lines(
            &mut io::stderr().lock(),
            io::stderr().is_terminal(),
            &label,
            &outcome.stderr,
        );
        if outcome.is_cut {
            notice(format!("qd: {label}: AWS cut the output; {}", self.remedy));
        }
        if !outcome.is_success() {
            let code = outcome.exit_code.map(|code| format!(", exit code {code}"));
            let why = outcome.says.as_ref().map(|says| format!(": {says}"));
            notice(format!(
                "qd: {label}: {}{}{}",
                outcome.status,
                code.unwrap_or_default(),
                why.unwrap_or_default()
            ));
        } else if let Some(says) = &outcome.says {
            notice(format!("qd: {label}: {says}"));
        }
        Ok(())
    }

    pub fn summary(&self) {
        let total: usize = self.by_status.values().sum();
        let parts: Vec<String> = self
            .by_status
            .iter()
            .map(|(status, count)| format!("{count} {status}"))
            .collect();
        notice(format!("qd: {}: {}", instances(total), parts.join(", ")));
    }
}

/// How output is had in full that AWS cuts, of a command that takes `--output-bucket` or not. Where a bucket had been named
/// already, why it did not help is told with the machine.
pub fn remedy(has_bucket: bool, takes_bucket: bool) -> &'static str {
    match (has_bucket, takes_bucket) {
        (true, _) => "the bucket that it went to did not give it in full",
        (false, true) => "--output-bucket, or bucket under [run], keeps it in full",
        (false, false) => "bucket under [run] in the configuration keeps it in full",
    }
}

fn instances(count: usize) -> String {
    let word = if count == 1 { "instance" } else { "instances" };
    format!("{count} {word}")
}

fn write_json(outcome: &Outcome) -> io::Result<()> {
    let row = Row {
        id: &outcome.id,
        name: &outcome.name,
        account: &outcome.account,
        region: &outcome.region,
        status: &outcome.status,
        exit_code: outcome.exit_code,
        stdout: String::from_utf8_lossy(&outcome.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&outcome.stderr).into_owned(),
        steps: &outcome.steps,
        cut: outcome.is_cut,
        says: outcome.says.as_deref(),
        started_at: outcome.started_at,
        ended_at: outcome.ended_at,
    };
    let mut line = serde_json::to_vec(&row)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

/// Each line under its label: quoted for a terminal, as it came for a pipe.
fn write_lines(to: &mut impl Write, is_terminal: bool, label: &str, bytes: &[u8]) -> io::Result<()> {
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        write!(to, "{label}: ")?;
        if is_terminal {
            let text = String::from_utf8_lossy(line).replace('\t', "    ");
            to.write_all(quote(text.trim_end_matches('\r')).as_bytes())?;
        } else {
            to.write_all(line)?;
        }
        to.write_all(b"\n")?;
    }
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_cut_is_advised_on_with_what_works_there() {
        assert!(remedy(false, true).starts_with("--output-bucket, or bucket under [run]"));
        let of_document = remedy(false, false);
        assert!(of_document.starts_with("bucket under [run]") && !of_document.contains("--output-bucket"));
        for takes_bucket in [true, false] {
            assert!(!remedy(true, takes_bucket).contains("[run]"));
        }
    }

    #[test]
    fn each_line_stands_under_its_label_and_cannot_talk_to_a_terminal() {
        let lines = |is_terminal| {
            let mut to = Vec::new();
            write_lines(&mut to, is_terminal, "web-1", b"a\tb\n\n\x1b]0;x\x07").unwrap();
            String::from_utf8(to).unwrap()
        };
        assert_eq!(lines(false), "web-1: a\tb\nweb-1: \nweb-1: \x1b]0;x\x07\n");
        assert_eq!(lines(true), "web-1: a    b\nweb-1: \nweb-1: \\u{1b}]0;x\\u{7}\n");
    }
}
