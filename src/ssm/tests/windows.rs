//! Whatever the sizes of window, backlog and queue, and however slow either side is: everything arrives. No clock helps
//! here, every timer but the resend's is set to an hour, so that a wake-up that is missing shows as a test that hangs.

use super::peer::Peer;
use crate::{
    net,
    ssm::{
        Event, Options, Ticket,
        actor::{Actor, Ends, Leave},
        event::State,
        frame::{self, Message, Payload},
        intake::Intake,
        payload,
        tally::Tally,
        wire::{QUEUE, Wire},
    },
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    io::{DuplexStream, duplex},
    sync::{mpsc, oneshot, watch},
    task::yield_now,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, tungstenite, tungstenite::protocol::Role};

const HOUR: Duration = Duration::from_secs(3600);
/// Far above what any of these takes.
const HANGS: Duration = Duration::from_secs(60);

fn options() -> Options {
    Options {
        ping_every: HOUR,
        pong_within: HOUR,
        watch_every: HOUR,
        stalled_after: HOUR,
        ..Options::port()
    }
}

async fn pause(turns: usize) {
    for _ in 0..turns {
        yield_now().await;
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// The other end of a pipe: an agent that says `output` in messages of `size`, and takes what is typed.
struct Far {
    output: Vec<u8>,
    size: usize,
    /// Turns that it lets pass before each message it reads, and writes.
    slow: (usize, usize),
    /// Reading begins when told.
    begin: oneshot::Receiver<()>,
    typed: usize,
}

impl Far {
    /// Returns what was typed once all of it is here and all of the output is acknowledged.
    async fn talk(self, socket: &mut WebSocketStream<DuplexStream>) -> Vec<u8> {
        let (mut sink, mut source) = socket.split();
        let (answer, mut answers) = mpsc::unbounded_channel::<Message>();
        let messages = self.output.len().div_ceil(self.size);
        let writing = async {
            let mut pieces = self.output.chunks(self.size).zip(0..);
            loop {
                pause(self.slow.1).await;
                let message = match answers.try_recv() {
                    Ok(answer) => answer,
                    Err(_) => match pieces.next() {
                        Some((piece, at)) => Message::new(frame::OUTPUT, at, 0, Payload::Output, piece),
                        None => answers.recv().await.expect("the reading half lives as long"),
                    },
                };
                sink.send(tungstenite::Message::binary(message.encode()))
                    .await
                    .unwrap();
            }
        };
        let reading = async {
            self.begin.await.unwrap();
            let (mut typed, mut early, mut next) = (Vec::new(), BTreeMap::new(), 0);
            let mut acknowledged = std::collections::BTreeSet::new();
            while typed.len() < self.typed || acknowledged.len() < messages {
                pause(self.slow.0).await;
                let tungstenite::Message::Binary(bytes) = source.next().await.unwrap().unwrap() else {
                    continue;
                };
                let message = Message::decode(&bytes).unwrap();
                if message.kind == frame::ACKNOWLEDGE {
                    acknowledged.insert(payload::parse_acknowledge(&message.payload).unwrap());
                    continue;
                }
                answer.send(payload::acknowledge(&message)).unwrap();
                early.insert(message.sequence, message.payload);
                while let Some(payload) = early.remove(&next) {
                    typed.extend(payload);
                    next += 1;
                }
                early.retain(|sequence, _| *sequence >= next);
            }
            typed
        };
        tokio::select! {
            typed = reading => typed,
            () = writing => unreachable!("it writes for ever"),
        }
    }
}

/// An actor with an open connection over a pipe that holds so many bytes.
async fn connected(options: Options, pipe: usize) -> (Near, WebSocketStream<DuplexStream>) {
    let (near, far) = duplex(pipe);
    let near = net::Stream::new(near, None);
    let (near, far) = tokio::join!(
        WebSocketStream::from_raw_socket(near, Role::Client, None),
        WebSocketStream::from_raw_socket(far, Role::Server, None)
    );
    let (input, pieces) = mpsc::channel(64);
    let (told, events) = mpsc::channel(options.events);
    let (size, sizes) = watch::channel(None);
    let (stop, stopped) = watch::channel(false);
    let ends = Ends {
        intake: Intake::new(pieces),
        sizes,
        stop: stopped,
        events: told,
        states: watch::channel(State::Connecting).0,
    };
    let ticket = Ticket {
        session_id: "s-1".into(),
        token: String::new(),
        stream_url: String::new(),
    };
    // It is never asked: the connection holds.
    let renewal = Arc::new(Peer::start(Default::default()).await);
    let actor = Actor::new(ticket, renewal, options, Arc::new(Tally::default()), ends);
    let near = Near {
        actor,
        wire: Wire::new(near),
        input,
        events,
        size,
        stop,
    };
    (near, far)
}

struct Near {
    actor: Actor,
    wire: Wire,
    input: mpsc::Sender<(Payload, Bytes)>,
    events: mpsc::Receiver<Event>,
    size: watch::Sender<Option<(u16, u16)>>,
    stop: watch::Sender<bool>,
}

/// How slow everyone is, in turns of the scheduler before each step.
#[derive(Debug, Clone, Copy)]
struct Slow {
    far_reads: usize,
    far_writes: usize,
    reader: usize,
    typist: usize,
}

/// Bytes both ways at once; what arrived at the near and at the far side.
async fn exchange(
    options: Options,
    pipe: usize,
    slow: Slow,
    up: usize,
    down: (usize, usize),
) -> (Vec<u8>, Vec<u8>) {
    let (near, mut socket) = connected(options, pipe).await;
    let Near {
        mut actor,
        mut wire,
        input,
        mut events,
        size,
        stop,
    } = near;
    let (begin, began) = oneshot::channel();
    begin.send(()).unwrap();
    let far = Far {
        output: pattern(down.0),
        size: down.1,
        slow: (slow.far_reads, slow.far_writes),
        begin: began,
        typed: up,
    }
    .talk(&mut socket);
    let talking = async {
        match actor.talk(&mut wire).await {
            Leave::Ended(end) => panic!("{end:?}"),
            Leave::Dropped(why) => panic!("{why}"),
        }
    };
    let typing = async {
        for piece in pattern(up).chunks(1777) {
            pause(slow.typist).await;
            input
                .send((Payload::Output, Bytes::copy_from_slice(piece)))
                .await
                .unwrap();
        }
    };
    let reading = async {
        let mut got = Vec::new();
        while got.len() < down.0 {
            pause(slow.reader).await;
            if let Event::Output(bytes) = events.recv().await.unwrap() {
                got.extend(bytes);
            }
        }
        // Others go on reading, too.
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        got
    };
    let all = async { tokio::join!(far, typing, reading) };
    let (typed, (), got) = tokio::select! {
        all = timeout(HANGS, all) => all.expect("it stands still"),
        () = talking => unreachable!(),
    };
    drop((size, stop));
    (got, typed)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

fn any_size(most: u32) -> impl Strategy<Value = usize> {
    // As many small ones as large ones.
    (0..=most, 0.5f64..1.0).prop_map(|(bits, part)| ((1u64 << bits) as f64 * part) as usize + 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_windows_and_any_slowness_let_everything_through(
        in_flight in any_size(21),
        backlog in any_size(21),
        events in any_size(8),
        window in any_size(10),
        largest_chunk in any_size(15),
        pipe in any_size(20),
        far_reads in 0usize..12,
        far_writes in 0usize..12,
        reader in 0usize..12,
        typist in 0usize..12,
        up in 1usize..120_000,
        down in 1usize..400_000,
        size in 64usize..16_000,
    ) {
        // One message at a time is slow enough without pieces of a few bytes by the thousand.
        let up = up.min(largest_chunk * 400);
        let options = Options {
            in_flight,
            backlog,
            events,
            window: (window.min(64), window),
            chunk: largest_chunk.min(1536),
            largest_chunk,
            ..options()
        };
        let slow = Slow { far_reads, far_writes, reader, typist };
        let (got, typed) = run(exchange(options, pipe + 63, slow, up, (down, size)));
        prop_assert!(got == pattern(down));
        prop_assert!(typed == pattern(up));
    }
}

#[test]
fn one_message_at_a_time_and_a_backlog_of_one_event_let_everything_through() {
    let options = Options {
        in_flight: 1,
        backlog: 1,
        events: 1,
        ..options()
    };
    let slow = Slow {
        far_reads: 6,
        far_writes: 6,
        reader: 11,
        typist: 4,
    };
    let (got, typed) = run(exchange(options, 6171, slow, 98_286, (315_785, 10_545)));
    assert!(got == pattern(315_785) && typed == pattern(98_286));
}

#[test]
fn the_windows_of_ports_and_smaller_ones_carry_megabytes_both_ways_past_a_slow_reader() {
    for limit in [2 << 20, 256 << 10, 64 << 10, 4 << 10] {
        let options = Options {
            in_flight: limit,
            backlog: limit,
            events: 8,
            ..options()
        };
        let slow = Slow {
            far_reads: 0,
            far_writes: 0,
            reader: 5,
            typist: 0,
        };
        let (got, typed) = run(exchange(options, 64 << 10, slow, 3_000_000, (3_000_000, 1024)));
        assert!(
            got == pattern(3_000_000) && typed == pattern(3_000_000),
            "limit {limit}"
        );
    }
}

#[test]
fn reading_goes_on_as_soon_as_a_relay_that_did_not_read_has_caught_up() {
    let messages = QUEUE + 4000;
    run(async {
        let (near, mut socket) = connected(options(), 4096).await;
        let Near {
            mut actor,
            mut wire,
            input,
            mut events,
            size,
            stop,
        } = near;
        let (begin, began) = oneshot::channel();
        let far = Far {
            output: pattern(messages),
            size: 1,
            slow: (0, 0),
            begin: began,
            typed: 0,
        }
        .talk(&mut socket);
        let reading = async {
            let (mut got, mut begin) = (Vec::new(), Some(begin));
            while got.len() < messages {
                let event = match begin.take() {
                    // Nothing more comes: the queue of acknowledgements is full.
                    Some(begin) => match timeout(Duration::from_millis(300), events.recv()).await {
                        Err(_) => {
                            begin.send(()).unwrap();
                            continue;
                        }
                        Ok(event) => (Some(begin), event),
                    },
                    None => (None, events.recv().await),
                };
                begin = event.0;
                if let Event::Output(bytes) = event.1.unwrap() {
                    got.extend(bytes);
                }
            }
            assert!(begin.is_none(), "the queue was never full");
            got
        };
        let all = async { tokio::join!(far, reading) };
        tokio::select! {
            all = timeout(HANGS, all) => assert!(all.expect("it stands still").1 == pattern(messages)),
            _ = actor.talk(&mut wire) => panic!("the connection was left"),
        }
        drop((input, size, stop));
    });
}
