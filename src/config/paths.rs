//! Where files live: the XDG base directories on every system, so that one page of documentation is true
//! everywhere.

use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Xdg};

use super::Bad;

const APP: &str = "quarterdeck";

/// Nothing here is created until something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`; user themes are in `themes/` beside it.
    pub config_file: PathBuf,
    /// Recordings, catalogue, audit log and keys.
    pub data_dir: PathBuf,
    /// What can be fetched again.
    pub cache_dir: PathBuf,
    /// The log file.
    pub state_dir: PathBuf,
}

impl Paths {
    /// From `XDG_CONFIG_HOME`, `XDG_DATA_HOME`, `XDG_CACHE_HOME`, `XDG_STATE_HOME`, and `HOME` where those are unset.
    pub fn from_environment() -> Result<Paths, Bad> {
        let xdg = Xdg::new().map_err(|_| {
            let hint = "set HOME to a directory".to_string();
            Bad::whole(Path::new("$HOME"), "no home directory is known", Some(hint))
        })?;
        let config_dir = xdg.config_dir().join(APP);
        Ok(Paths {
            config_file: config_dir.join("config.toml"),
            data_dir: xdg.data_dir().join(APP),
            cache_dir: xdg.cache_dir().join(APP),
            state_dir: xdg.state_dir().unwrap_or_else(|| xdg.data_dir()).join(APP),
        })
    }

    /// Everything below one directory: for the demo and for tests.
    pub fn below(dir: &Path) -> Paths {
        Paths {
            config_file: dir.join("config.toml"),
            data_dir: dir.join("data"),
            cache_dir: dir.join("cache"),
            state_dir: dir.join("state"),
        }
    }

    /// Where user themes live: `themes/NAME.toml` beside the configuration file.
    pub fn themes_dir(&self) -> PathBuf {
        self.config_file.parent().unwrap_or(Path::new("")).join("themes")
    }

    pub fn log_file(&self) -> PathBuf {
        self.state_dir.join("qd.log")
    }
}
