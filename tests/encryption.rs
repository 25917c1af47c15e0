//! Encrypted sessions against the simulator: the key from KMS, the challenge, both directions, and every refusal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use quarterdeck::aws::{Cloud, Place, Settings, StaticAccount};
use quarterdeck::recording::{Mode, Reader, What};
use quarterdeck::session::{self, Live, Request, Status};
use quarterdeck::sim::{Faults, Options, Sim, agent};

struct House {
    _sim: Sim,
    data: tempfile::TempDir,
    live: Live,
}

async fn open(faults: &str) -> House {
    let sim = Sim::start(Options {
        faults: Faults::parse(faults).unwrap(),
        agent: agent::Options {
            shell: Some("PS1='$ ' exec /bin/sh -i".into()),
            pace: false,
            start_pause_for: Duration::ZERO,
            ..agent::Options::default()
        },
        ..Options::default()
    })
    .unwrap();
    let account = sim.accounts()[0].clone();
    let place = Place {
        profile: account.name.clone(),
        region: account.regions[0].clone(),
    };
    let cloud = Cloud::connect(Settings {
        endpoint_url: Some(sim.endpoint_url()),
        accounts: vec![StaticAccount {
            name: account.name,
            id: account.id.clone(),
            access_key_id: account.access_key_id,
            secret_access_key: account.secret_access_key,
            session_token: account.session_token,
            regions: account.regions,
        }],
        ..Settings::default()
    });
    let target = online(&cloud, &place).await;
    let data = tempfile::tempdir().unwrap();
    let request = Request {
        cloud,
        place,
        account: account.id,
        target,
        name: "web".into(),
        kind: "shell",
        document: None,
        command: None,
        container: None,
        parameters: Default::default(),
        reason: "INC-7".into(),
        size: (80, 24),
        scrollback: 100,
        mode: Mode::Strict,
        recipients: Default::default(),
        data_dir: data.path().into(),
        changed: Default::default(),
        sink: None,
    };
    let live = session::open(request).await.unwrap();
    House {
        _sim: sim,
        data,
        live,
    }
}

async fn online(cloud: &Cloud, place: &Place) -> String {
    use futures_util::StreamExt;
    let mut pages = cloud.fetch_managed_nodes(place).await;
    while let Some(page) = pages.next().await {
        let node = page
            .unwrap()
            .into_iter()
            .find(|node| node.ping == "Online" && node.id.starts_with("i-"));
        if let Some(node) = node {
            return node.id;
        }
    }
    panic!("no instance is online")
}

impl House {
    async fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        for _ in 0..2000 {
            if wanted(&self.live.with_screen(|screen| screen.text())) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never happened: {what}; {}", *self.live.status().borrow());
    }

    async fn ended(&self) -> Status {
        tokio::time::timeout(Duration::from_secs(20), self.live.ended())
            .await
            .unwrap()
    }

    fn recorded(&self) -> Vec<u8> {
        let days = std::fs::read_dir(self.data.path().join("recordings")).unwrap();
        let day = days
            .map(|day| day.unwrap().path())
            .find(|day| day.is_dir())
            .unwrap();
        let file = std::fs::read_dir(day).unwrap().next().unwrap().unwrap().path();
        let mut bytes = Vec::new();
        for event in Reader::open(&file).unwrap().events().unwrap() {
            if let What::Output(output) = event.unwrap().what {
                bytes.extend(output);
            }
        }
        bytes
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_is_encrypted_both_ways_and_its_agent_insists_on_the_challenge() {
    let house = open("channel.kms=1,channel.require_challenge=1").await;
    house.until("a prompt", |screen| screen.contains('$')).await;
    house.live.input("echo secret-$((6*7))\r");
    house
        .until("the answer", |screen| screen.contains("secret-42"))
        .await;
    let notice = house.live.status().borrow().notice.clone();
    assert_eq!(
        notice.as_deref(),
        Some("This session is encrypted using AWS KMS.")
    );
    house.live.end();
    assert!(house.ended().await.ended_well);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_key_is_named_with_the_action_that_is_missing() {
    let house = open("channel.kms=1,fail.kms=denied").await;
    let status = house.ended().await;
    let says = status.to_string();
    assert!(
        says.contains("kms:GenerateDataKey is not allowed") && says.contains("alias/session-manager"),
        "{says}"
    );
    assert!(!status.ended_well);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_on_the_way_ends_the_session_and_is_not_shown() {
    let house = open("channel.kms=1,channel.tamper=2").await;
    house.until("a prompt", |screen| screen.contains('$')).await;
    house
        .live
        .input("echo one; sleep 0.2; echo two; sleep 0.2; echo three\r");
    let status = house.ended().await;
    assert!(status.to_string().contains("does not decrypt"), "{status}");
    let recorded = String::from_utf8_lossy(&house.recorded()).into_owned();
    assert!(!recorded.contains("three"), "{recorded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_session_survives_losses_and_closes() {
    let house =
        open("channel.kms=1,channel.drop=0.05,channel.duplicate=0.05,channel.reorder=0.1,channel.bye=300ms")
            .await;
    house.until("a prompt", |screen| screen.contains('$')).await;
    house
        .live
        .input("for n in 1 2 3 4 5 6 7 8; do echo line-$n; sleep 0.1; done; echo done-$((3*3))\r");
    house.until("all of it", |screen| screen.contains("done-9")).await;
    let recorded = String::from_utf8_lossy(&house.recorded()).into_owned();
    for n in 1..=8 {
        assert_eq!(
            recorded.matches(&format!("line-{n}\r\n")).count(),
            1,
            "{recorded}"
        );
    }
}
