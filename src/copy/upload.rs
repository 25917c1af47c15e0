//! A file or folder to the remote, typed as lines of base64 into a shell on a terminal in raw mode. The shell says what it
//! has of it already and the sum of what it got; the file gets its name only after both sums were found equal.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

use super::download::EMPTY;
use super::link::Link;
use super::script::Receive;
use super::{Done, Error, Progress, Site, path, tree};
use crate::session::Connection;
use crate::ssm::{Channel, Event};

const DOCUMENT: &str = "AWS-StartInteractiveCommand";
/// Bytes of content that make one line of 76 characters, which every decoder takes.
const LINE: usize = 57;
const LINES: usize = 256;
/// Pieces that wait for the channel.
const WAITING: usize = 8;
/// Less than a decoder's buffer: what could not be written, could not for want of room. Not every tool says so.
const FULL_KB: u64 = 64;
const LONGEST_REPLY: usize = 4 << 10;
const AGAIN: &str = "start the same copy again: it goes on where it stopped";

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
struct Sent(Arc<Mutex<(u64, Sha256)>>);

impl Sent {
    fn add(&self, bytes: &[u8]) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.0 += bytes.len() as u64;
        sent.1.update(bytes);
    }

    fn sum(&self) -> (u64, [u8; 32]) {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (sent.0, sent.1.clone().finalize().into())
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
    let typing = tokio::spawn(type_all(
        link.opaque.channel().clone(),
        source,
        talk.sent.clone(),
        progress.clone(),
    ));
    // A remote that fails says so at once; what is typed meanwhile is for nobody.
    let answer = talk.answer(link, &remote).await;
    if answer.is_err() {
        typing.abort();
    }
    let answer = answer?;
    let words: Vec<&str> = answer.split_whitespace().collect();
    let ["sum", code, sum, free_kb] = words[..] else {
        typing.abort();
        return Err(odd());
    };
    if code != "0" {
        typing.abort();
        if free_kb.parse().is_ok_and(|free: u64| free < FULL_KB) {
            talk.words = "no space left".into();
        }
        return Err(talk.failed(&remote, "the remote could not write it"));
    }
    let (bytes, sha256) = typing
        .await
        .map_err(|cause| Error::new(cause.to_string(), AGAIN))??;
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

/// Types offset, content and end mark; the length and SHA-256 of the whole source.
async fn type_all(
    channel: Channel,
    source: Source,
    sent: Sent,
    progress: Progress,
) -> Result<(u64, [u8; 32]), Error> {
    let over = |_| Error::new("the session is over", AGAIN);
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
        .map_err(|cause| Error::new(cause.to_string(), AGAIN))??;
    channel.input(Bytes::from_static(b".\n")).await.map_err(over)?;
    Ok(whole)
}

/// The file that is sent, read once, in order.
struct Source {
    path: PathBuf,
    file: File,
    size: u64,
    modified_at: Option<std::time::SystemTime>,
    at: u64,
    sum: Sha256,
}

impl Source {
    /// Stands behind what the remote has, if that is the file's beginning.
    fn open(path: &Path, there: u64, sum_there: &str) -> Result<Source, Error> {
        let at = |cause| Error::file(path)(cause);
        let file = File::open(path).map_err(at)?;
        let known = file.metadata().map_err(at)?;
        let mut source = Source {
            path: path.to_owned(),
            size: known.len(),
            modified_at: known.modified().ok(),
            file,
            at: 0,
            sum: Sha256::new(),
        };
        if there > 0 && there <= source.size {
            let mut left = there;
            let mut buffer = vec![0; 1 << 20];
            while left > 0 {
                let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let got = source.file.read(&mut buffer[..want]).map_err(at)?;
                if got == 0 {
                    break;
                }
                source.sum.update(&buffer[..got]);
                left -= got as u64;
            }
            if left == 0 && hex::encode(source.sum.clone().finalize()) == sum_there {
                source.at = there;
                return Ok(source);
            }
            source.sum = Sha256::new();
            source.file.seek(SeekFrom::Start(0)).map_err(at)?;
        }
        Ok(source)
    }

    fn read_all(mut self, pieces: &mpsc::Sender<(Bytes, Bytes)>) -> Result<(u64, [u8; 32]), Error> {
        let mut buffer = vec![0; LINE * LINES];
        loop {
            let count = fill(&mut self.file, &mut buffer).map_err(Error::file(&self.path))?;
            if count == 0 {
                break;
            }
            let content = Bytes::copy_from_slice(&buffer[..count]);
            self.sum.update(&content);
            self.at += count as u64;
            let lines = lines_of(&content);
            if pieces.blocking_send((content, lines)).is_err() {
                return Err(Error::new("the session is over", AGAIN));
            }
        }
        let now = self.file.metadata().map_err(Error::file(&self.path))?;
        if self.at != self.size || now.modified().ok() != self.modified_at {
            return Err(Error::new(
                format!("{} changed while it was copied", self.path.display()),
                "copy it again when nobody writes to it",
            ));
        }
        Ok((self.at, self.sum.finalize().into()))
    }
}

/// Fills the buffer unless the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match file.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(count)
}

fn lines_of(content: &[u8]) -> Bytes {
    let mut text = String::with_capacity(content.len().div_ceil(LINE) * 77);
    for line in content.chunks(LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_the_file_is_gone_on_from() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"hello, world").unwrap();
        let sum = |text: &[u8]| hex::encode(Sha256::digest(text));
        assert_eq!(Source::open(&path, 5, &sum(b"hello")).unwrap().at, 5);
        assert_eq!(Source::open(&path, 5, &sum(b"jello")).unwrap().at, 0);
        assert_eq!(Source::open(&path, 50, &sum(b"hello")).unwrap().at, 0);
        let source = Source::open(&path, 5, &sum(b"hello")).unwrap();
        let (pieces, mut given) = mpsc::channel(4);
        let whole = source.read_all(&pieces).unwrap();
        let (content, lines) = given.try_recv().unwrap();
        assert_eq!(
            (&content[..], &lines[..]),
            (&b", world"[..], &b"LCB3b3JsZA==\n"[..])
        );
        assert_eq!(hex::encode(whole.1), sum(b"hello, world"));
    }
}
