//! The commands of a recording for a runbook's draft, placeholders where secrets were typed. That they were taken stands
//! in the audit log before they are.

use super::super::{Context, Error};
use super::{access, open, redacting, rfc3339};
use crate::audit::Kind;
use crate::recording::Transcript;
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
    let transcript = Transcript::read(&reader)?;
    if transcript.commands.is_empty() {
        return Err(Error::failed(format!(
            "no command is known of {wanted}: nothing was typed behind a prompt"
        ))
        .hint("`qd recordings show` and `play` tell what it holds"));
    }
    let step = |command: crate::recording::Command| Step {
        command: command.text,
        exit_code: command.exit_code,
        seconds: command.duration_us.map(|us| us / 1_000_000),
    };
    let mut steps = whole(transcript.commands.into_iter().map(step).collect());
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
