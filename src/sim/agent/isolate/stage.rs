//! The steps into the sandbox, each a fresh process, so that no fork of our own is needed.
//!
//! `outer` leaves the namespaces; `init` is process 1 inside: it builds the root, reaps, and takes everything with it
//! when it ends; `user` gives up all rights and becomes the program. All of it before any thread exists.

use std::ffi::OsString;
use std::fs;
use std::io::{Error, Result};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid, setgroups, sethostname, setresgid, setresuid};

use super::SUBCOMMAND;
use super::mount::build_root;
use super::skeleton::{HOME, ID};

pub const OUTER: &str = "outer";
const INIT: &str = "init";
const USER: &str = "user";
/// As shells say it.
const CANNOT_START: u8 = 126;

/// Runs the subcommand if the arguments (program name first) name it. Call it before any thread is started; none:
/// the arguments are not for us.
pub fn enter(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != SUBCOMMAND {
        return None;
    }
    let step = arguments.next().unwrap_or_default();
    let hostname = arguments.next().unwrap_or_default();
    let words: Vec<OsString> = arguments.collect();
    let done = match step.to_str() {
        Some(OUTER) => outer(&hostname, &words),
        Some(INIT) => init(&hostname, &words),
        Some(USER) => user(&words),
        _ => Err(Error::other("this command is not for people")),
    };
    Some(done.map_or_else(
        |error| {
            eprintln!("cannot isolate the shell: {error}");
            ExitCode::from(CANNOT_START)
        },
        ExitCode::from,
    ))
}

fn outer(hostname: &OsString, words: &[OsString]) -> Result<u8> {
    outlive_keys()?;
    let mut leave = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWCGROUP;
    let (user, group) = (Uid::effective(), Gid::effective());
    if !user.is_root() {
        leave |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(leave)?;
    if !user.is_root() {
        map_user(0, user.as_raw(), group.as_raw())?;
    }
    sethostname(hostname)?;
    let init = next(INIT, hostname, words).spawn()?;
    wait_for(&init)
}

fn init(hostname: &OsString, words: &[OsString]) -> Result<u8> {
    outlive_keys()?;
    build_root(&hostname.to_string_lossy(), is_real_root()?)?;
    let user = next(USER, hostname, words).spawn()?;
    wait_for(&user)
}

fn user(words: &[OsString]) -> Result<u8> {
    if is_real_root()? {
        let (user, group) = (Uid::from_raw(ID), Gid::from_raw(ID));
        setgroups(&[])?;
        setresgid(group, group, group)?;
        setresuid(user, user, user)?;
    } else {
        unshare(CloneFlags::CLONE_NEWUSER)?;
        map_user(ID, 0, 0)?;
    }
    prctl::set_no_new_privs()?;
    SigSet::empty().thread_set_mask()?;
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| Error::other("no program to run"))?;
    let error = Command::new(program)
        .args(arguments)
        .current_dir(format!("/{HOME}"))
        .exec();
    Err(Error::new(
        error.kind(),
        format!("{}: {error}", program.to_string_lossy()),
    ))
}

/// Keys of the terminal are for the program; the end of our parent is ours.
fn outlive_keys() -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    let mut keys = SigSet::empty();
    for key in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP] {
        keys.add(key);
    }
    Ok(keys.thread_block()?)
}

/// Whether root is the machine's own and not that of a user namespace: only then are all user ids mapped.
fn is_real_root() -> Result<bool> {
    let map = fs::read_to_string("/proc/self/uid_map")?;
    Ok(Uid::effective().is_root() && map.split_whitespace().nth(2).is_some_and(|count| count != "1"))
}

fn map_user(inside: u32, user: u32, group: u32) -> Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{inside} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{inside} {group} 1"))
}

fn next(step: &str, hostname: &OsString, words: &[OsString]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg(SUBCOMMAND).arg(step).arg(hostname).args(words);
    command
}

/// Reaps children until `last` has ended; its exit code, 128 and the number for a signal.
fn wait_for(last: &Child) -> Result<u8> {
    let last = Pid::from_raw(i32::try_from(last.id()).map_err(Error::other)?);
    loop {
        match waitpid(None::<Pid>, None) {
            Ok(WaitStatus::Exited(child, code)) if child == last => return Ok(code as u8),
            Ok(WaitStatus::Signaled(child, signal, _)) if child == last => return Ok(128 + signal as u8),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
