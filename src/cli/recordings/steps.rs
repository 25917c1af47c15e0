//! The commands of a recording for a runbook's draft, placeholders where secrets were typed. That they were taken stands
//! in the audit log before they are.

mod carried;

use std::collections::BTreeSet;

use super::super::{Context, Error};
use super::{access, open, redacting, rfc3339};
use crate::audit::Kind;
use crate::recording::{Reader, Source, Transcript};
use crate::runbook::{Secrets, Step, whole};

/// What is known of a recording, its commands, and the secrets that they want.
pub type Taken = (Vec<(&'static str, String)>, Vec<Step>, Secrets);

/// Facts to write above the steps, the steps and their secrets; exit 1 when it is encrypted and no key opens it.
pub fn commands_of(context: &Context, wanted: &str) -> Result<Taken, Error> {
    let reader = open(context, wanted)?;
    access::record(context, Kind::RecordingAccess, &reader, "runbook")?;
    let rules = redacting(context, true)?;
    let covered = |text: &str| {
        rules
            .as_ref()
            .map_or_else(|| text.to_owned(), |rules| rules.redact(text))
    };
    let header = reader.header();
    let mut facts = vec![("From the recording", header.id.to_string())];
    let target = header.target_name.as_ref().or(header.target.as_ref());
    facts.extend(target.map(|target| ("Run on", covered(target))));
    facts.extend(rfc3339(header.started_at).map(|at| ("Began at", at)));
    facts.extend(header.reason.as_ref().map(|reason| ("Reason", covered(reason))));
    let marks = carried::marks(&reader)?;
    let runs: BTreeSet<&str> = marks.iter().map(|mark| mark.run.as_str()).collect();
    facts.extend(runs.iter().map(|run| ("Carried out by the run", covered(run))));
    let mut steps = carried::steps(&context.paths.data_dir, &header.id.to_string(), &marks);
    // Nobody types where a run has the shell; what stands there is what its steps were sent as.
    if steps.is_empty() {
        steps = typed(&reader, &marks)?;
    }
    if steps.is_empty() {
        let why = match runs.first() {
            Some(run) => format!("its run {run} left the names of its steps there, and not their commands"),
            None => "nothing was typed behind a prompt".to_owned(),
        };
        return Err(
            Error::failed(format!("no command is known of {wanted}: {why}")).hint(match runs.first() {
                Some(run) => {
                    format!("`qd runbooks runs show {run}` lists them where the run was carried out")
                }
                None => "`qd recordings show` and `play` tell what it holds".to_owned(),
            }),
        );
    }
    let mut secrets = Secrets::default();
    let found = |command: &str| {
        rules
            .as_ref()
            .map(|rules| rules.secrets(command))
            .unwrap_or_default()
    };
    // What is only told for a secret by a later command stands in an earlier one as well.
    for step in &steps {
        secrets.replaced(&step.command, &found(&step.command));
    }
    for step in &mut steps {
        step.command = secrets.replaced(&step.command, &found(&step.command));
    }
    Ok((facts, steps, secrets))
}

/// What was typed or sent, without what runs of pages call their steps: names of pages and steps, and no commands.
fn typed(reader: &Reader, marks: &[carried::Mark]) -> Result<Vec<Step>, Error> {
    let is_label = |text: &String| marks.iter().any(|mark| mark.label == *text);
    let commands = Transcript::read(reader)?.commands.into_iter();
    let commands = commands.filter(|command| command.source != Source::Marked || !is_label(&command.text));
    let step = |command: crate::recording::Command| Step {
        command: command.text,
        exit_code: command.exit_code,
        seconds: command.duration_us.map(|us| us / 1_000_000),
    };
    Ok(whole(commands.map(step).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{DeviceKey, End, Header, Marker, Writer};

    #[test]
    fn the_label_of_a_step_of_a_run_is_no_command_and_a_block_that_was_sent_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut writer = Writer::create(dir.path(), Header::new("command", (40, 6)), &key).unwrap();
        let marker = |label: &str, fields: &[&str]| Marker {
            kind: "runbook".into(),
            label: label.into(),
            fields: fields
                .iter()
                .map(|name| ((*name).to_owned(), "df -h".to_owned()))
                .collect(),
        };
        writer
            .marker(1, marker("disk.md 1: df -h", &["run", "commands"]))
            .unwrap();
        writer
            .marker(2, marker("disk.md", &["lines", "commands"]))
            .unwrap();
        let sealed = writer.end(3, End::default()).unwrap();
        let reader = Reader::open(&sealed.path).unwrap();
        let marks = carried::marks(&reader).unwrap();
        let labels: Vec<&str> = marks.iter().map(|mark| mark.label.as_str()).collect();
        assert_eq!(labels, ["disk.md 1: df -h"]);
        let typed = typed(&reader, &marks).unwrap();
        let typed: Vec<&str> = typed.iter().map(|step| step.command.as_str()).collect();
        assert_eq!(typed, ["df -h"]);
    }
}
