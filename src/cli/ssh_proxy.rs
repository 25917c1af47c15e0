//! `qd ssh-proxy`: standard input and output are a port of the target, for OpenSSH's `ProxyCommand`.
//! Rule: nothing but the remote's bytes is ever written to standard output; a connection that fails is exit 255.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use super::aim::{Aim, aim, reason_or_environment};
use super::{Context, Error, Exit, Outcome, cloud, notice, quote, stop};
use crate::aws::{Cloud, Place, PushKey};
use crate::fleet::{Kind, Node};
use crate::recording::Mode;
use crate::session::{self, Kept, Opaque, Opening, Request, kept_in_words};
use crate::ssh::{Carried, End, Local, Tape, login, pipe, tunnel};
use crate::ssm::Options;

/// Pieces that wait for the other side.
const WAITING: usize = 16;
const READ: usize = 64 << 10;

#[derive(clap::Args)]
pub struct Args {
    /// Instance id, `mi-…`, Name tag, or key=value tags: OpenSSH's %h
    #[arg(value_name = "TARGET")]
    target: String,
    /// Port of the target: OpenSSH's %p
    #[arg(value_name = "PORT", default_value_t = 22)]
    port: u16,
    /// Why: goes to AWS and into the recording (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Session Manager, an EC2 Instance Connect Endpoint, or the one that can reach it
    #[arg(long, value_enum, default_value_t = Via::Auto)]
    via: Via,
    /// Public key that EC2 Instance Connect is to let in for a minute
    #[arg(long, value_name = "FILE", requires = "user")]
    push_key: Option<PathBuf>,
    /// Login for the pushed key: OpenSSH's %r
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

/// How the target is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Via {
    Auto,
    Ssm,
    Eice,
}

impl Via {
    pub fn word(self) -> &'static str {
        match self {
            Via::Auto => "auto",
            Via::Ssm => "ssm",
            Via::Eice => "eice",
        }
    }

    /// Session Manager unless it is known that no agent listens there.
    fn is_endpoint(self, node: &Node) -> bool {
        match self {
            Via::Auto => node.kind == Kind::Ec2 && node.agent_known && !node.is_online(),
            Via::Ssm => false,
            Via::Eice => true,
        }
    }
}

pub async fn run(args: Args, context: Context) -> Outcome {
    context.require_write("open a session")?;
    let stop = stop::watch_signals()?;
    let push = match (&args.push_key, args.user) {
        (Some(file), Some(user)) => Some(read_key(file, user)?),
        _ => None,
    };
    let clients = cloud::connect(&context);
    // Standard error is ssh's here: what is ended stands in the audit log, and nobody's script reads of it.
    let (cloud, data_dir) = (clients.clone(), context.paths.data_dir.clone());
    tokio::spawn(async move { session::end_left(&cloud, &data_dir).await });
    let reason = reason_or_environment(args.reason);
    let found = unless(&stop, aim(&context, &clients, &args.target, &reason)).await?;
    let way = Way {
        cloud: clients,
        node: found.node.clone(),
        port: args.port,
        push,
        stop,
    };
    let carried = if args.via.is_endpoint(&found.node) {
        by_endpoint(way, request(&context, found, "OpenTunnel")).await?
    } else {
        by_session(way, request(&context, found, "AWS-StartSSHSession")).await?
    };
    match carried.end {
        End::Failed { says, hint } => Err(Error::connection(says).hint(hint)),
        _ => Ok(Exit::Done),
    }
}

fn read_key(file: &std::path::Path, user: String) -> Result<(String, String), Error> {
    if !login::is_valid(&user) {
        return Err(Error::usage(format!("{} is no login", quote(&user))));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|cause| Error::usage(format!("cannot read the key {}: {cause}", file.display())))?;
    if text.contains("PRIVATE KEY") {
        return Err(Error::usage(format!("{} is a private key", file.display())).hint("name the .pub file"));
    }
    Ok((user, text.trim().to_owned()))
}

