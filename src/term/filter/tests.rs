//! What passes to a user's own terminal and what is dropped, however the bytes are cut.

use alacritty_terminal::vte::{Params, Parser, Perform};
use proptest::prelude::*;

use super::Filter;
use crate::term::Screen;
use crate::term::sample::{sequence, streams};

fn filtered(bytes: &[u8], clipboard: bool) -> Vec<u8> {
    let mut out = Vec::new();
    Filter::new("web-1: ", clipboard).pass(bytes, &mut out);
    out
}

fn shown(text: &str) -> String {
    String::from_utf8(filtered(text.as_bytes(), false))
        .expect("the filter emits UTF-8")
        .replace('\x1b', "^[")
}

#[test]
fn harmless_sequences_pass_and_the_others_vanish() {
    for (remote, terminal) in [
        ("plain é 日本 \t\r\n", "plain é 日本 \t\r\n"),
        ("\x1b[1;31mred\x1b[0m", "^[[1;31mred^[[0m"),
        ("\x1b[?1049h\x1b[2J\x1b[H\x1b[3;20r", "^[[?1049h^[[2J^[[H^[[3;20r"),
        ("\x1b[?1000;1006;2004h", "^[[?1000;1006;2004h"),
        ("\x1b[?40;25;1337h", "^[[?25h"),
        ("\x1b[2h\x1b[4h", "^[[4h"),
        (
            "\x1b[6n\x1b[c\x1b[>c\x1b[?u\x1b[?2026$p",
            "^[[6n^[[c^[[>c^[[?u^[[?2026$p",
        ),
        ("\x1b[21t\x1b[8;9;9t\x1b[5i\x1b[4*y\x1b[>2t\x1b[62\"p", ""),
        ("\x1b]0;top\x07", "^[]0;web-1: top^[\\"),
        ("\x1b]2;a\u{9b}31mb\u{202e}\x08c\x1b\\", "^[]2;web-1: a31mbc^[\\"),
        (
            "\x1b]8;id=1;https://a.example/\x1b\\x\x1b]8;;\x1b\\",
            "^[]8;id=1;https://a.example/^[\\x^[]8;;^[\\",
        ),
        (
            "\x1b]52;c;aGk=\x07\x1b]52;c;?\x07\x1b]1337;File=x\x07\x1b]9;hi\x07",
            "",
        ),
        (
            "\x1b]11;?\x07\x1b]11;#000\x07\x1b]4;1;?\x07\x1b]4;1;red\x07",
            "^[]11;?^[\\^[]4;1;?^[\\",
        ),
        (
            "a\x1bPq#0;1\x07still\x1b\\b\x1b_x\x1b\\c\x1b^y\x1b\\d\x1bXz\x1b\\e",
            "abcde",
        ),
        ("a\x05b\x00c\x7fd\x11e", "abcde"),
        ("\x1b%@\x1b G\x1b(0\x1b(B", "^[(0^[(B"),
        ("\u{9d}52;c;aGk=\u{9c}\u{90}q\u{9c}", "52;c;aGk=q"),
        ("\x1b]52;c;aG\x1b]52;c;aGk=\x07x", "x"),
        ("\x1b[3\x1b]52;c;aGk=\x07m", "m"),
        ("\x1b[3\x18m\x1b[3\nJ", "m\n^[[3J"),
    ] {
        assert_eq!(shown(remote), terminal, "{remote:?}");
    }
}

#[test]
fn raw_bytes_that_are_not_text_become_replacement_characters() {
    assert_eq!(
        filtered(b"a\x9b31mb\xffc\xc3", false),
        "a\u{fffd}31mb\u{fffd}c".as_bytes()
    );
    assert_eq!(filtered(b"\xe2\x82\x1b[1m", false), "\u{fffd}\x1b[1m".as_bytes());
}

#[test]
fn the_clipboard_can_be_set_only_where_allowed_and_never_read() {
    assert_eq!(filtered(b"\x1b]52;c;aGk=\x07", true), b"\x1b]52;c;aGk=\x1b\\");
    assert_eq!(filtered(b"\x1b]52;c;?\x07", true), b"");
}

#[test]
fn unfinished_sequences_hold_little_and_show_nothing() {
    let mut filter = Filter::new("", false);
    let mut out = Vec::new();
    for start in [&b"\x1b]0;"[..], b"\x1b]52;c;", b"\x1bP", b"\x1b["] {
        filter.pass(start, &mut out);
        filter.pass(&[b'1'; 1 << 20], &mut out);
        assert!(filter.held.capacity() <= 2 * super::OSC_LIMIT);
        filter.pass(b"\x18", &mut out);
    }
    assert_eq!(out, b"");
}

