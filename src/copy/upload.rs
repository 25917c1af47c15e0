//! A file or folder to the remote, typed as lines of base64 into a shell on a terminal in raw mode. The shell says what it
//! has of it already and the sum of what it got; the file gets its name only after both sums were found equal.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::link::Link;
use super::script::Receive;
use super::source::Source;
use super::{AGAIN, Done, EMPTY, Error, Progress, Site, path, tree};
use crate::session::{Connection, Passed};
use crate::ssm::{Channel, Event};

const DOCUMENT: &str = "AWS-StartInteractiveCommand";
/// Pieces that wait for the channel.
const WAITING: usize = 8;
/// Less than a decoder's buffer: what could not be written, could not for want of room. Not every tool says so.
const FULL_KB: u64 = 64;
const LONGEST_REPLY: usize = 4 << 10;

/// What to send.
pub struct Upload {
    pub from: PathBuf,
    pub to: String,
    pub folders: bool,
    /// Its name where `to` is a folder, for content that has none of its own.
    pub name: Option<String>,
}

/// Sends it; an error leaves the partial file there for the next try.
pub async fn upload(
    site: &Site,
    wanted: Upload,
    progress: Progress,
    stop: watch::Receiver<bool>,
) -> Result<Done, Error> {
    let name = wanted
        .name
        .clone()
        .or_else(|| {
            Some(
                wanted
                    .from
                    .canonicalize()
                    .ok()?
                    .file_name()?
                    .to_string_lossy()
                    .into_owned(),
            )
        })
        .unwrap_or_else(|| path::file_name("").to_owned());
    let known = std::fs::metadata(&wanted.from).map_err(Error::file(&wanted.from))?;
    if known.is_dir() && !wanted.folders {
        return Err(Error::new(
            format!("{} is a folder", wanted.from.display()),
            "give -r to copy folders",
        ));
    }
    let archive = if known.is_dir() {
        let archive = tempfile::NamedTempFile::new().map_err(Error::file(&std::env::temp_dir()))?;
        tree::pack(&wanted.from, archive.path()).await?;
        Some(archive)
    } else {
        None
    };
    let source = archive
        .as_ref()
        .map_or(wanted.from.as_path(), |archive| archive.path());
    let script = Receive {
        path: &wanted.to,
        name: &name,
        mode: known.permissions().mode(),
        is_tree: archive.is_some(),
    }
    .script();
    let opened_at = Timestamp::now();
    let mut link = site.open(DOCUMENT, &[("command", &script)], &stop).await?;
    let mut talk = Talk::default();
    let sent = send(site, &wanted.to, source, &mut link, &mut talk, &progress).await;
    let connection = Connection {
        peer: wanted.from.display().to_string(),
        remote: site.remote(&wanted.to),
        opened_at,
        closed_at: Timestamp::now(),
        sent: talk.sent.sum(),
        received: (0, EMPTY),
        end: match &sent {
            Ok(_) => "copied".to_owned(),
            Err(error) => error.says.clone(),
        },
    };
    let recorded = link.close(connection, sent.is_ok()).await;
    let done = sent?;
    recorded?;
    Ok(done)
}

/// What was typed and what was answered.
#[derive(Default)]
struct Talk {
    sent: Sent,
    line: Vec<u8>,
    /// What is no answer of the script: words of a tool that failed.
    words: String,
}

/// Content that the channel has taken.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Passed>>);

impl Sent {
    fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(bytes);
    }

    fn sum(&self) -> (u64, [u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sum()
    }
}

impl Talk {
    /// The next answer, without its `qd1`.
    async fn answer(&mut self, link: &mut Link, remote: &str) -> Result<String, Error> {
        loop {
            while let Some(end) = memchr::memchr(b'\n', &self.line) {
                let line: Vec<u8> = self.line.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                match line.strip_prefix("qd1 ") {
                    Some(answer) => match answer.strip_prefix("fail ") {
                        Some(why) => return Err(self.failed(remote, why)),
                        None => return Ok(answer.to_owned()),
                    },
                    None if !line.is_empty() => self.words = line,
                    None => {}
                }
            }
            if self.line.len() > LONGEST_REPLY {
                return Err(Error::new(
                    "the remote answers with something else than the copy",
                    AGAIN,
                ));
            }
            match link.next().await? {
                Event::Output(bytes) | Event::Stderr(bytes) => self.line.extend_from_slice(&bytes),
                Event::Ended(end) => {
                    self.words.extend(String::from_utf8_lossy(&self.line).lines());
                    let why = if end.text.is_empty() {
                        "the session ended early"
                    } else {
                        end.text.as_str()
                    };
                    return Err(self.failed(remote, why));
                }
                _ => {}
            }
        }
    }

