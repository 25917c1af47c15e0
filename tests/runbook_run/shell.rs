//! What a step does to the shell that it shares with the steps behind it.

use super::*;

#[test]
fn a_step_that_takes_the_path_away_hides_no_step_behind_it() {
    let home = Home::new();
    page(
        &home,
        "```sh\nexport PATH=$HOME/nowhere\n```\n\n```sh\necho ran > proof.txt\n```\n\n```sh\nexit 9\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    assert_eq!(std::fs::read(home.path().join("proof.txt")).unwrap(), b"ran\n");
    let done = |step: &str| (step.to_owned(), Outcome::Success, Some(0));
    let failed = ("3".to_owned(), Outcome::Failed, Some(9));
    assert_eq!(ends(&lines(&home, "last")), [done("1"), done("2"), failed]);
}

#[test]
fn a_step_that_stops_its_own_shell_is_over_when_its_time_is() {
    let home = Home::new();
    page(&home, "```sh {timeout=1s}\nkill -STOP $$\n```\n");
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    assert!(err(&ran).contains("it was ended after 1 s"), "{}", err(&ran));
    assert_eq!(
        ends(&lines(&home, "last")),
        [("1".to_owned(), Outcome::TimedOut, None)]
    );
}

#[test]
fn what_the_shell_says_of_a_line_is_said_of_that_line_of_the_block() {
    let home = Home::new();
    page(
        &home,
        "# T\n\n```sh\n# A remark.\necho one\n\nno-such-program-of-ours\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    let is_told = ["qd: line 4: no-such-program", "qd: 4: "]
        .iter()
        .any(|says| out(&ran).contains(says));
    assert!(is_told, "{}", out(&ran));
}

#[test]
fn a_step_that_prints_the_words_of_its_own_end_is_judged_by_its_end() {
    let home = Home::new();
    for behind in ["(exit 7)", "sleep 1.5; (exit 7)", "sleep 1.5; exit 7"] {
        page(
            &home,
            &format!(
                "```sh\nfor end in 'x;0' 'e;0' 'e;0;' u; do printf '\\033]5577;%s;%s\\007' \"$__qd_n\" \"$end\"; done; {behind}\n```\n"
            ),
        );
        let ran = qd(&home, &["run", "page.md", "--yes"]);
        assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
        let failed = ("1".to_owned(), Outcome::Failed, Some(7));
        assert_eq!(ends(&lines(&home, "last")), [failed], "{behind}");
    }
}

#[test]
fn what_may_be_no_command_is_told_and_written_down_though_it_is_confirmed_ahead() {
    let home = Home::new();
    page(&home, "```\nuptime\n```\n");
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    assert!(
        err(&ran).contains("step 1 is perhaps no command: "),
        "{}",
        err(&ran)
    );
    let is_kept = |line: &Line| matches!(&line.record, Record::Confirmed { doubt: Some(_), .. });
    assert!(lines(&home, "last").iter().any(is_kept));
}

#[test]
fn a_step_that_has_itself_replaced_chooses_no_code_by_what_it_printed() {
    let home = Home::new();
    page(
        &home,
        "```sh\nprintf '\\033]5577;%s;x;0\\007' \"$__qd_n\"; exec false\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    let failed = ("1".to_owned(), Outcome::Failed, Some(1));
    assert_eq!(ends(&lines(&home, "last")), [failed]);
}

#[test]
fn a_shell_that_is_gone_is_not_waited_for_though_a_stray_process_holds_its_output() {
    let home = Home::new();
    let stray = "setsid sleep 40 >/dev/null 2>&1 </dev/null &";
    for (script, outcome, exit) in [
        (format!("{stray} kill -9 $$"), Outcome::Failed, None),
        (format!("{stray} echo out; exit 3"), Outcome::Failed, Some(3)),
        (
            "trap '' TERM; setsid sleep 40 & sleep 30".to_owned(),
            Outcome::TimedOut,
            None,
        ),
        (
            "(while sleep 0.01; do echo on; done) & kill -9 $$".to_owned(),
            Outcome::Failed,
            None,
        ),
    ] {
        page(&home, &format!("```sh {{timeout=2s}}\n{script}\n```\n"));
        let began_at = std::time::Instant::now();
        let ran = qd(&home, &["run", "page.md", "--yes"]);
        let took = began_at.elapsed();
        assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
        let end = ("1".to_owned(), outcome, exit);
        assert_eq!(ends(&lines(&home, "last")), [end], "{script}");
        assert!(took < std::time::Duration::from_secs(25), "{script}: {took:?}");
    }
}

#[test]
fn a_block_whose_rest_was_left_by_a_break_is_not_done() {
    let home = Home::new();
    for loose in ["eval '{ break; }'", "$(echo continue)", "eval 'true; continue'"] {
        page(
            &home,
            &format!("```sh {{timeout=20s}}\n{loose}\necho after\n```\n\n```sh\necho next\n```\n"),
        );
        let ran = qd(&home, &["run", "page.md", "--yes"]);
        assert_eq!(ran.status.code(), Some(1), "{loose}: {}", err(&ran));
        assert!(out(&ran).contains("stands in no loop"), "{loose}: {}", out(&ran));
        let failed = ("1".to_owned(), Outcome::Failed, Some(125));
        assert_eq!(ends(&lines(&home, "last")), [failed], "{loose}");
    }
}

#[test]
fn a_page_that_is_reached_by_a_way_back_is_written_down_where_it_is() {
    let home = Home::new();
    let path = page(&home, "```sh\ntrue\n```\n");
    std::fs::create_dir(home.path().join("sub")).unwrap();
    let ran = qd(&home, &["run", "sub/../page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    let real = path.canonicalize().unwrap();
    let told = lines(&home, "last");
    assert!(
        matches!(&told[0].record, Record::Opened { runbook, .. } if std::path::Path::new(runbook) == real)
    );
}

#[test]
fn a_step_that_leaves_behind_a_trap_of_its_own_is_judged_by_its_code() {
    let home = Home::new();
    for script in [
        "trap 'echo bye' EXIT; exit 5",
        "sleep 30 & trap 'echo bye' EXIT; exit 5",
    ] {
        page(&home, &format!("```sh\n{script}\n```\n"));
        let ran = qd(&home, &["run", "page.md", "--yes"]);
        assert_eq!(
            (ran.status.code(), out(&ran).as_str()),
            (Some(1), "bye\n"),
            "{}",
            err(&ran)
        );
        let failed = ("1".to_owned(), Outcome::Failed, Some(5));
        assert_eq!(ends(&lines(&home, "last")), [failed], "{script}");
    }
}

#[test]
fn what_was_left_running_ends_with_the_run_and_what_asked_to_stay_stays() {
    let home = Home::new();
    page(
        &home,
        "```sh\nsleep 40 & echo $! > left.pid\nnohup sleep 40 >/dev/null 2>&1 & echo $! > kept.pid\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
    let pid = |name: &str| {
        let text = std::fs::read_to_string(home.path().join(name)).unwrap();
        nix::unistd::Pid::from_raw(text.trim().parse().unwrap())
    };
    // One that has ended may wait for whoever asks how.
    let is_there = |pid: nix::unistd::Pid| {
        let about = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        about.is_ok_and(|about| !about.contains(") Z "))
    };
    let (left, kept) = (pid("left.pid"), pid("kept.pid"));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while is_there(left) && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(!is_there(left), "it outlives the run");
    assert!(is_there(kept), "nohup asked for it to stay");
    nix::sys::signal::kill(kept, nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[test]
fn a_check_whose_program_is_not_there_has_not_looked() {
    let home = Home::new();
    page(
        &home,
        "```sh {name=look kind=check expect-exit=any}\nno-such-program-of-ours\n```\n",
    );
    let ran = qd(&home, &["run", "page.md", "--yes"]);
    assert_eq!(ran.status.code(), Some(1), "{}", err(&ran));
    assert!(
        err(&ran).contains("no-such-program-of-ours is not there"),
        "{}",
        err(&ran)
    );
}

#[test]
fn commands_of_this_machine_reach_the_account_of_the_one_profile_that_is_meant() {
    let home = Home::new();
    page(&home, "```sh\nenv | grep ^AWS_ | grep -v PAGER | sort\n```\n");
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    let ran = |profiles: &[&str]| {
        let mut qd = home.qd(&["runbooks", "run", "page.md", "--yes"]);
        let given = profiles.iter().flat_map(|profile| ["--profile", profile]);
        let ran = qd
            .args(given)
            .env_remove("AWS_PROFILE")
            .envs(keys)
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(0), "{}", err(&ran));
        out(&ran)
    };
    let said = ran(&["staging"]);
    assert!(
        said.contains("AWS_PROFILE=staging") && !said.contains("AKIDEXAMPLE"),
        "{said}"
    );
    let said = ran(&["staging", "prod"]);
    assert!(
        !said.contains("AWS_PROFILE") && said.contains("AKIDEXAMPLE"),
        "{said}"
    );
}
