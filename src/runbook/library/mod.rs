//! Every runbook of the configured sources, held in memory; what cannot be read is listed with its cause. Reading again
//! keeps the pages whose files are as they were.

mod again;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::git::{self, Commit};
use super::page::Page;
use super::source::{Kind, Source};

pub use again::Again;

/// A file or folder that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub path: PathBuf,
    pub cause: String,
    pub hint: String,
}

#[derive(Clone, Debug, Default)]
pub struct Library {
    /// By name, those that are built in last.
    pub pages: Vec<Arc<Page>>,
    pub failures: Vec<Failure>,
    pub sources: Vec<Arc<Source>>,
    /// Sources that have to be fetched; [`Library::add`] takes what came.
    pub remote: Vec<Arc<Source>>,
    /// Last commits, where git was asked.
    pub commits: HashMap<PathBuf, Commit>,
    /// The day against which reviews are overdue.
    pub read_on: Option<Date>,
}

impl Library {
    /// Reads every `.md` and `.cheat` file below the folders; a path may also be one file, or `s3://BUCKET/PREFIX`.
    pub fn scan(paths: &[PathBuf]) -> Library {
        Library::default().scan_again(paths)
    }

    /// The same, with the pages that have not changed taken over.
    pub fn scan_again(&self, paths: &[PathBuf]) -> Library {
        scan::scan(paths, self)
    }

    /// The library with one of its files read again: added, changed or gone.
    pub fn reread(&self, path: &Path) -> Library {
        let mut library = self.clone();
        if let Some(at) = self.index_of(path) {
            library.replace(path, self.pages[at].again_closely());
        }
        library
    }

    /// Takes pages that are no files: fetched or built in. `files` are names below the source with their bytes.
    pub fn add(&mut self, source: Arc<Source>, files: impl IntoIterator<Item = (String, Vec<u8>)>) {
        self.put(source, files, None);
    }

    /// The same; `at` is when they were fetched.
    pub(super) fn put(
        &mut self,
        source: Arc<Source>,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        at: Option<Timestamp>,
    ) {
        for (name, bytes) in files {
            let path = PathBuf::from(format!("{}/{name}", source.label.trim_end_matches('/')));
            match Page::read(&path, &name, bytes) {
                Ok(mut page) => {
                    page.source = Arc::clone(&source);
                    page.fetched_at = at;
                    self.pages.push(Arc::new(page));
                }
                Err(failure) => self.failures.push(failure),
            }
        }
        self.sources.push(source);
        self.sort();
    }

    /// One's own before those that are built in.
    fn sort(&mut self) {
        let place = |page: &Arc<Page>| page.is_built_in();
        self.pages.sort_by(|a, b| {
            let order = place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name));
            order.then_with(|| a.path.cmp(&b.path))
        });
    }

    /// The top of each git checkout with the pages of it.
    pub fn checkouts(&self) -> Vec<(PathBuf, Vec<PathBuf>)> {
        let mut checkouts: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
        for page in &self.pages {
            if let Kind::Git { checkout, .. } = &page.source.kind {
                checkouts
                    .entry(&checkout.root)
                    .or_default()
                    .push(page.path.clone());
            }
        }
        checkouts
            .into_iter()
            .map(|(root, pages)| (root.to_path_buf(), pages))
            .collect()
    }

    /// Asks git for the last commit of every page of a checkout. Long histories take seconds: not for the first
    /// screen.
    pub fn date(&mut self) {
        self.commits = commits(&self.checkouts());
    }

    pub fn commit(&self, page: &Page) -> Option<&Commit> {
        self.commits.get(&page.path)
    }

    /// A page by its path, its name, its title or its file; the first where several are called so.
    pub fn find(&self, wanted: &str) -> Option<&Page> {
        self.matching(wanted).into_iter().next()
    }

    /// All pages of that path, else of that name, else of that title, else of that file, with its ending or without. A
    /// page of one's own goes before one that is built in.
    pub fn matching(&self, wanted: &str) -> Vec<&Page> {
        let by = |is: &dyn Fn(&Page) -> bool| -> Vec<&Page> {
            self.pages
                .iter()
                .map(Arc::as_ref)
                .filter(|page| is(page))
                .collect()
        };
        [
            by(&|page| page.path == Path::new(wanted)),
            by(&|page| page.name == wanted || Page::bare(&page.name) == wanted),
            by(&|page| page.title == wanted),
            by(&|page| {
                let of_file = [page.path.file_name(), page.path.file_stem()];
                of_file.into_iter().flatten().any(|called| called == wanted)
            }),
        ]
        .into_iter()
        .find(|found| !found.is_empty())
        .map(|mut found| {
            if found.iter().any(|page| !page.is_built_in()) {
                found.retain(|page| !page.is_built_in());
            }
            found
        })
        .unwrap_or_default()
    }

    pub fn index_of(&self, path: &Path) -> Option<usize> {
        self.pages.iter().position(|page| page.path == path)
    }

    /// How a page is told from others of its title: by its folder, else by its source.
    pub fn apart(&self, page: &Page) -> Option<String> {
        let mut namesakes = self
            .pages
            .iter()
            .filter(|other| other.title == page.title && other.path != page.path)
            .peekable();
        namesakes.peek()?;
        let stem = |page: &Page| {
            page.path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        let (mut same_name, mut same_stem) = (false, false);
        for other in namesakes {
            same_name |= other.name == page.name;
            same_stem |= stem(other) == stem(page);
        }
        match (same_name, same_stem) {
            (true, _) => Some(page.source.label.clone()),
            (false, true) => Some(page.name.clone()),
            (false, false) => stem(page),
        }
    }

    pub fn is_overdue(&self, page: &Page) -> bool {
        match (page.due_on(), self.read_on) {
            (Some(due), Some(today)) => due < today,
            _ => false,
        }
    }
}

/// The last commit of each page of these checkouts; a checkout that git cannot tell of has told so when it was read.
pub fn commits(checkouts: &[(PathBuf, Vec<PathBuf>)]) -> HashMap<PathBuf, Commit> {
    let ask = |(root, pages): &(PathBuf, Vec<PathBuf>)| git::commits(root, pages).unwrap_or_default();
    checkouts.iter().flat_map(ask).collect()
}
