//! A file or folder from the remote: one session says what it is and sends it, others take their share of a large file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::decode::{Decoder, Head};
use super::disk::Disk;
use super::link::Link;
use super::part::Part;
use super::script::{DENIED, Fetch, IS_FOLDER, MISSING, NO_TOOL, NOT_A_FILE, range};
use super::{AGAIN, Done, EMPTY, Error, Progress, Site, path, tree};
use crate::session::Connection;
use crate::ssm::Event;

const DOCUMENT: &str = "AWS-StartNonInteractiveCommand";
/// Content that is gathered before it is written.
const PIECE: usize = 256 << 10;
/// What of the remote's standard error is kept for the sentence.
const WORDS: usize = 400;

/// What to fetch.
pub struct Download {
    pub from: String,
    /// A file, or a folder to put it in.
    pub to: PathBuf,
    pub folders: bool,
    /// Among how many sessions a file is shared; at least 1.
    pub sessions: usize,
}

/// Fetches it; an error leaves the partial file for the next try, unless its content is known to be wrong.
pub async fn download(
    site: &Site,
    wanted: Download,
    progress: Progress,
    stop: watch::Receiver<bool>,
) -> Result<Done, Error> {
    let into = if wanted.to.is_dir() {
        wanted.to.join(path::file_name(&wanted.from))
    } else {
        wanted.to.clone()
    };
    if into.is_dir() && !wanted.folders {
        return Err(Error::new(
            format!("{} is a folder", into.display()),
            "name a file, or remove it first",
        ));
    }
    let part = Arc::new(Part::open(&into)?);
    let fetched = fetch(site, &wanted, &into, part.clone(), &progress, &stop).await;
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => {
            drop_if_empty(&part);
            return Err(error);
        }
    };
    let Fetched { head, told, sessions } = fetched;
    let (checked, part) = tokio::task::spawn_blocking(move || (part.have(), part))
        .await
        .map_err(|cause| Error::new(cause.to_string(), ""))?;
    let (bytes, sha256) = checked?;
    let part = Arc::into_inner(part).ok_or_else(|| Error::new("the partial file is still written", AGAIN))?;
    if told.sum != hex::encode(sha256) {
        part.remove();
        return Err(Error::new(
            format!(
                "{} changed while it was copied: its SHA-256 is not that of what came",
                site.remote(&wanted.from)
            ),
            "copy it again when nobody writes to it",
        ));
    }
    if head.is_tree {
        tree::unpack(&part.path, &into).await?;
        part.remove();
        if let Some(lacks) = told.lacks {
            return Err(Error::new(
                lacks,
                format!(
                    "what could be read is in {}; --ssh copies as another user, who may read more",
                    into.display()
                ),
            ));
        }
    } else {
        part.finish(&into, head.mode)?;
    }
    Ok(Done {
        path: into.display().to_string(),
        bytes,
        sha256,
        resumed_at: head.offset,
        sessions,
    })
}

fn drop_if_empty(part: &Part) {
    let empty = std::fs::metadata(&part.path).is_ok_and(|file| file.len() == 0);
    if empty {
        let _ = std::fs::remove_file(&part.path);
    }
}

struct Fetched {
    head: Head,
    told: Told,
    sessions: usize,
}

/// What the remote says of the whole when it has sent it.
struct Told {
    sum: String,
    /// That a folder did not come whole, in one sentence.
    lacks: Option<String>,
}

