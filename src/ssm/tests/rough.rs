//! The channel on a network that loses, repeats, reorders, hangs up and falls silent: every byte once and in order.

use super::{
    life::{open, until},
    peer::{Peer, Script, options},
};
use crate::ssm::{Event, Options, State, Why};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

fn lines(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("line {n}\n").into_bytes()).collect()
}

async fn collect(events: &mut Receiver<Event>, length: usize) -> Vec<u8> {
    let mut got = Vec::new();
    while got.len() < length {
        if let Event::Output(bytes) = until(events, |event| matches!(event, Event::Output(_))).await {
            got.extend(bytes);
        }
    }
    got
}

/// Output and input at the same time, compared byte for byte.
async fn exchange(script: Script, count: usize) -> (Peer, crate::ssm::Counts) {
    let want = [b"$ ".to_vec(), lines(count).concat()].concat();
    let peer = Peer::start(Script {
        output: lines(count),
        ..script
    })
    .await;
    let (channel, mut events) = open(
        &peer,
        Options {
            patience: Duration::from_secs(20),
            // Small pieces, so that there is much to lose.
            chunk: 8,
            largest_chunk: 8,
            ..options()
        },
    )
    .await;
    let typing = channel.clone();
    let typed = tokio::spawn(async move {
        for line in lines(count) {
            typing.input(line.into()).await.unwrap();
        }
    });
    assert_eq!(collect(&mut events, want.len()).await, want);
    typed.await.unwrap();
    let length = lines(count).concat().len();
    peer.until("all input taken", |seen| seen.typed().len() == length)
        .await;
    assert_eq!(peer.typed(), lines(count).concat());
    let counts = channel.counts();
    channel.terminate().await;
    (peer, counts)
}

#[tokio::test]
async fn losses_repeats_and_disorder_change_nothing() {
    let script = Script {
        lose: 0.15,
        repeat: 0.2,
        reorder: 0.5,
        ..Script::default()
    };
    let (_, counts) = exchange(script, 150).await;
    assert!(
        counts.resent > 0 && counts.duplicates > 0 && counts.early > 0,
        "{counts:?}"
    );
    assert_eq!(counts.malformed, 0);
}

#[tokio::test]
async fn a_bye_every_few_frames_is_survived_in_both_directions() {
    let script = Script {
        bye_after: Some(150),
        ..Script::default()
    };
    let (peer, counts) = exchange(script, 400).await;
    assert!(counts.resumes >= 2, "{counts:?}");
    let seen = peer.seen();
    assert!(
        seen.openings
            .iter()
            .all(|opening| opening["ClientId"] == seen.openings[0]["ClientId"])
    );
    assert_ne!(seen.openings[0]["RequestId"], seen.openings[1]["RequestId"]);
}

#[tokio::test]
async fn messages_refused_while_the_agent_starts_are_resent_early() {
    let peer = Peer::start(Script {
        refuse: 1,
        ..Script::default()
    })
    .await;
    let mut patient = options();
    patient.first_resend = Duration::from_millis(1);
    let (channel, _events) = open(&peer, patient).await;
    channel.input("a".into()).await.unwrap();
    channel.input("b".into()).await.unwrap();
    peer.until("all input taken", |seen| seen.typed() == b"ab").await;
    assert!(channel.counts().resent >= 1);
}

#[tokio::test]
async fn silence_after_a_ping_leads_to_a_resume() {
    let peer = Peer::start(Script {
        mute_after: Some(2),
        ..Script::default()
    })
    .await;
    let mut quick = options();
    (quick.ping_every, quick.pong_within) = (Duration::from_millis(20), Duration::from_millis(60));
    let (channel, mut events) = open(&peer, quick).await;
    let state = until(&mut events, |event| {
        matches!(event, Event::State(State::Resuming { .. }))
    })
    .await;
    assert!(format!("{state:?}").contains("no answer to a ping"), "{state:?}");
    let resumed = until(&mut events, |event| matches!(event, Event::Resumed { .. })).await;
    assert!(
        matches!(
            resumed,
            Event::Resumed {
                sequence: 1,
                attempts: 1,
                ..
            }
        ),
        "{resumed:?}"
    );
    until(&mut events, |event| *event == Event::State(State::Connected)).await;
    channel.input("back".into()).await.unwrap();
    peer.until("input", |seen| seen.taken.len() == 2).await;
}

