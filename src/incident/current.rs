//! The incident that a person is working on: at most one, remembered under the user's name, so that people who share a data
//! directory have one each.

use std::path::{Path, PathBuf};

use super::journal::{Error, folder};
use crate::store;

fn path(data_dir: &Path) -> PathBuf {
    folder(data_dir).join(format!("current-{}", nix::unistd::getuid()))
}

/// `None` where there is none, or where the one that was is gone.
pub fn current(data_dir: &Path) -> Result<Option<String>, Error> {
    let path = path(data_dir);
    let id = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().to_owned(),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(store::Error::new("read", &path, cause).into()),
    };
    Ok(super::list(data_dir)?.into_iter().find(|known| *known == id))
}

/// From now on this is the one.
pub fn switch(data_dir: &Path, id: &str) -> Result<(), Error> {
    Ok(store::save(&path(data_dir), format!("{id}\n").as_bytes())?)
}

/// From now on there is none.
pub fn leave(data_dir: &Path) -> Result<(), Error> {
    let path = path(data_dir);
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(store::Error::new("remove", &path, cause).into())
        }
        _ => Ok(()),
    }
}
