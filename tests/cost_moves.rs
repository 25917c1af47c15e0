//! `qd costs drivers|forecast|anomalies|moves` as their user sees them, on the embedded Cost Explorer.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::{Command, Output};

use quarterdeck::cost::Amount;
use quarterdeck::sim::{FleetSpec, Options, Sim};
use serde_json::Value;

struct Bench {
    sim: Sim,
    home: tempfile::TempDir,
    /// Runs the simulator while a test waits for the program.
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn start() -> Bench {
        let mut fleet = FleetSpec::demo();
        fleet.accounts[0].payer = true;
        let options = Options {
            fleet,
            ..Options::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let sim = {
            let _inside = runtime.enter();
            Sim::start(options).unwrap()
        };
        Bench {
            sim,
            home: tempfile::tempdir().unwrap(),
            _runtime: runtime,
        }
    }

    fn qd(&self, args: &[&str]) -> Output {
        let account = self
            .sim
            .accounts()
            .into_iter()
            .find(|account| account.payer)
            .unwrap();
        let home = self.home.path();
        Command::new(env!("CARGO_BIN_EXE_qd"))
            .env_clear()
            .env("HOME", home)
            .env("AWS_ACCESS_KEY_ID", account.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", account.secret_access_key)
            .env("AWS_ENDPOINT_URL", self.sim.endpoint_url())
            .env("AWS_REGION", &account.regions[0])
            .arg("--data-dir")
            .arg(home.join("data"))
            .arg("costs")
            .args(args)
            .output()
            .unwrap()
    }

    fn lines(&self, args: &[&str]) -> Vec<Value> {
        let output = self.qd(args);
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {says}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn json(&self, args: &[&str]) -> Value {
        self.lines(args).remove(0)
    }
}

fn amount(value: &Value) -> Amount {
    Amount::parse(value.as_str().unwrap()).unwrap().amount
}

#[test]
fn the_drivers_of_two_months_add_up_to_the_difference_of_their_totals() {
    let bench = Bench::start();
    let drivers = bench.json(&["drivers", "--json"]);
    let change = amount(&drivers["change"]);
    assert_eq!(
        amount(&drivers["current"]["cost"]) - amount(&drivers["previous"]["cost"]),
        change
    );
    assert_eq!(
        amount(&drivers["usage"]) + amount(&drivers["rate"]) + amount(&drivers["other"]),
        change
    );
    let rows = drivers["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| amount(&row["change"])).sum::<Amount>(),
        change
    );
    // The same days broken down in another way are the same money.
    let Value::String(from) = &drivers["current"]["from"] else {
        panic!()
    };
    let Value::String(to) = &drivers["current"]["to"] else {
        panic!()
    };
    let total = bench.json(&[
        "breakdown",
        "--by",
        "service,usage_type",
        "--from",
        from,
        "--to",
        to,
        "--json",
    ]);
    assert_eq!(total["total"], drivers["current"]["cost"]);
}

#[test]
fn the_month_end_lies_in_its_interval_and_costs_nothing_twice() {
    let bench = Bench::start();
    let forecast = bench.json(&["forecast", "--json"]);
    let (mean, so_far) = (amount(&forecast["mean"]), amount(&forecast["so_far"]));
    assert!(mean >= so_far && so_far >= Amount::ZERO, "{forecast}");
    assert!(
        amount(&forecast["lower"]) <= mean && mean <= amount(&forecast["upper"]),
        "{forecast}"
    );
    assert_eq!(forecast["aws"], Value::Null);
    assert_eq!(
        bench.json(&["forecast", "--json", "--no-spend"])["mean"],
        forecast["mean"]
    );
    let beside = bench.json(&["forecast", "--json", "--aws"]);
    assert!(amount(&beside["aws"]["mean"]) >= so_far);
}

#[test]
fn the_leak_through_nat_is_found_and_its_usage_type_named() {
    let bench = Bench::start();
    let found = bench.lines(&["anomalies", "--json"]);
    let leak = found
        .iter()
        .find(|line| line["key"] == serde_json::json!(["EC2 - Other"]))
        .unwrap();
    assert!(amount(&leak["actual"]) > amount(&leak["upper"]), "{leak}");
    assert!(amount(&leak["lower"]) <= amount(&leak["expected"]), "{leak}");
    assert_eq!(leak["causes"][0]["value"], "EU-NatGateway-Bytes");
    assert!(
        leak["explains"].as_str().unwrap().contains("EU-NatGateway-Bytes"),
        "{leak}"
    );
    assert!(leak["aws"].is_null(), "AWS was not asked: {leak}");

    let beside = bench.lines(&["anomalies", "--aws", "--json"]);
    let paid = bench.sim.paid_requests();
    let agreed = beside.iter().find(|line| line["key"] == leak["key"]).unwrap();
    assert!(agreed["aws"]["id"].is_string(), "{agreed}");
    let again = bench.lines(&["anomalies", "--aws", "--json"]);
    assert_eq!(
        (bench.sim.paid_requests(), again),
        (paid, beside),
        "kept for eight hours"
    );
}

#[test]
fn moves_are_counted_once_put_off_and_accepted() {
    let bench = Bench::start();
    let board = bench.json(&["moves", "--json"]);
    let rows = board["rows"].as_array().unwrap();
    assert!(rows.len() > 10, "{}", rows.len());
    assert_eq!(
        rows.iter()
            .map(|row| amount(&row["counted_high"]))
            .sum::<Amount>(),
        amount(&board["high"])
    );
    assert!(rows.iter().map(|row| amount(&row["high"])).sum::<Amount>() >= amount(&board["high"]));
    let id = |at: usize| rows[at]["id"].as_str().unwrap();
    let moves = |args: &[&str]| bench.qd(&[&["moves"], args].concat());
    assert!(
        moves(&["snooze", id(0), "--until", "2999-01-01", "--reason", "freeze"])
            .status
            .success()
    );
    assert_eq!(
        moves(&["snooze", id(0), "--until", "2001-01-01", "--reason", "late"])
            .status
            .code(),
        Some(2)
    );
    let accepted = bench.json(&["moves", "accept", id(1), "--json"]);
    assert_eq!(accepted["runbook"], rows[1]["runbook"]);
    let left = bench.json(&["moves", "--json", "--no-spend"]);
    let left = left["rows"].as_array().unwrap();
    assert!(
        left.iter()
            .all(|row| row["id"] != rows[0]["id"] && row["id"] != rows[1]["id"])
    );
    let ledger = bench.json(&["moves", "ledger", "--json"]);
    assert_eq!(ledger["rows"][0]["id"], rows[1]["id"]);
    assert_eq!(
        ledger["rows"][0]["saved_after_days"]["7"],
        Value::Null,
        "no day has passed yet"
    );
}
