//! The screen by what programs send it: text, modes, titles, replies, selection.

use alacritty_terminal::vte::ansi::NamedColor;
use proptest::prelude::*;
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::sample::sequence;
use super::{Direction, PaneLook, Screen, Size};

fn screen(cols: u16, rows: u16, bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(Size { cols, rows }, 50);
    screen.feed(bytes);
    screen
}

fn painted(screen: &Screen, look: &PaneLook) -> Buffer {
    let Size { cols, rows } = screen.size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, cols, rows));
    screen.paint(buffer.area, &mut buffer, look);
    buffer
}

fn width(buffer: &Buffer, at: (u16, u16)) -> u16 {
    match buffer[at].diff_option {
        CellDiffOption::ForcedWidth(width) => width.get(),
        other => panic!("cell {at:?} has {other:?} instead of a forced width"),
    }
}

#[test]
fn a_screen_can_move_to_another_thread() {
    let moved = std::thread::spawn(|| screen(9, 1, b"moved")).join().unwrap();
    assert_eq!(moved.text(), "moved");
}

#[test]
fn the_older_ways_to_the_alternate_screen_work_too() {
    for mode in [47, 1047] {
        let bytes = format!("main\x1b[?1048h\x1b[?{mode}h\x1b[2J\x1b[Hother\x1b[?{mode}l\x1b[?1048l!");
        assert_eq!(screen(9, 2, bytes.as_bytes()).text(), "main!");
    }
}

#[test]
fn a_shell_session_shows_as_text() {
    let screen = screen(20, 4, b"$ ls\r\na\tb\r\n\x1b[31m$\x1b[0m ");
    assert_eq!(screen.text(), "$ ls\na       b\n$");
    assert_eq!(screen.row_text(1), "a       b");
    assert_eq!(screen.row_text(99), "");
    assert_eq!(screen.cursor(), Some((2, 2)));
}

#[test]
fn no_letter_is_lost_where_a_character_is_split_between_reads() {
    let text = "éa日b€cé";
    for cut in 0..text.len() {
        let mut screen = screen(20, 1, &text.as_bytes()[..cut]);
        screen.feed(&text.as_bytes()[cut..]);
        assert_eq!(screen.text(), text, "cut at {cut}");
    }
}

#[test]
fn questions_are_answered_and_titles_are_not() {
    let mut screen = screen(
        20,
        4,
        b"\x1b[2;3H\x1b[6n\x1b[c\x1b[18t\x1b]4;1;?\x07\x1b[?2004$p\x1b[>5u\x1b[?u",
    );
    let replies = String::from_utf8(screen.take_replies()).unwrap();
    let expected = "\x1b[2;3R\x1b[?6c\x1b[8;4;20t\x1b]4;1;rgb:cdcd/0000/0000\x07\x1b[?2004;2$y\x1b[?5u";
    assert_eq!(replies, expected);
    screen.feed(b"\x1b]2;evil\x07\x1b[21t\x1b[20t\x05\x1b]52;c;?\x07");
    assert_eq!(screen.take_replies(), b"");
}

#[test]
fn title_bell_and_clipboard_are_handed_over_clean() {
    let mut screen = screen(
        20,
        4,
        "\x1b]0;a\u{202e}\u{9b}b\x07\x07\x1b]52;c;aGk=\x07".as_bytes(),
    );
    assert_eq!(screen.title(), "ab");
    assert!(screen.take_bell() && !screen.take_bell());
    assert_eq!(screen.take_clipboard().as_deref(), Some("hi"));
    assert_eq!(screen.take_clipboard(), None);
    screen.feed(b"\x1b[22t\x1b]0;other\x07\x1b[23t");
    assert_eq!(screen.title(), "ab");
}

#[test]
fn a_synchronized_update_waits_for_its_end_or_its_time() {
    let mut screen = screen(20, 4, b"old\x1b[?2026hnew");
    assert_eq!((screen.text().as_str(), screen.is_ground()), ("old", false));
    assert!(screen.sync_until().is_some());
    screen.flush_sync();
    assert_eq!((screen.text().as_str(), screen.is_ground()), ("oldnew", true));
    screen.feed(b"\x1b[?2026h!\x1b[?2026l");
    assert_eq!((screen.text().as_str(), screen.sync_until()), ("oldnew!", None));
}

