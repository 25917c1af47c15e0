//! `qd sessions` over every region: pages, other people's sessions, a region that fails, and ending.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::collections::BTreeSet;

use pty::Terminal;
use pty::cloud::{Sim, fleet};
use pty::home::Home;
use quarterdeck::aws::{Cloud, Place, Settings, StartSession, StaticAccount};
use serde_json::Value;

fn machines() -> String {
    fleet(
        &["us-east-1", "eu-west-1"],
        &[
            ("checkout", "us-east-1", "online"),
            ("billing", "eu-west-1", "online"),
        ],
    )
}

const BOTH: [&str; 4] = ["--region", "us-east-1", "--region", "eu-west-1"];

struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|bad| panic!("{bad}: {} {}", self.out, self.err))
    }
}

fn sessions(sim: &Sim, home: &Home, args: &[&str]) -> Run {
    let out = sim
        .qd(home, &["sessions"])
        .args(args)
        .args(BOTH)
        .output()
        .unwrap();
    Run {
        code: out.status.code().unwrap(),
        out: String::from_utf8(out.stdout).unwrap(),
        err: String::from_utf8(out.stderr).unwrap(),
    }
}

/// Opens sessions that nobody attends, as crashed clients leave them; returns their ids.
fn open(sim: &Sim, home: &Home, region: &str, count: usize) -> BTreeSet<String> {
    let out = sim
        .qd(home, &["fleet", "ls", "--json"])
        .args(["--region", region])
        .output()
        .unwrap();
    let rows: Value = serde_json::from_slice(&out.stdout).unwrap();
    let target = rows["rows"][0]["id"].as_str().unwrap().to_owned();
    let account = &sim.line["accounts"][0];
    let field = |name: &str| account[name].as_str().unwrap().to_owned();
    let settings = Settings {
        accounts: vec![StaticAccount {
            name: field("name"),
            id: field("id"),
            access_key_id: field("access_key_id"),
            secret_access_key: field("secret_access_key"),
            session_token: None,
            regions: vec![region.to_owned()],
        }],
        endpoint_url: Some(sim.text("endpoint_url")),
        ..Settings::default()
    };
    let place = Place {
        profile: field("name"),
        region: region.to_owned(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = Cloud::connect(settings);
        let mut ids = BTreeSet::new();
        for nth in 0..count {
            let start = StartSession {
                target: target.clone(),
                reason: Some(format!("nth {nth}")),
                ..StartSession::default()
            };
            ids.insert(cloud.start_session(&place, start).await.unwrap().session_id);
        }
        ids
    })
}

fn ids(listed: &Value) -> BTreeSet<String> {
    let rows = listed["sessions"].as_array().unwrap().iter();
    rows.map(|row| row["session_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_page_of_every_region_is_listed_and_all_mine_are_ended() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    // AWS gives at most 200 a page.
    let mut all = open(&sim, &home, "us-east-1", 430);
    all.extend(open(&sim, &home, "eu-west-1", 3));
    let listed = sessions(&sim, &home, &["ls", "--mine", "--json"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert_eq!(ids(&listed.json()), all);
    let asked = sessions(&sim, &home, &["end-mine"]);
    assert_eq!(asked.code, 2, "{}", asked.err);
    assert!(asked.err.contains("433 sessions would be ended") && asked.err.contains("--yes"));
    let kept = sessions(&sim, &home, &["end-mine", "--yes", "--read-only"]);
    assert_eq!(kept.code, 3, "{}", kept.err);
    let ended = sessions(&sim, &home, &["end-mine", "--yes", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(ended.json()["ended"].as_array().unwrap().len(), 433);
    assert_eq!(
        ids(&sessions(&sim, &home, &["ls", "--all", "--json"]).json()).len(),
        0
    );
    assert_eq!(
        ids(&sessions(&sim, &home, &["ls", "--history", "--json"]).json()),
        all
    );
    let audited = home.audit();
    assert_eq!(
        audited
            .iter()
            .filter(|event| event["event"] == "session.terminate")
            .count(),
        433
    );
}

#[test]
fn a_session_is_listed_with_its_recording_and_ended_by_the_beginning_of_its_id() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &[]);
    let mut terminal = Terminal::start(
        sim.console(
            &home,
            &[&["connect", "checkout", "--reason", "INC-7"][..], &BOTH].concat(),
        ),
        100,
        30,
    );
    terminal.wait_for("connected to checkout");
    let listed = sessions(&sim, &home, &["ls", "--json"]).json();
    let row = &listed["sessions"][0];
    assert_eq!(
        (&row["status"], &row["recorded"]),
        (&"Connected".into(), &true.into()),
        "{row}"
    );
    assert_eq!(row["recording"], home.recordings()[0]["id"]);
    assert!(row["reason"].as_str().unwrap().starts_with("INC-7 qd:"), "{row}");
    assert!(row["owner"].as_str().unwrap().starts_with("arn:aws:"), "{row}");
    assert!(
        row["started_at"].is_string() && row["ended_at"].is_null(),
        "{row}"
    );
    let id = row["session_id"].as_str().unwrap();
    let other = open(&sim, &home, "us-east-1", 1).pop_first().unwrap();
    // Both begin with the user's name.
    let vague = sessions(&sim, &home, &["end", "oncall-"]);
    assert!(
        vague.code == 2 && vague.err.contains("2 sessions"),
        "{} {}",
        vague.code,
        vague.err
    );
    let unknown = sessions(&sim, &home, &["end", "nobody-0123"]);
    assert!(
        unknown.code == 5 && unknown.err.contains("no open session"),
        "{}",
        unknown.err
    );
    let ended = sessions(&sim, &home, &["end", &id[..id.len() - 4]]);
    assert!(
        ended.code == 0 && ended.out.contains(id),
        "{} {}",
        ended.out,
        ended.err
    );
    terminal.wait_end();
    assert_eq!(
        ids(&sessions(&sim, &home, &["ls", "--json"]).json()),
        [other].into()
    );
}

#[test]
fn a_region_that_fails_is_told_and_holds_up_no_other() {
    let home = Home::new();
    let sim = Sim::start(&home, &machines(), &["--faults", "fail.ssm.eu-west-1=denied"]);
    let one = open(&sim, &home, "us-east-1", 1);
    let listed = sessions(&sim, &home, &["ls", "--json"]);
    assert_eq!(
        (listed.code, ids(&listed.json())),
        (0, one.clone()),
        "{}",
        listed.err
    );
    assert_eq!(listed.json()["failures"][0]["region"], "eu-west-1");
    assert!(
        listed.err.contains("eu-west-1") && listed.err.contains("ssm:DescribeSessions"),
        "{}",
        listed.err
    );
    // What is certain is ended all the same; what might be elsewhere too is not.
    let id = one.first().unwrap();
    let short = sessions(&sim, &home, &["end", &id[..id.len() - 3]]);
    assert!(
        short.code == 5 && short.err.contains("eu-west-1"),
        "{} {}",
        short.code,
        short.err
    );
    let whole = sessions(&sim, &home, &["end", id]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let none = sessions(&sim, &home, &["end-mine", "--yes"]);
    assert!(
        none.code == 1 && none.err.contains("eu-west-1"),
        "a region may still hold one: {}",
        none.err
    );
}
