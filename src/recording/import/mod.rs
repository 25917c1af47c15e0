//! What other recorders made, into the container, bytes as they were. A file with one bad line is refused as a whole,
//! naming the place: half a recording taken for a whole one would be worse than none.

mod asciicast;
mod detect;
mod file;
mod sudo;
mod take;
mod ttyrec;
mod typescript;

pub use asciicast::{asciicast, asciicast_bytes};
pub use detect::Format;
pub(super) use take::replay_into;

use super::event::What;
use super::{DeviceKey, Error, Header, Recipients, Sealed};
use file::File;
use std::path::{Path, PathBuf};

/// A day count no real recording reaches; beyond it a time is a mistake.
const MAX_SECONDS: f64 = 366.0 * 86_400.0;
const MAX_US: u64 = 366 * 86_400 * 1_000_000;
/// The size of recordings that do not say one.
const USUAL: (u16, u16) = (80, 24);

/// What to import, and what is known about it beforehand.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// A file, or the directory of a sudo I/O log.
    pub path: PathBuf,
    /// Without one the content tells.
    pub format: Option<Format>,
    /// The timing file of `script`.
    pub timing: Option<PathBuf>,
    /// Columns and rows of a format that has none.
    pub size: Option<(u16, u16)>,
    /// Whom the recording is encrypted to.
    pub recipients: Recipients,
}

/// A recording of others, read and checked.
struct Taken {
    header: Header,
    /// Times since the start in microseconds.
    events: Vec<(u64, What)>,
}

impl Taken {
    /// The recording has the file's name: its own format names no target.
    fn to(mut self, source: &Source) -> Taken {
        let name = source
            .path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        self.header.target_name = self.header.target_name.or(name);
        self.header.recipients = source.recipients.keys().to_vec();
        self
    }
}

/// Imports one recording as a sealed one of this device.
pub fn import(source: &Source, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    let taken = match source.format {
        Some(Format::Sudo) => sudo::load(&source.path)?,
        None if source.path.is_dir() => sudo::load(&source.path)?,
        _ => load(source, &File::load(&source.path)?)?,
    };
    take::write(taken.to(source), data_dir, device)
}

/// The same for bytes that are in no file; `source` names them.
pub fn import_bytes(
    bytes: Vec<u8>,
    source: &Source,
    data_dir: &Path,
    device: &DeviceKey,
) -> Result<Sealed, Error> {
    let file = File::of(bytes, &source.path, jiff::Timestamp::now());
    take::write(load(source, &file)?.to(source), data_dir, device)
}

fn load(source: &Source, file: &File) -> Result<Taken, Error> {
    let format = match source.format {
        Some(format) => format,
        None if source.timing.is_some() => Format::Script,
        None => detect::detect(file)?,
    };
    match format {
        Format::Asciicast => asciicast::load(file),
        Format::Ttyrec => ttyrec::load(file, source.size),
        Format::Script => typescript::load(source, file),
        Format::Sudo => sudo::load(&source.path),
    }
}

#[cfg(test)]
mod tests;
