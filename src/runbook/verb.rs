//! Checks told from changes by the verbs of the commands. What is not known to only look counts as a change, and so does
//! whatever the lexer cannot take apart: a wrong guess then asks once too often, never too seldom.

mod table;

use super::placeholder;
use super::shell::{Context, Script};
use table::{ALWAYS, PASSED_OVER, SUBCOMMANDS, WRAPPERS};

/// Whether every command of a text only looks.
pub fn only_reads(commands: &[String]) -> bool {
    !commands.is_empty() && commands.iter().all(|command| reads(command))
}

/// Whether one command, with everything in its pipes and substitutions, only looks.
pub fn reads(command: &str) -> bool {
    let opaque: Vec<_> = placeholder::written(command)
        .into_iter()
        .map(|found| found.at)
        .collect();
    let script = Script::parse(command, &opaque);
    // The patterns of a `case` end in a bracket that nothing opens.
    if command.split_whitespace().any(|word| word == "case") {
        return false;
    }
    let Some(segments) = segments(command, &script, &opaque) else {
        return false;
    };
    segments.iter().all(|words| segment_reads(words))
}

/// A command's words without their quotes.
type Words = Vec<String>;

/// Simple commands, each as words; `None` where the text cannot be taken apart or writes to a file.
fn segments(text: &str, script: &Script, opaque: &[std::ops::Range<usize>]) -> Option<Vec<Words>> {
    let mut segments: Vec<Words> = vec![Vec::new()];
    let mut word = String::new();
    let mut began = false;
    // What `$(…)` and `(…)` interrupt goes on behind them.
    let mut outer: Vec<Words> = Vec::new();
    let mut chars = text.char_indices().peekable();
    fn flush(segments: &mut [Words], word: &mut String, began: &mut bool) {
        if std::mem::take(began)
            && let Some(last) = segments.last_mut()
        {
            last.push(std::mem::take(word));
        }
    }
    while let Some((at, c)) = chars.next() {
        let is_placeholder = opaque.iter().any(|range| range.contains(&at));
        match script.context(at) {
            _ if is_placeholder => {
                word.push('x');
                began = true;
            }
            Context::Undecided => {
                // `${…}` and arithmetic expand to text; what they hold of back-ticks and `$(…)` runs.
                if c == '`' || (c == '(' && word.ends_with('$')) {
                    return None;
                }
                word.push(c);
                began = true;
            }
            Context::Comment | Context::Heredoc { quoted: true } => {}
            // `$(…)` in a here-document runs as well.
            Context::Heredoc { quoted: false } => {
                if c == '$' && chars.peek().is_some_and(|(_, next)| *next == '(') {
                    return None;
                }
            }
            Context::Double
                if c == '(' && word.ends_with('$') && script.context(at + 1) != Context::Double =>
            {
                word.pop();
                began = true;
                flush(&mut segments, &mut word, &mut began);
                outer.push(segments.pop().unwrap_or_default());
                segments.push(Vec::new());
            }
            Context::Single | Context::Double => {
                word.push(c);
                began = true;
            }
            Context::Bare => match c {
                '\\' => {
                    if chars.peek().is_some_and(|(_, next)| *next == '\n') {
                        chars.next();
                    }
                }
                '\'' | '"' => began = true,
                '(' => {
                    if word.ends_with('$') || word.ends_with('<') {
                        word.pop();
                        began = true;
                    }
                    flush(&mut segments, &mut word, &mut began);
                    outer.push(segments.pop().unwrap_or_default());
                    segments.push(Vec::new());
                }
                ')' => {
                    flush(&mut segments, &mut word, &mut began);
                    // `a)` of a `case` has no opening one.
                    match outer.pop() {
                        Some(words) => segments.push(words),
                        None => segments.push(Vec::new()),
                    }
                }
                '>' => {
                    let rest = text[at + 1..].trim_start_matches(['>', '&', '|']).trim_start();
                    if word.chars().all(|c| c.is_ascii_digit()) {
                        word.clear();
                        began = false;
                    }
                    let target = rest.split_whitespace().next().unwrap_or("");
                    let to_nowhere = target.trim_end_matches([')', ';']) == "/dev/null";
                    let to_stream = text[at + 1..].starts_with("&1") || text[at + 1..].starts_with("&2");
                    if !to_nowhere && !to_stream {
                        return None;
                    }
                    flush(&mut segments, &mut word, &mut began);
                    let skipped =
                        text[at + 1..].len() - rest.len() + target.trim_end_matches([')', ';']).len();
                    let until = if to_stream { at + 3 } else { at + 1 + skipped };
                    while chars.peek().is_some_and(|(next, _)| *next < until) {
                        chars.next();
                    }
                }
                '|' | ';' | '&' | '\n' => {
                    flush(&mut segments, &mut word, &mut began);
                    segments.push(Vec::new());
                }
                c if c.is_whitespace() => flush(&mut segments, &mut word, &mut began),
                c => {
                    word.push(c);
                    began = true;
                }
            },
        }
    }
    flush(&mut segments, &mut word, &mut began);
    segments.extend(outer);
    Some(segments)
}

