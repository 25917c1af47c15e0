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

use super::redaction::Veil;
use super::{Error, Reader, What};
use crate::term::{Run, Screen};
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

/// Secrets that were covered, in the stream and on the screen that it made.
fn covered(mut counts: BTreeMap<String, u64>, veil: &Option<Veil>) -> BTreeMap<String, u64> {
    for (rule, count) in veil.iter().flat_map(Veil::counts) {
        *counts.entry(rule).or_default() += count;
    }
    counts
}

/// The rows in view, covered where that is wanted.
fn rows(screen: &Screen, veil: &mut Option<Veil>) -> Vec<Vec<Run>> {
    match veil {
        Some(veil) => veil.runs(screen),
        None => (0..usize::from(screen.size().rows))
            .map(|row| screen.row_runs(row))
            .collect(),
    }
}

/// For writes of an export: the path in the message is the recording's.
fn broken(reader: &Reader) -> impl Fn(io::Error) -> Error + use<> {
    let path = reader.path().to_path_buf();
    move |e| Error::io("write the export of", &path)(e)
}
