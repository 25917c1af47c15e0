//! Port sessions: where a connection leads, what may not be reached, and the plain mode without a multiplexer.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::document::Port;
use super::session::{Ending, Input, Session};
use super::shell::{CHUNK, PACE};
use super::{mux, version};

pub const DISCONNECT: u32 = 1;
pub const TERMINATE: u32 = 2;
pub const CONNECT_FAILED: u32 = 3;

/// Metadata, time, name and Windows activation services of an instance.
const FORBIDDEN: [&str; 9] = [
    "169.254.169.254",
    "169.254.169.253",
    "169.254.169.123",
    "169.254.169.250",
    "169.254.169.251",
    "fd00:ec2::254",
    "fd00:ec2::253",
    "fd00:ec2::123",
    "fd00:ec2::240",
];

pub async fn run(
    session: &Arc<Session>,
    port: &Port,
    client_version: &str,
    input: mpsc::Receiver<Input>,
) -> Ending {
    let addresses = match addresses(session, port).await {
        Ok(addresses) => addresses,
        Err(text) => return Ending::failed(text),
    };
    let forwards = port.kind.as_deref() == Some("LocalPortForwarding");
    let stated = session.start.agent_version.as_deref();
    let own_version = stated.unwrap_or(&session.options.agent_version);
    if forwards && version::knows_multiplexer(own_version) && version::multiplexes(client_version) {
        let keep_alive =
            version::always_keeps_alive(own_version) || version::wants_keep_alive(client_version);
        return mux::run(session, addresses, keep_alive, input).await;
    }
    plain(session, &addresses, forwards, input).await
}

/// Every address to try for one connection, looked up once.
async fn addresses(session: &Session, port: &Port) -> Result<Vec<SocketAddr>, String> {
    let Some(host) = &port.host else {
        if let Some(elsewhere) = session.options.ports.get(&port.number) {
            return Ok(vec![*elsewhere]);
        }
        return Ok(vec![
            SocketAddr::from(([127, 0, 0, 1], port.number)),
            SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port.number)),
        ]);
    };
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), port.number))
        .await
        .map(Iterator::collect)
        .unwrap_or_default();
    if found.is_empty() {
        return Err(format!("lookup {host}: no such host"));
    }
    if found.iter().any(|address| is_forbidden(address.ip())) {
        return Err(format!("Forwarding to IP address {host} is forbidden."));
    }
    Ok(found)
}

fn is_forbidden(address: IpAddr) -> bool {
    let address = address.to_canonical().to_string();
    FORBIDDEN.contains(&address.as_str())
}

/// The first address that answers.
pub async fn dial(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(addresses).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

enum Closed {
    ByRemote,
    ByClient,
    Terminated,
}

/// One connection at a time. SSH ends with its connection; forwarding dials again with the next data.
async fn plain(
    session: &Session,
    addresses: &[SocketAddr],
    forwards: bool,
    mut input: mpsc::Receiver<Input>,
) -> Ending {
    let mut first = None;
    loop {
        let mut stream = match dial(addresses).await {
            Ok(stream) => stream,
            Err(error) => return Ending::failed(format!("Unable to connect to specified port: {error}")),
        };
        match connection(session, &mut stream, first.take(), &mut input).await {
            Closed::Terminated => return Ending::default(),
            Closed::ByRemote if !forwards => return Ending::default(),
            Closed::ByRemote | Closed::ByClient => {}
        }
        drop(stream);
        first = loop {
            match input.recv().await {
                Some(Input::Data(bytes)) => break Some(bytes),
                Some(Input::Flag(TERMINATE)) | None => return Ending::default(),
                Some(_) => {}
            }
        };
    }
}

async fn connection(
    session: &Session,
    stream: &mut TcpStream,
    first: Option<bytes::Bytes>,
    input: &mut mpsc::Receiver<Input>,
) -> Closed {
    let (mut reader, mut writer) = stream.split();
    let down = async {
        let mut read = [0; CHUNK];
        while let Ok(count @ 1..) = reader.read(&mut read).await {
            session.output(&read[..count]).await;
            if session.options.pace {
                sleep(PACE).await;
            }
        }
        Closed::ByRemote
    };
    let up = async {
        let mut next = first.map(Input::Data);
        loop {
            match next.take() {
                // A broken connection shows itself on the reading side.
                Some(Input::Data(bytes)) => drop(writer.write_all(&bytes).await),
                Some(Input::Flag(DISCONNECT)) => return Closed::ByClient,
                Some(Input::Flag(TERMINATE)) => return Closed::Terminated,
                Some(_) | None => {}
            }
            next = input.recv().await;
            if next.is_none() {
                return Closed::Terminated;
            }
        }
    };
    tokio::select! {
        closed = down => closed,
        closed = up => closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_forbidden_in_every_spelling() {
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "fd00:0ec2::fe",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(is_forbidden(address), !text.ends_with("fe"), "{text}");
        }
    }
}
