//! What is kept of typed input: lines that were echoed, and never a text that was not.

use super::*;
use proptest::prelude::*;

/// What becomes of lines: their text, or how many keys went unechoed.
fn outcome(heard: Vec<Heard>) -> Vec<Result<String, usize>> {
    let told = |heard| match heard {
        Heard::Echoed(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Heard::Unechoed(keys) => Err(keys),
    };
    heard.into_iter().map(told).collect()
}

/// `> ` before what is typed, anything else is shown.
fn play(script: &[&str]) -> Vec<Result<String, usize>> {
    let typist = Typist::default();
    let mut all = Vec::new();
    for step in script {
        match step.strip_prefix("> ") {
            Some(keys) => typist.typed(keys.as_bytes()),
            None => all.extend(typist.shown(step.as_bytes())),
        }
    }
    all.extend(typist.finish());
    outcome(all)
}

fn line(text: &str) -> Result<String, usize> {
    Ok(text.to_owned())
}

#[test]
fn a_line_that_was_echoed_key_by_key_is_kept() {
    assert_eq!(
        play(&[
            "$ ",
            "> l",
            "l",
            "> s",
            "\x1b[1ms\x1b[0m",
            "> \r",
            "\r\nfile\r\n$ "
        ]),
        [line("ls\r")]
    );
    assert_eq!(
        play(&["> ls -l\r", "ls -l\r\n", "total 0\r\n"]),
        [line("ls -l\r")],
        "pasted"
    );
    assert_eq!(
        play(&["> a\rb\r", "a\r\n", "b\r\n"]),
        [line("a\r"), line("b\r")],
        "typed ahead"
    );
    assert_eq!(play(&["> é\r", "é\r\n"]), [line("é\r")]);
    assert_eq!(
        play(&["> lx", "lx", "> \x7f", "\x08 \x08", "> s", "s", "> \r", "\r\n"]),
        [line("lx\x7fs\r")]
    );
}

#[test]
fn what_was_not_echoed_is_a_number() {
    assert_eq!(
        play(&["Password: ", "> hunter2\r", "\r\nLast login: now\r\n$ "]),
        [Err(8)]
    );
    assert_eq!(play(&["> h", "> u", "> n", "> \r", "\r\n"]), [Err(4)]);
    assert_eq!(
        play(&["> h", "*", "> u", "*", "> \r", "\r\n"]),
        [Err(3)],
        "stars are no echo"
    );
    assert_eq!(play(&["> hunter2"]), [Err(7)], "never sent");
    assert_eq!(
        play(&["> \x1b[A\r", "uptime\r\n"]),
        [line("\r")],
        "a line from the history"
    );
    assert_eq!(
        play(&["> \x1b[104;;104uab\r", "\r\n"]),
        [Err(4)],
        "keys that carry their letter"
    );
}

#[test]
fn output_that_only_begins_like_the_secret_is_no_echo() {
    assert_eq!(play(&["> web\r", "web1:~$ "]), [Err(4)]);
    assert_eq!(play(&["> web1\r", "web is up\r\n"]), [Err(5)]);
    assert_eq!(
        play(&["> abc\r", "\x1b]0;abc\x07\r\nabc\r\n"]),
        [Err(4)],
        "a title shows no line"
    );
    assert_eq!(play(&["> abc\r", "a-b-c\r\n"]), [Err(4)]);
}

#[test]
fn lines_without_an_end_and_without_an_echo_take_no_memory() {
    let typist = Typist::default();
    for _ in 0..1_000 {
        typist.typed(&[b'x'; 10_000]);
        typist.typed(b"\r");
    }
    assert!(hold(&typist.0).lines.len() <= LINES + 1);
    let keys: usize = outcome(typist.finish()).into_iter().filter_map(Result::err).sum();
    assert_eq!(keys, 10_001_000);
}

#[test]
fn a_typed_line_reads_as_it_was_sent() {
    assert_eq!(line_of(b"lx\x7fs -l\r").as_deref(), Some("ls -l"));
    assert_eq!(
        line_of(b"wrong\x15echo two words\x17one\r").as_deref(),
        Some("echo two one")
    );
    assert_eq!(line_of(b"cd /u\tloc\t\r").as_deref(), Some("cd /u⇥loc⇥"));
    assert_eq!((line_of(b"\r"), line_of(b"sleep 9\x03")), (None, None));
}

proptest! {
    #[test]
    fn no_line_is_kept_unless_its_text_was_shown_in_one_piece(
        keys in prop::collection::vec("[ -~\t\x7f\x1b\\[;~éß]{0,6}[\r]?", 0..12),
        shows in prop::collection::vec("[ -~\r\n\x08\x1b\\[;mé]{0,8}", 0..12),
        echoes in prop::collection::vec(any::<bool>(), 12),
    ) {
        let typist = Typist::default();
        let (mut heard, mut text) = (Vec::new(), Vec::new());
        for (n, keys) in keys.iter().enumerate() {
            typist.typed(keys.as_bytes());
            let shown = match echoes[n] {
                true => keys.replace('\r', "\r\n"),
                false => shows.get(n).cloned().unwrap_or_default(),
            };
            let mut echo = Echo::default();
            text.extend(shown.bytes().filter_map(|byte| match echo.next(byte) {
                Some(Shown::Text(byte)) => Some(byte),
                _ => None,
            }));
            heard.extend(typist.shown(shown.as_bytes()));
        }
        heard.extend(typist.finish());
        for heard in heard {
            if let Heard::Echoed(bytes) = heard {
                let printable: Vec<u8> = bytes.iter().copied().filter(|byte| !is_control(*byte)).collect();
                let mut rest = text.iter();
                prop_assert!(printable.iter().all(|byte| rest.any(|shown| shown == byte)));
            }
        }
    }

    #[test]
    fn a_line_answered_by_other_text_is_never_kept(secret in "[!-~]{4,20}", answer in "[!-~]{1,20}", cut in 0usize..20) {
        prop_assume!(!answer.starts_with(&secret));
        let typist = Typist::default();
        let (head, tail) = secret.split_at(cut.min(secret.len()));
        typist.typed(head.as_bytes());
        typist.typed(tail.as_bytes());
        typist.typed(b"\r");
        let mut heard = typist.shown(answer.as_bytes());
        heard.extend(typist.shown(b"\r\n"));
        heard.extend(typist.finish());
        prop_assert_eq!(outcome(heard), [Err(secret.len() + 1)]);
    }
}
