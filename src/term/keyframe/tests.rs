//! A keyframe is right if continuing from it cannot be told from never having stopped.

use alacritty_terminal::grid::{Dimensions, Grid};
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::Cell;
use proptest::prelude::*;

use crate::term::sample::{Stream, sequence, streams};
use crate::term::{Screen, Size};

/// Set it to try every cut instead of a sample.
const EVERY_CUT: &str = "QD_EVERY_CUT";

/// Bytes a stream is continued by in all, over the cuts of the sample.
const BYTES_A_STREAM: usize = 400_000;

/// How far a cut is continued in long streams when every cut is tried.
const REACH: usize = 64 * 1024;

/// Cells compared without the help of the dump.
fn cells(grid: &Grid<Cell>) -> Vec<String> {
    let line = |line: i32| {
        let cell = |cell: &Cell| {
            let marks = cell.zerowidth().unwrap_or_default();
            let link = cell
                .hyperlink()
                .map(|link| (link.id().to_owned(), link.uri().to_owned()));
            format!(
                "{:?}{:?}{:?}{:?}{marks:?}{:?}{link:?}",
                cell.c,
                cell.fg,
                cell.bg,
                cell.flags,
                cell.underline_color()
            )
        };
        grid[Line(line)].into_iter().map(cell).collect()
    };
    (0..grid.screen_lines() as i32).map(line).collect()
}

fn assert_same(a: &Screen, b: &Screen, what: &str) {
    assert!(a.dump() == b.dump(), "{what}: dumps differ");
    assert!(
        cells(a.engine.main()) == cells(b.engine.main()),
        "{what}: main screens differ"
    );
    assert_eq!(
        (a.text(), a.cursor(), a.modes()),
        (b.text(), b.cursor(), b.modes()),
        "{what}"
    );
    assert_eq!((a.title(), a.size()), (b.title(), b.size()), "{what}");
}

/// Ends of the stream at which it may be cut.
fn ground_cuts(stream: &Stream) -> Vec<usize> {
    let mut screen = Screen::new(stream.size, 0);
    let ground = |(at, byte): (usize, &u8)| {
        screen.feed(&[*byte]);
        screen.is_ground().then_some(at + 1)
    };
    stream.bytes.iter().enumerate().filter_map(ground).collect()
}

/// Restore at each cut, continue by at most `reach` bytes, compare with the uncut run.
fn try_cuts(stream: &Stream, cuts: &[usize], reach: usize) {
    let mut uncut = Screen::new(stream.size, 100);
    let mut ahead = Screen::new(stream.size, 100);
    let (mut uncut_at, mut ahead_at) = (0, 0);
    for cut in cuts {
        let end = stream.bytes.len().min(cut + reach);
        uncut.feed(&stream.bytes[uncut_at..*cut]);
        ahead.feed(&stream.bytes[ahead_at..end]);
        (uncut_at, ahead_at) = (*cut, end);
        let mut restored = Screen::restore(&uncut.dump(), 100).unwrap();
        restored.feed(&stream.bytes[*cut..end]);
        assert_same(
            &restored,
            &ahead,
            &format!("{} cut at {cut}, continued to {end}", stream.name),
        );
    }
}

#[test]
fn every_cut_continues_as_if_it_had_not_been() {
    let every = std::env::var_os(EVERY_CUT).is_some();
    let mut tried = 0;
    for stream in streams() {
        let mut cuts = ground_cuts(&stream);
        let len = stream.bytes.len();
        let reach = if every { REACH } else { len };
        if !every {
            let wanted = (BYTES_A_STREAM / len).clamp(2, 200);
            cuts = cuts
                .iter()
                .copied()
                .step_by((cuts.len() / wanted).max(1))
                .collect();
        }
        tried += cuts.len();
        try_cuts(&stream, &cuts, reach);
    }
    eprintln!("{tried} cuts");
}

#[derive(Debug, Clone)]
enum Step {
    Bytes(Vec<u8>),
    Resize(Size),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let resize = (2u16..24, 1u16..12).prop_map(|(cols, rows)| Step::Resize(Size { cols, rows }));
    prop::collection::vec(
        prop_oneof![12 => sequence().prop_map(Step::Bytes), 1 => resize],
        1..60,
    )
}

fn take(screen: &mut Screen, step: &Step) {
    match step {
        Step::Bytes(bytes) => screen.feed(bytes),
        Step::Resize(size) => screen.resize(*size),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_cuts_continue_exactly_through_resizes(steps in steps(), scrollback in 0usize..9) {
        let mut uncut = Screen::new(Size { cols: 12, rows: 5 }, scrollback);
        let mut restored: Vec<Screen> = Vec::new();
        for step in &steps {
            if uncut.is_ground() {
                restored.push(Screen::restore(&uncut.dump(), scrollback).unwrap());
            }
            take(&mut uncut, step);
            restored.iter_mut().for_each(|screen| take(screen, step));
        }
        for screen in &restored {
            assert_same(screen, &uncut, "random steps");
        }
    }

    #[test]
    fn the_split_of_the_stream_does_not_matter(parts in prop::collection::vec(sequence(), 1..40)) {
        let bytes = parts.concat();
        let size = Size { cols: 12, rows: 5 };
        let (mut whole, mut single) = (Screen::new(size, 9), Screen::new(size, 9));
        whole.feed(&bytes);
        bytes.iter().for_each(|byte| single.feed(&[*byte]));
        whole.flush_sync();
        single.flush_sync();
        assert_same(&whole, &single, "split");
        prop_assert_eq!(whole.take_replies(), single.take_replies());
    }

    #[test]
    fn damaged_dumps_give_an_error_or_a_screen_that_works(
        parts in prop::collection::vec(sequence(), 0..20),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        after in steps(),
    ) {
        let mut screen = Screen::new(Size { cols: 12, rows: 5 }, 9);
        screen.feed(&parts.concat());
        let mut dump = screen.dump();
        for (at, byte) in flips {
            let at = at.index(dump.len());
            dump[at] = byte;
        }
        if let Ok(mut screen) = Screen::restore(&dump, 9) {
            after.iter().for_each(|step| take(&mut screen, step));
            screen.select_start(0, 0);
            screen.select_to(99, 99);
            (screen.selected_text(), screen.text(), screen.cursor(), screen.dump());
        }
    }

    #[test]
    fn any_bytes_as_a_dump_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Screen::restore(&bytes, 9);
        let _ = Screen::restore(&[&[super::VERSION, 12, 5][..], &bytes].concat(), 9);
    }
}

#[test]
fn a_truncated_dump_is_refused_and_says_where() {
    let mut screen = Screen::new(Size { cols: 20, rows: 4 }, 0);
    screen.feed(b"\x1b[31mred\x1b[0m and \x1b]8;;http://a\x07link");
    let dump = screen.dump();
    for len in 0..dump.len() {
        let bad = Screen::restore(&dump[..len], 0)
            .err()
            .expect("a truncated dump is refused");
        assert!(bad.at <= len);
    }
    assert!(Screen::restore(&[&dump[..], &[0]].concat(), 0).is_err());
}
