//! Steps on machines: one session each, many side by side.

use super::*;

/// These machines, all online and in one region.
fn machines(home: &Home, names: &[&str], args: &[&str]) -> Sim {
    let online: Vec<_> = names.iter().map(|name| (*name, "us-east-1", "online")).collect();
    Sim::start(home, &pty::cloud::fleet(&["us-east-1"], &online), args)
}

#[test]
fn a_machine_gets_one_recorded_session_and_its_own_values() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    page(
        &home,
        "# Far\n\n```sh\nHERE=kept\necho on <instance-id>\n```\n\n```sh\necho \"$HERE\"; (exit 4)\n```\n\n```sh {on=local name=here}\necho local\n```\n",
    );
    let ran = sim
        .qd(
            &home,
            &["runbooks", "run", "page.md", "--yes", "--on", "checkout"],
        )
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let printed = out(&ran);
    assert!(
        printed.starts_with("on i-") && printed.ends_with("kept\n"),
        "{printed}"
    );
    let told = ends(&lines(&home, "last"));
    assert_eq!((told[0].2, told[1].2), (Some(0), Some(4)));
    let recordings = home.recordings();
    assert_eq!(
        recordings.len(),
        1,
        "one session for the whole run: {recordings:?}"
    );
    assert_eq!(recordings[0]["state"], "sealed");
    assert_eq!(recordings[0]["name"], "checkout");
    assert_eq!(sim.left_open("us-east-1").len(), 0);
    let dry = sim
        .qd(
            &home,
            &[
                "runbooks",
                "run",
                "page.md",
                "--dry-run",
                "--json",
                "--on",
                "env:test",
            ],
        )
        .output()
        .unwrap();
    let dry: Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert!(
        dry["steps"][0]["targets"][0]["commands"][1]
            .as_str()
            .unwrap()
            .starts_with("echo on i-")
    );
}

