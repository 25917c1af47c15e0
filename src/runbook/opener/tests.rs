//! Lines that open a shell or a prompt, and their like that do not; what leaves a shell.

use super::*;

fn opens(command: &str) -> Option<Turn> {
    opened(&[command.to_owned()], &BTreeSet::new())
}

#[test]
fn what_leads_to_another_shell_or_to_a_prompt_is_known() {
    for line in [
        "ssh bastion",
        "ssh -i ~/.ssh/k -p 2222 <user>@<host>",
        "ssh -t bastion sudo -i",
        "ssh bastion 'sudo su - app'",
        "ssh \"$(head -1 hosts)\" -v",
        "oc debug node/<node name>",
        "oc debug node/web-1 -- chroot /host",
        "oc -n openshift-storage rsh deploy/tools",
        "oc rsh -n openshift-storage rook-ceph-tools-1",
        "oc rsh tools bash",
        "kubectl exec -it web-1 -- /bin/bash",
        "kubectl exec -n x -it web-1 bash",
        "kubectl exec -it db-0 -- psql -U app",
        "kubectl run -it --rm t --image=busybox",
        "kubectl run t -i --tty --image busybox -- sh",
        "kubectl debug -it web-1 --image=busybox --target=web",
        "kubectl attach web-1 -c web -i -t",
        "virtctl console vm-1",
        "docker exec -it -u root web sh",
        "docker run --rm -it alpine",
        "docker compose exec web bash",
        "crictl exec -it 3f1 sh",
        "sudo su - nobody -s /bin/sh",
        "sudo -iu postgres",
        "sudo -i",
        "sudo bash",
        "su -",
        "chroot /host",
        "sudo chroot /mnt /bin/bash",
        "nsenter -t 1 -m -u -n -- bash",
        "aws ssm start-session --target i-1 --region eu-west-1",
        "aws ecs execute-command --cluster c --task t --interactive --command \"/bin/sh\"",
        "gcloud compute ssh web-1 --zone a",
        "psql -h db -U app shop",
        "sudo -u postgres psql",
        "PGPASSWORD=x psql shop",
        "mysql -u root -psecret",
        "sqlite3 a.db",
        "mongosh \"mongodb://h/x\"",
        "redis-cli -h cache -p 6379",
        "sqlcmd -S db -h -1 -q 'select 1'",
        "sqlplus / as sysdba",
        "python3",
        "sftp me@host",
        "gitlab-rails console",
        "timeout 60 ssh bastion",
        "cd /srv && ssh bastion",
        "for h in a b; do ssh $h; done",
        "ssh bastion > log 2>&1",
        "f() { :; }; ssh bastion",
        "function f { :; }\nssh bastion",
        "f () (ls); ssh bastion",
        "ssh -p $((p + 1)) bastion",
        "case $x in a) ssh bastion;; *) ls;; esac",
        "case $x in\n  (a|b) ls ;;\n  *) ssh bastion ;;\nesac",
        "case $x in a) ls;; esac; ssh bastion",
        "[[ -n $x && $x =~ ^(a|b)$ ]] && ssh bastion",
        "[[ -n $x ]]; ssh bastion",
        "if [[ $x == a ]]; then ssh bastion; fi",
        "need=(a b); ssh bastion",
        "need=($(ssh bastion))",
        "(cd x; ssh bastion)",
        "while read -r -u 3 h; do ssh $h; done 3< hosts",
        "ls | while read -r x; do echo $x; done; ssh bastion",
        "diff <(ssh bastion) x",
        "docker run -it --detach=false alpine",
        "aws ssm start-session --target i-1 --document-name=SSM-SessionManagerRunShell",
        "aws ssm --region eu-west-1 start-session --target i-1",
        "aws ecs execute-command --task t --interactive --command=\"/bin/sh\"",
        "gcloud beta compute ssh vm --zone a",
        "gcloud --project p compute ssh vm -- -A",
        "minikube -p x ssh",
        "tsh --proxy=x ssh me@host",
    ] {
        assert!(opens(line).is_some(), "{line}");
    }
}

