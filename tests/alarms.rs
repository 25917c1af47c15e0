//! `qd alarms` and `qd runbooks run --alarm` as scripts meet them, on the simulator's alarms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pty;

use std::process::Output;

use pty::cloud::{Sim, fleet, shop};
use pty::home::Home;
use quarterdeck::runbook::run::journal;
use quarterdeck::runbook::run::record::Record;
use serde_json::Value;

fn out(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn qd(sim: &Sim, home: &Home, args: &[&str]) -> Output {
    sim.qd(home, args).output().unwrap()
}

fn json(sim: &Sim, home: &Home, args: &[&str]) -> Value {
    let ran = qd(sim, home, &[args, &["--json"]].concat());
    serde_json::from_str(&out(&ran)).unwrap_or_else(|bad| panic!("{bad}: {}", err(&ran)))
}

/// The alarm that somebody made by hand for the first machine; it burns.
fn by_hand(sim: &Sim, home: &Home) -> Value {
    let listed = json(sim, home, &["alarms", "ls", "--filter", "awsec2-"]);
    listed["alarms"][0].clone()
}

/// CloudWatch of the simulator's first account.
fn cloudwatch(sim: &Sim, region: &str) -> aws_sdk_cloudwatch::Client {
    use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
    let keys = Credentials::new(
        sim.text("access_key_id"),
        sim.text("secret_access_key"),
        None,
        None,
        "test",
    );
    let config = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(sim.text("endpoint_url"))
        .region(Region::new(region.to_owned()))
        .credentials_provider(keys)
        .build();
    aws_sdk_cloudwatch::Client::from_conf(config)
}

/// A rule that mutes one alarm, from the beginning of this hour on.
fn mute(sim: &Sim, region: &str, alarm: &str) {
    use aws_sdk_cloudwatch::types::{MuteTargets, Rule, Schedule};
    let begins = jiff::Timestamp::now().strftime("at(%Y-%m-%dT%H:00)").to_string();
    let schedule = Schedule::builder().expression(begins).duration("PT3H").build();
    let call = cloudwatch(sim, region)
        .put_alarm_mute_rule()
        .name("deploy-window")
        .rule(Rule::builder().schedule(schedule).build())
        .mute_targets(MuteTargets::builder().alarm_names(alarm).build())
        .send();
    tokio::runtime::Runtime::new().unwrap().block_on(call).unwrap();
}

#[test]
fn what_is_muted_burns_and_says_by_which_rule_nobody_is_told() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let listed = json(&sim, &home, &["alarms", "ls"]);
    let rows = listed["alarms"].as_array().unwrap();
    assert!(
        rows.len() > 1 && rows.iter().all(|row| row["suppressed"].is_null()),
        "{rows:#?}"
    );
    let (name, region) = (
        rows[0]["name"].as_str().unwrap(),
        rows[0]["region"].as_str().unwrap(),
    );
    mute(&sim, region, name);
    let listed = json(&sim, &home, &["alarms", "ls"]);
    assert_eq!(listed["failures"].as_array().map(Vec::len), Some(0));
    for row in listed["alarms"].as_array().unwrap() {
        let says = row["suppressed"].as_str().unwrap_or_default();
        assert_eq!(
            says.starts_with("muted by deploy-window until "),
            row["name"] == name,
            "{row:#?}"
        );
    }
}

#[test]
fn what_burns_is_listed_and_a_region_that_refuses_is_named_with_the_action() {
    let home = Home::new();
    let text = fleet(
        &["us-east-1", "eu-west-1"],
        &[
            ("checkout", "us-east-1", "online"),
            ("orders", "eu-west-1", "online"),
        ],
    );
    let sim = Sim::start(&home, &text, &["--faults", "fail.eu-west-1=denied"]);
    let both = ["--region", "us-east-1", "--region", "eu-west-1"];
    let listed = json(&sim, &home, &[&["alarms", "ls"], &both[..]].concat());
    let rows = listed["alarms"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["state"] == "alarm"));
    assert!(
        rows.iter()
            .all(|row| row["flaps"].is_number() && row["tags"].is_object()),
        "{rows:#?}"
    );
    let all = json(&sim, &home, &["alarms", "ls", "--state", "all"]);
    assert!(all["alarms"].as_array().unwrap().len() > rows.len());
    let failures = listed["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{failures:#?}");
    assert_eq!(failures[0]["region"], "eu-west-1");
    let cause = failures[0]["cause"].as_str().unwrap();
    assert!(cause.contains("cloudwatch:DescribeAlarms"), "{cause}");
    let table = qd(&sim, &home, &[&["alarms", "ls"], &both[..]].concat());
    assert!(table.status.success() && err(&table).contains("cloudwatch:DescribeAlarms"));
}

