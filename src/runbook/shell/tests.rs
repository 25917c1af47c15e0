//! Where a placeholder stands in a line of shell, and what counts as a command.

use super::*;
use proptest::prelude::*;

fn commands(text: &str) -> Vec<&str> {
    Script::parse(text, &[])
        .commands
        .iter()
        .map(|range| &text[range.clone()])
        .collect()
}

fn context(text: &str) -> Context {
    let at = text.find('@').expect("an @ to look at");
    Script::parse(text, &[]).context(at)
}

#[test]
fn each_line_is_a_command_unless_something_is_open() {
    assert_eq!(commands("a 1\nb 2\n"), ["a 1", "b 2"]);
    assert_eq!(commands("a \\\n  b\nc"), ["a \\\n  b", "c"]);
    assert_eq!(commands("a |\n b &&\n c\nd"), ["a |\n b &&\n c", "d"]);
    assert_eq!(commands("echo 'x\ny'\nz"), ["echo 'x\ny'", "z"]);
}

#[test]
fn compounds_stay_whole() {
    let text = "for n in a b; do\n  echo $n\ndone\nif true; then\n  x\nfi\nlast\n";
    assert_eq!(
        commands(text),
        [
            "for n in a b; do\n  echo $n\ndone",
            "if true; then\n  x\nfi",
            "last"
        ]
    );
    assert_eq!(commands("x=$(\n  date\n)\ny"), ["x=$(\n  date\n)", "y"]);
}

#[test]
fn a_function_is_whole_with_its_body() {
    let text = "greet() {\n  echo \"hello $1\"\n}\ngreet world\n";
    assert_eq!(
        commands(text),
        ["greet() {\n  echo \"hello $1\"\n}", "greet world"]
    );
    let text = "function f2 {\n  echo two\n}\nf2\n";
    assert_eq!(commands(text), ["function f2 {\n  echo two\n}", "f2"]);
    let text = "function f3()\n{\n  if x; then\n    y\n  fi\n}\nf3";
    assert_eq!(commands(text), [&text[..text.len() - 3], "f3"]);
    assert_eq!(commands("f()\n(\n  a\n)\nf"), ["f()\n(\n  a\n)", "f"]);
    for head in ["usage ()", "usage( )", "function usage ()", "a; usage\t( )"] {
        let text = format!("{head} {{\n  exit 1\n}}\nb");
        assert_eq!(commands(&text), [&text[..text.len() - 2], "b"], "{head}");
    }
    assert_eq!(commands("a x ()\nb\na=x ()\nb"), ["a x ()", "b", "a=x ()", "b"]);
    assert_eq!(commands("a=() b\nfunction\n"), ["a=() b", "function"]);
}

#[test]
fn arithmetic_and_patterns_of_a_case_keep_a_compound_whole() {
    let text = "for ((i=0;i<2;i++)); do\n  echo $i\ndone\nb";
    assert_eq!(commands(text), [&text[..text.len() - 2], "b"]);
    let text = "case $x in\n  a) if y; then\n    z\n  fi ;;\nesac\nb";
    assert_eq!(commands(text), [&text[..text.len() - 2], "b"]);
    assert_eq!(commands("((a; b); c)\nd"), ["((a; b); c)", "d"]);
}

#[test]
fn words_that_only_look_reserved_open_nothing() {
    assert_eq!(
        commands("echo if\necho done for\nb"),
        ["echo if", "echo done for", "b"]
    );
}

#[test]
fn here_documents_stay_whole() {
    let text = "cat <<EOF | oc apply -f -\nkind: Pod\nEOF\nnext\n";
    assert_eq!(
        commands(text),
        ["cat <<EOF | oc apply -f -\nkind: Pod\nEOF", "next"]
    );
    assert!(!Script::parse("cat <<EOF\nbody\n", &[]).complete);
}

#[test]
fn comments_and_blank_lines_are_no_commands() {
    assert_eq!(commands("# it's here\n\na # b\n  # c\n"), ["a # b"]);
}

