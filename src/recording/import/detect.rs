//! Which recorder made a file, from what is in it; names and extensions do not count.

use super::file::File;
use super::ttyrec;
use crate::recording::Error;

/// A recorder's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// asciinema, version 1, 2 or 3.
    Asciicast,
    /// ttyrec, ovh-ttyrec, termrec.
    Ttyrec,
    /// util-linux `script` with a timing file, classic or multi-stream.
    Script,
    /// The directory of a sudo I/O log.
    Sudo,
}

/// The line that `script` begins a typescript with.
pub(super) const TYPESCRIPT: &[u8] = b"Script started on ";

pub(super) fn detect(file: &File) -> Result<Format, Error> {
    let text = file.bytes.trim_ascii_start();
    if text.starts_with(b"{") || text.is_empty() {
        return Ok(Format::Asciicast);
    }
    if file.bytes.starts_with(TYPESCRIPT) {
        return Ok(Format::Script);
    }
    if ttyrec::is_ttyrec(&file.bytes) {
        return Ok(Format::Ttyrec);
    }
    Err(file.bad_line(
        1,
        "this is no recording of a kind that is known: no asciicast, ttyrec or typescript",
    ))
}
