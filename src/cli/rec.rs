//! `qd rec -- CMD`: the recorder of sessions around any local program. It gets a terminal of its own where a person sits,
//! pipes elsewhere; what it shows is recorded before it is shown, and its exit code is this one's.

use std::ffi::OsString;
use std::path::Path;

use super::aim::{note, recipients};
use super::ssh::{attend, code_of};
use super::terminal::{kind_of_terminal, size_or_default};
use super::{Context, Error, Exit, Outcome};
use crate::audit;
use crate::recording::{Header, Mode};
use crate::ssh::Tape;
use crate::ssh::terminal::Run;

/// What shells answer when there is no such program.
const NOT_FOUND: u8 = 127;

#[derive(clap::Args)]
pub struct Args {
    /// Why: goes into the recording (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Ticket that it belongs to
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// End the program when it cannot be recorded; the configuration's [recording] mode otherwise
    #[arg(long, conflicts_with = "best_effort")]
    strict: bool,
    /// Let the program go on when it cannot be recorded
    #[arg(long)]
    best_effort: bool,
    /// The program and its arguments
    #[arg(value_name = "CMD", required = true, last = true)]
    words: Vec<OsString>,
}

pub async fn run(args: Args, context: Context) -> Outcome {
    context.require_write("run a program that may change an account")?;
    let mode = mode(&args, &context);
    let Some((program, rest)) = args.words.split_first() else {
        return Err(Error::usage("no program is named").hint("qd rec -- psql -h db.internal"));
    };
    let found = find(program)?;
    let name = Path::new(program)
        .file_name()
        .unwrap_or(program)
        .to_string_lossy()
        .into_owned();
    let size = size_or_default();
    let reason = Some(args.reason)
        .filter(|reason| !reason.is_empty())
        .or_else(|| std::env::var("QD_REASON").ok())
        .filter(|reason| !reason.trim().is_empty());
    let target = audit::Target {
        name: Some(name.clone()),
        ..audit::Target::default()
    };
    let recipients =
        recipients(&context.config, false).inspect_err(|refused| note(&context, target, None, refused))?;
    let header = Header {
        target_name: Some(name.clone()),
        reason,
        ticket: args.ticket,
        term: kind_of_terminal(),
        mode,
        recipients: recipients.keys().to_vec(),
        ..Header::new("local", size)
    };
    let mut tape = Tape::start_local(&context.paths.data_dir, header, &line(&args.words))
        .await
        .map_err(|cause| {
            Error::failed(cause.to_string()).hint("nothing is run that cannot be recorded; see --data-dir")
        })?;
    let run = Run {
        program: found,
        args: rest.to_vec(),
        strict: mode == Mode::Strict,
    };
    let ran = attend(run, &mut tape, size, &name, context.config.session.clipboard).await;
    let (why, code) = match &ran {
        Ok(status) => (format!("{name} ended: {status}"), Some(code_of(status))),
        Err(error) => (error.says.clone(), None),
    };
    let sealed = tape.end(&why, code.map(i32::from)).await;
    let status = ran?;
    sealed.map_err(|cause| Error::failed(format!("the recording is not sealed: {cause}")))?;
    Ok(Exit::Remote(code_of(&status)))
}

fn mode(args: &Args, context: &Context) -> Mode {
    match (args.strict, args.best_effort) {
        (true, _) => Mode::Strict,
        (_, true) => Mode::BestEffort,
        _ => context.config.recording.mode.map_or(Mode::BestEffort, Mode::from),
    }
}

/// The program's file: a path as it is, a name by the user's PATH.
fn find(program: &OsString) -> Result<OsString, Error> {
    use std::os::unix::fs::PermissionsExt;
    let is_program = |file: &Path| {
        file.metadata()
            .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    let given = Path::new(program);
    let found = if given.components().count() > 1 {
        Some(given.to_owned()).filter(|file| is_program(file))
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|dir| dir.join(program))
            .find(|file| is_program(file))
    };
    found.map(Into::into).ok_or_else(|| {
        let shown = program.to_string_lossy();
        Error::new(
            Exit::Remote(NOT_FOUND),
            format!("there is no program {}", super::quote(&shown)),
        )
        .hint("give its path, or a name on PATH; a shell's own words need `qd rec -- sh -c '…'`")
    })
}

/// The command line as a shell would take it.
fn line(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let quoted = shlex::try_join(words.iter().map(AsRef::as_ref));
    quoted.unwrap_or_else(|_| words.join(" "))
}
