//! The screen of one moment as a picture that scales: text as text, each character at its column.

use super::style::{Fill, Styles, colours, themes};
use super::{Report, View, broken, html};
use crate::recording::Error;
use crate::recording::player::show;
use crate::term::{Run, Screen};
use std::fmt::Write as _;
use std::io::Write;

/// Of a cell, and from its top to the line that letters stand on.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const BASE: f64 = 13.5;
const EDGE: f64 = 10.0;

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
    let (mut styles, mut back, mut text) = (Styles::default(), String::new(), String::new());
    for row in 0..size.rows {
        for run in screen.row_runs(usize::from(row)) {
            rect(&mut back, &run, row);
            letters(&mut text, &run, row, &mut styles);
        }
    }
    if let Some((col, row)) = screen.cursor() {
        let (x, y) = place(col, row);
        let _ = writeln!(
            back,
            r#"<rect class="cursor" x="{x:.1}" y="{y:.1}" width="{WIDTH}" height="{HEIGHT}"/>"#
        );
    }
    let (wide, high) = place(size.cols, size.rows);
    let (wide, high) = (wide + EDGE, high + EDGE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.1} {high:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\">\n\
         <title>{}</title>\n<style>{}text{{font:14px ui-monospace,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;\
         fill:var(--fg);white-space:pre}}.cursor{{fill:none;stroke:var(--fg)}}\n{}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" style=\"fill:var(--bg)\"/>\n{back}{text}</svg>\n",
        escaped(title),
        themes(false),
        styles.css(Fill::Svg)
    )
}

fn place(col: u16, row: u16) -> (f64, f64) {
    (EDGE + f64::from(col) * WIDTH, EDGE + f64::from(row) * HEIGHT)
}

fn cells(run: &Run) -> u16 {
    let count = if run.joined { 1 } else { run.text.chars().count() };
    count as u16 * if run.wide { 2 } else { 1 }
}

fn rect(out: &mut String, run: &Run, row: u16) {
    let Some(bg) = colours(&run.look).1 else { return };
    let (x, y) = place(run.col, row);
    let width = f64::from(cells(run)) * WIDTH;
    let _ = writeln!(
        out,
        r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{HEIGHT}" style="fill:{bg}"/>"#
    );
}

fn letters(out: &mut String, run: &Run, row: u16, styles: &mut Styles) {
    if run.text.trim().is_empty() && run.look.underline == crate::term::Underline::None && !run.look.struck {
        return;
    }
    let (x, y) = place(run.col, row);
    let step = if run.wide { 2.0 * WIDTH } else { WIDTH };
    // A place for each character: fonts do not agree about widths.
    let mut places = format!("{x:.1}");
    if !run.joined {
        for at in 1..run.text.chars().count() {
            let _ = write!(places, " {:.1}", x + at as f64 * step);
        }
    }
    let class = match styles.number(run.look) {
        0 => String::new(),
        number => format!(" class=\"s{number}\""),
    };
    let _ = writeln!(
        out,
        "<text x=\"{places}\" y=\"{:.1}\"{class}>{}</text>",
        y + BASE,
        escaped(&run.text)
    );
}

fn escaped(text: &str) -> String {
    // What XML 1.0 has no place for is not drawn either.
    let clean = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let mut out = String::new();
    for c in clean {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}
