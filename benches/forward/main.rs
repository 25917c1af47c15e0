//! Figures of `qd forward`, each beside its bar: `cargo bench --bench forward`, or with names of parts behind `--`
//! (upload, echo, crowd, pool). The release binary carries bytes between sockets of this process through the simulator.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../console/figure.rs"]
#[allow(dead_code)]
mod figure;
mod rig;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use figure::{Spans, judge, ms, note};
use rig::{Forward, Server, Sim};

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let parts: [(&str, fn()); 4] = [
        ("upload", upload),
        ("echo", echo),
        ("crowd", crowd),
        ("pool", pool),
    ];
    for (name, measure) in parts {
        if wanted.is_empty() || wanted.iter().any(|each| each == name) {
            measure();
        }
    }
}

const UPLOAD: usize = 300_000_000;

fn upload() {
    let sim = Sim::start(&["--unpaced"]);
    let sink = Server::start(|mut stream| {
        let (mut buffer, mut left) = (vec![0; 256 << 10], UPLOAD);
        while left > 0 {
            left -= stream.read(&mut buffer).unwrap();
        }
        stream.write_all(b"k").unwrap();
    });
    let forward = Forward::start(&sim, sink.port, 1);
    let mut rates = Vec::new();
    let worked = forward.worked_s();
    let chunk = vec![0x5a; 1 << 20];
    for _ in 0..3 {
        let mut stream = TcpStream::connect(&forward.address).unwrap();
        let began = Instant::now();
        let mut left = UPLOAD;
        while left > 0 {
            left -= stream.write(&chunk[..chunk.len().min(left)]).unwrap();
        }
        stream.read_exact(&mut [0]).unwrap();
        rates.push(UPLOAD as f64 / 1e6 / began.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let measured = format!(
        "{:.0}, {:.0}, {:.0} MB/s of {} MB each",
        rates[0],
        rates[1],
        rates[2],
        UPLOAD / 1_000_000
    );
    judge("upload, one port", &measured, "30 MB/s", rates[1] >= 30.0);
    let each = (forward.worked_s() - worked) * 1e3 / (3.0 * UPLOAD as f64 / 1e6);
    note(
        "processor time of qd forward, upload",
        &format!("{each:.2} ms a MB"),
    );
    note(
        "most memory resident, upload",
        &format!("{:.1} MB", forward.peak_mb()),
    );
}

fn echo() {
    let sim = Sim::start(&["--unpaced"]);
    let server = Server::start(Server::echo);
    let forward = Forward::start(&sim, server.port, 1);
    let mut stream = forward.dial();
    let mut spans = Vec::new();
    for round in 0..3_100u64 {
        let began = Instant::now();
        stream.write_all(&round.to_be_bytes()).unwrap();
        let mut back = [0; 8];
        stream.read_exact(&mut back).unwrap();
        assert_eq!(u64::from_be_bytes(back), round);
        if round >= 100 {
            spans.push(began.elapsed());
        }
    }
    let spans = Spans::new(spans);
    let (half, most) = (ms(spans.at(50)), ms(spans.at(99)));
    let measured = format!(
        "p50 {half:.2} ms, p99 {most:.2} ms, worst {:.2} ms of {}",
        ms(spans.worst()),
        spans.count()
    );
    judge(
        "echo of 8 bytes",
        &measured,
        "0.7 / 3 ms",
        half <= 0.7 && most <= 3.0,
    );
}

const CROWD: usize = 200;
const EACH: usize = 400_000;

/// All at once; how long they took, and how many were right.
fn echo_all(forward: &Forward, count: usize) -> (Duration, usize) {
    let began = Instant::now();
    let threads: Vec<_> = (0..count)
        .map(|n| {
            let address = forward.address.clone();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                let sent: Vec<u8> = (0..EACH).map(|at| (at * (n + 3) % 253) as u8).collect();
                let mut writer = stream.try_clone().unwrap();
                let copy = sent.clone();
                let writing = std::thread::spawn(move || writer.write_all(&copy));
                let mut back = vec![0; EACH];
                let read = stream.read_exact(&mut back);
                read.is_ok() && writing.join().unwrap().is_ok() && back == sent
            })
        })
        .collect();
    let right = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .filter(|right| *right);
    let right = right.count();
    (began.elapsed(), right)
}

fn crowd() {
    let sim = Sim::start(&["--unpaced"]);
    let server = Server::start(Server::echo);
    let forward = Forward::start(&sim, server.port, 1);
    let rate = |span: Duration| (CROWD - 1) as f64 * EACH as f64 / 1e6 / span.as_secs_f64();
    // Rounds, since one lasts half a second in which the machine may do something else.
    let rounds = || {
        let mut rates = Vec::new();
        let mut fewest = CROWD;
        for _ in 0..ROUNDS {
            let (lasted, right) = echo_all(&forward, CROWD - 1);
            rates.push(rate(lasted));
            fewest = fewest.min(right);
        }
        rates.sort_by(f64::total_cmp);
        (rates, fewest)
    };
    let (alone, right) = rounds();
    assert_eq!(right, CROWD - 1);
    // One that writes 40 MB and reads none of its echo.
    let lazy = forward.dial();
    let mut writer = lazy.try_clone().unwrap();
    let flood = std::thread::spawn(move || writer.write_all(&vec![1; 40_000_000]));
    flood.join().unwrap().unwrap();
    let (beside, right) = rounds();
    let told = |rates: &[f64]| {
        let (least, middle, most) = (rates[0], rates[ROUNDS / 2], rates[ROUNDS - 1]);
        format!("{middle:.0} ({least:.0} to {most:.0})")
    };
    judge(
        "200 connections, one not reading",
        &format!("{right} of {} right in the worst round", CROWD - 1),
        "all right",
        right == CROWD - 1,
    );
    judge(
        "the others beside it; alone, MB/s each way",
        &format!("{}; {}", told(&beside), told(&alone)),
        "no loss",
        beside[ROUNDS / 2] >= 0.9 * alone[ROUNDS / 2],
    );
    let peak = forward.peak_mb();
    judge(
        "most memory resident",
        &format!("{peak:.1} MB"),
        "150 MB",
        peak < 150.0,
    );
    drop(lazy);
}

/// Of the crowd, beside the one that does not read and without it.
const ROUNDS: usize = 9;
const DOWNLOAD: usize = 600_000;

fn pool() {
    let sim = Sim::start(&[]);
    let source = Server::start(|mut stream| {
        let _ = stream.write_all(&vec![7; DOWNLOAD]);
    });
    let rates = [1, 8].map(|sessions| {
        let forward = Forward::start(&sim, source.port, sessions);
        let began = Instant::now();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let mut stream = forward.dial();
                std::thread::spawn(move || {
                    let mut got = Vec::new();
                    stream.read_to_end(&mut got).unwrap();
                    assert!(got == vec![7; DOWNLOAD]);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        8.0 * DOWNLOAD as f64 / 1e6 / began.elapsed().as_secs_f64()
    });
    let [one, eight] = rates;
    judge(
        "8 downloads, 8 sessions against one, paced",
        &format!("{eight:.1} against {one:.2} MB/s: {:.1} times", eight / one),
        "6 times",
        eight >= 6.0 * one,
    );
}
