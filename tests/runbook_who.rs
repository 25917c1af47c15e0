//! Who may run what, and with whose word: catalogue and audience, approvers, secrets of Parameter Store, documents that a
//! page has started, and what happens where the audit log cannot be written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::path::{Path, PathBuf};
use std::process::Output;

use pty::Terminal;
use pty::cloud::{Sim, fleet, shop};
use pty::home::Home;
use quarterdeck::audit::Actor;
use quarterdeck::recording::{DeviceKey, Reader, What};
use serde_json::Value;

fn said(out: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}

fn write(home: &Home, name: &str, text: &str) -> PathBuf {
    let path = home.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

/// A configuration with a library of its own.
fn configure(home: &Home, text: &str) {
    let library = home.path().join("library");
    let text = text.replace("LIBRARY", &library.display().to_string());
    write(home, "config/quarterdeck/config.toml", &text);
}

fn qd(home: &Home, args: &[&str]) -> Output {
    home.qd(&[&["runbooks"], args].concat()).output().unwrap()
}

fn me() -> String {
    Actor::local().user.unwrap()
}

/// A cloud with `web-1` and `web-2` in it.
fn two_machines(home: &Home) -> Sim {
    let machine = |name: &'static str| (name, "us-east-1", "online");
    let machines = fleet(&["us-east-1"], &[machine("web-1"), machine("web-2")]);
    Sim::start(home, &machines, &[])
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let deep = |path: PathBuf| match path.is_dir() {
        true => walk(&path),
        false => vec![path],
    };
    entries.flat_map(deep).collect()
}

const FIXED: &str = "---\ntitle: Fixed\naudience: [newcomer]\nvars:\n  size: {choose: [small, large]}\n---\n```sh\ntouch ran-{{size}}\n```\n";

#[test]
fn from_a_catalogue_pages_for_me_run_with_values_of_their_form_and_nothing_else() {
    let home = Home::new();
    let free = FIXED
        .replace("{choose: [small, large]}", "{prompt: any}")
        .replace("Fixed", "Free");
    write(&home, "library/fixed.md", FIXED);
    write(&home, "library/free.md", &free);
    write(
        &home,
        "library/others.md",
        &FIXED.replace("newcomer", "dba").replace("Fixed", "Others"),
    );
    let own = write(&home, "mine.md", "```sh\ntouch ran-mine\n```\n");
    configure(
        &home,
        &format!(
            "[runbooks]\npaths = [\"LIBRARY\"]\ncatalogue_for = [\"newcomer\"]\n\n[[roles]]\nname = \"newcomer\"\nwho = [{:?}]\n\n[[roles]]\nname = \"dba\"\nwho = [\"nobody-here\"]\n",
            me()
        ),
    );
    let listed = home.json(&["runbooks", "catalogue"]);
    assert_eq!(listed["catalogue_only"], true);
    let rows = listed["runbooks"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.contains(&"fixed.md"), "{names:?}");
    assert!(
        !names.contains(&"free.md") && !names.contains(&"others.md"),
        "{names:?}"
    );
    let left_out = listed["left_out"].as_array().unwrap();
    assert!(
        left_out.iter().any(|row| row["name"] == "free.md"),
        "{left_out:?}"
    );
    let plain = qd(&home, &["catalogue"]);
    let told = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert_eq!(told.matches("left out").count(), 1, "one line for all: {told}");
    let why = said(&qd(&home, &["catalogue", "--left-out"]));
    assert!(
        why.contains("takes any text for size") && !why.contains("fixed.md"),
        "{why}"
    );
    assert!(
        why.contains("others.md") && why.contains("is for dba"),
        "pages for others are left out as well: {why}"
    );
    let fixed = rows.iter().find(|row| row["name"] == "fixed.md").unwrap();
    assert_eq!(
        fixed["parameters"][0]["choose"],
        serde_json::json!(["small", "large"])
    );
    let own = own.display().to_string();
    for (args, code, says) in [
        (
            &["run", "free", "--yes", "--set", "size=x"][..],
            3,
            "takes any text for size",
        ),
        (
            &["run", "others", "--yes", "--set", "size=small"],
            3,
            "is for dba, and you are newcomer",
        ),
        (&["run", &own, "--yes"], 3, "is no runbook of the library"),
        (
            &["run", "fixed", "--yes", "--set", "size=x; touch pwned"],
            2,
            "is none of small, large",
        ),
        (&["run", "fixed", "--yes", "--set", "size=small"], 0, "is done"),
    ] {
        let out = qd(&home, args);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {}", said(&out));
        assert!(said(&out).contains(says), "{args:?}: {}", said(&out));
    }
    assert!(home.path().join("library/ran-small").exists());
    assert!(!home.path().join("ran-mine").exists() && !home.path().join("library/pwned").exists());
}

#[test]
fn a_role_may_be_told_by_the_arn_that_aws_knows_the_caller_by() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    write(&home, "library/fixed.md", FIXED);
    let role = |who: &str| {
        let text =
            format!("[runbooks]\npaths = [\"LIBRARY\"]\n\n[[roles]]\nname = \"newcomer\"\nwho = [{who:?}]\n");
        configure(&home, &text);
        let args = ["runbooks", "run", "fixed", "--yes", "--set", "size=large"];
        sim.qd(&home, &args).output().unwrap()
    };
    let refused = role("arn:aws:sts::*:assumed-role/Nobody/*");
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    let ran = role("arn:aws:*::613489207754:*");
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
}

