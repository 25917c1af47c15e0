//! Recordings in the formats of others. The evidence stays in the container; an export says what it had to change,
//! and its manifest what it was made of.

mod ansi;
mod asciicast;
mod film;
mod gif;
mod html;
mod manifest;
mod svg;
mod text;
mod utf8;
mod view;

pub use asciicast::{Asciicast, asciicast};
pub use gif::gif;
pub use html::html;
pub use manifest::{Checked, Made, Manifest, verify_manifest};
pub use svg::svg;
pub use text::text;
pub use view::View;

use super::{Error, Reader, What};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What an export could not carry over as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub events: u64,
    /// Sequences of bytes that are not UTF-8 and became U+FFFD.
    pub replaced: u64,
    /// Secrets that were covered, by rule.
    pub redacted: BTreeMap<String, u64>,
}

/// The output bytes (standard error among them, as it was shown), exactly.
pub fn raw<'r>(view: impl Into<View<'r>>, out: &mut impl Write) -> Result<Report, Error> {
    let view = view.into();
    let mut report = Report::default();
    let (_, mut events) = view.start()?;
    for event in &mut events {
        if let What::Output(bytes) | What::Stderr(bytes) = event?.what {
            out.write_all(&bytes).map_err(broken(view.reader))?;
            report.events += 1;
        }
    }
    report.redacted = events.redacted();
    Ok(report)
}

/// For writes of an export: the path in the message is the recording's.
fn broken(reader: &Reader) -> impl Fn(io::Error) -> Error + use<> {
    let path = reader.path().to_path_buf();
    move |e| Error::io("write the export of", &path)(e)
}
