//! One live shell of a target: a process here, or a recorded session there, spoken to over the same wire. Bytes come out
//! of the recording, never past it.

mod course;
mod custody;
mod ledger;
mod local;
mod remote;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use course::Course;
use custody::Custody;

use super::Told;
use super::record::Spot;
use super::target::Target;
use super::wire::{self, Ear, Nonce, Sound};
use crate::recording::{Marker, Mode, Recipients};

pub use ledger::end_left;
pub use local::Here;

/// Between TERM and KILL.
const GRACE: Duration = Duration::from_secs(5);
/// A shell answers its first marker within this.
const READY: Duration = Duration::from_secs(30);
/// A script of which nothing begins so long may have lost its last line on the way.
const AGAIN: Duration = Duration::from_secs(10);
/// What left a shell may hold its output open behind it.
const SETTLES: Duration = Duration::from_secs(1);

/// How far a user wants a run stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    #[default]
    No,
    /// What runs is told to end.
    Soon,
    /// What runs is killed.
    Now,
}

/// How a script ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Exited(i32),
    TimedOut,
    Stopped,
    /// It did not get there whole, and nothing of it ran.
    Unread,
    /// The shell is gone and told no code.
    Lost(String),
    /// Nothing is heard of it any more, and nothing told that it ended: it may be through, and it may go on.
    Unseen(String),
}

/// Why there is no shell.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Refused {
    pub says: String,
    pub hint: String,
}

enum Way {
    Here(Box<Here>),
    There(Box<remote::There>),
}

impl Way {
    /// Waits for the end of a shell here, and returns the code of its process: none where a signal ended it. Of one
    /// elsewhere nothing is known.
    async fn ended(&mut self) -> Option<i32> {
        match self {
            Way::Here(here) => here.ended().await,
            Way::There(_) => std::future::pending().await,
        }
    }
}

/// The code of a shell here that is gone. One that ended well and did not say so was another program by then, and what
/// stood behind that was not run.
fn told(code: Option<i32>, left: Option<i32>) -> Option<i32> {
    code.filter(|code| *code != 0 || left.is_some())
}

pub struct Shell {
    way: Way,
    bytes: mpsc::Receiver<Result<Bytes, String>>,
    ear: Ear,
    /// Nothing that it is sent is shown.
    pub is_quiet: bool,
    /// Its process is there, and with it what earlier steps set.
    pub is_alive: bool,
    /// The folder that it stood in when it was last asked.
    pub folder: Option<String>,
    custody: Custody,
}

/// What opens shells.
#[derive(Clone)]
pub struct Opener {
    pub data_dir: PathBuf,
    pub reason: String,
    /// Where local commands begin.
    pub folder: PathBuf,
    /// The AWS profile of local commands; `None`: as the environment has it.
    pub profile: Option<String>,
    /// Of what runs here.
    pub mode: Mode,
    pub recipients: Recipients,
}

/// Waits until a user wants more of a stop than before.
pub async fn beyond(stop: &mut watch::Receiver<Stop>, before: Stop) -> Stop {
    loop {
        let now = *stop.borrow_and_update();
        if now > before {
            return now;
        }
        if stop.changed().await.is_err() {
            // Nobody is left who could.
            std::future::pending::<()>().await;
        }
    }
}

impl Shell {
    /// Whether its disk keeps it is told to `told` as long as it lives.
    pub async fn open(opener: &Opener, target: &Target, title: &str, told: &Told) -> Result<Shell, Refused> {
        let nonce = Nonce::fresh();
        let (way, bytes, recorded, mode) = match &target.far {
            None => {
                let (here, bytes, recorded) = Here::open(opener, title, &nonce).await?;
                (Way::Here(Box::new(here)), bytes, recorded, opener.mode)
            }
            Some(far) => {
                let (there, bytes) = remote::There::open(opener, far, &nonce).await?;
                let (_, recorded) = custody::of(there.status());
                (Way::There(Box::new(there)), bytes, recorded, far.mode)
            }
        };
        let mut shell = Shell {
            way,
            bytes,
            ear: Ear::new(&nonce),
            is_quiet: false,
            is_alive: true,
            folder: None,
            custody: Custody::keep(mode, recorded, target.label(), told.clone()),
        };
        match tokio::time::timeout(READY, shell.ready()).await {
            Ok(Ok(())) => Ok(shell),
            Ok(Err(refused)) => {
                shell.close("the shell did not begin").await;
                Err(refused)
            }
            Err(_) => {
                shell.close("the shell did not answer").await;
                Err(Refused {
                    says: format!("the shell did not answer within {} s", READY.as_secs()),
                    hint: "it must be a shell that has `exec`, `printf` and `case`; see its recording".into(),
                })
            }
        }
    }

