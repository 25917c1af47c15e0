//! Values filled into blocks: each context of the shell quotes them so that they stay one word, or refuses them.

use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::runbook::blocks;

fn block(script: &str) -> Block {
    blocks(&format!("```bash\n{script}\n```\n")).remove(0)
}

fn filled(script: &str, value: &str) -> Result<Vec<String>, Refused> {
    fill(&block(script), &[("name".to_string(), value.to_string())].into())
}

#[test]
fn quoting_follows_what_surrounds_the_place() {
    let value = "a b'c\"$(id)!";
    let bare = r#"'a b'\''c"$(id)!'"#;
    assert_eq!(filled("echo <name>", value), Ok(vec![format!("echo {bare}")]));
    assert_eq!(
        filled("echo 'x<name>'", value),
        Ok(vec![r#"echo 'xa b'\''c"$(id)!'"#.to_string()])
    );
    assert_eq!(
        filled("echo \"x{{name}}\"", value),
        Ok(vec![format!("echo \"x\"{bare}\"\"")])
    );
    assert_eq!(
        filled("cat <<E\n<name>\nE", "$x"),
        Ok(vec!["cat <<E\n\\$x\nE".to_string()])
    );
    assert_eq!(
        filled("cat <<'E'\n<name>\nE", "$x"),
        Ok(vec!["cat <<'E'\n$x\nE".to_string()])
    );
}

#[test]
fn an_option_in_brackets_is_given_as_it_stands_or_not_at_all() {
    let one = |script: &str, name: &str, value: &str| {
        fill(&block(script), &[(name.to_owned(), value.to_owned())].into())
    };
    for (script, name, value, wanted) in [
        (
            "systemctl enable [--now] x",
            "now",
            "--now",
            "systemctl enable --now x",
        ),
        (
            "systemctl enable [--now] x",
            "now",
            "now",
            "systemctl enable --now x",
        ),
        ("systemctl enable [--now] x", "now", "", "systemctl enable  x"),
        ("docker logs [-f|--follow] x", "follow", "-f", "docker logs -f x"),
        ("docker logs [--tail N] x", "tail", "5", "docker logs --tail 5 x"),
        ("docker logs [--tail N] x", "tail", "", "docker logs  x"),
        ("tar [options] x", "options", "", "tar  x"),
    ] {
        assert_eq!(one(script, name, value), Ok(vec![wanted.to_owned()]), "{script}");
    }
    for (script, name, value) in [
        ("systemctl enable [--now] x", "now", "yes"),
        ("systemctl enable [--now; id] x", "now_id", "--now; id"),
        ("systemctl enable [-a X -b] x", "a_x_b", "-a X -b"),
    ] {
        let refused = one(script, name, value);
        assert!(
            matches!(refused, Err(Refused::Choice { .. })),
            "{script}: {refused:?}"
        );
    }
    assert!(matches!(
        one("tar x [file...]", "file", ""),
        Err(Refused::Missing(_))
    ));
}

#[test]
fn a_path_below_the_own_folder_is_left_to_the_shell() {
    for (script, value, wanted) in [
        ("ssh -i <name> h", "~/.ssh/k.pem", "ssh -i ~/.ssh/k.pem h"),
        ("ssh -i ~/<name> h", "k.pem", "ssh -i ~/k.pem h"),
        ("cp <name> x", "~/a", "cp ~/a x"),
        ("cp \"<name>\" x", "~/a", "cp \"~/a\" x"),
        ("cp <name> x", "~/a b", "cp '~/a b' x"),
        ("cp <name> x", "~root/a", "cp '~root/a' x"),
    ] {
        assert_eq!(filled(script, value), Ok(vec![wanted.to_owned()]), "{script}");
    }
    assert!(filled("ssh -i <name> h", "~/$(id)").is_err());
    assert!(filled("ssh -i <name> h", "~+/a").is_err());
    let values = [("key".to_owned(), "~/.ssh/k.pem".to_owned())].into();
    assert!(fill(&block("ssh -i \"$KEY\" h"), &values).is_ok());
}

#[test]
fn what_a_preview_shows_for_a_value_stands_wherever_one_may() {
    for (script, wanted) in [
        ("ssh -i ~/<name> h uptime", "ssh -i ~/'‹name›' h uptime"),
        ("ssh h \"cat <name>\"", "ssh h \"cat ‹name›\""),
        ("x [--name]", "x '‹name›'"),
        ("sh <<E\n<name>\nE", "sh <<E\n‹name›\nE"),
    ] {
        assert_eq!(filled(script, "‹name›"), Ok(vec![wanted.to_owned()]), "{script}");
    }
    assert!(filled("ssh h <name>", "‹$(id)›").is_err());
    assert!(filled("echo $((<name>))", "‹name›").is_err());
}

#[test]
fn what_may_be_left_out_goes_with_its_brackets_and_its_option() {
    for (script, value, wanted) in [
        (
            "kubectl logs web [-c <name>] -f",
            "a b",
            "kubectl logs web -c 'a b' -f",
        ),
        (
            "kubectl logs web [--tail={{name}}]",
            "5",
            "kubectl logs web --tail=5",
        ),
        ("kubectl logs web [<name> ...]", "5", "kubectl logs web 5"),
        ("x --id=<name>... -y", "5", "x --id=5 -y"),
        ("jq \".x | [<name>] | add\"", "5", "jq \".x | [5] | add\""),
        ("grep -E 'id [<name>] x' y", "5", "grep -E 'id [5] x' y"),
        ("cat <<E\n- [<name>]\nE", "5", "cat <<E\n- [5]\nE"),
        ("git log <name>...<name>", "5", "git log 5...5"),
        ("kubectl logs web [-c <name>] -f", "", "kubectl logs web  -f"),
        ("kubectl logs web [<name> ...]", "", "kubectl logs web "),
    ] {
        assert_eq!(filled(script, value), Ok(vec![wanted.to_string()]), "{script}");
    }
    for script in [
        "kubectl logs <name>",
        "[ <name> ]",
        "kubectl logs [<name>] -c <name>",
    ] {
        let refused = filled(script, "");
        assert!(
            matches!(refused, Err(Refused::Missing(_))),
            "{script}: {refused:?}"
        );
    }
    // The option says what becomes of the value.
    assert!(filled("bash [-c <name>]", "rm x").is_err());
}

#[test]
fn a_plain_value_is_left_plain() {
    assert_eq!(
        filled("ping <name>", "i-0ab.eu"),
        Ok(vec!["ping i-0ab.eu".to_string()])
    );
}

#[test]
fn nothing_is_filled_in_where_quoting_cannot_be_decided() {
    for script in [
        "echo `x <name>`",
        "echo ${x:-<name>}",
        "echo $((<name>))",
        "echo it's <name>",
        "cat <<E\n$(echo <name>)\nE",
        "cat <<E\n`echo <name>`\nE",
        "cat <<E\n${X:-<name>}\nE",
        "if (( <name> > 3 )); then echo many; fi",
        "echo $[ <name> ]",
    ] {
        assert!(
            matches!(filled(script, "1"), Err(Refused::Undecided { .. })),
            "{script}"
        );
    }
    for script in [
        "ssh host 'ls <name>'",
        "bash -c \"ls <name>\"",
        "eval ls <name>",
        "awk '/<name>/'",
        "cat <<E | sh\n<name>\nE",
        "[[ <name> -eq 3 ]] && echo three",
        "[[ -z x || 3 -lt <name> ]]",
        "let x=<name>",
        "declare -i x=<name>",
        "export -i x=<name>",
        "a[<name>]=1",
        "aws ssm send-command --parameters 'commands=[\"systemctl restart <name>\"]'",
        "screen -dm <name>",
        "runuser -c <name>",
    ] {
        assert!(
            matches!(filled(script, "a b"), Err(Refused::Undecided { .. })),
            "{script}"
        );
        assert!(filled(script, "plain-1").is_ok(), "{script}");
    }
}

#[test]
fn only_a_plain_value_stands_where_it_is_read_once_more() {
    for script in [
        "$SHELL -c \"echo <name>\"",
        "sudo \"$BASH\" -c \"echo <name>\"",
        "python3.11 -c \"print('<name>')\"",
        "nodejs -e \"console.log('<name>')\"",
        "Rscript -e \"print('<name>')\"",
        "/opt/pypy3 -c \"print('<name>')\"",
        "declare \"<name>=1\"",
        "typeset <name>",
        "declare -a x=<name>",
        "printf -v <name> %s x",
        "read -r <name>",
        "unset <name>",
        "test -v <name>",
        "[ -v <name> ]",
        "if [ -n x -a -v \"<name>\" ]; then ls; fi",
        "PS4=\"<name>\"; set -x",
        "export PROMPT_COMMAND='<name>'",
        "BASH_ENV=<name> frob",
        "ENV=<name>",
        "tar cf x y --checkpoint-action=\"<name>\"",
        "tar xf x --to-command '<name>'",
        "i=<name>\necho $((i + 1))",
        "i=\"<name>\"; j=$i\n[[ $j -gt 3 ]] && ls",
        "for i in <name>; do (( i > 3 )) && ls; done",
        "cat > q.sh <<'E'\nX=<name>\nE",
        "cat > q <<E\nX=\"<name>\"\nE\n. ./q",
        "echo \"X=<name>\" > q; source q",
        "tee /etc/cron.d/x <<'E'\n* * * * * root <name>\nE",
    ] {
        assert!(
            matches!(filled(script, "a[$(touch X)]"), Err(Refused::Undecided { .. })),
            "{script}"
        );
        assert!(filled(script, "plain-1").is_ok(), "{script}");
    }
    for script in [
        "export X=<name>",
        "X=<name>; echo \"$X\"",
        "cat > x.yaml <<'E'\na: <name>\nE",
        "tar xf <name>",
    ] {
        assert!(filled(script, "a b").is_ok(), "{script}");
    }
}

#[test]
fn a_variable_that_is_read_once_more_is_plain_as_well() {
    for script in [
        "[[ \"$NAME\" -gt 3 ]] && ls",
        "[[ NAME -gt 3 ]]; echo $NAME",
        "echo $(( $NAME + 1 ))",
        "echo $((NAME + 1)) $NAME",
        "bash -c \"echo $NAME\"",
        "eval \"echo $NAME\"",
        "python3 -c \"print('$NAME')\"",
        "i=$NAME\necho $((i + 1))",
        "x=(1); echo ${x[$NAME]}",
        "unset \"$NAME\"",
        "printf -v \"$NAME\" %s x",
        "cat > q.sh <<E\nX=$NAME\nE",
    ] {
        let refused = filled(script, "a[$(touch X)]");
        assert!(
            matches!(refused, Err(Refused::Undecided { .. })),
            "{script}: {refused:?}"
        );
        assert!(
            filled(script, "-3").is_ok() && filled(script, "결제").is_ok(),
            "{script}"
        );
    }
    // It is the page that evaluates, whichever block is filled in.
    let page = blocks("```sh\necho \"$NAME\"\n```\n\n```sh\necho $((NAME + 1))\n```\n");
    let values = |value: &str| [("name".to_owned(), value.to_owned())].into();
    assert!(fill(&page[0], &values("a[$(id)]")).is_err() && fill(&page[0], &values("3")).is_ok());
    assert!(filled("echo \"$NAME\" > x; ls $NAME", "a b; $(id)").is_ok());
    let shell = |text: &str| blocks(&format!("```powershell\n{text}\n```\n")).remove(0);
    let apart = |text: &str| fill_apart(&shell(text), &values("a b"), &BTreeSet::new(), &BTreeSet::new());
    assert!(apart("iex \"ls $NAME\"").is_err() && apart("cmd /c dir $NAME").is_err());
    assert!(apart("Get-Item $NAME").is_ok());
}

#[test]
fn a_here_document_cannot_be_ended_by_a_value() {
    assert!(filled("cat <<E\n<name>\nE", "E").is_err());
    assert!(filled("cat <<E\nx <name>\nE", "1\nE\nid").is_err());
}

#[test]
fn control_characters_are_refused() {
    assert!(matches!(
        filled("echo <name>", "\x1b[201~"),
        Err(Refused::Control { .. })
    ));
}

#[test]
fn what_has_no_value_is_named_and_nothing_is_given() {
    let refused = fill(&block("a <pod-name> $NODE <pod-name>"), &Values::new());
    assert_eq!(
        refused,
        Err(Refused::Missing(vec!["node".into(), "pod_name".into()]))
    );
}

#[test]
fn an_unset_variable_is_set_before_the_commands() {
    let values = [("NODE".to_string(), "a b".to_string())].into();
    assert_eq!(
        fill(&block("oc debug $NODE"), &values),
        Ok(vec!["NODE='a b'".into(), "oc debug $NODE".into()])
    );
}

#[test]
fn a_node_fills_in_its_own_fields_and_no_others() {
    let values = prefilled([
        ("id", "i-1"),
        ("name", "web-1"),
        ("region", "eu-west-1"),
        ("private_ip", ""),
    ]);
    assert_eq!(values.get("instance_id").map(String::as_str), Some("i-1"));
    assert_eq!(values.get("region").map(String::as_str), Some("eu-west-1"));
    assert_eq!(values.get("name"), None);
    assert_eq!(values.get("private_ip"), None);
}

/// A real shell is the judge: what it prints must be the value, whatever the value is.
fn printed(script: &str) -> String {
    let elsewhere = tempfile::tempdir().expect("a folder in which nothing can be harmed");
    let out = Command::new("sh")
        .args(["-c", script])
        .current_dir(elsewhere.path())
        .output()
        .expect("a shell");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_value_ever_becomes_a_command(value in "[ -~\n결]{1,12}|; echo pwned|\\$\\(echo pwned\\)|`echo pwned`|'; echo pwned; '|\"; echo pwned; \"|E\necho pwned") {
        for script in ["printf '%s|' <name>", "printf '%s|' '<name>'", "printf '%s|' \"<name>\"", "printf '%s|' \"$(printf '%s.' <name>)\"", "cat <<E\n:<name>\nE", "cat <<'E'\n:<name>\nE"] {
            let Ok(commands) = filled(script, &value) else { continue };
            let out = printed(&commands.join("\n"));
            let wanted = match script {
                here if here.contains("<<") => format!(":{value}\n"),
                nested if nested.contains("$(") => format!("{value}.|"),
                _ => format!("{value}|"),
            };
            prop_assert_eq!(out, wanted, "{} {:?}", script, commands);
        }
    }

    #[test]
    fn no_value_is_ever_evaluated(value in "[ -~]{1,12}|a\\[\\$\\(echo pwned >&2\\)\\]|\\$\\(echo pwned >&2\\)|`echo pwned >&2`") {
        for script in ["cat <<E\n$(printf %s <name>)\nE", "cat <<E\n`printf %s <name>`\nE", "(( <name> > 3 ))", "[[ <name> -eq 3 ]]", "let x=<name>", "declare -i x=<name>", "a[<name>]=1"] {
            let refused = filled(script, &value).is_err();
            prop_assert!(refused || crate::runbook::shell::is_plain(&value), "{} {:?}", script, value);
        }
    }
}

#[test]
fn a_word_that_stands_for_another_is_quoted_like_any_placeholder() {
    let values = [
        ("instance_id".to_owned(), "a b".to_owned()),
        ("host".to_owned(), "x;y".to_owned()),
    ]
    .into();
    assert_eq!(
        fill(
            &block("frob YOUR_INSTANCE_ID \"http://{host}/\" [INSTANCE_ID]"),
            &values
        ),
        Ok(vec!["frob 'a b' \"http://\"'x;y'\"/\" 'a b'".to_owned()])
    );
}

#[test]
fn a_positional_parameter_is_quoted_in_its_place_and_never_cut() {
    let values = [
        ("1".to_owned(), "a b".to_owned()),
        ("arguments".to_owned(), "x;y".to_owned()),
    ]
    .into();
    let filled = |script: &str| fill(&block(script), &values);
    assert_eq!(
        filled("rm \"/d/$1\" ${1} \"$@\""),
        Ok(vec!["rm \"/d/\"'a b'\"\" 'a b' \"\"'x;y'\"\"".to_owned()])
    );
    assert_eq!(filled("rm $2"), Err(Refused::Missing(vec!["2".into()])));
    for script in ["rm \"${1%/}\"", "sh -c \"rm $1\"", "echo $(( $1 + 1 ))"] {
        assert!(
            matches!(filled(script), Err(Refused::Undecided { .. })),
            "{script}"
        );
    }
    // Letters and digits do not help there; a variable does.
    let refused = filled("echo $((1+$1))").unwrap_err();
    assert!(refused.hint().contains("such as $NAME"), "{}", refused.hint());
    let value = [("name".to_owned(), "4".to_owned())].into();
    assert!(fill(&block("echo $((1+$NAME))"), &value).is_ok());
}
