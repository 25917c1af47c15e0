//! The whole way from log to receiver, with a program or a small server at its end.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::audit::{Actor, Event, Kind, Log, Outcome, Range, Target};
use crate::config::{Notify, Receiver, Risky, Secret, Severity};
use crate::net::Network;

fn notify(name: &str, to: Receiver) -> Notify {
    Notify {
        name: name.into(),
        to,
        events: Vec::new(),
        severity: Severity::Info,
        production: None,
    }
}

fn dispatcher(dir: &Path, receivers: Vec<Notify>) -> Dispatcher {
    let rules = Rules::new(&[]).unwrap();
    let known = |entry: &crate::audit::Entry| {
        let id = entry.target.as_ref()?.id.as_deref()?;
        match id {
            "i-prod" => Some(true),
            "i-test" => Some(false),
            _ => None,
        }
    };
    Dispatcher::new(dir, receivers, rules, Arc::new(known), Network::default())
}

/// Writes each event that it is given into a file of its own.
fn keeper(dir: &Path) -> Receiver {
    let script = format!("cat >> {}/told", dir.display());
    Receiver::Command(["sh", "-c", &script].map(str::to_owned).to_vec())
}

fn told(dir: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(dir.join("told")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn say(dir: &Path, kind: Kind, target: &str) {
    let mut event = Event::new(kind, Actor::local());
    event.target = Some(Target {
        id: Some(target.into()),
        ..Target::default()
    });
    Log::open(dir).unwrap().append(event).unwrap();
}

type Requests = Arc<Mutex<Vec<String>>>;

/// Answers each request with the next of these statuses, the last one again and again.
async fn server(statuses: &'static [u16]) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = requests.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut got = String::new();
            let mut buffer = [0; 16_384];
            loop {
                let count = stream.read(&mut buffer).await.unwrap();
                got.push_str(&String::from_utf8_lossy(&buffer[..count]));
                let length = got
                    .lines()
                    .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let body = got.split_once("\r\n\r\n").map(|(_, body)| body.len());
                if count == 0 || body.is_some() && body >= length {
                    break;
                }
            }
            let status = statuses[number.min(statuses.len() - 1)];
            seen.lock().unwrap().push(got);
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, requests)
}

#[tokio::test]
async fn what_happens_after_the_beginning_is_told_once_and_what_was_before_is_not() {
    let dir = tempfile::tempdir().unwrap();
    say(dir.path(), Kind::SessionStart, "i-old");
    let dispatcher = dispatcher(dir.path(), vec![notify("keep", keeper(dir.path()))]);
    dispatcher.begin().unwrap();
    say(dir.path(), Kind::SessionStart, "i-new");
    say(dir.path(), Kind::CostQuery, "i-new");
    assert_eq!(dispatcher.backlog().unwrap().unread, 1);
    let tally = dispatcher.round(false).await.unwrap().unwrap();
    assert_eq!(
        tally,
        Tally {
            queued: 1,
            sent: 1,
            failed: 0
        }
    );
    let again = dispatcher.round(true).await.unwrap().unwrap();
    assert_eq!(again, Tally::default());
    let told = told(dir.path());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["event"]["target"]["id"], "i-new");
    let uid = told[0]["event"]["uid"].as_str().unwrap();
    assert_eq!(told[0]["id"], format!("{uid}.keep"));
}

#[tokio::test]
async fn a_place_that_was_lost_tells_twice_with_the_same_id_and_nothing_never() {
    let dir = tempfile::tempdir().unwrap();
    let dispatcher = dispatcher(dir.path(), vec![notify("keep", keeper(dir.path()))]);
    dispatcher.begin().unwrap();
    say(dir.path(), Kind::SessionStart, "i-1");
    dispatcher.round(false).await.unwrap();
    std::fs::write(dir.path().join("notify/position.json"), "{").unwrap();
    dispatcher.round(false).await.unwrap();
    let told = told(dir.path());
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["id"], told[1]["id"]);
}

