//! Walks the folders, then reads and parses the files on every core. A page whose file has the size and time of last
//! time is taken over as it is.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::super::git;
use super::super::page::{Page, Stamp};
use super::super::source::Source;
use super::{Failure, Library};

/// No runbook is as long; something else was named `.md`.
const LARGEST_BYTES: u64 = 4 << 20;

/// Folders that hold no runbooks of their own.
const PASSED_OVER: [&str; 3] = ["node_modules", "target", "vendor"];

/// A file that was found.
pub(super) struct Found {
    pub path: PathBuf,
    pub name: String,
    pub stamp: Option<Stamp>,
    pub source: Arc<Source>,
}

#[derive(Default)]
struct Walk {
    found: Vec<Found>,
    failures: Vec<Failure>,
    seen: BTreeSet<PathBuf>,
}

pub(super) fn scan(paths: &[PathBuf], before: &Library) -> Library {
    let mut library = Library {
        read_on: Some(jiff::Zoned::now().date()),
        ..Library::default()
    };
    let mut walk = Walk::default();
    for path in paths {
        if let Some(source) = Source::remote(path) {
            library.remote.push(Arc::new(source));
            continue;
        }
        let root = if path.is_dir() {
            path.as_path()
        } else {
            path.parent().unwrap_or(path)
        };
        let source = Arc::new(source_of(root, &mut walk.failures));
        walk.visit(path, root, &source);
        library.sources.push(source);
    }
    let known: HashMap<&Path, &Arc<Page>> = before
        .pages
        .iter()
        .map(|page| (page.path.as_path(), page))
        .collect();
    let (pages, failures) = read_all(&walk.found, &known);
    library.pages = pages;
    library.failures = walk.failures;
    library.failures.extend(failures);
    library.failures.sort_by(|a, b| a.path.cmp(&b.path));
    library.sort();
    library
}

fn source_of(root: &Path, failures: &mut Vec<Failure>) -> Source {
    let Some(top) = git::root_of(root) else {
        return Source::folder(root);
    };
    match git::checkout(&top) {
        Ok(checkout) => Source::git(root, checkout),
        Err(unknown) => {
            failures.push(Failure {
                path: top,
                cause: unknown.cause,
                hint: unknown.hint.into(),
            });
            Source::folder(root)
        }
    }
}

impl Walk {
    fn visit(&mut self, path: &Path, root: &Path, source: &Arc<Source>) {
        // Links may lead round in a circle, and two configured folders may overlap.
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(cause) => {
                let hint = "check `paths` under [runbooks] and its permissions";
                return self.fail(path, cause.to_string(), hint);
            }
        };
        if real.is_dir() {
            if self.seen.insert(real.clone()) {
                self.folder(path, &real, root, source);
            }
        } else {
            let stamp = fs::metadata(&real).ok().and_then(|data| stamp(&data));
            self.file(path, real, root, stamp, source);
        }
    }

    fn folder(&mut self, folder: &Path, real: &Path, root: &Path, source: &Arc<Source>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(cause) => return self.fail(folder, cause.to_string(), "check its permissions"),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(cause) => return self.fail(folder, cause.to_string(), "check its permissions"),
            };
            let name = entry.file_name();
            let path = entry.path();
            let is_page = Page::is_one(&path);
            let shown = name.to_string_lossy();
            let is_hidden = shown.starts_with('.') || PASSED_OVER.contains(&shown.as_ref());
            match entry.file_type() {
                // A plain file is where it seems to be: no need to ask for its real path.
                Ok(kind) if kind.is_file() && is_page => {
                    let stamp = entry.metadata().ok().and_then(|data| stamp(&data));
                    self.file(&path, real.join(&name), root, stamp, source);
                }
                Ok(kind) if kind.is_file() => {}
                Ok(kind) if kind.is_dir() && is_hidden => {}
                Ok(_) if is_page || (!is_hidden && path.is_dir()) => self.visit(&path, root, source),
                _ => {}
            }
        }
    }

    fn file(&mut self, path: &Path, real: PathBuf, root: &Path, stamp: Option<Stamp>, source: &Arc<Source>) {
        if !self.seen.insert(real) {
            return;
        }
        if let Some(stamp) = stamp.filter(|stamp| stamp.bytes > LARGEST_BYTES) {
            let cause = format!("it has {} bytes", stamp.bytes);
            return self.fail(path, cause, "runbooks up to 4 MiB are read");
        }
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
        self.found.push(Found {
            path: path.to_path_buf(),
            name: name.into_owned(),
            stamp,
            source: Arc::clone(source),
        });
    }

    fn fail(&mut self, path: &Path, cause: String, hint: &str) {
        self.failures.push(Failure {
            path: path.to_path_buf(),
            cause,
            hint: hint.to_string(),
        });
    }
}

pub(super) fn stamp(data: &Metadata) -> Option<Stamp> {
    Some(Stamp {
        changed_at: data.modified().ok()?,
        bytes: data.len(),
    })
}

/// Pages of the files, by as many threads as there are cores.
fn read_all(found: &[Found], known: &HashMap<&Path, &Arc<Page>>) -> (Vec<Arc<Page>>, Vec<Failure>) {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((Vec::with_capacity(found.len()), Vec::new()));
    let work = || {
        let (mut pages, mut failures) = (Vec::new(), Vec::new());
        while let Some(file) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
            match page(file, known.get(file.path.as_path()).copied()) {
                Ok(page) => pages.push(page),
                Err(failure) => failures.push(failure),
            }
        }
        if let Ok(mut done) = done.lock() {
            done.0.append(&mut pages);
            done.1.append(&mut failures);
        }
    };
    // A handful is read sooner than a thread is made.
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let helpers = threads.min(8).min(found.len() / 32 + 1) - 1;
    thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().unwrap_or_default()
}

/// The bytes of a plain file, which may have grown since it was found; opening anything else could wait for ever.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failure = |cause: String, hint: &str| Failure {
        path: path.to_path_buf(),
        cause,
        hint: hint.to_owned(),
    };
    let denied = |cause: std::io::Error| failure(cause.to_string(), "check its permissions");
    if !fs::metadata(path).map_err(denied)?.is_file() {
        return Err(failure(
            "it is no plain file".into(),
            "name nothing else .md or .cheat",
        ));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(denied)?;
    file.take(LARGEST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(denied)?;
    match bytes.len() as u64 > LARGEST_BYTES {
        true => Err(failure(
            format!("it has over {LARGEST_BYTES} bytes"),
            "runbooks up to 4 MiB are read",
        )),
        false => Ok(bytes),
    }
}

pub(super) fn page(file: &Found, before: Option<&Arc<Page>>) -> Result<Arc<Page>, Failure> {
    let unchanged =
        before.filter(|page| page.stamp.is_some() && page.stamp == file.stamp && page.name == file.name);
    if let Some(page) = unchanged {
        if page.source == file.source {
            return Ok(Arc::clone(page));
        }
        let mut moved = Page::clone(page);
        moved.source = Arc::clone(&file.source);
        return Ok(Arc::new(moved));
    }
    let bytes = read(&file.path)?;
    let mut page = Page::read(&file.path, &file.name, bytes)?;
    page.stamp = file.stamp;
    page.source = Arc::clone(&file.source);
    Ok(Arc::new(page))
}