#[test]
fn the_console_keeps_to_the_catalogue_too() {
    let home = Home::new();
    write(
        &home,
        "library/free.md",
        &FIXED.replace("{choose: [small, large]}", "{prompt: any}"),
    );
    configure(&home, "[runbooks]\npaths = [\"LIBRARY\"]\ncatalogue = true\n");
    let sim = Sim::start(&home, &shop(), &[]);
    let mut terminal = Terminal::start(sim.console(&home, &[]), 120, 30);
    terminal.wait_for("us-east-1");
    terminal.expect("6", "Fixed");
    terminal.expect("/Fixed<enter><enter>", "touch ran-");
    terminal.expect("e", "not possible from a catalogue");
    terminal.expect("R", "Fixed is for newcomer");
}

#[test]
fn only_approvers_of_the_configuration_are_second_persons_and_nobody_is_their_own() {
    let home = Home::new();
    let other = Home::new();
    let page = write(
        &home,
        "page.md",
        "```sh {name=drop confirm=two}\ntouch dropped\n```\n",
    );
    let page = page.display().to_string();
    let approved = other
        .qd(&["runbooks", "approve", &page, "drop"])
        .output()
        .unwrap();
    write(&home, "word", &String::from_utf8_lossy(&approved.stdout));
    let key = |home: &Home| hex::encode(DeviceKey::load_or_create(&home.data_dir()).unwrap().public());
    let stranger = key(&Home::new());
    let attempt = |approver: &str| {
        configure(&home, &format!("[runbooks]\napprovers = [{approver:?}]\n"));
        let command = home.console(&["runbooks", "run", "page.md", "--approval", "word"]);
        Terminal::start(command, 140, 30)
    };
    let mut terminal = attempt(&format!("mara {stranger}"));
    terminal.wait_for("not among the approvers");
    drop(terminal);
    let mut terminal = attempt(&format!("{} {}", me(), key(&other)));
    terminal.wait_for("on another device");
    drop(terminal);
    assert!(!home.path().join("dropped").exists());
    let mut terminal = attempt(&format!("mara {}", key(&other)));
    terminal.wait_for("type local to run it");
    terminal.send(b"local\r");
    assert_eq!(terminal.wait_code(), 0);
    assert!(home.path().join("dropped").exists());
}

#[test]
fn a_strict_target_s_run_stops_where_the_audit_log_cannot_be_written() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    write(&home, "page.md", "```sh\ntouch ran-far\n```\n");
    let run = |mode: &str| {
        configure(&home, &format!("[recording]\nmode = {mode:?}\n"));
        let args = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
        sim.qd(&home, &args).output().unwrap()
    };
    let first = run("strict");
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let log = walk(&home.data_dir());
    let log = log.iter().find(|path| {
        path.extension().is_some_and(|end| end == "jsonl") && path.to_string_lossy().contains("audit")
    });
    let log = log.unwrap_or_else(|| panic!("{:?}", walk(&home.data_dir())));
    // What is no log any more is not appended to.
    std::fs::remove_file(log).unwrap();
    std::fs::create_dir(log).unwrap();
    let strict = run("strict");
    assert_eq!(strict.status.code(), Some(1), "{}", said(&strict));
    assert!(said(&strict).contains("audit log"), "{}", said(&strict));
}

