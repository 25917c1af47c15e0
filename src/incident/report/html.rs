//! The report as one page that needs nothing else and runs nothing. Foreign text is escaped and kept to its own direction;
//! the page forbids itself every script and every address.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Report;
use super::part::{Line, Part, Piece, parts};
use super::text::{self, Zone, line};

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn html(report: &Report, zone: &Zone) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style></head><body>\n",
        escaped(&report.title)
    );
    let _ = writeln!(
        out,
        "<h1>{}</h1><p><span class=\"badge {}\">{}</span> <span class=\"badge\">{}</span></p>",
        own(&report.title),
        report.severity,
        report.severity,
        report.status.as_str(),
    );
    for part in parts(report, zone) {
        paint(&part, &mut out);
    }
    out.push_str("</body></html>\n");
    out
}

fn paint(part: &Part, out: &mut String) {
    // A string takes everything that is written to it.
    let _ = match part {
        Part::Section(title) => writeln!(out, "<h2>{title}</h2>"),
        Part::Heading(pieces) => writeln!(out, "<h3>{}</h3>", words(pieces)),
        Part::Paragraph(pieces) => writeln!(out, "<p>{}</p>", words(pieces)),
        Part::Quote(text) => writeln!(out, "<blockquote>{}</blockquote>", own(text)),
        Part::Table { heads, rows } => {
            table(heads, rows, out);
            Ok(())
        }
        Part::List(items) => {
            let items: String = items
                .iter()
                .map(|item| format!("<li>{}</li>\n", words(item)))
                .collect();
            writeln!(out, "<ul>\n{items}</ul>")
        }
        Part::Task(pieces) => writeln!(out, "<ul>\n<li>☐ {}</li>\n</ul>", words(pieces)),
        Part::Output(text) => writeln!(out, "<pre dir=\"auto\">{}</pre>", markup(&text::lines(text))),
    };
}

fn table(heads: &[&str], rows: &[Vec<Line>], out: &mut String) {
    out.push_str("<table>");
    if heads.iter().any(|head| !head.is_empty()) {
        let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
        let _ = write!(out, "<thead><tr>{heads}</tr></thead>");
    }
    out.push_str("<tbody>\n");
    for row in rows {
        let cells: String = row
            .iter()
            .map(|cell| format!("<td>{}</td>", words(cell)))
            .collect();
        let _ = writeln!(out, "<tr>{cells}</tr>");
    }
    out.push_str("</tbody></table>\n");
}

fn words(pieces: &Line) -> String {
    let word = |piece: &Piece| match piece {
        Piece::Text(text) => escaped(text),
        Piece::Own(text) => own(text),
        Piece::Code(text) => format!("<code>{}</code>", own(text)),
        Piece::Strong(text) => format!("<b>{}</b>", own(text)),
        Piece::Bad(text) => format!("<b class=\"bad\">{text}</b>"),
        Piece::Aside(text) => format!("<i>{}</i>", own(text)),
        Piece::Break => "<br>".to_owned(),
    };
    pieces.iter().map(word).collect()
}

fn escaped(text: &str) -> String {
    markup(&line(text))
}

fn markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Foreign text, whichever way it is written.
fn own(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("<bdi>{}</bdi>", escaped(text)),
    }
}
