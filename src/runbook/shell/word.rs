//! Words of the shell: which names are commands, and how a value is quoted.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::runbook::is_variable;

/// Programs that runbooks begin a line with. Unlabelled text that begins with one is perhaps meant to be run.
const COMMANDS: &str = "
    a2enmod alias amtool ansible ansible-playbook ansible-vault apachectl apk apt apt-get argocd arp auditctl ausearch
    awk aws aws-vault az base64 bash blkid bosh brew btrfs buildah bundle calicoctl cargo cat cd cdk ceph certbot
    cfn-lint chage chattr chkconfig chmod chown chpasswd chronyc chroot cilium cloudctl cmctl composer conntrack
    consul consul-template cp crictl crm_mon crm_resource crontab cryptsetup curl date dd df dig dmesg dmidecode dnf
    docker docker-compose doctl dotnet dpkg dpkg-query drbdadm drush du e2fsck echo eksctl env esxcli etcdctl ethtool
    eval exim exit export fail2ban-client faillock fdisk file find firewall-cmd flux free fstrim fuser gcloud
    getenforce getfacl gh git gitlab-ctl gitlab-rake gradle grep groupadd growpart gsutil gunzip gzip haproxy hdfs
    head helm helmfile heroku host hostname hostnamectl id ifconfig invoke-rc.d iostat iotop ip iptables iscsiadm
    istioctl javac jcmd jmap journalctl jq jstack k3s kafka-console-consumer.sh kafka-consumer-groups.sh
    kafka-topics.sh keytool kill killall kind knife kops kubeadm kubectl kubectx kubens kubeseal kustomize last
    launchctl ldapsearch ldconfig less linkerd ln logger loginctl logrotate ls lsattr lsblk lscpu lsmod lsof lspci
    lvcreate lvdisplay lvextend lvresize lvs mailq make md5sum mdadm minikube mkdir mkfs mkfs.ext4 mkfs.xfs mkswap
    modprobe mongo mongodump mongorestore mongosh monit mount mpstat mtr multipath mv mvn mysql mysqladmin mysqlcheck
    mysqldump nano nc ncat nerdctl netstat networkctl newrelic-cli nft nginx nmap nmcli nodetool nohup nomad npm npx
    nsenter nslookup ntpq nvme oc oci odo omc openshift-install openssl openstack osascript ovs-vsctl pacman parted
    partprobe passwd pcs pg_ctl pg_dump pg_dumpall pg_isready pg_restore pgbench pgrep php pidof pidstat ping pip pip2
    pip3 pipenv pkill pm2 pnpm podman postconf postgres postqueue postsuper printf prlimit promtool ps psql pstree
    pulumi puppet pvcreate pvdisplay pvresize pvs pwck python python3 rabbitmq-diagnostics rabbitmqctl rails rake rbd
    rbenv read readlink reboot redis-cli redis-server resize2fs resolvectl restic restorecon rm rmmod rndc rosa route
    rpm rpm-ostree rsync rsyslogd ruby rustc salt salt-call sar sc scp screen scutil sed semanage service
    session-manager-plugin set setenforce setfacl sfdisk sftp sh sha256sum shutdown skopeo slabtop slcli sleep
    smartctl sort source spark-submit sqlcmd sqlite3 ss ssh ssh-add ssh-copy-id ssh-keygen ssm-cli stat stern strace
    su subctl sudo supervisorctl svn swapoff swapon sysctl systemctl systemd-analyze tail talosctl tar tcpdump tee
    telnet terraform terragrunt test timedatectl timeout tmux top touch tr traceroute truncate tshark tune2fs
    tuned-adm ufw umount uname uniq unset unzip update-ca-trust update-rc.d uptime useradd userdel usermod varnishadm
    vault velero vgcreate vgdisplay vgextend vgs vi vim vim-cmd virsh virtctl visudo vmstat vncserver w wait watch wc
    wget which who whoami wrangler xargs xfs_growfs xfs_repair yarn yq yum zcat zfs zgrep zkCli.sh zpool zstd zypper
    for if while until case
";

