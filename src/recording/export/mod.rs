//! Recordings in the formats of others. The evidence stays in the container; an export says what it had to change.

mod asciicast;
mod text;

mod utf8;

pub use asciicast::{Asciicast, asciicast};
pub use text::text;

use super::{Error, Reader, What};
use std::io::{self, Write};

/// What an export could not carry over as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    pub events: u64,
    /// Sequences of bytes that are not UTF-8 and became U+FFFD.
    pub replaced: u64,
}

/// The output bytes (standard error among them, as it was shown), exactly.
pub fn raw(reader: &Reader, out: &mut impl Write) -> Result<Report, Error> {
    let mut report = Report::default();
    for event in reader.events()? {
        if let What::Output(bytes) | What::Stderr(bytes) = event?.what {
            out.write_all(&bytes).map_err(broken(reader))?;
            report.events += 1;
        }
    }
    Ok(report)
}

/// For writes of an export: the path in the message is the recording's.
fn broken(reader: &Reader) -> impl Fn(io::Error) -> Error + use<> {
    let path = reader.path().to_path_buf();
    move |e| Error::io("write the export of", &path)(e)
}