#[tokio::test]
async fn a_receiver_in_trouble_is_asked_again_until_it_takes_it_and_the_key_stays_out_of_sight() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    std::fs::write(&key, "a long random key\n").unwrap();
    let (url, requests) = server(&[500, 200]).await;
    let to = Receiver::Webhook {
        url,
        secret: Some(Secret::File(key)),
    };
    let dispatcher = dispatcher(dir.path(), vec![notify("siem", to)]);
    dispatcher.begin().unwrap();
    say(dir.path(), Kind::SessionStart, "i-1");
    let tally = dispatcher.round(false).await.unwrap().unwrap();
    assert_eq!((tally.sent, tally.failed), (0, 1));
    let waiting = dispatcher.backlog().unwrap().items;
    assert_eq!(waiting[0].tries, 1);
    assert!(waiting[0].says.as_ref().unwrap().contains("HTTP 500"));
    assert!(waiting[0].next_at > waiting[0].queued_at);
    // Not due yet: left alone. Asked for: tried.
    assert_eq!(dispatcher.round(false).await.unwrap().unwrap(), Tally::default());
    assert_eq!(dispatcher.round(true).await.unwrap().unwrap().sent, 1);
    assert!(dispatcher.backlog().unwrap().items.is_empty());

    let requests = requests.lock().unwrap();
    for request in requests.iter() {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")))
                .unwrap()
        };
        let signed = send::signature(b"a long random key", header("x-quarterdeck-timestamp"), body);
        assert_eq!(header("x-quarterdeck-signature"), signed);
        assert!(!request.contains("a long random key"));
    }
    let log = Log::open(dir.path()).unwrap();
    let last = log.read(Range::default()).unwrap().last().unwrap().unwrap();
    assert_eq!(
        (last.event.as_str(), last.outcome),
        ("notify.sent", Outcome::Success)
    );
    assert_eq!(last.body["tries"], 2);
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    // Connections wait to be accepted, for ever.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", mute.local_addr().unwrap());
    let receivers = vec![
        notify("mute", Receiver::Slack(url)),
        notify("quick", keeper(dir.path())),
    ];
    let dispatcher = dispatcher(dir.path(), receivers);
    dispatcher.begin().unwrap();
    let heard = async |events: usize| {
        let for_quick = |items: Vec<Item>| items.iter().filter(|item| item.to == "quick").count();
        while told(dir.path()).len() < events || for_quick(dispatcher.backlog().unwrap().items) > 0 {
            tokio::task::yield_now().await;
        }
    };
    say(dir.path(), Kind::SessionStart, "i-1");
    say(dir.path(), Kind::SessionEnd, "i-1");
    let both_and_a_later_one = async {
        heard(2).await;
        say(dir.path(), Kind::SessionStart, "i-2");
        heard(3).await;
    };
    tokio::select! {
        done = dispatcher.round(false) => panic!("the mute one answered: {done:?}"),
        () = both_and_a_later_one => {}
    }
    let waiting = dispatcher.backlog().unwrap().items;
    assert_eq!(waiting.len(), 3);
    assert!(waiting.iter().all(|item| item.to == "mute"));
}

#[test]
fn the_signature_is_the_hmac_that_other_programs_compute() {
    // Computed with: printf '1780000000.{}' | openssl dgst -sha256 -hmac key
    let expected = "v1=91c687852de220478a081e66b99a949dbf2f672c4122086cb089001817d29992";
    assert_eq!(send::signature(b"key", "1780000000", "{}"), expected);
}

#[tokio::test]
async fn a_queue_that_cannot_be_written_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dispatcher = dispatcher(dir.path(), vec![notify("keep", keeper(dir.path()))]);
    dispatcher.begin().unwrap();
    std::fs::write(dir.path().join("notify/queue"), "in the way").unwrap();
    say(dir.path(), Kind::SessionStart, "i-1");
    assert!(dispatcher.round(false).await.is_err());
    assert!(dispatcher.backlog().is_err() || dispatcher.backlog().unwrap().unread == 1);
    std::fs::remove_file(dir.path().join("notify/queue")).unwrap();
    assert_eq!(dispatcher.round(false).await.unwrap().unwrap().sent, 1);
}

#[tokio::test]
async fn only_one_process_tells_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let dispatcher = dispatcher(dir.path(), Vec::new());
    dispatcher.begin().unwrap();
    let held = crate::store::Lock::acquire(&dir.path().join("notify/lock")).unwrap();
    assert_eq!(dispatcher.round(false).await.unwrap(), None);
    drop(held);
    assert!(dispatcher.round(false).await.unwrap().is_some());
}

