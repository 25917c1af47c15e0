//! What is to be filled in before a block can run, and what only looks so.

use super::*;

fn open(text: &str) -> Vec<String> {
    blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders
}

#[test]
fn where_one_bracketed_word_stands_for_another_every_one_does() {
    for (text, wanted) in [
        (
            "kubectl delete pod [pod-name] -n [namespace]",
            &["[pod-name]", "[namespace]"][..],
        ),
        ("kubectl delete pod [namespace]", &["[namespace]"]),
        ("kubectl drain [CLUSTER] && ls", &["[CLUSTER]"]),
        (
            "kubectl exec [pod-name] -c [Container 1] -- x/[n]",
            &["[pod-name]", "[Container 1]", "[n]"],
        ),
        (
            "kubectl delete pod <pod1> [<pod2> ...]",
            &["<pod1>", "[<pod2> ...]"],
        ),
        ("kubectl delete pod <pod1> [<pod2>]", &["<pod1>", "[<pod2>]"]),
        (
            "x {{ env }} {{version|default(\"1\")}} {{ a.b | upper }}",
            &["{{ env }}", "{{version|default(\"1\")}}", "{{ a.b | upper }}"],
        ),
    ] {
        assert_eq!(open(text), wanted, "{text}");
    }
    for text in [
        "ls [a-z] [abc] [xyz]* x[first] [0-9]",
        "tr [abc] [first] <x; grep [error] x; echo [done]",
        "[ x ] && [[ a =~ [first] ]]",
        "git commit [--amend] [-m]; aws x --filters Values=[web]",
        "docker ps --format '{{json .}} {{.Names | printf}} {{range .x}}{{end}}'",
        "x \"a [first] b\" '[first]'",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_positional_parameter_that_nothing_sets_is_to_be_filled_in() {
    for (text, wanted) in [
        ("systemctl restart $1", &["$1"][..]),
        ("rm -rf /data/$1 \"${2}\"", &["$1", "${2}"]),
        ("rm -rf \"$@\" $*", &["$@", "$*"]),
        ("f() { rm $1; }; f $2", &["$2"]),
        ("x=$(rm $1)", &["$1"]),
        ("(set -- a; rm $1); rm $2", &["$2"]),
        ("rm \"${1%/}\"", &["${1%/}"]),
    ] {
        assert_eq!(open(text), wanted, "{text}");
    }
    for text in [
        "set -- a b\nrm $1 $2 \"$@\"",
        "set a; rm $1",
        "f() { rm $1; }\nfunction g { rm \"$2\"; }\nh() (\n  rm $1\n)",
        "f()\n{\n  if a; then { rm $1; }; fi\n  rm ${2}\n}\nf x",
        "awk '{print $1}' x; sh -c 'rm $1' _ x; x=`ps | awk '{print $2}'`",
        "cat >x.sh <<'E'\nrm $1\nE",
        "rm ${1:-x} ${2:?no} \\$1 $# $? $$ $! $0 $- # $1",
        "x=\"$(ps | awk '{print $2}')\"; kill $(ps | awk \"{print \\$2}\")",
        "perl -e $'print $1'",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
    let page = "```sh\nset -- a\n```\n\n```sh\nrm $1\n```\n";
    assert!(blocks(page)[1].placeholders.is_empty());
    let script = "```powershell\n$x -replace 'a','$1'; \"$1\"\n```\n";
    assert!(blocks(script)[0].placeholders.is_empty());
}
