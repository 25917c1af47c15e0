//! No network for ten minutes: the state line is right all the while, and not a byte is lost. Time runs three hundred
//! times faster here: every span of the default options is divided by that, and so is the outage.

use super::{
    life::open,
    peer::{Peer, Script},
};
use crate::ssm::{Event, Options, State};
use std::time::Duration;

const FASTER: u32 = 300;
const OUTAGE: Duration = Duration::from_secs(600);

fn options() -> Options {
    let usual = Options::default();
    Options {
        ping_every: usual.ping_every / FASTER,
        pong_within: usual.pong_within / FASTER,
        stalled_after: usual.stalled_after / FASTER,
        pong_stalled: usual.pong_stalled / FASTER,
        dial_within: usual.dial_within / FASTER,
        settled_after: usual.settled_after / FASTER,
        patience: usual.patience / FASTER,
        retry: (usual.retry.0 / FASTER, usual.retry.1 / FASTER),
        ..usual
    }
}

#[tokio::test]
async fn ten_minutes_without_a_network_are_outlasted_without_a_lost_byte_or_a_wrong_state() {
    let usual = Options::default();
    assert!(
        usual.patience > Duration::from_secs(3600),
        "longer than any idle limit"
    );
    let peer = Peer::start(Script::default()).await;
    let (channel, mut events) = open(&peer, options()).await;
    let mut heard = Vec::new();
    let mut states = Vec::new();
    let mut hear = async |events: &mut tokio::sync::mpsc::Receiver<Event>, until: &dyn Fn(&Event) -> bool| {
        loop {
            let event = events.recv().await.expect("the session ended");
            let reached = until(&event);
            match event {
                Event::Output(bytes) => heard.extend(bytes),
                Event::State(state) => states.push(state),
                Event::Missing(range) => panic!("lost {range:?}"),
                _ => {}
            }
            if reached {
                return;
            }
        }
    };
    hear(&mut events, &|event| *event == Event::State(State::Connected)).await;
    channel.input("before ".into()).await.unwrap();
    peer.until("the first words", |seen| seen.typed() == b"before ")
        .await;

    peer.script().dead = true;
    let out = tokio::time::Instant::now();
    channel.input("during ".into()).await.unwrap();
    peer.say(crate::ssm::frame::Payload::Output, b"meanwhile ");
    // Every state that is told while there is no network says so.
    let (mut attempts, mut last) = (0, 0);
    while let Ok(event) = tokio::time::timeout_at(out + OUTAGE / FASTER, events.recv()).await {
        match event.expect("the session ended during the outage") {
            Event::State(State::Resuming { attempt, .. }) => {
                assert_eq!(attempt, last + 1, "every try is counted");
                (attempts, last) = (attempts + 1, attempt);
            }
            Event::State(State::Stalled { .. }) => {
                assert_eq!(attempts, 0, "a stall comes before the first try")
            }
            Event::State(wrong) => panic!("{wrong:?} during an outage"),
            Event::Output(bytes) => panic!("{bytes:?} during an outage"),
            _ => {}
        }
    }
    assert!(
        matches!(channel.state(), State::Resuming { .. }),
        "{:?}",
        channel.state()
    );
    // A try every five seconds at most, each with some jitter: 120 to 240, fewer where this machine is busy.
    assert!((30..260).contains(&attempts), "{attempts} tries");

    peer.script().dead = false;
    hear(&mut events, &|event| matches!(event, Event::Resumed { .. })).await;
    hear(&mut events, &|event| *event == Event::State(State::Connected)).await;
    channel.input("after".into()).await.unwrap();
    peer.until("everything that was typed", |seen| {
        seen.typed() == b"before during after"
    })
    .await;
    peer.say(crate::ssm::frame::Payload::Output, b"again");
    while heard_text(&mut events, &mut heard).await != "$ meanwhile again" {}
    assert_eq!(peer.seen().terminated, 0);
}

async fn heard_text(events: &mut tokio::sync::mpsc::Receiver<Event>, heard: &mut Vec<u8>) -> String {
    if String::from_utf8_lossy(heard) != "$ meanwhile again"
        && let Some(Event::Output(bytes)) = events.recv().await
    {
        heard.extend(bytes);
    }
    String::from_utf8_lossy(heard).into_owned()
}
