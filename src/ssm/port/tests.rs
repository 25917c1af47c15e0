//! Streams through the simulator's agent to real listeners: every byte, in order, whatever the sizes.

use super::*;
use crate::aws::{Cloud, Place, Settings as CloudSettings, StartSession, StaticAccount};
use crate::sim::{FleetSpec, Options as SimOptions, Sim, agent};
use crate::ssm::{Event, Options};
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

const FLEET: &str = "[[accounts]]\nid = \"613489207754\"\nname = \"shop\"\nregions = [\"us-east-1\"]\n\
    [[instances]]\nname = \"web\"\nagent = \"online\"\n";

struct Rig {
    _sim: Sim,
    cloud: Cloud,
    place: Place,
    target: String,
    spill: tempfile::TempDir,
}

impl Rig {
    fn start() -> Rig {
        let spill = tempfile::tempdir().unwrap();
        let file = spill.path().join("fleet.toml");
        std::fs::write(&file, FLEET).unwrap();
        let sim = Sim::start(SimOptions {
            fleet: FleetSpec::load(&file).unwrap(),
            agent: agent::Options {
                pace: false,
                ..agent::Options::default()
            },
            ..SimOptions::default()
        })
        .unwrap();
        std::fs::remove_file(file).unwrap();
        let account = sim.accounts().remove(0);
        let cloud = Cloud::connect(CloudSettings {
            endpoint_url: Some(sim.endpoint_url()),
            accounts: vec![StaticAccount {
                name: account.name.clone(),
                id: account.id,
                access_key_id: account.access_key_id,
                secret_access_key: account.secret_access_key,
                session_token: None,
                regions: account.regions,
            }],
            ..CloudSettings::default()
        });
        Rig {
            target: sim.first_line()["instances"][0].as_str().unwrap().to_owned(),
            _sim: sim,
            cloud,
            place: Place {
                profile: account.name,
                region: "us-east-1".into(),
            },
            spill,
        }
    }

    /// A session to a port of this machine, its output fed to the streams.
    async fn port(&self, number: u16, client_version: &str) -> (Channel, Port) {
        let start = StartSession {
            target: self.target.clone(),
            document: Some("AWS-StartPortForwardingSession".into()),
            parameters: BTreeMap::from([("portNumber".into(), number.to_string())]),
            reason: None,
        };
        let ticket = self.cloud.start_session(&self.place, start).await.unwrap();
        let options = Options {
            client_version: client_version.into(),
            chunk: CHUNK,
            ..Options::default()
        };
        let renewal = self.cloud.renewal(&self.place);
        let (channel, mut events) = Channel::open(ticket, renewal, options).await.unwrap();
        let version = loop {
            if let Event::Ready { agent_version, .. } = events.recv().await.unwrap() {
                break agent_version;
            }
        };
        let mode = if client_version < "1.2" {
            Mode::Plain
        } else {
            Mode::of(version.as_deref())
        };
        let port = Port::new(
            channel.clone(),
            Settings {
                mode,
                spill_dir: self.spill.path().into(),
            },
        );
        let fed = port.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    Event::Ended(end) => fed.fail(&end.text),
                    event => drop(fed.hear(&event)),
                }
            }
        });
        (channel, port)
    }
}

const NEW: &str = "1.2.700.0";
const OLD: &str = "1.1.69.0";

/// Sends back what it gets.
async fn echo_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    port
}

async fn read_exactly(stream: &Stream, count: usize) -> Vec<u8> {
    let mut got = Vec::new();
    while got.len() < count {
        let bytes = timeout(Duration::from_secs(20), stream.read()).await;
        got.extend_from_slice(&bytes.expect("it came to a halt").expect("it ended early"));
    }
    got
}

