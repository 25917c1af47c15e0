//! `qd ssh`: stock OpenSSH through `qd ssh-proxy`, with a key made for this run and pushed by EC2 Instance Connect.
//! What the local terminal shows is recorded before it is shown; `~.` and its kin belong to OpenSSH.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use bytes::Bytes;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::aim::{Aim, aim, reason_or_environment};
use super::ssh_proxy::Via;
use super::streams::Streams;
use super::terminal::{Raw, is_interactive, kind_of_terminal, size_or_default};
use super::{Context, Error, Exit, Globals, Outcome, cloud, notice, quote, setup, stop};
use crate::fleet::{Kind, Node};
use crate::recording::Mode;
use crate::session::Request;
use crate::ssh::terminal::{Order, PATIENCE, Run, Shown, on_pipes, on_terminal};
use crate::ssh::{Key, Tape, login, word};
use crate::term::Modes;

#[derive(clap::Args)]
pub struct Args {
    /// Login instead of the image's usual one
    #[arg(short = 'l', long = "login", value_name = "USER")]
    user: Option<String>,
    /// Why: goes to AWS and into the recordings (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Session Manager, an EC2 Instance Connect Endpoint, or the one that can reach it
    #[arg(long, value_enum, default_value_t = Via::Auto)]
    via: Via,
    /// [USER@] and an instance id, `mi-…`, Name tag, or key=value tags
    #[arg(value_name = "TARGET")]
    target: String,
    /// OpenSSH's own options and the command to run
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub async fn run(args: Args, globals: &Globals, context: Context) -> Outcome {
    context.require_write("open a session")?;
    let program = find_program("ssh")?;
    let (user, target) = login::split(&args.target);
    let user = user.map(str::to_owned).or(args.user);
    let reason = reason_or_environment(args.reason);
    let clients = cloud::connect(&context);
    let found = aim(&context, &clients, target, &reason).await?;
    let access = Access::prepare(globals, &context, &found, user, args.via)?;
    let mut words = access.options.clone();
    words.extend([
        "-l".into(),
        access.user.clone().into(),
        access.host.clone().into(),
    ]);
    words.extend(args.args);
    let strict = found.mode == Mode::Strict;
    let size = size_or_default();
    let title = if found.node.name.is_empty() {
        found.node.id.to_string()
    } else {
        found.node.name.clone()
    };
    let mut tape = Tape::start(&request(&context, clients, found, size), kind_of_terminal())
        .await
        .map_err(|cause| {
            Error::failed(cause.to_string()).hint("nothing is opened that cannot be recorded; see --data-dir")
        })?;
    let run = Run {
        program,
        args: words,
        strict,
    };
    let ran = attend(run, &mut tape, size, &title, context.config.session.clipboard).await;
    let (why, code) = match &ran {
        Ok(status) => (format!("ssh ended: {status}"), Some(code_of(status))),
        Err(error) => (error.says.clone(), None),
    };
    let sealed = tape.end(&why, code.map(i32::from)).await;
    drop(access);
    sealed.map_err(|cause| Error::failed(format!("the terminal's recording is not sealed: {cause}")))?;
    Ok(Exit::Remote(code_of(&ran?)))
}

/// A program's own code; 128 and the signal that ended it.
pub fn code_of(status: &ExitStatus) -> u8 {
    let signalled = || status.signal().map(|signal| 128 + signal);
    let code = status.code().or_else(signalled).unwrap_or(255);
    u8::try_from(code).unwrap_or(255)
}

/// A program of OpenSSH's by the user's PATH.
pub fn find_program(name: &str) -> Result<OsString, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .map(Into::into)
        .ok_or_else(|| {
            Error::failed(format!("there is no `{name}` on this machine's PATH"))
                .hint("install the OpenSSH client, or use `qd connect` and `qd cp`, which need none")
        })
}

/// What OpenSSH needs to get in; dropping it removes the key.
pub struct Access {
    /// Options that `ssh`, `scp` and `sftp` all take.
    pub options: Vec<OsString>,
    pub user: String,
    /// The instance's id: also its name in the file of host keys.
    pub host: String,
    _key: Option<Key>,
}

