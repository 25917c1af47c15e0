//! Automations that steps begin: told with the step that began them, and no reason to keep the rest from being seen,
//! answered or stopped where AWS does not list them.

use super::*;

/// Three steps that begin automations: one that takes too long, one of a document that is not there, one that runs.
const THREE: &str = r#"
schemaVersion: '0.3'
mainSteps:
- {name: first, action: 'aws:executeAutomation', timeoutSeconds: 2, onFailure: Continue, inputs: {DocumentName: Shop-Paused}}
- {name: second, action: 'aws:executeAutomation', onFailure: Continue, inputs: {DocumentName: No-Such}}
- {name: third, action: 'aws:executeAutomation', inputs: {DocumentName: Shop-Paused}}
"#;

/// A step that begins an automation, beside none.
const ONE: &str = "schemaVersion: '0.3'\nmainSteps:\n- {name: go, action: 'aws:executeAutomation', inputs: {DocumentName: Shop-Paused}}\n";

fn status(shop: &Shop, id: &str) -> Value {
    let told = shop.run(&["status", id, "--json"]);
    assert_eq!(code(&told), 0, "{}", err(&told));
    serde_json::from_str(&out(&told)).unwrap()
}

/// A step of it, by its name.
fn step<'a>(told: &'a Value, name: &str) -> &'a Value {
    let steps = told["steps"].as_array().unwrap();
    steps.iter().find(|step| step["name"] == name).unwrap()
}

#[test]
fn each_child_is_told_with_the_step_that_began_it_while_it_runs() {
    let shop = Shop::with(&[("Shop-Three", THREE.to_owned())], &[]);
    let mut following = shop.start(&["Shop-Three", "--yes"]);
    let id = following.until("third", "InProgress");
    let told = soon(|| {
        let told = status(&shop, &id);
        match step(&told, "third")["child"].is_string() {
            true => Ok(told),
            false => Err(told.to_string()),
        }
    });
    let child = |name: &str| step(&told, name)["child"].as_str();
    assert_eq!(child("second"), None, "{told}");
    assert!(
        child("first").is_some() && child("first") != child("third"),
        "{told}"
    );
    assert!(step(&told, "third")["outputs"]["ExecutionId"].is_null(), "{told}");
    let (first, third) = (child("first").unwrap(), child("third").unwrap());
    let of = |id: &str| status(&shop, id)["status"].clone();
    let wanted: (Value, Value) = ("Cancelled".into(), "Waiting".into());
    soon(|| match (of(first), of(third)) {
        stands if stands == wanted => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let shown = out(&shop.run(&["status", &id]));
    assert!(shown.contains(&format!("began {third}")), "{shown}");
    assert_eq!(code(&shop.run(&["resume", third])), 0);
    assert_eq!(following.end().1, 0);
}

#[test]
fn what_cannot_be_listed_keeps_nothing_else_from_being_seen_answered_or_stopped() {
    for why in ["throttled", "denied"] {
        let faults = format!("refuse.DescribeAutomationExecutions={why}");
        let shop = Shop::with(&[("Shop-One", ONE.to_owned())], &["--faults", &faults]);
        let begun = shop.run(&["start", "Shop-One", "--yes", "--no-wait"]);
        let id = out(&begun).trim().to_owned();
        soon(|| match step(&status(&shop, &id), "go")["status"].as_str() {
            Some("InProgress") => Ok(()),
            other => Err(format!("{other:?}")),
        });
        let told = status(&shop, &id);
        assert!(told["unlisted"]["cause"].is_string(), "{told}");
        let shown = shop.run(&["status", &id]);
        assert!(out(&shown).contains("aws:executeAutomation"), "{}", out(&shown));
        let says = err(&shown);
        assert!(
            says.contains("what it has begun cannot be listed") && says.contains("hint: "),
            "{says}"
        );
        assert_eq!(code(&shop.run(&["output", &id])), 0);
        let resumed = shop.run(&["resume", &id]);
        assert!(err(&resumed).contains("cannot resume"), "{}", err(&resumed));
        let stopped = shop.run(&["stop", &id]);
        assert_eq!(code(&stopped), 0, "{}", err(&stopped));
    }
}

#[test]
fn targets_that_cannot_be_listed_are_told_as_such_and_the_whole_is_seen() {
    let faults = ["--faults", "refuse.DescribeAutomationExecutions=denied"];
    let shop = Shop::open(&faults);
    let maps = ["--target-map", "Size=small", "--target-map", "Size=large"];
    let begun = shop.run(&[&["start", "Shop-Paused", "--yes", "--no-wait"][..], &maps].concat());
    let id = out(&begun).trim().to_owned();
    let told = status(&shop, &id);
    assert_eq!(told["unlisted"]["why"], "denied", "{told}");
    assert_eq!(
        (&told["children"], &told["document"]),
        (&Value::Array(vec![]), &"Shop-Paused".into())
    );
    assert_eq!(code(&shop.run(&["stop", &id])), 0);
}

#[test]
fn an_approval_two_levels_down_is_told_at_every_level_with_its_answer() {
    let begins = |name: &str| {
        format!(
            "schemaVersion: '0.3'\nmainSteps:\n- {{name: go, action: 'aws:executeAutomation', inputs: {{DocumentName: {name}}}}}\n"
        )
    };
    let documents = [
        ("Shop-Top", begins("Shop-Mid")),
        ("Shop-Mid", begins("Shop-Paused")),
    ];
    let shop = Shop::with(&documents, &[]);
    let mut following = shop.start(&["Shop-Top", "--yes"]);
    let id = following.until("go", "InProgress");
    let waiting = soon(|| {
        let told = status(&shop, &id);
        match told["waiting"].as_array().map(Vec::as_slice) {
            Some([one]) => Ok(one.clone()),
            _ => Err(told.to_string()),
        }
    });
    assert_eq!(
        (&waiting["document"], &waiting["within"][0]),
        (&"Shop-Paused".into(), &"Shop-Mid".into())
    );
    let leaf = waiting["execution_id"].as_str().unwrap();
    let says = err(&shop.run(&["status", &id]));
    let wanted = format!("Shop-Paused (in Shop-Mid) waits for a person at wait: qd documents resume {leaf}");
    assert!(says.contains(&wanted), "{says}");
    assert_eq!(code(&shop.run(&["resume", leaf])), 0);
    assert_eq!(following.end().1, 0);
}
