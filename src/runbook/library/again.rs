//! Looking again at what was read: whether the file of a page says what it said, and whether a library is as it was. What
//! was fetched, or is built in, has no file here and stays as it is.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::super::page::Page;
use super::super::source::Kind;
use super::scan::{self, Found};
use super::{Failure, Library};

/// How a page's file stands against the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Again {
    Same,
    Changed(Arc<Page>),
    /// Nothing has its name any more.
    Gone,
    Unreadable(Failure),
}

impl Page {
    /// Whether it was read from a file.
    pub fn has_file(&self) -> bool {
        self.stamp.is_some()
    }

    /// By the file's size and time, which costs no reading.
    pub fn again(&self) -> Again {
        match fs::metadata(&self.path) {
            Ok(data) if scan::stamp(&data) == self.stamp => Again::Same,
            _ => self.again_closely(),
        }
    }

    /// By what the file says: for where an old text would do harm.
    pub fn again_closely(&self) -> Again {
        if !self.has_file() {
            return Again::Same;
        }
        let stamp = match fs::metadata(&self.path) {
            Ok(data) => scan::stamp(&data),
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Again::Gone,
            // Reading it tells why.
            Err(_) => None,
        };
        let file = Found {
            path: self.path.clone(),
            name: self.name.clone(),
            stamp,
            source: Arc::clone(&self.source),
        };
        match scan::page(&file, None) {
            Ok(page) if page.text == self.text => Again::Same,
            Ok(page) => Again::Changed(page),
            Err(failure) => Again::Unreadable(failure),
        }
    }
}

impl Library {
    /// Whether reading again found nothing new: the same pages, from the same sources, with the same failures.
    pub fn is_as(&self, before: &Library) -> bool {
        let files = |library: &Library| -> Vec<Arc<Page>> {
            let pages = library.pages.iter();
            pages.filter(|page| page.has_file()).cloned().collect()
        };
        let (now, then) = (files(self), files(before));
        now.len() == then.len()
            && now.iter().zip(&then).all(|(now, then)| Arc::ptr_eq(now, then))
            && self.sources == before.sources
            && self.failures == before.failures
            && self.read_on == before.read_on
    }

    /// Takes over what was fetched before, until it is fetched again.
    pub fn keep_fetched(&mut self, before: &Library) {
        let is_fetched = |kind: &Kind| matches!(kind, Kind::Bucket { .. } | Kind::Documents);
        let pages = before.pages.iter().filter(|page| is_fetched(&page.source.kind));
        self.pages.extend(pages.cloned());
        let sources = before.sources.iter().filter(|source| is_fetched(&source.kind));
        self.sources.extend(sources.cloned());
        self.sort();
    }

    /// The page with its file as it is now; without it where that is gone or cannot be read.
    pub fn replace(&mut self, path: &Path, now: Again) {
        let Some(at) = self.index_of(path) else {
            return;
        };
        match now {
            Again::Same => {}
            // Its name is the same, so its place is.
            Again::Changed(page) => {
                self.failures.retain(|failure| failure.path != path);
                self.pages[at] = page;
            }
            Again::Gone => {
                self.pages.remove(at);
            }
            Again::Unreadable(failure) => {
                self.pages.remove(at);
                self.failures.push(failure);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(text: &str) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), text).unwrap();
        let library = Library::scan(&[folder.path().into()]);
        (folder, library)
    }

    #[test]
    fn a_page_is_as_its_file_is() {
        let (folder, library) = library("# A\n");
        let page = &library.pages[0];
        assert_eq!(page.again(), Again::Same);
        fs::write(&page.path, "# Another\n").unwrap();
        let Again::Changed(now) = page.again() else {
            panic!("{:?}", page.again());
        };
        assert_eq!((now.title.as_str(), now.name.as_str()), ("Another", "a.md"));
        assert_eq!(now.again(), Again::Same);
        fs::remove_file(folder.path().join("a.md")).unwrap();
        assert_eq!(now.again(), Again::Gone);
    }

    #[test]
    fn a_change_that_kept_size_and_time_is_found_by_what_the_file_says() {
        let (_folder, library) = library("# A\n");
        let page = &library.pages[0];
        let then = fs::metadata(&page.path).unwrap().modified().unwrap();
        fs::write(&page.path, "# B\n").unwrap();
        let file = fs::File::options().write(true).open(&page.path).unwrap();
        file.set_modified(then).unwrap();
        assert_eq!(page.again(), Again::Same);
        assert!(matches!(page.again_closely(), Again::Changed(now) if now.title == "B"));
        // A file that was only touched says the same.
        fs::write(&page.path, "# A\n").unwrap();
        assert_eq!(page.again(), Again::Same);
    }

    #[test]
    fn a_page_that_is_no_file_is_never_looked_for() {
        let mut library = Library::default();
        let source = crate::runbook::Source::built_in();
        library.add(Arc::new(source), [("x.md".to_owned(), b"# X\n".to_vec())]);
        assert_eq!(library.pages[0].again(), Again::Same);
        assert_eq!(library.pages[0].again_closely(), Again::Same);
    }

    #[test]
    fn a_library_is_as_it_was_until_a_file_comes_changes_or_goes() {
        let (folder, first) = library("# A\n");
        let paths = [folder.path().to_path_buf()];
        assert!(first.scan_again(&paths).is_as(&first));
        fs::write(folder.path().join("b.md"), "# B\n").unwrap();
        let second = first.scan_again(&paths);
        assert!(!second.is_as(&first));
        fs::rename(folder.path().join("b.md"), folder.path().join("c.md")).unwrap();
        let third = second.scan_again(&paths);
        assert!(!third.is_as(&second) && third.index_of(&folder.path().join("c.md")).is_some());
        fs::remove_file(folder.path().join("c.md")).unwrap();
        assert!(!third.scan_again(&paths).is_as(&third));
    }

    #[test]
    fn what_was_fetched_stays_while_files_are_read_again() {
        let (folder, mut first) = library("# A\n");
        let bucket = Path::new("s3://ops/books");
        let source = crate::runbook::Source::remote(bucket).unwrap();
        first.add(Arc::new(source), [("x.md".to_owned(), b"# X\n".to_vec())]);
        let mut second = first.scan_again(&[folder.path().to_path_buf(), bucket.into()]);
        assert_eq!(second.pages.len(), 1);
        second.keep_fetched(&first);
        assert_eq!((second.pages.len(), second.sources.len()), (2, 2));
    }
}
