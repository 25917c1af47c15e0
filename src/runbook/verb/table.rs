//! Which programs, and which verbs of them, only look. From the tools' own manuals; what is not here counts as a change.

/// Words before a command, beside the reserved ones, that leave its meaning as it is; and the ends of compounds.
pub const PASSED_OVER: [&str; 7] = ["sudo", "command", "builtin", "fi", "done", "}", "esac"];

/// Programs that run another one, which stands behind their flags; and those of the flags that take the next word.
pub const WRAPPERS: [(&str, &str); 7] = [
    ("timeout", "-k --kill-after -s --signal"),
    (
        "xargs",
        "-a --arg-file -d --delimiter -E -I -L --max-lines -n --max-args -P --max-procs -s --max-chars",
    ),
    ("watch", "-n --interval"),
    ("nice", "-n --adjustment"),
    ("ionice", "-c --class -n --classdata"),
    ("stdbuf", "-i -o -e --input --output --error"),
    ("env", "-u --unset -C --chdir"),
];

/// Programs that look, whatever their arguments.
pub const ALWAYS: &str = "
    : [ [[ arch basename base64 blkid cal cat cd cksum cmp column comm cut df diff dig dirname du echo egrep
    exit export expr false fgrep file findmnt fold free getconf getent grep groups gunzip head host hexdump
    id iostat jobs join jq last less local ls lsattr lsblk lscpu lsmod lsof lspci lsusb md5sum mpstat more mtr
    netstat nl nproc nslookup numfmt od pgrep pidof pidstat ping ping6 printenv printf ps pstree pwd read readlink
    readonly realpath return rev seq set sha1sum sha256sum sha512sum shift sleep stat strings tac tail test
    tput tr traceroute tracepath true type tty ulimit uname unset uptime vmstat w wait wc whereis which who
    whoami whois zcat zgrep zless continue break lsns lslocks
";

/// Programs with verbs: their names, flags that take the next word, the verbs that look. `*` ends a beginning; behind a
/// verb with `.` nothing but flags may stand.
pub const SUBCOMMANDS: [(&str, &str, &str); 23] = [
    (
        "aws",
        "--profile --region --output --query --endpoint-url --cli-read-timeout --cli-connect-timeout",
        "s3 ls, s3api list-*, s3api head-*, s3api get-bucket-*, logs tail, sts get-*, configure list, configure get, \
         * describe-*, * list-*, * get-*, * head-*, * lookup-*, * batch-get-*, * search-*, * filter-log-events, \
         * wait, * simulate-*, * estimate-*, * validate-*, * query, * scan, * help",
    ),
    (
        "kubectl oc k",
        "-n --namespace --context --kubeconfig -l --selector -o --output --as -c --container --cluster --user -f",
        "get, describe, logs, top, explain, api-resources, api-versions, version, cluster-info, auth can-i, auth whoami, \
         config view, config current-context, config get-contexts, events, diff, whoami, status, rollout status, \
         rollout history, wait, adm top",
    ),
    (
        "systemctl",
        "-n -o -t --type --state -H -M",
        "status, is-*, list-*, show, cat, get-default",
    ),
    (
        "docker podman crictl nerdctl",
        "--filter -f --format -n",
        "ps, pods, images, inspect, inspectp, logs, stats, top, version, info, events, diff, port, history, container ls, \
         image ls, volume ls, network ls, network inspect, volume inspect, system df",
    ),
    (
        "helm",
        "-n --namespace --kube-context",
        "list, ls, get, status, history, show, search, version, template, lint, env",
    ),
    (
        "terraform tofu",
        "",
        "plan, show, output, state list, state show, validate, version, graph",
    ),
    (
        "git",
        "-C",
        "status, log, diff, show, blame, rev-parse, ls-files, ls-remote, describe, shortlog, grep, cat-file",
    ),
    (
        "etcdctl",
        "--endpoints --cert --key --cacert",
        "get, endpoint *, member list, alarm list, version",
    ),
    (
        "rabbitmqctl",
        "-p -n",
        "list_*, status, cluster_status, report, environment, ping, node_health_check",
    ),
    (
        "rabbitmq-diagnostics",
        "-n",
        "alarms, check_*, cluster_status, environment, list_*, listeners, memory_breakdown, node_health_check, ping, report, \
         server_version, status",
    ),
    (
        "ceph",
        "--cluster",
        "status, health., health detail, df, osd tree, osd df, osd stat, osd status, pg stat, mon stat, versions",
    ),
    (
        "apt apt-cache",
        "",
        "list, show, search, policy, depends, rdepends",
    ),
    (
        "yum dnf",
        "",
        "list, info, search, history., history list, history info, repolist, check-update, provides",
    ),
    ("pip pip3", "", "list, show, freeze, check"),
    ("chronyc", "", "tracking, sources, sourcestats, activity, ntpdata"),
    ("loginctl", "", "list-*, show-*, session-status, user-status"),
    ("resolvectl", "", "status, query, statistics"),
    (
        "virsh",
        "-c --connect",
        "list, dominfo, domstate, nodeinfo, domblklist, domiflist, version",
    ),
    (
        "virtctl",
        "-n --namespace",
        "version, guestosinfo, userlist, fslist",
    ),
    ("promtool", "", "query *, check *"),
    // What costs a request says so before it asks for one.
    (
        "qd quarterdeck",
        "--profile --region --config --data-dir",
        "costs breakdown, costs drivers, costs moves, costs commitments, costs forecast, costs anomalies, fleet ls, sessions ls, \
         rec ls, runbooks ls, runbooks search, runbooks show, alarms ls, alarms show",
    ),
    (
        "amtool",
        "--alertmanager.url",
        "alert., alert query, silence query, config show, check-config",
    ),
    (
        "argocd",
        "--server",
        "app get, app list, app diff, app history, version, cluster list, repo list",
    ),
];

/// Words that make a change of what otherwise looks: they write to a file, or run what the page gives them.
pub const WRITES: [(&str, &str); 5] = [
    (
        "git",
        "--output -c --ext-diff --open-files-in-pager --upload-pack --exec-path -O",
    ),
    ("kubectl oc k", "--output-directory"),
    ("helm", "--output-dir --post-renderer"),
    ("terraform tofu", "-out --out -generate-config-out"),
    (
        "aws",
        "get-object get-object-torrent get-export get-sdk get-job-output get-media get-clip get-media-for-fragment-list \
         get-package-version-asset get-snapshot-block get-latest-configuration get-configuration get-raster-data get-tile \
         get-glyphs get-sprites get-style-descriptor get-static-map get-map-glyphs get-map-sprites get-map-tile \
         get-map-style-descriptor",
    ),
];
