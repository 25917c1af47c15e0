//! Prompts of every kind, and what stands behind, between and before them.

use super::*;

fn commands(text: &str, may_be_root: bool) -> Option<Vec<String>> {
    read(text, may_be_root).commands
}

fn of(text: &str) -> Vec<String> {
    commands(text, true).unwrap_or_default()
}

#[test]
fn only_lines_after_a_prompt_are_commands() {
    assert_eq!(
        of("$ oc get pods\nNAME  READY\nfoo   1/1\n$ oc logs foo\n"),
        ["oc get pods", "oc logs foo"]
    );
}

#[test]
fn a_variable_at_the_start_of_a_line_is_no_prompt() {
    assert_eq!(commands("$VAR x\n$(date)\n$>x\n", true), None);
    assert_eq!(
        commands("docker run web:latest app$ x\nkey: a b$ c\n", true),
        None
    );
}

#[test]
fn prompts_with_user_host_or_shell_are_known() {
    let text =
        "[root@web-1 ~]# id\nuid=0\nuser@host:~$ date\nsh-5.1# ls\nubuntu@ip-10-0-0-1:/var/log$ tail x\n";
    assert_eq!(of(text), ["id", "date", "ls", "tail x"]);
}

#[test]
fn prompts_of_other_shells_and_themes_are_known() {
    for prompt in [
        "% ",
        "user@mac ~ % ",
        "user@mac src % ",
        "❯ ",
        "➜  ~ ",
        "➜  app git:(main) ✗ ",
        "➜ ",
        "➜ ~/app ",
        "➜ app ",
        "(venv) u@h:~$ ",
        "(venv) $ ",
        "[root@h dir (branch)]# ",
        "/ # ",
        "~/src $ ",
        "-bash-4.2$ ",
        "bash$ ",
        "~/repo (main) $ ",
        "host:~ user$ ",
        "user $ ",
        "$> ",
        "Mac-Book:src user$ ",
        "ec2-user:~/environment $ ",
        "(⎈|prod:default)$ ",
    ] {
        let text = format!("{prompt}id\nuid=0\n{prompt}echo a\na\n");
        assert_eq!(
            commands(&text, false).unwrap_or_default(),
            ["id", "echo a"],
            "{prompt}"
        );
    }
    // Behind `> ` everything is one, where the first is a command.
    assert_eq!(of("> ls -l\ntotal 0\n> rm x\n"), ["ls -l", "rm x"]);
    assert_eq!(of(">uptime\n12:00 up\n>df -h\n"), ["uptime", "df -h"]);
    assert_eq!(of("host1% uptime\n12:00 up\nhost1% df -h\n"), ["uptime", "df -h"]);
    assert_eq!(commands("cpu% idle\n>result\n", false), None);
    assert_eq!(commands(">>>import os\n", false), None);
    assert_eq!(commands("> db.stats()\n> ls\n", false), None);
    assert_eq!(commands("> show dbs\nadmin\n", false), None);
    assert_eq!(of("➜ docker ps\n➜ sudo reboot\n"), ["docker ps", "sudo reboot"]);
    // A script that prints some.
    assert_eq!(commands("cat <<E\n% a\n/ # b\nE\n", false), None);
}

#[test]
fn a_prompt_of_something_else_is_no_command() {
    for line in [
        "mysql> DROP TABLE x;",
        "MariaDB [(none)]> DROP TABLE x;",
        "postgres=# DROP TABLE x;",
        "db=> select 1;",
        ">>> import os",
        "127.0.0.1:6379> FLUSHALL",
        "redis 127.0.0.1:6379> FLUSHALL",
        "sqlite> .tables",
        "cqlsh:ks> drop table x;",
        "(gdb) quit",
        "switch# reload",
        "router(config)# no ip",
        "irb(main):001:0> exit",
    ] {
        assert_eq!(unknown(&[line.to_string()]), Prompt::Foreign, "{line}");
    }
    for line in [
        "host> reboot",
        "dev% ls",
        "a$ b",
        "user@host ~> cat config.yml",
        "user@host:~/repo on main> git push",
        "[user@host {main}]% ls",
    ] {
        assert_eq!(unknown(&[line.to_string()]), Prompt::Strange, "{line}");
    }
    for line in [
        "echo a > b",
        "mysql -e 'x'",
        "kubectl get pods",
        "cat <<E\nmysql> x\nE",
        "A=1 b",
        "$X y",
        "a >b c",
        "printf '%s' x",
        "\"$A\" b",
        "node x.js",
        "2>&1 a",
        "echo 50% x",
        "ssh me@host 'ls > x'",
        "scp me@host:x y > log",
        "me@host \"a\" > b",
    ] {
        assert_eq!(unknown(&[line.to_string()]), Prompt::None, "{line}");
    }
}

