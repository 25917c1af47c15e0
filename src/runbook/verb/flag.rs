//! Programs that look or change by their flags. What a program's manual does not name as harmless here counts as a change.

use std::sync::LazyLock;

use regex::Regex;

/// Whether a program only looks with these words behind it.
pub(super) fn read(program: &str, rest: &[String]) -> bool {
    let has = |flags: &[&str]| {
        rest.iter().any(|word| {
            flags
                .iter()
                .any(|flag| word == flag || word.starts_with(&format!("{flag}=")))
        })
    };
    let holds = |pieces: &[&str]| {
        rest.iter()
            .any(|word| pieces.iter().any(|piece| word.contains(piece)))
    };
    // `-Tc` is `-T -c`.
    let clusters = |letters: &str| {
        let short = |word: &&String| word.starts_with('-') && !word.starts_with("--");
        rest.iter()
            .filter(short)
            .any(|word| word.contains(|c| letters.contains(c)))
    };
    let first_is = |verbs: &[&str]| rest.first().is_some_and(|first| verbs.contains(&first.as_str()));
    match program {
        "sed" => sed(rest),
        "awk" | "gawk" | "mawk" => awk(rest),
        "curl" => curl(rest),
        "date" => date(rest),
        "ip" => ip(rest),
        "uniq" => operands(rest, "-f -s -w --skip-fields --skip-chars --check-chars") <= 1,
        "xxd" => operands(rest, "-c -cols -g -l -len -s -seek -o") <= 1,
        "ss" => !has(&["--kill"]) && !clusters("K"),
        "yq" => !holds(&["--inplace", "--in-place", "--split-exp", "--from-file"]) && !clusters("is"),
        "sar" => !clusters("o"),
        "lastlog" => !has(&["--clear", "--set"]) && !clusters("CS"),
        "nvidia-smi" => rest.iter().all(|word| {
            !word.starts_with('-') && word.starts_with(|c: char| c.is_ascii_digit())
                || matches!(word.as_str(), "-q" | "-L" | "-l" | "-i" | "-x" | "-d")
                || word.starts_with("--query-")
                || word.starts_with("--format=")
        }),
        "find" => !rest.iter().any(|word| {
            matches!(
                word.as_str(),
                "-delete" | "-exec" | "-execdir" | "-ok" | "-okdir" | "-fls"
            ) || word.starts_with("-fprint")
        }),
        "sort" => !holds(&["--output", "--compress-program"]) && !sort_writes(rest),
        "dmesg" => {
            !has(&[
                "--clear",
                "--read-clear",
                "--console-level",
                "--console-off",
                "--console-on",
            ]) && !clusters("cCnDE")
        }
        "hostname" | "domainname" => {
            rest.iter().all(|word| word.starts_with('-')) && !holds(&["--file"]) && !clusters("Fb")
        }
        "journalctl" => !holds(&[
            "--vacuum",
            "--rotate",
            "--flush",
            "--sync",
            "--relinquish",
            "--update-catalog",
            "--setup-keys",
        ]),
        "sysctl" => !has(&["--write", "--load", "--system"]) && !holds(&["="]) && !clusters("wpf"),
        "iptables" | "ip6tables" => {
            let looks = |word: &String| {
                !word.starts_with('-')
                    || matches!(
                        word.as_str(),
                        "--list" | "--list-rules" | "--line-numbers" | "--numeric" | "--verbose"
                    )
                    || !word.starts_with("--") && word[1..].chars().all(|c| "LSnvxtw".contains(c))
            };
            rest.iter().all(looks) && (has(&["--list", "--list-rules"]) || clusters("LS"))
        }
        "openssl" => {
            first_is(&["s_client", "verify", "version", "x509"])
                && !rest.iter().any(|word| word == "-out" || word == "-writerand")
        }
        "rpm" => rest.first().is_some_and(|flag| flag.starts_with("-q")),
        "dpkg" => first_is(&["-l", "-L", "-s", "-S", "--list", "--status"]),
        "timedatectl" if rest.first().is_some_and(|verb| verb.starts_with("show")) => true,
        "mount" | "timedatectl" | "hostnamectl" => rest.is_empty() || *rest == ["status"] || *rest == ["-l"],
        "crontab" => *rest == ["-l"],
        "top" => has(&["-b", "-bn1"]) || rest.is_empty(),
        _ => false,
    }
}

