//! An automation over several accounts and regions, as an incident tells it: each machine where it is, and while it runs
//! no more than is known.

use super::*;

/// Waits beside a machine until it is told to go on.
const NAP: &str = r#"
schemaVersion: '0.3'
parameters:
  InstanceId: {type: String}
mainSteps:
- {name: nap, action: 'aws:pause', inputs: {}}
"#;

const ACCOUNTS: [&str; 2] = ["613489207754", "742190385516"];

/// Two accounts of the same two regions, with one machine each, in another region.
fn two() -> String {
    let mut text = String::new();
    for (account, name) in ACCOUNTS.iter().zip(["shop", "pay"]) {
        text += &format!(
            "[[accounts]]\nid = {account:?}\nname = {name:?}\nregions = [\"us-east-1\", \"eu-west-1\"]\n\n"
        );
    }
    for (name, region) in [("shop", "us-east-1"), ("pay", "eu-west-1")] {
        text += &format!(
            "[[instances]]\nname = \"{name}-web\"\naccount = {name:?}\nregions = [{region:?}]\nagent = \"online\"\ntags = {{ tier = \"web\", env = \"test\" }}\n\n"
        );
    }
    text
}

fn impact(report: &str) -> String {
    let behind = report.split("## Impact").nth(1).unwrap();
    behind.split("\n## ").next().unwrap().to_owned()
}

/// The second account, for what waits there.
fn away(shop: &Shop) -> Vec<(&'static str, String)> {
    let account = &shop.sim.line["accounts"][1];
    let field = |name: &str| account[name].as_str().unwrap().to_owned();
    vec![
        ("AWS_ACCESS_KEY_ID", field("access_key_id")),
        ("AWS_SECRET_ACCESS_KEY", field("secret_access_key")),
    ]
}

#[test]
fn machines_of_two_accounts_are_told_each_in_its_own_while_it_runs_and_at_the_end() {
    let shop = Shop::of(&two(), &[("Shop-Nap", NAP.to_owned())], &[]);
    let qd = |args: &[&str]| shop.sim.qd(&shop.home, args).output().unwrap();
    let incident = out(&qd(&["incident", "start", "the web tier is slow"]));
    let incident = incident.trim();
    let regions = ["--region", "us-east-1", "--region", "eu-west-1"];
    let mut start = vec!["start", "Shop-Nap", "--yes", "--no-wait", "--targets", "tier=web"];
    start.extend(["--place-concurrency", "4"]);
    start.extend(ACCOUNTS.iter().flat_map(|account| ["--account", account]));
    start.extend(regions);
    let begun = shop.run(&start);
    let id = out(&begun).trim().to_owned();
    assert_eq!(code(&begun), 0, "{}", err(&begun));

    let report = || out(&qd(&["report", incident]));
    let running = report();
    assert!(!running.contains("No machine was touched"), "{running}");
    let told = impact(&running);
    assert!(
        told.contains("machines are known yet: Shop-Nap still runs"),
        "{told}"
    );
    assert!(
        running
            .replace('`', "")
            .contains("(in us-east-1, eu-west-1 of 613489207754, 742190385516; 4 places at once)"),
        "{running}"
    );

    // Each child waits where it is, and is let go on there.
    let status = |with: &[&str]| {
        let told = shop.run(&[&["status", id.as_str(), "--region", "us-east-1"][..], with].concat());
        out(&told)
    };
    let children = soon(|| {
        let told: Value = serde_json::from_str(&status(&["--json"])).unwrap();
        let steps = told["steps"].as_array().unwrap();
        let child = |step: &Value| Some(step["outputs"]["ExecutionId"][0].as_str()?.to_owned());
        let children: Vec<String> = steps.iter().filter_map(child).collect();
        match children.len() {
            2 => Ok(children),
            _ => Err(told.to_string()),
        }
    });
    let machines: Vec<String> = shop.sim.line["instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    let [own, other] = &machines[..] else {
        panic!("{machines:?}")
    };
    let table = status(&[]);
    for called in [
        format!("{own} 613489207754 us-east-1"),
        format!("{other} 742190385516 eu-west-1"),
    ] {
        // AWS lists the own place's children alone; their steps have told them.
        assert_eq!(table.matches(&called).count(), 1, "{called}: {table}");
    }
    let keys = [shop.sim.variables(), [shop.sim.variables(), away(&shop)].concat()];
    for ((child, region), keys) in children.iter().zip(["us-east-1", "eu-west-1"]).zip(keys) {
        soon(|| {
            let mut resume = shop.qd(&["resume", child, "--region", region, "--yes"]);
            let told = resume.envs(keys.clone()).output().unwrap();
            match code(&told) {
                0 => Ok(()),
                _ => Err(err(&told)),
            }
        });
    }
    soon(|| match status(&[]).contains(" done") {
        true if status(&["--json"]).contains("\"ended_at\":\"") => Ok(()),
        _ => Err(status(&[])),
    });

    soon(|| match report().contains("ended: Success") {
        true => Ok(()),
        false => Err(status(&["--json"])),
    });
    let ended = report();
    let told = impact(&ended);
    for (machine, account, region) in [(own, ACCOUNTS[0], "us-east-1"), (other, ACCOUNTS[1], "eu-west-1")] {
        let row = told
            .lines()
            .find(|line| line.starts_with(&format!("| {machine} ")));
        let row = row.unwrap_or_default().replace('`', "");
        let place = format!("| {account} | {region} |");
        assert!(row.contains(&place), "{machine}: {told}");
    }
    assert!(!told.contains("known yet"), "{told}");
    assert_eq!(ended, report(), "the same journals give the same bytes");

    // What ran elsewhere is told, or why it is not.
    let left = shop.run(&["output", &id, "--region", "us-east-1"]);
    assert!(
        err(&left).contains("742190385516 is the account of no profile here"),
        "{}",
        err(&left)
    );
    assert_eq!(code(&left), 1);
}