#[test]
fn continuations_belong_to_their_command() {
    assert_eq!(of("$ a \\\n  --b\nout\n"), ["a \\\n  --b"]);
    assert_eq!(
        of("$ for i in 1 2; do\n> echo $i\n> done\n1\n2\n"),
        ["for i in 1 2; do\necho $i\ndone"]
    );
    assert_eq!(
        of("$ cat <<EOF | oc apply -f -\nkind: Pod\nEOF\npod created\n"),
        ["cat <<EOF | oc apply -f -\nkind: Pod\nEOF"]
    );
}

#[test]
fn a_quote_that_never_ends_swallows_no_output() {
    assert_eq!(
        of("$ echo it's\nit's\nmore it\n$ date\n"),
        ["echo it's\nit's", "date"]
    );
    assert_eq!(of("$ echo don't\nout\n$ date\n"), ["echo don't", "date"]);
}

#[test]
fn what_never_ends_is_given_up_and_what_comes_behind_it_is_found() {
    let text = format!("$ echo 'x\n{}$ date\n", "out out\n".repeat(20_000));
    assert_eq!(of(&text), ["echo 'x", "date"]);
    let whole = format!("cat <<E\n{}E", "a: 1\n".repeat(400));
    assert_eq!(of(&format!("$ {whole}\n$ date\n")), [whole.as_str(), "date"]);
}

#[test]
fn root_prompts_count_where_a_command_follows() {
    assert_eq!(
        of("# systemctl status x\nactive\n# a remark about it\n"),
        ["systemctl status x"]
    );
    assert_eq!(commands("# systemctl status x\n", false), None);
    assert_eq!(of("# comment ls\n$ ls\n"), ["ls"]);
}

#[test]
fn a_prompt_inside_of_a_document_or_of_quotes_is_text() {
    for script in [
        "tee /etc/motd <<'EOF'\nroot@host:~# reboot\nEOF\nsystemctl restart sshd\n",
        "frob <<EOF\n$ reboot\nEOF\n",
        "echo \"usage:\n$ rm -rf /data\n\"\n",
        "cat > x.sh <<-EOF\n\t$ ls\n\tEOF\nls\n",
    ] {
        let told = read(script, false);
        assert_eq!((told.commands, told.is_sure), (None, true), "{script}");
    }
    assert_eq!(
        of("$ cat <<EOF\n$ reboot\nEOF\n$ date\n"),
        ["cat <<EOF\n$ reboot\nEOF", "date"]
    );
    // What nobody knows for a command may be prose: either is possible.
    let told = read("usage() { echo '\n$ rm -rf /data\n'; }\n", false);
    assert_eq!((told.commands, told.is_sure), (None, false));
}

#[test]
fn an_apostrophe_before_the_first_prompt_opens_nothing() {
    let told = read("Here's what it says:\n$ ls\nout\n", false);
    assert_eq!((told.commands, told.is_sure), (Some(vec!["ls".into()]), true));
    // A line that reads as a command, and a prompt behind it: which of them is meant, a reader says.
    assert!(!read("kubectl get pods\n$ ls\n", false).is_sure);
    assert!(read("# look\n$ ls\n", false).is_sure);
}

#[test]
fn prompts_with_branches_times_and_odd_folders_are_known() {
    for prompt in [
        "user@host:/tmp (main)$ ",
        "user@host:~/a-b_c+d (main)$ ",
        "[12:30:01] user@host:~$ ",
        "12:30 $ ",
        "root@web:/opt/c++# ",
        "ubuntu@ip-10-0-0-1:~/my dir$ ",
        "[root@host: /var/log]# ",
        "user@host:~> ",
        "user@host ~> ",
        "user@host ~/src> ",
    ] {
        let text = format!("user@host:~$ id\nuid=0\n{prompt}touch X\nout\n");
        let told = read(&text, false);
        let wanted = Some(vec!["id".to_owned(), "touch X".to_owned()]);
        assert_eq!((told.commands, told.is_sure), (wanted, true), "{prompt}");
    }
}