async fn fetch(
    site: &Site,
    wanted: &Download,
    into: &Path,
    part: Arc<Part>,
    progress: &Progress,
    stop: &watch::Receiver<bool>,
) -> Result<Fetched, Error> {
    let counted = part.clone();
    let (length, hash) = tokio::task::spawn_blocking(move || counted.have())
        .await
        .map_err(|cause| Error::new(cause.to_string(), ""))??;
    let sessions = wanted.sessions.max(1);
    let command = Fetch {
        path: &wanted.from,
        folders: wanted.folders,
        have: (length, &hex::encode(hash)),
        sessions,
    }
    .command();
    // One that fails stops the others, each of which then ends its own session.
    let (halt, halted) = watch::channel(false);
    let halt = Arc::new(halt);
    let stopping = tokio::spawn({
        let (mut stop, halt) = (stop.clone(), halt.clone());
        async move {
            if stop.wait_for(|stop| *stop).await.is_ok() {
                halt.send_replace(true);
            }
        }
    });
    let job = |command: String, is_first: bool| Job {
        site: site.clone(),
        command,
        is_first,
        from: wanted.from.clone(),
        into: into.to_owned(),
        part: part.clone(),
        progress: progress.clone(),
        stop: halted.clone(),
    };
    let (tell, told) = oneshot::channel();
    let mut running = JoinSet::new();
    running.spawn(job(command, true).run(Some(tell)));
    let Ok(head) = told.await else {
        return Err(first_error(&mut running).await);
    };
    progress.begin(head.size.unwrap_or_default(), head.offset);
    let mut shares = vec![(head.offset, head.length)];
    if let Some(size) = head.size {
        let (mut from, others) = (head.offset + head.length, sessions as u64 - 1);
        let step = size.saturating_sub(from).div_ceil(others.max(1)).max(1);
        while from < size {
            let length = step.min(size - from);
            running.spawn(job(range(&wanted.from, from, length), false).run(None));
            shares.push((from, length));
            from += length;
        }
    }
    let mut told = None;
    let mut failed = None;
    while let Some(done) = running.join_next().await {
        match done.map_err(|cause| Error::new(cause.to_string(), "")).flatten() {
            Ok(said) => told = said.or(told),
            Err(error) => {
                halt.send_replace(true);
                failed.get_or_insert(error);
            }
        }
    }
    stopping.abort();
    match (failed, told) {
        (None, Some(told)) => Ok(Fetched {
            head,
            told,
            sessions: shares.len(),
        }),
        (failed, _) => {
            if shares.len() > 1 {
                // Behind the first gap nothing is known.
                part.cut(head.offset)?;
            }
            Err(failed.unwrap_or_else(|| Error::new("the remote sent no sum", AGAIN)))
        }
    }
}

async fn first_error(running: &mut JoinSet<Result<Option<Told>, Error>>) -> Error {
    match running.join_next().await {
        Some(Ok(Err(error))) => error,
        _ => Error::new("the remote ended before it said what comes", AGAIN),
    }
}

/// One session's share.
struct Job {
    site: Site,
    command: String,
    /// It says what comes, and sends the sum.
    is_first: bool,
    from: String,
    into: PathBuf,
    part: Arc<Part>,
    progress: Progress,
    stop: watch::Receiver<bool>,
}

impl Job {
    /// Tells what comes, then gives the sum if this session was to send one.
    async fn run(self, tell: Option<oneshot::Sender<Head>>) -> Result<Option<Told>, Error> {
        let opened_at = Timestamp::now();
        let parameters = [
            ("command", self.command.as_str()),
            ("separateOutputStream", "true"),
        ];
        let mut link = self.site.open(DOCUMENT, &parameters, &self.stop).await?;
        let mut disk = None;
        let received = self.receive(&mut link, &mut disk, tell).await;
        let written = match disk {
            Some(disk) => disk.close().await,
            None => Ok((0, EMPTY)),
        };
        let outcome = match &written {
            Ok(_) => received,
            Err(error) => Err(error.clone()),
        };
        let connection = Connection {
            peer: self.into.display().to_string(),
            remote: self.site.remote(&self.from),
            opened_at,
            closed_at: Timestamp::now(),
            sent: (0, EMPTY),
            received: written.unwrap_or((0, EMPTY)),
            end: match &outcome {
                Ok(Some(Told {
                    lacks: Some(lacks), ..
                })) => lacks.clone(),
                Ok(_) => "copied".to_owned(),
                Err(error) => error.says.clone(),
            },
        };
        let recorded = link.close(connection, outcome.is_ok()).await;
        let told = outcome?;
        recorded?;
        Ok(told)
    }

