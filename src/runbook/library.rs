//! Every runbook below the configured folders, read at once; what cannot be read is listed with its cause.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::page::Page;
use super::search::Index;

/// A file or folder that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub path: PathBuf,
    pub cause: String,
    pub hint: String,
}

#[derive(Debug, Default)]
pub struct Library {
    /// By name.
    pub pages: Vec<Page>,
    pub failures: Vec<Failure>,
    pub(super) index: Index,
}

/// No runbook is as long; something else was named `.md`.
const LARGEST_BYTES: u64 = 4 << 20;

/// Folders that hold no runbooks of their own.
const PASSED_OVER: [&str; 3] = ["node_modules", "target", "vendor"];

impl Library {
    /// Reads every `.md` file below the folders; a path may also be one file.
    pub fn scan(paths: &[PathBuf]) -> Library {
        let mut library = Library::default();
        let mut seen = BTreeSet::new();
        for path in paths {
            let root = if path.is_dir() {
                path.as_path()
            } else {
                path.parent().unwrap_or(path)
            };
            library.visit(path, root, &mut seen);
        }
        library
            .pages
            .sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.path.cmp(&b.path)));
        library.index = Index::of(&library.pages);
        library
    }

    /// A page by its path, its name, its title or its stem.
    pub fn find(&self, wanted: &str) -> Option<&Page> {
        let by = |is: &dyn Fn(&Page) -> bool| self.pages.iter().find(|page| is(page));
        by(&|page| page.path == Path::new(wanted) || page.name == wanted)
            .or_else(|| by(&|page| page.title == wanted))
            .or_else(|| by(&|page| page.path.file_stem().is_some_and(|stem| stem == wanted)))
    }

    fn visit(&mut self, path: &Path, root: &Path, seen: &mut BTreeSet<PathBuf>) {
        // Links may lead round in a circle, and two configured folders may overlap.
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(cause) => {
                return self.fail(
                    path,
                    cause.to_string(),
                    "check `paths` under [runbooks] and its permissions",
                );
            }
        };
        if !seen.insert(real.clone()) {
            return;
        }
        if real.is_dir() {
            self.visit_folder(path, root, seen);
        } else {
            self.read(path, root);
        }
    }

    fn visit_folder(&mut self, folder: &Path, root: &Path, seen: &mut BTreeSet<PathBuf>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(cause) => return self.fail(folder, cause.to_string(), "check its permissions"),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(cause) => return self.fail(folder, cause.to_string(), "check its permissions"),
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let is_markdown = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
            let is_hidden = name.starts_with('.') || PASSED_OVER.contains(&name.as_str());
            if is_markdown || (!is_hidden && path.is_dir()) {
                self.visit(&path, root, seen);
            }
        }
    }

    fn read(&mut self, path: &Path, root: &Path) {
        match fs::metadata(path) {
            Ok(data) if data.len() > LARGEST_BYTES => {
                return self.fail(
                    path,
                    format!("it has {} bytes", data.len()),
                    "runbooks up to 4 MiB are read",
                );
            }
            _ => {}
        }
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(cause) => return self.fail(path, cause.to_string(), "check its permissions"),
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
                self.pages
                    .push(Page::parse(path, &name, text.trim_start_matches('\u{feff}')));
            }
            Err(cause) => {
                let at = cause.utf8_error().valid_up_to();
                self.fail(
                    path,
                    format!("it is not UTF-8 text from byte {at} on"),
                    "save it as UTF-8",
                );
            }
        }
    }

    fn fail(&mut self, path: &Path, cause: String, hint: &str) {
        self.failures.push(Failure {
            path: path.to_path_buf(),
            cause,
            hint: hint.to_string(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_once_each_and_what_cannot_be_read_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::create_dir_all(at(".git")).unwrap();
        fs::write(at("a/b/Deep.md"), "# Deep\n").unwrap();
        fs::write(at(".git/x.md"), "# Hidden\n").unwrap();
        fs::write(at("a/notes.txt"), "no").unwrap();
        fs::write(at("a/bad.md"), b"# \xff\n").unwrap();
        std::os::unix::fs::symlink(folder.path(), at("a/circle")).unwrap();
        let library = Library::scan(&[folder.path().into(), at("a"), at("absent")]);
        let titles: Vec<&str> = library.pages.iter().map(|page| page.title.as_str()).collect();
        assert_eq!(titles, ["Deep"]);
        assert_eq!(library.pages[0].name, "a/b/Deep.md");
        let failed: Vec<PathBuf> = library
            .failures
            .iter()
            .map(|failure| failure.path.clone())
            .collect();
        assert_eq!(failed, [at("a/bad.md"), at("absent")]);
        assert!(library.find("Deep").is_some());
    }
}
