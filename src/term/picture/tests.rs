//! Pictures of rows that are made here: what is a shape, what is text, and that neither can be anything else.

use super::*;
use crate::term::Look;
use proptest::prelude::*;

fn run(col: u16, text: &str, look: Look) -> Run {
    Run {
        look,
        col,
        wide: false,
        joined: false,
        text: text.into(),
    }
}

fn svg(rows: Vec<Vec<Run>>) -> String {
    Picture {
        title: "a <title>",
        size: Size { cols: 20, rows: 4 },
        rows,
        cursor: None,
        ground: Ground::Fixed {
            text: Colour::Rgb(1, 2, 3),
            page: Colour::Rgb(4, 5, 6),
        },
    }
    .svg()
}

#[test]
fn a_picture_with_colours_of_its_own_names_none_of_the_viewers() {
    let bold = Look {
        bold: true,
        ..Look::default()
    };
    let reversed = Look {
        reversed: true,
        ..Look::default()
    };
    let picture = svg(vec![vec![run(0, "ab", bold)], vec![run(0, "cd", reversed)]]);
    assert!(!picture.contains("var(--"), "{picture}");
    assert!(
        picture.contains("fill:#010203;font-weight:bold"),
        "the text's own colour: {picture}"
    );
    assert!(
        picture.contains("{fill:#040506;}"),
        "the page's on that of the text: {picture}"
    );
}

#[test]
fn text_is_text_and_a_bar_is_a_shape() {
    let picture = svg(vec![vec![run(0, "a▄▄b", Look::default())]]);
    assert!(
        picture.contains(r#"<text x="10.0 35.2" y="23.5">ab</text>"#),
        "{picture}"
    );
    // Two neighbours, lower half: one rectangle.
    assert!(
        picture.contains(r#"d="M18.40 19.00h16.80v9.00h-16.80z""#),
        "{picture}"
    );
    assert!(!picture.contains('▄') && picture.contains("a &lt;title&gt;"));
}

#[test]
fn every_block_braille_and_box_character_has_a_shape() {
    for c in ('─'..='╿').chain('▀'..='▟').chain('\u{2801}'..='⣿') {
        let picture = svg(vec![vec![run(0, &c.to_string(), Look::default())]]);
        assert!(
            picture.contains("<path") && !picture.contains("<text x"),
            "{c}: {picture}"
        );
    }
}

#[test]
fn backgrounds_that_lie_together_are_one_rectangle() {
    let look = Look {
        bg: Colour::Rgb(9, 9, 9),
        ..Look::default()
    };
    let bold = Look { bold: true, ..look };
    let row = || vec![run(2, "ab", look), run(4, "c", bold)];
    let picture = svg(vec![row(), row(), vec![], row()]);
    let rects: Vec<&str> = picture.lines().filter(|line| line.contains("#090909")).collect();
    assert_eq!(rects.len(), 2, "{rects:?}");
    assert!(rects[0].contains(r#"width="25.2" height="36""#), "{rects:?}");
}

#[test]
fn wide_letters_take_two_places() {
    let wide = Run {
        wide: true,
        ..run(1, "결제", Look::default())
    };
    let picture = svg(vec![vec![wide]]);
    assert!(picture.contains(r#"x="19.8 36.6""#), "{picture}");
}

proptest! {
    #[test]
    fn no_text_becomes_markup(text in "\\PC{0,20}") {
        let picture = svg(vec![vec![run(0, &text, Look::default())]]);
        let inner = picture.split_once("</style>").unwrap().1;
        for tag in inner.split('<').skip(1) {
            let name: String = tag.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
            prop_assert!(["rect", "g", "path", "text", "svg", ""].contains(&name.as_str()), "{}", tag);
        }
    }
}
