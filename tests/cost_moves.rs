//! `qd costs drivers|forecast|anomalies|moves` as their user sees them, on the embedded Cost Explorer.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "cost_moves/paid.rs"]
mod paid;

use std::process::{Command, Output};

use quarterdeck::cost::Amount;
use quarterdeck::sim::{Faults, FleetSpec, Options, Sim};
use serde_json::Value;

struct Bench {
    sim: Sim,
    home: tempfile::TempDir,
    /// Runs the simulator while a test waits for the program.
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn start() -> Bench {
        Bench::with("")
    }

    fn with(faults: &str) -> Bench {
        Bench::of(FleetSpec::demo(), faults)
    }

    fn of(mut fleet: FleetSpec, faults: &str) -> Bench {
        fleet.accounts[0].payer = true;
        let options = Options {
            fleet,
            faults: Faults::parse(faults).unwrap(),
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
    // What one of the two does not know is null in its lines, and never absent.
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(beside.iter().all(|line| keys(line) == keys(leak)), "{beside:?}");
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
fn a_digest_announces_no_more_than_the_day_allows() {
    let bench = Bench::start();
    let output = bench.qd(&["digest", "--no-moves"]);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = says
        .lines()
        .find(|line| line.contains("the digest asks"))
        .unwrap();
    assert!(line.ends_with("at most 300 requests ($3.00)"), "{line}");
}

#[test]
fn a_digest_tells_the_price_of_all_its_lists_at_once() {
    let bench = Bench::start();
    let says = |args: &[&str]| String::from_utf8(bench.qd(args).stderr).unwrap();
    let about = |line: &str| {
        let price = line.split("Cost Explorer: ").nth(1)?;
        let price = price.trim_start_matches("about ");
        price.split(' ').next()?.parse::<u32>().ok()
    };
    says(&["digest"]);
    let digest = says(&["digest", "--refresh"]);
    let whole = digest.lines().find(|line| line.starts_with("the digest asks"));
    let each = digest
        .lines()
        .filter(|line| line.starts_with("asking Cost Explorer"));
    let each: u32 = each.filter_map(about).sum();
    assert!(each > 0, "{digest}");
    assert!(
        whole.and_then(about).is_some_and(|whole| whole >= each),
        "{digest}"
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
    let command = accepted["command"].as_str().unwrap();
    assert!(
        command.starts_with("qd runbooks run costs/") && command.contains(" --set "),
        "{command}"
    );
    let left = bench.json(&["moves", "--json", "--no-spend"]);
    let snoozed = &left["snoozed"][0];
    assert_eq!(snoozed["reason"], "freeze");
    assert_eq!(
        (&snoozed["rule"], &snoozed["resource"]),
        (&rows[0]["rule"], &rows[0]["resource"])
    );
    assert_eq!(left["accepted"][0], rows[1]["id"]);
    let said = String::from_utf8(moves(&["--no-spend"]).stderr).unwrap();
    assert!(
        said.contains("put off: ")
            && said.contains(rows[0]["resource"].as_str().unwrap())
            && said.contains("none of it is booked yet"),
        "{said}"
    );
    let left = left["rows"].as_array().unwrap();
    assert!(
        left.iter()
            .all(|row| row["id"] != rows[0]["id"] && row["id"] != rows[1]["id"])
    );
    let again = moves(&["accept", id(1)]);
    let says = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(1), "{says}");
    assert!(
        says.contains("taken on already") && says.contains("moves withdraw"),
        "{says}"
    );
    // What is taken on is not put off: its promise and its day would be gone.
    let off = moves(&["snooze", id(1), "--until", "2999-01-01", "--reason", "freeze"]);
    let says = String::from_utf8(off.stderr).unwrap();
    assert_eq!(off.status.code(), Some(1), "{says}");
    assert!(
        says.contains("taken on already") && says.contains("moves withdraw"),
        "{says}"
    );
    // What was put off is woken without a reason; what was taken on is not taken back without one.
    assert!(moves(&["withdraw", id(0)]).status.success());
    let woken = bench.json(&["moves", "--json", "--no-spend"]);
    assert_eq!(woken["snoozed"], serde_json::json!([]));
    assert!(
        woken["rows"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["id"] == rows[0]["id"])
    );
    assert_eq!(moves(&["withdraw", id(1)]).status.code(), Some(2));
    let ledger = bench.json(&["moves", "ledger", "--json"]);
    assert_eq!(ledger["rows"][0]["id"], rows[1]["id"]);
    let [least, most] =
        ["promised_at_least_a_month", "promised_a_month"].map(|of| amount(&ledger["rows"][0][of]));
    assert!(least <= most, "{ledger}");
    let csv = String::from_utf8(moves(&["ledger", "--csv"]).stdout).unwrap();
    let (headings, row) = csv.split_once('\n').unwrap();
    assert!(
        headings.starts_with("id,accepted_on,rule,")
            && headings.ends_with("saved_after_days_28,currency,why,run"),
        "{headings}"
    );
    assert!(row.contains(",USD,the first week is booked when"), "{row}");
    assert_eq!(
        ledger["rows"][0]["saved_after_days"]["7"],
        Value::Null,
        "no day has passed yet"
    );
}

fn rules(board: &Value) -> std::collections::BTreeSet<&str> {
    let rows = board["rows"].as_array().unwrap();
    rows.iter().map(|row| row["rule"].as_str().unwrap()).collect()
}

#[test]
fn the_demo_fleet_has_work_for_fourteen_rules_and_more() {
    let bench = Bench::start();
    let output = bench.qd(&["moves", "--json"]);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    let board: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = rules(&board);
    assert!(found.len() >= 14, "{} rules: {found:?}\n{says}", found.len());
    for row in board["rows"].as_array().unwrap().iter().take(2) {
        assert!(
            row["evidence"].as_str().is_some_and(|text| !text.is_empty()),
            "{row}"
        );
        let price = row["price"].as_str().unwrap();
        assert!(["effective rate", "bill", "list price"].contains(&price), "{row}");
        assert!(row["runbook"].as_str().unwrap().starts_with("costs/"), "{row}");
        assert!(!row["parameters"].as_object().unwrap().is_empty(), "{row}");
    }
    assert!(says.contains("asked CloudWatch for"), "{says}");
    assert!(says.contains("Cost Optimization Hub estimates"), "{says}");

    // Metrics, advice and bill are on disk now: the same again costs nothing.
    let paid = bench.sim.paid_requests();
    let again = bench.qd(&["moves", "--json"]);
    let quiet = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!quiet.contains("asked CloudWatch"), "{quiet}");
    assert_eq!(bench.sim.paid_requests(), paid);
    assert_eq!(serde_json::from_slice::<Value>(&again.stdout).unwrap(), board);
}

#[test]
fn a_service_that_does_not_answer_is_told_and_the_other_rules_go_on() {
    let bench = Bench::with("fail.logs=denied,fail.monitoring=error,fail.compute-optimizer=denied");
    let output = bench.qd(&["moves", "--json"]);
    assert!(output.status.success());
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    for service in ["logs", "monitoring", "compute-optimizer"] {
        assert!(says.contains(&format!(" {service}: ")), "{service}: {says}");
    }
    assert!(says.contains("hint: "), "{says}");
    let board: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = rules(&board);
    assert!(
        found.contains("unattached-volume") && found.contains("gp2-to-gp3"),
        "{found:?}"
    );
    assert!(
        !found.contains("endless-logs") && !found.contains("one-size-down"),
        "{found:?}"
    );
    // Looking at the meter costs nothing; what asking for the bill takes is in the count that it shows.
    let paid = bench.sim.paid_requests();
    bench.json(&["meter", "--json"]);
    assert_eq!(bench.sim.paid_requests(), paid);
    let asked = bench.json(&["meter", "--json", "--refresh"]);
    let own = asked["days"].as_array().unwrap().iter();
    let own: u64 = own.filter_map(|day| day["counted"].as_u64()).sum();
    assert!(bench.sim.paid_requests() > paid);
    assert_eq!(own, u64::from(bench.sim.paid_requests()), "{asked}");
    // What failed is not counted as paid.
    let meter = bench.json(&["meter", "--json", "--no-spend"]);
    let days = meter["days"].as_array().unwrap();
    assert!(days.iter().all(|day| day["metrics"] == 0), "{meter}");
}

#[test]
fn without_the_bill_the_list_prices_what_is_there_and_not_being_opted_in_is_no_error() {
    let bench = Bench::with("fail.ce=denied,optimizer=off");
    let output = bench.qd(&["moves", "--json"]);
    assert!(output.status.success());
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        says.contains("the bill is not known") && says.contains("is not opted in to Compute Optimizer"),
        "{says}"
    );
    let board: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = board["rows"].as_array().unwrap();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row["price"] == "list price"),
        "{board}"
    );
}

