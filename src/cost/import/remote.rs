//! Exports in S3: fetched into the cache under their bucket and key, then read as files. Of a prefix with manifests only
//! what these name is fetched, and of that only what is not here already.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::manifest::{is_manifest, newest, parse};
use super::seen::Seen;
use super::trouble::{Flaw, Trouble};
use crate::aws::{Cloud, Failure, Place};

/// Bytes of one request.
const PART: u64 = 16 << 20;

#[derive(Debug)]
pub enum NotFetched {
    Failure(Failure),
    Trouble(Trouble),
}

impl From<Failure> for NotFetched {
    fn from(failure: Failure) -> NotFetched {
        NotFetched::Failure(failure)
    }
}

impl From<Trouble> for NotFetched {
    fn from(trouble: Trouble) -> NotFetched {
        NotFetched::Trouble(trouble)
    }
}

/// An export that is on this machine now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub path: PathBuf,
    /// Objects that came now, and those that were here as they are in the bucket.
    pub fetched: u32,
    pub reused: u32,
}

struct Fetch<'a, F> {
    cloud: &'a Cloud,
    place: &'a Place,
    bucket: &'a str,
    /// The bucket's folder in the cache.
    dir: PathBuf,
    seen: Seen,
    /// Where each object that was wanted is.
    wanted: BTreeMap<String, PathBuf>,
    reused: u32,
    on_bytes: F,
}

/// Fetches `BUCKET/KEY`: a manifest with what it names, one file, or all of a prefix. Needs s3:GetObject, for a prefix
/// s3:ListBucket too.
pub async fn fetch(
    cloud: &Cloud,
    place: &Place,
    address: &str,
    cache_dir: &Path,
    on_bytes: &mut (dyn FnMut(&str, u64) + Send),
) -> Result<Fetched, NotFetched> {
    let (bucket, key) = address.split_once('/').unwrap_or((address, ""));
    let exports = exports(cache_dir);
    let dir = exports.join(safe(bucket));
    make(&dir)?;
    let mut fetch = Fetch {
        cloud,
        place,
        bucket,
        dir,
        // No bucket's name begins with a dot.
        seen: Seen::load(exports.join(format!(".{}.json", safe(bucket)))),
        wanted: BTreeMap::new(),
        reused: 0,
        on_bytes,
    };
    if is_manifest(Path::new(key)) {
        fetch.manifest(key).await?;
        return Ok(fetch.at(fetch.local(key)));
    }
    if !key.is_empty() && !key.ends_with('/') && Path::new(key).extension().is_some() {
        let at = fetch.object(key).await?;
        return Ok(fetch.at(at));
    }
    let prefix = match key {
        "" => String::new(),
        key => format!("{}/", key.trim_end_matches('/')),
    };
    let objects = cloud.fetch_objects(place, bucket, &prefix).await?;
    let keys: Vec<PathBuf> = objects
        .into_iter()
        .map(|object| PathBuf::from(object.key))
        .collect();
    let root = fetch.local(&prefix);
    let manifests = newest(keys.iter().filter(|key| is_manifest(key)).cloned().collect());
    for manifest in &manifests {
        fetch.manifest(&manifest.to_string_lossy()).await?;
    }
    if manifests.is_empty() {
        for key in keys.iter().filter(|key| is_data(key)) {
            fetch.object(&key.to_string_lossy()).await?;
        }
    }
    if fetch.wanted.is_empty() {
        let says = format!("there is no export under s3://{address}");
        let flaw = Flaw::whole(
            says,
            "name the folder of an export, its manifest or one of its files",
        );
        return Err(flaw.of(Path::new(&format!("s3://{address}"))).into());
    }
    // What an earlier fetch left there may be of an execution that counts no longer.
    fetch.clear(&root).map_err(|error| cache(&root, &error))?;
    let Fetch { seen, wanted, .. } = &mut fetch;
    let kept = seen.keep_only(&prefix, |key| wanted.contains_key(key));
    kept.map_err(|error| cache(&root, &error))?;
    Ok(fetch.at(root))
}