    async fn receive(
        &self,
        link: &mut Link,
        disk: &mut Option<Disk>,
        mut tell: Option<oneshot::Sender<Head>>,
    ) -> Result<Option<Told>, Error> {
        let (mut decoder, mut content, mut left) = (Decoder::default(), Vec::new(), None);
        let (mut words, mut code) = (Vec::new(), None);
        loop {
            match link.next().await? {
                Event::Output(bytes) => {
                    decoder
                        .feed(&bytes, &mut content)
                        .map_err(|garbled| Error::new(garbled.to_string(), AGAIN))?;
                    if disk.is_none()
                        && let Some(head) = decoder.head().cloned()
                    {
                        *disk = Some(self.begin(&head)?);
                        left = head.size.map(|_| head.length);
                        if let Some(tell) = tell.take() {
                            // Whoever asked may have given up.
                            let _ = tell.send(head);
                        }
                    }
                    if let Some(disk) = disk
                        && (content.len() >= PIECE || decoder.sum().is_some())
                    {
                        let piece = std::mem::take(&mut content);
                        self.count(&mut left, piece.len() as u64)?;
                        disk.write(piece).await?;
                    }
                }
                Event::Stderr(bytes) if words.len() < WORDS => words.extend_from_slice(&bytes),
                Event::ExitCode(number) => code = Some(number),
                Event::Ended(end) => {
                    let says = match (decoder.sum(), &end.text) {
                        (Some(sum), _) if left.is_none_or(|left| left == 0) && code.unwrap_or(0) == 0 => {
                            let lacks = decoder
                                .is_partial()
                                .then(|| lacks(&self.site.remote(&self.from), &words));
                            let sum = Some(sum.to_owned()).filter(|sum| sum != "-");
                            return Ok(sum.map(|sum| Told { sum, lacks }));
                        }
                        (Some(_), _) if code.unwrap_or(0) == 0 => {
                            format!(
                                "{} became shorter while it was copied",
                                self.site.remote(&self.from)
                            )
                        }
                        (_, text) if !text.is_empty() => text.clone(),
                        _ => return Err(self.explain(code, &words)),
                    };
                    return Err(Error::new(says, AGAIN));
                }
                _ => {}
            }
        }
    }

    fn begin(&self, head: &Head) -> Result<Disk, Error> {
        if self.is_first {
            let length = std::fs::metadata(&self.part.path)
                .map_err(Error::file(&self.part.path))?
                .len();
            if length < head.offset {
                return Err(Error::new("the remote skips what is not here", AGAIN));
            }
            self.part.cut(head.offset)?;
        }
        Ok(Disk::new(self.part.writer(head.offset)?))
    }

    fn count(&self, left: &mut Option<u64>, bytes: u64) -> Result<(), Error> {
        self.progress.add(bytes);
        if let Some(left) = left {
            *left = left.checked_sub(bytes).ok_or_else(|| {
                Error::new(
                    format!("{} grew while it was copied", self.site.remote(&self.from)),
                    "copy it again when nobody writes to it",
                )
            })?;
        }
        Ok(())
    }

    /// The sentence for a script that ended before its time.
    fn explain(&self, code: Option<i32>, words: &[u8]) -> Error {
        let remote = self.site.remote(&self.from);
        let words = String::from_utf8_lossy(words);
        let last = words
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or_default();
        match code {
            Some(MISSING) if last.to_lowercase().contains("denied") => Error::new(
                format!("{remote}: permission denied"),
                "the agent's user may not look there",
            ),
            Some(MISSING) => Error::new(format!("{remote}: no such file or folder"), ""),
            Some(IS_FOLDER) => Error::new(format!("{remote} is a folder"), "give -r to copy folders"),
            Some(DENIED) => Error::new(
                format!("{remote}: permission denied"),
                "the agent's user may not read it; --ssh copies as another one",
            ),
            Some(NO_TOOL) => Error::new(
                format!(
                    "{} has no tool for it: base64, openssl or od, and sha256sum, shasum or openssl, and tar for folders",
                    self.site.target
                ),
                "install one of each, or use --ssh",
            ),
            Some(NOT_A_FILE) => Error::new(format!("{remote} is neither a file nor a folder"), ""),
            Some(number) => Error::new(
                format!("{remote}: the remote shell failed ({number}): {last}"),
                "",
            ),
            None => Error::new(
                format!("{remote}: the session ended early {last}")
                    .trim_end()
                    .to_owned(),
                AGAIN,
            ),
        }
    }
}

/// The sentence for a folder of which something could not be read, with the packer's first word about it.
fn lacks(remote: &str, words: &[u8]) -> String {
    let words = String::from_utf8_lossy(words);
    let first = words
        .lines()
        .map(|line| line.trim().trim_start_matches("tar: "))
        .find(|line| !line.is_empty() && !line.ends_with("socket ignored"))
        .unwrap_or("tar did not say what");
    format!("{remote} did not come whole: {first}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_folder_lacks_is_named_by_the_first_word_about_it() {
        let words = b"tar: ./log.sock: socket ignored\ntar: ./secret: Cannot open: Permission denied\n\
            tar: Exiting with failure status due to previous errors\n";
        assert_eq!(
            lacks("web:/etc", words),
            "web:/etc did not come whole: ./secret: Cannot open: Permission denied"
        );
        assert!(lacks("web:/etc", b"").ends_with("tar did not say what"));
    }
}