impl Access {
    /// Makes a key, unless the target is none that keys can be pushed to.
    pub fn prepare(
        globals: &Globals,
        context: &Context,
        found: &Aim,
        user: Option<String>,
        via: Via,
    ) -> Result<Access, Error> {
        let node = &found.node;
        let user = user.unwrap_or_else(|| {
            let guess = login::guess(&node.platform);
            notice(format!(
                "qd: logging in as {guess}, by the platform {}; -l or USER@ names another",
                quote(&node.platform)
            ));
            guess.to_owned()
        });
        if !login::is_valid(&user) {
            return Err(Error::usage(format!("{} is no login", quote(&user))));
        }
        let key = if node.kind == Kind::Ec2 {
            Some(Key::generate().map_err(|cause| Error::failed(format!("cannot keep a key: {cause}")))?)
        } else {
            notice("qd: EC2 Instance Connect knows no mi-… nodes: your own keys are used");
            None
        };
        let hosts = context.paths.data_dir.join("ssh").join("known_hosts");
        std::fs::create_dir_all(hosts.with_file_name("")).map_err(|cause| {
            Error::failed(format!("cannot keep host keys in {}: {cause}", hosts.display()))
        })?;
        let mut settings = vec![
            format!(
                "ProxyCommand={}",
                proxy_command(globals, context, found, &user, via, key.as_ref())?
            ),
            format!("HostKeyAlias={}", node.id),
            format!(
                "UserKnownHostsFile={}",
                word::for_option(&hosts.display().to_string())
            ),
            "StrictHostKeyChecking=accept-new".to_owned(),
            "CheckHostIP=no".to_owned(),
        ];
        if let Some(key) = &key {
            let file = key.path().display().to_string();
            settings.push(format!("IdentityFile={}", word::for_option(&file)));
            settings.push("IdentitiesOnly=yes".to_owned());
        }
        Ok(Access {
            options: settings
                .into_iter()
                .flat_map(|setting| [OsString::from("-o"), setting.into()])
                .collect(),
            user,
            host: node.id.to_string(),
            _key: key,
        })
    }
}

/// The line that OpenSSH gives to a shell; it finds the same node without asking other regions or profiles.
fn proxy_command(
    globals: &Globals,
    context: &Context,
    found: &Aim,
    user: &str,
    via: Via,
    key: Option<&Key>,
) -> Result<String, Error> {
    let Node {
        id, profile, region, ..
    } = &found.node;
    let program = std::env::current_exe()
        .map_err(|cause| Error::failed(format!("cannot find this program's own file: {cause}")))?;
    let mut narrowed = globals.clone();
    narrowed.regions = vec![region.clone()];
    if context.profiles.contains(profile) {
        narrowed.profiles = vec![profile.clone()];
    }
    let mut words = vec![program.display().to_string()];
    words.extend(setup::words(&narrowed));
    words.extend(["ssh-proxy", "--via", via.word()].map(str::to_owned));
    if !found.reason.is_empty() {
        words.push(format!("--reason={}", found.reason));
    }
    if let Some(key) = key {
        words.push(format!("--push-key={}", key.public_path().display()));
        words.push(format!("--user={user}"));
    }
    words.push(id.to_string());
    let quoted: Vec<String> = words.iter().map(|each| word::for_proxy(each)).collect();
    Ok(format!("{} %p", quoted.join(" ")))
}

fn request(context: &Context, cloud: crate::aws::Cloud, found: Aim, size: (u16, u16)) -> Request {
    let Aim {
        node,
        reason,
        mode,
        recipients,
    } = found;
    Request {
        kind: "ssh-terminal",
        reason,
        size,
        mode,
        recipients,
        ..Request::on(cloud, &node, &context.paths.data_dir)
    }
}

