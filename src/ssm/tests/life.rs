//! Openings, ends, sizes, states: the life of a channel on a network that works.

use super::peer::{Peer, Script, options};
use crate::ssm::{Channel, Event, Options, Signing, State, Why, frame::Payload};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::Receiver;

const SHAKE: &str = r#"{"AgentVersion":"3.3.987.0","RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":{"SessionType":"NonInteractiveCommands","Properties":null}}]}"#;

pub async fn open(peer: &Peer, options: Options) -> (Channel, Receiver<Event>) {
    Channel::open(peer.ticket(), Arc::new(peer.clone()), options)
        .await
        .unwrap()
}

pub async fn until(events: &mut Receiver<Event>, mut want: impl FnMut(&Event) -> bool) -> Event {
    let wait = async {
        loop {
            let event = events.recv().await.expect("the events ended too early");
            if want(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .expect("the event did not come")
}

async fn end(events: &mut Receiver<Event>) -> crate::ssm::End {
    let Event::Ended(end) = until(events, |event| matches!(event, Event::Ended(_))).await else {
        unreachable!()
    };
    assert_eq!(events.recv().await, None);
    end
}

#[tokio::test]
async fn a_shell_without_a_handshake_is_ready_at_its_prompt_and_the_size_goes_first() {
    let peer = Peer::start(Script::default()).await;
    let (channel, mut events) = open(&peer, options()).await;
    channel.input(Bytes::from(vec![b'x'; 2500])).await.unwrap();
    let ready = until(&mut events, |event| matches!(event, Event::Ready { .. })).await;
    assert!(matches!(
        ready,
        Event::Ready {
            agent_version: None,
            ..
        }
    ));
    assert_eq!(events.recv().await, Some(Event::Output("$ ".into())));
    peer.until("four messages", |seen| seen.taken.len() == 4).await;
    assert_eq!(
        peer.seen().taken[0],
        (Payload::Size, br#"{"cols":80,"rows":24}"#.to_vec())
    );
    assert_eq!(peer.typed(), vec![b'x'; 2500]);
    let opening = peer.seen().openings[0].clone();
    assert_eq!(opening["MessageSchemaVersion"], "1.0");
    assert_eq!(opening["TokenValue"], "t0p-s3cret");
    assert_eq!(opening["ClientVersion"], "1.2.700.0");
    // The peer has seen a message before its acknowledgement is back.
    let measured = async {
        while channel.round_trip().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), measured)
        .await
        .unwrap();
    assert_eq!(channel.state(), State::Connected);
}

#[tokio::test]
async fn with_a_handshake_input_waits_for_its_completion() {
    let peer = Peer::start(Script {
        handshake: Some(SHAKE),
        ..Script::default()
    })
    .await;
    let (channel, mut events) = open(&peer, options()).await;
    channel.input("early".into()).await.unwrap();
    let ready = until(&mut events, |event| matches!(event, Event::Ready { .. })).await;
    assert_eq!(
        ready,
        Event::Ready {
            agent_version: Some("3.3.987.0".into()),
            session_type: "NonInteractiveCommands".into(),
            customer_message: "hello".into()
        }
    );
    peer.until("input", |seen| seen.taken.len() == 3).await;
    let kinds: Vec<_> = peer.seen().taken.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds,
        [Payload::HandshakeResponse, Payload::Size, Payload::Output]
    );
    peer.say(Payload::Stderr, b"oops");
    peer.say(Payload::ExitCode, b"EXIT_CODE: 3");
    peer.say(Payload::Flag, &[0, 0, 0, 3]);
    assert_eq!(events.recv().await, Some(Event::State(State::Connected)));
    assert_eq!(events.recv().await, Some(Event::Stderr("oops".into())));
    assert_eq!(events.recv().await, Some(Event::ExitCode(3)));
    assert_eq!(
        events.recv().await,
        Some(Event::Flag(crate::ssm::Flag::ConnectToPortError))
    );
}

#[tokio::test]
async fn what_this_client_does_not_do_is_refused_in_words() {
    let request =
        r#"{"AgentVersion":"3","RequestedClientActions":[{"ActionType":"Future","ActionParameters":{}}]}"#;
    let peer = Peer::start(Script {
        handshake: Some(request),
        ..Script::default()
    })
    .await;
    let (_channel, mut events) = open(&peer, options()).await;
    peer.until("a response", |seen| !seen.taken.is_empty()).await;
    peer.close("Future failed on client with status 3", true);
    let end = end(&mut events).await;
    assert_eq!(end.why, Why::Refused);
    assert!(
        end.text.starts_with("Future is not supported by this client"),
        "{}",
        end.text
    );
}

#[tokio::test]
async fn a_session_that_cannot_be_encrypted_ends_with_the_reason_and_the_agent_is_told() {
    let request = r#"{"AgentVersion":"3","RequestedClientActions":[{"ActionType":"KMSEncryption","ActionParameters":{"KMSKeyId":"k-1"}}]}"#;
    for (key, says) in [
        (None, "kms:GenerateDataKey is not allowed"),
        (Some(32), "the data key has 32 bytes, not 64"),
    ] {
        let script = Script {
            handshake: Some(request),
            key,
            ..Script::default()
        };
        let peer = Peer::start(script).await;
        let options = Options {
            target: "i-1".into(),
            ..options()
        };
        let (_channel, mut events) = open(&peer, options).await;
        let end = end(&mut events).await;
        assert_eq!(end.why, Why::Refused);
        assert!(end.text.contains(says), "{}", end.text);
        peer.until("the agent was told", |seen| {
            let told = seen
                .taken
                .first()
                .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
            told.is_some_and(|told| told.contains("\"ActionStatus\":2"))
        })
        .await;
        let seen = peer.seen();
        let context = &seen.key_requests[0].context;
        assert_eq!(
            (
                context["aws:ssm:SessionId"].as_str(),
                context["aws:ssm:TargetId"].as_str()
            ),
            ("s-1", "i-1")
        );
        assert_eq!((context.len(), seen.terminated), (2, 1));
    }
}

#[tokio::test]
async fn a_close_of_either_header_brings_its_text_and_terminates() {
    let idle = "Your session timed out due to inactivity and has been terminated.";
    for (text, short, why) in [
        ("", true, Why::RemoteClosed),
        ("Step name: X", false, Why::RemoteClosed),
        ("\n----------ERROR-------\nUnable to start\n", true, Why::Failed),
        (idle, true, Why::TimedOut),
    ] {
        let peer = Peer::start(Script::default()).await;
        let (channel, mut events) = open(&peer, options()).await;
        until(&mut events, |event| matches!(event, Event::Output(_))).await;
        peer.close(text, short);
        let end = end(&mut events).await;
        let said = text
            .trim()
            .trim_start_matches("----------ERROR-------\n")
            .trim_end_matches('.');
        assert_eq!((end.text.as_str(), end.why), (said, why));
        assert_eq!(channel.state(), State::Ended);
        assert_eq!(peer.seen().terminated, 1);
        assert!(channel.input("late".into()).await.is_err());
    }
}

#[tokio::test]
async fn every_way_of_leaving_terminates_the_session() {
    let peer = Peer::start(Script::default()).await;
    let (channel, mut events) = open(&peer, options()).await;
    let other = channel.clone();
    drop(channel);
    until(&mut events, |event| matches!(event, Event::Output(_))).await;
    assert_eq!(peer.seen().terminated, 0, "one handle is left");
    drop(other);
    assert_eq!(end(&mut events).await.why, Why::Terminated);
    assert_eq!(peer.seen().terminated, 1);

    let peer = Peer::start(Script::default()).await;
    let (_channel, events) = open(&peer, options()).await;
    drop(events);
    peer.until("terminated for want of a reader", |seen| seen.terminated == 1)
        .await;

    let peer = Peer::start(Script::default()).await;
    let (channel, _events) = open(&peer, options()).await;
    channel.terminate().await;
    assert_eq!(peer.seen().terminated, 1);

    let peer = Peer::start(Script {
        forbid: true,
        ..Script::default()
    })
    .await;
    let error = Channel::open(peer.ticket(), Arc::new(peer.clone()), options())
        .await
        .unwrap_err();
    assert_eq!(error.cause, "127.0.0.1: the relay answered HTTP 403");
    assert!(!format!("{error:?}").contains("hidden"));
    assert_eq!(peer.seen().terminated, 1);
    assert_eq!(peer.seen().upgrades, 2);
}

#[tokio::test]
async fn a_403_to_a_signature_is_followed_by_one_try_without() {
    for (forbid_signed, signing, upgrades) in [
        (false, Signing::Signed, 1),
        (true, Signing::UnsignedAfterRefusal, 2),
    ] {
        let peer = Peer::start(Script {
            forbid_signed,
            ..Script::default()
        })
        .await;
        let (_channel, mut events) = open(&peer, options()).await;
        assert_eq!(events.recv().await, Some(Event::Opened(signing)));
        assert_eq!(peer.seen().upgrades, upgrades);
    }
}

#[tokio::test]
async fn sizes_of_one_moment_become_one_message() {
    let peer = Peer::start(Script::default()).await;
    let (channel, mut events) = open(&peer, options()).await;
    until(&mut events, |event| matches!(event, Event::Output(_))).await;
    for cols in 90..120 {
        channel.resize(cols, 30);
    }
    peer.until("a second size", |seen| seen.taken.len() == 2).await;
    channel.resize(119, 30);
    tokio::time::sleep(Duration::from_millis(60)).await;
    let seen = peer.seen();
    assert_eq!(seen.taken.len(), 2, "an unchanged size is not sent again");
    assert_eq!(seen.taken[1].1, br#"{"cols":119,"rows":30}"#);
}

#[tokio::test]
async fn garbage_is_reported_and_what_follows_arrives() {
    let garbage = vec![vec![], vec![0xff; 5], vec![0xff; 4000]];
    let peer = Peer::start(Script {
        garbage,
        ..Script::default()
    })
    .await;
    let (channel, mut events) = open(&peer, options()).await;
    let told = until(&mut events, |event| matches!(event, Event::Malformed { .. })).await;
    assert!(matches!(told, Event::Malformed { count: 1, .. }));
    until(&mut events, |event| *event == Event::Output("$ ".into())).await;
    assert_eq!(channel.counts().malformed, 3);
}

#[tokio::test]
async fn a_program_without_a_prompt_gets_its_input_after_a_while() {
    let peer = Peer::start(Script {
        handshake: Some(""),
        ..Script::default()
    })
    .await;
    let mut impatient = options();
    impatient.assume_open_after = Some(Duration::from_millis(20));
    let (channel, _events) = open(&peer, impatient).await;
    channel.input("ping\n".into()).await.unwrap();
    peer.until("input", |seen| seen.taken.len() == 2).await;
}