#[test]
fn what_is_given_its_commands_opens_nothing() {
    for line in [
        "ssh bastion uptime",
        "ssh -t bastion 'sudo systemctl restart x'",
        "ssh -fN -L 8080:db:5432 bastion",
        "ssh bastion <<E\nuptime\nE",
        "ssh \"$(head -1 hosts)\" uptime",
        "ssh bastion bash -s < x.sh",
        "oc debug node/web-1 -- chroot /host systemctl status chronyd",
        "oc debug node/web-1 -o yaml",
        "oc rsh tools ceph -s",
        "oc rsh -n x tools bash -c 'ceph -s'",
        "kubectl exec -it web-1 -- ls -l /",
        "kubectl exec -i db-0 -- psql < dump.sql",
        "kubectl exec db-0 -- sh -c 'ls; id'",
        "kubectl get pods -it",
        "kubectl run t --image=nginx",
        "kubectl run -it --rm t --image=curl -- curl http://web",
        "docker exec web ls",
        "docker run --rm -it aws-cli s3 ls",
        "docker run -d nginx",
        "sudo systemctl restart x",
        "sudo -u postgres psql -c 'select 1'",
        "sudo -l",
        "su - app -c 'ls'",
        "runuser -u app -- ls",
        "chroot /host crictl ps",
        "nsenter -t 1 -n ss -tlnp",
        "aws ssm start-session --target i-1 --document-name AWS-StartPortForwardingSession --parameters x",
        "aws ssm start-session help",
        "psql -d shop -tAc 'select 1'",
        "psql shop <<E\nselect 1;\nE",
        "mysql -Ne 'show tables' shop",
        "sqlite3 a.db .tables",
        "mongosh --quiet --eval 'rs.status()'",
        "redis-cli -h cache info",
        "redis-cli --bigkeys",
        "sqlplus -s / @x.sql",
        "command -v psql",
        "node --test --test-reporter=spec",
        "python3 x.py",
        "python3 -c 'print(1)'",
        "python3 - <<E\nprint(1)\nE",
        "sftp me@host:/etc/hosts",
        "curl -s https://x | sudo bash",
        "echo 'select 1' | psql",
        "bash",
        "bash x.sh",
        "k() { kubectl exec -it \"$1\" -- sh; }",
        "echo ssh bastion",
        "# ssh bastion",
        "cat <<E\nssh bastion\nE",
        "git commit -m 'ssh bastion; psql'",
        "X=$(kubectl get pod -o name)",
        "function sh_in {\n  kubectl exec -it \"$1\" -- sh\n}",
        "function f() { ssh bastion; }",
        "f () (ssh bastion)",
        "f()\n{\n  if a; then ssh bastion; fi\n}\nls",
        "case \"$(cat r)\" in\n  master) echo m;;\n  node) echo n;;\nesac",
        "case $x in a) ls;; psql) pg_dump x;& mysql | (redis-cli) ls;; esac",
        "case $x in @(psql|mysql)) ls;; esac",
        "[[ \"$(hostname)\" =~ ^(mysql|redis)$ ]] && ls",
        "[[ a == b ||\n psql < mysql ]]",
        "need=(psql jq)",
        "need=(a\n  psql\n)",
        "OPTS+=(--host db | psql)",
        "rm !(psql|mysql)",
        "if true; then\n  mysql shop\nfi < /tmp/x.sql",
        "if true; then mysql shop; fi <<E\nselect 1;\nE",
        "(mysql shop) < /tmp/x.sql",
        "cat x | { read -r y; psql; }",
        "cat x | (psql)",
        "while read -r h; do ssh $h; done < hosts",
        "while read -r h; do uptime; done < <(ssh bastion uptime)",
        "docker run -dit --name web ubuntu bash",
        "docker run -itd --name cache redis",
        "docker exec --detach web bash",
        "aws ssm start-session --target i-1 --document-name=AWS-StartPortForwardingSession",
        "aws ecs execute-command --task t --interactive --command=\"ls /\"",
        "gcloud compute ssh vm --command=uptime",
        "gcloud beta compute instances list",
        "redis-cli -v",
        "sqlcmd -S db -h -1 -Q 'select 1'",
        "ftp -h",
        "sqlite3 -version",
        "gdb -v",
        "kubectl exec -it web-1 -- ls |& less",
        "echo 'select 1' |& psql",
    ] {
        assert_eq!(opens(line), None, "{line}");
    }
}

#[test]
fn what_stands_behind_is_told_with_the_line() {
    let of = |commands: &[&str]| {
        let commands: Vec<String> = commands.iter().map(|text| text.to_string()).collect();
        opened(&commands, &BTreeSet::new()).map(|turn| (turn.line, turn.is_followed))
    };
    let told = |line: &str, is_followed| Some((line.to_owned(), is_followed));
    assert_eq!(of(&["ls", "ssh 'a b' # x"]), told("ssh 'a b'", false));
    assert_eq!(of(&["sudo -i", "id"]), told("sudo -i", true));
    assert_eq!(of(&["cd / && sudo -i; id"]), told("sudo -i", true));
    assert_eq!(of(&["if a; then\n  ssh b\nfi"]), told("ssh b", false));
    assert_eq!(of(&["(ssh b)"]), told("ssh b", false));
    assert_eq!(of(&["ssh b; f() { :; }"]), told("ssh b", false));
}

