//! The screen of one moment as a picture that scales, in the viewer's own choice of dark or light.

use super::{Report, View, broken, html};
use crate::recording::Error;
use crate::recording::player::show;
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
    report.redacted = events.redacted();
    let picture = draw(&screen, &html::title(&view));
    out.write_all(picture.as_bytes()).map_err(broken(view.reader))?;
    Ok(report)
}

fn draw(screen: &Screen, title: &str) -> String {
    let size = screen.size();
    let rows = (0..size.rows).map(|row| screen.row_runs(usize::from(row)));
    Picture {
        title,
        size,
        rows: rows.collect(),
        cursor: screen.cursor(),
        ground: Ground::Viewer,
    }
    .svg()
}
