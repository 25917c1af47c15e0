//! How a script travels through a shell and its exit code comes back. The remote puts the marker together from two halves,
//! so that an echo of what was sent is never taken for an end; scripts go as base64 in short lines, so that nothing in them
//! is a key, a line end or an expansion on the way.

use std::fmt::Write;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt as _;
use zeroize::Zeroizing;

use crate::runbook::shell::quote;

/// What a shell reads at first; the file says what it understands.
const DRIVER: &str = include_str!("driver.sh");
/// What it runs then, in one line and without single quotes: what a script sets is set in the shell itself, and its lines
/// count from 1.
const LOOP: &str = r#"eval "$3"; while __qd_next; do if [ -n "$BASH_VERSION" ]; then builtin eval "$__qd_r"; else eval "$__qd_r"; fi; done; __qd_torn"#;
/// Terminals in line mode take 4,095 bytes at most.
const LINE: usize = 1000;
/// Before the marker, in an escape sequence that no screen shows.
const BEFORE: &[u8] = b"\x1b]5577;";
const AFTER: u8 = 7;
/// The longest that may stand between those two.
const LONGEST: usize = 64;

/// A marker that nobody could have known before, and the key to its end: a script that looks around in its shell finds the
/// one and not the other, so that it says nothing of its end by printing, nor by making other functions of those that tell it,
/// nor by having its shell tell each command before it runs. One that reads what its shell is sent in the place of its shell
/// lies as a hostile machine could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    halves: [String; 2],
    key: String,
}

impl Nonce {
    pub fn fresh() -> Nonce {
        Nonce {
            halves: [half(), half()],
            key: half(),
        }
    }

    fn whole(&self) -> String {
        self.halves.concat()
    }
}

fn half() -> String {
    format!("{:012x}", rand::rng().random::<u64>() >> 16)
}

/// What a login shell turns into: whoever waits for the driver, and tells its code where it could not tell one itself, as a
/// script's `trap … EXIT` takes its place. What interrupts the driver is not for it.
const KEEPER: &str = r#"trap : INT TERM; "$@"; set -- "$?" "$5" "$6"; printf "\033]5577;%s%s;l;%s\007" "$2" "$3" "$1"; exit "$1""#;

/// The line that turns a login shell into a driver, for a shell at the far end of a terminal.
pub fn begin(nonce: &Nonce) -> String {
    let mut text = String::new();
    let encoded = STANDARD.encode(DRIVER);
    let mut chunks = encoded.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    // A leading blank keeps it out of histories that are set up so.
    let _ = writeln!(text, " __qd_a={}", chunks.next().unwrap_or_default());
    for chunk in chunks {
        let _ = writeln!(text, " __qd_a=${{__qd_a}}{chunk}");
    }
    let [one, two] = &nonce.halves;
    let _ = writeln!(
        text,
        " __qd_a=$(printf %s \"$__qd_a\" | {{ base64 -d || openssl base64 -d -A; }} 2>/dev/null)"
    );
    let _ = writeln!(
        text,
        " case $__qd_a in '#'*) exec sh -c '{KEEPER}' qd \"$(command -v bash || echo sh)\" -c '{LOOP}' qd {one} {two} \"$__qd_a\" ;; \
         *) printf '\\033]5577;%s%s;d\\007' {one} {two} ;; esac"
    );
    text
}

/// The arguments of a local shell that is a driver from the start.
pub fn arguments(nonce: &Nonce) -> [String; 6] {
    let [one, two] = nonce.halves.clone();
    ["-c".into(), LOOP.into(), "qd".into(), one, two, DRIVER.into()]
}

/// Makes a secret an environment variable without showing it. By its length and its name at its end it is known to be whole.
pub fn secret(name: &str, value: &str) -> String {
    let whole = Zeroizing::new(format!("{value}{name}"));
    let encoded = Zeroizing::new(STANDARD.encode(whole.as_bytes()));
    let mut lines = format!("k{name} {}\n", encoded.len());
    chunked(&mut lines, "-", &encoded);
    lines + "\n"
}

/// Sends a script, marker and key at its end: what does not arrive with them is not run. With `lasts`, the far end stops it
/// by itself: TERM after that time, KILL a while later.
pub fn script(text: &str, nonce: &Nonce, lasts: Option<(Duration, Duration)>) -> String {
    let mut lines = String::new();
    let encoded = encoded(text, nonce);
    chunked(&mut lines, "+", &encoded);
    lines + &go(encoded.len(), nonce, lasts)
}

/// The last line of it once more. A shell that has it takes this for a script of nothing, which it refuses.
pub fn again(text: &str, nonce: &Nonce, lasts: Option<(Duration, Duration)>) -> String {
    go(encoded(text, nonce).len(), nonce, lasts)
}

fn encoded(text: &str, nonce: &Nonce) -> String {
    STANDARD.encode(format!("{text}{}{}", nonce.whole(), nonce.key))
}

fn go(length: usize, nonce: &Nonce, lasts: Option<(Duration, Duration)>) -> String {
    let Nonce {
        halves: [one, two],
        key,
    } = nonce;
    let (lasts, grace) = lasts.map_or((0, 0), |(lasts, grace)| (seconds(lasts), seconds(grace)));
    format!("={one} {two} {key} {lasts} {grace} {length}\n")
}

/// Lines that a terminal takes whole, each with `before` in front of it.
fn chunked(lines: &mut String, before: &str, encoded: &str) {
    for chunk in encoded.as_bytes().chunks(LINE) {
        let _ = writeln!(lines, "{before}{}", String::from_utf8_lossy(chunk));
    }
}