/// Ends in a line feed, as what the official client spoils.
fn line(count: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..count).map(|at| (at * 7 % 256) as u8).collect();
    bytes[count - 1] = b'\n';
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_size_of_write_arrives_byte_for_byte_in_both_modes() {
    let rig = Rig::start();
    let number = echo_server().await;
    let mut sizes: Vec<usize> = (1..40).chain(1000..1050).chain(2030..2052).collect();
    sizes.extend((1..6).flat_map(|n| {
        [
            n * CHUNK - 9,
            n * CHUNK - 8,
            n * CHUNK - 7,
            n * CHUNK,
            n * CHUNK + 1,
        ]
    }));
    assert!(sizes.contains(&1017) && sizes.contains(&2041));
    for version in [NEW, OLD] {
        let (channel, port) = rig.port(number, version).await;
        let stream = port.open().await.unwrap();
        for size in &sizes {
            let sent = line(*size);
            let (got, ()) = tokio::join!(read_exactly(&stream, *size), stream.write(&sent));
            assert!(got == sent, "{size} bytes at {version}");
        }
        channel.terminate().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_share_a_session_and_one_that_is_not_read_stops_no_other() {
    let rig = Rig::start();
    let (channel, port) = rig.port(echo_server().await, NEW).await;
    let lazy = port.open().await.unwrap();
    let big = line(3_000_000);
    lazy.write(&big).await;
    let each = (0..40).map(|n| {
        let port = port.clone();
        tokio::spawn(async move {
            let stream = port.open().await.unwrap();
            let sent = line(50_000 + n);
            let (got, ()) = tokio::join!(read_exactly(&stream, sent.len()), stream.write(&sent));
            got == sent
        })
    });
    for right in futures_util::future::join_all(each).await {
        assert!(right.unwrap());
    }
    // The lazy one has missed nothing, and most of it waited on the disk.
    while lazy.waiting() < big.len() as u64 {
        tokio::task::yield_now().await;
    }
    assert!(read_exactly(&lazy, big.len()).await == big);
    channel.terminate().await;
}

#[tokio::test]
async fn ends_are_told_apart() {
    let rig = Rig::start();
    // Nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let number = free.local_addr().unwrap().port();
    drop(free);
    let (channel, port) = rig.port(number, NEW).await;
    let stream = port.open().await.unwrap();
    assert_eq!(stream.read().await, Err(End::Refused));
    channel.terminate().await;

    // The remote speaks, then closes.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (channel, port) = rig.port(listener.local_addr().unwrap().port(), NEW).await;
    let stream = port.open().await.unwrap();
    let (mut served, _) = listener.accept().await.unwrap();
    served.write_all(b"bye").await.unwrap();
    drop(served);
    assert_eq!(read_exactly(&stream, 3).await, b"bye");
    assert_eq!(stream.read().await, Err(End::Remote));

    // This side closes, and the remote sees the end.
    let mut stream = port.open().await.unwrap();
    let (mut served, _) = listener.accept().await.unwrap();
    stream.write(b"last words").await;
    stream.close();
    let mut heard = Vec::new();
    served.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"last words");

    // The session ends, with a stream open and for those to come.
    let stream = port.open().await.unwrap();
    channel.terminate().await;
    assert!(matches!(stream.read().await, Err(End::Lost(_))));
    assert!(matches!(port.open().await, Err(End::Lost(_))));
    assert_eq!(std::fs::read_dir(rig.spill.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_agent_without_a_multiplexer_gets_one_connection_after_the_other() {
    let rig = Rig::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (channel, port) = rig.port(listener.local_addr().unwrap().port(), OLD).await;
    let (mut served, _) = listener.accept().await.unwrap();
    served.write_all(b"220 ready").await.unwrap();
    let mut first = port.open().await.unwrap();
    assert_eq!(port.capacity(), 1);
    assert_eq!(read_exactly(&first, 9).await, b"220 ready");
    let second = tokio::spawn({
        let port = port.clone();
        async move { port.open().await.unwrap() }
    });
    first.write(b"one").await;
    first.close();
    let mut heard = Vec::new();
    served.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"one");
    let second = second.await.unwrap();
    second.write(b"two").await;
    let (mut served, _) = listener.accept().await.unwrap();
    let mut heard = [0; 3];
    served.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"two");
    channel.terminate().await;
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_ends_with_its_cause() {
    let rig = Rig::start();
    let (channel, port) = rig.port(echo_server().await, NEW).await;
    let stream = port.open().await.unwrap();
    let fed = port.feed(b"HTTP/1.1 400 Bad Request\r\n");
    assert!(matches!(fed, Err(End::Lost(why)) if why.contains("version 72")));
    assert!(matches!(stream.read().await, Err(End::Lost(_))));
    channel.terminate().await;
}

#[tokio::test]
async fn what_comes_behind_a_hole_is_given_to_no_stream() {
    let rig = Rig::start();
    let (channel, port) = rig.port(echo_server().await, NEW).await;
    let stream = port.open().await.unwrap();
    let output = |data: &[u8]| {
        let header = header(Command::Data, data.len() as u16, FIRST);
        Event::Output([&header[..], data].concat().into())
    };
    port.hear(&output(b"before")).unwrap();
    port.hear(&Event::Missing(7..9)).unwrap();
    let behind = port.hear(&output(b"behind"));
    let lost = End::Lost("2 messages of the agent are missing".into());
    assert_eq!(behind, Err(lost.clone()));
    assert_eq!(read_exactly(&stream, 6).await, b"before");
    assert_eq!(stream.read().await, Err(lost));
    channel.terminate().await;
}
