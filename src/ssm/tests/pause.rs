//! An agent that was told to pause: it sends nothing until it hears from us, so that whoever only waits must be helped.

use crate::ssm::{
    Options,
    flow::Flow,
    frame::{self, Message, Payload},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

fn relayed(kind: &str) -> Vec<u8> {
    Message::new(kind, 0, 0, Payload::None, b"{}".to_vec()).encode_as_relay()
}

fn output(sequence: i64) -> Vec<u8> {
    Message::new(frame::OUTPUT, sequence, 0, Payload::Output, b"x".to_vec()).encode()
}

#[test]
fn a_pause_is_a_stall_until_the_agent_is_heard_and_the_last_acknowledgement_is_said_again() {
    let mut flow = Flow::new(&Options::default(), Arc::default());
    let now = Instant::now();
    flow.hear(&relayed(frame::PAUSE_PUBLICATION), now);
    assert_eq!(flow.take_frames().count(), 0, "nothing was acknowledged yet");
    flow.hear(&output(0), now);
    assert_eq!(flow.waiting_since(), None);
    let acknowledged: Vec<_> = flow.take_frames().collect();
    for pause in 0..2 {
        flow.hear(
            &relayed(frame::PAUSE_PUBLICATION),
            now + Duration::from_secs(pause),
        );
        assert_eq!(flow.take_frames().collect::<Vec<_>>(), acknowledged);
        assert_eq!(flow.waiting_since(), Some(now), "since the first");
    }
    flow.hear(&output(1), now);
    assert_eq!(flow.waiting_since(), None);
}

#[test]
fn the_relay_or_a_new_connection_takes_a_pause_back() {
    let mut flow = Flow::new(&Options::default(), Arc::default());
    let now = Instant::now();
    flow.hear(&relayed(frame::PAUSE_PUBLICATION), now);
    flow.hear(&relayed(frame::START_PUBLICATION), now);
    assert_eq!(flow.waiting_since(), None);
    flow.hear(&relayed(frame::PAUSE_PUBLICATION), now);
    flow.reconnected(now);
    assert_eq!(flow.waiting_since(), None);
}
