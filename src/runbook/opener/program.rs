//! Which programs open a shell or a prompt, and what on their line keeps them from it. From their own manuals; a program
//! that is not here opens none.

use super::super::shell::{self, bare_name, is_assignment};
use super::super::verb;
use super::container;
use super::flag::{leading, mixed};
use super::opens_at_its_end;

const SHELLS: [&str; 7] = ["sh", "bash", "zsh", "ash", "dash", "ksh", "fish"];

/// Programs with a prompt: their names, flags that take a word, flags that make them do something and leave, and how many
/// plain words they take before one is such a thing itself.
const PROMPTS: [(&str, &str, &str, usize); 16] = [
    (
        "psql gitlab-psql",
        "U h p d v o F P R L T username host port dbname set variable output",
        "c f l V ? command file list version help",
        9,
    ),
    (
        "mysql mariadb",
        "u p= h P D S user host port database socket defaults-file defaults-extra-file",
        "e V ? execute version help print-defaults",
        9,
    ),
    ("sqlite3", "", "version help", 1),
    (
        "mongo mongosh",
        "u p host port username password authenticationDatabase tlsCAFile tlsCertificateKeyFile",
        "h f eval file version help",
        1,
    ),
    (
        "redis-cli valkey-cli",
        "h p a n u s user pass cacert cert key sni",
        "v r x scan stat latency latency-history latency-dist bigkeys memkeys hotkeys rdb pipe eval cluster version help \
         intrinsic-latency lru-test functions-rdb replica",
        0,
    ),
    (
        "cqlsh",
        "u p k username password keyspace cqlshrc",
        "h e f execute file version help",
        2,
    ),
    ("sqlplus", "", "V H", 3),
    (
        "clickhouse-client",
        "h u d host port user password database",
        "V q query queries-file version help",
        0,
    ),
    (
        "python python2 python3 node irb ghci tclsh lua jshell",
        "",
        "c m V v e p h version help eval print test completion-bash run watch",
        0,
    ),
    ("pwsh powershell", "", "c C f F h ? version help Command File", 0),
    ("beeline", "u n p d", "e f help version", 0),
    (
        "sqlcmd",
        "S U P d h s w a t l H y Y m v o q",
        "Q i ? help version",
        0,
    ),
    ("ftp", "P", "h ? help version", 2),
    ("lftp", "u p", "c e f v h version help", 1),
    ("gdb", "p pid", "batch c x ex v h version help", 2),
    ("virsh", "c connect", "v V h version help", 0),
];

/// Programs that run another one behind their flags, and those of the flags that take a word.
const WRAPPERS: [(&str, &str); 9] = [
    ("exec", "a"),
    ("command", ""),
    ("builtin", ""),
    ("nohup", ""),
    ("nice", "n adjustment"),
    ("env", "u unset C chdir"),
    ("timeout", "k kill-after s signal"),
    ("sshpass", "f d p e P"),
    ("stdbuf", "i o e"),
];

/// Of `sudo`, the flags that take a word.
const OF_SUDO: &str = "u g h p C r t T U D R user group host prompt chdir chroot role type other-user";

/// Programs that are known, and may hold what is typed behind them for themselves in ways of their own.
const SCREENS: [&str; 8] = [
    "tmux", "screen", "telnet", "expect", "bundle", "heroku", "php", "bosh",
];

/// Whether it is known what these words run, behind whatever runs it for them.
pub(super) fn is_known(words: &[&str]) -> bool {
    let words = &words[words.iter().take_while(|word| is_assignment(word)).count()..];
    let Some((program, rest)) = words.split_first() else {
        return true;
    };
    let program = bare_name(program);
    if matches!(program, "sudo" | "doas") {
        return is_known(leading(rest, OF_SUDO).1);
    }
    if let Some((_, valued)) = WRAPPERS.iter().find(|(name, _)| *name == program) {
        let (_, rest) = leading(rest, valued);
        let is_span = program == "timeout" && !rest.is_empty();
        return is_known(&rest[usize::from(is_span)..]);
    }
    (shell::is_known(program) || verb::only_looks(program)) && !SCREENS.contains(&program)
}

