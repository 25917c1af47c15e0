//! `qd runbooks run` as its users and scripts meet it: what is refused, what runs where, what is left as evidence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "runbook_run/again.rs"]
mod again;
#[path = "runbook_run/given.rs"]
mod given;
#[path = "runbook_run/gone.rs"]
mod gone;
#[path = "runbook_run/killed.rs"]
mod killed;
#[path = "runbook_run/long.rs"]
mod long;
#[path = "runbook_run/lost.rs"]
mod lost;
#[path = "runbook_run/machine.rs"]
mod machine;
mod pty;
#[path = "runbook_run/shell.rs"]
mod shell;
#[path = "runbook_run/undo.rs"]
mod undo;
#[path = "runbook_run/word.rs"]
mod word;

use std::path::PathBuf;
use std::process::Output;

use pty::Terminal;
use pty::cloud::{Sim, shop};
use pty::home::Home;
use quarterdeck::recording::{DeviceKey, Reader, What};
use quarterdeck::runbook::run::journal;
use quarterdeck::runbook::run::record::{Line, Outcome, Record};
use serde_json::Value;

fn page(home: &Home, text: &str) -> PathBuf {
    let path = home.path().join("page.md");
    std::fs::write(&path, text).unwrap();
    path
}

fn qd(home: &Home, args: &[&str]) -> Output {
    home.qd(&[&["runbooks"], args].concat()).output().unwrap()
}

fn out(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn lines(home: &Home, run: &str) -> Vec<Line> {
    let run = journal::find(&home.data_dir(), run).unwrap();
    journal::load(&home.data_dir(), &run).unwrap()
}

fn ends(lines: &[Line]) -> Vec<(String, Outcome, Option<i32>)> {
    let end = |line: &Line| match &line.record {
        Record::Ended {
            step, outcome, exit, ..
        } => Some((step.clone(), *outcome, *exit)),
        _ => None,
    };
    lines.iter().filter_map(end).collect()
}

#[test]
fn one_shell_keeps_what_blocks_set_and_everything_is_written_down() {
    let home = Home::new();
    page(
        &home,
        "# Two blocks\n\n## Diagnosis\n\n```sh {name=look capture=SIZE:json:$.a.b}\nGREETING='a  b'\nprintf '{\"a\":{\"b\":7}}'\n```\n\n## Mitigation\n\n```sh {needs=look}\necho \"$GREETING $SIZE <who>\" 'x'\n```\n\n```output\na  b 7 [..]\n```\n",
    );
    let ran = qd(
        &home,
        &["run", "page.md", "--yes", "--set", "who=you; touch pwned"],
    );
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    assert_eq!(out(&ran), "{\"a\":{\"b\":7}}\na  b 7 you; touch pwned x\n");
    assert!(!home.path().join("pwned").exists());
    let told = lines(&home, "last");
    assert!(
        matches!(&told[0].record, Record::Opened { runbook, .. } if std::path::Path::new(runbook).is_absolute())
    );
    let done = |step: &str| (step.to_owned(), Outcome::Success, Some(0));
    assert_eq!(ends(&told), [done("look"), done("2")]);
    assert!(
        matches!(&told.last().unwrap().record, Record::Closed { outcome: Outcome::Success, phases, .. }
        if phases.len() == 2)
    );
    let mut spots = told.iter().filter_map(|line| match &line.record {
        Record::Ended { spot, .. } => spot.clone(),
        _ => None,
    });
    let spot = spots.next_back().unwrap();
    let recording = &home.recordings()[0];
    assert_eq!(recording["id"].as_str(), Some(spot.recording.as_str()));
    assert_eq!(recording["state"], "sealed");
    let reader = Reader::open(spot.path.as_ref()).unwrap();
    let markers: Vec<String> = reader
        .events()
        .unwrap()
        .filter_map(|event| match event.unwrap().what {
            What::Marker(marker) if marker.kind == "runbook" => marker.fields.get("step").cloned(),
            _ => None,
        })
        .collect();
    assert_eq!(markers, ["look", "2"]);
    let runs = home.json(&["runbooks", "runs"]);
    assert_eq!(runs["runs"][0]["status"], "done");
    assert_eq!(qd(&home, &["runs", "verify"]).status.code(), Some(0));
    let audited: Vec<String> = home
        .audit()
        .iter()
        .filter_map(|event| event["event"].as_str().map(str::to_owned))
        .filter(|name| name.starts_with("runbook."))
        .collect();
    assert_eq!(
        audited,
        ["runbook.start", "runbook.step", "runbook.step", "runbook.end"]
    );
}

#[test]
fn a_journal_that_was_changed_is_found_and_not_gone_on_with() {
    let home = Home::new();
    page(&home, "```sh\necho one\n```\n\n```sh\nfalse\n```\n");
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let run = journal::find(&home.data_dir(), "last").unwrap();
    let path = journal::folder(&home.data_dir()).join(&run).join("journal.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"exit\":1", "\"exit\":0", 1)).unwrap();
    let verified = qd(&home, &["runs", "verify", "last"]);
    assert_eq!(verified.status.code(), Some(4), "{}", out(&verified));
    let resumed = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(resumed.status.code(), Some(4), "{}", err(&resumed));
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let verified = qd(&home, &["runs", "verify"]);
    assert_eq!(verified.status.code(), Some(4), "{}", out(&verified));
    let says = format!("{run}  NOT OK: it is gone");
    assert!(out(&verified).contains(&says), "{}", out(&verified));
}