#[tokio::test]
async fn a_risky_command_is_an_event_of_its_own_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut only_alerts = notify("keep", keeper(dir.path()));
    only_alerts.events = vec!["alert".into()];
    let dispatcher = dispatcher(dir.path(), vec![only_alerts]);
    dispatcher.begin().unwrap();
    let log = Log::open(dir.path()).unwrap();
    for command in ["ls -l", "sudo rm -rf /srv"] {
        let event = Event::new(Kind::SessionCommand, Actor::local()).with("command", command);
        log.append(event).unwrap();
    }
    dispatcher.round(false).await.unwrap();
    let told = told(dir.path());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["event"]["body"]["rule"], "removes a tree");
    assert!(log.verify().unwrap().ok);
}

#[tokio::test]
async fn receivers_hear_what_they_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let named = |name: &str, change: fn(&mut Notify)| {
        let mut notify = notify(name, Receiver::Command(vec!["false".into()]));
        change(&mut notify);
        notify
    };
    let receivers = vec![
        named("prod", |n| n.production = Some(true)),
        named("rest", |n| n.production = Some(false)),
        named("loud", |n| n.severity = Severity::Error),
        named("gaps", |n| n.events = vec!["session.recording".into()]),
    ];
    let dispatcher = dispatcher(dir.path(), receivers);
    dispatcher.begin().unwrap();
    say(dir.path(), Kind::SessionStart, "i-prod");
    say(dir.path(), Kind::SessionStart, "i-test");
    say(dir.path(), Kind::RecordingMissing, "i-unknown");
    dispatcher.round(false).await.unwrap();
    let items = dispatcher.backlog().unwrap().items;
    let heard = |name: &str| {
        let mine = items.iter().filter(|item| item.to == name);
        let targets = mine.filter_map(|item| item.entry.target.clone()?.id);
        let mut targets: Vec<String> = targets.collect();
        targets.sort();
        targets.join(" ")
    };
    assert_eq!(heard("prod"), "i-prod i-unknown");
    assert_eq!(heard("rest"), "i-test i-unknown");
    assert_eq!(heard("loud"), "i-unknown");
    assert_eq!(heard("gaps"), "i-unknown");
}

#[test]
fn rules_find_what_harms_and_leave_the_rest_alone() {
    let more = Risky {
        name: "restarts".into(),
        pattern: "systemctl restart".into(),
    };
    let rules = Rules::new(&[more]).unwrap();
    for command in [
        "rm -rf /",
        "rm -r -f x",
        "rm -fr x",
        "mkfs.ext4 /dev/sdb",
        "dd if=/dev/zero of=/dev/sda",
        "psql -c 'DROP TABLE users'",
        "iptables -F",
        "curl -s https://x.example | sudo bash",
        "sudo reboot",
        "history -c",
        "cat /etc/shadow",
        "chmod 777 /srv",
        "kubectl -n shop delete pod a",
        "systemctl restart nginx",
    ] {
        assert!(rules.find(command).is_some(), "{command}");
    }
    for command in [
        "ls -rf",
        "rm x",
        "cat harm-rf.txt",
        "grep drop tables.txt",
        "uptime",
        "select * from t",
        "curl https://x.example | jq .",
    ] {
        assert_eq!(rules.find(command), None, "{command}");
    }
    let bad = Risky {
        name: "bad".into(),
        pattern: "(".into(),
    };
    assert!(Rules::new(&[bad]).is_err());
}

#[test]
fn a_line_for_a_chat_can_neither_call_everybody_nor_hide_a_line() {
    let mut event =
        Event::new(Kind::AlertMatch, Actor::local()).with("command", "<!channel>\n\u{1b}[2Jx & y");
    event.target = Some(Target {
        name: Some("web".into()),
        region: Some("eu-west-1".into()),
        ..Target::default()
    });
    let line = text::line(&crate::audit::Entry::sample(event));
    assert!(line.contains("&lt;!channel&gt;␦␦[2Jx &amp; y"), "{line}");
    assert!(line.contains("on web (eu-west-1)") && line.starts_with(":warning: *alert.match*"));
}

#[test]
fn what_is_not_taken_is_tried_later_each_time_and_within_the_hour_at_last() {
    let now = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    let entry = crate::audit::Entry::sample(Event::new(Kind::SessionStart, Actor::local()));
    let mut item = Item::new("x", entry, now);
    let mut last = jiff::SignedDuration::ZERO;
    for _ in 0..40 {
        item.put_off("no".into(), String::new(), now);
        let wait = item.next_at.duration_since(now);
        assert!(wait >= last && wait <= jiff::SignedDuration::from_hours(1));
        last = wait;
    }
    assert_eq!(last, jiff::SignedDuration::from_hours(1));
}
