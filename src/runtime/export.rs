//! Exports from the panel: a file in the working directory, never over one that is there.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::app::{Notice, Weight};
use crate::audit::{Actor, Event, Kind, Log};
use crate::config::Paths;
use crate::recording::export::{self, Asciicast};
use crate::recording::{Error, Keyring, Reader};

pub fn export(paths: &Paths, keyring: &Keyring, id: &str, path: &Path, format: &str) -> Notice {
    let extension = match format {
        "asciicast-v2" | "asciicast-v3" => "cast",
        "text" => "txt",
        _ => "raw",
    };
    let file = format!("{id}.{extension}");
    let mut reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(cause) => return failed(&file, &cause),
    };
    if let Err(cause) = reader.unlock(keyring) {
        return failed(&file, &cause);
    }
    match write(paths, &reader, format, &file) {
        Ok(()) => Notice::new(Weight::Good, format!("written to {file}")),
        Err(cause) => Notice::new(Weight::Bad, format!("{file} was not written: {cause}"))
            .hint("see that the working directory is writable and has no such file"),
    }
}

fn failed(file: &str, cause: &Error) -> Notice {
    let says = format!("{file} was not written: {cause}");
    Notice::new(Weight::Bad, says).hint(cause.hint().unwrap_or_default())
}

fn write(paths: &Paths, reader: &Reader, format: &str, file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let event = Event {
        sid: Some(reader.header().id),
        ..Event::new(Kind::RecordingExported, Actor::local())
    };
    Log::open(&paths.data_dir)?.append(event.with("how", format))?;
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    let mut out = BufWriter::new(opened);
    let written = run(reader, format, &mut out).map_err(Box::<dyn std::error::Error>::from);
    let written = written.and_then(|()| out.flush().map_err(|cause: io::Error| cause.into()));
    if written.is_err() {
        std::fs::remove_file(file)?;
    }
    written
}

fn run(reader: &Reader, format: &str, out: &mut impl Write) -> Result<(), Error> {
    match format {
        "asciicast-v2" => export::asciicast(reader, Asciicast::V2, out).map(|_| ()),
        "asciicast-v3" => export::asciicast(reader, Asciicast::V3, out).map(|_| ()),
        "text" => export::text(reader, out).map(|_| ()),
        _ => export::raw(reader, out).map(|_| ()),
    }
}