#[test]
fn a_document_is_started_where_the_page_says_so_and_its_output_is_kept() {
    let home = Home::new();
    let sim = two_machines(&home);
    write(
        &home,
        "page.md",
        "---\nvars:\n  word: {match: '^[a-z]+$'}\n---\n```ssm {name=say confirm=yes}\ndocument: AWS-RunShellScript\nparameters: {commands: ['echo it says {{word}}']}\n```\n\n```ssm {name=fail confirm=yes}\ndocument: AWS-RunShellScript\nparameters: {commands: ['exit 3']}\ntargets: {tag: {Name: web-1}}\n```\n",
    );
    let args = [
        "runbooks",
        "run",
        "page.md",
        "--yes",
        "--on",
        "env:test",
        "--set",
        "word=hello",
    ];
    let out = sim.qd(&home, &args).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    let printed = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(printed.matches("it says hello").count(), 2, "{}", said(&out));
    assert!(said(&out).contains("Failed"), "{}", said(&out));
    let runs = home.json(&["runbooks", "runs"]);
    assert_eq!(runs["runs"][0]["status"], "failed", "{runs:#}");
    let dry = [
        "runbooks",
        "run",
        "page.md",
        "--dry-run",
        "--json",
        "--on",
        "env:test",
        "--set",
        "word=hello",
    ];
    let dry = sim.qd(&home, &dry).output().unwrap();
    let dry: Value = serde_json::from_slice(&dry.stdout).unwrap();
    let commands = &dry["steps"][0]["targets"][0]["commands"];
    assert_eq!(commands[0], "document: AWS-RunShellScript");
    assert_eq!(commands[1], "commands: echo it says hello");
}

#[test]
fn what_a_document_says_is_held_against_the_page_and_captured() {
    let home = Home::new();
    let sim = two_machines(&home);
    let ask = |command: &str, attributes: &str, on: &str| {
        let page = format!(
            "```ssm {{confirm=yes {attributes}}}\ndocument: AWS-RunShellScript\nparameters: {{commands: ['{command}']}}\n```\n\n```sh {{on=local}}\necho \"got $WORD\"\n```\n"
        );
        write(&home, "page.md", &page);
        let args = ["runbooks", "run", "page.md", "--yes", "--on", on];
        said(&sim.qd(&home, &args).output().unwrap())
    };
    let told = ask("echo calm", "capture=WORD expect=/calm/", "env:test");
    assert!(told.contains("got calm"), "{told}");
    let told = ask("echo calm", "capture=WORD expect=/wild/", "env:test");
    assert!(told.contains("no line of the output is /wild/"), "{told}");
    let told = ask("cat /dev/urandom | od | head -1", "capture=WORD", "env:test");
    assert!(told.contains("WORD is not the same on all machines"), "{told}");
    let told = ask("seq 1 9000", "capture=WORD", "web-1");
    assert!(told.contains("AWS cut the output"), "{told}");
}

#[test]
fn a_secret_of_parameter_store_reaches_the_step_and_nothing_else() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let steps = "```sh\nprintf %s \"$TOKEN\" | wc -c\n```\n\n```sh\ncat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'not-a-re[a]l' || true\n```\n\n```sh {on=local}\nprintf %s \"$TOKEN\" | wc -c\n```\n";
    write(
        &home,
        "page.md",
        &format!("---\nvars:\n  TOKEN: {{secret: 'ssm:/oncall/token'}}\n---\n{steps}"),
    );
    let args = [
        "--log", "trace", "runbooks", "run", "page.md", "--yes", "--on", "checkout",
    ];
    let out = sim.qd(&home, &args).output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let printed = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(printed, "18\n0\n18\n", "{}", said(&out));
    let secret = b"not-a-real-token";
    let places = walk(home.path());
    assert!(
        places
            .iter()
            .any(|path| path.extension().is_some_and(|end| end == "log")),
        "{places:?}"
    );
    for path in &places {
        let bytes = std::fs::read(path).unwrap_or_default();
        assert!(!pty::contains(&bytes, secret), "{}", path.display());
    }
    for recording in home.recordings() {
        let path = recording["path"].as_str().unwrap().to_owned();
        for event in Reader::open(path.as_ref()).unwrap().events().unwrap() {
            if let What::Output(bytes) | What::Input(bytes) = event.unwrap().what {
                assert!(!pty::contains(&bytes, secret));
            }
        }
    }
}

#[test]
fn a_page_starts_an_automation_and_waits_for_its_end() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let id = sim.line["instances"][0].as_str().unwrap().to_owned();
    let text = "---\nvars:\n  instance_id: {from: target.instance_id, match: '^i-[0-9a-f]+$'}\n---\n```ssm {confirm=yes}\ndocument: AWS-StopEC2Instance\nparameters: {InstanceId: '{{instance_id}}'}\n```\n";
    write(&home, "page.md", text);
    let args = ["runbooks", "run", "page.md", "--yes", "--on", "checkout"];
    let out = sim.qd(&home, &args).output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let fleet = sim.qd(&home, &["fleet", "ls", "--json"]).output().unwrap();
    let fleet: Value = serde_json::from_slice(&fleet.stdout).unwrap();
    let row = &fleet["rows"][0];
    assert_eq!(
        (row["id"].as_str(), row["state"].as_str()),
        (Some(id.as_str()), Some("stopped"))
    );
}