#[test]
fn a_terminal_of_roots_has_commands_that_nobody_knows() {
    let told = read(
        "# frobctl cleanup web\n# systemctl restart httpd\n# frob_mon -1\nok\n",
        true,
    );
    let wanted = ["frobctl cleanup web", "systemctl restart httpd", "frob_mon -1"];
    assert_eq!(
        (told.commands.unwrap_or_default().join("|"), told.is_sure),
        (wanted.join("|"), false)
    );
    let told = read("# foo-admin restart\n# systemctl restart httpd\n", true);
    assert_eq!(
        told.commands.unwrap_or_default(),
        ["foo-admin restart", "systemctl restart httpd"]
    );
    let told = read(
        "# systemctl restart httpd\n# Check the status\n# hold for it\n# now restart\n",
        true,
    );
    assert_eq!(
        (told.commands, told.is_sure),
        (Some(vec!["systemctl restart httpd".into()]), true)
    );
    assert_eq!(
        read("ls\n# frobctl x\n# systemctl status x\n", true)
            .commands
            .unwrap_or_default(),
        ["systemctl status x"]
    );
}

#[test]
fn a_line_that_is_left_out_and_looks_like_a_prompt_leaves_a_doubt() {
    for text in [
        "$ ssh web\n{main} me@web # reboot\n",
        "$ ssh web\nweb-1# reboot\n",
        "$ sudo -i\n# apt-get install foo\n",
    ] {
        assert!(!read(text, true).is_sure, "{text}");
    }
    for text in [
        "$ id\nme@web is there\n",
        "$ ls\n# apt-get install foo\n",
        "$ cat x\ntotal# of it\n",
    ] {
        assert!(read(text, true).is_sure, "{text}");
    }
}

#[test]
fn what_leads_to_a_shell_stands_above_its_prompts_without_one() {
    for (lead, prompt) in [
        ("kubectl run -it --rm t --image=busybox -- sh", "/ # "),
        ("kubectl exec -it web-1 -- sh", "/app $ "),
        ("ssh web-1", "me@web-1:~$ "),
        ("docker run -it --rm \\\n  alpine sh", "~ # "),
    ] {
        let text = format!(
            "{lead}\nIf you don't see a command prompt, try pressing enter.\n{prompt}wget -qO- x\nhi\n{prompt}exit\n"
        );
        let told = read(&text, false);
        let wanted = vec![lead.to_owned(), "wget -qO- x".to_owned(), "exit".to_owned()];
        assert_eq!((told.commands, told.is_sure), (Some(wanted), true), "{lead}");
    }
    // A remark behind a path is no prompt.
    for text in [
        "ls\n/usr/bin/frob # why\n",
        "ssh web-1 id\n/usr/bin/frob # why\n",
        "ssh web-1\nls\n/usr/bin/frob # why\n",
        "ls $ x\nfrob $ x\n",
    ] {
        assert_eq!(read(text, false).commands, None, "{text}");
    }
}

#[test]
fn a_plain_prompt_is_short_for_a_whole_one_only_where_nothing_may_lie_between() {
    let moved = |text: &str| read(text, false).moved;
    for text in [
        "me@laptop:~$ bastion-login web-1\n$ sudo systemctl stop nginx\n",
        "me@laptop:~$ ls\n$ ./to-web\n$ sudo systemctl stop nginx\n",
        "me@laptop:~$ tmux attach\n$ ls\n",
        "me@laptop:~$ bastion-login web-1\n$ ls\nlogout\nme@laptop:~$ ls\n",
        "me@laptop:~$ bastion-login web-1\n$ ls\n$ exit\nme@laptop:~$ ls\n",
    ] {
        let wanted = Some(("me@laptop:~$".to_owned(), "$".to_owned()));
        assert_eq!(moved(text), wanted, "{text}");
    }
    for text in [
        "me@laptop:~$ cd /srv && pwd\n$ sudo -u app X=1 kubectl get po | less\n$ ls\n",
        "me@laptop:~$ frobctl list\na\n$ frobctl get a\nme@laptop:~$ ls\n",
        "$ frobctl list\n$ ls\n",
        "me@laptop:~$ bastion-login web-1 uptime\nme@laptop:~$ ls\n",
    ] {
        assert_eq!(moved(text), None, "{text}");
    }
}
