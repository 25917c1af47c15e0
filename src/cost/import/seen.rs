//! What of a bucket was fetched already: each object with the mark that S3 gave its bytes, beside the fetched files. An
//! object is fetched again only when its mark or its size is another.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::aws::ObjectFacts;

/// Of one bucket.
#[derive(Debug)]
pub struct Seen {
    path: PathBuf,
    objects: BTreeMap<String, Mark>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    size: u64,
    tag: String,
}

impl Seen {
    /// One that cannot be read knows nothing.
    pub fn load(path: PathBuf) -> Seen {
        let text = std::fs::read(&path).ok();
        let objects = text.and_then(|text| serde_json::from_slice(&text).ok());
        Seen {
            path,
            objects: objects.unwrap_or_default(),
        }
    }

    /// Whether the file at `local` is what the object is now.
    pub fn is_same(&self, key: &str, facts: &ObjectFacts, local: &Path) -> bool {
        let known = self.objects.get(key);
        let is_known =
            known.is_some_and(|known| known.size == facts.size && Some(&known.tag) == facts.tag.as_ref());
        let is_whole = |meta: std::fs::Metadata| meta.is_file() && meta.len() == facts.size;
        is_known && std::fs::symlink_metadata(local).is_ok_and(is_whole)
    }

    /// Notes what was fetched; on disk at once, so that what breaks off goes on from there.
    pub fn note(&mut self, key: &str, facts: &ObjectFacts) -> std::io::Result<()> {
        let Some(tag) = facts.tag.clone() else {
            return self.forget(key);
        };
        let mark = Mark {
            size: facts.size,
            tag,
        };
        self.objects.insert(key.to_owned(), mark);
        self.save()
    }

    pub fn forget(&mut self, key: &str) -> std::io::Result<()> {
        match self.objects.remove(key) {
            Some(_) => self.save(),
            None => Ok(()),
        }
    }

    /// Forgets what is below a prefix and not among these.
    pub fn keep_only(&mut self, prefix: &str, wanted: impl Fn(&str) -> bool) -> std::io::Result<()> {
        self.objects
            .retain(|key, _| !key.starts_with(prefix) || wanted(key));
        self.save()
    }

    fn save(&self) -> std::io::Result<()> {
        let dir = self.path.parent().unwrap_or(&self.path);
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&serde_json::to_vec(&self.objects)?)?;
        file.persist(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_that_are_still_here_are_not_fetched_again() {
        let dir = tempfile::tempdir().unwrap();
        let (index, local) = (dir.path().join(".b.json"), dir.path().join("a.csv"));
        let facts = |size, tag: &str| ObjectFacts {
            size,
            tag: Some(tag.into()),
            ..ObjectFacts::default()
        };
        std::fs::write(&local, "four").unwrap();
        let mut seen = Seen::load(index.clone());
        assert!(
            !seen.is_same("a.csv", &facts(4, "x"), &local),
            "nobody has seen it"
        );
        seen.note("a.csv", &facts(4, "x")).unwrap();
        seen.note("p/b.csv", &facts(4, "y")).unwrap();
        let mut seen = Seen::load(index.clone());
        assert!(seen.is_same("a.csv", &facts(4, "x"), &local));
        assert!(
            !seen.is_same("a.csv", &facts(4, "z"), &local) && !seen.is_same("a.csv", &facts(5, "x"), &local)
        );
        seen.keep_only("p/", |_| false).unwrap();
        assert!(!seen.is_same("p/b.csv", &facts(4, "y"), &local));
        std::fs::write(&local, "longer").unwrap();
        assert!(
            !seen.is_same("a.csv", &facts(4, "x"), &local),
            "somebody wrote over it"
        );
        seen.note("a.csv", &ObjectFacts::default()).unwrap();
        std::fs::write(&index, "{").unwrap();
        assert!(Seen::load(index).objects.is_empty());
    }
}
