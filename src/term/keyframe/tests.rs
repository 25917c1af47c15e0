//! A keyframe is right if continuing from it cannot be told from never having stopped.

use alacritty_terminal::grid::{Dimensions, Grid};
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::Cell;
use proptest::prelude::*;

use crate::term::ground::Ground;
use crate::term::sample::{Stream, sequence, streams};
use crate::term::{Screen, Size};

/// Set it to try every cut instead of a sample.
const EVERY_CUT: &str = "QD_EVERY_CUT";

/// Bytes a stream is continued by in all, over the cuts of the sample.
const BYTES_A_STREAM: usize = 260_000;

/// How far a cut is continued when every cut is tried; most streams are shorter.
const REACH: usize = 16 * 1024;

/// Cells compared without the help of the dump.
fn same_cells(a: &Grid<Cell>, b: &Grid<Cell>) -> bool {
    let marks = |cell: &Cell| cell.zerowidth().unwrap_or_default().to_vec();
    let same = |(a, b): (&Cell, &Cell)| {
        (a.c, a.fg, a.bg, a.flags) == (b.c, b.fg, b.bg, b.flags)
            && (a.extra == b.extra
                || (marks(a), a.underline_color(), a.hyperlink())
                    == (marks(b), b.underline_color(), b.hyperlink()))
    };
    (0..a.screen_lines() as i32).all(|line| a[Line(line)].into_iter().zip(&b[Line(line)]).all(same))
}

fn assert_same(a: &Screen, b: &Screen, what: &str) {
    assert!(a.dump() == b.dump(), "{what}: dumps differ");
    assert_same_view(a, b, what);
}

fn assert_same_view(a: &Screen, b: &Screen, what: &str) {
    let same = same_cells(a.engine.main(), b.engine.main())
        && same_cells(a.engine.term.grid(), b.engine.term.grid());
    assert!(same, "{what}: cells differ");
    assert_eq!((a.cursor(), a.modes()), (b.cursor(), b.modes()), "{what}");
    assert_eq!((a.title(), a.size()), (b.title(), b.size()), "{what}");
}

/// Where the parser is between sequences. Inside of a synchronized update there is no cut either.
fn ground_cuts(stream: &Stream) -> Vec<usize> {
    let mut ground = Ground::new();
    let is_ground = |(at, byte): (usize, &u8)| {
        ground.advance(&[*byte]);
        ground.is_ground().then_some(at + 1)
    };
    stream.bytes.iter().enumerate().filter_map(is_ground).collect()
}

/// Restore at each cut, continue by at most `reach` bytes, compare with the uncut run. Counts the cuts.
fn try_cuts(stream: &Stream, cuts: &[usize], reach: usize) -> usize {
    let mut uncut = Screen::new(stream.size, 100);
    let mut ahead = Screen::new(stream.size, 100);
    let mut expected = ahead.dump();
    let (mut uncut_at, mut ahead_at, mut tried) = (0, 0, 0);
    for cut in cuts {
        uncut.feed(&stream.bytes[uncut_at..*cut]);
        uncut_at = *cut;
        if !uncut.is_ground() {
            continue;
        }
        let end = stream.bytes.len().min(cut + reach);
        if end > ahead_at {
            ahead.feed(&stream.bytes[ahead_at..end]);
            ahead_at = end;
            expected = ahead.dump();
        }
        let mut restored = Screen::restore(&uncut.dump(), 0).unwrap();
        restored.feed(&stream.bytes[*cut..end]);
        let what = format!("{} cut at {cut}, continued to {end}", stream.name);
        assert!(restored.dump() == expected, "{what}: dumps differ");
        if tried % 10 == 0 {
            assert_same_view(&restored, &ahead, &what);
        }
        tried += 1;
    }
    tried
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
            let wanted = (BYTES_A_STREAM / len).clamp(2, 130);
            cuts = cuts
                .iter()
                .copied()
                .step_by((cuts.len() / wanted).max(1))
                .collect();
        }
        tried += try_cuts(&stream, &cuts, reach);
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
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

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
    fn the_split_of_the_stream_does_not_matter(
        parts in prop::collection::vec(sequence(), 1..40),
        chunk in 1usize..9,
    ) {
        let bytes = parts.concat();
        let size = Size { cols: 12, rows: 5 };
        let (mut whole, mut split) = (Screen::new(size, 9), Screen::new(size, 9));
        whole.feed(&bytes);
        bytes.chunks(chunk).for_each(|bytes| split.feed(bytes));
        whole.flush_sync();
        split.flush_sync();
        assert_same(&whole, &split, "split");
        prop_assert_eq!(whole.take_replies(), split.take_replies());
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
            let _ = (screen.selected_text(), screen.text(), screen.cursor(), screen.dump());
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