#[test]
fn many_machines_run_side_by_side_and_too_many_failures_leave_the_rest_alone() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2", "web-3"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}, max: 3}\n---\n```sh {name=all on=web}\necho on <instance-name>\n```\n\n```sh {name=some on=web concurrency=1 max-errors=0}\nfalse\n```\n",
    );
    let ran = sim
        .qd(&home, &["runbooks", "run", "page.md", "--yes"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let mut said: Vec<String> = out(&ran).lines().map(str::to_owned).collect();
    said.sort();
    assert_eq!(said, ["web-1 | on web-1", "web-2 | on web-2", "web-3 | on web-3"]);
    let failed = ends(&lines(&home, "last"))
        .into_iter()
        .filter(|(step, ..)| step == "some")
        .count();
    assert_eq!(failed, 1, "one at a time, and none after the first that failed");
    assert!(err(&ran).contains("2 targets were not asked"), "{}", err(&ran));
    assert_eq!(home.recordings().len(), 3);
    assert_eq!(sim.left_open("us-east-1").len(), 0);
}

#[test]
fn a_machine_whose_tolerated_step_failed_gets_none_of_the_next_and_blocks_nobody() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {name=drain on=web max-errors=1}\ntest <instance-name> != web-2\n```\n\n```sh {on=web needs=drain}\necho boot <instance-name>\n```\n",
    );
    let ran = sim
        .qd(&home, &["runbooks", "run", "page.md", "--yes"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    assert_eq!(out(&ran), "web-1 | boot web-1\n");
    assert!(
        err(&ran).contains("web-2 gets none of the steps that follow"),
        "{}",
        err(&ran)
    );
    let dropped = |line: &Line| matches!(&line.record, Record::Dropped { step, .. } if step == "drain");
    assert_eq!(
        lines(&home, "last").iter().filter(|line| dropped(line)).count(),
        1
    );
}

#[test]
fn who_is_still_being_reached_when_too_many_have_failed_is_not_asked() {
    let home = Home::new();
    // A shell takes seconds to open; that of web-1 is there already.
    let sim = machines(&home, &["web-1", "web-2", "web-3"], &["--faults", "latency=3s"]);
    page(
        &home,
        "---\ntargets:\n  one: {filter: web-1}\n  web: {tag: {env: test}}\n---\n```sh {name=first on=one}\necho there\n```\n\n```sh {name=some on=web concurrency=3 max-errors=0}\nfalse\n```\n",
    );
    let ran = sim
        .qd(&home, &["runbooks", "run", "page.md", "--yes"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let ended = ends(&lines(&home, "last"));
    let failed = ended.iter().filter(|(step, ..)| step == "some").count();
    assert_eq!(failed, 1, "{}", err(&ran));
    assert!(err(&ran).contains("2 targets were not asked"), "{}", err(&ran));
}

#[test]
fn what_each_machine_captured_is_its_own_and_nobody_elses() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {on=web capture=TOK}\necho v-<instance-name>\n```\n\n```sh {name=own on=web}\necho \"$TOK\"\n```\n\n```sh {name=some on=web when=\"TOK == v-web-2\"}\necho only <instance-name>\n```\n\n```sh {name=here on=local}\necho {{tok}}\n```\n",
    );
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    let said = |ran: &Output| -> Vec<String> {
        let printed = out(ran);
        let mut said: Vec<String> = printed.lines().map(str::to_owned).collect();
        said.sort();
        said
    };
    let ran = run(&["page.md"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let once = ["web-1 | v-web-1", "web-2 | v-web-2"];
    let some = "web-2 | only web-2".to_owned();
    // The first step prints the same.
    assert_eq!(
        said(&ran),
        [once[0], once[0], &some, once[1], once[1]].map(str::to_owned)
    );
    assert!(err(&ran).contains("some is left out on web-1"), "{}", err(&ran));
    assert!(
        err(&ran).contains("captured on several machines"),
        "{}",
        err(&ran)
    );
    // A later process knows which is whose.
    let again = run(&["--resume", "last"]);
    assert_eq!(again.status.code(), Some(2), "{}", err(&again));
    assert!(
        err(&again).contains("captured on several machines"),
        "{}",
        err(&again)
    );
    let given = run(&["--resume", "last", "--set", "tok=mine"]);
    assert_eq!(said(&given), ["local | mine"], "{}", err(&given));
}

#[test]
fn what_undoes_a_step_goes_only_where_the_step_was_done() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2", "web-3"], &[]);
    let page_of = |change: &str| {
        format!(
            "---\ntargets:\n  web: {{tag: {{env: test}}}}\n---\n```sh {{name=change on=web concurrency=1 rollback=undo}}\n{change}\n```\n\n```sh {{name=undo kind=rollback on=web}}\necho undone\n```\n"
        )
    };
    page(&home, &page_of("test <instance-name> != web-2"));
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    let ran = run(&["page.md"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let done = lines(&home, "last")
        .into_iter()
        .filter_map(|line| match line.record {
            Record::Ended { target, outcome, .. } => Some((target, outcome == Outcome::Success)),
            _ => None,
        });
    let (done, failed): (Vec<_>, Vec<_>) = done.partition(|(_, is_done)| *is_done);
    assert_eq!(failed.len(), 1);
    // The machine behind the one that failed was not asked, nor is it now.
    let undone = run(&["--resume", "last", "--only", "undo"]);
    assert_eq!(undone.status.code(), Some(0), "{}", err(&undone));
    assert_eq!(
        out(&undone).matches("undone").count(),
        done.len(),
        "{}",
        out(&undone)
    );
    assert!(!out(&undone).contains("web-2"), "{}", out(&undone));
    assert!(
        err(&undone).contains("undo is left out on web-2: change failed there"),
        "{}",
        err(&undone)
    );
    assert_eq!(
        err(&undone).contains("change was not done there"),
        done.len() < 2,
        "{}",
        err(&undone)
    );
    // A new run that is told to run it alone knows nothing of another.
    let alone = run(&["page.md", "--only", "undo"]);
    assert_eq!(out(&alone).matches("undone").count(), 3, "{}", err(&alone));
}

#[test]
fn what_the_journal_may_not_keep_of_one_machine_is_no_other_machines_when_a_run_goes_on() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {on=web capture=TOK redact=\"/hush.*/\"}\ntest <instance-name> = web-1 && echo plain || echo hush-1234\n```\n\n```sh {name=stop on=local}\ntest -e go\n```\n\n```sh {name=own on=web}\necho \"own $TOK\"\n```\n\n```sh {name=here on=local}\necho \"here $TOK\"\n```\n",
    );
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    let ran = run(&["page.md"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    std::fs::write(home.path().join("go"), "").unwrap();
    let again = run(&["--resume", "last"]);
    assert_eq!(again.status.code(), Some(2), "{}", err(&again));
    assert!(
        err(&again).contains("step own needs a value for tok"),
        "{}",
        err(&again)
    );
    assert_eq!(out(&again), "");
    let given = run(&["--resume", "last", "--set", "TOK=mine"]);
    assert_eq!(given.status.code(), Some(0), "{}", err(&given));
    assert_eq!(
        out(&given).matches("[redacted tok]").count(),
        3,
        "{}",
        out(&given)
    );
}

#[test]
fn what_undoes_a_step_by_a_captured_value_leaves_out_the_machines_that_captured_none() {
    let home = Home::new();
    let page_of = |local: &str| {
        format!(
            "---\ntargets:\n  web: {{tag: {{env: test}}}}\n---\n```sh {{name=change on=web max-errors=1 capture=TOK rollback=undo}}\ntest <instance-name> != web-2 && echo v-<instance-name>\n```\n\n{local}```sh {{name=boom on=local}}\nfalse\n```\n\n```sh {{name=undo kind=rollback on=web}}\necho undone \"$TOK\"\n```\n"
        )
    };
    let undone = |names: &[&str], local: &str| {
        let sim = machines(&home, names, &[]);
        page(&home, &page_of(local));
        let run = |args: &[&str]| {
            let args = [&["runbooks", "run", "--yes"], args].concat();
            sim.qd(&home, &args).output().unwrap()
        };
        let ran = run(&["page.md"]);
        assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
        let undone = run(&["--resume", "last", "--only", "undo"]);
        assert_eq!(undone.status.code(), Some(0), "{}", err(&undone));
        let says =
            "undo is left out on web-2: tok was captured on other machines, and web-2 has none of its own";
        assert!(err(&undone).contains(says), "{}", err(&undone));
        let mut said: Vec<String> = out(&undone).lines().map(str::to_owned).collect();
        said.sort();
        (out(&ran), said)
    };
    let (_, said) = undone(&["web-1", "web-2", "web-3"], "");
    assert_eq!(said, ["web-1 | undone v-web-1", "web-3 | undone v-web-3"]);
    // Another place may have the only one there is.
    let here = "```sh {name=here on=local}\necho \"here $TOK\"\n```\n\n";
    let (ran, said) = undone(&["web-1", "web-2"], here);
    assert!(ran.contains("here v-web-1"), "{ran}");
    assert_eq!(said, ["web-1 | undone v-web-1"]);
}

#[test]
fn what_is_done_and_cannot_be_undone_there_is_no_success_and_a_value_given_for_it_helps() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {name=change on=web capture=TOK max-errors=1 rollback=undo}\ntest <instance-name> != web-2 && echo v-<instance-name>\n```\n\n```sh {name=boom on=local}\nfalse\n```\n\n```sh {name=undo kind=rollback on=web}\necho undone \"$TOK\"\n```\n",
    );
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    assert_eq!(run(&["page.md"]).status.code(), Some(1));
    // A person says that it is done on web-2 after all; what it captured nobody knows.
    let failed = lines(&home, "last")
        .into_iter()
        .find_map(|line| match line.record {
            Record::Ended {
                step,
                target,
                outcome: Outcome::Failed,
                ..
            } if step == "change" => Some(target),
            _ => None,
        });
    let decided = Record::Decided {
        step: "change".into(),
        target: failed.unwrap(),
        done: true,
        by: "mara".into(),
    };
    let id = journal::find(&home.data_dir(), "last").unwrap();
    let (mut journal, _) = journal::Journal::open(&home.data_dir(), &id).unwrap();
    journal.append(decided).unwrap();
    drop(journal);
    let undo = ["--resume", "last", "--only", "undo"];
    let some = run(&undo);
    assert_eq!(some.status.code(), Some(1), "{}", err(&some));
    assert_eq!(out(&some), "web-1 | undone v-web-1\n", "{}", err(&some));
    assert!(
        err(&some).contains("step undo was left out on web-2"),
        "{}",
        err(&some)
    );
    let rest = run(&[&undo[..], &["--set", "tok=mine"]].concat());
    assert_eq!(rest.status.code(), Some(0), "{}", err(&rest));
    assert!(
        out(&rest).contains("undone mine") && !out(&rest).contains("web-1"),
        "{}",
        out(&rest)
    );
}

#[test]
fn what_undoes_a_step_that_stopped_early_leaves_out_the_machines_that_were_never_asked() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2", "web-3", "web-4"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {name=change on=web concurrency=1 max-errors=0 capture=TOK rollback=undo}\ntest <instance-name> != web-3 && echo v-<instance-name>\n```\n\n```sh {name=undo kind=rollback on=web}\necho undone \"$TOK\"\n```\n",
    );
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "--yes"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    assert_eq!(run(&["page.md"]).status.code(), Some(1));
    let undone = run(&["--resume", "last", "--only", "undo"]);
    let mut said: Vec<String> = out(&undone).lines().map(str::to_owned).collect();
    said.sort();
    assert_eq!(
        said,
        ["web-1 | undone v-web-1", "web-2 | undone v-web-2"],
        "{}",
        err(&undone)
    );
}