    fn failed(&self, remote: &str, why: &str) -> Error {
        let words: String = self.words.chars().filter(|c| !c.is_control()).take(200).collect();
        let full = words.to_lowercase().contains("no space left");
        let says = match (words.is_empty(), full) {
            (_, true) => format!("{remote}: no space left on the remote's disk"),
            (true, _) => format!("{remote}: {why}"),
            (false, _) => format!("{remote}: {why}: {words}"),
        };
        let hint = if full {
            "free some space there, then start the same copy again"
        } else if why.contains("denied") {
            "the agent's user may not write there; --ssh copies as another one"
        } else if why.starts_with("there is no ") || why.starts_with("is a ") {
            ""
        } else {
            AGAIN
        };
        Error::new(says, hint)
    }
}

async fn send(
    site: &Site,
    to: &str,
    source: &Path,
    link: &mut Link,
    talk: &mut Talk,
    progress: &Progress,
) -> Result<Done, Error> {
    let remote = site.remote(to);
    let ready = talk.answer(link, &remote).await?;
    let odd = || Error::new(format!("{remote}: the remote answers oddly"), AGAIN);
    let (there, sum_there) = ready
        .strip_prefix("ready ")
        .and_then(|rest| rest.split_once(' '))
        .and_then(|(length, sum)| Some((length.parse::<u64>().ok()?, sum.to_owned())))
        .ok_or_else(odd)?;
    let (source, shown) = (source.to_owned(), source.display().to_string());
    let opened = tokio::task::spawn_blocking(move || Source::open(&source, there, &sum_there));
    let source = opened
        .await
        .map_err(|cause| Error::new(cause.to_string(), ""))??;
    let (resumed_at, size) = (source.at, source.size);
    progress.begin(size, resumed_at);
    let channel = link.opaque.channel().clone();
    let mut typing = pin!(type_all(channel, source, talk.sent.clone(), progress));
    let mut typed = None;
    // Whichever of the two fails says so at once: the other would wait for ever.
    let answer = {
        let mut answer = pin!(talk.answer(link, &remote));
        loop {
            tokio::select! {
                answer = &mut answer => break answer?,
                done = &mut typing, if typed.is_none() => match done {
                    Err(Untyped::Unread(error)) => return Err(error),
                    done => typed = Some(done),
                },
            }
        }
    };
    let words: Vec<&str> = answer.split_whitespace().collect();
    let ["sum", code, sum, free_kb] = words[..] else {
        return Err(odd());
    };
    if code != "0" {
        if free_kb.parse().is_ok_and(|free: u64| free < FULL_KB) {
            talk.words = "no space left".into();
        }
        return Err(talk.failed(&remote, "the remote could not write it"));
    }
    // It has the sum of something else when it did not wait for the end.
    let Some(Ok((bytes, sha256))) = typed else {
        return Err(odd());
    };
    if sum != hex::encode(sha256) {
        return Err(Error::new(
            format!("{remote}: its SHA-256 is not that of {shown}"),
            "start the same copy again; what came is not kept under its name",
        ));
    }
    let said = link.opaque.channel().input(Bytes::from_static(b"ok\n")).await;
    said.map_err(|_| Error::new("the session is over", AGAIN))?;
    if talk.answer(link, &remote).await? != "done" {
        return Err(odd());
    }
    Ok(Done {
        path: remote,
        bytes,
        sha256,
        resumed_at,
        sessions: 1,
    })
}

/// Why not everything was typed.
enum Untyped {
    /// The session is over; why is its last event.
    Over,
    /// The file here cannot be read, or is not what it was.
    Unread(Error),
}

/// Types offset, content and end mark; the length and SHA-256 of the whole source.
async fn type_all(
    channel: Channel,
    source: Source,
    sent: Sent,
    progress: &Progress,
) -> Result<(u64, [u8; 32]), Untyped> {
    let over = |_| Untyped::Over;
    let first = format!("{}\n", source.at);
    channel.input(first.into()).await.map_err(over)?;
    let (pieces, mut given) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || source.read_all(&pieces));
    while let Some((content, lines)) = given.recv().await {
        channel.input(lines).await.map_err(over)?;
        sent.add(&content);
        progress.add(content.len() as u64);
    }
    let whole = reading
        .await
        .map_err(|cause| Error::new(cause.to_string(), AGAIN))
        .flatten()
        .map_err(Untyped::Unread)?;
    channel.input(Bytes::from_static(b".\n")).await.map_err(over)?;
    Ok(whole)
}