/// A script that goes on beside the steps behind it, in a group of its own, until the shell ends. What it prints goes to
/// a file there, so that no other step is taken to have said it.
pub fn beside(name: &str, script: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let script = quote(script);
    format!(
        r#"if __qd_f=$(mktemp "${{TMPDIR:-/tmp}}/qd-{name}.XXXXXX"); then
  if [ -n "$BASH_VERSION" ]; then set -m; fi
  ( trap - TERM EXIT; exec >"$__qd_f" 2>&1; eval "exec $__qd_out>&-"; eval {script} ) &
  __qd_p=$!
  if [ -n "$BASH_VERSION" ]; then set +m; fi
  __qd_k="$__qd_k $__qd_p"
  echo "in the background as process $__qd_p until the run ends; its output goes to $__qd_f"
else
  (exit 1)
fi"#
    )
}

fn seconds(span: Duration) -> u64 {
    span.as_millis().div_ceil(1000).max(1) as u64
}

/// What is heard of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// The driver listens. `quiet` is whether a terminal shows nothing of what it is sent.
    Ready {
        quiet: bool,
    },
    /// Nothing there decodes what it is sent.
    Undecoded,
    Begun,
    /// The script did not arrive whole, and nothing of it ran.
    Unread,
    Output(Vec<u8>),
    Ended(i32),
    /// The shell itself ended, with the code that it leaves; it is true once nothing more is heard.
    Exited(i32),
    /// The shell that it was begun in goes on, and has this code of it.
    Around(i32),
    /// The driver is gone, and whoever waited for it has this code of it.
    Left(i32),
}

/// Takes the markers out of a stream, wherever it is cut.
pub struct Ear {
    marker: Vec<u8>,
    /// Of the shell's beginning, by which its end is told.
    first: Vec<u8>,
    key: String,
    /// Of what the shell around the driver was asked.
    asked: Option<String>,
    held: Vec<u8>,
}

impl Ear {
    pub fn new(nonce: &Nonce) -> Ear {
        let mut ear = Ear {
            marker: Vec::new(),
            first: [BEFORE, nonce.whole().as_bytes(), b";l;"].concat(),
            key: String::new(),
            asked: None,
            held: Vec::new(),
        };
        ear.listen_for(nonce);
        ear
    }

    /// From now on this marker counts, and no earlier one.
    pub fn listen_for(&mut self, nonce: &Nonce) {
        self.marker = [BEFORE, nonce.whole().as_bytes(), b";"].concat();
        self.key.clone_from(&nonce.key);
        self.asked = None;
    }

    /// The line that asks the shell around a driver for the code of its end. A driver that lives takes it for none of its
    /// lines and passes over it, so that an answer proves that there is none any more.
    pub fn ask_around(&mut self, nonce: &Nonce) -> String {
        let key = half();
        let [one, two] = &nonce.halves;
        let line = format!(" printf '\\033]5577;%s%s;q;%s;%s\\007' {one} {two} \"$?\" {key}\n");
        self.asked = Some(key);
        line
    }

    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Sound> {
        self.held.extend_from_slice(bytes);
        let mut sounds = Vec::new();
        loop {
            let find = |marker: &[u8]| memchr::memmem::find(&self.held, marker);
            let (now, left) = (find(&self.marker), find(&self.first));
            let is_left = left.is_some_and(|left| now.is_none_or(|now| left <= now));
            let Some(at) = (if is_left { left } else { now }) else {
                let keep = self.tail(&self.marker).max(self.tail(&self.first));
                let rest = self.held.split_off(self.held.len() - keep);
                push(&mut sounds, std::mem::replace(&mut self.held, rest));
                return sounds;
            };
            let start = at
                + if is_left {
                    self.first.len()
                } else {
                    self.marker.len()
                };
            let end = self.held[start..].iter().position(|byte| *byte == AFTER);
            match end {
                None if self.held.len() - start < LONGEST => {
                    let rest = self.held.split_off(at);
                    push(&mut sounds, std::mem::replace(&mut self.held, rest));
                    return sounds;
                }
                None => {
                    let rest = self.held.split_off(start);
                    push(&mut sounds, std::mem::replace(&mut self.held, rest));
                }
                Some(len) => {
                    let said = String::from_utf8_lossy(&self.held[start..start + len]).into_owned();
                    let rest = self.held.split_off(start + len + 1);
                    self.held.truncate(at);
                    push(&mut sounds, std::mem::replace(&mut self.held, rest));
                    sounds.extend(match is_left {
                        true => said.parse().ok().map(Sound::Left),
                        false => self.sound(&said),
                    });
                }
            }
        }
    }

    /// How many bytes at the end may be the beginning of a marker.
    fn tail(&self, marker: &[u8]) -> usize {
        let most = self.held.len().min(marker.len() - 1);
        (1..=most)
            .rev()
            .find(|len| marker.starts_with(&self.held[self.held.len() - len..]))
            .unwrap_or(0)
    }

    fn sound(&self, said: &str) -> Option<Sound> {
        let (what, value) = said.split_once(';').unwrap_or((said, ""));
        let with = |key: &str| {
            let (code, with) = value.split_once(';')?;
            code.parse().ok().filter(|_| with == key)
        };
        Some(match what {
            "r" => Sound::Ready { quiet: value == "0" },
            "d" => Sound::Undecoded,
            "b" => Sound::Begun,
            "u" => Sound::Unread,
            "e" => Sound::Ended(with(&self.key)?),
            "x" => Sound::Exited(value.parse().ok()?),
            "q" => Sound::Around(with(self.asked.as_deref()?)?),
            _ => return None,
        })
    }
}

fn push(sounds: &mut Vec<Sound>, bytes: Vec<u8>) {
    if !bytes.is_empty() {
        sounds.push(Sound::Output(bytes));
    }
}

#[cfg(test)]
mod tests;
