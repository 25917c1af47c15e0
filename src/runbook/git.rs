//! What git says of a folder: branch, head, an unfinished merge, the last commit of each file. Asked of the `git`
//! program, which is told to run nothing that the repository's own configuration names.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;

/// The last commit that touched a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Seven hexadecimal digits.
    pub id: String,
    pub at: Timestamp,
    pub author: String,
}

/// A working tree as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkout {
    pub root: PathBuf,
    /// `None` for a detached head.
    pub branch: Option<String>,
    /// Seven hexadecimal digits; `None` before the first commit.
    pub head: Option<String>,
    /// Completes "in the middle of".
    pub middle_of: Option<&'static str>,
    /// Files with both sides of a conflict in them.
    pub conflicts: BTreeSet<PathBuf>,
}

/// Why nothing is known; a sentence without its subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Unknown {
    pub cause: String,
    pub hint: &'static str,
}

impl Checkout {
    pub fn warning(&self) -> Option<String> {
        let of = self.middle_of?;
        let files = match self.conflicts.len() {
            0 => String::new(),
            1 => "; 1 file holds both sides".to_string(),
            count => format!("; {count} files hold both sides"),
        };
        Some(format!("{} is in the middle of {of}{files}", self.root.display()))
    }
}

/// The folder with `.git` at or above this one. No program is run.
pub fn root_of(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let root = folder.ancestors().find(|above| above.join(".git").exists());
    root.map(Path::to_path_buf)
}

/// The working tree at `root`.
pub fn checkout(root: &Path) -> Result<Checkout, Unknown> {
    let status = ask(
        root,
        &[
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
            "--ignore-submodules=all",
            "-z",
        ],
    )?;
    let mut found = Checkout {
        root: root.to_path_buf(),
        ..Checkout::default()
    };
    for line in status.split('\0') {
        if let Some(id) = line.strip_prefix("# branch.oid ") {
            found.head = (!id.starts_with('(')).then(|| id.chars().take(7).collect());
        } else if let Some(name) = line.strip_prefix("# branch.head ") {
            found.branch = (!name.starts_with('(')).then(|| name.to_string());
        } else if line.starts_with("u ")
            && let Some(file) = line.splitn(11, ' ').nth(10)
        {
            found.conflicts.insert(root.join(file));
        }
    }
    let folder = ask(root, &["rev-parse", "--git-dir"])?;
    found.middle_of = middle_of(&root.join(folder.trim()));
    Ok(found)
}

/// What git left behind when it stopped half-way.
fn middle_of(folder: &Path) -> Option<&'static str> {
    let marks = [
        ("MERGE_HEAD", "a merge"),
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a rebase"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
        ("BISECT_LOG", "a bisection"),
    ];
    let mark = marks.into_iter().find(|(name, _)| folder.join(name).exists());
    mark.map(|(_, says)| says)
}

/// The last commit of each wanted file below `root`; ends as soon as all are known.
pub fn commits(root: &Path, wanted: &[PathBuf]) -> Result<HashMap<PathBuf, Commit>, Unknown> {
    // Git names files from the real top; pages may be named through links or from the working directory.
    let mut open: HashMap<PathBuf, &PathBuf> = wanted
        .iter()
        .filter_map(|path| Some((path.canonicalize().ok()?, path)))
        .collect();
    let mut found = HashMap::new();
    let mut log = program(root)
        .args([
            "log",
            "-z",
            "--name-only",
            "--no-renames",
            "--format=%x01%h%x02%ct%x02%an",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(absent)?;
    let mut commit = None;
    if let Some(out) = log.stdout.take() {
        for part in BufReader::new(out).split(0).map_while(Result::ok) {
            if open.is_empty() {
                break;
            }
            let part = String::from_utf8_lossy(&part).into_owned();
            let part = part.trim_start_matches('\n');
            if let Some(line) = part.strip_prefix('\u{1}') {
                commit = parse_commit(line);
            } else if let Some(commit) = &commit
                && let Some(path) = open.remove(&root.join(part))
            {
                found.insert(path.clone(), Commit::clone(commit));
            }
        }
    }
    // It may have more to say than anyone wants to hear.
    let _ = log.kill();
    let _ = log.wait();
    Ok(found)
}

fn parse_commit(line: &str) -> Option<Commit> {
    let mut fields = line.trim_end().splitn(3, '\u{2}');
    let id = fields.next()?.chars().take(7).collect();
    let at = Timestamp::from_second(fields.next()?.parse().ok()?).ok()?;
    let author = fields.next()?.to_string();
    Some(Commit { id, at, author })
}

fn program(root: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(root)
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "log.showSignature=false", "-c", "core.quotePath=false"])
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    // What a hook or an alias of git set for itself is not meant for this repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(name);
    }
    git
}