#[tokio::test]
async fn input_that_nobody_acknowledges_is_a_stall_until_it_is() {
    let peer = Peer::start(Script {
        refuse: usize::MAX,
        ..Script::default()
    })
    .await;
    let (_channel, mut events) = open(&peer, options()).await;
    until(&mut events, |event| *event == Event::State(State::Connected)).await;
    let before = Instant::now();
    let stalled = until(&mut events, |event| {
        matches!(event, Event::State(State::Stalled { .. }))
    })
    .await;
    let Event::State(State::Stalled { since }) = stalled else {
        unreachable!()
    };
    assert!(since <= before + Duration::from_millis(5));
    peer.script().refuse = 0;
    peer.script().bye_after = None;
    assert_eq!(
        peer.seen().resumes,
        0,
        "the connection answers pings, so it is kept"
    );
}

#[tokio::test]
async fn a_session_that_is_over_when_resumed_ends_as_timed_out() {
    let peer = Peer::start(Script {
        bye_after: Some(2),
        over: true,
        ..Script::default()
    })
    .await;
    let (_channel, mut events) = open(&peer, options()).await;
    let Event::Ended(end) = until(&mut events, |event| matches!(event, Event::Ended(_))).await else {
        unreachable!()
    };
    assert_eq!(end.why, Why::TimedOut);
    assert!(end.text.contains("closed with 1000 \"Bye\""), "{}", end.text);
}

#[tokio::test]
async fn patience_ends_and_says_why_and_termination_cuts_it_short() {
    let script = Script {
        bye_after: Some(2),
        resume_fails: true,
        ..Script::default()
    };
    let peer = Peer::start(script.clone()).await;
    let (_channel, mut events) = open(&peer, options()).await;
    let Event::Ended(end) = until(&mut events, |event| matches!(event, Event::Ended(_))).await else {
        unreachable!()
    };
    assert_eq!(end.why, Why::Lost);
    assert!(end.text.contains("credentials are expired"), "{}", end.text);
    assert!(peer.seen().resumes > 3);
    assert_eq!(peer.seen().terminated, 1);

    let peer = Peer::start(script).await;
    let (channel, mut events) = open(
        &peer,
        Options {
            patience: Duration::from_secs(3600),
            ..options()
        },
    )
    .await;
    until(&mut events, |event| {
        matches!(event, Event::State(State::Resuming { attempt: 3, .. }))
    })
    .await;
    channel.terminate().await;
    assert_eq!(peer.seen().terminated, 1);
}

#[tokio::test]
async fn a_reader_that_sleeps_holds_up_no_keystroke_and_loses_nothing() {
    let output: Vec<Vec<u8>> = (0..3000u32).map(|n| n.to_be_bytes().repeat(256)).collect();
    let want = [b"$ ".to_vec(), output.concat()].concat();
    let peer = Peer::start(Script {
        output,
        ..Script::default()
    })
    .await;
    let (channel, mut events) = open(
        &peer,
        Options {
            events: 4,
            backlog: 256 << 10,
            ..options()
        },
    )
    .await;
    peer.until("acknowledged up to the backlog", |seen| {
        seen.acknowledgements > 200
    })
    .await;
    channel.input("\x03".into()).await.unwrap();
    peer.until("the keystroke", |seen| seen.taken.len() == 2).await;
    assert!(peer.seen().acknowledgements < 3000, "the backlog is bounded");
    assert_eq!(collect(&mut events, want.len()).await, want);
    assert_eq!(channel.counts().resumes, 0);
}