    async fn ready(&mut self) -> Result<(), Refused> {
        let refused = |says: String| Refused {
            says,
            hint: "see its recording".into(),
        };
        loop {
            let bytes = self.bytes.recv().await.unwrap_or_else(|| Err(self.why_gone()));
            let bytes = bytes.map_err(refused)?;
            for sound in self.ear.hear(&bytes) {
                match sound {
                    Sound::Ready { quiet } => {
                        self.is_quiet = quiet;
                        return Ok(());
                    }
                    Sound::Undecoded => {
                        return Err(Refused {
                            says: "neither base64 nor openssl is there, and scripts travel as base64".into(),
                            hint: "install one of them (base64 is in coreutils and busybox), or type the commands in a \
                                   session"
                                .into(),
                        });
                    }
                    Sound::Exited(code) => {
                        return Err(refused(format!("the shell ended at once with code {code}")));
                    }
                    _ => {}
                }
            }
        }
    }

    fn why_gone(&self) -> String {
        match &self.way {
            Way::Here(_) => "the shell ended".into(),
            Way::There(there) => there.why_gone(),
        }
    }

    async fn send(&mut self, text: String) {
        match &mut self.way {
            Way::Here(here) => here.send(text).await,
            Way::There(there) => there.send(text),
        }
    }

    /// A shell that reads no more, or too slowly, is killed: it has a part of a script, and runs none of it. `Some` says how that
    /// ended.
    async fn send_in_time(
        &mut self,
        text: String,
        lasts: Duration,
        stop: &mut watch::Receiver<Stop>,
    ) -> Option<How> {
        let how = tokio::select! {
            biased;
            () = self.send(text) => return None,
            () = tokio::time::sleep(lasts) => How::TimedOut,
            _ = beyond(stop, Stop::No) => How::Stopped,
        };
        self.urge(true).await;
        self.is_alive = false;
        Some(how)
    }

    /// Gives it a secret as an environment variable; false where the terminal would show it.
    pub async fn tell_secret(&mut self, name: &str, value: &str) -> bool {
        if self.is_quiet {
            self.send(wire::secret(name, value)).await;
        }
        self.is_quiet
    }

    /// Runs a script until it ends, its time is up or it is stopped. Output goes to `out` as it comes, and waits for it.
    pub async fn run(
        &mut self,
        text: &str,
        lasts: Duration,
        stop: &mut watch::Receiver<Stop>,
        out: mpsc::Sender<Vec<u8>>,
    ) -> How {
        if let Some(says) = self.custody.trouble() {
            return self.give_up(says).await;
        }
        let nonce = Nonce::fresh();
        self.ear.listen_for(&nonce);
        let far = matches!(self.way, Way::There(_)).then_some((lasts, GRACE));
        if let Some(how) = self
            .send_in_time(wire::script(text, &nonce, far), lasts, stop)
            .await
        {
            return how;
        }
        let again = wire::again(text, &nonce, far);
        let mut course = Course::new(far.map(|_| Instant::now() + lasts));
        let how = self.follow(&mut course, &nonce, again, lasts, stop, &out).await;
        let behind = course.behind();
        if !behind.is_empty() {
            // Whoever took it away wants no more of it.
            drop(out.send(behind).await);
        }
        how
    }

