//! The last list on disk, shown at once on the next start and marked with its age.
//! It is readable by its owner only and replaced in one step, so that a reader never sees half a list.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Node;

const FILE: &str = "fleet.json";

/// A list and the moment it was true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    pub saved_at: Timestamp,
    pub nodes: Vec<Node>,
}

/// The list cannot be kept or is not readable; the fleet itself is none the worse.
#[derive(Debug, thiserror::Error)]
#[error("{what} {path}: {cause}")]
pub struct Bad {
    what: &'static str,
    path: String,
    cause: std::io::Error,
}

/// The last list, or `None` when there is none yet.
pub fn load(cache_dir: &Path) -> Result<Option<Saved>, Bad> {
    let path = cache_dir.join(FILE);
    let bad = |cause| Bad {
        what: "cannot read the cached fleet",
        path: path.display().to_string(),
        cause,
    };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(bad(error)),
    };
    let mut saved: Saved = serde_json::from_slice(&text).map_err(|error| bad(error.into()))?;
    saved.nodes = saved.nodes.into_iter().map(Node::indexed).collect();
    Ok(Some(saved))
}

pub fn save(cache_dir: &Path, saved: &Saved) -> Result<(), Bad> {
    let path = cache_dir.join(FILE);
    write(cache_dir, &path, saved).map_err(|cause| Bad {
        what: "cannot keep the fleet",
        path: path.display().to_string(),
        cause,
    })
}

fn write(dir: &Path, path: &Path, saved: &Saved) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    // A temporary file is made 0600 from its first byte on.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(&serde_json::to_vec(saved)?)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_saved_list_comes_back_searchable_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let node = Node {
            name: "Web-1".into(),
            ..Node::default()
        }
        .indexed();
        let saved = Saved {
            saved_at: Timestamp::UNIX_EPOCH,
            nodes: vec![node],
        };
        save(dir.path(), &saved).unwrap();
        assert_eq!(load(dir.path()).unwrap(), Some(saved));
        let mode = dir.path().join(FILE).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn no_list_is_no_error_and_a_broken_one_is() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(load(dir.path()).unwrap(), None);
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        assert!(load(dir.path()).unwrap_err().to_string().contains("fleet.json"));
    }
}
