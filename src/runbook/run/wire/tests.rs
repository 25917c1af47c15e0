//! What is heard of a stream, and the driver in the shells that are here, whatever a script does to them.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use super::*;
use proptest::prelude::*;

fn said(nonce: &Nonce, what: &str) -> Vec<u8> {
    let what = match what.starts_with('e') {
        true => format!("{what};{}", nonce.key),
        false => what.to_owned(),
    };
    format!("\x1b]5577;{};{what}\x07", nonce.whole()).into_bytes()
}

#[test]
fn an_echo_of_what_was_sent_is_no_end() {
    let nonce = Nonce::fresh();
    let mut ear = Ear::new(&nonce);
    let echo = script("exit 0", &nonce, None);
    assert!(
        ear.hear(echo.as_bytes())
            .iter()
            .all(|sound| matches!(sound, Sound::Output(_)))
    );
    assert_eq!(ear.hear(&said(&nonce, "e;7")), [Sound::Ended(7)]);
}

#[test]
fn a_marker_of_before_is_output() {
    let (old, new) = (Nonce::fresh(), Nonce::fresh());
    let mut ear = Ear::new(&old);
    ear.listen_for(&new);
    let bytes = said(&old, "e;0");
    assert_eq!(ear.hear(&bytes), [Sound::Output(bytes)]);
}

#[test]
fn every_line_is_short_enough_for_a_terminal() {
    let nonce = Nonce::fresh();
    let long = "x".repeat(20_000);
    for text in [begin(&nonce), script(&long, &nonce, None), secret("KEY", &long)] {
        assert!(text.lines().all(|line| line.len() < 1100));
    }
}

