//! Folders read, read again, and told apart.

use std::fs;

use super::*;

#[test]
fn markdown_is_found_under_each_of_its_endings() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.md", "b.markdown", "c.mdx", "d.MD", "e.txt"] {
        fs::write(folder.path().join(name), "text\n").unwrap();
    }
    let library = Library::scan(&[folder.path().into()]);
    let names: Vec<&str> = library.pages.iter().map(|page| page.name.as_str()).collect();
    assert_eq!(names, ["a.md", "b.markdown", "c.mdx", "d.MD"]);
    assert_eq!(library.matching("b").len(), 1);
}

#[test]
fn folders_are_read_once_each_and_what_cannot_be_read_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("a/b")).unwrap();
    fs::create_dir_all(at(".hidden")).unwrap();
    fs::write(at("a/b/Deep.md"), "# Deep\n").unwrap();
    fs::write(at(".hidden/x.md"), "# Hidden\n").unwrap();
    fs::write(at("a/notes.txt"), "no").unwrap();
    fs::write(at("a/bad.md"), b"# \xff\n").unwrap();
    fs::write(at("a/huge.md"), vec![b'x'; 5 << 20]).unwrap();
    std::os::unix::fs::symlink(folder.path(), at("a/circle")).unwrap();
    let library = Library::scan(&[folder.path().into(), at("a"), at("absent"), at("a/b/Deep.md")]);
    let titles: Vec<&str> = library.pages.iter().map(|page| page.title.as_str()).collect();
    assert_eq!(titles, ["Deep"]);
    assert_eq!(library.pages[0].name, "a/b/Deep.md");
    let failed: Vec<PathBuf> = library
        .failures
        .iter()
        .map(|failure| failure.path.clone())
        .collect();
    assert_eq!(failed, [at("a/bad.md"), at("a/huge.md"), at("absent")]);
    assert!(library.find("Deep").is_some());
}

#[test]
fn what_is_no_plain_file_is_listed_and_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("real.txt"), "# Linked\n").unwrap();
    std::os::unix::fs::symlink(at("real.txt"), at("link.md")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("endless.md")).unwrap();
    nix::unistd::mkfifo(&at("pipe.md"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::os::unix::fs::symlink(at("pipe.md"), at("to-pipe.md")).unwrap();
    let library = Library::scan(&[folder.path().into()]);
    let titles: Vec<&str> = library.pages.iter().map(|page| page.title.as_str()).collect();
    assert_eq!(titles, ["Linked"]);
    // A link and what it leads to are one.
    let failed = library.failures.iter();
    assert!(
        failed
            .clone()
            .all(|failure| failure.cause == "it is no plain file"),
        "{:?}",
        library.failures
    );
    assert_eq!(failed.count(), 2);
}

#[test]
fn reading_again_keeps_what_has_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("same.md"), "# Same\n").unwrap();
    fs::write(at("new.md"), "# Old\n").unwrap();
    fs::write(at("gone.md"), "# Gone\n").unwrap();
    let paths = [folder.path().to_path_buf()];
    let first = Library::scan(&paths);
    fs::write(at("new.md"), "# Newer\n").unwrap();
    fs::remove_file(at("gone.md")).unwrap();
    let second = first.scan_again(&paths);
    let titles: Vec<&str> = second.pages.iter().map(|page| page.title.as_str()).collect();
    assert_eq!(titles, ["Newer", "Same"]);
    assert!(Arc::ptr_eq(&first.pages[2], &second.pages[1]));
    fs::write(at("same.md"), "# Other\n").unwrap();
    let third = second.reread(&second.pages[1].path);
    assert_eq!(third.pages[1].title, "Other");
    assert!(Arc::ptr_eq(&second.pages[0], &third.pages[0]));
    fs::remove_file(at("same.md")).unwrap();
    assert_eq!(third.reread(&third.pages[1].path).pages.len(), 1);
}

#[test]
fn pages_of_one_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for team in ["pay", "web"] {
        fs::create_dir_all(at(team)).unwrap();
        fs::write(at(team).join("disk.md"), "# Disk is full\n").unwrap();
    }
    let together = Library::scan(&[folder.path().into()]);
    for called in ["Disk is full", "disk", "disk.md"] {
        assert_eq!(together.matching(called).len(), 2, "{called}");
    }
    assert_eq!(together.matching("pay/disk.md").len(), 1);
    assert_eq!(together.matching("isk.md").len(), 0);
    assert_eq!(together.apart(&together.pages[0]).as_deref(), Some("pay/disk.md"));
    let mut apart = Library::scan(&[at("pay"), at("web")]);
    assert_eq!(apart.apart(&apart.pages[1]).as_deref(), Some("web"));
    apart.add(
        Arc::new(Source::built_in()),
        [("x.md".to_string(), b"# X\n".to_vec())],
    );
    assert_eq!(apart.find("X").unwrap().source.label, "built in");
    assert_eq!(apart.apart(apart.find("X").unwrap()), None);
}

#[test]
fn a_review_is_overdue_after_its_time_or_after_a_year() {
    let mut library = Library {
        read_on: Some(Date::constant(2026, 11, 21)),
        ..Library::default()
    };
    let page = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    library.add(
        Arc::new(Source::built_in()),
        [
            page(
                "a.md",
                "---\nlast_reviewed: 2026-10-01\nreview_in: 30d\n---\n# A\n",
            ),
            page(
                "b.md",
                "---\nlast_reviewed: 2026-10-01\nreview_in: 3 months\n---\n# B\n",
            ),
            page("c.md", "# C\n\nLast Reviewed: 2025-01-01\n"),
            page("d.md", "# D\n"),
        ],
    );
    let overdue: Vec<bool> = library
        .pages
        .iter()
        .map(|page| library.is_overdue(page))
        .collect();
    assert_eq!(overdue, [true, false, true, false]);
}