fn segment_reads(words: &[String]) -> bool {
    let mut words = words;
    while let Some(first) = words.first() {
        let is_passed = PASSED_OVER.contains(&first.as_str()) || is_assignment(first);
        if !is_passed {
            break;
        }
        words = &words[1..];
    }
    let Some((program, rest)) = words.split_first() else {
        return true;
    };
    let program = program.rsplit('/').next().unwrap_or(program);
    if matches!(program, "for" | "select") {
        return true;
    }
    if WRAPPERS.contains(&program) {
        // `timeout 5 CMD`, `xargs -n 1 CMD`, `watch -n 2 CMD`: the first word that is no flag and no number.
        let inner = rest
            .iter()
            .position(|word| !word.starts_with('-') && !word.starts_with(|c: char| c.is_ascii_digit()));
        return inner.is_some_and(|at| segment_reads(&rest[at..]));
    }
    if ALWAYS.split_whitespace().any(|known| known == program) {
        return true;
    }
    if let Some((_, valued, verbs)) = SUBCOMMANDS
        .iter()
        .find(|(name, ..)| name.split(' ').any(|name| name == program))
    {
        return subcommand_reads(rest, valued, verbs);
    }
    flags_read(program, rest)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| super::fence::is_variable(name))
}

/// The first words that are no flags against the verbs that look; a verb may be of two words.
fn subcommand_reads(rest: &[String], valued: &str, verbs: &str) -> bool {
    let mut plain: Vec<&str> = Vec::new();
    let mut skip = false;
    for word in rest {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') {
            skip = !word.contains('=') && valued.split_whitespace().any(|flag| flag == word);
        } else {
            plain.push(word);
        }
    }
    let is = |verb: &str, word: &str| match verb.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => verb == word,
    };
    verbs
        .split(',')
        .map(str::trim)
        .any(|verb| match verb.split_once(' ') {
            Some((first, second)) => {
                plain.first().is_some_and(|word| is(first, word))
                    && plain.get(1).is_some_and(|word| is(second, word))
            }
            None => plain.first().is_some_and(|word| is(verb, word)),
        })
}

