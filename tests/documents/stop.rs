//! Stopping what has an id: an automation or a command of Run Command, and what is said where it is neither.

use futures_util::StreamExt;
use quarterdeck::aws::{SendCommand, Sendees};

use super::*;

#[test]
fn an_id_is_stopped_whether_it_is_an_automations_or_a_commands() {
    let shop = Shop::open(&[]);
    let (cloud, place) = shop.sim.cloud("us-east-1");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let send = SendCommand {
        document: "AWS-RunShellScript".into(),
        version: None,
        to: Sendees::Instances(vec![checkout(&shop)]),
        parameters: [("commands".to_owned(), vec!["sleep 600".to_owned()])].into(),
        comment: String::new(),
        delivery_seconds: 600,
        concurrency: None,
        errors: None,
        output: None,
    };
    let command = runtime.block_on(cloud.send_command(&place, send)).unwrap();
    let whole = shop.run(&["stop", &command, "--complete"]);
    assert_eq!(code(&whole), 5, "{}", err(&whole));
    assert!(
        err(&whole).contains("cancelled without --complete"),
        "{}",
        err(&whole)
    );
    let cancelled = shop.run(&["stop", &command, "--comment", "too long"]);
    assert_eq!(code(&cancelled), 0, "{}", err(&cancelled));
    let says = format!("the command {command} is cancelled wherever it has not ended");
    assert!(err(&cancelled).contains(&says), "{}", err(&cancelled));
    soon(|| {
        let rows = runtime.block_on(async { cloud.fetch_invocations(&place, &command).await.next().await });
        let rows = rows.unwrap().unwrap();
        match rows[0].status.as_str() {
            "Cancelled" => Ok(()),
            _ => Err(format!("{rows:?}")),
        }
    });
    let audit = shop
        .sim
        .qd(&shop.home, &["audit", "ls", "--json"])
        .output()
        .unwrap();
    let line = out(&audit)
        .lines()
        .find(|line| line.contains(&command))
        .map(str::to_owned);
    assert!(line.is_some_and(|line| line.contains("Stop Cancel") && line.contains("too long")));
    let unknown = shop.run(&["stop", "00000000-0000-0000-0000-000000000000"]);
    assert_eq!(code(&unknown), 5, "{}", err(&unknown));
    let says = err(&unknown);
    assert!(says.contains("no automation and no command has the id"), "{says}");
    for told in [says, err(&shop.run(&["stop", "ffffff"]))] {
        assert!(told.contains("the whole id of a command"), "{told}");
    }
}
