//! What a session survives, each figure beside its bar: `cargo bench --bench life`, or with names of parts behind `--`
//! (bye, lossy). `QD_BENCH_LOSSY_MB` sets the size of the lossy transfer, 50 without it: the agent resends one message
//! in 100 ms, so the way down takes minutes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::aws::{Cloud, Place, Settings, StartSession, StaticAccount};
use quarterdeck::sim::{Faults, Options, Sim, agent};
use quarterdeck::ssm::{self, Channel, Event, State};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|each| each == name);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if is_wanted("bye") {
        runtime.block_on(bye());
    }
    if is_wanted("lossy") {
        let megabytes = std::env::var("QD_BENCH_LOSSY_MB").map_or(50, |text| text.parse().unwrap());
        runtime.block_on(lossy(megabytes));
    }
}

/// A port session to a server on this machine, over a data channel with faults.
struct Rig {
    _sim: Sim,
    channel: Channel,
    events: mpsc::Receiver<Event>,
    server: tokio::net::TcpStream,
}

impl Rig {
    async fn open(faults: &str) -> Rig {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sim = Sim::start(Options {
            faults: Faults::parse(faults).unwrap(),
            agent: agent::Options {
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
                id: account.id,
                access_key_id: account.access_key_id,
                secret_access_key: account.secret_access_key,
                session_token: account.session_token,
                regions: account.regions,
            }],
            ..Settings::default()
        });
        let start = StartSession {
            target: online(&cloud, &place).await,
            document: Some("AWS-StartSSHSession".into()),
            parameters: [("portNumber".to_owned(), port.to_string())].into(),
            reason: None,
        };
        let ticket = cloud.start_session(&place, start).await.unwrap();
        let renewal: Arc<dyn ssm::Renewal> = cloud.renewal(&place);
        let (channel, events) = Channel::open(ticket, renewal, ssm::Options::port())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        Rig {
            _sim: sim,
            channel,
            events,
            server,
        }
    }
}

async fn online(cloud: &Cloud, place: &Place) -> String {
    use futures_util::StreamExt;
    let mut pages = cloud.fetch_managed_nodes(place).await;
    while let Some(page) = pages.next().await {
        let nodes = page.unwrap();
        if let Some(node) = nodes
            .iter()
            .find(|node| node.ping == "Online" && node.id.starts_with("i-"))
        {
            return node.id.clone();
        }
    }
    panic!("no instance is online")
}

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    StdRng::seed_from_u64(7).fill(&mut bytes[..]);
    bytes
}

/// Closes with 1000 "Bye" while bytes go both ways: how long each pause is, and whether a byte is lost or doubled.
async fn bye() {
    let Rig {
        _sim,
        channel,
        mut events,
        server,
    } = Rig::open("channel.bye=2500ms").await;
    let (mut from_us, mut to_us) = server.into_split();
    let sent = noise(8 << 20);
    // A trickle in both directions for as long as a dozen closes take.
    let up = {
        let (channel, sent) = (channel.clone(), sent.clone());
        async move {
            for piece in sent.chunks(4096) {
                channel.input(bytes::Bytes::copy_from_slice(piece)).await.unwrap();
                tokio::time::sleep(Duration::from_millis(14)).await;
            }
        }
    };
    let down = {
        let sent = sent.clone();
        async move {
            for piece in sent.chunks(4096) {
                to_us.write_all(piece).await.unwrap();
                tokio::time::sleep(Duration::from_millis(14)).await;
            }
            to_us
        }
    };
    let arrived = {
        let length = sent.len();
        async move {
            let mut arrived = vec![0; length];
            from_us.read_exact(&mut arrived).await.unwrap();
            arrived
        }
    };
    let heard = async {
        let (mut heard, mut pauses, mut lost_at) = (Vec::new(), Vec::new(), None);
        while heard.len() < sent.len() {
            match events.recv().await.unwrap() {
                Event::Output(bytes) => heard.extend_from_slice(&bytes),
                Event::State(State::Resuming { .. }) => drop(lost_at.get_or_insert_with(Instant::now)),
                Event::State(State::Connected) => {
                    pauses.extend(lost_at.take().map(|at: Instant| at.elapsed()))
                }
                Event::Missing(range) => panic!("lost {range:?}"),
                _ => {}
            }
        }
        (heard, pauses)
    };
    let ((), _server, arrived, (heard, mut pauses)) = tokio::join!(up, down, arrived, heard);
    pauses.sort();
    let ms = |pause: Option<&Duration>| pause.map_or(f64::NAN, |pause| pause.as_secs_f64() * 1e3);
    println!(
        "bye: {} closes with bytes going both ways: pause median {:.1} ms, worst {:.1} ms (bar 300 + round trip); \
         bytes equal up {}, down {} (bar: 0 lost or doubled)",
        pauses.len(),
        ms(pauses.get(pauses.len() / 2)),
        ms(pauses.last()),
        arrived == sent,
        heard == sent,
    );
    channel.terminate().await;
}

/// 2 % loss, 2 % duplicates, 5 % out of order and up to 40 ms of delay, in both directions.
async fn lossy(megabytes: usize) {
    let sent = noise(megabytes * 1_000_000);
    let want = Sha256::digest(&sent);
    for up in [true, false] {
        let Rig {
            _sim,
            channel,
            mut events,
            mut server,
        } = Rig::open("channel.drop=0.02,channel.duplicate=0.02,channel.reorder=0.05,channel.delay=40ms")
            .await;
        let began = Instant::now();
        let mut got = vec![0; sent.len()];
        if up {
            let pieces = sent.clone();
            let feeding = channel.clone();
            tokio::spawn(async move { feeding.input(pieces.into()).await });
            let draining = tokio::spawn(async move { while events.recv().await.is_some() {} });
            server.read_exact(&mut got).await.unwrap();
            draining.abort();
        } else {
            let pieces = sent.clone();
            let feeding = tokio::spawn(async move {
                server.write_all(&pieces).await.unwrap();
                server
            });
            let mut at = 0;
            while at < got.len() {
                if let Event::Output(bytes) = events.recv().await.unwrap() {
                    got[at..at + bytes.len()].copy_from_slice(&bytes);
                    at += bytes.len();
                }
            }
            drop(feeding.await);
        }
        let took = began.elapsed().as_secs_f64();
        let counts = channel.counts();
        println!(
            "lossy {}: {megabytes} MB in {took:.1} s, {:.2} MB/s, {} messages resent, {} duplicates heard; SHA-256 equal {}",
            if up { "up" } else { "down" },
            megabytes as f64 / took,
            counts.resent,
            counts.duplicates,
            Sha256::digest(&got) == want,
        );
        channel.terminate().await;
    }
}
