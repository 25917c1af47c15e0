//! `qd connect`: a recorded shell, or one command, in the user's own terminal. Remote bytes are recorded first, then pass
//! a filter; `~.` at the beginning of a line ends a shell whatever the remote does.

mod command;
mod escape;
mod report;

use std::collections::BTreeMap;
use std::io::{self, Read};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::aws::ExecuteCommand;
use crate::fleet::is_container;
use crate::session::{self, Command, Live, Piece, Request, Status};

use super::aim::{Aim, aim};
use super::signals::Signals;
use super::streams::Streams;
use super::terminal::{Raw, is_interactive, size_or_default};
use super::{Context, Error, Exit, Outcome, cloud, container, notice, opening};
use escape::{Escape, Typed};
use report::Report;

/// Every image that has a shell has this one.
const SHELL: &str = "/bin/sh";

#[derive(clap::Args)]
pub struct Args {
    /// Instance id, `mi-…`, Name tag, key=value tags, or ecs:CLUSTER/TASK/CONTAINER
    #[arg(value_name = "TARGET")]
    target: String,
    /// Why: goes to AWS and into the recording, at most 200 characters (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Session document instead of the account's shell preferences
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    document: Option<String>,
    /// Parameter of the document, repeatable
    #[arg(long = "param", value_name = "K=V", value_parser = parameter, conflicts_with = "command")]
    parameters: Vec<(String, String)>,
    /// Run the command on a terminal, as full-screen programs need; its exit code is not told then
    #[arg(short, long, requires = "command")]
    tty: bool,
    /// A command instead of a shell: its words are joined and run by `sh -c`, its exit code is passed through
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

pub async fn run(args: Args, context: Context) -> Outcome {
    context.require_write("open a session")?;
    // Containers give every command a terminal.
    let in_container = is_container(&args.target);
    let on_terminal = args.tty || in_container;
    let is_piped = !args.command.is_empty() && !on_terminal;
    if is_piped {
        command::refuse_input()?;
    }
    let clients = cloud::connect(&context);
    let (
        Aim {
            node,
            reason,
            mode,
            recipients,
        },
        mut execute,
    ) = if in_container {
        if args.document.is_some() || !args.parameters.is_empty() {
            return Err(Error::usage("a container takes no session document")
                .hint("leave out --document and --param"));
        }
        let (aim, execute) = container::aim(&context, &clients, &args.target, &args.reason).await?;
        (aim, Some(execute))
    } else {
        (aim(&context, &clients, &args.target, &args.reason).await?, None)
    };
    let (sink, pieces) = mpsc::channel(64);
    let size = size_or_default();
    let title = if node.name.is_empty() {
        node.id.to_string()
    } else {
        node.name.clone()
    };
    let clipboard = context.config.session.clipboard;
    let is_tty_command = on_terminal && !args.command.is_empty();
    let Opening {
        text,
        document,
        parameters,
    } = opening(args, &context, &node.platform, execute.as_mut());
    let request = Request {
        kind: if text.is_some() { "command" } else { "shell" },
        document,
        parameters,
        command: text,
        container: execute,
        reason,
        size,
        mode,
        recipients,
        sink: Some(sink),
        ..Request::on(clients, &node, &context.paths.data_dir)
    };
    let mut signals = Signals::listen()?;
    let live = opening::open(request, context.config.session.idle_limit, &mut signals).await?;
    if is_piped {
        let agent = node.agent_version.as_deref();
        return command::attend(live, pieces, &title, clipboard, agent, signals).await;
    }
    let ended = attend(live, pieces, &title, clipboard, size, signals).await?;
    tell(&ended);
    if is_tty_command {
        notice("qd: a command on a terminal tells no exit code");
    }
    if ended.session_type.as_deref() == Some("Port") {
        return Err(Error::connection("that document opens a port, which is no shell")
            .hint("`qd forward` takes ports; name a document of shells or commands"));
    }
    Ok(match ended.exit_code {
        // A document of one's own that runs a command with its streams apart.
        Some(_) => match session::Outcome::of(&ended, None) {
            session::Outcome::Exited(code) => Exit::Remote(code),
            session::Outcome::Killed => Exit::Remote(128),
            _ => Exit::Connection,
        },
        None if !ended.ended_well => Exit::Connection,
        None => Exit::Done,
    })
}

/// What AWS is asked to start.
struct Opening {
    /// The command, where there is one.
    text: Option<String>,
    document: Option<String>,
    parameters: BTreeMap<String, String>,
}

/// A command, a container's shell, or the document that was named or configured.
fn opening(args: Args, context: &Context, platform: &str, container: Option<&mut ExecuteCommand>) -> Opening {
    let is_shell = args.command.is_empty();
    if let Some(execute) = container {
        let (text, line) = Command::in_container(&args.command);
        execute.command = if is_shell { SHELL.to_owned() } else { line };
        return Opening {
            text: Some(text).filter(|_| !is_shell),
            document: None,
            parameters: BTreeMap::new(),
        };
    }
    if is_shell {
        return Opening {
            text: None,
            document: args.document.or_else(|| context.config.session.document.clone()),
            parameters: args.parameters.into_iter().collect(),
        };
    }
    let command = if args.tty {
        Command::on_terminal(&args.command)
    } else {
        let windows = platform.to_lowercase().contains("windows");
        Command::piped(&args.command, windows)
    };
    Opening {
        text: Some(command.text),
        document: Some(command.document.to_owned()),
        parameters: command.parameters,
    }
}

/// Passes keys and bytes until the session is over; returns its last status.
async fn attend(
    live: Live,
    pieces: mpsc::Receiver<Piece>,
    title: &str,
    clipboard: bool,
    opened_at: (u16, u16),
    mut signals: Signals,
) -> Result<Status, Error> {
    let failed = |cause: io::Error| Error::failed(format!("the terminal failed: {cause}"));
    let mut resized = signal(SignalKind::window_change()).map_err(failed)?;
    // The window may have changed while the session was being opened, when nobody listened for it.
    let size = size_or_default();
    if size != opened_at {
        live.resize(size.0, size.1);
    }
    let raw = if is_interactive() {
        Some(Raw::enter().map_err(failed)?)
    } else {
        None
    };
    if raw.is_some() {
        notice(format!(
            "connected to {}, recorded; ~. at the beginning of a line ends it\r",
            super::quote(title)
        ));
    }
    let shown = tokio::task::spawn_blocking({
        let streams = Streams::new(title, clipboard);
        move || command::show(pieces, streams)
    });
    let (typed, mut keys) = mpsc::channel::<Typed>(16);
    let at_line_start = raw.is_some();
    std::thread::spawn(move || read_keys(at_line_start, &typed));
    let mut status = live.status();
    let mut told = Report::new(raw.is_some());
    let mut keys_open = true;
    while !status.borrow_and_update().has_ended() {
        if status.borrow().session_type.as_deref() == Some("Port") {
            live.end();
        }
        tokio::select! {
            changed = status.changed() => if changed.is_err() { break },
            _ = resized.recv() => {
                let (cols, rows) = size_or_default();
                live.resize(cols, rows);
            }
            () = told.until_idle(&live) => {}
            _ = signals.next() => live.end(),
            key = keys.recv(), if keys_open => match key {
                Some(Typed::Bytes(bytes)) => live.input(bytes),
                Some(Typed::End) => live.end(),
                Some(Typed::Help) => help(&live),
                None => keys_open = false,
            },
        }
        told.hear(&status.borrow());
    }
    let ended = live.ended().await;
    // The actor has let go of its end: what it recorded is on its way to the screen, to the last byte.
    let (modes, in_line) = live.with_screen(|screen| (screen.modes(), screen.is_in_line()));
    drop(live);
    let shown = shown.await;
    if let Some(raw) = raw {
        raw.leave(modes);
        if in_line {
            notice("");
        }
    }
    match shown {
        Ok(Ok(())) => Ok(ended),
        Ok(Err(cause)) => Err(Error::output(cause)),
        Err(cause) => Err(Error::failed(cause.to_string())),
    }
}

/// Standard input blocks, so it has a thread of its own, which ends with the program.
fn read_keys(escapes: bool, typed: &mpsc::Sender<Typed>) {
    let mut escape = Escape::new(escapes);
    let mut buffer = [0; 4096];
    let mut input = io::stdin().lock();
    while let Ok(read) = input.read(&mut buffer) {
        if read == 0 {
            return;
        }
        for piece in escape.pass(&buffer[..read]) {
            if typed.blocking_send(piece).is_err() {
                return;
            }
        }
    }
}

fn help(live: &Live) {
    let status = live.status().borrow().clone();
    let idle = status
        .idle_words()
        .map_or(String::new(), |words| format!("\r\n{words}"));
    notice(format!(
        "\r\n~.  end the session\r\n~~  a tilde\r\n~?  this\r\n{status}{idle}\r"
    ));
}

fn tell(status: &Status) {
    if let Some(failed) = &status.recording_failed {
        notice(format!("qd: not recorded to the end: {failed}"));
    }
    notice(format!("qd: {}", super::quote(&status.to_string())));
}
