//! `qd cp`: copies between this machine and one target, without an SSH server or, with `--ssh`, by `scp` through the proxy.
//! Progress goes to standard error where that is a terminal; the copy is checked by SHA-256 before it gets its name.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::aim::{Aim, aim, reason_or_environment};
use super::ssh::{Access, find_program};
use super::ssh_proxy::Via;
use super::{Context, Error, Exit, Globals, Outcome, cloud, notice, opening, quote, stop};
use crate::aws;
use crate::copy::{self, Done, Download, Place, Progress, Site, Upload};
use crate::ssh::login;
use crate::store;

/// Ten times a second at most.
const PAINT_EVERY: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
pub struct Args {
    /// A file or folder here, - for standard input, or TARGET:PATH
    #[arg(value_name = "SRC")]
    from: String,
    /// A file or folder here, - for standard output, or TARGET:PATH
    #[arg(value_name = "DST")]
    to: String,
    /// Folders with everything in them
    #[arg(short = 'r', long)]
    recursive: bool,
    /// Sessions that share one download, for relays that hold a single one back
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    sessions: u16,
    /// Copy by scp through the proxy, with a key that EC2 Instance Connect lets in
    #[arg(long)]
    ssh: bool,
    /// Login for --ssh instead of the image's usual one
    #[arg(short = 'l', long = "login", value_name = "USER", requires = "ssh")]
    user: Option<String>,
    /// How --ssh reaches the target
    #[arg(long, value_enum, default_value_t = Via::Auto)]
    via: Via,
    /// Why: goes to AWS and into the recording (also QD_REASON)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub async fn run(args: Args, globals: &Globals, context: Context) -> Outcome {
    context.require_write("open a session")?;
    let (from, to) = (Place::parse(&args.from), Place::parse(&args.to));
    let target = match (&from, &to) {
        (Place::Remote { .. }, Place::Remote { .. }) => {
            return Err(Error::usage("both SRC and DST are remote").hint("copy to a file here first"));
        }
        (Place::Remote { target, .. }, _) | (_, Place::Remote { target, .. }) => target.clone(),
        _ => {
            return Err(Error::usage("neither SRC nor DST is remote")
                .hint("the remote side is TARGET:PATH, such as web-1:/var/log/app.log"));
        }
    };
    let reason = reason_or_environment(args.reason.clone());
    let clients = cloud::connect(&context);
    let (user, target) = if args.ssh {
        login::split(&target)
    } else {
        (None, target.as_str())
    };
    let found = aim(&context, &clients, target, &reason).await?;
    if args.ssh {
        let user = user.map(str::to_owned).or(args.user);
        let access = Access::prepare(globals, &context, &found, user, args.via)?;
        return by_scp(access, &from, &to, args.recursive).await;
    }
    opening::tidy(&clients, &context.paths.data_dir);
    let stop = stop::watch_signals()?;
    let began = Instant::now();
    let site = site(&context, clients, found);
    let progress = Progress::default();
    let (finished, painting) = paint(progress.clone());
    let work = copy_between(&site, from, to, &args, progress, stop);
    let done = work.await;
    drop(finished);
    let _ = painting.await;
    let done = done.map_err(|error| Error::failed(quote(&error.says)).hint(error.hint))?;
    report(&context, &args, &done, began.elapsed())?;
    Ok(Exit::Done)
}

fn site(context: &Context, cloud: aws::Cloud, found: Aim) -> Site {
    let Aim {
        node,
        reason,
        mode,
        recipients,
    } = found;
    Site {
        cloud,
        place: aws::Place {
            profile: node.profile,
            region: node.region,
        },
        account: node.account,
        target: node.id.to_string(),
        name: node.name,
        tags: node.tags,
        reason,
        mode,
        recipients,
        data_dir: context.paths.data_dir.clone(),
    }
}

async fn copy_between(
    site: &Site,
    from: Place,
    to: Place,
    args: &Args,
    progress: Progress,
    stop: watch::Receiver<bool>,
) -> Result<Done, copy::Error> {
    let download = |from: String, to: PathBuf| Download {
        from,
        to,
        folders: args.recursive,
        sessions: usize::from(args.sessions),
    };
    let upload = |from: PathBuf, to: String, name: Option<&str>| Upload {
        from,
        to,
        folders: args.recursive,
        name: name.map(str::to_owned),
    };
    match (from, to) {
        (Place::Remote { path, .. }, Place::Local(to)) => {
            copy::download(site, download(path, to), progress, stop).await
        }
        (Place::Remote { path, .. }, _) => {
            let spool = Spool::new()?;
            let done = copy::download(site, download(path, spool.file()), progress, stop).await?;
            let mut file = std::fs::File::open(spool.file()).map_err(copy::Error::file(&spool.file()))?;
            io::copy(&mut file, &mut io::stdout().lock())
                .map_err(copy::Error::file(Path::new("standard output")))?;
            Ok(done)
        }
        (Place::Local(from), Place::Remote { path, .. }) => {
            copy::upload(site, upload(from, path, None), progress, stop).await
        }
        (_, Place::Remote { path, .. }) => {
            let spool = Spool::new()?;
            let file = spool.file();
            let filled = tokio::task::spawn_blocking(move || {
                let mut to = std::fs::File::create(&file)?;
                io::copy(&mut io::stdin().lock(), &mut to)
            });
            let interrupted = copy::Error::new("interrupted", "");
            let mut leave = stop.clone();
            tokio::select! {
                filled = filled => {
                    filled
                        .map_err(|cause| copy::Error::new(cause.to_string(), ""))?
                        .map_err(copy::Error::file(Path::new("standard input")))?;
                }
                _ = leave.wait_for(|stop| *stop) => return Err(interrupted),
            }
            copy::upload(site, upload(spool.file(), path, Some("stdin")), progress, stop).await
        }
        _ => Err(copy::Error::new("neither SRC nor DST is remote", "")),
    }
}