/// Words that are neither flags nor values of flags.
fn operands(rest: &[String], valued: &str) -> usize {
    let mut count = 0;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if valued.split_whitespace().any(|flag| flag == word) {
            words.next();
        } else if !word.starts_with('-') || word == "-" {
            count += 1;
        }
    }
    count
}

/// `-o` among short flags, up to the first that takes the rest of its word.
fn sort_writes(rest: &[String]) -> bool {
    let short = |word: &&String| word.starts_with('-') && !word.starts_with("--");
    let flags = |word: &String| {
        word[1..]
            .chars()
            .take_while(|c| !"kStT".contains(*c))
            .any(|c| c == 'o')
    };
    rest.iter().filter(short).any(flags)
}

/// One command of a script that prints, deletes or replaces in what it prints; `e`, `w` and what is not known are none.
static SED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let place = r"(?:\d+(?:~\d+)?|\$|\+\d+|/(?:[^/\\]|\\.)*/I?)";
    let piece = |mark: &str| format!(r"(?:[^{mark}\\]|\\.)*");
    let replace = |mark: &str| {
        let piece = piece(mark);
        format!("s{mark}{piece}{mark}{piece}{mark}[gpIim0-9]*")
    };
    let all = [
        replace("/"),
        replace("#"),
        replace(","),
        replace("@"),
        replace(":"),
        replace(r"\|"),
    ];
    let action = format!("(?:[pPdDnNgGhHxqQl=]|{})", all.join("|"));
    Regex::new(&format!(r"^\s*(?:{place}(?:,{place})?\s*!?\s*)?{action}?\s*$")).ok()
});

fn sed(rest: &[String]) -> bool {
    let looks = |script: &str| {
        // A variable could hold anything.
        let expands = script.match_indices('$').any(|(at, _)| {
            // `$p` prints the last line.
            let next: Vec<char> = script[at + 1..].chars().take(2).collect();
            let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
            next.first()
                .is_some_and(|c| c.is_ascii_uppercase() || "{(_".contains(*c))
                || next.len() == 2 && next.iter().all(is_name)
        });
        let is_known = |piece: &str| SED.as_ref().is_some_and(|regex| regex.is_match(piece));
        !expands && !script.contains('`') && script.split([';', '\n']).all(is_known)
    };
    let mut words = rest.iter();
    let mut has_script = false;
    while let Some(word) = words.next() {
        match word.as_str() {
            "-e" | "--expression" => {
                has_script = true;
                if !words.next().is_some_and(|script| looks(script)) {
                    return false;
                }
            }
            "--quiet" | "--silent" | "--regexp-extended" | "--separate" | "--unbuffered" | "--null-data"
            | "--posix" => {}
            short if short.starts_with('-') && short[1..].chars().all(|c| "nErsuz".contains(c)) => {}
            flag if flag.starts_with('-') => return false,
            script if !std::mem::replace(&mut has_script, true) && !looks(script) => return false,
            _ => {}
        }
    }
    true
}

fn awk(rest: &[String]) -> bool {
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-F" | "-v" | "--field-separator" | "--assign" => drop(words.next()),
            flag if flag.starts_with("-F") || flag.starts_with("-v") => {}
            flag if flag.starts_with('-') && flag.len() > 1 => return false,
            text => {
                let pipes = text.replace("||", "").contains('|');
                let writes = ["system", ">", "getline", "@load", "@include"];
                if pipes || writes.iter().any(|piece| text.contains(piece)) {
                    return false;
                }
            }
        }
    }
    true
}

