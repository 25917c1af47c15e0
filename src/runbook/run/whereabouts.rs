//! Where a page is, under the name by which a library knows it.

use std::path::{Component, Path, PathBuf};

/// A file from wherever it is looked for later; what is no file has a name of its own.
pub(super) fn whereabouts(path: &Path) -> PathBuf {
    let whole = path.is_file().then(|| std::path::absolute(path).ok()).flatten();
    whole.map_or_else(|| path.to_owned(), straight)
}

/// The way to a file without `..`: by the names that it has where they lead to the same file, else past every link.
fn straight(path: PathBuf) -> PathBuf {
    let mut named = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                named.pop();
            }
            part => named.push(part),
        }
    }
    match (path.canonicalize(), named.canonicalize()) {
        (Ok(real), Ok(same)) if real == same => named,
        (Ok(real), _) => real,
        (Err(_), _) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_place_whichever_way_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(top.join("lib/deep")).unwrap();
        std::fs::create_dir(top.join("else")).unwrap();
        std::fs::write(top.join("lib/p.md"), "# P\n").unwrap();
        std::os::unix::fs::symlink(top.join("lib"), top.join("link")).unwrap();
        std::os::unix::fs::symlink(top.join("lib/deep"), top.join("deep")).unwrap();
        for (way, wanted) in [
            ("lib/p.md", "lib/p.md"),
            ("else/../lib/p.md", "lib/p.md"),
            // A library may be named by a link.
            ("link/p.md", "link/p.md"),
            ("link/deep/../p.md", "link/p.md"),
            // Behind a link, `..` is another folder than it seems.
            ("deep/../p.md", "lib/p.md"),
        ] {
            assert_eq!(whereabouts(&top.join(way)), top.join(wanted), "{way}");
        }
        let none = Path::new("else/../gone.md");
        assert_eq!(whereabouts(none), none);
    }
}