impl<F: FnMut(&str, u64) + Send> Fetch<'_, F> {
    fn at(&self, path: PathBuf) -> Fetched {
        let all = u32::try_from(self.wanted.len()).unwrap_or(u32::MAX);
        Fetched {
            path,
            fetched: all.saturating_sub(self.reused),
            reused: self.reused,
        }
    }

    /// Takes away every file below that was not wanted.
    fn clear(&self, dir: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            match fs::symlink_metadata(&path)?.is_dir() {
                true => self.clear(&path)?,
                false if self.wanted.values().any(|wanted| *wanted == path) => {}
                false => fs::remove_file(&path)?,
            }
        }
        Ok(())
    }

    async fn manifest(&mut self, key: &str) -> Result<(), NotFetched> {
        let at = self.object(key).await?;
        let bytes = fs::read(&at).map_err(|error| cache(&at, &error))?;
        for name in parse(&bytes).map_err(|flaw| flaw.of(Path::new(&self.address(key))))? {
            let named = name.strip_prefix("s3://").map_or(name.as_str(), |rest| {
                rest.split_once('/').map_or(rest, |(_, key)| key)
            });
            self.object(named).await?;
        }
        Ok(())
    }

    /// One object, in parts, under its key.
    async fn object(&mut self, key: &str) -> Result<PathBuf, NotFetched> {
        let path = self.local(key);
        if self.wanted.insert(key.to_owned(), path.clone()).is_some() {
            return Ok(path);
        }
        let facts = self.cloud.fetch_facts(self.place, self.bucket, key, None).await?;
        let Some(facts) = facts else {
            let flaw = Flaw::whole("there is no such object", "fetch the whole export again");
            return Err(flaw.of(Path::new(&self.address(key))).into());
        };
        if self.seen.is_same(key, &facts, &path) {
            self.reused += 1;
            return Ok(path);
        }
        let dir = path.parent().unwrap_or(&self.dir).to_owned();
        make(&dir)?;
        let mut file = tempfile::NamedTempFile::new_in(&dir).map_err(|error| cache(&dir, &error))?;
        let mut at = 0;
        while at < facts.size {
            let len = PART.min(facts.size - at);
            let part = self
                .cloud
                .fetch_range(self.place, self.bucket, key, at, len)
                .await?;
            if part.len() as u64 != len {
                return Err(self.changed(key));
            }
            file.write_all(&part).map_err(|error| cache(&path, &error))?;
            at += len;
            (self.on_bytes)(key, at);
        }
        // Parts of two versions would be kept as if they were one.
        if facts.size > PART {
            let after = self.cloud.fetch_facts(self.place, self.bucket, key, None).await?;
            if after.is_none_or(|after| after.tag != facts.tag) {
                return Err(self.changed(key));
            }
        }
        // Which of its days were over is told by when the bill was written, not by when it was fetched.
        if let Some(written) = facts.modified_at {
            let dated = file.as_file().set_modified(written.into());
            dated.map_err(|error| cache(&path, &error))?;
        }
        // Until the new one is noted, nothing is known of what stands there.
        let forgotten = self.seen.forget(key);
        forgotten.map_err(|error| cache(&path, &error))?;
        file.persist(&path).map_err(|error| cache(&path, &error.error))?;
        let noted = self.seen.note(key, &facts);
        noted.map_err(|error| cache(&path, &error))?;
        Ok(path)
    }

    fn changed(&self, key: &str) -> NotFetched {
        let flaw = Flaw::whole("the object changed while it was fetched", "import it again");
        flaw.of(Path::new(&self.address(key))).into()
    }

    fn address(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    fn local(&self, key: &str) -> PathBuf {
        let mut path = self.dir.clone();
        path.extend(key.split('/').filter(|part| !part.is_empty()).map(safe));
        path
    }
}

/// The address of an object by where it is kept; `None` of files that are no copies of any.
pub fn address_of(path: &Path, cache_dir: &Path) -> Option<String> {
    let exports = exports(cache_dir);
    // What is imported is named by where it really is.
    let real = fs::canonicalize(&exports).unwrap_or_else(|_| exports.clone());
    let kept = path
        .strip_prefix(&exports)
        .or_else(|_| path.strip_prefix(&real))
        .ok()?;
    Some(format!("s3://{}", kept.display()))
}

impl Trouble {
    /// Of an object that was fetched, by its address: nobody knows its copy in the cache.
    pub fn by_address(self, cache_dir: &Path) -> Trouble {
        let file = address_of(&self.file, cache_dir).map_or_else(|| self.file.clone(), PathBuf::from);
        Trouble { file, ..self }
    }
}

fn exports(cache_dir: &Path) -> PathBuf {
    cache_dir.join("costs").join("exports")
}

fn make(dir: &Path) -> Result<(), Trouble> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| cache(dir, &error))
}

/// A part of a key as a part of a path that leads nowhere else.
fn safe(part: &str) -> String {
    match part {
        "." | ".." => format!("x{}", hex::encode(part)),
        part => part.replace('\0', ""),
    }
}

fn is_data(key: &Path) -> bool {
    let name = key.to_string_lossy().to_lowercase();
    [".parquet", ".csv", ".csv.gz"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn cache(path: &Path, error: &std::io::Error) -> Trouble {
    let hint = "check space and permissions of the cache directory";
    Flaw::whole(format!("cannot be written: {error}"), hint).of(path)
}