#[test]
fn scrollback_is_capped_and_the_view_holds_still_while_text_arrives() {
    let mut screen = Screen::new(Size { cols: 20, rows: 3 }, 10);
    (0..30).for_each(|line| screen.feed(format!("line {line}\r\n").as_bytes()));
    assert_eq!(screen.history(), 10);
    screen.scroll(4);
    let before = screen.text();
    screen.feed(b"more\r\n");
    assert_eq!(
        (screen.text(), screen.scrolled(), screen.cursor()),
        (before, 5, None)
    );
    screen.feed(b"\x1b[2;3r\x1b[3;1H\n\n\n\n\n\n\n\n\n\n\n\n");
    assert!(screen.scrolled() <= screen.history());
    screen.scroll(i32::MIN);
    assert_eq!(screen.scrolled(), 0);
}

#[test]
fn the_main_screen_comes_back_from_the_alternate_one_even_after_a_resize() {
    let mut screen = screen(20, 4, b"one two three\r\nlast\x1b[?1049h\x1b[2J\x1b[Hfull screen");
    assert_eq!(screen.text(), "full screen");
    assert!(screen.modes().alt_screen);
    screen.resize(Size { cols: 8, rows: 4 });
    screen.feed(b"\x1b[?1049l");
    assert_eq!(screen.text(), "one two\nthree\nlast");
    screen.resize(Size { cols: 30, rows: 8 });
    assert_eq!(screen.text(), "one two three\nlast");
}

#[test]
fn origin_mode_moves_count_from_the_margin_once() {
    let screen = screen(
        10,
        8,
        b"\x1b[3;6r\x1b[?6h\x1b[2;1H\x1b[5Gx\x1b[Ay\x1b[9Az\x1b[9Bw",
    );
    assert_eq!(screen.text(), "\n\n     yz\n    x\n\n       w");
}

#[test]
fn half_a_wide_character_is_never_left_over() {
    for (edit, text) in [
        ("\x1b[3G\x1b[P", "12 4"),
        ("\x1b[3G\x1b[X", "12  4"),
        ("\x1b[4G\x1b[K", "12"),
        ("\x1b[3G\x1b[1K", "    4"),
        ("\x1b[4G\x1b[@", "12   4"),
        ("\x1b[4G\x1b[4hx", "12 x 4"),
        ("\x1b[4Gx", "12 x4"),
    ] {
        assert_eq!(
            screen(9, 1, format!("12日4{edit}").as_bytes()).text(),
            text,
            "{edit:?}"
        );
    }
}

#[test]
fn alignment_opens_the_margins_and_homes_the_cursor() {
    let screen = screen(3, 3, b"\x1b[2;3r\x1b[3;3H\x1b#8x");
    assert_eq!(
        (screen.text().as_str(), screen.cursor()),
        ("xEE\nEEE\nEEE", Some((1, 0)))
    );
}

#[test]
fn colors_and_attributes_reach_the_buffer() {
    let bytes =
        b"\x1b[31ma\x1b[91mb\x1b[38;5;200mc\x1b[38;2;1;2;3md\x1b[0;1;2;3;4;7;9;44me\x1b[0;8mf\x1b[0mg";
    let mut screen = screen(10, 1, bytes);
    let base = Style::new().fg(Color::Indexed(250)).bg(Color::Black);
    let look = PaneLook {
        text: base,
        ..PaneLook::default()
    };
    let buffer = painted(&screen, &look);
    let fg: Vec<_> = (0..4).map(|x| buffer[(x, 0)].fg).collect();
    assert_eq!(
        fg,
        [
            Color::Red,
            Color::LightRed,
            Color::Indexed(200),
            Color::Rgb(1, 2, 3)
        ]
    );
    let all = Modifier::BOLD
        | Modifier::DIM
        | Modifier::ITALIC
        | Modifier::UNDERLINED
        | Modifier::REVERSED
        | Modifier::CROSSED_OUT;
    assert_eq!((buffer[(4, 0)].modifier, buffer[(4, 0)].bg), (all, Color::Blue));
    assert_eq!(buffer[(5, 0)].symbol(), " ");
    assert_eq!(
        (buffer[(6, 0)].fg, buffer[(9, 0)].bg),
        (Color::Indexed(250), Color::Black)
    );

    screen.feed(b"\x1b]4;1;#0a0b0c\x07");
    assert_eq!(painted(&screen, &look)[(0, 0)].fg, Color::Rgb(10, 11, 12));
    let plain = painted(
        &screen,
        &PaneLook {
            text: Style::new(),
            colors: false,
            ..look
        },
    );
    assert!(
        plain
            .content
            .iter()
            .all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset))
    );
    assert_eq!(plain[(4, 0)].modifier, all);
}