/// One connection to make.
struct Way {
    cloud: Cloud,
    node: Node,
    port: u16,
    /// Login and public key.
    push: Option<(String, String)>,
    stop: watch::Receiver<bool>,
}

impl Way {
    fn place(&self) -> Place {
        Place {
            profile: self.node.profile.clone(),
            region: self.node.region.clone(),
        }
    }

    fn remote(&self) -> String {
        format!("{}:{}", self.node.id, self.port)
    }

    /// Right before the connection: the key is good for a minute.
    async fn push_key(&self) -> Result<(), Error> {
        let Some((user, public)) = self.push.clone() else {
            return Ok(());
        };
        let push = PushKey {
            instance: self.node.id.to_string(),
            user,
            public,
            zone: self.node.zone.clone(),
        };
        self.cloud
            .push_key(&self.place(), push)
            .await
            .map_err(|failure| Error::connection(failure.cause).hint(failure.hint))
    }
}

fn request(context: &Context, found: Aim, document: &str) -> Request {
    let Aim {
        node,
        reason,
        mode,
        recipients,
    } = found;
    Request {
        kind: "ssh",
        document: Some(document.to_owned()),
        reason,
        mode,
        recipients,
        ..Request::on(cloud::connect(context), &node, &context.paths.data_dir)
    }
}

async fn by_session(way: Way, mut request: Request) -> Result<Carried, Error> {
    request.cloud = way.cloud.clone();
    request
        .parameters
        .insert("portNumber".into(), way.port.to_string());
    let strict = request.mode == Mode::Strict;
    let options = Options {
        // Port agents always shake hands: what ssh says before would be dropped.
        assume_open_after: None,
        ..Options::default()
    };
    let opening = Opening {
        stop: Some(way.stop.clone()),
        ..Opening::default()
    };
    let (opaque, events) = Opaque::open_with(request, options, opening).await?;
    let opaque = Arc::new(opaque);
    if let Err(error) = unless(&way.stop, way.push_key()).await {
        opaque.end(&error.says, false).await;
        return Err(error);
    }
    let heard = pipe::hear(opaque.clone(), events, strict);
    let telling = tokio::spawn(tell(opaque.status(), strict));
    let channel = opaque.channel().clone();
    let (local, written) = standard_streams();
    let carried = pipe::carry(local, channel, heard, way.stop.clone()).await;
    let recorded = opaque
        .connection(&carried.connection("stdin", &way.remote()))
        .await;
    opaque.end(carried.end.words(), !carried.end.is_failure()).await;
    telling.abort();
    recorded.map_err(|cause| Error::failed(format!("the connection is not on record: {cause}")))?;
    flushed(written, way.stop).await;
    Ok(carried)
}

/// Says that the session is not recorded; the end of a strict one says so itself.
async fn tell(status: watch::Receiver<session::Status>, strict: bool) {
    let mut kept = Kept::of(status);
    while let Some(trouble) = kept.changed().await {
        if !strict {
            notice(format!("qd: {}", kept_in_words(&trouble)));
        }
    }
}