#[test]
fn a_shell_is_left_for_certain_only_at_its_top() {
    let of = |text: &str| left(&text.split('|').map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(
        of("echo a|exit|echo b").map(|turn| turn.line),
        Some("exit".into())
    );
    assert_eq!(
        of("echo a; exit 1; echo b").map(|turn| turn.line),
        Some("exit 1".into())
    );
    for text in [
        "f() { :; }; exit 1; echo b",
        "case $x in a) b;; esac; exit 1|b",
        "(cd x)\nexit 1|b",
        "echo $((1 + 1)); exit 1|b",
        "if a; then b; fi; exit 1|b",
    ] {
        assert_eq!(of(text).map(|turn| turn.line), Some("exit 1".into()), "{text}");
    }
    for text in [
        "echo a|exit",
        "a && exit|b",
        "a &&\nexit|b",
        "test -f x || { echo no; exit 1; }|b",
        "if a; then exit; fi|b",
        "(cd x; exit)|b",
        "f() { exit 1; }|b",
        "function die {\n  echo \"$1\" >&2\n  exit 1\n}|b",
        "function die() (exit 1)|b",
        "case $x in\n  exit) a;;\n  b) exit 1\nesac|b",
        "need=(a; exit)|b",
        "case $x in a) exit 1;; esac|b",
        "echo exit|b",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn what_ends_a_loop_has_one_around_it() {
    let of = |text: &str| loopless(&[text.to_owned()]);
    for (text, wanted) in [
        ("test -e x || break\necho y", "break"),
        ("if a; then continue 2; fi", "continue 2"),
        ("for x in a; do b; done; break", "break"),
        ("if a; then echo \"wait for it \"; break; fi", "break"),
        ("case $x in a) continue;; esac", "continue"),
        ("command break\necho after", "command break"),
        ("builtin -- break", "builtin -- break"),
        ("eval 'break'", "eval 'break'"),
    ] {
        assert_eq!(of(text).as_deref(), Some(wanted), "{text}");
    }
    for text in [
        "for x in a; do\n  b || break\ndone",
        "a | while read -r x; do if b; then continue; fi; done",
        "f() { break; }",
        "echo break",
        "(for i in 1 2; do a && break; done)",
        "out=$(for i in 1 2; do a && break; done)",
        "n=\"$(while read -r l; do a || continue; done)\"",
        "a |while read -r p; do b || continue; done",
        "true &&for i in 1; do break; done",
        "(while true; do break; done) &",
        "while((i<3)); do break; done",
        "for((;;)); do if a; then break; fi; done",
        "coproc { while :; do break; done; }",
        "coproc W { while :; do break; done; }; wait",
        "coproc W ( while :; do break; done )",
        "coproc W while :; do break; done",
        "coproc while { true; }; do break; done",
        "for x in a; do command break; done",
        "command -v break",
        "until a; do case $x in b) break;; esac; done",
        "(break)",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn a_function_that_opens_a_shell_opens_it_where_it_is_called() {
    for text in [
        "f() { ssh bastion; }; f",
        "function f { sudo -i; }\nls\nf x",
        "f()\n{\n  if a; then psql shop; fi\n}\ng() { f; }\ng",
        "f() { ls; }; f() { ssh bastion; }; f",
    ] {
        assert!(opens(text).is_some(), "{text}");
    }
    for text in [
        "f() { ssh bastion; }; f < script",
        "f() { ssh bastion; }; echo uptime | f",
        "f() { mysql shop; } < dump.sql; f",
        "f() { { mysql shop; } < dump.sql; }; f",
        "f() { ssh bastion \"$@\"; }; echo f",
    ] {
        assert_eq!(opens(text), None, "{text}");
    }
    let page = "```sh\non_host() { kubectl exec -it \"$1\" -- sh; }\n```\n\n```sh\non_host web-1\n```\n\n```sh\non_host web-1\nuptime\n```\n";
    let blocks = crate::runbook::blocks(page);
    let told: Vec<bool> = blocks.iter().map(|block| block.opened().is_some()).collect();
    assert_eq!(told, [false, true, true]);
    assert!(blocks[1].obstacle().is_none() && blocks[2].obstacle().is_some());
}