    /// Hears a script to its end. `again` is its last line once more.
    async fn follow(
        &mut self,
        course: &mut Course,
        nonce: &Nonce,
        again: String,
        lasts: Duration,
        stop: &mut watch::Receiver<Stop>,
        out: &mpsc::Sender<Vec<u8>>,
    ) -> How {
        let started_at = Instant::now();
        let mut again_at = started_at + AGAIN;
        // The far end keeps its own time; ours is for when it does not.
        let margin = match course.far_until {
            Some(_) => GRACE + GRACE,
            None => Duration::ZERO,
        };
        let mut deadline = started_at + lasts + margin;
        // How the shell here ended, and when; it has no code where a signal ended it.
        let mut gone: Option<(Option<i32>, Instant)> = None;
        let mut settles_at = None;
        loop {
            let bytes = tokio::select! {
                bytes = self.bytes.recv() => bytes,
                () = tokio::time::sleep_until(again_at), if !course.has_begun && gone.is_none() => {
                    self.send(again.clone()).await;
                    again_at += AGAIN;
                    continue;
                }
                code = self.way.ended(), if gone.is_none() => {
                    self.is_alive = false;
                    gone = Some((code, Instant::now()));
                    settles_at = Some(Instant::now() + SETTLES);
                    continue;
                }
                () = tokio::time::sleep_until(settles_at.unwrap_or(deadline)), if settles_at.is_some() => {
                    match gone {
                        // What holds the stream open now, and may go on printing, is none of its own.
                        Some((code, at)) if self.bytes.is_empty() || at.elapsed() >= GRACE => {
                            return course.gone(told(code, course.left), self.why_gone());
                        }
                        Some(_) => {}
                        None => {
                            settles_at = None;
                            let line = self.ear.ask_around(nonce);
                            self.send(line).await;
                        }
                    }
                    continue;
                }
                () = tokio::time::sleep_until(deadline), if gone.is_none() => {
                    // TERM first, KILL a while later; after that only the end of the shell is waited for. One that says it
                    // has failed is taken at its word, and one that says it is done is not: a script could have said that.
                    let has_failed = course.left.is_some_and(|code| code != 0);
                    self.urge(has_failed || course.is_late || course.stopped >= Stop::Soon).await;
                    course.is_late |= course.stopped == Stop::No && !has_failed;
                    deadline = Instant::now() + GRACE;
                    continue;
                }
                now = beyond(stop, course.stopped), if course.stopped < Stop::Now && gone.is_none() => {
                    self.urge(now == Stop::Now).await;
                    course.stopped = now;
                    deadline = Instant::now() + GRACE;
                    continue;
                }
                says = self.custody.lost() => return self.give_up(says).await,
            };
            let bytes = match bytes {
                Some(Ok(bytes)) => bytes,
                end => {
                    self.is_alive = false;
                    let code = match (gone, course.far_until) {
                        (Some((code, _)), _) => told(code, course.left),
                        (None, Some(_)) => course.left,
                        (None, None) => {
                            let ended = tokio::time::timeout(SETTLES, self.way.ended()).await;
                            told(ended.ok().flatten(), course.left)
                        }
                    };
                    let says = match end {
                        Some(Err(says)) => says,
                        _ => self.why_gone(),
                    };
                    return course.gone(code, says);
                }
            };
            for sound in self.ear.hear(&bytes) {
                match sound {
                    Sound::Begun => course.has_begun = true,
                    Sound::Unread if !course.has_begun => return How::Unread,
                    Sound::Output(bytes) if course.has_begun => {
                        if let Some(bytes) = course.hear(bytes) {
                            // Whoever took it away wants no more of it.
                            drop(out.send(bytes).await);
                        }
                    }
                    Sound::Ended(code) => {
                        self.is_alive = gone.is_none();
                        return course.how(code);
                    }
                    // A script could say it too. Of a shell here its process has the last word; one elsewhere is gone when its
                    // stream ends, or when the shell that it was begun in answers.
                    Sound::Exited(code) => {
                        course.left = Some(code);
                        if course.far_until.is_some() {
                            self.is_alive = false;
                            settles_at = Some(Instant::now() + SETTLES);
                        }
                    }
                    // As of a shell here: one that ended well and did not say so was another program by then.
                    Sound::Left(code) => {
                        self.is_alive = false;
                        course.is_gone = true;
                        course.left = told(Some(code), course.left);
                        settles_at = Some(Instant::now() + SETTLES);
                    }
                    Sound::Around(code) => {
                        self.is_alive = false;
                        // What came behind the end is of the shell around it: its prompt, and what it was asked.
                        course.behind();
                        return course.how(code);
                    }
                    _ => {}
                }
            }
        }
    }

    /// What may not go on unrecorded is ended without waiting for its disk.
    async fn give_up(&mut self, says: String) -> How {
        self.urge(true).await;
        self.is_alive = false;
        How::Lost(format!("it can no longer be recorded: {says}"))
    }

    async fn urge(&mut self, at_once: bool) {
        match &mut self.way {
            Way::Here(here) => here.urge(at_once),
            Way::There(there) => there.urge(at_once).await,
        }
    }

    /// A moment to find again in its recording.
    pub async fn mark(&mut self, marker: Marker) {
        match &mut self.way {
            Way::Here(here) => here.mark(marker).await,
            Way::There(there) => there.mark(marker),
        }
    }

    /// Where its recording stands.
    pub async fn spot(&self) -> Option<Spot> {
        let (id, (path, at_us)) = match &self.way {
            Way::Here(here) => (here.id(), here.place().await?),
            Way::There(there) => (there.id(), there.place()?),
        };
        let offset = std::fs::metadata(&path).map_or(0, |about| about.len());
        Some(Spot {
            recording: id.to_string(),
            path: path.display().to_string(),
            offset,
            at_us,
        })
    }

    /// Ends it, at AWS too, and seals its recording. Returns the recording's id.
    pub async fn close(self, why: &str) -> String {
        match self.way {
            Way::Here(here) => here.close(why).await,
            Way::There(there) => there.close().await,
        }
    }
}

#[cfg(test)]
mod tests;
