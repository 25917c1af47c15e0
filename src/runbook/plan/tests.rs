//! Pages of every level become steps; what they say wrongly is named with its line.

use super::*;
use crate::runbook::Page;
use crate::runbook::fence::On;

fn plan(text: &str) -> Plan {
    Plan::parse(Path::new("/r/page.md"), "page.md", text).unwrap()
}

fn bad(text: &str) -> String {
    Plan::parse(Path::new("page.md"), "page.md", text)
        .unwrap_err()
        .to_string()
}

const PAGE: &str = r#"# Drain

## Diagnosis

<!-- oncall: {name=look kind=check} -->
```sh
df -h
```

```output
Filesystem[..]
...
```

- [ ] tell the `web` team
  that it goes on

## Mitigation

```sh {name=drain on=local needs=look rollback=undrain}
lbctl drain
```

    kubectl get pods

```yaml
a: 1
```

```sh {name=undrain kind=rollback}
lbctl undrain
```
"#;

#[test]
fn blocks_and_task_boxes_are_steps_in_their_order() {
    let plan = plan(PAGE);
    let told: Vec<(&str, &str, &str)> = plan
        .steps
        .iter()
        .map(|step| (step.id.as_str(), step.phase.as_str(), step.title.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("look", "Diagnosis", "look"),
            ("2", "Diagnosis", "tell the web team"),
            ("drain", "Mitigation", "drain"),
            ("4", "Mitigation", "kubectl get pods"),
        ]
    );
    assert_eq!(plan.steps[0].sample.as_deref(), Some("Filesystem[..]\n...\n"));
    let document = self::plan("```ssm\ndocument: X\n```\n\n```output\nhello\n```\n");
    assert_eq!(document.steps[0].sample.as_deref(), Some("hello\n"));
    assert_eq!(plan.steps[2].attributes.on, On::Local);
    assert_eq!(plan.rollbacks.len(), 1);
    assert_eq!(plan.steps[1].lines, (15, 16));
}

#[test]
fn surroundings_raise_what_must_be_said_and_doubt_asks_for_a_key() {
    let plan = plan(PAGE);
    let level = |at: usize, prod| plan.steps[at].level(&plan.manifest, prod);
    assert_eq!((level(0, false), level(0, true)), (Level::None, Level::Enter));
    assert_eq!((level(2, false), level(2, true)), (Level::Yes, Level::Type));
    assert_eq!(level(3, false), Level::Enter, "nothing says that it is a command");
    assert_eq!(level(1, true), Level::None);
}

#[test]
fn what_seems_to_be_printed_is_never_run_without_a_yes() {
    let of = |text: &str| {
        plan(&format!("```sh {{confirm=none}}\n{text}\n```\n"))
            .steps
            .remove(0)
    };
    for text in [
        "NAME READY STATUS\nweb-1 1/1 Running",
        "id\n{\n  \"a\": 1\n}",
        "ls\nError: no such thing",
    ] {
        let step = of(text);
        assert_eq!(step.level(&Manifest::default(), false), Level::Yes, "{text}");
        assert!(
            step.doubt().is_some_and(|why| why.contains("has printed")),
            "{text}"
        );
    }
    assert_eq!(of("touch x").level(&Manifest::default(), false), Level::None);
}

#[test]
fn a_document_is_never_started_without_a_yes() {
    let plan = plan("```ssm {confirm=none}\ndocument: AWS-RestartEC2Instance\n```\n");
    let level = |prod| plan.steps[0].level(&plan.manifest, prod);
    assert_eq!((level(false), level(true)), (Level::Yes, Level::Type));
}

#[test]
fn a_comment_asks_for_what_it_says_though_the_fence_says_something_too() {
    let plan = plan("<!-- oncall: {\"confirm\":\"two\"} -->\n```sh {name=drain}\nlbctl drain\n```\n");
    let step = &plan.steps[0];
    assert_eq!(
        (step.id.as_str(), step.level(&plan.manifest, false)),
        ("drain", Level::Two)
    );
}

