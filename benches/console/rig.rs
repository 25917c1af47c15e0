//! The release `qd` on a terminal of its own. A thread stamps each read of the terminal, so that figures do not
//! include what this program does with the bytes; nothing waits for time to pass, only for what the screen shows.

use pty_process::blocking::{Command, open};
use quarterdeck::term::{Screen, Size};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub const QD: &str = env!("CARGO_BIN_EXE_qd");
pub const SIZE: Size = Size { cols: 140, rows: 40 };
/// Longer than anything measured here may take; a screen that never comes is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Console {
    pub child: Child,
    pub started_at: Instant,
    pub screen: Screen,
    keyboard: File,
    reads: Receiver<(Instant, Vec<u8>)>,
}

impl Console {
    /// `qd` with these arguments in a home of its own; nothing of the caller's environment reaches it.
    pub fn start(home: &Path, args: &[&str], environment: &[(&str, &str)]) -> Console {
        let (pty, end) = open().unwrap();
        pty.resize(pty_process::Size::new(SIZE.rows, SIZE.cols)).unwrap();
        let master = OwnedFd::from(pty);
        let mut reader = File::from(master.as_fd().try_clone_to_owned().unwrap());
        let command = Command::new(QD)
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .envs(environment.iter().copied());
        let started_at = Instant::now();
        let child = command.spawn(end).unwrap();
        let (sender, reads) = channel();
        std::thread::spawn(move || {
            come_first();
            let mut buffer = vec![0; 64 << 10];
            // The terminal answers with an error once the program has gone.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let screen = Screen::new(SIZE, 0);
        Console {
            child,
            started_at,
            screen,
            keyboard: File::from(master),
            reads,
        }
    }

    /// Types, and returns when.
    pub fn press(&mut self, keys: &str) -> Instant {
        let at = Instant::now();
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        at
    }

    /// Takes bytes until the screen is as wanted; returns when the deciding ones were read.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&Screen) -> bool) -> Instant {
        let give_up_at = Instant::now() + PATIENCE;
        loop {
            let left = give_up_at.saturating_duration_since(Instant::now());
            match self.reads.recv_timeout(left) {
                Ok((at, bytes)) => {
                    self.show(&bytes);
                    if self.screen.is_ground() && wanted(&self.screen) {
                        return at;
                    }
                }
                Err(cause) => panic!("waiting for {what}: {cause}\n{}", self.screen.text()),
            }
        }
    }

    /// The same for a text anywhere; at once if it is there.
    pub fn wait_for(&mut self, text: &str) -> Instant {
        if self.screen.text().contains(text) {
            return Instant::now();
        }
        self.wait(text, |screen| screen.text().contains(text))
    }

    /// Takes what comes until nothing has come for `span`; returns the number of bytes.
    pub fn until_quiet_for(&mut self, span: Duration) -> usize {
        let mut count = 0;
        loop {
            match self.reads.recv_timeout(span) {
                Ok((_, bytes)) => {
                    count += bytes.len();
                    self.show(&bytes);
                }
                Err(RecvTimeoutError::Timeout) => return count,
                Err(cause) => panic!("{cause}\n{}", self.screen.text()),
            }
        }
    }

    /// Bytes that come within `span`, however they are spread.
    pub fn bytes_within(&mut self, span: Duration) -> usize {
        let until = Instant::now() + span;
        let mut count = 0;
        loop {
            match self
                .reads
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok((_, bytes)) => {
                    count += bytes.len();
                    self.show(&bytes);
                }
                Err(RecvTimeoutError::Timeout) => return count,
                Err(cause) => panic!("{cause}"),
            }
        }
    }

    fn show(&mut self, bytes: &[u8]) {
        self.screen.feed(bytes);
        let replies = self.screen.take_replies();
        if !replies.is_empty() {
            self.keyboard.write_all(&replies).unwrap();
        }
    }

    /// Resident memory in megabytes.
    pub fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024.0 / 1e6
    }

    /// Seconds of processor time so far.
    pub fn worked_s(&self) -> f64 {
        worked_s(self.child.id())
    }
}

/// A terminal has a machine of its own as a rule; here it shares two processors with the console, a simulator and a shell,
/// and when these are busy a byte that was written waits up to 50 ms for its stamp. On Linux a priority is the thread's
/// own (setpriority(2)), so that nothing measured has it; without the right to it the figures are those of before.
fn come_first() {
    #[cfg(target_os = "linux")]
    // SAFETY: a plain system call on the calling thread, without memory of ours; a refusal leaves all as it is.
    #[allow(unsafe_code)]
    let refused = unsafe { nix::libc::setpriority(nix::libc::PRIO_PROCESS, 0, -15) } != 0;
    #[cfg(target_os = "linux")]
    if refused {
        crate::figure::note("the stamps of reads", "have no priority here: they may be late");
    }
}

/// User and system time of a process, in seconds; Linux counts a hundred ticks to one.
pub fn worked_s(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let ticks = after_name
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}

impl Drop for Console {
    fn drop(&mut self) {
        // Asks first, so that sessions end and their recordings are sealed.
        let id = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        let give_up_at = Instant::now() + Duration::from_secs(8);
        while Instant::now() < give_up_at {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            let _ = self.reads.recv_timeout(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
