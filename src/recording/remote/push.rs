//! One recording on its way into the store: cut, noted in the journal, sent, noted again. It may be interrupted between
//! any two steps and by anything; whoever goes on finds out from the journal, else from the bucket itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::cut::{self, Cut, SEGMENT_BYTES};
use super::journal::{Journal, Line};
use super::manifest::{self, Seal};
use super::{Bucket, Error, Manifest, Part, Standing, proof};
use crate::aws::Put;
use crate::recording::evidence::fingerprint;
use crate::recording::{self, DeviceKey, Header, Reader, State};

/// Bytes wait no longer than this for more of them; a checkpoint comes 10 s after them at most, and all is under 60 s.
const WAIT: Duration = Duration::from_secs(30);

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// There is nothing to send yet.
    Waiting,
    /// Manifest and proof are there too.
    All,
}

pub struct Push {
    bucket: Arc<Bucket>,
    device: Arc<DeviceKey>,
    path: PathBuf,
    header: Header,
    device_key: [u8; 32],
    folder: String,
    journal: Journal,
    /// Since when there is something to send.
    unsent_since: Option<Instant>,
}

/// Disk work, off the tasks that share threads with a session.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, recording::Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Error::from),
        Err(cause) => Err(Error::disagrees(format!("the upload broke off: {cause}"), "")),
    }
}

impl Push {
    /// `None` while another process uploads this recording. `device` signs what the store confirms.
    pub async fn open(
        bucket: Arc<Bucket>,
        device: Arc<DeviceKey>,
        path: &Path,
    ) -> Result<Option<Push>, Error> {
        let (at, owned) = (bucket.clone(), path.to_path_buf());
        on_disk(move || {
            let (header, device_key) = recording::header_of(&owned)?;
            let Some(mut journal) = Journal::open(&owned)? else {
                return Ok(None);
            };
            let folder = at.folder(&header);
            let to = (at.name.clone(), folder.clone());
            if journal.standing.to.as_ref() != Some(&to) {
                let (bucket, folder) = to;
                journal.write(Line::To { bucket, folder })?;
            }
            Ok(Some(Push {
                bucket: at,
                device,
                path: owned,
                header,
                device_key,
                folder,
                journal,
                unsent_since: None,
            }))
        })
        .await
    }

    pub fn standing(&self) -> &Standing {
        &self.journal.standing
    }

    /// Sends whatever is due; with `now`, whatever can be sent at all. A failure is noted in the journal too.
    pub async fn advance(&mut self, now: bool) -> Result<Sent, Error> {
        let sent = self.send_due(now).await;
        if let Err(error) = &sent {
            let (cause, hint) = (error.to_string(), error.hint());
            let known = self.journal.standing.failed.as_ref();
            if known.is_none_or(|(_, known, _)| *known != cause) {
                let at = Timestamp::now().to_string();
                self.journal.write(Line::Failed { at, cause, hint })?;
            }
        }
        sent
    }

    async fn send_due(&mut self, now: bool) -> Result<Sent, Error> {
        if self.journal.standing.proved {
            return Ok(Sent::All);
        }
        if self.journal.standing.sealed.is_none() {
            loop {
                let (path, from) = (self.path.clone(), self.journal.standing.stored_bytes());
                let size = on_disk({
                    let path = path.clone();
                    move || size(&path)
                })
                .await?;
                if self.is_whole(size).await? {
                    break;
                }
                let cut =
                    on_disk(move || cut::next_cut(&path, from).map_err(recording::Error::io("read", &path)));
                let Some(cut) = cut.await? else {
                    return Ok(Sent::Waiting);
                };
                let waited = self.unsent_since.get_or_insert_with(Instant::now).elapsed();
                let is_due = now || from == 0 || cut.is_last || cut.len >= SEGMENT_BYTES || waited >= WAIT;
                if !is_due {
                    return Ok(Sent::Waiting);
                }
                self.send(from, &cut).await?;
                self.unsent_since = None;
            }
            self.seal().await?;
        }
        let (bucket, folder, standing) = (&self.bucket, &self.folder, &self.journal.standing);
        let answer = proof::ask(bucket, folder, &standing.parts).await?;
        let manifest = standing.sealed.clone().flatten();
        proof::save(bucket, &self.device, &self.path, folder, answer, manifest).await?;
        let at = Timestamp::now().to_string();
        self.journal.write(Line::Proved { at })?;
        Ok(Sent::All)
    }

