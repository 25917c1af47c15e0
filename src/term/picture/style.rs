//! Looks as classes of a style sheet, each once, for pages and for pictures. Only numbers that are made here get into it.

use crate::term::{Colour, Look, Underline};
use std::collections::HashMap;
use std::fmt::Write;

/// The 16 named colours on a dark and on a light page.
const DARK: [&str; 16] = [
    "#2e3440", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4", "#6b7280",
    "#ff7b86", "#b5e890", "#ffd88a", "#82c4ff", "#dd92f5", "#74d4e0", "#ffffff",
];
const LIGHT: [&str; 16] = [
    "#1f2328", "#b3261e", "#2e7d32", "#8a6100", "#0b57d0", "#8e24aa", "#00696e", "#8c929b", "#5f6670",
    "#d3362d", "#388e3c", "#a87400", "#1a73e8", "#a63bc4", "#00838a", "#c3c8cf",
];

#[derive(Default)]
pub struct Styles {
    numbers: HashMap<Look, usize>,
    looks: Vec<Look>,
}

impl Styles {
    /// The number of a look's class; 0 is the default look.
    pub fn number(&mut self, look: Look) -> usize {
        if look == Look::default() {
            return 0;
        }
        *self.numbers.entry(look).or_insert_with(|| {
            self.looks.push(look);
            self.looks.len()
        })
    }

    /// One rule a look, `.s1` and on.
    pub fn css(&self, fill: Fill) -> String {
        let mut css = String::new();
        for (at, look) in self.looks.iter().enumerate() {
            let _ = writeln!(css, ".s{}{{{}}}", at + 1, declarations(look, fill));
        }
        css
    }
}

/// Which property the colour of text is in.
#[derive(Clone, Copy, PartialEq)]
pub enum Fill {
    Html,
    Svg,
}

fn declarations(look: &Look, fill: Fill) -> String {
    let (fg, bg) = colours(look);
    let mut css = String::new();
    let property = if fill == Fill::Svg { "fill" } else { "color" };
    let _ = write!(css, "{property}:{fg};");
    if let Some(bg) = bg.filter(|_| fill == Fill::Html) {
        let _ = write!(css, "background:{bg};");
    }
    for (is_on, what) in [
        (look.bold, "font-weight:bold;"),
        (look.faint, "opacity:.65;"),
        (look.italic, "font-style:italic;"),
    ] {
        css.push_str(if is_on { what } else { "" });
    }
    let style = match look.underline {
        Underline::None | Underline::Single => "",
        Underline::Double => " double",
        Underline::Curl => " wavy",
        Underline::Dotted => " dotted",
        Underline::Dashed => " dashed",
    };
    let under = if look.underline == Underline::None {
        ""
    } else {
        " underline"
    };
    let through = if look.struck { " line-through" } else { "" };
    if !(under.is_empty() && through.is_empty()) {
        let colour = match look.underline_colour {
            Colour::Default => String::new(),
            other => format!(" {}", ink(other, "--fg")),
        };
        let _ = write!(
            css,
            "text-decoration:{}{style}{colour};",
            format!("{under}{through}").trim_start()
        );
    }
    css
}

/// Text and background as they are seen, reversed or not; no background where it is the page's.
pub(super) fn colours(look: &Look) -> (String, Option<String>) {
    if look.reversed {
        return (ink(look.bg, "--bg"), Some(ink(look.fg, "--fg")));
    }
    let bg = (look.bg != Colour::Default).then(|| ink(look.bg, "--bg"));
    (ink(look.fg, "--fg"), bg)
}

pub(super) fn ink(colour: Colour, default: &str) -> String {
    match colour {
        Colour::Default => format!("var({default})"),
        Colour::Named(n) => format!("var(--c{n})"),
        Colour::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    }
}

/// The variables of both themes: by what the viewer prefers, and by a class of the root where `switch` wants one.
pub fn themes(switch: bool) -> String {
    let theme = |fg, bg, named: &[&str; 16]| {
        let mut css = format!("--fg:{fg};--bg:{bg};");
        for (n, colour) in named.iter().enumerate() {
            let _ = write!(css, "--c{n}:{colour};");
        }
        css
    };
    let (dark, light) = (
        theme("#d7dae0", "#16181d", &DARK),
        theme("#1f2328", "#fbfbfa", &LIGHT),
    );
    let mut css = format!(":root{{{dark}}}\n@media(prefers-color-scheme:light){{:root{{{light}}}}}\n");
    if switch {
        let _ = write!(css, ":root.dark{{{dark}}}\n:root.light{{{light}}}\n");
    }
    css
}

/// One of the 16 named colours as it is on a dark page.
pub fn named(number: u8) -> Colour {
    let hex = DARK[usize::from(number % 16)];
    let part =
        |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or_default(), 16).unwrap_or_default();
    Colour::Rgb(part(1), part(3), part(5))
}