const ON_A_TAG: &str = "```ssm {name=all}\ndocument: AWS-RunShellScript\nparameters: {commands: ['echo hello']}\ntargets: {tag: {env: ENV}}\n```\n";

#[test]
fn a_tag_is_resolved_before_the_confirmation_and_production_raises_it() {
    let home = Home::new();
    let mut machines = fleet(&["us-east-1"], &[("web-1", "us-east-1", "online")]);
    machines += "\n[[instances]]\nname = \"db-1\"\nregions = [\"us-east-1\"]\nagent = \"online\"\ntags = { env = \"prod\" }\n";
    let sim = Sim::start(&home, &machines, &[]);
    let page = |env: &str| drop(write(&home, "page.md", &ON_A_TAG.replace("ENV", env)));
    let run = |args: &[&str]| {
        let args = [&["runbooks", "run", "page.md"], args].concat();
        sim.qd(&home, &args).output().unwrap()
    };
    let dry = |args: &[&str]| -> Value {
        let out = run(&[&["--dry-run", "--json"], args].concat());
        serde_json::from_slice(&out.stdout).unwrap_or_else(|bad| panic!("{bad}: {}", said(&out)))
    };
    page("prod");
    let told = dry(&["--on", "web-1"]);
    let step = &told["steps"][0];
    assert_eq!(
        (step["confirm"].as_str(), &step["targets"][0]["production"]),
        (Some("type"), &Value::Bool(true))
    );
    assert_eq!(step["reaches"]["machines"][0]["name"], "db-1");
    let refused = run(&["--on", "web-1", "--yes"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    let plain = said(&run(&["--dry-run", "--on", "web-1"]));
    assert!(plain.contains("reaches: 1 machine, PRODUCTION: db-1"), "{plain}");
    page("test");
    for args in [&["--on", "web-1"][..], &[]] {
        let told = dry(args);
        assert_eq!(told["steps"][0]["confirm"], "yes", "{told:#}");
    }
    let ran = run(&["--yes"]);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    let runs = home.json(&["runbooks", "runs"]);
    let id = runs["runs"][0]["run"].as_str().unwrap_or("last").to_owned();
    let shown = said(&qd(&home, &["runs", "show", &id]));
    assert!(shown.contains("told: 1 machine: web-1"), "{shown}");
    page("nowhere");
    let told = dry(&["--on", "web-1"]);
    assert_eq!(
        told["steps"][0]["confirm"], "type",
        "nobody knows what AWS will find"
    );
}

#[test]
fn what_aws_foresees_of_an_automation_is_told_before_it_is_confirmed() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let text = ON_A_TAG
        .replace("AWS-RunShellScript", "AWS-StopEC2Instance")
        .replace("parameters: {commands: ['echo hello']}\n", "")
        .replace("ENV", "test");
    write(&home, "page.md", &text);
    let args = ["runbooks", "run", "page.md", "--on", "checkout"];
    let mut terminal = Terminal::start(sim.console(&home, &args), 110, 30);
    terminal.wait_for("type yes to run it");
    for wanted in [
        "1 machine: checkout",
        "would change something",
        "targets: 1 AWS::EC2::Instance",
    ] {
        terminal.wait_for(wanted);
    }
    terminal.send(b"a\r");
    assert_eq!(terminal.wait_code(), 1);
}

#[test]
fn a_fence_that_is_never_closed_is_told_once_and_with_a_way_out_that_is_there() {
    let home = Home::new();
    for (text, way) in [
        ("```sh\nls\n", "the only step"),
        ("- x\n  ```sh\n  ls\n\n```sh\nid\n```\n", "--from"),
    ] {
        write(&home, "page.md", text);
        let dry = said(&qd(&home, &["run", "page.md", "--dry-run"]));
        assert_eq!(dry.matches("never closed").count(), 1, "{dry}");
        let run = said(&qd(&home, &["run", "page.md", "--yes"]));
        assert!(run.contains(way), "{run}");
    }
}

#[test]
fn a_dry_run_asks_for_the_values_of_what_runs_elsewhere_and_is_blocked_by_none() {
    let home = Home::new();
    let text = "```sh\nssh -i ~/<key> x@<host> uptime; systemctl start [--now] x\n```\n";
    write(&home, "page.md", text);
    let told = said(&qd(&home, &["run", "page.md", "--dry-run"]));
    let asked = told.lines().find(|line| line.contains("asked for:"));
    let names = |asked: &str| ["now", "host", "key"].iter().all(|name| asked.contains(name));
    assert!(!told.contains("BLOCKED") && asked.is_some_and(names), "{told}");
}
