//! What was shown, as plain text: every line that scrolled away and the last screen; both screens where a full-screen
//! program never ended. No escape sequence is left in it.

use super::{Report, View, broken, covered};
use crate::recording::player::show;
use crate::recording::redaction::{Row, Veil};
use crate::recording::{Error, What};
use crate::term::Screen;
use std::io::{self, Write};

/// So much is fed at once that the scrollback never overflows: even bytes that are all line feeds fit.
const PIECE: usize = 1_024;
/// A program may wipe the scrollback; what is in it is written out before.
const WIPE: &[u8] = b"\x1b[3J";
/// Breaks off what is half sent, and shows the main screen again.
const MAIN: &[u8] = b"\x18\x1b[?1049l";

/// Of a later stretch it begins with what was on the screen then.
pub fn text<'r>(view: impl Into<View<'r>>, out: &mut impl Write) -> Result<Report, Error> {
    let view = view.into();
    let broken = broken(view.reader);
    let mut report = Report::default();
    let (mut screen, mut events) = view.start()?;
    let mut veil = view.veil();
    if screen.history() > 0 {
        screen.feed(WIPE);
    }
    for event in &mut events {
        let event = event?;
        report.events += 1;
        let (What::Output(bytes) | What::Stderr(bytes)) = &event.what else {
            show(&mut screen, &event.what);
            continue;
        };
        for part in bytes.chunks(PIECE) {
            let mut rest = part;
            while let Some(at) = rest[1.min(rest.len())..]
                .windows(WIPE.len())
                .position(|w| w == WIPE)
            {
                let (before, from) = rest.split_at(at + 1);
                show(&mut screen, &What::Output(before.to_vec()));
                drain(&mut screen, &mut veil, out).map_err(&broken)?;
                rest = from;
            }
            show(&mut screen, &What::Output(rest.to_vec()));
            drain(&mut screen, &mut veil, out).map_err(&broken)?;
        }
    }
    drain(&mut screen, &mut veil, out).map_err(&broken)?;
    let last = seen(&screen, &mut veil);
    if screen.modes().alt_screen {
        screen.feed(MAIN);
        drain(&mut screen, &mut veil, out).map_err(&broken)?;
        writeln!(out, "{}", seen(&screen, &mut veil)).map_err(&broken)?;
    }
    writeln!(out, "{last}").map_err(&broken)?;
    report.redacted = covered(events.redacted(), &veil);
    Ok(report)
}

/// The screen's text, covered where that is wanted.
fn seen(screen: &Screen, veil: &mut Option<Veil>) -> String {
    match veil {
        Some(veil) => veil.text(screen),
        None => screen.text(),
    }
}

/// Writes the scrollback's lines, oldest first, and empties it; in the middle of a sequence it must wait.
fn drain(screen: &mut Screen, veil: &mut Option<Veil>, out: &mut impl Write) -> io::Result<()> {
    if !screen.is_ground() {
        return Ok(());
    }
    let mut left = screen.history();
    let mut gone: Vec<Row> = Vec::new();
    while left > 0 {
        screen.scroll_to_end();
        screen.scroll(i32::try_from(left).unwrap_or(i32::MAX));
        let rows = left.min(usize::from(screen.size().rows));
        left -= rows;
        match veil {
            Some(_) => gone.extend((0..rows).map(|row| Row::of(screen, row))),
            None => (0..rows).try_for_each(|row| writeln!(out, "{}", screen.row_text(row)))?,
        }
    }
    if let Some(veil) = veil {
        for line in veil.lines(&gone) {
            writeln!(out, "{line}")?;
        }
    }
    screen.scroll_to_end();
    if screen.history() > 0 {
        screen.feed(WIPE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{DeviceKey, End, Header, Reader, Writer};

    #[test]
    fn a_program_that_never_ended_does_not_cover_what_stood_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut writer = Writer::create(dir.path(), Header::new("shell", (40, 6)), &key).unwrap();
        let lines: String = (0..9).map(|n| format!("before {n}\r\n")).collect();
        writer.output(1, lines.as_bytes()).unwrap();
        writer.output(2, b"\x1b[?1049h\x1b[Heditor\x1b[3").unwrap();
        let sealed = writer.end(3, End::default()).unwrap();
        let mut out = Vec::new();
        text(&Reader::open(&sealed.path).unwrap(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let expected: String = (0..9).map(|n| format!("before {n}\n")).collect();
        assert_eq!(out, expected + "editor\n");
    }
}