#[test]
fn a_machine_that_a_failed_step_did_not_come_to_borrows_no_value_of_it() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2", "web-3"], &[]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n  last: {tag: {Name: web-3}}\n---\n```sh {name=get on=web concurrency=1 max-errors=0 capture=TOK}\ntest <instance-name> = web-1 && echo v\n```\n\n```sh {name=use on=last}\necho \"use $TOK\"\n```\n",
    );
    let args = ["runbooks", "run", "page.md", "--yes"];
    let mut terminal = Terminal::start(sim.console(&home, &args), 120, 40);
    terminal.wait_for("s goes on without it");
    terminal.send(b"s\r");
    terminal.wait_for("step use cannot run: tok was captured on other machines");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    // What a later process knows of it is the same.
    let again = ["runbooks", "run", "--resume", "last", "--only", "use", "--yes"];
    let mut terminal = Terminal::start(sim.console(&home, &again), 120, 40);
    terminal.wait_for("step use cannot run: tok was captured on other machines");
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
    assert!(!ends(&lines(&home, "last")).iter().any(|(step, ..)| step == "use"));
}

#[test]
fn a_step_that_leaves_a_shell_under_another_ends_with_its_own_code() {
    let home = Home::new();
    let rc = home.path().join("rc");
    std::fs::write(&rc, "set -m\nbash --norc -i\n").unwrap();
    let nested = format!("exec bash --rcfile {} -i", rc.display());
    let sim = Sim::start(&home, &shop(), &["--shell", &nested]);
    let run = || {
        let args = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
        sim.qd(&home, &args).output().unwrap()
    };
    let forged = "printf '\\033]5577;%s;x;0\\007' \"$__qd_n\"; sleep 2";
    for (script, outcome, exit) in [
        ("[ -f /nonexistent ] || exit 3".to_owned(), Outcome::Failed, 3),
        ("[ -d / ] && exit 0".to_owned(), Outcome::Success, 0),
        (format!("{forged}; exit 4"), Outcome::Failed, 4),
        (format!("{forged}; exec false"), Outcome::Failed, 1),
        (format!("{forged}; (exit 5)"), Outcome::Failed, 5),
    ] {
        page(
            &home,
            &format!("```sh {{timeout=60s}}\necho hello\n{script}\n```\n"),
        );
        let began_at = std::time::Instant::now();
        let ran = run();
        let end = ("1".to_owned(), outcome, Some(exit));
        assert_eq!(ends(&lines(&home, "last")), [end], "{script}: {}", err(&ran));
        assert_eq!(out(&ran), "hello\n", "{script}");
        assert!(
            began_at.elapsed() < std::time::Duration::from_secs(45),
            "{script}"
        );
    }
    page(&home, "```sh {timeout=3s}\nsleep 100\n```\n");
    let ran = run();
    let late = ("1".to_owned(), Outcome::TimedOut, None);
    assert_eq!(ends(&lines(&home, "last")), [late], "{}", err(&ran));
    assert_eq!(sim.left_open("us-east-1").len(), 0);
}

