//! An export made a second time, by what its manifest says of it: whether the recording gives this very file is then
//! known, whoever signed.

use std::io;
use std::path::Path;

use clap::ValueEnum;
use serde_json::Value;

use super::super::{Context, Error};
use super::export::{Format, write};
use super::manifest::Hashing;
use super::{open, redacting};
use crate::recording;
use crate::recording::export::{Made, Manifest, View};

/// What came of it.
pub(super) enum Again {
    Same,
    Differs,
    /// It cannot be made again here, and why.
    Cannot(String),
}

/// Makes it again from the recording at `path`, into nothing.
pub(super) fn again(manifest: &Manifest, path: &Path, context: &Context) -> Result<Again, Error> {
    let (export, cannot) = (&manifest.export, |why: &str| Ok(Again::Cannot(why.into())));
    let said = |name: &str| export[name].as_str().unwrap_or_default();
    if said("tool_version") != env!("CARGO_PKG_VERSION") {
        return cannot("another version of this program made it");
    }
    let format = match Format::from_str(said("format"), false) {
        Ok(Format::Gif) => return cannot("a gif is another program's work and not the same twice"),
        Ok(format) => format,
        Err(_) => return cannot("its format is not known here"),
    };
    if !matches!(export["source"]["state"].as_str(), Some("sealed" | "recovered")) {
        return cannot("its recording was not closed yet");
    }
    let rules = redacting(context, !export["redaction"].is_null())?;
    let is_by = |sha256: [u8; 32]| export["redaction"]["rules_sha256"].as_str() == Some(&hex::encode(sha256));
    if rules.as_ref().is_some_and(|rules| !is_by(rules.sha256())) {
        return cannot("secrets were covered by other rules than those here");
    }
    let reader = match open(context, &path.display().to_string()) {
        Ok(reader) => reader,
        Err(error) => return cannot(&error.says),
    };
    let view = View {
        reader: &reader,
        from_us: export["range_us"][0].as_u64().unwrap_or(0),
        to_us: export["range_us"][1].as_u64(),
        rules,
    };
    let mut out = Hashing::new(io::sink());
    let report = match write(&view, format, &mut out) {
        Ok(report) => report,
        Err(error @ recording::Error::Locked { .. }) => return cannot(&error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let (sha256, size) = out.finish().1;
    let made = Made {
        format: &format.name(),
        sha256,
        size,
        report: &report,
        actor: None,
        options: serde_json::json!({ "at_us": at_us(export) }),
    };
    Ok(match manifest.describes(&view, &made)? {
        true => Again::Same,
        false => Again::Differs,
    })
}

/// The moment of a picture, which is where its stretch ends.
fn at_us(export: &Value) -> Option<u64> {
    let at = export["options"]["at_us"].as_u64();
    at.filter(|at| export["range_us"][1].as_u64() == Some(*at))
}