#[test]
fn one_alarm_is_shown_with_its_runbooks_and_an_unknown_one_is_exit_5() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let row = by_hand(&sim, &home);
    let (name, arn) = (row["name"].as_str().unwrap(), row["arn"].as_str().unwrap());
    let books = home.path().join("books");
    std::fs::create_dir(&books).unwrap();
    let page = "---\nalarms: [\"AWS/EC2:CPUUtilization\"]\nvars:\n  NODE: {from: alarm.dimensions.InstanceId}\n---\n# Busy processors\n\n```sh\necho $NODE <instance-name> <what>\n```\n";
    std::fs::write(books.join("cpu.md"), page).unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(&config, format!("[runbooks]\npaths = [{books:?}]\n")).unwrap();
    let config = config.display().to_string();
    let shown = json(&sim, &home, &["alarms", "show", arn, "--config", &config]);
    assert_eq!(shown["alarm"]["name"], *name);
    assert_eq!(shown["alarm"]["runbook"], shown["runbooks"][0]["name"]);
    let listed = json(
        &sim,
        &home,
        &["alarms", "ls", "--filter", "awsec2-", "--config", &config],
    );
    assert_eq!(listed["alarms"][0]["runbook"], "cpu.md", "{listed:#?}");
    assert_eq!(shown["target"]["name"], "checkout");
    assert!(
        shown["history"]["burned_at"]
            .as_array()
            .is_some_and(|at| !at.is_empty())
    );
    let book = &shown["runbooks"][0];
    assert_eq!(
        (&book["title"], &book["why"]),
        (&"Busy processors".into(), &"is about this metric".into())
    );
    let value = |name: &str| {
        let variables = book["variables"].as_array().unwrap();
        variables.iter().find(|one| one["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(value("NODE"), row["instance_id"]);
    let told = qd(&sim, &home, &["alarms", "show", name, "--config", &config]);
    assert!(
        told.status.success() && out(&told).contains("what = asked for"),
        "{}",
        out(&told)
    );
    let absent = qd(&sim, &home, &["alarms", "show", "no-such-alarm"]);
    assert_eq!(absent.status.code(), Some(5));
    assert!(err(&absent).contains("no alarm is called no-such-alarm"));
    let cut = &name[..name.len() - 2];
    let told = err(&qd(&sim, &home, &["alarms", "show", cut]));
    assert!(told.contains(&format!("did you mean {name}?")), "{told}");
}

#[test]
fn a_runbook_is_run_with_the_alarms_values_and_is_the_last_time_of_the_next_time() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let row = by_hand(&sim, &home);
    let name = row["name"].as_str().unwrap();
    let page = "---\nvars:\n  METRIC: {from: alarm.metric}\n  NODE: {from: target.instance_id}\n  ZONE: {from: target.zone}\n---\n# Cool down\n\n```sh\ntouch \"$METRIC-$NODE-$ZONE\" && ls && echo <account-id>\n```\n";
    std::fs::write(home.path().join("cool.md"), page).unwrap();
    let run = ["runbooks", "run", "cool.md", "--alarm", name];
    let planned = json(&sim, &home, &[&run[..], &["--dry-run"]].concat());
    assert_eq!(
        planned["steps"][0]["targets"][0]["missing"]
            .as_array()
            .unwrap()
            .len(),
        0,
        "{planned:#}"
    );
    let ran = qd(&sim, &home, &[&run[..], &["--yes"]].concat());
    assert!(ran.status.success(), "{}", err(&ran));
    assert!(out(&ran).contains("613489207754"), "{}", out(&ran));
    // It ran on what the alarm is about, and not on whatever machine it was started from.
    assert!(
        err(&ran).contains("runs there; --on local runs it here"),
        "{}",
        err(&ran)
    );
    assert_eq!(home.recordings()[0]["target"], row["instance_id"]);
    let made = format!(
        "CPUUtilization-{}-us-east-1",
        row["instance_id"].as_str().unwrap()
    );
    assert!(out(&ran).contains(&made), "{}", out(&ran));
    let id = journal::find(&home.data_dir(), "last").unwrap();
    let lines = journal::load(&home.data_dir(), &id).unwrap();
    let Record::Opened {
        alarm: Some(alarm), ..
    } = &lines[0].record
    else {
        panic!("{:?}", lines[0])
    };
    assert_eq!(alarm["arn"], row["arn"]);
    // The alarm still burns since before that run: it is no past yet, and what it leads to is not guessed.
    let shown = json(&sim, &home, &["alarms", "show", name]);
    let since = shown["since"].as_array().unwrap();
    assert_eq!((since.len(), &shown["past"]), (1, &serde_json::json!([])));
    assert_eq!(
        (&since[0]["title"], &since[0]["why"], &since[0]["fix"]),
        (&"Cool down".into(), &"alarm".into(), &Value::Null)
    );
    let text = out(&qd(&sim, &home, &["alarms", "show", name]));
    assert!(
        text.contains("\nsince it went off\n") && !text.contains("no run and no session"),
        "{text}"
    );
    // Another alarm of the machine has it.
    let shown = json(&sim, &home, &["alarms", "show", "checkout-status-check"]);
    let past = &shown["past"][0];
    assert_eq!(
        (&past["kind"], &past["why"], &past["title"]),
        (&"run".into(), &"target".into(), &"Cool down".into())
    );
    assert_eq!(past["fix"]["guess"], true, "{past:#}");
    // A later process knows what the alarm knew, though the run goes nowhere but here.
    let page = "---\nvars:\n  ZONE: {from: target.zone}\n---\n# Later\n\n```sh\ntest -f go\n```\n\n```sh\ntouch \"zone-$ZONE\"\n```\n";
    std::fs::write(home.path().join("later.md"), page).unwrap();
    let run = [
        "runbooks", "run", "later.md", "--alarm", name, "--on", "local", "--yes",
    ];
    assert_eq!(qd(&sim, &home, &run).status.code(), Some(1));
    std::fs::write(home.path().join("go"), "").unwrap();
    let resumed = qd(&sim, &home, &["runbooks", "run", "--resume", "last", "--yes"]);
    assert!(resumed.status.success(), "{}", err(&resumed));
    let zone = std::fs::read_dir(home.path()).unwrap();
    let mut zone = zone.map(|entry| entry.unwrap().file_name());
    assert!(zone.any(|file| file.to_string_lossy().starts_with("zone-us-east-1")));
    let refused = qd(&sim, &home, &["runbooks", "run", "cool.md", "--alarm", "nothing"]);
    assert_eq!(refused.status.code(), Some(5));
}

#[test]
fn an_alarm_that_is_shown_tells_its_severity_whether_it_burns_or_not() {
    let home = Home::new();
    let sim = Sim::start(&home, &shop(), &[]);
    let all = json(&sim, &home, &["alarms", "ls", "--state", "all"]);
    let rows = all["alarms"].as_array().unwrap();
    let out = rows.iter().find(|row| row["state"] == "ok").unwrap();
    let shown = json(&sim, &home, &["alarms", "show", out["arn"].as_str().unwrap()]);
    assert!(shown["alarm"]["tags"].is_object(), "{shown:#}");
}

#[test]
fn the_severity_of_every_alarm_that_burns_is_known_though_it_is_old_and_many_burn() {
    let home = Home::new();
    let names = "checkout orders postgres search kafka cache web-1 web-2 web-3 api-1 api-2 api-3 batch";
    let mut text = fleet(&["us-east-1"], &[]);
    for name in names.split(' ') {
        text += &format!(
            "\n[[instances]]\nname = {name:?}\nregions = [\"us-east-1\"]\nagent = \"online\"\ntags = {{ env = \"test\", service = {name:?} }}\n"
        );
    }
    let sim = Sim::start(&home, &text, &[]);
    let all = json(&sim, &home, &["alarms", "ls", "--state", "all"]);
    let of = |state: &str| -> Vec<String> {
        let rows = all["alarms"].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["state"] == state);
        rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    // One whose name does not say how bad it is.
    let sev1 = "disk-postgres-90";
    let (burn, quiet) = (of("alarm"), of("ok"));
    assert!(burn.iter().any(|name| name == sev1), "{burn:?}");
    let client = cloudwatch(&sim, "us-east-1");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for name in quiet.iter().take(12) {
        let call = client.set_alarm_state().alarm_name(name);
        let call = call.state_value(aws_sdk_cloudwatch::types::StateValue::Alarm);
        runtime.block_on(call.state_reason("a storm").send()).unwrap();
    }
    let listed = json(&sim, &home, &["alarms", "ls"]);
    let rows = listed["alarms"].as_array().unwrap();
    assert!(rows.len() >= burn.len() + 12, "{}", rows.len());
    let since = |row: &Value| row["since"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let old = rows.iter().find(|row| row["name"] == sev1).unwrap();
    let younger = rows.iter().filter(|row| since(row) > since(old)).count();
    assert!(younger >= 12, "{younger}");
    assert_eq!(old["severity"], "critical", "{old:#}");
    let unknown: Vec<_> = rows.iter().filter(|row| !row["tags"].is_object()).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let table = out(&qd(&sim, &home, &["alarms", "ls"]));
    assert!(!table.contains("not asked yet"), "{table}");
    let quiet = out(&qd(&sim, &home, &["alarms", "ls", "--state", "ok"]));
    assert!(quiet.contains("not asked yet"), "{quiet}");
}