#[test]
fn a_far_step_whose_own_trap_takes_the_word_of_its_shell_is_judged_by_its_code() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    for (script, printed, exit) in [
        ("trap 'echo bye' EXIT; set -e; (exit 6)", "bye\n", 6),
        ("kill -9 $$", "", 137),
    ] {
        page(&home, &format!("```sh {{timeout=60s}}\n{script}\n```\n"));
        let args = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
        let ran = sim.qd(&home, &args).output().unwrap();
        let failed = ("1".to_owned(), Outcome::Failed, Some(exit));
        assert_eq!(ends(&lines(&home, "last")), [failed], "{script}: {}", err(&ran));
        assert!(out(&ran).starts_with(printed), "{script}: {}", out(&ran));
    }
}

#[test]
fn a_step_whose_end_nobody_saw_on_a_machine_that_may_fail_is_unknown_and_no_success() {
    let home = Home::new();
    let sim = machines(&home, &["web-1", "web-2"], &["--faults", "channel.close=6s"]);
    page(
        &home,
        "---\ntargets:\n  web: {tag: {env: test}}\n---\n```sh {name=pay on=web max-errors=2}\nsleep 60\n```\n\n```sh {name=here on=local}\necho here\n```\n",
    );
    let ran = sim
        .qd(&home, &["runbooks", "run", "page.md", "--yes"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let told = err(&ran);
    // What may fail keeps nothing behind it from running elsewhere.
    assert!(out(&ran).contains("here"), "{told}");
    let left = "gets none of the steps that follow: how step pay ended there is not known";
    assert_eq!(told.matches(left).count(), 2, "{told}");
    assert!(
        !told.contains("tries it there again") && !told.contains("pay failed"),
        "{told}"
    );
    let says = "how step pay ended on web-1, web-2 is not known";
    assert!(
        told.contains(says) && told.contains("--unknown done or --unknown again"),
        "{told}"
    );
    assert!(out(&qd(&home, &["runs"])).contains("failed, pay unknown"));
}
