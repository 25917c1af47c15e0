//! Pictures of buffers that are painted here.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::*;
use crate::config::Theme;

fn painted(paint: impl Fn(&mut Buffer)) -> String {
    let theme = Theme::named("quarterdeck").unwrap();
    let mut buf = Buffer::empty(Rect::new(0, 0, 30, 4));
    let style = |role| theme.style(role);
    buf.set_style(buf.area, theme.style(Role::Background));
    paint(&mut buf);
    svg(&buf, "costs", &Look::new(&style))
}

#[test]
fn what_is_reversed_has_its_ground_in_the_colour_of_its_text() {
    let svg = painted(|buf| {
        let style = Style::new()
            .fg(Color::Rgb(200, 10, 20))
            .add_modifier(Modifier::REVERSED);
        buf.set_string(3, 1, "EC2", style);
    });
    assert!(svg.contains("style=\"fill:#c80a14\""), "{svg}");
    assert!(svg.contains(">EC2</text>"));
}

#[test]
fn a_wide_letter_hides_the_cell_behind_it() {
    let svg = painted(|buf| {
        buf.set_string(0, 0, "결제 서버", Style::new());
    });
    assert!(
        svg.contains(">결제</text>") && svg.contains(">서버</text>"),
        "{svg}"
    );
}

#[test]
fn a_picture_has_the_pixels_of_its_cells_and_says_which_letters_it_has_not() {
    let svg = painted(|buf| {
        buf.set_string(0, 0, "total 12.50 ▲ \u{10fffd}", Style::new());
    });
    let png = png(&svg).unwrap();
    assert!(png.bytes.starts_with(b"\x89PNG"));
    let side = |at: usize| u32::from_be_bytes(png.bytes[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), ((30 * 84 / 10 + 20) * 2, (4 * 18 + 20) * 2));
    assert_eq!(png.missing.iter().collect::<String>(), "\u{10fffd}");
    assert!(png.says_missing().unwrap().contains("install"));
}

#[test]
fn the_format_is_in_the_name_of_the_file() {
    for (name, format) in [
        ("a.svg", Some(Format::Svg)),
        ("a/b.PNG", Some(Format::Png)),
        ("png", None),
        ("a.gif", None),
    ] {
        assert_eq!(Format::of(std::path::Path::new(name)), format, "{name}");
    }
}