#[test]
fn a_blank_behind_either_mark_of_the_front_matter_loses_nothing() {
    for text in [
        "--- \ndefaults: {confirm: two}\n---\n",
        "---\ndefaults: {confirm: two}\n--- \n",
        "---\ndefaults: {confirm: two}\n---",
    ] {
        assert_eq!(plan(text).manifest.confirm, Some(Level::Two), "{text:?}");
        assert!(
            Page::parse(
                Path::new("a.md"),
                "a.md",
                &text.replace("defaults: {confirm: two}", "title: T")
            )
            .title
                == "T"
        );
    }
}

#[test]
fn what_xc_writes_in_prose_is_a_gate_and_an_input() {
    let plan = plan(
        "## look\n\n```sh\ndf\n```\n\n## drain\n\nRequires: look\nInputs: NODE, POOL\n\n```sh\nlbctl drain\n```\n",
    );
    assert_eq!(plan.steps[1].attributes.needs, ["1"]);
    assert_eq!(plan.steps[1].inputs, ["NODE", "POOL"]);
}

#[test]
fn what_cannot_be_is_named_with_its_line() {
    for (text, says) in [
        (
            "# T\n```sh {confirm=never}\nls\n```\n",
            "page.md:2: confirm=\"never\": allowed are auto",
        ),
        (
            "```sh {name=a}\nls\n```\n```sh {name=a}\nls\n```\n",
            "page.md:4: two steps are called a",
        ),
        (
            "```sh {needs=x}\nls\n```\n",
            "page.md:1: needs=x: no step is called so",
        ),
        (
            "```sh {name=a needs=b}\nls\n```\n```sh {name=b}\nls\n```\n",
            "comes later",
        ),
        ("```sh {rollback=x}\nls\n```\n", "kind=rollback"),
        ("```sh {on=web}\nls\n```\n", "has no `targets`"),
        ("---\nvars: [\n---\n", "page.md:2"),
        ("<!-- oncall: {kind=x} -->\n```sh\nls\n```\n", "page.md:1: kind="),
        (
            "```sh {confrim=two}\nls\n```\n",
            "page.md:1: confrim=\"two\": it means nothing here, did you mean confirm",
        ),
        (
            "<!-- oncall: {on=each} -->\n```sh {on=local}\nls\n```\n",
            "page.md:2: on=",
        ),
        (
            "---\ndefaults: {confirm: two}\n# T\n",
            "page.md:1: the front matter has no end",
        ),
    ] {
        let found = bad(text);
        assert!(found.contains(says), "{text}: {found}");
    }
}

#[test]
fn what_cannot_be_run_from_here_says_why() {
    for (text, says) in [
        ("```powershell {background=true}\nGet-Item x\n```\n", "PowerShell"),
        ("```sh {tty=true}\nvim x\n```\n", "terminal"),
        ("```sh {interpreter=python3}\nls\n```\n", "python3"),
        ("```sh {interpreter=/bin/zsh}\nls\n```\n", "it is for zsh"),
        ("```zsh\nls\n```\n", "it is for zsh"),
        ("```ksh\nls\n```\n", "it is for ksh"),
        (
            "```sh\n// per node\nsum by (node) (\n  rate(cpu{m=\"idle\"}[4m])\n  and on (node) m\n)\n```\n",
            "`sum by (node) (` reads as PromQL, not as a shell command",
        ),
    ] {
        assert!(
            plan(text).steps[0]
                .obstacle()
                .is_some_and(|why| why.contains(says)),
            "{text}"
        );
    }
    assert_eq!(plan(PAGE).steps[0].obstacle(), None);
    assert_eq!(
        plan("```zsh {interpreter=bash}\nls\n```\n").steps[0].obstacle(),
        None
    );
}

#[test]
fn powershell_is_one_script_that_wants_what_it_does_not_set_itself() {
    let text = "```powershell\n# why\nif ($true) {\n  Get-Item $env:TEMP; $DIR = $ENV:X\n}\nls $DIR $LOG\n```\n\n```sh\nls $DIR\n```\n";
    let plan = plan(text);
    let step = &plan.steps[0];
    assert_eq!((step.obstacle(), step.reads), (None, false));
    let block = step.block().unwrap();
    assert_eq!(block.commands, [block.text.trim_end()]);
    assert_eq!(block.placeholders, ["$LOG"]);
    // Its process is gone when the next block runs.
    assert_eq!(plan.steps[1].block().unwrap().placeholders, ["$DIR"]);
}

