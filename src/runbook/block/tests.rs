//! Blocks by what they set, and what a run of them has to be told.

mod open;

use super::*;

#[test]
fn blocks_share_what_their_page_sets_and_each_looks_no_further_than_itself() {
    let page = "```sh\nA=1\n```\n\n```sh\necho $A $B\n```\n\n```sh\nB=1; echo $A $B\n```\n";
    let found = blocks(page);
    let shares = |two: &[Block]| Arc::ptr_eq(&two[0].assigned.first, &two[1].assigned.first);
    assert!(found.windows(2).all(shares));
    let open: Vec<&[String]> = found.iter().map(|block| block.placeholders.as_slice()).collect();
    assert_eq!(open, [&[][..], &["$B".to_owned()], &[]]);
}

#[test]
fn a_change_relies_on_no_branch_that_may_not_be_taken() {
    let open = |text: &str| blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders;
    let wanted = ["$X".to_owned()];
    for text in [
        "if test -f x; then X=1; fi\nrm -r \"/srv/$X\"",
        "if test -f x; then X=1; fi; rm -r \"/srv/$X\"",
        "case $(y) in a) X=1;; b) X=2;; esac\nrm $X",
        "for i in a b; do X=$i; done\nkubectl delete pod $X",
        "test -f x || X=1\nrm $X",
        "test -f x || X=$(a; b)\nrm $X",
        "if a; then if b; then X=1; fi; else X=2; fi\nrm $X",
    ] {
        assert_eq!(open(text), wanted, "{text}");
    }
    for text in [
        // It only looks.
        "if test -f x; then X=1; fi; echo \"$X\"",
        "if test -f x; then X=1; else X=2; fi\nrm $X",
        "if test -f x; then X=1; else echo none; exit 1; fi\nrm $X",
        "case $(y) in a) X=1;; *) X=2;; esac\nrm $X",
        "X=\nif test -f x; then X=1; fi\nrm \"/srv/$X\"",
        // A branch of its own, a default, a guard.
        "if test -f x; then X=1; rm $X; fi",
        "if [ -z \"$X\" ]; then X=1; fi\nrm $X",
        "[ -n \"$X\" ] || X=1\nrm $X",
        "if test -f x; then X=1; fi\nrm \"${X:?}\"",
        "if test -f x; then X=1; fi\n[ -n \"$X\" ] && rm $X",
        "X=$(mktemp) || exit 1\nrm $X",
        "X=$(cmd || true)\nrm $X",
        "X=$(a && b || true); rm $X",
        "Y=$(X=1; rm $X) || exit 1",
        "while read -r X; do rm $X; done",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
    // What an earlier block has left is asked of the shell itself.
    let page = "```sh\nif a; then X=1; fi\n```\n\n```sh\nrm $X\n```\n";
    assert!(blocks(page)[1].placeholders.is_empty());
}

#[test]
fn an_unknown_prompt_makes_no_step_of_what_was_printed() {
    let of = |text: &str| {
        let block = blocks(&format!("```sh\n{text}\n```\n")).remove(0);
        (block.runnable, block.commands)
    };
    assert_eq!(of("mysql> DROP TABLE x;\nQuery OK"), (Runnable::No, Vec::new()));
    assert_eq!(of("host> ls\nrm -rf output").0, Runnable::Maybe);
    // A label says that some are commands.
    for (label, says) in [("", "nothing says"), ("sh", "not all of it was typed")] {
        let text = if label.is_empty() { "ls" } else { "host> ls\nrm x" };
        let doubt = blocks(&format!("```{label}\n{text}\n```\n")).remove(0).doubt;
        assert!(doubt.is_some_and(|why| why.contains(says)), "{label}");
    }
    assert_eq!(
        of("me@mac ~ % ls\nrm -rf output"),
        (Runnable::Yes, vec!["ls".to_owned()])
    );
    assert_eq!(of("ls\nmysql -e x").0, Runnable::Yes);
}

#[test]
fn a_prompt_in_the_text_of_a_script_is_never_run_and_the_script_is() {
    let of = |text: &str| {
        let block = blocks(&format!("```bash\n{text}\n```\n")).remove(0);
        (block.runnable, block.commands)
    };
    let motd = "tee /etc/motd <<'EOF'\nroot@host:~# reboot\nEOF";
    let (runnable, commands) = of(&format!("{motd}\nsystemctl restart sshd"));
    assert_eq!(
        (runnable, commands.join("|")),
        (Runnable::Yes, format!("{motd}|systemctl restart sshd"))
    );
    let usage = "echo \"usage:\n$ rm -rf /data\n\"";
    assert_eq!(of(usage), (Runnable::Yes, vec![usage.to_owned()]));
}

#[test]
fn a_block_of_powershell_runs_what_stands_behind_its_prompts() {
    for lang in ["powershell", "pwsh", "ps1", "posh", "PowerShell"] {
        let page = format!("```{lang}\nPS C:\\> Restart-Service X\n\nStatus  Name\n------  ----\n```\n");
        let block = blocks(&page).remove(0);
        assert!(block.is_powershell(), "{lang}");
        assert_eq!(
            (block.runnable, block.commands),
            (Runnable::Yes, vec!["Restart-Service X".to_owned()])
        );
    }
    let page = "```powershell\nRestart-Service X\n\nStatus  Name\n------  ----\n```\n";
    assert_eq!(blocks(page)[0].runnable, Runnable::Maybe);
    let page = "```powershell\nComputerName : WEB01\nStatus       : Running\n```\n";
    assert_eq!(blocks(page)[0].runnable, Runnable::Maybe);
}

#[test]
fn what_stands_behind_a_prompt_of_powershell_is_for_no_shell_whatever_its_label() {
    for (lang, runnable) in [
        ("shell", Runnable::Yes),
        ("console", Runnable::Yes),
        ("", Runnable::Maybe),
        ("azurepowershell-interactive", Runnable::Yes),
    ] {
        let page = format!("```{lang}\nPS C:\\> Restart-Service X\nok\n```\n");
        let block = blocks(&page).remove(0);
        assert!(block.is_powershell() && block.lang == lang, "{lang}");
        assert_eq!(
            (block.runnable, block.commands),
            (runnable, vec!["Restart-Service X".to_owned()]),
            "{lang}"
        );
    }
    let block = blocks("```console\n$ pwsh\nPS /home/me> Get-Date\n```\n").remove(0);
    assert_eq!(
        (block.runnable, block.commands),
        (Runnable::Maybe, vec!["pwsh".to_owned()])
    );
}

#[test]
fn a_fence_that_is_never_closed_leaves_a_doubt_and_says_why() {
    for page in [
        "```sh\nls\n\n# More\n",
        "- x\n  ```sh\n  ls\n\nMore\n",
        "```console\n$ ls\n",
    ] {
        let block = blocks(page).remove(0);
        assert_eq!(block.runnable, Runnable::Maybe, "{page}");
        assert!(
            block.doubt.is_some_and(|why| why.contains("never closed")),
            "{page}"
        );
    }
    let sure = blocks("```sh\nls\n```\n").remove(0);
    assert_eq!((sure.runnable, sure.doubt), (Runnable::Yes, None));
}

#[test]
fn what_a_command_has_printed_leaves_a_doubt() {
    let of = |text: &str| {
        let block = blocks(&format!("```bash\n{text}\n```\n")).remove(0);
        (block.runnable, block.printed.is_some())
    };
    for text in [
        "kubectl get pods\nNAME  READY  STATUS\nreboot-helper-1 1/1 Running",
        "kubectl get pods\n\nNAME                READY   UP-TO-DATE\nx 1/1 1",
        "mysql -e x\n+----+----+\n| id | x  |\n+----+----+",
        "aws sts get-caller-identity\n{\n  \"UserId\": \"A\"\n}",
        "NAME  READY\nls",
        "systemctl status nginx\n● nginx.service - nginx\n   Loaded: loaded (/lib/x)",
        "free -m\n              total        used        free\nMem:           7821        7100         100",
        "id\nuid=0(root) gid=0(root)",
        "git status\nOn branch main",
        "ls /backup\ndb-2026-01-01.dump\ndb-2026-01-02.dump",
        "kubectl delete pod web-1\npod \"web-1\" deleted",
        "kubectl logs web-1\n2026-01-05T10:00:00Z started",
        "/bin/echo $HOME\nbash: /bin/echo: Argument list too long",
        "wc -l x\n   61266 x",
        "journalctl -u x\nlevel=error ts=1 msg=\"a > b\"",
        "dmesg\n[    0.000000] Linux version 6.1",
        "etcdctl endpoint health\nhttps://10.0.0.1:2379 is healthy: took = 2ms",
        "systemctl is-active x\nactive",
    ] {
        assert_eq!(of(text), (Runnable::Maybe, true), "{text}");
    }
    // A label does not make commands of it, and where nothing else is there, nothing is run.
    for text in [
        "결과 없음",
        "ceph status\n  cluster:\n    id:     626",
        "oc get pod x\nMake sure that it is there.",
        "dig x\n; <<>> DiG 9.16.1 <<>> x\n;; Got answer:",
        "Traceback (most recent call last):\n  File \"x\"\n    raise X(1)",
        "Note:\nfrobctl restart x",
        "git log --oneline\nabc1234 Fix x",
        "frobctl   get   x\nfrobctl   set   x   y",
        "MyTool build .",
        "MyTool build ..",
        "MyTool build ../..",
        "/dev/xvda1       50G   48G  2.0G  97% /\nls",
    ] {
        assert_eq!(of(text), (Runnable::Maybe, true), "{text}");
    }
    for text in [
        "HTTP/1.1 200 OK\nContent-Type: text/html",
        "total 12\ndrwxr-xr-x 2 root root 4096 Jan  1 00:00 bin",
        "Error: timed out waiting for the condition",
        "node/ip-10-0-1-12 cordoned",
        "service \"web\" deleted",
        "{\n  \"Reservations\": []\n}",
        "[\n  {\n    \"a\": 1\n  }\n]",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x",
        "- name: restart\n  service: name=x",
        "resource \"a\" \"b\" {\n  ami = \"x\"\n}",
        "[mysqld]\nmax_connections = 10",
        "SELECT * FROM users WHERE id = 1;",
        "(dryrun) copy: s3://a to s3://b",
        "\"available\"",
        "notBefore=Jan  1 00:00:00 2026 GMT",
        "[Mon Jan  5 10:00:00 2026] Out of memory",
        "*/5 * * * * root /usr/local/bin/check.sh",
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
        "print(\"x\")",
        "Oct 18 19:39:36 host chronyd[2]: System clock wrong",
        "I0611 11:13:35.048771       1 log.go:245] Apply",
        "Warning  Failed  3m53s  scheduler  0/6 nodes are available",
        "Apply complete! Resources: 1 added, 0 changed.",
        "Waiting for pods ...\nDone ...",
        "  PID TTY          TIME CMD\n 1234 pts/0    00:00:00 bash",
        "top - 10:00:00 up 3 days,  1 user\nTasks: 100 total",
    ] {
        assert_eq!(of(text), (Runnable::No, true), "{text}");
    }
    for text in [
        "kubectl get pods\nA=1 B=2 frob\n{ echo a; }",
        "cat <<E\nNAME  READY\nE\nls",
        "VBoxManage list vms",
        "frobctl  get x",
        "frobctl get x   # why",
        "frob() { ls; }\nFrob() { ls; }\nFrob a",
        "Frob=1\n2>/dev/null frob\n[ -f x ]    &&    frob",
        "frobctl --a x  \\\n    --b y",
        "bin/rails c -e x\nX=$(frob)\nA=(a b)",
        "a=1 b=2 frob",
        "kubectl delete deployment web created",
        "logger \"node-1\" drained\necho \"pods\" deleted",
        "HandBrakeCLI -i a -o b\nMyApp.exe /restart",
        "restart() {\n  ls\n}\nfunction x {\n  ls\n}\nls && {\n  id\n}",
        "[ -f x ] && {\n ls\n}\n{\n id\n}",
        "if(grep -q x y); then z; fi; while(true); do frob; done",
    ] {
        assert_eq!(of(text), (Runnable::Yes, false), "{text}");
    }
    for typed in [
        "bash\n$ Error: x",
        "console\n# systemctl restart x\n# frob x    y z",
    ] {
        assert_eq!(blocks(&format!("```{typed}\n```\n"))[0].printed, None, "{typed}");
    }
}

#[test]
fn words_that_stand_for_others_are_asked_for_where_nothing_else_can_be_meant() {
    let open = |text: &str| blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders;
    assert_eq!(
        open("kubectl delete pod POD_NAME -n NAMESPACE"),
        ["POD_NAME", "NAMESPACE"]
    );
    assert_eq!(
        open("aws x --arn \"arn:aws:iam::ACCOUNT_ID:role/{role}\""),
        ["ACCOUNT_ID", "{role}"]
    );
    assert_eq!(open("kubectl drain < NODE_NAME > --force"), ["< NODE_NAME >"]);
    assert_eq!(open("kubectl drain <<NODE_NAME>>\nls"), ["<<NODE_NAME>>"]);
    assert_eq!(open("kubectl drain &lt;node&gt;"), ["&lt;node&gt;"]);
    assert_eq!(open("ls\n...\nrm x"), ["..."]);
    for text in [
        "sort < in.txt > out.txt; sort < in > out",
        "cat <<EOF>>x\na\nEOF",
        "cat <<EOF>> x\na\nEOF",
        "psql -c \"select USER_ID from X\"",
        "cat <<E\nUSER_ID [POD_NAME] {host}\nE",
        "jq '{name}' x; awk '{print}' y; # YOUR_ID",
        "echo \"Waiting ...\"",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
    let script = blocks("```powershell\nicm {hostname}\n[string] $a\n```\n").remove(0);
    assert_eq!(script.placeholders, Vec::<String>::new());
}

#[test]
fn a_label_is_known_in_the_spellings_of_other_tools() {
    let of = |label: &str| {
        let block = blocks(&format!("```{label}\n$ ls\nout\n```\n")).remove(0);
        (block.lang, block.runnable, block.commands)
    };
    for (label, lang) in [
        ("bash-session", "bash-session"),
        ("shell-script", "shell-script"),
        ("language-bash", "bash"),
        ("bash:title=deploy.sh", "bash"),
        ("console?lang=bash", "console"),
        ("{.bash .numberLines}", "bash"),
        ("bash=", "bash="),
        ("bash#L1", "bash#L1"),
        ("bash+theme:dark", "bash+theme"),
        ("azurecli-interactive", "azurecli-interactive"),
    ] {
        assert_eq!(
            of(label),
            (lang.to_owned(), Runnable::Yes, vec!["ls".to_owned()]),
            "{label}"
        );
    }
}

#[test]
fn a_label_that_names_no_shell_says_no_more_than_none() {
    for label in ["cli", "command", "linux", ""] {
        let block = blocks(&format!("```{label}\ndf -h\nand so on\n```\n")).remove(0);
        assert_eq!(
            (block.runnable, block.commands),
            (Runnable::Maybe, vec!["df -h".to_owned()]),
            "{label}"
        );
    }
    for label in ["c++", "c#", "text", "output"] {
        assert_eq!(
            blocks(&format!("```{label}\ndf -h\n```\n"))[0].runnable,
            Runnable::No,
            "{label}"
        );
    }
}

#[test]
fn what_stands_below_the_prompt_of_a_database_is_nothing_for_a_shell() {
    let of = |lang: &str, text: &str| {
        let block = blocks(&format!("```{lang}\n{text}\n```\n")).remove(0);
        (block.runnable, block.commands)
    };
    for text in [
        "postgres=> select 1;",
        "sudo gitlab-psql\ngitlabhq_production=# select 1;",
        "psql shop\nshop=*> drop table x;\nDROP TABLE",
        "mongo\n> use admin\n> db.shutdownServer()",
        "time=\"2026-01-05\" level=error msg=\"boom\"",
        "ts=1 caller=x > file",
        "C:\\> net stop spooler",
        "C:\\Program Files>dir /s",
        "/dev/xvda1       50G   48G  2.0G  97% /",
        "top - 10:00:00 up 3 days,  1 user,  load average: 0.00",
    ] {
        assert_eq!(of("", text), (Runnable::No, Vec::new()), "{text}");
    }
    assert_eq!(of("bash", "mongo\n> use admin").0, Runnable::No);
    assert_eq!(of("bash", "C:\\> net stop x\nstopped").0, Runnable::No);
    assert_eq!(of("console", "postgres=> select 1;").0, Runnable::No);
    for text in [
        "psql \"host=<host> dbname=<db>\" -f x",
        "mysql -u<user> -p<pass> -h <host> <db> < x",
        "mysql <db> -e x",
        "mysql -uroot> x",
    ] {
        assert_eq!(of("bash", text).0, Runnable::Yes, "{text}");
    }
    for text in ["kubectl get pods\n> /tmp/x", "A=1\nls", "cat <<E\nx=> y\nE"] {
        assert_eq!(of("", text).0, Runnable::Maybe, "{text}");
    }
}

#[test]
fn in_a_block_without_a_label_root_prompts_are_told_from_remarks() {
    let of = |text: &str| {
        let block = blocks(&format!("```\n{text}\n```\n")).remove(0);
        (block.runnable, block.commands)
    };
    let maybe = |commands: &[&str]| {
        let commands = commands.iter().map(|text| (*text).to_owned()).collect();
        (Runnable::Maybe, commands)
    };
    assert_eq!(of("# kill -TERM 1827"), maybe(&["kill -TERM 1827"]));
    assert_eq!(
        of("# systemctl stop app\n# systemctl start app"),
        maybe(&["systemctl stop app", "systemctl start app"])
    );
    assert_eq!(of("# df -h\nFilesystem Size\n/dev/sda 1G"), maybe(&["df -h"]));
    assert_eq!(
        of(
            "# for p in $(pgrep app); do ps -o user,pid $p; done\nUSER       PID COMMAND\nsalt      1827 /usr/bin/salt -d"
        ),
        maybe(&["for p in $(pgrep app); do ps -o user,pid $p; done"])
    );
    // Of these the commands are the others.
    assert_eq!(of("# kill -9 as root\nkill -9 1"), maybe(&["kill -9 1"]));
    assert_eq!(
        of("# ls -l below\nsystemctl stop app"),
        maybe(&["systemctl stop app"])
    );
    assert_eq!(
        of("# Stop it\nsystemctl stop app"),
        maybe(&["systemctl stop app"])
    );
    for text in [
        "# host settings\nserver: web",
        "# kill the process",
        "# service accounts\nname = web",
    ] {
        assert_eq!(of(text), (Runnable::No, Vec::new()), "{text}");
    }
}

#[test]
fn the_rows_of_a_table_are_no_commands() {
    let page = "```\nps aux\n\nUSER    PID  COMMAND\nsalt    12   salt-minion -d\n\nkill 12\n```\n";
    let block = blocks(page).remove(0);
    assert_eq!(block.commands, ["ps aux", "kill 12"]);
}
