//! Drives `aws-ssm-bridge`, a client that nobody here wrote, against a running simulator.
//!
//! `bridge shell TICKET`, `bridge port TICKET PORT`, `bridge forward TICKET PORT`, `bridge frames FILE`; TICKET is a file
//! with the answer of StartSession. Every mode ends with a line of what it found and fails with a panic, but `forward`:
//! that prints its local address and goes on until it is stopped.

mod frames;

use std::sync::Arc;
use std::time::Duration;

use aws_ssm_bridge::{
    DocumentSpec, EndpointPolicy, PortForwardConfig, PortForwarder, Session, SessionConfig, ShutdownSignal,
    documents,
};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["shell", ticket] => timeout(PATIENCE, shell(ticket)).await?,
        ["port", ticket, port] => timeout(PATIENCE, port_session(ticket, port.parse()?)).await?,
        ["forward", ticket, port] => forward(ticket, port.parse()?).await,
        ["frames", file] => frames::write(file),
        _ => Err("usage: bridge shell TICKET | port TICKET PORT | forward TICKET PORT | frames FILE".into()),
    }
}

async fn attach(ticket: &str, document: Option<DocumentSpec>) -> Outcome<Arc<Session>> {
    let ticket: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(ticket)?)?;
    let text = |name: &str| ticket[name].as_str().unwrap_or_default().to_owned();
    let mut config = SessionConfig::new("i-0123456789abcdef0");
    config.endpoint_policy = EndpointPolicy::AllowAny;
    config.document = document;
    let session = Session::attach(text("SessionId"), text("StreamUrl"), text("TokenValue"), config).await?;
    Ok(Arc::new(session))
}

async fn shell(ticket: &str) -> Outcome<()> {
    let session = attach(ticket, None).await?;
    let mut output = session.output();
    session.wait_ready().await?;
    session.send_terminal_size(100, 30).await?;
    session
        .send(&b"stty size; echo he\"\"llo-$((6*7)); seq 1 20000 | cksum; seq 1 5000; exit\r"[..])
        .await?;
    let mut seen = Vec::new();
    while let Some(chunk) = output.next().await {
        seen.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(seen)?;
    assert!(
        text.contains("30 100\r\n"),
        "no size in {:?}",
        &text[..text.len().min(400)]
    );
    assert!(
        text.contains("hello-42\r\n"),
        "no echo in {:?}",
        &text[..text.len().min(400)]
    );
    assert!(
        text.contains("3231941463 108894"),
        "the sum of 20,000 lines is not that of cksum"
    );
    let numbers: String = (1..=5000).map(|i| format!("{i}\r\n")).collect();
    assert!(text.contains(&numbers), "the numbers are not whole");
    assert!(session.is_closed(), "the session is still open");
    println!("shell: {} bytes, {:?}", text.len(), session.close_reason());
    Ok(())
}

/// Several connections at once to an echo server, each with its own bytes, compared one by one.
async fn port_session(ticket: &str, port: u16) -> Outcome<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(echo(listener));
    let (session, forwarder) = forwarder(ticket, port).await?;
    let local = forwarder.local_addr();
    let shutdown = ShutdownSignal::new();
    let forwarding = tokio::spawn(forwarder.forward(session.clone(), shutdown.clone()));
    let mut connections = Vec::new();
    for number in 0..4_u32 {
        connections.push(tokio::spawn(async move {
            let data: Vec<u8> = (0..150_000 + number)
                .map(|i| (i.wrapping_mul(2_654_435_761 + number) >> 13) as u8)
                .collect();
            let mut stream = TcpStream::connect(local).await.expect("connect");
            let (mut reader, mut writer) = stream.split();
            let mut back = vec![0; data.len()];
            let (sent, got) = tokio::join!(writer.write_all(&data), reader.read_exact(&mut back));
            sent.expect("send");
            got.expect("receive");
            assert!(back == data, "connection {number} came back changed");
            data.len()
        }));
    }
    let mut total = 0;
    for connection in connections {
        total += connection.await?;
    }
    shutdown.shutdown();
    // It may have nothing left to do.
    let _ = timeout(Duration::from_secs(2), forwarding).await;
    session.terminate().await?;
    println!("port: 4 connections, {total} bytes each way");
    Ok(())
}

async fn forwarder(ticket: &str, port: u16) -> Outcome<(Arc<Session>, PortForwarder)> {
    let document = DocumentSpec::new(&documents::PortForwardingSession::new(port));
    let session = attach(ticket, Some(document)).await?;
    session.wait_ready().await?;
    let config = PortForwardConfig {
        local_addr: "127.0.0.1:0".parse()?,
        ..Default::default()
    };
    Ok((session, PortForwarder::bind(config).await?))
}

async fn forward(ticket: &str, port: u16) -> Outcome<()> {
    let (session, forwarder) = forwarder(ticket, port).await?;
    println!("{}", forwarder.local_addr());
    forwarder.forward(session, ShutdownSignal::new()).await?;
    Ok(())
}

async fn echo(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let (mut reader, mut writer) = stream.split();
            tokio::io::copy(&mut reader, &mut writer).await
        });
    }
}