#[test]
fn front_matter_is_no_heading_of_the_first_steps() {
    let plan = plan("---\ntitle: T\nvars: {A: {default: 1}}\n---\n# T\n\n```sh\necho $A\n```\n");
    assert_eq!((plan.steps[0].phase.as_str(), plan.steps[0].lines), ("", (7, 9)));
}

#[test]
fn both_sides_of_a_conflict_are_nothing_to_run() {
    let says = bad("# T\n\n```sh\n<<<<<<< HEAD\necho a\n=======\necho b\n>>>>>>> two\n```\n");
    assert!(
        says.contains("page.md:4: ") && says.contains("settle lines 4 to 8"),
        "{says}"
    );
    // A page about such marks, that does not hold them.
    assert_eq!(plan("Seek `<<<<<<< ` first.\n\n```sh\nls\n```\n").steps.len(), 1);
}

#[test]
fn a_fence_that_is_never_closed_stands_in_the_way_of_its_step() {
    let open = plan("# T\n\n```sh\nls\n```\n\n```sh\necho a\n\nWord on the rest.\n");
    assert_eq!(open.steps[0].obstacle(), None);
    let why = open.steps[1].obstacle().unwrap();
    assert!(why.contains("line 7") && why.contains("never closed"), "{why}");
    let quoted = plan("> ~~~~ bash\n> ls\n> ~~~~\n\n- x\n  ```sh\n  ls\n  ```\n\n    df -h\n");
    assert!(quoted.steps.iter().all(|step| step.obstacle().is_none()));
}

#[test]
fn a_page_of_many_thousand_steps_is_read_at_once() {
    let page: String = (0..20_000)
        .map(|nth| format!("word\n\n```sh\necho {nth}\n```\n\n"))
        .collect();
    assert_eq!(plan(&page).steps.len(), 20_000);
}

#[test]
fn a_comment_holds_for_the_block_below_however_far_that_is() {
    for page in [
        "<!-- oncall: {confirm=type} -->\n\nWhy.\n\nAnd how:\n\n- this\n- that\n\n```sh\nls\n```\n",
        "<!-- oncall: {\n\"confirm\": \"type\",\n\n\"timeout\":\n\"5s\"\n} -->\n```sh\nls\n```\n",
        "<!-- a remark --> <!-- oncall: {confirm=type} --> and more\n<!-- oncall: {tag=x} -->\n\n```sh\nls\n```\n",
        "Said <!-- oncall: {confirm=type} --> in passing.\n\n```yaml\na: 1\n```\n\n<!-- oncall: {confirm=type} -->\n```sh\nls\n```\n",
    ] {
        assert_eq!(
            plan(page).steps[0].attributes.confirm,
            Some(Level::Type),
            "{page}"
        );
    }
}

#[test]
fn a_comment_that_no_block_follows_is_refused_with_its_line() {
    let says = "the comment says how a block is run";
    for page in [
        "# A\n\n<!-- oncall: {confirm=type} -->\n\n# B\n\n```sh\nls\n```\n",
        "# A\n\n<!-- oncall: {confirm=type} -->\n",
    ] {
        let told = bad(page);
        assert!(told.starts_with("page.md:3: ") && told.contains(says), "{told}");
    }
    let twice = "<!-- oncall: {on=local} -->\n<!-- oncall: {on=each} -->\n```sh\nls\n```\n";
    assert!(bad(twice).contains("on="), "{}", bad(twice));
}

#[test]
fn a_command_that_is_not_whole_stands_in_the_way_of_its_step() {
    for text in [
        "$ for i in 1 2; do",
        "echo \"unclosed",
        "cat <<E\nx",
        "ls |",
        "if a; then\n  b",
        "$ ls \\\n$ id",
    ] {
        let why = plan(&format!("```sh\n{text}\n```\n")).steps[0].obstacle();
        assert!(why.is_some_and(|why| why.contains("never closed")), "{text}");
    }
    let whole = plan("```sh\nfor i in 1 2; do ls; done\ncat <<E\n$ x\nE\necho 'a\nb'\n```\n");
    assert_eq!(whole.steps[0].obstacle(), None);
}