#[test]
fn programs_look_the_same_through_the_filter() {
    for stream in streams() {
        let (mut raw, mut clean) = (Screen::new(stream.size, 0), Screen::new(stream.size, 0));
        raw.feed(&stream.bytes);
        clean.feed(&filtered(&stream.bytes, false));
        raw.flush_sync();
        clean.flush_sync();
        assert_eq!(raw.text(), clean.text(), "{}", stream.name);
        assert_eq!(raw.modes(), clean.modes(), "{}", stream.name);
    }
}

/// Fails on everything that must not get out, as a terminal would understand it.
#[derive(Default)]
struct Guard {
    forbidden: Vec<String>,
}

impl Perform for Guard {
    fn print(&mut self, c: char) {
        if c.is_control() {
            self.forbidden.push(format!("{c:?}"));
        }
    }

    fn execute(&mut self, byte: u8) {
        if !matches!(byte, 7..=15) {
            self.forbidden.push(format!("control {byte:#x}"));
        }
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
        self.forbidden.push(format!("device control {action}"));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let code = params.first().copied().unwrap_or_default();
        let fine = match code {
            b"0" | b"1" | b"2" => params.get(1).is_some_and(|title| title.starts_with(b"web-1: ")),
            b"8" => true,
            b"4" | b"10" | b"11" | b"12" | b"17" | b"19" => params.last() == Some(&&b"?"[..]),
            _ => false,
        };
        if !fine {
            self.forbidden
                .push(format!("command {}", String::from_utf8_lossy(code)));
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        let first = params.iter().next().map_or(0, |param| param[0]);
        let window = action == 't' && !matches!(first, 14 | 16 | 18 | 19 | 22 | 23);
        if window || matches!((action, intermediates), ('i' | 'x' | 'y', _) | ('p', [b'"'])) {
            self.forbidden.push(format!("sequence {action}"));
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        if matches!(intermediates, [b'%' | b' ', ..]) || matches!(byte, b'P' | b'X' | b'^' | b'_') {
            self.forbidden.push(format!("escape {}", char::from(byte)));
        }
    }
}

#[test]
fn a_character_set_that_no_terminal_knows_is_dropped() {
    assert_eq!(filtered(b"a\x1b(Pb\x1b(0c", false), b"ab\x1b(0c");
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        &b"\x1b"[..],
        b"\x1b[",
        b"\x1b]",
        b"\x1bP",
        b"\x1b_",
        b"\x1b^",
        b"\x1bX",
        b"\x9b",
        b"\x9d",
        b"\x90",
        b"\xc2\x9b",
        b"\xc2\x9d",
        b"\xc2",
        b"\x9c",
        b"\xc2\x9c",
        b"\x1b\\",
        b"\x07",
        b"\x18",
        b"\x1a",
        b"52;c;aGk=",
        b"0;t",
        b"8;;x",
        b"5i",
        b"21t",
        b"\x05",
        b"\x00",
        b"?25h",
        b"\"p",
        b"%@",
        b" G",
        b"\n",
        b"\xe2\x82",
        b"\xac",
        b"m",
        b";",
        b"q",
        b"$",
    ]);
    let part = prop_oneof![8 => part.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 1..4), 2 => sequence()];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_forbidden_gets_out_and_the_split_does_not_matter(bytes in hostile(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let whole = filtered(&bytes, false);
        let mut guard = Guard::default();
        Parser::new().advance(&mut guard, &whole);
        prop_assert!(guard.forbidden.is_empty(), "{:?} from {bytes:?}", guard.forbidden);
        let text = String::from_utf8(whole.clone());
        let clean = text.is_ok_and(|text| !text.chars().any(|c| matches!(u32::from(c), 0x80..0xa0)));
        prop_assert!(clean, "8-bit controls from {bytes:?}");

        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let (mut filter, mut split) = (Filter::new("web-1: ", false), Vec::new());
        cuts.windows(2).for_each(|cut| filter.pass(&bytes[cut[0]..cut[1]], &mut split));
        prop_assert_eq!(&split, &whole);

        let (mut filter, mut single) = (Filter::new("web-1: ", false), Vec::new());
        bytes.iter().for_each(|byte| filter.pass(&[*byte], &mut single));
        prop_assert_eq!(&single, &whole);
    }
}
