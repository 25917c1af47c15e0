//! `qd connect`: a recorded shell in the user's own terminal. Remote bytes are recorded first, then pass a filter;
//! `~.` at the beginning of a line ends it whatever the remote does.

mod escape;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc};

use crate::aws::Place;
use crate::session::{Live, Request, State, Status};
use crate::term::filter::Filter;

use super::aim::{Aim, aim};
use super::terminal::{Raw, is_interactive, size_or_default};
use super::{Context, Error, Exit, Outcome, cloud, notice, opening};
use escape::{Escape, Typed};

#[derive(clap::Args)]
pub struct Args {
    /// Instance id, `mi-…`, Name tag, or key=value tags
    #[arg(value_name = "TARGET")]
    target: String,
    /// Why: goes to AWS and into the recording, at most 200 characters
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Session document instead of the account's shell preferences
    #[arg(long, value_name = "NAME")]
    document: Option<String>,
    /// Parameter of the document, repeatable
    #[arg(long = "param", value_name = "K=V", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

pub async fn run(args: Args, context: Context) -> Outcome {
    context.require_write("open a session")?;
    let clients = cloud::connect(&context);
    let Aim { node, reason, mode } = aim(&context, &clients, &args.target, &args.reason).await?;
    let (sink, bytes) = mpsc::channel(64);
    let size = size_or_default();
    let changed = Arc::new(Notify::new());
    let title = if node.name.is_empty() {
        node.id.to_string()
    } else {
        node.name.clone()
    };
    let request = Request {
        cloud: clients,
        place: Place {
            profile: node.profile.clone(),
            region: node.region.clone(),
        },
        account: node.account.clone(),
        target: node.id.to_string(),
        name: node.name.clone(),
        kind: "shell",
        document: args.document,
        parameters: args.parameters.into_iter().collect::<BTreeMap<_, _>>(),
        reason,
        size,
        scrollback: 0,
        mode,
        data_dir: context.paths.data_dir.clone(),
        changed,
        sink: Some(sink),
    };
    let live = opening::open(request, context.config.session.idle_limit).await?;
    let ended = attend(live, bytes, &title, context.config.session.clipboard, size).await?;
    tell(&ended);
    Ok(if ended.ended_well {
        Exit::Done
    } else {
        Exit::Connection
    })
}

/// Passes keys and bytes until the session is over; returns its last status.
async fn attend(
    live: Live,
    bytes: mpsc::Receiver<Bytes>,
    title: &str,
    clipboard: bool,
    opened_at: (u16, u16),
) -> Result<Status, Error> {
    let failed = |cause: io::Error| Error::failed(format!("the terminal failed: {cause}"));
    let mut resized = signal(SignalKind::window_change()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
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
        let filter = io::stdout().is_terminal().then(|| Filter::new(title, clipboard));
        move || show(bytes, filter)
    });
    let (typed, mut keys) = mpsc::channel::<Typed>(16);
    let at_line_start = raw.is_some();
    std::thread::spawn(move || read_keys(at_line_start, &typed));
    let mut status = live.status();
    let mut keys_open = true;
    while !status.borrow_and_update().has_ended() {
        tokio::select! {
            changed = status.changed() => if changed.is_err() { break },
            _ = resized.recv() => {
                let (cols, rows) = size_or_default();
                live.resize(cols, rows);
            }
            _ = hangup.recv() => live.end(),
            _ = terminate.recv() => live.end(),
            _ = interrupt.recv() => live.end(),
            key = keys.recv(), if keys_open => match key {
                Some(Typed::Bytes(bytes)) => live.input(bytes),
                Some(Typed::End) => live.end(),
                Some(Typed::Help) => help(&live),
                None => keys_open = false,
            },
        }
        report(&status.borrow());
    }
    let ended = live.ended().await;
    // The actor has let go of its end: what it recorded is on its way to the screen, to the last byte.
    let modes = live.with_screen(|screen| screen.modes());
    drop(live);
    let shown = shown.await;
    if let Some(raw) = raw {
        raw.leave(modes);
    }
    match shown {
        Ok(Ok(())) => Ok(ended),
        Ok(Err(cause)) => Err(Error::output(cause)),
        Err(cause) => Err(Error::failed(cause.to_string())),
    }
}

/// Writes recorded bytes: through the filter to a terminal, as they are to a pipe.
fn show(mut bytes: mpsc::Receiver<Bytes>, mut filter: Option<Filter>) -> io::Result<()> {
    let mut out = io::stdout();
    let mut passed = Vec::new();
    while let Some(chunk) = bytes.blocking_recv() {
        match &mut filter {
            Some(filter) => {
                passed.clear();
                filter.pass(&chunk, &mut passed);
                out.write_all(&passed)?;
            }
            None => out.write_all(&chunk)?,
        }
        out.flush()?;
    }
    Ok(())
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

/// What a connected session does not say: that it stalls, resumes, is no longer recorded.
fn report(status: &Status) {
    match &status.state {
        State::Stalled { .. } | State::Resuming { .. } => notice(format!("\r\nqd: {status}\r")),
        _ => {}
    }
}

fn tell(status: &Status) {
    if let Some(failed) = &status.recording_failed {
        notice(format!("qd: not recorded to the end: {failed}"));
    }
    notice(format!("qd: {status}"));
}