/// Whether these words open something that waits for someone to type. A plain shell counts only `inside` of something
/// else: by itself it changes neither the machine nor the user.
pub(super) fn opens(words: &[&str], is_inside: bool) -> bool {
    let words = &words[words.iter().take_while(|word| is_assignment(word)).count()..];
    let Some((program, rest)) = words.split_first() else {
        return false;
    };
    let program = bare_name(program);
    if let Some((_, valued)) = WRAPPERS.iter().find(|(name, _)| *name == program) {
        let (flags, rest) = leading(rest, valued);
        if program == "command" && flags.has_any("v V") {
            return false;
        }
        let is_span = program == "timeout" && !rest.is_empty();
        return opens(&rest[usize::from(is_span)..], is_inside);
    }
    if SHELLS.contains(&program) || program == "$SHELL" {
        let (flags, rest) = leading(rest, "o O rcfile init-file");
        return is_inside && rest.is_empty() && !flags.has_any("c version help");
    }
    if program == "virsh" && rest.contains(&"console") {
        return true;
    }
    let named = |names: &str| names.split(' ').any(|name| name == program);
    if let Some((_, valued, does, most)) = PROMPTS.iter().find(|(names, ..)| named(names)) {
        return prompts(rest, valued, does, *most);
    }
    match program {
        "sudo" | "doas" => sudo(rest),
        "su" => !mixed(rest, "s g G w shell group")
            .flags
            .has_any("c V h command session-command version help"),
        "runuser" => runuser(rest),
        "chroot" => {
            let (_, rest) = leading(rest, "");
            behind_first(rest, true)
        }
        "newgrp" => !rest.is_empty(),
        "toolbox" => rest.is_empty(),
        "nsenter" => {
            let (flags, rest) = leading(rest, "t S G target setuid setgid");
            !flags.has_any("V h version help") && (rest.is_empty() || opens(rest, true))
        }
        "ssh" | "autossh" | "mosh" => ssh(rest),
        "sftp" => {
            let (flags, rest) = leading(rest, "B b c D F i J l o P R S s X");
            !flags.has_any("b") && rest.last().is_some_and(|host| !host.contains(":/"))
        }
        "rails" | "gitlab-rails" => {
            matches!(rest.first(), Some(&("c" | "console" | "db" | "dbconsole")))
        }
        "zkCli.sh" => matches!(rest, [] | ["-server", _]),
        _ => container::opens(program, rest),
    }
}

fn prompts(rest: &[&str], valued: &str, does: &str, most: usize) -> bool {
    let line = mixed(rest, valued);
    let is_script = |at: &usize| rest[*at].starts_with('@') || rest[*at].ends_with(".js");
    !line.flags.has_any(does)
        && line.plain.len() <= most
        && !line.plain.iter().any(is_script)
        && line.behind.is_none_or(<[_]>::is_empty)
}

/// What a first plain word is given to run; a shell where it is given nothing.
fn behind_first(rest: &[&str], is_shell: bool) -> bool {
    match rest {
        [] => false,
        [_] => is_shell,
        [_, command @ ..] => opens(command, true),
    }
}

fn sudo(rest: &[&str]) -> bool {
    let (flags, rest) = leading(rest, OF_SUDO);
    match rest {
        [] => flags.has_any("i s login shell"),
        command => opens(command, true),
    }
}

fn runuser(rest: &[&str]) -> bool {
    let line = mixed(rest, "u s g G w user shell group");
    if line.flags.has_any("c V h command session-command") {
        return false;
    }
    let command = line.behind.or_else(|| Some(&rest[*line.plain.first()?..]));
    match line.flags.has_any("u user") {
        true => command.is_some_and(|command| opens(command, true)),
        false => true,
    }
}

fn ssh(rest: &[&str]) -> bool {
    const VALUED: &str = "b c D E e F I i J L l m O o p Q R S W w B P";
    let (before, rest) = leading(rest, VALUED);
    let Some((_, rest)) = rest.split_first() else {
        return false;
    };
    // Flags stand behind the host, too.
    let (behind, command) = leading(rest, VALUED);
    let is_no_shell = |flags: &super::flag::Flags<'_>| flags.has_any("N O Q V G W f");
    if is_no_shell(&before) || is_no_shell(&behind) {
        return false;
    }
    command.is_empty() || opens_at_its_end(&command.join(" "))
}