/// What is piped waits in a file that only its owner reaches: nothing is given on before its sum was checked.
struct Spool(tempfile::TempDir);

impl Spool {
    fn new() -> Result<Spool, copy::Error> {
        let dir = store::private_tempdir("qd-cp-").map_err(copy::Error::file(&std::env::temp_dir()))?;
        Ok(Spool(dir))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("content")
    }
}

/// Paints progress until the handle is dropped.
fn paint(progress: Progress) -> (watch::Sender<()>, tokio::task::JoinHandle<()>) {
    let (finished, mut finish) = watch::channel(());
    let painting = tokio::spawn(async move {
        if !io::stderr().is_terminal() {
            return;
        }
        let began = Instant::now();
        while tokio::time::timeout(PAINT_EVERY, finish.changed()).await.is_err() {
            let line = line(&progress, began.elapsed());
            let _ = write!(io::stderr(), "\r{line}\x1b[K");
        }
        let _ = write!(io::stderr(), "\r\x1b[K");
    });
    (finished, painting)
}

/// Bytes, rate and time left.
fn line(progress: &Progress, took: Duration) -> String {
    let (done, total) = (progress.done(), progress.total());
    let new = done.saturating_sub(progress.resumed());
    let rate = new as f64 / took.as_secs_f64().max(0.001);
    if total == 0 || total < done {
        return format!("{}  {}/s", size(done as f64), size(rate));
    }
    let percent = 100 * done / total.max(1);
    let left = match (total - done) as f64 / rate {
        seconds if seconds.is_finite() => format!("{} s left", seconds.ceil()),
        _ => "waiting".to_owned(),
    };
    format!(
        "{percent:>3} %  {} of {}  {}/s  {left}",
        size(done as f64),
        size(total as f64),
        size(rate)
    )
}

/// Decimal units, as rates are stated in.
fn size(bytes: f64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes / unit),
        None => format!("{bytes:.0} B"),
    }
}

fn report(context: &Context, args: &Args, done: &Done, took: Duration) -> Result<(), Error> {
    let sha256 = hex::encode(done.sha256);
    if context.json && args.to != "-" {
        return context.print_json(&serde_json::json!({
            "source": args.from,
            "destination": done.path,
            "bytes": done.bytes,
            "sha256": sha256,
            "resumed_at": done.resumed_at,
            "sessions": done.sessions,
            "seconds": took.as_secs_f64(),
        }));
    }
    let new = done.bytes.saturating_sub(done.resumed_at) as f64;
    let resumed = if done.resumed_at > 0 {
        format!(", {} of them were there already", size(done.resumed_at as f64))
    } else {
        String::new()
    };
    notice(format!(
        "qd: {} copied{resumed}, {}/s, SHA-256 {sha256}",
        size(done.bytes as f64),
        size(new / took.as_secs_f64().max(0.001)),
    ));
    Ok(())
}

/// OpenSSH's own copy, with this terminal.
async fn by_scp(access: Access, from: &Place, to: &Place, folders: bool) -> Outcome {
    let program = find_program("scp")?;
    let side = |place: &Place| -> Result<OsString, Error> {
        Ok(match place {
            Place::Stream => return Err(Error::usage("scp takes files only").hint("leave out --ssh")),
            // A name that begins with a dash would be an option, one with a colon a host.
            Place::Local(path) if path.is_relative() => Path::new(".").join(path).into(),
            Place::Local(path) => path.into(),
            Place::Remote { path, .. } => format!("{}@{}:{path}", access.user, access.host).into(),
        })
    };
    let (from, to) = (side(from)?, side(to)?);
    let mut command = tokio::process::Command::new(program);
    command.args(&access.options).arg("-p");
    if folders {
        command.arg("-r");
    }
    let mut stop = stop::watch_signals()?;
    let mut child = command
        .arg("--")
        .arg(from)
        .arg(to)
        .stdin(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| Error::failed(format!("scp did not run: {cause}")))?;
    let status = tokio::select! {
        status = child.wait() => status.map_err(|cause| Error::failed(format!("scp: {cause}")))?,
        _ = stop.wait_for(|stop| *stop) => return Err(Error::failed("interrupted")),
    };
    if status.success() {
        return Ok(Exit::Done);
    }
    Err(Error::failed(format!("scp failed ({status})")).hint("its own message is above"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_the_units_of_rates() {
        assert_eq!(size(999.0), "999 B");
        assert_eq!(size(20e6), "20.0 MB");
        assert_eq!(size(1.5e9), "1.5 GB");
    }
}
