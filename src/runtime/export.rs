//! Exports from the panel: a file in the working directory, never over one that is there, and its signed manifest.
//! Secrets are covered unless the configuration says otherwise or the format is raw.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::app::{Notice, Weight};
use crate::audit::{Actor, Event, Kind, Log};
use crate::config::{Config, Paths, Redact};
use crate::recording::export::{self, Asciicast, Made, Manifest, Report, View};
use crate::recording::redaction::Rules;
use crate::recording::{DeviceKey, Error, Keyring, Reader};

pub fn export(paths: &Paths, config: &Config, id: &str, path: &Path, format: &str) -> Notice {
    let extension = match format {
        "asciicast-v2" | "asciicast-v3" => "cast",
        "text" => "txt",
        "html" => "html",
        "svg" => "svg",
        _ => "raw",
    };
    let file = format!("{id}.{extension}");
    match write(paths, config, path, format, &file) {
        Ok(0) => Notice::new(Weight::Good, format!("written to {file}")),
        Ok(covered) => Notice::new(
            Weight::Good,
            format!("written to {file}, {covered} secrets covered"),
        ),
        Err(cause) => Notice::new(Weight::Bad, format!("{file} was not written: {cause}"))
            .hint("see that the working directory is writable and has no such file"),
    }
}

/// How many secrets were covered.
fn write(
    paths: &Paths,
    config: &Config,
    path: &Path,
    format: &str,
    file: &str,
) -> Result<u64, Box<dyn std::error::Error>> {
    let mut reader = Reader::open(path)?;
    reader.unlock(&Keyring::of(&config.recording))?;
    let covers = config.recording.redact != Redact::Off && format != "raw";
    let rules = covers.then(|| Rules::new(&config.redaction)).transpose()?;
    let view = View {
        rules: rules.map(Arc::new),
        ..View::from(&reader)
    };
    let device = DeviceKey::load_or_create(&paths.data_dir)?;
    let event = Event {
        sid: Some(reader.header().id),
        ..Event::new(Kind::RecordingExported, Actor::local())
    };
    Log::open(&paths.data_dir)?.append(event.with("how", format).with("redacted", covers))?;
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    let mut out = BufWriter::new(opened);
    let written = run(view.clone(), format, &mut out).map_err(Box::<dyn std::error::Error>::from);
    let written = written.and_then(|report| {
        out.flush()?;
        let manifest = manifest(&view, format, file, &report, &device)?;
        std::fs::write(format!("{file}.manifest.json"), manifest)?;
        Ok(report)
    });
    match written {
        Ok(report) => Ok(report.redacted.values().sum()),
        Err(cause) => {
            std::fs::remove_file(file)?;
            Err(cause)
        }
    }
}

fn manifest(
    view: &View,
    format: &str,
    file: &str,
    report: &Report,
    device: &DeviceKey,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let bytes = std::fs::read(file)?;
    let made = Made {
        format,
        sha256: Sha256::digest(&bytes).into(),
        size: bytes.len() as u64,
        report,
        actor: Actor::local().user,
        options: json!({}),
    };
    let manifest = Manifest::new(view, &made, device)?;
    serde_json::to_vec_pretty(&manifest).map_err(|cause| io::Error::from(cause).into())
}

fn run(view: View, format: &str, out: &mut impl Write) -> Result<Report, Error> {
    match format {
        "asciicast-v2" => export::asciicast(view, Asciicast::V2, out),
        "asciicast-v3" => export::asciicast(view, Asciicast::V3, out),
        "text" => export::text(view, out),
        "html" => export::html(view, out),
        "svg" => export::svg(view, out),
        _ => export::raw(view, out),
    }
}