async fn by_endpoint(way: Way, request: Request) -> Result<Carried, Error> {
    let node = &way.node;
    let place = way.place();
    let (Some(vpc), Some(private_ip)) = (&node.vpc, &node.private_ip) else {
        return Err(Error::unreachable(format!(
            "{} has no agent online and no private address in a VPC",
            node.id
        )));
    };
    let said = |failure: crate::aws::Failure| Error::connection(failure.cause).hint(failure.hint);
    let finding = async {
        let found = way
            .cloud
            .find_connect_endpoint(&place, vpc, node.subnet.as_deref());
        found.await.map_err(said)
    };
    let endpoint = unless(&way.stop, finding).await?.ok_or_else(|| {
        Error::unreachable(format!(
            "{} has no agent online, and {vpc} has no EC2 Instance Connect Endpoint",
            node.id
        ))
        .hint("start its agent (role, network), or create an endpoint in the VPC")
    })?;
    let mut tape = Tape::start(&request, None)
        .await
        .map_err(|cause| Error::failed(cause.to_string()).hint("see --data-dir"))?;
    let strict = request.mode == Mode::Strict;
    let leave = leave(&way.stop, &tape, strict);
    let opened = async {
        let url = way
            .cloud
            .sign_tunnel(&place, &endpoint, private_ip, way.port)
            .await
            .map_err(said)?;
        way.push_key().await?;
        tunnel::open(&url, way.cloud.network())
            .await
            .map_err(|refused| Error::connection(refused.to_string()).hint(refused.hint))
    };
    let (writer, heard) = match unless(&leave, opened).await {
        Ok(opened) => opened,
        Err(error) => {
            let why = format!("not opened: {}", error.says);
            tape.end(&why, None).await.map_err(unsealed)?;
            return Err(error);
        }
    };
    let telling = tokio::spawn(tell(tape.status(), strict));
    let (local, written) = standard_streams();
    let mut carried = pipe::carry(local, writer, heard, leave).await;
    if let (End::Stopped, Some(cause)) = (&carried.end, tape.trouble().filter(|_| strict)) {
        carried.end = End::unrecorded(cause);
    }
    let recorded = tape.connection(&carried.connection("stdin", &way.remote()));
    let sealed = tape.end(carried.end.words(), None).await;
    telling.abort();
    recorded.and(sealed).map_err(unsealed)?;
    flushed(written, way.stop).await;
    Ok(carried)
}

/// What is waited for, unless somebody wants to leave first.
async fn unless<T>(
    stop: &watch::Receiver<bool>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut stop = stop.clone();
    tokio::select! {
        done = work => done,
        () = pipe::stopped(&mut stop) => Err(Error::connection("interrupted")),
    }
}

/// Turns true when a tunnel is to end: somebody wants to leave, who watches it ends it, or policy does as its disk fails.
fn leave(stop: &watch::Receiver<bool>, tape: &Tape, strict: bool) -> watch::Receiver<bool> {
    let (mut stop, mut over, mut status) = (stop.clone(), tape.over(), tape.status());
    let (tell, leave) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            () = pipe::stopped(&mut stop) => {}
            Ok(_) = over.wait_for(|over| *over) => {}
            Ok(_) = status.wait_for(|status| status.recording_failed.is_some()), if strict => {}
            () = tell.closed() => {}
        }
        tell.send_replace(true);
    });
    leave
}

fn unsealed(cause: crate::recording::Error) -> Error {
    Error::failed(format!("the connection is not on record: {cause}"))
}

/// Standard input and output; both block, so each has a thread, which ends with the program. The receiver tells when
/// everything was written.
fn standard_streams() -> (Local, oneshot::Receiver<()>) {
    let (typed, incoming) = mpsc::channel(WAITING);
    let (outgoing, shown) = mpsc::channel(WAITING);
    let (done, written) = oneshot::channel();
    std::thread::spawn(move || read_input(&typed));
    std::thread::spawn(move || {
        write_output(shown);
        let _ = done.send(());
    });
    (Local { incoming, outgoing }, written)
}

fn read_input(typed: &mpsc::Sender<Bytes>) {
    let mut buffer = vec![0; READ];
    let mut input = io::stdin().lock();
    loop {
        match input.read(&mut buffer) {
            Ok(count @ 1..) => {
                if typed
                    .blocking_send(Bytes::copy_from_slice(&buffer[..count]))
                    .is_err()
                {
                    return;
                }
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

fn write_output(mut shown: mpsc::Receiver<Bytes>) {
    let mut out = io::stdout().lock();
    while let Some(bytes) = shown.blocking_recv() {
        if out.write_all(&bytes).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

/// Waits until the last bytes are out, or somebody wants to leave.
async fn flushed(written: oneshot::Receiver<()>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        _ = written => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}