    /// Whether every byte of a closed recording is stored.
    async fn is_whole(&self, size: u64) -> Result<bool, Error> {
        if size == 0 || size != self.journal.standing.stored_bytes() {
            return Ok(false);
        }
        let path = self.path.clone();
        let state = on_disk(move || Ok(Reader::open(&path)?.state())).await?;
        Ok(matches!(state, State::Sealed | State::Recovered))
    }

    /// Recorded by this device, or by what it was before.
    fn is_ours(&self) -> bool {
        self.device.public() == self.device_key || self.device.earlier(&self.device_key).is_some()
    }

    async fn send(&mut self, from: u64, cut: &Cut) -> Result<(), Error> {
        let n = self.journal.standing.parts.len() as u64 + 1;
        if n == 1 && self.is_ours() {
            self.bucket.introduce(&self.device_key).await?;
        }
        // What was begun is sent again as it was, though there is more by now: it may be there, and its answer lost.
        let begun = self.journal.standing.sending.take();
        let begun = begun.filter(|begun| (begun.n, begun.offset) == (n, from));
        let (path, len) = (self.path.clone(), cut.len);
        let (bytes, sha256, begun) = on_disk(move || {
            let load = |len| {
                let bytes = cut::load(&path, from, len).map_err(recording::Error::io("read", &path))?;
                let sha256 = hex::encode(Sha256::digest(&bytes));
                Ok((bytes, sha256))
            };
            if let Some(begun) = begun.filter(|begun| (1..=len).contains(&begun.size)) {
                let (bytes, sha256) = load(begun.size)?;
                if sha256 == begun.sha256 {
                    return Ok((bytes, sha256, Some(begun)));
                }
            }
            load(len).map(|(bytes, sha256)| (bytes, sha256, None))
        })
        .await?;
        let now = Timestamp::now();
        let retain = self.bucket.retention.lock(&self.header, now);
        let mut part = Part {
            n,
            offset: from,
            size: bytes.len() as u64,
            sha256,
            lock: retain.map(|retain| mode(retain.compliance).to_owned()),
            lock_until: retain.map(|retain| retain.until.to_string()),
            ..Part::default()
        };
        self.journal.write(Line::Sending(part.clone()))?;
        let key = Bucket::segment_key(&self.folder, n);
        match self.bucket.put(&key, bytes.into(), retain).await? {
            Put::Stored { version } => part.version_id = version,
            Put::Exists { may_be_ours } => match self.bucket.facts(&key, None).await.map_err(Error::from) {
                Ok(Some(facts))
                    if facts.size == part.size
                        && facts.sha256.is_none_or(|sum| hex::encode(sum) == part.sha256) =>
                {
                    part.version_id = facts.version;
                }
                Ok(_) => return self.reconcile().await,
                // Writers need not read: what was sent before, and nobody answered, is what is there.
                Err(error) if error.is_denied() => match begun {
                    Some(begun) => (part.lock, part.lock_until) = (begun.lock, begun.lock_until),
                    None if may_be_ours => {}
                    None => {
                        self.journal.write(Line::Unsent)?;
                        return Err(error);
                    }
                },
                Err(error) => return Err(error),
            },
        }
        part.stored_at = Some(now.to_string());
        self.journal.write(Line::Stored(part))?;
        Ok(())
    }

