//! `qd sim`: the embedded AWS alone, for tests and for looking around. Its first line of output is one JSON
//! object with the endpoint and the keys; it runs until interrupted.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use crate::sim::{Faults, FleetSpec, Options, Sim, agent, fault, fleet};

#[derive(clap::Args, Debug)]
#[command(after_long_help = after_help())]
pub struct Args {
    /// Loopback address to listen on; port 0 picks one
    #[arg(long, default_value = "127.0.0.1:0")]
    pub addr: SocketAddr,
    /// Accounts and instances from a TOML file instead of the demo's
    #[arg(long, value_name = "FILE", conflicts_with = "scale")]
    pub fleet: Option<PathBuf>,
    /// A fleet of N instances over M regions instead of the demo's
    #[arg(long, value_name = "N/M", value_parser = parse_scale)]
    pub scale: Option<(usize, usize)>,
    /// Everything but keys and dates follows from this number
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Run this with `sh -c` instead of a login shell
    #[arg(long, value_name = "CMD")]
    pub shell: Option<String>,
    /// Keep shells away from this machine (read-only root, own home, /tmp and processes); without it they are
    /// shells of the user who started the simulator
    #[arg(long)]
    pub isolate: bool,
    /// Send output as fast as it comes, without the pauses of a real agent
    #[arg(long)]
    pub unpaced: bool,
    /// Where SendSSHPublicKey puts keys, one authorized_keys file a login
    #[arg(long, value_name = "DIR")]
    pub authorized_keys: Option<PathBuf>,
    /// More documents of Systems Manager, owned by every account: the JSON and YAML files of a folder
    #[arg(long, value_name = "DIR")]
    pub documents: Option<PathBuf>,
    /// A port of every instance that leads to another address than this machine's own port, repeatable
    #[arg(long = "port", value_name = "PORT=ADDRESS", value_parser = parse_port)]
    pub ports: Vec<(u16, SocketAddr)>,
    /// Trouble to make, as k=v,…; `--help` describes the settings
    #[arg(long, value_name = "K=V,…", default_value = "", value_parser = Faults::parse, hide_default_value = true)]
    pub faults: Faults,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fleet(#[from] fleet::BadFile),
    #[error(transparent)]
    Documents(#[from] crate::sim::BadFolder),
    #[error(transparent)]
    Sim(#[from] crate::sim::Error),
    #[error("cannot write the first line: {0}")]
    Output(std::io::Error),
    #[error("cannot listen for signals: {0}")]
    Signal(std::io::Error),
}

impl Error {
    /// Whether the command line or a file named by it is at fault (exit 2), rather than the machine (exit 1).
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Error::Fleet(_) | Error::Documents(_) | Error::Sim(crate::sim::Error::NotLoopback(_))
        )
    }
}

/// Starts the simulator, prints its first line, and returns after SIGINT or SIGTERM with everything ended.
pub async fn run(args: Args) -> super::Outcome {
    serve(args).await?;
    Ok(super::Exit::Done)
}

async fn serve(args: Args) -> Result<(), Error> {
    let fleet = match (&args.fleet, args.scale) {
        (Some(file), _) => FleetSpec::load(file)?,
        (None, Some((instances, regions))) => FleetSpec::scale(instances, regions),
        (None, None) => FleetSpec::demo(),
    };
    let documents = args.documents.as_deref().map(crate::sim::load_documents);
    // Before the line that says we are up, so that no signal is missed after it.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signal)?;
    let options = Options {
        addr: args.addr,
        seed: args.seed,
        fleet,
        faults: args.faults,
        authorized_keys: args.authorized_keys,
        documents: documents.transpose()?.unwrap_or_default(),
        agent: agent::Options {
            shell: args.shell,
            isolate: args.isolate,
            helper: std::env::current_exe().ok(),
            pace: !args.unpaced,
            ports: args.ports.into_iter().collect(),
            ..agent::Options::default()
        },
    };
    let sim = Sim::start(options)?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", sim.first_line())
            .and_then(|()| out.flush())
            .map_err(Error::Output)?;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    sim.stop().await;
    Ok(())
}

fn parse_scale(text: &str) -> Result<(usize, usize), String> {
    let numbers = text
        .split_once('/')
        .and_then(|(n, m)| Some((n.parse().ok()?, m.parse().ok()?)));
    let most = fleet::REGIONS.len();
    numbers
        .filter(|(_, regions)| (1..=most).contains(regions))
        .ok_or_else(|| format!("expected instances/regions, as in 20000/20, with at most {most} regions"))
}

fn parse_port(text: &str) -> Result<(u16, SocketAddr), String> {
    text.split_once('=')
        .and_then(|(port, address)| Some((port.parse().ok()?, address.parse().ok()?)))
        .ok_or_else(|| "expected PORT=ADDRESS, as in 22=127.0.0.1:2222".to_owned())
}

fn after_help() -> String {
    format!(
        "Faults:\n{}\n\nFaults of data channels, each as channel.NAME=VALUE:\n{}\n\nFleet file:\n{}",
        indent(fault::HELP),
        indent(agent::FAULTS_HELP),
        indent(fleet::HELP)
    )
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

impl From<Error> for super::Error {
    fn from(error: Error) -> Self {
        let says = error.to_string();
        match error {
            error if error.is_usage() => Self::usage(says),
            Error::Sim(crate::sim::Error::Listen { .. }) => {
                Self::failed(says).hint("without --addr a free port is taken")
            }
            _ => Self::failed(says),
        }
    }
}