/// Of curl's flags those that fetch and print, by their long names; the second list takes a value.
const CURL: &str = "silent show-error insecure location fail fail-with-body include head verbose compressed globoff ipv4 ipv6 \
    http1.0 http1.1 http2 http2-prior-knowledge http3 tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 no-buffer no-progress-meter \
    progress-bar retry-connrefused retry-all-errors path-as-is anyauth basic digest negotiate ntlm tcp-nodelay list-only \
    no-keepalive netrc cert-status ssl-reqd";
const CURL_VALUED: &str = "max-time connect-timeout header user user-agent referer cookie cacert capath cert cert-type key \
    key-type pass resolve connect-to retry retry-delay retry-max-time url proxy noproxy proxy-user interface unix-socket \
    range tls-max ciphers aws-sigv4 max-redirs oauth2-bearer speed-limit speed-time limit-rate dns-servers keepalive-time \
    max-filesize local-port";

fn curl(rest: &[String]) -> bool {
    let looks = |method: &str| matches!(method, "GET" | "HEAD" | "OPTIONS");
    let known = |list: &str, flag: &str| list.split_whitespace().any(|known| known == flag);
    let mut words = rest.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let is_fine = if let Some(long) = word.strip_prefix("--") {
            match long {
                "request" => words.next().is_some_and(looks),
                "output" => words.next() == Some("/dev/null"),
                "write-out" => words.next().is_some_and(|format| !format.contains("%output")),
                flag if known(CURL_VALUED, flag) => words.next().is_some(),
                flag => known(CURL, flag),
            }
        } else if let Some(short) = word.strip_prefix('-') {
            short_flags(short, &mut words, looks)
        } else {
            true
        };
        if !is_fine {
            return false;
        }
    }
    true
}

/// `-sXGET`: flags up to the first that takes a value, which is the rest of the word or the next one.
fn short_flags<'w>(
    short: &str,
    words: &mut impl Iterator<Item = &'w str>,
    looks: impl Fn(&str) -> bool,
) -> bool {
    let Some(at) = short.find(|c| !"sSkLfiIvgn46#lN0123q".contains(c)) else {
        return true;
    };
    let flag = &short[at..];
    let Some(letter) = flag.chars().next() else {
        return true;
    };
    let joined = &flag[letter.len_utf8()..];
    let value = if joined.is_empty() { words.next() } else { None };
    let value = value.unwrap_or(joined);
    match letter {
        'X' => looks(value),
        'o' => value == "/dev/null",
        'w' => !value.contains("%output"),
        letter => "HuAebmxErYyzU".contains(letter),
    }
}

fn date(rest: &[String]) -> bool {
    let mut words = rest.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let is_fine = match word {
            "--date" | "--reference" | "--file" => words.next().is_some(),
            "--utc" | "--universal" | "--rfc-email" | "--debug" => true,
            long if long.starts_with("--") => {
                let known = ["--date=", "--reference=", "--file=", "--iso-8601", "--rfc-3339="];
                known.iter().any(|flag| long.starts_with(flag))
            }
            short if short.starts_with('-') => {
                let flags = short[1..].trim_start_matches(['u', 'R', 'j']);
                let mut flags = flags.chars();
                match flags.next() {
                    None | Some('I') => true,
                    Some('d' | 'r' | 'f' | 'v') => !flags.as_str().is_empty() || words.next().is_some(),
                    _ => false,
                }
            }
            // Anything but a format sets the clock.
            operand => operand.starts_with('+'),
        };
        if !is_fine {
            return false;
        }
    }
    true
}

/// An object and what is done with it, which may be cut short: `ip l s` is `ip link set`.
fn ip(rest: &[String]) -> bool {
    let mut plain = Vec::new();
    let mut words = rest.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-f" | "-family" | "-n" | "-netns" if plain.is_empty() => drop(words.next()),
            "-b" | "-batch" => return false,
            flag if flag.starts_with('-') && plain.is_empty() => {}
            word => plain.push(word),
        }
    }
    plain.get(1).is_none_or(|action| {
        matches!(
            *action,
            "show" | "sh" | "list" | "ls" | "lst" | "get" | "identify" | "pids"
        )
    })
}