#[test]
fn an_imported_bill_alone_names_what_it_shows() {
    let home = tempfile::tempdir().unwrap();
    let mut bill = "ChargePeriodStart,BillingPeriodStart,BillingCurrency,BilledCost,EffectiveCost,ConsumedQuantity,\
                    ServiceName,RegionId,SubAccountId,ChargeCategory,ResourceId,PricingCategory,x_UsageType,Tags\n"
        .to_owned();
    let arn = |what: &str| format!("arn:aws:ec2:eu-west-1:111122223333:{what}");
    for day in 1..=31 {
        let mut row = |cost: f64, quantity: f64, usage_type: &str, resource: &str| {
            bill += &format!(
                "2026-07-{day:02}T00:00:00Z,2026-07-01T00:00:00Z,USD,{cost},{cost},{quantity},EC2,eu-west-1,111122223333,\
                 Usage,{resource},Standard,{usage_type},\"{{\"\"team\"\": \"\"pay\"\"}}\"\n"
            );
        };
        row(1.0, 10.0, "EU-EBS:VolumeUsage.gp2", "vol-0aaa");
        row(1.08, 24.0, "EU-NatGateway-Hours", &arn("natgateway/nat-0idle"));
        row(1.08, 24.0, "EU-NatGateway-Hours", &arn("natgateway/nat-0busy"));
        row(9.0, 200.0, "EU-NatGateway-Bytes", &arn("natgateway/nat-0busy"));
        row(2.4, 24.0, "EU-BoxUsage:t2.xlarge", "i-0bbb");
        row(0.5, 10.0, "EU-EBS:SnapshotUsage", &arn("snapshot/snap-0ccc"));
    }
    // Two days more, since the last ones of a bill are still being written.
    bill +=
        "2026-08-01T00:00:00Z,2026-08-01T00:00:00Z,USD,0,0,0,EC2,eu-west-1,111122223333,Usage,,Standard,x,\n";
    std::fs::write(home.path().join("bill.csv"), bill).unwrap();
    let qd = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_qd"))
            .env_clear()
            .env("HOME", home.path())
            // Nobody listens there: the accounts themselves do not answer.
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .env("AWS_ACCESS_KEY_ID", "AKIAABSENT")
            .env("AWS_SECRET_ACCESS_KEY", "absent")
            .env("AWS_REGION", "eu-west-1")
            .current_dir(home.path())
            .arg("costs")
            .args(args)
            .output()
            .unwrap()
    };
    assert!(qd(&["import", "bill.csv"]).status.success());
    let output = qd(&["moves", "--json"]);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{says}");
    assert!(
        says.contains("cannot reach") || says.contains("127.0.0.1"),
        "{says}"
    );
    let board: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = board["rows"].as_array().unwrap();
    let saves = |rule: &str, resource: &str| {
        let row = rows
            .iter()
            .find(|row| row["rule"] == rule && row["resource"] == resource);
        let row = row.unwrap_or_else(|| panic!("{rule} {resource}: {board}"));
        assert_eq!(
            (&row["price"], &row["team"]),
            (&"bill".into(), &"pay".into()),
            "{row}"
        );
        row["high"].as_str().unwrap().to_owned()
    };
    // Thirty days of 1.00 are 30.4166… a month, of which gp3 saves a fifth.
    assert_eq!(saves("gp2-to-gp3", "vol-0aaa"), "6.08");
    assert_eq!(saves("idle-gateway", "nat-0idle"), "32.85");
    assert_eq!(saves("orphan-snapshot", "snap-0ccc"), "15.21");
    assert_eq!(saves("current-generation", "i-0bbb"), "7.55");
    assert!(!rows.iter().any(|row| row["resource"] == "nat-0busy"), "{board}");
    assert!(rows.iter().any(|row| row["rule"] == "nat-hot-spot"), "{board}");

    let table = qd(&["moves", "--csv"]);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(
        text.starts_with("id,move,rule,account,region,resource,"),
        "{text}"
    );
    assert_eq!(text.lines().count(), rows.len() + 1);
}
