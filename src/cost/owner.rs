//! Whose costs a profile sees, as STS told last: what is kept of them is found again without a network. What STS says
//! now always counts, since the keys behind a profile may become another account's.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The account that a profile was last, on disk.
pub(super) struct Owner {
    file: PathBuf,
}

impl Owner {
    pub fn of(cache_dir: &Path, profile: &str) -> Owner {
        let name = format!("x{}", hex::encode(profile));
        Owner {
            file: cache_dir.join("costs").join("profiles").join(name),
        }
    }

    pub fn load(&self) -> Option<String> {
        let account = std::fs::read_to_string(&self.file).ok()?;
        Some(account).filter(|account| !account.is_empty())
    }

    /// Without it the next start needs STS, and nothing else is lost.
    pub fn keep(&self, account: &str) {
        if self.load().as_deref() != Some(account)
            && let Err(error) = self.save(account)
        {
            tracing::warn!("{} cannot be written: {error}", self.file.display());
        }
    }

    fn save(&self, account: &str) -> std::io::Result<()> {
        let dir = self.file.parent().unwrap_or(&self.file);
        std::fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(account.as_bytes())?;
        file.persist(&self.file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_its_account_and_the_last_one_counts() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, other) = (Owner::of(dir.path(), "../x"), Owner::of(dir.path(), "y"));
        assert_eq!(mine.load(), None);
        mine.keep("111122223333");
        mine.keep("444455556666");
        assert_eq!(
            (mine.load().as_deref(), other.load()),
            (Some("444455556666"), None)
        );
        assert!(mine.file.starts_with(dir.path().join("costs/profiles")));
    }
}