#[test]
fn quoting_is_told_by_what_is_open() {
    assert_eq!(context("a @"), Context::Bare);
    assert_eq!(context("a '@'"), Context::Single);
    assert_eq!(context("a \"@\""), Context::Double);
    assert_eq!(context("a \"$(b '@')\""), Context::Single);
    assert_eq!(context("a \"$(b @)\""), Context::Bare);
    assert_eq!(context("cat <<E\n@\nE\n"), Context::Heredoc { quoted: false });
    assert_eq!(context("cat <<'E'\n@\nE\n"), Context::Heredoc { quoted: true });
    assert_eq!(
        context("cat <<E\n$(a) \\$(b @ ${c}\nE\n"),
        Context::Heredoc { quoted: false }
    );
    assert_eq!(context("# @"), Context::Comment);
}

#[test]
fn what_cannot_be_told_is_undecided() {
    for text in [
        "a `@`",
        "a ${x:-@}",
        "a $((@))",
        "a $'@'",
        "it's @",
        "a \"${x:-$(b @)}\"",
        "(( @ > 3 ))",
        "if (( (@) > 3 )); then b; fi",
        "a $[ @ ] \"$[@]\"",
        "cat <<E\n$(echo @)\nE\n",
        "cat <<E\n`echo @`\nE\n",
        "cat <<E\n${X:-@} $((1 + 1))\nE\n",
        "cat <<E\n$(a (b) @)\nE\n",
        "cat <<E\n$(a \")\" @)\nE\n",
        "cat <<E\n$(case x in a) @;; esac)\nE\n",
    ] {
        assert_eq!(context(text), Context::Undecided, "{text}");
    }
}

#[test]
fn a_line_begins_like_a_command() {
    for line in [
        "oc get pods",
        "sudo -n systemctl status x",
        "A=1 aws s3 ls",
        "./fix.sh",
        "POD=$(oc get)",
        "/usr/bin/id",
        "docker-compose up -d",
        "ansible-playbook -i prod site.yml",
        "gitlab-ctl restart",
        "lvextend -l +100%FREE /dev/vg0/root",
        "pg_dump -Fc mydb > x",
        "npm install",
        "pcs resource cleanup",
    ] {
        assert!(is_command(line), "{line}");
    }
    for line in [
        "NAME READY",
        "message: 'x'",
        "date: 2020",
        "",
        "k == v",
        "│",
        "/api",
    ] {
        assert!(!is_command(line), "{line}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_without_panic(text in any::<String>()) {
        let script = Script::parse(&text, &[]);
        for command in &script.commands {
            prop_assert!(text.get(command.clone()).is_some());
        }
    }

    #[test]
    fn scraps_of_shell_never_panic(scraps in prop::collection::vec(
        prop::sample::select(vec!["'", "\"", "`", "$(", ")", "${", "}", "$((", "))", "((", "$[", "]", "f()", "function ", "case ", "<<EOF", "\nEOF\n", "\n", "if ", "fi\n", "\\", "#", "|", "&&", "결", " a", "<<-'E'"]), 0..30))
    {
        let text = scraps.concat();
        let script = Script::parse(&text, &[]);
        for command in &script.commands {
            prop_assert!(text.get(command.clone()).is_some());
        }
    }
}

#[test]
fn the_prompt_of_a_database_and_a_line_of_a_log_assign_nothing() {
    for line in [
        "postgres=> select 1;",
        "postgres=# select 1;",
        "time=\"2026-01-05T10:00:00Z\" level=error msg=\"it \\\"is\\\" gone\"",
        "ts=2026-01-05T10:00:00Z caller=main.go:10 msg=\"a\" > file",
        "ts=1 caller=x > file",
        "at=info method=GET level=info path=/x",
    ] {
        assert!(!is_command(line), "{line}");
    }
    for line in [
        "A=1",
        "A=1 B=2 C=3",
        "a=1 b=2",
        "a=1 b=2 c=3 frob",
        "host=db-1 port=5432 user=app",
        "A==1; ls",
        "A=#x",
        "level=info ls -l",
    ] {
        assert_eq!(is_command(line), !line.starts_with("A=="), "{line}");
    }
}