/// Programs that look unless a flag says otherwise.
fn flags_read(program: &str, rest: &[String]) -> bool {
    // An answer that goes nowhere is only looked for.
    let rest = &match program {
        "curl" => without_null_output(rest),
        _ => rest.to_vec(),
    };
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
    match program {
        "sed" => {
            !has(&["-i", "--in-place"])
                && !rest.iter().any(|word| word.starts_with("-i"))
                && !holds(&["w /", "w "])
        }
        "awk" | "gawk" | "mawk" => !holds(&["system(", ">", "| \"", "|&", "getline"]),
        "find" => !has(&[
            "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprintf", "-fls",
        ]),
        "sort" => !has(&["-o", "--output"]),
        "dmesg" => !has(&["-c", "-C", "--clear", "--read-clear", "-n", "-D", "-E"]),
        "date" => !has(&["-s", "--set"]),
        "hostname" | "domainname" => rest.iter().all(|word| word.starts_with('-')),
        "curl" => {
            let method = rest
                .iter()
                .zip(rest.iter().skip(1))
                .find(|(flag, _)| *flag == "-X" || *flag == "--request");
            let looks =
                method.is_none_or(|(_, method)| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"));
            looks
                && !has(&[
                    "-d",
                    "--data",
                    "--data-raw",
                    "--data-binary",
                    "--data-urlencode",
                    "-F",
                    "--form",
                    "-T",
                ])
                && !has(&[
                    "--upload-file",
                    "-o",
                    "-O",
                    "--output",
                    "--remote-name",
                    "--json",
                    "-K",
                    "--config",
                ])
                && !rest
                    .iter()
                    .any(|word| word.starts_with("-X") && word.len() > 2 && word != "-XGET")
        }
        "journalctl" => !holds(&["--vacuum", "--rotate", "--flush", "--sync", "--relinquish"]),
        "sysctl" => !has(&["-w", "-p", "--write", "--load", "--system"]) && !holds(&["="]),
        "ip" => !rest.iter().any(|word| {
            matches!(
                word.as_str(),
                "add" | "del" | "delete" | "set" | "flush" | "change" | "replace" | "append" | "exec"
            )
        }),
        "iptables" | "ip6tables" => has(&["-L", "-S", "--list", "--list-rules"]) && !has(&["-F", "-X", "-Z"]),
        "openssl" => {
            rest.first()
                .is_some_and(|verb| matches!(verb.as_str(), "s_client" | "verify" | "version" | "x509"))
                && !has(&["-out"])
        }
        "rpm" => rest.first().is_some_and(|flag| flag.starts_with("-q")),
        "dpkg" => rest
            .first()
            .is_some_and(|flag| matches!(flag.as_str(), "-l" | "-L" | "-s" | "-S" | "--list" | "--status")),
        "timedatectl" if rest.first().is_some_and(|verb| verb.starts_with("show")) => true,
        "mount" | "timedatectl" | "hostnamectl" => rest.is_empty() || *rest == ["status"] || *rest == ["-l"],
        "crontab" => *rest == ["-l"],
        "top" => has(&["-b", "-bn1"]) || rest.is_empty(),
        _ => false,
    }
}

fn without_null_output(rest: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in rest {
        if word == "/dev/null" && kept.last().is_some_and(|flag| flag == "-o" || flag == "--output") {
            kept.pop();
        } else {
            kept.push(word.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_is_told_from_what_changes() {
        for looks in [
            "aws ec2 describe-instances --instance-ids <instance-id> --query 'a[].b' --output text",
            "aws --profile x --region eu-west-1 s3 ls s3://b",
            "kubectl -n prod get pods | grep -v Running | awk '{print $1}'",
            "oc get pods -A 2>/dev/null",
            "oc auth can-i list pods",
            "systemctl status nginx --no-pager; df -h && free -m",
            "sudo journalctl -u nginx --since '1 hour ago' | tail -n 50",
            "NODE=$(kubectl get node -o name | head -1)",
            "for i in 1 2; do curl -s http://x/$i; done",
            "timeout 5 ping -c 1 host",
            "find /var/log -size +100M",
            "sed -n '1,5p' /etc/hosts",
            "echo \"$(date) it's\" ${X:-y}",
            "df -h > /dev/null 2>&1",
            "kubectl rollout status deploy/x",
            "[ -f /etc/passwd ]",
            "curl -sS -o /dev/null --max-time 5 http://x",
            "timedatectl show -p NTPSynchronized",
        ] {
            assert!(reads(looks), "{looks}");
        }
        for changes in [
            "aws ec2 stop-instances --instance-ids i-1",
            "kubectl delete pod x",
            "kubectl get pods | xargs kubectl delete pod",
            "systemctl restart nginx",
            "echo x > /etc/motd",
            "echo $(rm -rf /tmp/x)",
            "echo `reboot`",
            "df -h; rm -f x",
            "sed -i s/a/b/ x",
            "find . -delete",
            "curl -X POST http://x",
            "curl -o page http://x",
            "frobnicate --all",
            "cat <<E\n$(reboot)\nE",
            "cat <<E | kubectl apply -f -\nx\nE",
            "kubectl rollout restart deploy/x",
            "(cd /tmp && rm x)",
            "sudo bash -c 'rm x'",
            "awk 'BEGIN{system(\"rm x\")}'",
            "oc adm drain node1",
            "if true; then reboot; fi",
            "echo ${X:-$(reboot)}",
            "echo \"$(reboot) it's\"",
            "echo $(case x in a) rm -rf /;; esac)",
            "",
        ] {
            assert!(changes.is_empty() || !reads(changes), "{changes}");
        }
        assert!(!only_reads(&[]));
    }
}
