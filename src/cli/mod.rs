//! The command line: the tree of verbs, the global flags, and the one place where errors are printed.
//! One file a verb; each gives an `Args` and a `run`, prints a table or JSON, and never draws.
//! Standard output carries results only; progress, notices and errors go to standard error.

mod aim;
mod alarms;
mod audit;
mod cloud;
mod completions;
mod config;
mod connect;
mod console;
mod container;
mod context;
mod costs;
mod cp;
mod doctor;
mod documents;
mod error;
mod fleet;
mod forward;
mod herald;
mod incident;
mod man;
mod opening;
mod policy;
mod rec;
mod recordings;
mod report;
mod run;
mod runbooks;
mod sessions;
mod setup;
mod signals;
mod sim;
mod ssh;
mod ssh_proxy;
mod stop;
mod store;
mod streams;
mod table;
mod terminal;
mod trace;
mod watch;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{DeviceKey, Paths, Redact};
use crate::recording::redaction::{self, Rules};
use crate::recording::{Custody, evidence, keep_device_key, keep_typed};
use crate::runtime::shed::Frugal;

pub use context::{Context, Globals, notice};
pub use error::{Error, Exit, Outcome};
pub use table::{is_reordering, quote};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "qd",
    version,
    about = "A console for an SRE on call: recorded sessions on any instance through AWS Systems Manager, \
             costs and runbooks beside the shell",
    propagate_version = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Every verb that exists; what does not exist yet is not listed.
#[derive(Subcommand)]
pub enum Verb {
    /// The console on the embedded simulator: needs no account
    Demo(console::DemoArgs),
    /// Open a recorded shell on an instance, in this terminal
    Connect(connect::Args),
    /// Forward local ports to an instance, or to hosts that it reaches
    Forward(forward::Args),
    /// Run one command on many instances through Run Command
    Run(Box<run::Args>),
    /// OpenSSH on an instance, recorded, with a key that EC2 Instance Connect lets in for a minute
    Ssh(ssh::Args),
    /// Copy files to or from an instance, with or without an SSH server, checked by SHA-256
    Cp(cp::Args),
    /// Record any local program on a terminal of its own: kubectl exec, psql, mssh
    Rec(rec::Args),
    /// Standard input and output are a port of an instance: for OpenSSH's ProxyCommand
    SshProxy(ssh_proxy::Args),
    /// Instances and managed nodes of all accounts and regions
    Fleet(fleet::Args),
    /// Sessions as AWS knows them: list, end
    Sessions(sessions::Args),
    /// What is missing for sessions to work, here or on one target
    Doctor(doctor::Args),
    /// List, replay, export, import and verify recordings
    Recordings(recordings::Args),
    /// Follow a session that is running now, read-only
    Watch(watch::Args),
    /// The audit log: what was done, by whom, on what
    Audit(audit::Args),
    /// Costs from Cost Explorer, exports or Athena: what changed, what to do about it, what will come
    Costs(costs::Args),
    /// Alarms of all accounts and regions: what burns, which runbook answers, what was done the last times
    Alarms(alarms::Args),
    /// Runbooks: list, search, show, and the code blocks that can be run
    Runbooks(runbooks::Args),
    /// Systems Manager documents: find, show, preview, start; automations: follow, approve, stop
    Documents(Box<documents::Args>),
    /// Incidents: begin one, write into it, list, figures over the months
    Incident(incident::Args),
    /// The report of an incident: timeline, impact, people, commands, cost, recordings
    Report(report::Args),
    /// Run the embedded AWS alone, until interrupted
    Sim(Box<sim::Args>),
    /// What policy demands of a session on a target, and why
    Policy(policy::Args),
    /// The configuration file
    Config(config::Args),
    /// Print what belongs into other programs' configuration
    Setup(setup::Args),
    /// Print the completion script for a shell
    Completions(completions::Args),
    /// Print the manual page of the whole command tree
    Man(man::Args),
}

/// The tree as clap sees it: completions, manual and tests are printed from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program and returns its exit code; errors have been printed when it returns.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Before the command line is read, which alone runs through more of the program than a tunnel in days.
    let _frugal = args.iter().any(|word| word == "forward").then(Frugal::begin);
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(refused) => {
            let exit = if refused.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            // A reader that has gone away has read enough.
            let _ = refused.print();
            return exit.into();
        }
    };
    let exit = run(cli).unwrap_or_else(|error| {
        error.print();
        error.exit
    });
    signals::quit().unwrap_or(exit).into()
}