#[test]
fn a_device_key_that_others_may_use_is_refused_with_the_remedy() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    page(&home, "```sh\ntrue\n```\n");
    let run = || qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(run().status.code(), Some(0));
    let key = home.data_dir().join("keys/device.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let says = err(&run());
    let wanted = format!(
        "has mode 0644, and others may use it: chmod 600 {}",
        key.display()
    );
    assert!(says.contains(&wanted), "{says}");
    let runs = home.json(&["runbooks", "runs"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "nothing is left of it");
}

#[test]
fn what_nobody_can_answer_is_refused_before_anything_runs() {
    let home = Home::new();
    let mark = home.path().join("ran");
    let first = "```sh\ntouch ran\n```\n\n";
    for (rest, args, code, says) in [
        (
            "```sh\necho <name>\n```\n",
            &["--yes"][..],
            2,
            "needs a value for name",
        ),
        (
            "```sh {confirm=none}\necho \"$backup_dir\"/*\n```\n",
            &["--yes"],
            2,
            "needs a value for backup_dir",
        ),
        ("```sh\nls\n```\n", &[], 3, "wants confirmation (yes)"),
        (
            "```sh {confirm=type}\nls\n```\n",
            &["--yes"],
            3,
            "wants confirmation (type)",
        ),
        ("- [ ] call them\n", &["--yes"], 3, "is a person's: call them"),
        (
            "```sh\necho `x <name>`\n```\n",
            &["--yes", "--set", "name=x"],
            2,
            "cannot tell how to quote",
        ),
        (
            "```sh {confirm=never}\nls\n```\n",
            &["--yes"],
            2,
            "page.md:5: confirm=",
        ),
        ("```sh {on=web}\nls\n```\n", &["--yes"], 2, "no `targets`"),
        (
            "```sh {name=x}\nls\n```\n",
            &["--yes", "--only", "y"],
            2,
            "has no step y",
        ),
    ] {
        page(&home, &format!("{first}{rest}"));
        let ran = qd(&home, &[&["run", "page.md"], args].concat());
        assert_eq!(ran.status.code(), Some(code), "{rest}: {}", err(&ran));
        assert!(err(&ran).contains(says), "{rest}: {}", err(&ran));
        assert!(!mark.exists(), "{rest}");
    }
    page(&home, first);
    let ran = home
        .qd(&["--read-only", "runbooks", "run", "page.md", "--yes"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(3));
    let dry = qd(&home, &["run", "page.md", "--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{}", err(&dry));
    assert!(
        out(&dry).contains("change, confirm: yes") && out(&dry).contains("$ touch ran"),
        "{}",
        out(&dry)
    );
    assert!(!mark.exists());
}

#[test]
fn a_secret_that_nobody_can_type_is_refused_with_what_would_give_it() {
    let home = Home::new();
    page(
        &home,
        "---\nvars: {TOKEN: {secret: ask}}\n---\n# T\n\n```sh\necho \"$TOKEN\" | wc -c\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    let says = err(&ran);
    assert_eq!(ran.status.code(), Some(2), "{says}");
    assert!(
        says.contains("needs the secret TOKEN") && says.contains("ssm:/"),
        "{says}"
    );
    assert!(!says.contains("--set"), "{says}");
}

#[test]
fn a_variable_with_a_form_and_no_value_is_asked_for_and_never_waited_for() {
    let home = Home::new();
    let vars = "vars:\n  COUNT: {match: '^[0-9]{3}$'}\n  ENV: {choose: [a, b]}";
    page(
        &home,
        &format!("---\n{vars}\n---\n# T\n\n```sh\necho $COUNT {{{{env}}}}\n```\n"),
    );
    let refused = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    let given = ["run", "page.md", "--yes", "--set", "COUNT=123", "--set", "env=b"];
    assert_eq!(out(&qd(&home, &given)), "123 b\n");
}

#[test]
fn a_value_that_the_page_has_no_use_for_is_refused_before_a_default_runs_in_its_place() {
    let home = Home::new();
    page(
        &home,
        "---\nvars:\n  STAGE: {choose: [prod, stage], default: prod}\n---\n```sh\necho on $STAGE\n```\n",
    );
    let given = |set: &str| qd(&home, &["run", "page.md", "--yes", "--set", set]);
    let refused = given("STAEG=stage");
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    assert!(err(&refused).contains("it takes STAGE"), "{}", err(&refused));
    assert!(out(&refused).is_empty());
    assert_eq!(out(&given("stage=stage")), "on stage\n");
}

#[test]
fn values_reach_programs_and_arithmetic_that_never_name_them_with_a_dollar() {
    let home = Home::new();
    page(
        &home,
        "---\nvars:\n  THING: {default: 5}\n  SIZE: {default: a b}\n---\n```sh\necho $((THING + 1))\nprintenv SIZE\n```\n\n```sh\nprintenv THING; echo ${STAGE:-prod} $((N + 1))\n```\n",
    );
    let given = |more: &[&str]| qd(&home, &[&["run", "page.md", "--yes"], more].concat());
    assert_eq!(out(&given(&[])), "6\na b\n5\nprod 1\n");
    let all = ["--set", "THING=7", "--set", "STAGE=stage", "--set", "N=2"];
    assert_eq!(out(&given(&all)), "8\na b\n7\nstage 3\n");
    for set in ["THING=a[$(touch pwned)]", "N=a[$(touch pwned)]"] {
        let refused = given(&["--set", set]);
        assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
        assert!(err(&refused).contains("evaluates"), "{}", err(&refused));
    }
    assert!(!home.path().join("pwned").exists());
}

#[test]
fn a_step_in_the_background_goes_on_until_the_run_ends_and_no_longer() {
    let home = Home::new();
    page(
        &home,
        "# T\n\n```sh {name=up background=true}\necho begun; sleep 300\n```\n\n```sh\nuntil grep -q begun $__qd_f; do sleep 0.05; done; kill -0 $__qd_p && echo $__qd_p > pid; rm $__qd_f\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    assert!(out(&ran).contains("in the background as process"));
    let pid = std::fs::read_to_string(home.path().join("pid")).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    // Without a parent that waits for it, it stays as a zombie.
    let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !is_gone() {
        assert!(std::time::Instant::now() < until, "it goes on");
        std::thread::yield_now();
    }
}

#[test]
fn a_failure_stops_the_run_and_names_what_can_undo_it() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=drain rollback=undrain}\necho drained\n```\n\n```sh {retry=2/0s}\nprintf x >> tries; false\n```\n\n```sh\ntouch later\n```\n\n```sh {name=undrain kind=rollback}\necho undrained\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    assert!(err(&ran).contains("exit code 1, expected 0"), "{}", err(&ran));
    assert!(
        err(&ran).contains("drain is done and can be undone by step undrain"),
        "{}",
        err(&ran)
    );
    assert!(!home.path().join("later").exists());
    assert_eq!(std::fs::read(home.path().join("tries")).unwrap(), b"xxx");
    let undone = qd(&home, &["run", "--resume", "last", "--only", "undrain", "--yes"]);
    assert_eq!(undone.status.code(), Some(0), "{}", err(&undone));
    assert_eq!(out(&undone), "undrained\n");
}

#[test]
fn a_run_that_only_looks_changes_nothing_and_one_failure_hides_no_other_check() {
    let home = Home::new();
    page(
        &home,
        "- [ ] call them\n\n```sh {name=change}\ntouch changed\n```\n\n```sh {needs=change}\ncat changed\n```\n\n```sh {name=bad}\nfalse\n```\n\n```sh {name=good}\necho seen\n```\n\n```sh {name=undo kind=rollback}\ntouch undone\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--checks"]);
    assert_eq!(
        (ran.status.code(), out(&ran).as_str()),
        (Some(1), "seen\n"),
        "{}",
        err(&ran)
    );
    assert!(err(&ran).contains("step bad: exit code 1"), "{}", err(&ran));
    qd(&home, &["run", "page.md", "--checks", "--only", "undo", "--yes"]);
    assert!(!home.path().join("changed").exists() && !home.path().join("undone").exists());
}

#[test]
fn time_that_is_up_ends_a_step_and_a_shell_that_ends_tells_its_code() {
    let home = Home::new();
    page(&home, "```sh {timeout=1s}\nsleep 300\n```\n");
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(ends(&lines(&home, "last"))[0].1, Outcome::TimedOut);
    page(
        &home,
        "```sh {expect-exit=3}\nexit 3\n```\n\n```sh\necho goes on\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(
        (ran.status.code(), out(&ran).as_str()),
        (Some(0), "goes on\n"),
        "{}",
        err(&ran)
    );
    page(
        &home,
        "```sh\nif true; then A=1; fi\ndeclare -A map; map[a]=b\n```\n\n```sh {name=use}\necho ${A} ${map[a]}\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(
        (ran.status.code(), out(&ran).as_str()),
        (Some(0), "1 b\n"),
        "{}",
        err(&ran)
    );
    let ran = qd(&home, &["run", "page.md", "--yes", "--only", "use"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(err(&ran).contains("no step has set A map"), "{}", err(&ran));
}

#[test]
fn every_command_of_a_block_runs_whose_codes_are_wanted_and_functions_are_whole() {
    let home = Home::new();
    page(
        &home,
        "```sh {expect-exit=0,1}\n(exit 1)\necho went on\n```\n\n```sh {expect-exit=4}\n(exit 4)\necho and on\n```\n\n\
         ```sh\ngreet() {\n  echo \"hello $1\"\n}\ngreet world\n```\n\n```sh {expect-exit=0,1}\n(exit 2)\necho no more\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(
        (ran.status.code(), out(&ran).as_str()),
        (Some(1), "went on\nand on\nhello world\n"),
        "{}",
        err(&ran)
    );
    let codes: Vec<_> = ends(&lines(&home, "last"))
        .into_iter()
        .map(|(_, _, code)| code)
        .collect();
    assert_eq!(codes, [Some(0), Some(4), Some(0), Some(2)]);
}

#[test]
fn a_change_in_a_new_shell_in_the_middle_of_a_run_is_asked_about() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=one}\nmkdir -p sub\ncd sub\n```\n\n```sh {name=two confirm=none}\ntest -f go\ntouch made\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    std::fs::write(home.path().join("sub/go"), "").unwrap();
    let alone = qd(&home, &["run", "--resume", "last"]);
    assert_ne!(alone.status.code(), Some(0));
    assert!(
        err(&alone).contains("the shell of the steps before is gone on local"),
        "{}",
        err(&alone)
    );
    assert!(!home.path().join("sub/made").exists());
    let said = qd(&home, &["run", "--resume", "last", "--yes"]);
    assert_eq!(said.status.code(), Some(0), "{}", err(&said));
    assert!(home.path().join("sub/made").exists());
}

#[test]
fn echoed_and_quoted_text_forges_no_end() {
    let home = Home::new();
    page(
        &home,
        "```sh\nprintf '\\033]5577;000000000000000000000000;e;0\\007'; cat /proc/$$/cmdline | tr '\\0' '\\n' | head -n 6; (exit 9)\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", out(&ran));
    assert_eq!(ends(&lines(&home, "last"))[0].2, Some(9));
}

#[test]
fn a_person_confirms_ticks_and_says_how_a_changed_page_is_taken() {
    let home = Home::new();
    page(
        &home,
        "# T\n\n- [ ] call them\n\n```sh {name=one}\necho first > a\n```\n\n```sh {name=two}\ntest -f go\n```\n",
    );
    let mut terminal = Terminal::start(home.console(&["runbooks", "run", "page.md"]), 100, 30);
    terminal.wait_for("[ ] 1 call them");
    terminal.send(b"they know\r");
    terminal.wait_for("type yes to run it");
    terminal.send(b"yes\r");
    terminal.wait_for("done one");
    terminal.wait_for("r tries again");
    // A slip ends nothing.
    terminal.send(b"y\r");
    terminal.wait_for("none of these letters");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    page(
        &home,
        "# T\n\nA word more.\n\n- [ ] call them\n\n```sh {name=one}\necho first > a\n```\n\n```sh {name=two}\ntest -f page.md\n```\n",
    );
    let mut terminal = Terminal::start(home.console(&["runbooks", "run", "--resume", "last"]), 100, 40);
    terminal.wait_for("+A word more.");
    terminal.wait_for("takes the page as it is now");
    terminal.send(b"n\r");
    terminal.wait_for("one on local stands from before");
    assert_eq!(terminal.wait_code(), 0);
    assert!(
        lines(&home, "last")
            .iter()
            .any(|line| matches!(&line.record, Record::Ticked { note, .. } if note == "they know"))
    );
}
