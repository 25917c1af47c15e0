//! `qd completions SHELL`: the completion script, printed from the command tree itself.

use clap_complete::Shell;

use super::{Error, Exit, Outcome, context};

#[derive(clap::Args)]
pub struct Args {
    /// The shell to write for
    shell: Shell,
}

pub fn run(args: Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "qd", &mut script);
    let script = String::from_utf8(script)
        .map_err(|cause| Error::failed(format!("the completion script is not text: {cause}")))?;
    context::print(&script)?;
    Ok(Exit::Done)
}
