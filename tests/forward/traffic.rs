//! What goes through a tunnel: every byte, whoever else is slow, over every kind of socket.

use std::sync::Arc;

use quarterdeck::forward::{Limit, Listener, Spec, Tunnel};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::time::timeout;

use super::rig::*;

#[tokio::test]
async fn a_connection_is_on_record_with_its_bytes_and_their_hashes() {
    let rig = Rig::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tunnel = rig.open(rig.request(listener.local_addr().unwrap().port())).await;
    let mut local = dial(&tunnel).await;
    local.write_all(b"question\n").await.unwrap();
    let (mut served, _) = listener.accept().await.unwrap();
    read_exactly(&mut served, 9).await;
    served.write_all(b"answer").await.unwrap();
    drop(served);
    let mut heard = Vec::new();
    local.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"answer");
    assert_eq!(tunnel.snapshot().received, 6);
    drop(local);
    tunnel.end().await;
    let on_record = rig.connections();
    assert_eq!(on_record.len(), 1);
    let field = |name: &str| on_record[0][name].clone();
    assert_eq!(
        (field("sent_bytes"), field("received_bytes")),
        ("9".into(), "6".into())
    );
    assert_eq!(field("sent_sha256"), hex::encode(Sha256::digest(b"question\n")));
    assert_eq!(field("received_sha256"), hex::encode(Sha256::digest(b"answer")));
    assert_eq!(field("end"), "closed by the remote");
    assert_eq!(rig.active().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_comes_after_the_local_side_has_closed_arrives() {
    let rig = Rig::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tunnel = rig.open(rig.request(listener.local_addr().unwrap().port())).await;
    let mut local = dial(&tunnel).await;
    local.write_all(b"sum 1 2").await.unwrap();
    local.shutdown().await.unwrap();
    let (mut served, _) = listener.accept().await.unwrap();
    read_exactly(&mut served, 7).await;
    // Long enough for an end that was passed on at once to have come.
    let early = timeout(std::time::Duration::from_millis(300), served.read(&mut [0; 1])).await;
    assert!(early.is_err(), "the end came before the answer was given");
    served.write_all(b"3").await.unwrap();
    drop(served);
    let mut heard = Vec::new();
    timeout(PATIENCE, local.read_to_end(&mut heard))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(heard, b"3");
    tunnel.end().await;
    assert_eq!(rig.connections()[0]["end"], "closed by both sides");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_connections_one_reads_nothing_and_the_others_do_not_notice() {
    let rig = Rig::start();
    let tunnel = Arc::new(rig.open(rig.request(echo_server().await)).await);
    let mut lazy = dial(&tunnel).await;
    let flood = vec![b'z'; 8 << 20];
    let (mut lazy_reader, mut lazy_writer) = lazy.split();
    let others = async {
        let each = (0..200usize).map(|n| {
            let tunnel = tunnel.clone();
            tokio::spawn(async move {
                let mut stream = dial(&tunnel).await;
                for round in 0..4 {
                    let bytes: Vec<u8> = (0..10_000 + n).map(|at| (at * (n + round) % 256) as u8).collect();
                    echoes(&mut stream, &bytes).await;
                }
            })
        });
        for done in futures_util::future::join_all(each).await {
            done.unwrap();
        }
    };
    let (written, ()) = tokio::join!(lazy_writer.write_all(&flood), others);
    written.unwrap();
    // Now it reads, and nothing is missing.
    assert!(read_exactly(&mut lazy_reader, flood.len()).await == flood);
    drop(lazy);
    tunnel.end().await;
    assert_eq!(rig.connections().len(), 201);
}

/// The agent carries 1,024 connections at once and hears of an end only from here.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_program_is_gone_makes_room_at_once() {
    let rig = Rig::start();
    let tunnel = rig.open(rig.request(echo_server().await)).await;
    for _ in 0..1_100 {
        echoes(&mut dial(&tunnel).await, b"hello").await;
    }
    tunnel.end().await;
    assert_eq!(rig.connections().len(), 1_100);
}

#[tokio::test]
async fn who_does_not_read_is_named_as_the_limit() {
    let rig = Rig::start();
    let tunnel = rig.open(rig.request(echo_server().await)).await;
    let before = tunnel.snapshot();
    let mut lazy = dial(&tunnel).await;
    lazy.write_all(&vec![0; 12 << 20]).await.unwrap();
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let now = tunnel.snapshot();
        if now.limit(now.rate(&before)) == Some(Limit::LocalReader) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{now:?}");
        tokio::task::yield_now().await;
    }
    tunnel.end().await;
}

#[tokio::test]
async fn either_loopback_address_and_a_unix_socket_lead_to_the_same_port() {
    let rig = Rig::start();
    let request = rig.request(echo_server().await);
    let tunnel = rig.open(request.clone()).await;
    for address in tunnel.listening() {
        let mut stream = TcpStream::connect(address).await.unwrap();
        echoes(&mut stream, address.as_bytes()).await;
    }
    assert!(
        tunnel.listening()[1].starts_with("[::1]:"),
        "{:?}",
        tunnel.listening()
    );
    tunnel.end().await;
    let path = rig.data.path().join("echo.sock");
    let spec: Spec = format!("{}:1", path.display()).parse().unwrap();
    let tunnel = Tunnel::open(Listener::bind(&spec.local, &[]).await.unwrap(), request);
    let mut stream = UnixStream::connect(&path).await.unwrap();
    echoes(&mut stream, b"over a path").await;
    tunnel.end().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn an_old_agent_serves_connections_one_after_the_other() {
    let rig = Rig::start();
    let mut request = rig.request(echo_server().await);
    request.target = rig.instance_with("2.3.1644.0").await;
    let tunnel = rig.open(request).await;
    let mut first = dial(&tunnel).await;
    echoes(&mut first, b"first").await;
    let mut second = dial(&tunnel).await;
    second.write_all(b"second").await.unwrap();
    echoes(&mut first, b"still the first").await;
    drop(first);
    assert_eq!(read_exactly(&mut second, 6).await, b"second");
    drop(second);
    tunnel.end().await;
    let mut sizes: Vec<String> = rig
        .connections()
        .iter()
        .map(|c| c["received_bytes"].clone())
        .collect();
    sizes.sort();
    assert_eq!(sizes, ["20", "6"]);
    assert_eq!(rig.recordings().len(), 1, "they shared a session");
}

#[tokio::test]
async fn a_pool_gives_each_connection_a_session_of_its_own_while_it_lasts() {
    let rig = Rig::start();
    let mut request = rig.request(echo_server().await);
    request.sessions = 3;
    let tunnel = rig.open(request).await;
    until(&tunnel, "connected", |state| state.word() == "connected").await;
    assert_eq!(rig.active().await.len(), 1, "one to begin with");
    let mut streams = Vec::new();
    for n in 0..5u8 {
        let mut stream = dial(&tunnel).await;
        echoes(&mut stream, &[n; 100]).await;
        streams.push(stream);
    }
    assert_eq!(rig.active().await.len(), 3);
    assert_eq!(tunnel.snapshot().carrying, 3);
    tunnel.end().await;
    assert_eq!(rig.active().await.len(), 0);
    drop(streams);
    assert_eq!(rig.connections().len(), 5);
}