/// One arm a verb. Those that need no configuration work when the file is broken; a verb that must act before
/// any thread exists (namespaces) does so in its own arm.
fn run(cli: Cli) -> Outcome {
    let globals = cli.globals;
    match cli.verb {
        Some(Verb::Audit(args)) => audit::run(args, &prepare(globals)?),
        Some(Verb::Recordings(args)) => recordings::run(args, &prepare(globals)?),
        Some(Verb::Watch(args)) => watch::run(args, &prepare(globals)?),
        Some(Verb::Runbooks(args)) if args.runs() => {
            recorded(globals, |context| runbooks::carry_out(args, context))
        }
        Some(Verb::Runbooks(args)) => runbooks::run(args, &prepare(globals)?),
        Some(Verb::Incident(args)) => incident::run(args, &prepare(globals)?),
        Some(Verb::Report(args)) => report::run(args, &prepare(globals)?),
        Some(Verb::Completions(args)) => completions::run(args),
        Some(Verb::Config(args)) => config::run(args, &globals),
        Some(Verb::Costs(args)) => in_runtime(globals, |context| costs::run(args, context)),
        Some(Verb::Connect(args)) => recorded(globals, |context| connect::run(args, context)),
        Some(Verb::Forward(args)) => recorded(globals, |context| forward::run(args, context)),
        Some(Verb::Run(args)) => recorded(globals, |context| run::run(*args, context)),
        Some(Verb::Setup(args)) => setup::run(args, &globals),
        Some(Verb::Ssh(args)) => {
            let flags = globals.clone();
            recorded(
                globals,
                |context| async move { ssh::run(args, &flags, context).await },
            )
        }
        Some(Verb::Cp(args)) => {
            let flags = globals.clone();
            recorded(
                globals,
                |context| async move { cp::run(args, &flags, context).await },
            )
        }
        Some(Verb::Rec(args)) => offline(globals, |context| async move {
            let supply = store::Supply::begin_if_it_can(&context).await?;
            let outcome = rec::run(args, context).await;
            supply.settle().await;
            outcome
        }),
        Some(Verb::SshProxy(args)) => recorded(globals, |context| ssh_proxy::run(args, context)),
        Some(Verb::Alarms(args)) => in_runtime(globals, |context| alarms::run(args, context)),
        Some(Verb::Fleet(args)) => in_runtime(globals, |context| fleet::run(args, context)),
        Some(Verb::Sessions(args)) => in_runtime(globals, |context| sessions::run(args, context)),
        Some(Verb::Doctor(args)) => in_runtime(globals, |context| doctor::run(args, context)),
        Some(Verb::Documents(args)) if args.starts() => {
            recorded(globals, |context| documents::run(*args, context))
        }
        Some(Verb::Documents(args)) => in_runtime(globals, |context| documents::run(*args, context)),
        Some(Verb::Policy(args)) => in_runtime(globals, |context| policy::run(args, context)),
        Some(Verb::Man(args)) => man::run(args),
        Some(Verb::Sim(args)) => offline(globals, |_| sim::run(*args)),
        Some(Verb::Demo(args)) => {
            let keeps_data = globals.data_dir.is_some();
            let scratch = console::scratch()?;
            let log = Paths::below(scratch.path()).log_file();
            attended(logging_to(Some(&log), globals)?, move |context| {
                console::demo(args, context, scratch, keeps_data)
            })
        }
        None => in_runtime(globals, console::run),
    }
}

/// Configuration read, log started.
fn prepare(globals: Globals) -> Result<Context, Error> {
    logging_to(None, globals)
}

/// The same with the log in a file of its own.
fn logging_to(log_file: Option<&Path>, globals: Globals) -> Result<Context, Error> {
    let log = globals.log.clone();
    let context = Context::load(globals)?;
    let usual = context.paths.log_file();
    trace::start(log_file.unwrap_or(&usual), log.as_deref())?;
    if context.config.recording.device_key == DeviceKey::SshAgent {
        keep_device_key(Custody::Agent {
            key: context.config.recording.agent_key.clone(),
            socket: std::env::var_os("SSH_AUTH_SOCK").map(Into::into),
        });
    }
    evidence::trust(audit::witnesses(&context).unwrap_or_default());
    if context.config.recording.redact == Redact::Write {
        redaction::enforce(Rules::new(&context.config.redaction).map_err(Error::usage)?);
    }
    if context.config.recording.input {
        keep_typed();
    }
    Ok(context)
}

/// Runs a verb that waits for AWS: `in_runtime(globals, |context| fleet::run(args, context))`.
pub fn in_runtime<F: Future<Output = Outcome>>(globals: Globals, work: impl FnOnce(Context) -> F) -> Outcome {
    let context = prepare(globals)?;
    context.require_network()?;
    attended(context, work)
}

/// Runs a verb that opens sessions: what is recorded goes to the team store beside it.
fn recorded<F: Future<Output = Outcome>>(globals: Globals, work: impl FnOnce(Context) -> F) -> Outcome {
    in_runtime(globals, |context| async move {
        let supply = store::Supply::begin_telling(&context).await?;
        let outcome = work(context).await;
        supply.settle().await;
        outcome
    })
}

/// Runs a verb that waits for nothing beyond this machine.
fn offline<F: Future<Output = Outcome>>(globals: Globals, work: impl FnOnce(Context) -> F) -> Outcome {
    attended(prepare(globals)?, work)
}

/// With notifications beside it.
fn attended<F: Future<Output = Outcome>>(context: Context, work: impl FnOnce(Context) -> F) -> Outcome {
    wait(async {
        let herald = herald::start(&context);
        let outcome = work(context).await;
        if let Some(herald) = herald {
            herald.end().await;
        }
        outcome
    })
}

/// What is still being written at the end gets this long.
const LAST_WORK: Duration = Duration::from_secs(5);

fn wait(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Error::failed(format!("cannot start worker threads: {cause}")))?;
    let outcome = runtime.block_on(work);
    // Dropped, it would wait for a thread that is stuck in a read for as long as that lasts.
    runtime.shutdown_timeout(LAST_WORK);
    outcome
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_tree_is_consistent() {
        super::command().debug_assert();
    }
}