#[test]
fn commands_for_a_shell_that_another_opens_stand_in_the_way_of_their_step() {
    for (text, says) in [
        (
            "```bash\noc debug node/x\nchroot /host\nsystemctl stop y\n```\n",
            "`oc debug node/x` opens",
        ),
        (
            "```bash\nssh bastion\nsystemctl stop y\n```\n",
            "behind `--`, with -c, in quotes",
        ),
        (
            "```console\n$ kubectl exec -it w -- bash\nroot@w:/# id\nroot@w:/# exit\n$ id\n```\n",
            "`kubectl exec -it w -- bash` opens",
        ),
        // Nothing says how it came there.
        (
            "```console\nme@here:~$ goto web\nroot@web:/# id\n```\n",
            "`me@here:~$` and `root@web:/#`",
        ),
        ("```console\n$ goto web\nsh-4.4# id\n```\n", "say on="),
        (
            "```console\nme@here:~$ id\n$ goto web\nroot@web:/# id\n```\n",
            "`me@here:~$` and `root@web:/#`",
        ),
        ("```bash\nssh bastion\n```\n", "waits for someone to type"),
        ("```sh\necho a\nexit\necho back\n```\n", "`exit` leaves the shell"),
    ] {
        let step = &plan(text).steps[0];
        let why = step.obstacle().unwrap_or_default();
        assert!(why.contains(says), "{text}: {why}");
        assert_eq!(
            step.block().map(|block| block.runnable),
            Some(crate::runbook::Runnable::Yes)
        );
    }
    for text in [
        "```bash\nssh bastion 'id; ls'\noc debug node/x -- chroot /host id\n```\n",
        "```console\nme@here:~$ cd /srv\nme@here:/srv$ id\n```\n",
        "```console\nme@here:~$ cd /srv\n$ id\nme@here:/srv$ ls\n```\n",
        "```powershell\nssh bastion\nGet-Item x\n```\n",
        "```sh\ntest -f x && exit 0\necho a\n```\n",
    ] {
        assert_eq!(plan(text).steps[0].obstacle(), None, "{text}");
    }
}

#[test]
fn a_session_has_a_terminal_for_what_wants_one_and_no_more() {
    let of = |text: &str| plan(text).steps[0].obstacle_in_session();
    assert_eq!(of("```sh {tty=true}\nvim x\n```\n"), None);
    assert_eq!(of("```sh\nssh bastion\n```\n"), None);
    // The session would keep the second line for itself.
    assert!(of("```sh\nssh bastion\nid\n```\n").is_some());
}

#[test]
fn values_are_given_for_what_the_page_asks_for_in_any_way_and_for_nothing_else() {
    let page = "---\ntargets:\n  web: {tag: {Env: '{{env}}'}}\nvars:\n  STAGE: {choose: [prod, stage], default: prod}\n---\n\n## One\n\nInputs: HOST_NAME\n\n```sh {when=\"mode == fast\"}\nOWN=$(id -u); echo <pod-name> $STAGE $NODE ${SIZE:-2} $((COUNT + 1)) $OWN $HOME\n```\n\n```ssm\ndocument: X\nparameters: {a: '{{word}}'}\n```\n";
    let plan = plan(page);
    for known in [
        "env",
        "STAGE",
        "HOST_NAME",
        "mode",
        "pod-name",
        "POD_NAME",
        "NODE",
        "SIZE",
        "COUNT",
        "word",
    ] {
        assert_eq!(plan.accepts(known, "prod"), Ok(()), "{known}");
    }
    for stranger in ["STAEG", "HOME", "echo", "web"] {
        let bad = plan.accepts(stranger, "x").unwrap_err();
        assert!(!matches!(bad, BadGiven::Form(..)), "{stranger}: {bad}");
    }
    assert_eq!(plan.accepts("OWN", "1"), Err(BadGiven::Own("OWN".into())));
    let only = "---\nvars:\n  STAGE: {default: prod}\n---\n```sh\necho $STAGE\n```\n";
    let bad = Plan::parse(Path::new("p.md"), "p.md", only)
        .unwrap()
        .accepts("STAEG", "x")
        .unwrap_err();
    assert_eq!(
        bad.to_string(),
        "STAEG: the page takes no such value; it takes STAGE"
    );
}