fn ask(root: &Path, args: &[&str]) -> Result<String, Unknown> {
    let answer = program(root).args(args).output().map_err(absent)?;
    if !answer.status.success() {
        let says = String::from_utf8_lossy(&answer.stderr);
        let line = says.lines().next().unwrap_or("git failed");
        return Err(Unknown {
            cause: line.trim_start_matches("fatal: ").to_string(),
            hint: "its pages are read all the same, without branch and dates",
        });
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

fn absent(cause: std::io::Error) -> Unknown {
    Unknown {
        cause: match cause.kind() {
            std::io::ErrorKind::NotFound => "the git program is not installed".to_string(),
            _ => format!("the git program could not be run: {cause}"),
        },
        hint: "its pages are read all the same, without branch and dates",
    }
}

/// Lines, from 1, between which a text holds both sides of a conflict, as git leaves them.
pub fn conflict(text: &str) -> Option<(usize, usize)> {
    // Asked of every page that is to run: nearly all are done with here.
    memchr::memmem::find(text.as_bytes(), b"<<<<<<< ")?;
    let mut lines = (1..).zip(text.lines());
    let mut next = |mark: &str| lines.find(|(_, line)| line.starts_with(mark)).map(|(at, _)| at);
    let from = next("<<<<<<< ")?;
    next("=======")?;
    Some((from, next(">>>>>>> ")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, args: &[&str]) -> bool {
        let run = program(folder)
            .args(["-c", "user.name=Mara", "-c", "user.email=m@example.org"])
            .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"])
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output();
        run.is_ok_and(|out| out.status.success())
    }

    #[test]
    fn branch_commits_and_a_merge_half_done_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        if !git(&root, &["init", "-q"]) {
            eprintln!("skipped: git is absent");
            return;
        }
        let page = root.join("a b.md");
        let write = |text: &str| std::fs::write(&page, text).unwrap();
        write("# One\n");
        std::fs::write(root.join("untracked.md"), "# Two\n").unwrap();
        assert!(git(&root, &["add", "a b.md"]) && git(&root, &["commit", "-qm", "one"]));
        let clean = checkout(&root).unwrap();
        assert_eq!((clean.branch.as_deref(), clean.middle_of), (Some("main"), None));
        assert_eq!(clean.warning(), None);
        let known = commits(&root, &[page.clone(), root.join("untracked.md")]).unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(known[&page].author, "Mara");
        assert_eq!(Some(&known[&page].id), clean.head.as_ref());

        assert!(git(&root, &["checkout", "-qb", "other"]));
        write("# Theirs\n");
        assert!(git(&root, &["commit", "-qam", "theirs"]) && git(&root, &["checkout", "-q", "main"]));
        write("# Ours\n");
        assert!(git(&root, &["commit", "-qam", "ours"]));
        assert!(!git(&root, &["merge", "-q", "other"]));
        let merging = checkout(&root).unwrap();
        assert_eq!(merging.middle_of, Some("a merge"));
        assert_eq!(merging.conflicts, [page].into());
        assert!(
            merging
                .warning()
                .unwrap()
                .ends_with("a merge; 1 file holds both sides")
        );
    }

    #[test]
    fn a_folder_that_is_no_repository_is_answered_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(root_of(folder.path()), None);
        if let Err(unknown) = checkout(folder.path()) {
            assert!(unknown.cause.contains("not a git repository") || unknown.cause.contains("git program"));
        }
    }
}