/// Words that another command comes behind, and that leave its meaning as it is.
const RESERVED: [&str; 10] = [
    "if", "then", "else", "elif", "while", "until", "do", "{", "!", "time",
];

/// Keys that a line of a log has.
const LOGGED: [&str; 10] = [
    "ts",
    "time",
    "timestamp",
    "level",
    "lvl",
    "severity",
    "msg",
    "message",
    "caller",
    "logger",
];

/// Folders in which nothing is a program.
const DEVICES: [&str; 3] = ["/dev/", "/proc/", "/sys/"];

/// Whether a word is reserved, and a command comes behind it.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// The name of the program that a line starts: blanks, variable assignments, `sudo` and `time` passed over.
pub fn first_word(line: &str) -> &str {
    line.split_whitespace()
        .find(|word| {
            !is_assignment(word)
                && !matches!(*word, "sudo" | "time" | "nohup" | "command" | "-n" | "-E" | "!")
        })
        .unwrap_or("")
}

/// Whether a word is the name of a program that runbooks use.
pub fn is_known(word: &str) -> bool {
    // It is asked of every line of a page.
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMANDS.split_whitespace().collect());
    KNOWN.contains(word)
}

/// Whether a line begins like a command: a known program, a path to one, an assignment.
pub fn is_command(line: &str) -> bool {
    if is_logged(line) {
        return false;
    }
    if line.split_whitespace().next().is_some_and(is_assignment) {
        return true;
    }
    let word = first_word(line);
    // `watch:` or `date=` are keys of a document that happens to be named so.
    is_known(word)
        || (word.starts_with("./")
            || word.starts_with('/') && !word.ends_with('/') && word.matches('/').count() > 1)
            && !word.ends_with(':')
            && !is_device(word)
}

/// Whether a path leads to what is no program.
pub fn is_device(path: &str) -> bool {
    DEVICES.iter().any(|folder| path.starts_with(folder))
}

/// Whether a line is of a log in pairs: `level=info ts=… msg="…"`, and nothing that they would be set for.
pub fn is_logged(line: &str) -> bool {
    let line = line.lines().next().unwrap_or("").trim();
    let (mut pairs, mut has_key) = (0, false);
    let (mut is_quoted, mut is_escaped) = (false, false);
    let ends = |c: char| {
        let is_blank = c.is_whitespace() && !is_quoted;
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_blank
    };
    for word in line.split(ends).filter(|word| !word.is_empty()) {
        let is_pair = is_assignment(word) && word.starts_with(|c: char| c.is_ascii_lowercase());
        let is_known = |text: &str| text.split('=').next().is_some_and(|name| LOGGED.contains(&name));
        if !is_pair {
            // What a log says may begin so: `error="a" > b`.
            return pairs > 1 && is_known(line);
        }
        pairs += 1;
        has_key |= is_known(word);
    }
    pairs > 2 && has_key
}

/// `NAME=value`; a database's `shop=>` and `shop=#` are prompts.
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, value)| is_variable(name) && !value.starts_with(['=', '>']) && value != "#")
}

/// A program's name without the path to it.
pub fn bare_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
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
    let value = value
        .strip_prefix('~')
        .filter(|_| is_home(value))
        .unwrap_or(value);
    match value.strip_prefix('-') {
        Some(rest) => is_number(rest),
        None => value
            .chars()
            .all(|c| c.is_alphanumeric() || "_./:@%+,-‹›".contains(c)),
    }
}

/// A plain path below the user's own folder, which the shell at hand puts in its place where a word begins so.
pub fn is_home(value: &str) -> bool {
    value
        .strip_prefix("~/")
        .is_some_and(|rest| rest.is_empty() || is_plain(rest))
}

/// What a preview shows for a value that is not there yet: signs that mean nothing to any program.
pub fn is_stand_in(value: &str) -> bool {
    let inner = value.strip_prefix('‹').and_then(|rest| rest.strip_suffix('›'));
    inner.is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c)))
}

/// The value as one word of a POSIX shell.
pub fn quote(value: &str) -> String {
    if is_plain(value) {
        return value.to_string();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}