#[test]
fn every_cell_forces_its_width() {
    let screen = screen(9, 1, "日e\u{301}❤\u{fe0f}x本".as_bytes());
    let buffer = painted(&screen, &PaneLook::default());
    let cells: Vec<_> = (0..9)
        .map(|x| (buffer[(x, 0)].symbol(), width(&buffer, (x, 0))))
        .collect();
    assert_eq!(
        cells,
        [
            ("日", 2),
            (" ", 1),
            ("e\u{301}", 1),
            ("❤", 1),
            ("x", 1),
            ("本", 2),
            (" ", 1),
            (" ", 1),
            (" ", 1)
        ]
    );
    let mut narrow = Buffer::empty(Rect::new(0, 0, 6, 2));
    screen.paint(narrow.area, &mut narrow, &PaneLook::default());
    assert_eq!(
        (
            narrow[(5, 0)].symbol(),
            width(&narrow, (5, 0)),
            width(&narrow, (5, 1))
        ),
        (" ", 1, 1)
    );
}

#[test]
fn selection_and_matches_are_shown() {
    let mut screen = screen(12, 2, "err 日 err".as_bytes());
    screen.search("err", Direction::Up).unwrap();
    screen.select_start(4, 0);
    screen.select_to(4, 0);
    let buffer = painted(&screen, &PaneLook::default());
    let seen = |x| (buffer[(x, 0)].modifier - Modifier::HIDDEN).bits();
    let marked: Vec<_> = (0..12).map(seen).collect();
    let (found, reversed) = (Modifier::UNDERLINED.bits(), Modifier::REVERSED.bits());
    assert_eq!(marked[..3], [found; 3]);
    assert_eq!(marked[4..6], [reversed; 2]);
    assert_eq!(marked[7..10], [reversed; 3]);
    assert_eq!(marked[3] | marked[6] | marked[10], 0);
}

#[test]
fn hostile_amounts_are_bounded() {
    let mut screen = screen(20, 4, b"x");
    screen.feed("\u{301}".repeat(10_000).as_bytes());
    assert_eq!(screen.row_text(0).chars().count(), 9);
    screen.feed(&b"\x1b[>1u\x1b[22t\x1b[6n".repeat(10_000));
    assert!(screen.take_replies().len() <= 64 * 1024);
    assert!(screen.dump().len() < 2_000);
    screen.feed(b"\x1b]0;");
    (0..40).for_each(|_| screen.feed(&[b't'; 100_000]));
    screen.feed(b"\x07");
    assert_eq!(screen.title().chars().count(), 1_024);
    let huge = Screen::new(
        Size {
            cols: u16::MAX,
            rows: 0,
        },
        0,
    );
    assert_eq!(huge.size(), Size { cols: 1_000, rows: 1 });
}

#[test]
fn a_full_reset_also_forgets_colors() {
    let mut screen = screen(20, 4, b"\x1b]10;#010203\x07\x1b]4;1;#010203\x07");
    assert!(screen.engine.term.colors()[NamedColor::Foreground].is_some());
    screen.feed(b"\x1bc");
    assert_eq!(screen.dump(), Screen::new(Size { cols: 20, rows: 4 }, 0).dump());
}

proptest! {
    #[test]
    fn nothing_a_remote_sends_puts_control_characters_into_text_or_title(
        parts in prop::collection::vec(sequence(), 0..60),
        scrolled in 0i32..20,
        size in (2u16..30, 1u16..9),
    ) {
        let mut screen = Screen::new(Size { cols: 12, rows: 5 }, 20);
        screen.feed(&parts.concat());
        screen.scroll(scrolled);
        screen.search("a", Direction::Up).unwrap();
        screen.resize(Size { cols: size.0, rows: size.1 });
        screen.select_line(2);
        screen.select_word(3, 1);
        let texts = [screen.text(), screen.title().to_owned(), screen.selected_text().unwrap_or_default()];
        prop_assert!(texts.iter().all(|text| text.chars().all(|c| c == '\n' || !c.is_control())));
        screen.link_at(1, 1);
        let buffer = painted(&screen, &PaneLook::default());
        prop_assert!(buffer.content.iter().all(|cell| !cell.symbol().chars().any(char::is_control)));
    }
}

#[test]
fn what_a_wide_character_covered_is_written_again_when_it_is_gone() {
    let size = Size { cols: 4, rows: 1 };
    let area = Rect::new(0, 0, 4, 1);
    let picture = |bytes: &str| {
        let mut screen = Screen::new(size, 0);
        screen.feed(bytes.as_bytes());
        let mut buffer = Buffer::empty(area);
        screen.paint(area, &mut buffer, &PaneLook::default());
        buffer
    };
    let (before, after) = (picture("한x"), picture("  x"));
    let written: Vec<u16> = before.diff(&after).iter().map(|(x, _, _)| *x).collect();
    assert_eq!(written, [0, 1]);
}
