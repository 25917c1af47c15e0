//! Ports: the multiplexer and the plain mode against a real listener.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::smux::{Command, Decoder, Frame as Piece};
use super::*;

/// A listener that sends back what it gets; `!` makes it close.
async fn echo_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut read = vec![0; 65_536];
                while let Ok(count @ 1..) = stream.read(&mut read).await {
                    if read[..count] == *b"!" || stream.write_all(&read[..count]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

async fn open(document: &str, port: u16, version: &str) -> Client {
    let mut client = Client::open(options(), start(document, &[("portNumber", &port.to_string())])).await;
    client.shake_hands(version).await;
    client
}

impl Client {
    async fn piece(&mut self, stream: u32, command: Command, data: &[u8]) {
        let piece = Piece {
            command,
            stream,
            data: data.to_vec(),
        };
        self.send(Payload::Output, &piece.encode()).await;
    }

    fn pieces(&self) -> Vec<Piece> {
        Decoder::default().feed(&self.bytes(Payload::Output)).unwrap()
    }

    fn stream(&self, stream: u32) -> Vec<u8> {
        self.pieces()
            .into_iter()
            .filter(|piece| piece.stream == stream)
            .flat_map(|piece| piece.data)
            .collect()
    }

    fn is_closed(&self, stream: u32) -> bool {
        self.pieces().contains(&Piece::close(stream))
    }
}

const FORWARD: &str = "AWS-StartPortForwardingSession";
const NEW: &str = "1.2.700.0";
const OLD: &str = "1.1.69.0";

#[tokio::test]
async fn two_streams_echo_side_by_side_and_close() {
    let port = echo_server().await;
    let mut client = open(FORWARD, port, NEW).await;
    let request: Value = serde_json::from_slice(&client.seen[&0].payload).unwrap();
    let action = &request["RequestedClientActions"][0]["ActionParameters"];
    assert_eq!(action["SessionType"], "Port");
    assert_eq!(action["Properties"]["type"], "LocalPortForwarding");
    let big: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
    client.piece(3, Command::Open, b"").await;
    client.piece(5, Command::Open, b"").await;
    for part in big.chunks(30_000) {
        client.piece(3, Command::Data, part).await;
        client.piece(5, Command::Data, b"small").await;
    }
    client
        .until("both echoes", |client| {
            client.stream(3).len() == big.len() && client.stream(5).len() == 20
        })
        .await;
    assert!(client.stream(3) == big);
    client.piece(5, Command::Data, b"!").await;
    client
        .until("the remote close", |client| client.is_closed(5))
        .await;
    client.piece(3, Command::Close, b"").await;
    client.until("our close", |client| client.is_closed(3)).await;
    client.send(Payload::Flag, &2u32.to_be_bytes()).await;
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn a_port_where_nobody_listens_raises_the_flag_and_closes_the_stream() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut client = open(FORWARD, port, NEW).await;
    client.piece(3, Command::Open, b"").await;
    client.until("the close", |client| client.is_closed(3)).await;
    assert_eq!(client.bytes(Payload::Flag), 3u32.to_be_bytes());
}

#[tokio::test]
async fn a_broken_frame_makes_the_session_mute_but_not_dead() {
    let port = echo_server().await;
    let mut client = open(FORWARD, port, NEW).await;
    client
        .send(Payload::Output, b"\x02\xff\xff\xff\xff\xff\xff\xff")
        .await;
    client.piece(3, Command::Open, b"").await;
    client.piece(3, Command::Data, b"hello").await;
    client
        .until("acknowledged all the same", |client| client.acks_of(3) == 1)
        .await;
    assert!(client.pieces().is_empty() && !client.session.is_over());
    client.send(Payload::Flag, &2u32.to_be_bytes()).await;
    client.until_closed().await;
}

#[tokio::test]
async fn a_flood_of_streams_is_bounded() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = open(FORWARD, port.local_addr().unwrap().port(), NEW).await;
    for stream in 0..1_200u32 {
        client.piece(3 + 2 * stream, Command::Open, b"").await;
    }
    client
        .until("the last is turned away", |client| {
            client.is_closed(3 + 2 * 1_199)
        })
        .await;
    assert!(!client.is_closed(3));
}

#[tokio::test]
async fn the_plain_mode_dials_again_after_either_side_closed() {
    let port = echo_server().await;
    let mut client = open(FORWARD, port, OLD).await;
    client.keys("one ").await;
    client.until_text("one ").await;
    client.keys("!").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.keys("two ").await;
    client.until_text("two ").await;
    client.send(Payload::Flag, &1u32.to_be_bytes()).await;
    client.keys("three").await;
    client.until_text("one two three").await;
    client.send(Payload::Flag, &2u32.to_be_bytes()).await;
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn ssh_ends_with_its_connection() {
    let port = echo_server().await;
    let mut client = open("AWS-StartSSHSession", port, NEW).await;
    client.keys("SSH-2.0-x\r\n").await;
    client.until_text("SSH-2.0-x\r\n").await;
    client.keys("!").await;
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn metadata_and_unknown_hosts_are_refused_with_words() {
    for (host, says) in [
        ("169.254.169.254", "is forbidden."),
        ("no-such-host.invalid", "no such host"),
    ] {
        let start = start(
            "AWS-StartPortForwardingSessionToRemoteHost",
            &[("host", host), ("portNumber", "80")],
        );
        let mut client = Client::open(options(), start).await;
        client.shake_hands(NEW).await;
        let text = client.until_closed().await;
        assert!(text.contains(says) && text.contains(host), "{text}");
    }
}
