//! `qd doctor`: well, broken and lost, for people and for programs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use pty::cloud::Sim;
use pty::home::Home;
use serde_json::Value;

const FLEET: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1"]
payer = true

[[instances]]
name = "checkout"
regions = ["us-east-1"]
agent = "online"

[[instances]]
name = "lost"
regions = ["us-east-1"]
agent = "lost"

[[instances]]
name = "bare"
regions = ["us-east-1"]
agent = "missing"

[[instances]]
name = "old"
regions = ["us-east-1"]
agent = "old"

[[instances]]
name = "twin"
regions = ["us-east-1"]
count = 2
tags = { role = "twin" }
"#;

/// Exit code and the JSON document.
fn doctor(sim: &Sim, home: &Home, args: &[&str], variables: &[(&str, &str)]) -> (i32, Value) {
    let out = sim
        .qd(home, &["doctor", "--json"])
        .args(args)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let json = serde_json::from_str(&text)
        .unwrap_or_else(|bad| panic!("{bad}: {text} {}", String::from_utf8_lossy(&out.stderr)));
    (out.status.code().unwrap(), json)
}

/// Mark and result of one check.
#[track_caller]
fn check(document: &Value, what: &str) -> (String, String) {
    let checks = document["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["what"] == what);
    let found = found.unwrap_or_else(|| panic!("no {what} in {document}"));
    (
        found["mark"].as_str().unwrap().to_owned(),
        format!(
            "{} {}",
            found["result"].as_str().unwrap(),
            found["hint"].as_str().unwrap_or_default()
        ),
    )
}

#[test]
fn a_machine_that_is_well_is_exit_0_and_one_that_reaches_nothing_exit_1() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let (code, well) = doctor(&sim, &home, &[], &[]);
    assert_eq!((code, &well["ok"]), (0, &Value::Bool(true)), "{well}");
    for what in [
        "configuration",
        "data directory",
        "network",
        "credentials default",
        "clock",
        "endpoints us-east-1",
    ] {
        assert_eq!(check(&well, what).0, "ok", "{what}: {well}");
    }
    assert!(check(&well, "credentials default").1.contains("613489207754"));
    assert!(check(&well, "endpoints us-east-1").1.contains("ssmmessages"));
    let nowhere = [("AWS_ENDPOINT_URL_SSMMESSAGES", "http://127.0.0.1:9")];
    let (code, broken) = doctor(&sim, &home, &[], &nowhere);
    assert_eq!((code, &broken["ok"]), (1, &Value::Bool(false)), "{broken}");
    let (mark, says) = check(&broken, "ssmmessages us-east-1");
    assert!(
        mark == "bad" && says.contains("127.0.0.1:9") && says.contains("nothing listens"),
        "{says}"
    );
    assert!(
        check(&broken, "endpoints us-east-1").1.contains("ec2"),
        "the others answer"
    );
    let (code, keyless) = doctor(&sim, &home, &[], &[("AWS_SECRET_ACCESS_KEY", "wrong")]);
    assert_eq!(
        (code, check(&keyless, "credentials default").0.as_str()),
        (1, "bad"),
        "{keyless}"
    );
}

#[test]
fn a_clock_that_is_off_is_measured_against_the_services_date() {
    let home = Home::new();
    for (fault, mark, says) in [
        ("clock=-400s", "bad", "ahead of AWS's"),
        ("clock=120s", "warn", "behind AWS's"),
    ] {
        let sim = Sim::start(&home, FLEET, &["--faults", fault]);
        let (_, document) = doctor(&sim, &home, &[], &[]);
        let told = check(&document, "clock");
        assert!(
            told.0 == mark && told.1.contains(says) && told.1.contains("timedatectl"),
            "{told:?}"
        );
    }
}

#[test]
fn a_target_is_told_what_it_lacks_and_the_remedy() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let (code, well) = doctor(&sim, &home, &["checkout"], &[]);
    assert_eq!(code, 0, "{well}");
    for what in [
        "target",
        "instance",
        "agent",
        "agent version",
        "connection",
        "permissions",
        "preferences",
    ] {
        assert_eq!(check(&well, what).0, "ok", "{what}: {well}");
    }
    let (code, lost) = doctor(&sim, &home, &["lost"], &[]);
    let (mark, says) = check(&lost, "agent");
    assert_eq!((code, mark.as_str()), (1, "bad"));
    assert!(
        says.contains("ConnectionLost") && says.contains("last heard") && says.contains("amazon-ssm-agent"),
        "{says}"
    );
    let (code, bare) = doctor(&sim, &home, &["bare"], &[]);
    assert!(
        code == 1 && check(&bare, "agent").1.contains("never reported"),
        "{bare}"
    );
    let (code, old) = doctor(&sim, &home, &["old"], &[]);
    let (mark, says) = check(&old, "agent version");
    assert_eq!(
        (code, mark.as_str()),
        (0, "warn"),
        "what is old still works: {old}"
    );
    assert!(
        says.contains("exit code") && says.contains("AWS-UpdateSSMAgent"),
        "{says}"
    );
    let (code, nobody) = doctor(&sim, &home, &["nobody"], &[]);
    assert!(code == 5 && check(&nobody, "target").0 == "bad", "{nobody}");
    let twins = sim.qd(&home, &["doctor", "role=twin"]).output().unwrap();
    assert_eq!(twins.status.code(), Some(2));
}

#[test]
fn an_action_that_is_not_allowed_is_named() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &["--faults", "fail.ssm=denied"]);
    let rows = sim.qd(&home, &["fleet", "ls", "--json"]).output().unwrap();
    let rows: Value = serde_json::from_slice(&rows.stdout).unwrap();
    let rows = rows["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "checkout").unwrap();
    let (code, denied) = doctor(&sim, &home, &[row["id"].as_str().unwrap()], &[]);
    let (mark, says) = check(&denied, "permissions");
    assert_eq!((code, mark.as_str()), (1, "bad"), "{denied}");
    assert!(
        says.contains("ssm:GetConnectionStatus and ssm:DescribeSessions not allowed"),
        "{says}"
    );
}

#[test]
fn lines_are_marked_aligned_and_coloured_only_on_a_terminal_that_wants_it() {
    let home = Home::new();
    let sim = Sim::start(&home, FLEET, &[]);
    let out = sim.qd(&home, &["doctor"]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(
        text.contains("✓ configuration ") && !text.contains('\x1b'),
        "{text}"
    );
    let run = |no_colour: &str| {
        let command = sim.console(&home, &["doctor"]).env("NO_COLOR", no_colour);
        let mut terminal = pty::Terminal::start(command, 120, 40);
        assert_eq!(terminal.wait_code(), 0, "{}", terminal.text());
        terminal.raw.clone()
    };
    assert!(pty::contains(&run(""), "\x1b[32m✓".as_bytes()));
    assert!(!pty::contains(&run("1"), b"\x1b["));
}
