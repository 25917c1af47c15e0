//! The same of programs that lead into containers, pods and machines by verbs.

use super::flag::{Flags, leading, mixed};
use super::opens_at_its_end;
use super::program;

const OF_KUBECTL: &str = "n c l s f o namespace container context kubeconfig cluster user image target pod-running-timeout \
    profile copy-to server token request-timeout as as-group overrides env labels port selector filename output shell \
    to-namespace node-name custom serviceaccount limits requests restart image-pull-policy";

const OF_RUN: &str = "a c e h l m p u v w add-host annotation attach blkio-weight cap-add cap-drop cgroup-parent cidfile cpus \
    cpuset-cpus device dns entrypoint env env-file expose gpus group-add health-cmd hostname ip ipc label link log-driver \
    log-opt mac-address memory memory-swap mount name net network network-alias pid pids-limit platform publish pull restart \
    runtime security-opt shm-size stop-signal stop-timeout sysctl tmpfs ulimit user userns uts volume volumes-from workdir \
    index service-ports detach-keys";

const OF_GCLOUD: &str = "zone project command ssh-key-file ssh-flag container account configuration format verbosity \
    billing-project impersonate-service-account worker node";

const OF_TSH: &str = "l p i login port identity cluster proxy user auth mfa-mode ttl L D o";

const OF_AWS: &str = "profile region output query endpoint-url color ca-bundle cli-read-timeout cli-connect-timeout \
    cli-binary-format";

fn opens_in(command: &[&str]) -> bool {
    program::opens(command, true)
}

/// Whether a line of one of these programs does.
pub(super) fn opens(program: &str, rest: &[&str]) -> bool {
    match program {
        "kubectl" | "oc" | "k" | "kubecolor" => kubectl(program, rest),
        "docker" | "podman" | "nerdctl" | "crictl" | "docker-compose" => docker(rest),
        "virtctl" => {
            let line = mixed(
                rest,
                "n i l p namespace identity-file username port known-hosts command",
            );
            let verb = line.plain.first().map(|at| rest[*at]);
            matches!(verb, Some("console")) || verb == Some("ssh") && !line.flags.has_any("c command")
        }
        "lxc" | "incus" => {
            let at = rest.iter().position(|word| *word == "--").map(|at| at + 1);
            let command = at.or(Some(2)).and_then(|at| rest.get(at..));
            rest.first() == Some(&"exec") && command.is_some_and(opens_in) || rest.first() == Some(&"shell")
        }
        "machinectl" => rest.first() == Some(&"shell") && rest.len() < 3,
        "multipass" | "limactl" | "colima" => matches!(rest, ["shell"] | ["shell", _] | ["ssh"]),
        "minikube" | "vagrant" => match leading(rest, "p profile").1 {
            ["ssh", rest @ ..] => {
                let line = mixed(rest, "n node p profile c command");
                !line.flags.has_any("c command")
                    && line.behind.is_none_or(<[_]>::is_empty)
                    && line.plain.len() <= usize::from(program == "vagrant")
            }
            _ => false,
        },
        "gcloud" => gcloud(rest),
        "tsh" => match leading(rest, OF_TSH).1 {
            ["ssh", rest @ ..] => leading(rest, OF_TSH).1.len() == 1,
            _ => false,
        },
        "aws" => aws(rest),
        "qd" | "quarterdeck" => rest.first() == Some(&"connect") && !rest.contains(&"--"),
        _ => false,
    }
}

fn is_on(flags: &Flags<'_>, names: &str) -> bool {
    let is_off = |name: &str| flags.value(name) == Some("false");
    flags.has_any(names) && !names.split_whitespace().any(is_off)
}

fn kubectl(program: &str, rest: &[&str]) -> bool {
    let line = mixed(rest, OF_KUBECTL);
    let flags = &line.flags;
    let Some(&verb) = line.plain.first() else {
        return false;
    };
    // Without `--` all behind the pod is the command.
    let nth = |nth: usize| line.plain.get(nth).map(|at| &rest[*at..]);
    let is_shown = flags.has_any("h o help dry-run output");
    match rest[verb] {
        "exec" => line.behind.or_else(|| nth(2)).is_some_and(opens_in),
        "rsh" => {
            let (_, rest) = leading(&rest[verb + 1..], OF_KUBECTL);
            match rest {
                [] => false,
                [_] => true,
                [_, command @ ..] => opens_in(command.strip_prefix(&["--"]).unwrap_or(command)),
            }
        }
        "attach" => is_on(flags, "i stdin"),
        _ if is_shown => false,
        "debug" => match line.behind {
            Some(command) => opens_in(command),
            None => line.plain.len() > 1 && (program == "oc" || is_on(flags, "i stdin attach")),
        },
        "run" => match line.behind.or_else(|| nth(2)) {
            Some(command) => is_on(flags, "i stdin") && opens_in(command),
            None => is_on(flags, "i stdin") && is_on(flags, "t tty"),
        },
        _ => false,
    }
}

fn docker(rest: &[&str]) -> bool {
    let (_, rest) = leading(rest, "H c f p host context file profile project-name log-level");
    let Some((verb, rest)) = rest.split_first() else {
        return false;
    };
    match *verb {
        "compose" | "container" => docker(rest),
        "exec" | "run" => {
            let (flags, rest) = leading(rest, OF_RUN);
            let wants_terminal = is_on(&flags, "i interactive") && is_on(&flags, "t tty");
            match rest {
                _ if is_on(&flags, "d detach") => false,
                [] => false,
                [_] => *verb == "run" && wants_terminal,
                [_, command @ ..] => opens_in(command),
            }
        }
        "attach" => true,
        _ => false,
    }
}

fn gcloud(rest: &[&str]) -> bool {
    let line = mixed(rest, OF_GCLOUD);
    let words: Vec<&str> = line.plain.iter().map(|at| rest[*at]).collect();
    let words = match &words[..] {
        ["alpha" | "beta", words @ ..] => words,
        words => words,
    };
    let is_ssh = matches!(
        words,
        ["compute", "ssh", ..] | ["compute", "tpus", "tpu-vm", "ssh", ..]
    );
    let is_flags = |behind: &[&str]| behind.iter().all(|word| word.starts_with('-'));
    is_ssh && !line.flags.has_any("command dry-run help") && line.behind.is_none_or(is_flags)
}

fn aws(rest: &[&str]) -> bool {
    let says = |flag: &str| {
        rest.iter()
            .enumerate()
            .find_map(|(at, word)| match word.strip_prefix(flag)? {
                "" => rest.get(at + 1).copied(),
                value => value.strip_prefix('='),
            })
    };
    let line = mixed(rest, OF_AWS);
    let words: Vec<&str> = line.plain.iter().take(2).map(|at| rest[*at]).collect();
    match words[..] {
        _ if rest.contains(&"help") => false,
        ["ssm", "start-session"] => says("--document-name").is_none_or(|name| name.ends_with("RunShell")),
        ["ecs", "execute-command"] => says("--command").is_some_and(opens_at_its_end),
        _ => false,
    }
}