    /// The journal was lost: what the bucket has is compared with the recording, byte for byte by its checksums.
    async fn reconcile(&mut self) -> Result<(), Error> {
        let from = self.journal.standing.parts.len() as u64;
        let mut offset = self.journal.standing.stored_bytes();
        for n in from + 1.. {
            let key = Bucket::segment_key(&self.folder, n);
            let Some(facts) = self.bucket.facts(&key, None).await? else {
                break;
            };
            let (path, size) = (self.path.clone(), facts.size);
            let here = on_disk(move || {
                cut::load(&path, offset, size)
                    .map(Some)
                    .or_else(|e| match e.kind() {
                        std::io::ErrorKind::UnexpectedEof => Ok(None),
                        _ => Err(recording::Error::io("read", &path)(e)),
                    })
            });
            let sum = here.await?.map(|bytes| <[u8; 32]>::from(Sha256::digest(&bytes)));
            let there = match facts.sha256 {
                Some(sum) => sum,
                None => Sha256::digest(self.bucket.fetch(&key).await?).into(),
            };
            let Some(sum) = sum.filter(|sum| *sum == there) else {
                return Err(Error::disagrees(
                    format!(
                        "{} holds something else than this recording",
                        self.bucket.address(&key)
                    ),
                    "`qd recordings pull` fetches the store's; keep both, and find out who changed which",
                ));
            };
            self.journal.write(Line::Stored(Part {
                n,
                offset,
                size: facts.size,
                sha256: hex::encode(sum),
                version_id: facts.version,
                stored_at: Some(Timestamp::now().to_string()),
                lock: facts.retain.map(|retain| mode(retain.compliance).to_owned()),
                lock_until: facts.retain.map(|retain| retain.until.to_string()),
            }))?;
            offset += facts.size;
        }
        Ok(())
    }

    async fn seal(&mut self) -> Result<(), Error> {
        let (path, header, device_key) = (self.path.clone(), self.header.clone(), self.device_key);
        let parts = self.journal.standing.parts.clone();
        let class = self.bucket.retention.keep(&self.header).0.map(str::to_owned);
        let device = self.device.clone();
        let made = on_disk(move || {
            let (size, sha256) = fingerprint(&path).map_err(recording::Error::io("read", &path))?;
            let last = parts.last().map_or(0, |part| part.offset);
            let cut = cut::next_cut(&path, last).map_err(recording::Error::io("read", &path))?;
            let seal = cut.and_then(|cut| cut.checkpoint).unwrap_or_default();
            let manifest = Manifest {
                v: manifest::VERSION,
                summary: Reader::open(&path)?.summary().clone(),
                header,
                device_key: hex::encode(device_key),
                size,
                sha256,
                segments: parts,
                checkpoint: Seal {
                    offset: seal.0,
                    payload: hex::encode(seal.1),
                },
                retention_class: class,
                signed_by: None,
                signature: None,
            };
            let json = manifest.clone().sign(&device)?;
            Ok((manifest, json))
        });
        let (manifest, json) = made.await?;
        let sha256 = hex::encode(Sha256::digest(&json));
        let is_ours = self.journal.standing.sealing.as_ref() == Some(&sha256);
        self.journal.write(Line::Sealing { sha256 })?;
        let key = Bucket::manifest_key(&self.folder);
        let retain = self.bucket.retention.lock(&self.header, Timestamp::now());
        let version_id = match self.bucket.put(&key, json.into(), retain).await? {
            Put::Stored { version } => version,
            Put::Exists { may_be_ours } if is_ours || may_be_ours => None,
            Put::Exists { .. } => {
                let found = self.bucket.fetch(&key).await.map_err(Error::from);
                if found.as_ref().is_err_and(Error::is_denied) {
                    self.journal.write(Line::Unsent)?;
                }
                let found = found?;
                let same = serde_json::from_slice::<Manifest>(&found)
                    .is_ok_and(|found| (found.size, &found.sha256) == (manifest.size, &manifest.sha256));
                if !same {
                    return Err(Error::disagrees(
                        format!("{} is about another recording", self.bucket.address(&key)),
                        "`qd recordings pull` fetches the store's; keep both, and find out who changed which",
                    ));
                }
                self.bucket
                    .facts(&key, None)
                    .await?
                    .and_then(|facts| facts.version)
            }
        };
        let at = Timestamp::now().to_string();
        self.journal.write(Line::Sealed { at, version_id })?;
        Ok(())
    }
}

pub(super) fn mode(compliance: bool) -> &'static str {
    if compliance { "compliance" } else { "governance" }
}

fn size(path: &Path) -> Result<u64, recording::Error> {
    std::fs::metadata(path)
        .map(|metadata| metadata.len())
        .map_err(recording::Error::io("read", path))
}

#[cfg(test)]
mod tests;
