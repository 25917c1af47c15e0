//! Words of the shell: which names are commands, and how a value is quoted.

/// Programs that runbooks begin a line with. Unlabelled text that begins with one is perhaps meant to be run.
const COMMANDS: &str = "
    alias amtool ansible apt apt-get argocd awk aws az base64 bash calicoctl cat cd ceph cfn-lint chkconfig chmod chown
    chroot cilium cloudctl conntrack cp crictl cryptsetup curl date dd df dig dmesg docker dnf doctl du echo
    eksctl env etcdctl eval exit export fdisk file find flux free fstrim gcloud gh git grep gunzip gzip head helm
    host hostname hostnamectl id ifconfig iostat ip iptables istioctl journalctl jq kafka-topics.sh kill killall
    kind kubectl kubectx kubens kustomize last ldapsearch less ln logger ls lsblk lscpu lsof lvs make mkdir mkfs
    mongo mongosh mount mpstat mtr mv mysql nano nc ncat netstat nft nginx nmap nohup nsenter nslookup ntpq
    nvme oc odo omc openssl openstack openshift-install osascript pgrep ping pip pip3 pkill podman postgres
    printf prlimit promtool ps psql pvs python python3 rabbitmqctl rbd read readlink redis-cli reboot restic rm
    rosa rsync sar sc scp screen sed service session-manager-plugin set sfdisk sh shutdown skopeo sleep sort
    source ss ssh ssh-keygen ssm-cli stat strace su subctl sudo swapoff swapon sysctl systemctl systemd-analyze
    tail tar tcpdump tee telnet terraform test timedatectl timeout tmux top touch tr traceroute truncate
    tuned-adm umount uname uniq unset unzip update-ca-trust uptime vault vi vim virsh virtctl vgs vmstat w wait
    watch wc wget which who whoami xargs xfs_growfs xfs_repair yq yum zcat zgrep zstd
    for if while until case
";

/// The name of the program that a line starts: blanks, variable assignments, `sudo` and `time` passed over.
pub fn first_word(line: &str) -> &str {
    line.split_whitespace()
        .find(|word| {
            !is_assignment(word)
                && !matches!(*word, "sudo" | "time" | "nohup" | "command" | "-n" | "-E" | "!")
        })
        .unwrap_or("")
}

/// Whether a line begins like a command: a known program, a path to one, an assignment.
pub fn is_command(line: &str) -> bool {
    if line.split_whitespace().next().is_some_and(is_assignment) {
        return true;
    }
    let word = first_word(line);
    // `watch:` or `date=` are keys of a document that happens to be named so.
    COMMANDS.split_whitespace().any(|known| known == word)
        || (word.starts_with("./")
            || word.starts_with('/') && !word.ends_with('/') && word.matches('/').count() > 1)
            && !word.ends_with(':')
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty()
            && !value.starts_with('=')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// A value that no shell, and no program behind one, gives a meaning beyond itself.
pub fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&byte))
        && !value.starts_with('-')
}

/// The same of a variable's value, which stands in no text: letters of any script, and numbers below nothing.
pub fn is_inert(value: &str) -> bool {
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match value.strip_prefix('-') {
        Some(rest) => is_number(rest),
        None => value
            .chars()
            .all(|c| c.is_alphanumeric() || "_./:@%+,-‹›".contains(c)),
    }
}

/// The value as one word of a POSIX shell.
pub fn quote(value: &str) -> String {
    if is_plain(value) {
        return value.to_string();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}
