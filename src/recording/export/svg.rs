//! The screen of one moment as a picture that scales, in the viewer's own choice of dark or light.

use super::{Report, View, broken, covered, html, rows};
use crate::recording::Error;
use crate::recording::player::show;
use crate::recording::redaction::Veil;
use crate::term::Screen;
use crate::term::picture::{Ground, Picture};
use std::io::Write;

/// The screen at the end of the view's stretch.
pub fn svg<'r>(view: impl Into<View<'r>>, out: &mut impl Write) -> Result<Report, Error> {
    let view = view.into();
    let (mut screen, mut events) = view.start()?;
    let mut report = Report::default();
    for event in &mut events {
        show(&mut screen, &event?.what);
        report.events += 1;
    }
    let mut veil = view.veil();
    let picture = draw(&screen, &mut veil, &html::title(&view));
    report.redacted = covered(events.redacted(), &veil);
    out.write_all(picture.as_bytes()).map_err(broken(view.reader))?;
    Ok(report)
}

fn draw(screen: &Screen, veil: &mut Option<Veil>, title: &str) -> String {
    let size = screen.size();
    Picture {
        title,
        size,
        rows: rows(screen, veil),
        cursor: screen.cursor(),
        ground: Ground::Viewer,
    }
    .svg()
}