/// What a shell says first that finds these programs and no other; `None` where they are not here.
fn first_of(programs: &[&str], sent: &str, arguments: &[String], nonce: &Nonce) -> Option<Sound> {
    let folder = tempfile::tempdir().ok()?;
    for name in programs {
        let places = ["/bin", "/usr/bin"].map(|place| std::path::Path::new(place).join(name));
        let found = places.into_iter().find(|path| path.exists())?;
        std::os::unix::fs::symlink(found, folder.path().join(name)).ok()?;
    }
    let mut child = Command::new("/bin/sh")
        .args(arguments)
        .env_clear()
        .env("PATH", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // A shell that has said all it has to say reads no further.
    let _ = child.stdin.take()?.write_all(sent.as_bytes());
    let said = child.wait_with_output().ok()?.stdout;
    let mut sounds = Ear::new(nonce).hear(&said).into_iter();
    sounds.find(|sound| !matches!(sound, Sound::Output(_)))
}

#[test]
fn a_machine_without_base64_takes_openssl_and_one_without_both_says_so() {
    let nonce = Nonce::fresh();
    let far = |programs: &[&str]| first_of(programs, &begin(&nonce), &[], &nonce);
    let here = |programs: &[&str]| first_of(programs, "", &arguments(&nonce), &nonce);
    assert_eq!(far(&["sh"]), Some(Sound::Undecoded));
    assert_eq!(here(&["sh"]), Some(Sound::Undecoded));
    for program in ["base64", "openssl"] {
        for heard in [far(&["sh", program]), here(&["sh", program])] {
            match heard {
                Some(heard) => assert!(matches!(heard, Sound::Ready { .. }), "{program}: {heard:?}"),
                None => eprintln!("skipped: {program} is not here"),
            }
        }
    }
}

proptest! {
    #[test]
    fn markers_are_found_however_the_stream_is_cut(
        before in "[ -~\x1b\\]\x07;]{0,40}", output in "[ -~\x1b\\]\x07;5]{0,40}", cuts in prop::collection::vec(0usize..200, 0..6)
    ) {
        let nonce = Nonce::fresh();
        let stream = [before.as_bytes(), &said(&nonce, "b"), output.as_bytes(), &said(&nonce, "e;3"), b"after"].concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut ear = Ear::new(&nonce);
        let (mut parts, mut text) = (Vec::new(), Vec::new());
        for pair in cuts.windows(2) {
            for sound in ear.hear(&stream[pair[0]..pair[1]]) {
                match sound {
                    Sound::Output(bytes) => text.extend(bytes),
                    other => { parts.push((text.split_off(0), other)); }
                }
            }
        }
        prop_assert_eq!(parts, vec![(before.into_bytes(), Sound::Begun), (output.into_bytes(), Sound::Ended(3))]);
    }
}

/// All that a shell says of what it is sent; `None` without that shell.
fn heard(shell: &[&str], sent: &str) -> Option<Vec<u8>> {
    // The far end's own time is kept by signals to the whole group.
    let (program, words) = shell.split_first()?;
    let started = Command::new(program)
        .args(words)
        .args(arguments(&Nonce::fresh()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = started.ok()?;
    child.stdin.take()?.write_all(sent.as_bytes()).ok()?;
    Some(child.wait_with_output().ok()?.stdout)
}

/// How each script ended in a shell that got them all.
fn ended(shell: &[&str], sent: &str, nonces: &[Nonce]) -> Option<Vec<Sound>> {
    let said = heard(shell, sent)?;
    let end = |nonce: &Nonce| {
        let mut sounds = Ear::new(nonce).hear(&said).into_iter();
        sounds.find(|sound| matches!(sound, Sound::Ended(_) | Sound::Exited(_) | Sound::Unread))
    };
    nonces.iter().map(end).collect()
}

/// The same of scripts that are sent whole, in every shell that is here.
fn every_end(scripts: &[&str], lasts: Option<(Duration, Duration)>) -> Vec<Vec<Sound>> {
    let nonces: Vec<Nonce> = scripts.iter().map(|_| Nonce::fresh()).collect();
    let sent = scripts
        .iter()
        .zip(&nonces)
        .map(|(text, nonce)| script(text, nonce, lasts));
    let sent: String = sent.collect();
    let shells: [&[&str]; 6] = [
        &["bash"],
        &["bash", "--posix"],
        &["sh"],
        &["dash"],
        &["mksh"],
        &["busybox", "sh"],
    ];
    let shells = shells.into_iter();
    shells.filter_map(|shell| ended(shell, &sent, &nonces)).collect()
}

#[test]
fn no_name_that_a_script_takes_away_makes_a_later_one_pass_for_done() {
    let is_bash = "[ -z \"$BASH_VERSION\" ] || ";
    for taken in [
        "export PATH=/nonexistent",
        &format!(
            "{is_bash}shopt -s expand_aliases; alias printf=false read=false base64=false command=false"
        ),
        "printf() { false; }; read() { false; }; base64() { false; }; echo() { false; }",
        "kill() { false; }; sleep() { false; }; wait() { false; }",
        &format!("{is_bash}builtin eval 'eval() {{ false; }}'"),
        "IFS=0123456789abcdef",
    ] {
        // Long enough for a guard that has no `sleep` to end it.
        let rest = "i=0; while [ \"$i\" -lt 20000 ]; do i=$((i+1)); done; (exit 9)";
        for lasts in [None, Some((Duration::from_secs(300), Duration::from_secs(300)))] {
            for ends in every_end(&[taken, rest], lasts) {
                assert_eq!(ends, [Sound::Ended(0), Sound::Ended(9)], "{taken}");
            }
        }
    }
}

#[test]
fn a_script_may_lock_a_file_by_the_descriptor_that_manuals_take() {
    let scripts = [
        "exec 9>/dev/null; echo x >&9",
        "exec 7>/dev/null 8</dev/null",
        "echo x >&9; echo x >&7; exec 3>&- 6>/dev/null 9>&-",
        "(exit 9)",
    ];
    for ends in every_end(
        &scripts,
        Some((Duration::from_secs(300), Duration::from_secs(300))),
    ) {
        let went = [Sound::Ended(0), Sound::Ended(0), Sound::Ended(0), Sound::Ended(9)];
        assert_eq!(ends, went);
    }
}

#[test]
fn what_a_shell_says_of_a_line_counts_from_the_first_of_the_script() {
    let nonce = Nonce::fresh();
    let sent = script("\n\n:\nno-such-program-of-ours", &nonce, None);
    for shell in ["bash", "sh", "dash"] {
        let Some(said) = heard(&[shell], &sent) else {
            continue;
        };
        let said = String::from_utf8_lossy(&said).into_owned();
        let is_told = ["qd: line 4: ", "qd: 4: "]
            .iter()
            .any(|place| said.contains(place));
        assert!(is_told, "{shell}: {said}");
    }
}

#[test]
fn what_does_not_arrive_whole_is_not_run() {
    let nonces = [Nonce::fresh(), Nonce::fresh(), Nonce::fresh()];
    let whole = script(&"true\n".repeat(2000), &nonces[0], None);
    let (_, torn) = whole.split_once('\n').unwrap_or_default();
    let of_another = script("true", &Nonce::fresh(), None).replace("\n=", "\n#");
    let length = of_another.lines().next().unwrap_or_default().len() - 1;
    let foreign = of_another + &go(length, &nonces[1], None);
    let secret = "kTOKEN 4\n-aHVz\n\n";
    let behind = script("true", &nonces[2], None);
    for shell in ["bash", "sh"] {
        if let Some(ends) = ended(&[shell], &format!("{torn}{foreign}{secret}{behind}"), &nonces) {
            assert_eq!(ends, [Sound::Unread, Sound::Unread, Sound::Unread], "{shell}");
        }
    }
}

#[test]
fn one_line_that_is_lost_takes_no_later_script_with_it() {
    let nonces = [Nonce::fresh(), Nonce::fresh()];
    let check = "[ \"${#LONG}\" = 1500 ] && [ \"$TOKEN\" = hush ] && (exit 7)";
    let secrets = secret("LONG", &"x".repeat(1500)) + &secret("TOKEN", "hush");
    let sent = secrets + &script(check, &nonces[0], None);
    let lines: Vec<&str> = sent.split_inclusive('\n').collect();
    let behind = script("(exit 9)", &nonces[1], None);
    for shell in ["bash", "sh"] {
        // Without its last line nobody knows that there was a script.
        for lost in 0..lines.len() - 1 {
            let torn = [&lines[..lost], &lines[lost + 1..]].concat().concat();
            let Some(ends) = ended(&[shell], &(torn + &behind), &nonces) else {
                continue;
            };
            let is_blank = lines[lost] == "\n";
            let first = if is_blank { Sound::Ended(7) } else { Sound::Unread };
            assert_eq!(ends, [first, Sound::Ended(9)], "{shell}: {:?}", lines[lost]);
        }
    }
}

#[test]
fn a_last_line_that_is_sent_again_runs_its_script_once() {
    let nonces = [Nonce::fresh(), Nonce::fresh()];
    let text = "n=$((n+1)); (exit $n)";
    let last = again(text, &nonces[0], None);
    let torn = script(text, &nonces[0], None).replace(&last, "");
    for shell in ["bash", "sh"] {
        let sent = format!("{torn}{last}{last}{}", script(text, &nonces[1], None));
        if let Some(ends) = ended(&[shell], &sent, &nonces) {
            assert_eq!(ends, [Sound::Ended(1), Sound::Ended(2)], "{shell}");
        }
    }
}

#[test]
fn a_script_finds_no_key_to_its_end_in_its_shell() {
    let nonce = Nonce::fresh();
    let forged = r"for k in '' $__qd_y $__qd_r $__qd_l; do printf '\033]5577;%s;e;0;%s\007' $__qd_n $k; done";
    let text = format!("echo $_; set; export -p; alias; {forged}; set -xv; (exit 3)");
    for shell in ["bash", "sh", "dash"] {
        let sent = script(
            &text,
            &nonce,
            Some((Duration::from_secs(300), Duration::from_secs(300))),
        );
        let Some(said) = heard(&[shell], &sent) else {
            continue;
        };
        let said = String::from_utf8_lossy(&said).into_owned();
        let end = format!("\x1b]5577;{};e;3;{}\x07", nonce.whole(), nonce.key);
        let (before, _) = said.split_once(&end).unwrap_or_else(|| panic!("{shell}: {said}"));
        assert!(!before.contains(&nonce.key), "{shell}: {before}");
        let sounds = Ear::new(&nonce).hear(said.as_bytes());
        let first = sounds.into_iter().find(|sound| matches!(sound, Sound::Ended(_)));
        assert_eq!(first, Some(Sound::Ended(3)), "{shell}");
    }
}

#[test]
fn a_secret_and_a_script_arrive_to_the_last_byte() {
    let nonce = Nonce::fresh();
    let check =
        "[ \"$TOKEN\" = \"$(printf 'a b\\n\\nx')\" ] && [ ${#LONG} = 5000 ] && (exit 7)\n# the end\n\n";
    let long = secret("LONG", &"x".repeat(5000));
    let sent = long + &secret("TOKEN", "a b\n\nx") + &script(check, &nonce, None);
    for shell in ["bash", "sh"] {
        if let Some(ends) = ended(&[shell], &sent, std::slice::from_ref(&nonce)) {
            assert_eq!(ends, [Sound::Ended(7)], "{shell}");
        }
    }
}

#[test]
fn a_script_that_is_left_by_a_break_is_not_over() {
    for text in ["command break\necho after", "eval 'continue'; echo after"] {
        let all = every_end(&[text], None);
        assert!(!all.is_empty(), "no shell is here");
        for ends in all {
            assert_eq!(ends, [Sound::Exited(125)], "{text}");
        }
    }
}

#[test]
fn only_who_was_asked_tells_how_a_shell_was_left() {
    let nonce = Nonce::fresh();
    let mut ear = Ear::new(&nonce);
    assert!(ear.hear(&said(&nonce, "q;0;")).is_empty(), "nobody was asked");
    let line = ear.ask_around(&nonce);
    let is_output = |sound: &Sound| matches!(sound, Sound::Output(_));
    assert!(
        ear.hear(line.as_bytes()).iter().all(is_output),
        "its echo says nothing"
    );
    let answer = |before: &str| {
        let answered = Command::new("sh")
            .args(["-c", &format!("{before}\n{line}")])
            .output();
        answered.unwrap().stdout
    };
    assert_eq!(ear.hear(&answer("(exit 3)")), [Sound::Around(3)]);
    ear.listen_for(&nonce);
    assert!(
        ear.hear(&answer("true")).is_empty(),
        "what it was asked for another script"
    );
}

#[test]
fn a_driver_that_lives_passes_over_what_others_are_asked() {
    let nonces = [Nonce::fresh(), Nonce::fresh()];
    let line = Ear::new(&nonces[0]).ask_around(&nonces[0]);
    let sent = script("(exit 7)", &nonces[0], None) + &line + &script("(exit 9)", &nonces[1], None);
    for shell in ["bash", "sh"] {
        if let Some(ends) = ended(&[shell], &sent, &nonces) {
            assert_eq!(ends, [Sound::Ended(7), Sound::Ended(9)], "{shell}");
        }
    }
}

#[test]
fn no_script_of_bash_says_another_code_than_it_ends_with() {
    for lie in [
        "__qd_over() { __qd_say \"e;0;$2\"; }; (exit 7)",
        "unset -f __qd_over __qd_say; (exit 7)",
        "trap 'case $BASH_COMMAND in *__qd_over*) __qd_say \"e;0;${BASH_COMMAND##* }\" ;; esac' DEBUG; (exit 7)",
        "set -T; trap 'case $BASH_COMMAND in *__qd_over*) __qd_say \"e;0;${BASH_COMMAND##* }\" ;; esac' DEBUG; (exit 7)",
        "builtin() { :; }; command() { :; }; trap() { :; }; unset() { :; }; (exit 7)",
    ] {
        let nonces = [Nonce::fresh(), Nonce::fresh()];
        let sent: Vec<String> = [lie, "(exit 9)"]
            .iter()
            .zip(&nonces)
            .map(|(text, nonce)| script(text, nonce, None))
            .collect();
        if let Some(ends) = ended(&["bash"], &sent.concat(), &nonces) {
            assert_eq!(ends, [Sound::Ended(7), Sound::Ended(9)], "{lie}");
        }
    }
}

#[test]
fn no_script_of_any_shell_says_another_code_by_making_its_functions_anew() {
    for lie in [
        "__qd_over() { __qd_say \"e;0;$2\"; }; (exit 7)",
        "__qd_say() { printf '\\033]5577;%s;e;0;%s\\007' \"$__qd_n\" \"${1##*;}\"; }; (exit 7)",
        "command() { for __qd_a; do :; done; printf '\\033]5577;%s;e;0;%s\\007' \"$__qd_n\" \"$__qd_a\"; }; (exit 7)",
        "printf() { for __qd_a; do :; done; echo \"$__qd_a\"; }; set() { :; }; unset() { :; }; (exit 7)",
    ] {
        let all = every_end(&[lie, "(exit 9)"], None);
        assert!(!all.is_empty(), "no shell is here");
        for ends in all {
            // A shell that refuses such a function ends there, and that is no success either.
            let went = [Sound::Ended(7), Sound::Ended(9)];
            assert!(
                ends == went || matches!(ends[..], [Sound::Exited(1..)]),
                "{lie}: {ends:?}"
            );
        }
    }
}

#[test]
fn the_code_of_a_far_shell_whose_end_a_script_has_taken_over_is_told() {
    let (first, nonce) = (Nonce::fresh(), Nonce::fresh());
    for (text, wanted) in [
        ("trap 'echo bye' EXIT; set -e; (exit 3)", 3),
        ("trap '' EXIT; exit 5", 5),
        ("kill -9 $$", 137),
        ("exec true", 0),
    ] {
        let sent = begin(&first) + &script(text, &nonce, None);
        // The one shell that reads no more of a pipe than the line that it runs, as all do of a terminal.
        let mut child = Command::new("bash")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A shell that has ended reads no further.
        let _ = child.stdin.take().unwrap().write_all(sent.as_bytes());
        let ended = child.wait_with_output().unwrap();
        let mut ear = Ear::new(&first);
        ear.listen_for(&nonce);
        let sounds: Vec<Sound> = ended.stdout.iter().flat_map(|byte| ear.hear(&[*byte])).collect();
        assert_eq!(sounds.last(), Some(&Sound::Left(wanted)), "{text}: {sounds:?}");
        assert_eq!(ended.status.code(), Some(wanted), "{text}");
    }
}

#[test]
fn a_command_that_a_script_takes_away_is_there_again_for_the_next_one() {
    for ends in every_end(&["command() { false; }; (exit 7)", "echo on; (exit 9)"], None) {
        assert_eq!(ends, [Sound::Ended(7), Sound::Ended(9)]);
    }
}
