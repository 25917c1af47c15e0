//! Derived data as versioned JSON. What cannot be read counts as absent, with a warning to show: a cache is
//! never a reason to fail, and never silently lost.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Error, save};

#[derive(Serialize)]
struct Written<'d, T> {
    version: u32,
    data: &'d T,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Read<T> {
    data: T,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    pub data: Option<T>,
    /// Why there is no data although there is a file: lower case, names the file.
    pub warning: Option<String>,
}

/// Writes `data` with the version of its shape.
pub fn save_json<T: Serialize>(path: &Path, version: u32, data: &T) -> Result<(), Error> {
    let json = serde_json::to_vec(&Written { version, data })
        .map_err(|cause| Error::new("write as JSON", path, cause.into()))?;
    save(path, &json)
}

/// Reads what `save_json` wrote with the same version.
pub fn load_json<T: DeserializeOwned>(path: &Path, version: u32) -> Loaded<T> {
    let ignored = |why: String| Loaded {
        data: None,
        warning: Some(format!("{} is ignored: {why}", path.display())),
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Loaded {
                data: None,
                warning: None,
            };
        }
        Err(cause) => return ignored(cause.to_string()),
    };
    match serde_json::from_slice::<Version>(&bytes) {
        Ok(found) if found.version == version => {}
        Ok(found) => {
            return ignored(format!(
                "it has version {}, this program reads {version}",
                found.version
            ));
        }
        Err(cause) => return ignored(cause.to_string()),
    }
    match serde_json::from_slice::<Read<T>>(&bytes) {
        Ok(read) => Loaded {
            data: Some(read.data),
            warning: None,
        },
        Err(cause) => ignored(cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded_and_anything_else_is_a_warning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cache.json");
        assert_eq!(
            load_json::<Vec<u8>>(&path, 1),
            Loaded {
                data: None,
                warning: None
            }
        );
        save_json(&path, 1, &vec![1u8, 2]).unwrap();
        assert_eq!(
            load_json(&path, 1),
            Loaded {
                data: Some(vec![1u8, 2]),
                warning: None
            }
        );

        let warning = |version| load_json::<Vec<u8>>(&path, version).warning.unwrap();
        assert!(warning(2).ends_with("it has version 1, this program reads 2"));
        std::fs::write(&path, b"{\"version\":1,\"data\":[1,").unwrap();
        assert!(warning(1).contains("cache.json is ignored: EOF"));
    }
}
