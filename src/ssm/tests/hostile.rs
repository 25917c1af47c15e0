//! Bytes that nobody in his senses would send: refused or ignored, counted, never a panic.

use crate::ssm::{
    Event, Options,
    flow::Flow,
    frame::{self, Message, Payload, Refused},
    tally::Tally,
};
use proptest::prelude::*;
use std::sync::Arc;
use tokio::time::Instant;

fn output(sequence: i64, payload: &[u8]) -> Message {
    Message::new(frame::OUTPUT, sequence, 0, Payload::Output, payload)
}

fn flow() -> (Flow, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    (Flow::new(&Options::default(), tally.clone()), tally)
}

#[test]
fn a_flipped_payload_bit_is_refused_and_told_once_per_doubling() {
    let (mut flow, tally) = flow();
    let mut bytes = output(0, b"hello").encode();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(Message::decode(&bytes), Err(Refused::Digest));
    for _ in 0..100 {
        flow.hear(&bytes, Instant::now());
    }
    assert_eq!(tally.counts().malformed, 100);
    assert_eq!(
        flow.take_frames().count(),
        0,
        "what is broken is not acknowledged"
    );
    let told = std::iter::from_fn(|| flow.next_event()).count();
    assert_eq!(told, 7);
}

#[test]
fn header_lengths_that_lie_are_refused() {
    for length in [0u32, 111, 113, 115, 117, u32::MAX] {
        let mut bytes = output(0, b"hello").encode();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(Message::decode(&bytes), Err(Refused::HeaderLength(length)));
    }
}

#[test]
fn unknown_payload_types_are_acknowledged_and_ignored() {
    let (mut flow, tally) = flow();
    flow.hear(
        &Message::new(frame::OUTPUT, 0, 0, Payload::Unknown(99), b"?".to_vec()).encode(),
        Instant::now(),
    );
    flow.hear(
        &Message::new("future_message", 0, 0, Payload::None, b"?".to_vec()).encode(),
        Instant::now(),
    );
    assert_eq!(flow.take_frames().count(), 1);
    assert!(!flow.has_events());
    assert_eq!(tally.counts().unknown, 2);
}

#[test]
fn a_close_names_what_never_arrived() {
    let (mut flow, _) = flow();
    let now = Instant::now();
    flow.hear(&output(0, b"a").encode(), now);
    flow.hear(&output(2, b"c").encode(), now);
    flow.hear(
        &Message::new(
            frame::CHANNEL_CLOSED,
            0,
            0,
            Payload::None,
            br#"{"Output":"bye"}"#.to_vec(),
        )
        .encode(),
        now,
    );
    let events: Vec<_> = std::iter::from_fn(|| flow.next_event()).skip(1).collect();
    assert_eq!(
        events,
        [
            Event::Output("a".into()),
            Event::Missing(1..2),
            Event::Output("c".into()),
            Event::Reached(2)
        ]
    );
    assert_eq!(flow.ended().unwrap().text, "bye");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (mut flow, _) = flow();
        flow.hear(&bytes, Instant::now());
        let _ = Message::decode(&bytes);
    }

    #[test]
    fn mutated_messages_never_panic_and_never_pass_with_another_payload(
        kind in prop::sample::select(vec![frame::OUTPUT, frame::ACKNOWLEDGE, frame::CHANNEL_CLOSED, "x"]),
        payload_kind in 0u32..15,
        sequence in any::<i64>(),
        payload in prop::collection::vec(any::<u8>(), 1..80),
        at in any::<prop::sample::Index>(),
        with in 1u8..,
        cut in any::<prop::sample::Index>(),
        relay in any::<bool>(),
    ) {
        let message = Message::new(kind, sequence, 0, payload_kind.into(), payload.clone());
        let mut bytes = if relay { message.encode_as_relay() } else { message.encode() };
        let start = bytes.len() - payload.len();
        prop_assert_eq!(Message::decode(&bytes).map(|back| back.payload), Ok(payload.clone()));
        let at = at.index(bytes.len());
        bytes[at] ^= with;
        if at >= start || (80..112).contains(&at) {
            prop_assert_eq!(Message::decode(&bytes), Err(Refused::Digest));
        }
        let (mut flow, _) = flow();
        flow.hear(&bytes, Instant::now());
        flow.hear(&bytes[..cut.index(bytes.len())], Instant::now());
    }

    #[test]
    fn a_round_trip_changes_nothing(
        sequence in any::<i64>(), flags in any::<u64>(), created_ms in 1u64.., schema in any::<u32>(),
        id in any::<[u8; 16]>(), number in any::<u32>(), payload in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let message = Message {
            schema, created_ms, id: uuid::Uuid::from_bytes(id),
            ..Message::new(frame::INPUT, sequence, flags, number.into(), payload)
        };
        prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
    }
}
