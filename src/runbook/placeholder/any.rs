//! Letters that stand for a letter or a number of the reader's own: `/dev/sdX`, `web-XX.internal`, `--replicas=N`, `HEAD~N`.

use std::ops::Range;
use std::sync::LazyLock;

use super::argument::is_kept;
use super::word::{Look, is_of, is_value, line, look, program, speaks};
use super::{Form, pattern};

/// A disk of which only the kind is said. `sdx` is what pages call the one that is nobody's.
static DEVICE: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| pattern(r"/dev/(?:[a-z][a-z0-9/_-]*[XYN]{1,2}[a-z0-9]*|sdx\d*)\b"));
static SERIES: LazyLock<Option<regex::Regex>> = LazyLock::new(|| pattern(r"X{2,}|Y{2,}|N{2,}"));
static NUMBER: LazyLock<Option<regex::Regex>> = LazyLock::new(|| pattern(r"\bN\b"));

/// Options for which `N` is an answer: no.
const ASKED: &str = "confirm yes no prompt interactive overwrite force";
/// Programs whose first argument is a number.
const COUNTERS: &str = "sleep kill nice renice";

pub(super) static LOOKS: [Look; 3] = [
    look(Form::Word, &DEVICE, is_device),
    look(Form::Word, &SERIES, is_series),
    look(Form::Loose, &NUMBER, is_number),
];

fn is_told(text: &str, at: &Range<usize>) -> bool {
    is_value(text, at) && !speaks(text, at)
}

fn is_device(text: &str, at: Range<usize>) -> bool {
    let before = text[..at.start].chars().next_back().unwrap_or(' ');
    let begins = before.is_whitespace() || "=:,\"'".contains(before);
    begins && is_told(text, &at)
}

/// A part of a name in small letters, at the end of a word of it. What `mktemp` fills in itself is none.
fn is_series(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./:@".contains(c);
    let (before, own) = line.split_at(line.trim_end_matches(within).len());
    let is_end = |c: char| !c.is_alphanumeric() && !"%+=".contains(c);
    let ends = text[at.end..].chars().next().is_none_or(is_end);
    let is_name = own.contains(|c: char| c.is_ascii_lowercase()) && !own.starts_with('-');
    // `Target_5XX` is a name of its own, and so is `5XX`: the answers that begin with a five.
    let is_class = own.ends_with(|c: char| ('1'..='5').contains(&c))
        && !own[..own.len() - 1].ends_with(|c: char| c.is_alphanumeric());
    let is_whole = !before.ends_with(|c: char| c.is_alphanumeric() || "#%\\".contains(c));
    let is_name = is_name && is_whole && !is_class;
    is_name && ends && !own.ends_with(['.', '/', ':']) && !line.contains("mktemp") && is_told(text, &at)
}

/// The whole value of an option, the argument of a program that counts, or so many commits back.
fn is_number(text: &str, at: Range<usize>) -> bool {
    let line = line(text, &at);
    let ends = |c: char| c.is_whitespace() || ";|&)}\"'".contains(c);
    if !text[at.end..].chars().next().is_none_or(ends) || !is_told(text, &at) {
        return false;
    }
    let last = line.split_whitespace().next_back().unwrap_or("");
    if let Some(back) = last.strip_suffix(['~', '{']).filter(|_| line.ends_with(last)) {
        return back.ends_with(char::is_alphabetic) && last.ends_with('~') || back.ends_with('@');
    }
    let option = last.trim_end_matches('=');
    let is_option = option.starts_with('-') && (line.ends_with(char::is_whitespace) || last.ends_with('='));
    let named = option.trim_start_matches('-');
    let is_answer = named.rsplit('-').next().is_some_and(|word| is_of(ASKED, word));
    let simple = line.rsplit([';', '|', '&', '(']).next().unwrap_or(line);
    let is_counter = is_of(COUNTERS, program(simple)) && line.ends_with(char::is_whitespace);
    // `-m N` is a message, `--type N` a kind; `-n` and `-c` count.
    is_counter || is_option && !named.is_empty() && !is_answer && !is_kept(named)
}

#[cfg(test)]
mod tests {
    use crate::runbook::blocks;

    fn open(text: &str) -> Vec<String> {
        blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders
    }

    #[test]
    fn a_letter_that_stands_for_one_of_the_readers_is_asked_for() {
        for (text, wanted) in [
            ("mkfs.ext4 /dev/sdX", "/dev/sdX"),
            ("dd if=/dev/zero of=/dev/sdX bs=1M count=1", "/dev/sdX"),
            ("sudo mount /dev/xvdX /mnt", "/dev/xvdX"),
            ("fdisk /dev/nvmeXn1", "/dev/nvmeXn1"),
            ("growpart /dev/nvme0nX 1", "/dev/nvme0nX"),
            ("resize2fs /dev/sdX1", "/dev/sdX1"),
            ("mdadm --detail /dev/mdX", "/dev/mdX"),
            ("e2fsck -f /dev/sdx1", "/dev/sdx1"),
            ("bash -c \"wipefs -a /dev/sdX\"", "/dev/sdX"),
            ("ssh web-XX.internal", "XX"),
            ("./move.rb shardYY --dry-run", "YY"),
            ("curl --data '{\"to\": \"shardYY\"}' http://localhost/move", "YY"),
            ("kubectl cordon node-NN", "NN"),
            ("kubectl scale deploy/web --replicas=N", "N"),
            ("kubectl scale deploy/web --replicas N", "N"),
            ("tail -n N /var/log/syslog", "N"),
            ("sleep N", "N"),
            ("git reset --hard HEAD~N", "N"),
            ("git stash drop stash@{N}", "N"),
        ] {
            assert_eq!(open(text), [wanted], "{text}");
        }
    }

    #[test]
    fn disks_answers_and_signs_that_mean_themselves_are_none() {
        for text in [
            "lsblk /dev/sda /dev/sdb1; smartctl -a /dev/nvme0n1; ls /dev/ttyUSB0 /dev/mapper/vg-data",
            "echo /dev/sdX web-XX; grep shardYY x; printf '%sNN' a; grep -n N x",
            "mktemp /tmp/app-XXXX; d=$(mktemp -d x-XX); ls /tmp/app.XX",
            "x --metric-name HTTPCode_Target_5XX_Count; x --metric http-5XX; x --metric HTTPCode_Target_5XX",
            "java -XX:+UseG1GC -jar app.jar; date +%YY; x --color=#aabbXX; x abXXcd",
            "echo N | apt-get install x; yes N | x; x --confirm=N; x --confirm N; x --type N; test N",
            "N=3; for N in 1 2; do echo $N; done; git log -N; x N.txt aN N=1",
        ] {
            let open = open(text);
            assert!(open.is_empty(), "{text}: {open:?}");
        }
    }
}
