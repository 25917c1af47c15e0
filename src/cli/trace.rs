//! The log file of the program itself: `qd.log` in the state directory, kept below a size by one older copy.
//! Secrets never go there: credentials, tokens and session bytes are not logged at any level.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::Error;
use crate::store;

/// Two files of this size at most are kept.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

const ROOMS: [&str; 26] = [
    "alarm",
    "app",
    "audit",
    "aws",
    "cli",
    "config",
    "copy",
    "cost",
    "document",
    "fanout",
    "fleet",
    "forward",
    "incident",
    "net",
    "panel",
    "recording",
    "runbook",
    "runtime",
    "session",
    "sim",
    "ssh",
    "ssm",
    "store",
    "term",
    "tui",
    "ui",
];

/// Starts logging to the file; what, say `--log`, else `QD_LOG`, else warnings.
pub(super) fn start(file: &Path, level: Option<&str>) -> Result<(), Error> {
    let from_environment = std::env::var("QD_LOG").unwrap_or_default();
    let filter = parse_filter(level.unwrap_or(&from_environment))?;
    let writer = match Rotating::open(file, MAX_BYTES) {
        Ok(writer) => writer,
        // No log is no reason not to get onto an instance; it is said, not hidden.
        Err(error) => {
            super::notice(format!("qd: no log is written: {error}"));
            return Ok(());
        }
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(writer))
        .finish();
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|cause| Error::failed(format!("cannot start the log: {cause}")))
}

/// `LEVEL` for all rooms, `room=LEVEL` for one, separated by commas. Other crates stay at warnings: some of
/// them would log headers.
fn parse_filter(text: &str) -> Result<EnvFilter, Error> {
    let mut directives = "warn".to_string();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (room, level) = part
            .split_once('=')
            .map_or(("", part), |(room, level)| (room, level));
        let is_known = (room.is_empty() || ROOMS.contains(&room)) && LEVELS.contains(&level);
        if !is_known || part.starts_with('=') {
            let hint = format!(
                "allowed: {}; for one room ROOM=LEVEL, of {}",
                LEVELS.join(", "),
                ROOMS.join(", ")
            );
            return Err(Error::usage(format!("--log or QD_LOG cannot be {part:?}")).hint(hint));
        }
        let separator = if room.is_empty() { "" } else { "::" };
        directives.push_str(&format!(",{}{separator}{room}={level}", env!("CARGO_CRATE_NAME")));
    }
    EnvFilter::try_new(&directives)
        .map_err(|cause| Error::failed(format!("cannot log with {directives:?}: {cause}")))
}

/// A file that moves itself aside when it has grown.
struct Rotating {
    path: PathBuf,
    max_bytes: u64,
    file: File,
    written: u64,
}

impl Rotating {
    fn open(path: &Path, max_bytes: u64) -> Result<Rotating, store::Error> {
        store::create_private_dir(path.parent().unwrap_or(Path::new("")))?;
        let file = store::open_append(path)?;
        let written = file
            .metadata()
            .map_err(|cause| store::Error::new("open", path, cause))?
            .len();
        Ok(Rotating {
            path: path.to_path_buf(),
            max_bytes,
            file,
            written,
        })
    }

    /// Another process may have moved the file already; then it is only opened anew.
    fn rotate(&mut self) -> io::Result<()> {
        let now = std::fs::metadata(&self.path).map(|data| data.len()).unwrap_or(0);
        if now >= self.max_bytes {
            std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        }
        self.file = store::open_append(&self.path).map_err(io::Error::other)?;
        self.written = self.file.metadata()?.len();
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written >= self.max_bytes {
            self.rotate()?;
        }
        let written = self.file.write(line)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_for_this_program_and_a_wrong_one_is_refused() {
        assert_eq!(parse_filter("").unwrap().to_string(), "warn");
        let filter = parse_filter("info,ssm=trace").unwrap().to_string();
        for directive in ["quarterdeck::ssm=trace", "quarterdeck=info", "warn"] {
            assert!(filter.split(',').any(|part| part == directive), "{filter}");
        }
        for wrong in ["debgu", "hyper=trace", "ssm=loud", "=info", "ssm=info=debug"] {
            assert!(parse_filter(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_log_never_grows_beyond_two_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qd.log");
        let mut log = Rotating::open(&path, 100).unwrap();
        for number in 0..50 {
            writeln!(log, "line {number:04}").unwrap();
        }
        let sizes: Vec<u64> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|size| *size <= 110), "{sizes:?}");
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("line 0049\n"));
    }
}