/// Runs a program with this terminal, or with the pipes that stand in its place.
pub async fn attend(
    run: Run,
    tape: &mut Tape,
    size: (u16, u16),
    title: &str,
    clipboard: bool,
) -> Result<ExitStatus, Error> {
    let program = quote(&run.program.to_string_lossy());
    let failed = |cause: io::Error| Error::failed(format!("{program} did not run: {cause}"));
    let ended = |cause: io::Error, tape: &Tape| match tape.failed() {
        Some(why) => Error::failed(format!(
            "{program} was ended, as it can no longer be recorded: {why}"
        ))
        .hint("free space on that disk, or see --data-dir; `qd recordings ls` has what was recorded"),
        None => failed(cause),
    };
    let (show, shown) = mpsc::channel(16);
    let mut stop = stop::watch_signals()?;
    let (hang_up, hangup) = watch::channel(false);
    let mut over = tape.over();
    tokio::spawn(async move {
        let told = tokio::select! {
            told = stop.wait_for(|stop| *stop) => told.is_ok(),
            told = over.wait_for(|over| *over) => told.is_ok(),
        };
        if told {
            hang_up.send_replace(true);
        }
    });
    let streams = Streams::new(title, clipboard);
    if !is_interactive() {
        let showing = tokio::task::spawn_blocking(move || show_all(shown, streams, false));
        let status = on_pipes(run, tape, hangup.clone(), show).await;
        let status = status.map_err(|cause| ended(cause, tape));
        all_shown(showing, hangup, status.is_err()).await;
        return status;
    }
    let raw = Raw::enter().map_err(failed)?;
    let showing = tokio::task::spawn_blocking(move || show_all(shown, streams, true));
    let (give, orders) = mpsc::channel(16);
    tokio::spawn(follow_size(give.clone(), size).map_err(failed)?);
    std::thread::spawn(move || read_keys(&give));
    let status = on_terminal(run, size, tape, orders, hangup.clone(), show).await;
    let status = status.map_err(|cause| ended(cause, tape));
    all_shown(showing, hangup, status.is_err()).await;
    let modes: Modes = tape.modes();
    let leaving = tokio::task::spawn_blocking(move || raw.leave(modes));
    let _ = tokio::time::timeout(PATIENCE, leaving).await;
    status
}

/// A terminal that is stuck is waited for as long as nobody wants the end: the recording must still be sealed.
async fn all_shown(showing: JoinHandle<()>, mut hangup: watch::Receiver<bool>, is_over: bool) {
    let stuck = async {
        if !is_over && hangup.wait_for(|up| *up).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        _ = showing => {}
        () = stuck => {}
    }
}

/// Tells every new size; the window may have changed already when nobody listened for it.
fn follow_size(
    give: mpsc::Sender<Order>,
    mut known: (u16, u16),
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut resized = signal(SignalKind::window_change())?;
    Ok(async move {
        loop {
            let size = size_or_default();
            if size != known {
                known = size;
                let (cols, rows) = size;
                if give.send(Order::Resize { cols, rows }).await.is_err() {
                    return;
                }
            }
            resized.recv().await;
        }
    })
}

/// Standard input blocks, so it has a thread of its own, which ends with the program.
fn read_keys(give: &mpsc::Sender<Order>) {
    let mut buffer = [0; 4096];
    let mut input = io::stdin().lock();
    while let Ok(count @ 1..) = input.read(&mut buffer) {
        let keys = Order::Keys(Bytes::copy_from_slice(&buffer[..count]));
        if give.blocking_send(keys).is_err() {
            return;
        }
    }
}

/// Recorded bytes to where they belong. A reader that went away has seen enough.
fn show_all(mut shown: mpsc::Receiver<Shown>, mut streams: Streams, is_raw: bool) {
    while let Some(piece) = shown.blocking_recv() {
        let written = match piece {
            Shown::Out(bytes) => streams.output(&bytes),
            Shown::Err(bytes) => streams.stderr(&bytes),
            Shown::Notice(says) => {
                match is_raw {
                    true => notice(format!("\r\nqd: {says}\r")),
                    false => notice(format!("qd: {says}")),
                }
                Ok(())
            }
        };
        if written.is_err() {
            return;
        }
    }
}
