//! The words that start a program inside a sandbox.

use std::path::Path;

use super::skeleton::{self, HOME, ID, SYSTEM};
use super::{SUBCOMMAND, stage};

/// Through our own subcommand of `helper`.
pub fn by_namespaces(helper: &Path, hostname: &str, words: Vec<String>) -> Vec<String> {
    let mut all = vec![
        helper.to_string_lossy().into_owned(),
        SUBCOMMAND.to_owned(),
        stage::OUTER.to_owned(),
        hostname.to_owned(),
    ];
    all.extend(words);
    all
}

/// Through `bwrap`. The files that it shows live as long as the second value.
pub fn by_bwrap(
    program: &Path,
    hostname: &str,
    words: Vec<String>,
) -> std::io::Result<(Vec<String>, tempfile::TempDir)> {
    let files = tempfile::tempdir()?;
    skeleton::write(files.path(), hostname)?;
    let id = ID.to_string();
    let mut all = vec![program.to_string_lossy().into_owned()];
    let mut add = |words: &[&str]| all.extend(words.iter().map(|word| (*word).to_owned()));
    add(&[
        "--unshare-all",
        "--die-with-parent",
        "--hostname",
        hostname,
        "--uid",
        &id,
        "--gid",
        &id,
    ]);
    for name in SYSTEM {
        let path = format!("/{name}");
        match std::fs::read_link(&path) {
            Ok(target) => add(&["--symlink", &target.to_string_lossy(), &path]),
            Err(_) => add(&["--ro-bind-try", &path, &path]),
        }
    }
    let shown = |name: &str| files.path().join(name).to_string_lossy().into_owned();
    add(&[
        "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run",
    ]);
    add(&[
        "--ro-bind",
        &shown("etc"),
        "/etc",
        "--bind",
        &shown(HOME),
        &format!("/{HOME}"),
    ]);
    add(&["--remount-ro", "/", "--chdir", &format!("/{HOME}"), "--"]);
    all.extend(words);
    Ok((all, files))
}