#[test]
fn a_step_gets_what_the_page_declares_but_for_secrets_and_what_a_run_only_learns() {
    let page = "---\nvars:\n  A: {default: 1}\n  B: {secret: ask}\n  C: {default: '{{ssm:/c}}'}\n  D: {match: .}\n  E: {default: 1}\n  PATH: {default: /x}\n---\n```sh {capture=D}\nE=2; ./one\n```\n\n```sh\n./two\n```\n";
    let plan = plan(page);
    assert_eq!(plan.steps[0].environment, ["A", "E"]);
    assert_eq!(plan.steps[1].environment, ["A"], "the shell has another E by now");
    let learnt = ["C", "D"];
    assert_eq!(
        (&plan.steps[0].learnt[..], &plan.steps[1].learnt[..]),
        (&learnt.map(str::to_owned)[..], &learnt.map(str::to_owned)[..])
    );
}

#[test]
fn a_value_may_be_given_by_the_word_that_stands_for_it() {
    let page = "```sh\naws s3 ls s3://your-bucket-name/\naws ec2 stop-instances --instance-ids YOUR_INSTANCE_ID\n```\n";
    let plan = Plan::parse(Path::new("p.md"), "p.md", page).unwrap();
    let given = |names: &[&str]| -> Vec<(String, String)> {
        let given = names.iter().map(|name| ((*name).to_owned(), (*name).to_owned()));
        plan.named(given.collect()).into_iter().collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        given(&["YOUR_INSTANCE_ID", "your-bucket-name"]),
        [
            pair("bucket_name", "your-bucket-name"),
            pair("instance_id", "YOUR_INSTANCE_ID")
        ]
    );
    // What it is called goes before, and what nothing is called stays what it was.
    assert_eq!(
        given(&["YOUR_INSTANCE_ID", "instance-id", "your_x"]),
        [pair("instance-id", "instance-id"), pair("your_x", "your_x")]
    );
}

#[test]
fn steps_of_tabs_beside_each_other_are_a_choice_and_those_of_one_alone_are_none() {
    let tab = |mark: &str, title: &str, body: &str| format!("{mark} \"{title}\"\n\n    {body}\n\n");
    let block = |attributes: &str| format!("```sh {attributes}\n    id\n    ```");
    let among = |page: &str| -> Vec<String> {
        let steps = plan(page).steps.into_iter();
        steps
            .map(|step| {
                let own = step.tabs.iter();
                let own = own.map(|tab| format!("{} of {}", tab.title, tab.among.join("+")));
                own.collect::<Vec<String>>().join(" in ")
            })
            .collect()
    };
    let (a, b) = (tab("===", "A", &block("")), tab("===", "B", &block("")));
    assert_eq!(
        among(&format!("{a}{b}```sh\nid\n```\n")),
        ["A of A+B", "B of A+B", ""]
    );
    for alone in [
        format!("{a}Text.\n\n{b}"),
        format!("{a}{}", tab("===!", "B", &block(""))),
        format!("{a}{}", tab("===", "Output", "what it says")),
        format!("{a}{}", tab("===", "B", &block("{when=\"OS == x\"}"))),
        format!("!!! note\n\n    {}\n", block("")),
    ] {
        let found = among(&alone);
        assert!(found.iter().all(String::is_empty), "{alone}: {found:?}");
    }
    let inner = format!("{a}{b}").replace('\n', "\n    ");
    let nested = format!("=== \"Outer\"\n\n    {}\n\n{b}", inner.trim_end());
    assert_eq!(
        among(&nested),
        [
            "Outer of Outer+B in A of A+B",
            "Outer of Outer+B in B of A+B",
            "B of Outer+B"
        ]
    );
}

#[test]
fn a_document_whose_fence_is_never_closed_is_not_started() {
    let page = "```ssm\ndocument: X\n";
    let obstacle = |page: &str| plan(page).steps[0].obstacle();
    assert!(obstacle(page).is_some_and(|why| why.contains("never closed")));
    assert_eq!(obstacle(&format!("{page}```\n")), None);
}

#[test]
fn only_a_rollback_undoes_anything() {
    let page = "```sh {name=make rollback=break}\nmkdir a\n```\n\n```sh {name=break}\nrmdir a\n```\n";
    let wrong = Plan::read(Path::new("p.md"), "p.md", page).unwrap();
    assert!(wrong.names_undone_by(&wrong.steps[1]).is_empty());
    let right = plan(&page.replace("{name=break}", "{name=break kind=rollback}"));
    assert_eq!(right.names_undone_by(&right.rollbacks[0]), ["make"]);
}
