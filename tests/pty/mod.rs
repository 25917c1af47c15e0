//! The real binary under a pseudo-terminal: its bytes are parsed by our own screen and answered as a terminal
//! answers. Everything waits for what is on the screen, with a deadline; nothing sleeps and hopes.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod cloud;
pub mod home;
pub mod keys;

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use pty_process::blocking::{Command, Pty, open};
use quarterdeck::term::{Screen, Size};

/// How long anything may take on a slow, busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    bytes: Receiver<Vec<u8>>,
    pub screen: Screen,
    /// Every byte the program ever wrote.
    pub raw: Vec<u8>,
}

impl Terminal {
    pub fn start(command: Command, cols: u16, rows: u16) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(pty_process::Size::new(rows, cols)).unwrap();
        let child = command.spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let (sender, bytes) = channel();
        let reader = pty.clone();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(read @ 1..) = (&*reader).read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            pty,
            child,
            bytes,
            screen: Screen::new(Size { cols, rows }, 100),
            raw: Vec::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.screen.feed(bytes);
        let replies = self.screen.take_replies();
        if !replies.is_empty() {
            let _ = (&*self.pty).write_all(&replies);
        }
    }

    /// Waits until `there` holds; fails with the screen as it stands.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, there: impl Fn(&Screen, &[u8]) -> bool) {
        self.wait_longer(PATIENCE, what, there);
    }

    /// As [`Terminal::wait_until`], for what takes its time.
    #[track_caller]
    pub fn wait_longer(&mut self, patience: Duration, what: &str, there: impl Fn(&Screen, &[u8]) -> bool) {
        let deadline = Instant::now() + patience;
        loop {
            while let Ok(bytes) = self.bytes.try_recv() {
                self.take(&bytes);
            }
            if there(&self.screen, &self.raw) {
                return;
            }
            match self
                .bytes
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(end) => {
                    let why = if end == RecvTimeoutError::Timeout {
                        "in time"
                    } else {
                        "before the program ended"
                    };
                    let tail =
                        String::from_utf8_lossy(&self.raw[self.raw.len().saturating_sub(600)..]).into_owned();
                    panic!(
                        "{what} did not come {why}; the last bytes {tail:?}; the screen:\n{}",
                        self.screen.text()
                    );
                }
            }
        }
    }

    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen, _| screen.text().contains(text));
    }

    #[track_caller]
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("the end of {text:?}"), |screen, _| {
            !screen.text().contains(text)
        });
    }

    /// Waits for a time in which not one byte comes.
    #[track_caller]
    pub fn wait_silence(&mut self, span: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.bytes.recv_timeout(span) {
            self.take(&bytes);
            assert!(
                Instant::now() < deadline,
                "never silent; the screen:\n{}",
                self.screen.text()
            );
        }
    }

    #[track_caller]
    pub fn wait_raw(&mut self, bytes: &[u8]) {
        let what = String::from_utf8_lossy(bytes).into_owned();
        self.wait_until(&format!("{what:?}"), |_, raw| contains(raw, bytes));
    }

    /// Keys as a test writes them: `2jj<enter>`, `<C-g>`, `<esc>`.
    pub fn type_keys(&mut self, keys: &str) {
        self.send(&keys::bytes(keys));
    }

    pub fn send(&mut self, bytes: &[u8]) {
        (&*self.pty).write_all(bytes).unwrap();
    }

    /// Types, then waits for what it brings.
    #[track_caller]
    pub fn expect(&mut self, keys: &str, text: &str) {
        self.type_keys(keys);
        self.wait_for(text);
    }

    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.screen.resize(Size { cols, rows });
        self.pty.resize(pty_process::Size::new(rows, cols)).unwrap();
    }

    /// A left click on the first place where `text` stands.
    #[track_caller]
    pub fn click(&mut self, text: &str) {
        let (col, row) = self
            .find(text)
            .unwrap_or_else(|| panic!("{text:?} is not on\n{}", self.screen.text()));
        self.send(format!("\x1b[<0;{col};{row}M\x1b[<0;{col};{row}m").as_bytes());
    }

    /// Column and row from 1, as the mouse reports them.
    pub fn find(&self, text: &str) -> Option<(usize, usize)> {
        (0..usize::from(self.screen.size().rows)).find_map(|row| {
            let line = self.screen.row_text(row);
            line.find(text)
                .map(|at| (line[..at].chars().count() + 1, row + 1))
        })
    }

    /// Whether the program has given the terminal back as a shell leaves it: lines, echo, signals.
    pub fn is_cooked(&self) -> bool {
        use nix::sys::termios::{LocalFlags, tcgetattr};
        let flags = tcgetattr(&*self.pty).unwrap().local_flags;
        flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
    }

    pub fn text(&self) -> String {
        self.screen.text()
    }

    pub fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.child.id() as i32)
    }

    pub fn signal(&mut self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(self.pid(), signal).unwrap();
    }

    /// Waits for the end and takes in everything that was still to come.
    #[track_caller]
    pub fn wait_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                panic!("the program did not end; the screen:\n{}", self.screen.text());
            }
            match self.bytes.recv_timeout(left.min(Duration::from_millis(20))) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => {
                    if let Some(status) = self.child.try_wait().unwrap() {
                        // Until the reader has met the end of the terminal, or something else still has it.
                        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(500)) {
                            self.take(&bytes);
                        }
                        return status;
                    }
                }
            }
        }
    }

    /// The exit code; a signal counts as none.
    #[track_caller]
    pub fn wait_code(&mut self) -> i32 {
        let status = self.wait_end();
        status
            .code()
            .unwrap_or_else(|| panic!("ended by signal {:?}", status.signal()))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn contains(raw: &[u8], wanted: &[u8]) -> bool {
    raw.windows(wanted.len()).any(|window| window == wanted)
}
