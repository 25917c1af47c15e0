//! Which view of recordings is played: as they were recorded, or with their secrets covered, in copies that are gone with
//! the player. That somebody looks at what is not covered goes into the audit log first, like any replay.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::audit::{Actor, Event, Kind, Log};
use crate::recording::redaction::{Rules, redacted_copy};
use crate::recording::{Catalogue, DeviceKey, Error, Reader};

/// Output that is covered before the first screen, in bytes; more is covered when somebody asks for it.
const AT_ONCE: u64 = 32 << 20;

pub struct Views {
    pub data_dir: PathBuf,
    pub originals: Vec<PathBuf>,
    pub rules: Arc<Rules>,
    pub is_covered: bool,
    /// The covered ones, once they were asked for.
    pub copies: Option<(tempfile::TempDir, Vec<PathBuf>)>,
}

impl Views {
    /// What is played now.
    pub fn paths(&self) -> &[PathBuf] {
        match &self.copies {
            Some((_, copies)) if self.is_covered => copies,
            _ => &self.originals,
        }
    }

    /// Whether covering them is a matter of a moment.
    pub fn is_quick(&self, catalogue: &Catalogue) -> bool {
        let bytes = |path: &PathBuf| catalogue.reader(path).map_or(0, |it| it.summary().output_bytes);
        self.originals.iter().map(bytes).sum::<u64>() <= AT_ONCE
    }

    /// Turns to one view or the other; the copies are made when they are wanted first.
    pub fn turn(&mut self, covered: bool, catalogue: &Catalogue) -> Result<(), Error> {
        for path in &self.originals {
            let reader = catalogue.reader(path)?;
            log(&self.data_dir, &reader, covered)?;
        }
        if covered && self.copies.is_none() {
            self.copies = Some(self.cover(catalogue)?);
        }
        self.is_covered = covered;
        Ok(())
    }

    fn cover(&self, catalogue: &Catalogue) -> Result<(tempfile::TempDir, Vec<PathBuf>), Error> {
        // In memory where the system has room for it there.
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_dir());
        let parent = runtime.map_or_else(|| self.data_dir.clone(), PathBuf::from);
        let dir = tempfile::Builder::new().prefix("qd-view-").tempdir_in(&parent);
        let dir = dir.map_err(|source| Error::Io {
            what: "create a directory in",
            path: parent,
            source,
        })?;
        let device = DeviceKey::load_or_create(&self.data_dir)?;
        let copy = |path: &PathBuf| {
            let reader = catalogue.reader(path)?;
            Ok(redacted_copy(&reader, &self.rules, dir.path(), &device)?.path)
        };
        let copies = self.originals.iter().map(copy).collect::<Result<_, Error>>()?;
        Ok((dir, copies))
    }
}

fn log(data_dir: &Path, reader: &Reader, covered: bool) -> Result<(), Error> {
    let event = Event {
        sid: Some(reader.header().id),
        ..Event::new(Kind::RecordingAccess, Actor::local())
    };
    Log::open(data_dir)
        .and_then(|log| log.append(event.with("how", "console").with("redacted", covered)))
        .map(drop)
        .map_err(|cause| Error::Io {
            what: "replay what cannot be logged",
            path: reader.path().into(),
            source: std::io::Error::other(cause.to_string()),
        })
}
