//! A tunnel through an EC2 Instance Connect Endpoint: one web socket whose binary frames are the remote port's bytes.
//! The address is presigned; it is never shown, since whoever has it within a minute gets the port.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::pipe::{Heard, Outward};
use crate::net::{self, Network};

type Socket = WebSocketStream<net::Stream>;

/// Bytes in one frame towards the endpoint.
const FRAME: usize = 16 << 10;
const WITHIN: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
#[error("the endpoint did not open a tunnel: {says}")]
pub struct Refused {
    pub says: String,
    pub hint: String,
}

/// The writing half.
pub struct Writer(futures_util::stream::SplitSink<Socket, Message>);

impl Outward for Writer {
    async fn send(&mut self, mut bytes: Bytes) -> bool {
        while !bytes.is_empty() {
            let frame = bytes.split_to(bytes.len().min(FRAME));
            if self.0.send(Message::Binary(frame)).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// Connects to a presigned address, through a proxy where the network has one.
pub async fn open(url: &str, network: &Network) -> Result<(Writer, mpsc::Receiver<Heard>), Refused> {
    open_within(WITHIN, url, network).await
}

async fn open_within(
    within: Duration,
    url: &str,
    network: &Network,
) -> Result<(Writer, mpsc::Receiver<Heard>), Refused> {
    let request = url.into_client_request().map_err(|error| refused(&error))?;
    let reached = async {
        let to = net::Target {
            tunnel: true,
            ..net::target(request.uri())?
        };
        network.connect(&to, within).await
    };
    let stream = reached.await.map_err(|error| Refused {
        says: error.says,
        hint: error.hint,
    })?;
    let upgrading = client_async_with_config(request, stream, None);
    let (socket, _) = tokio::time::timeout(within, upgrading)
        .await
        .map_err(|_| Refused {
            says: format!("no answer in {} s", within.as_secs()),
            hint: "connect again; see the endpoint's state".into(),
        })?
        .map_err(|error| refused(&error))?;
    let (writer, mut reader) = socket.split();
    let (tell, told) = mpsc::channel(64);
    tokio::spawn(async move {
        let end = loop {
            match reader.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    if tell.send(Heard::Bytes(bytes)).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(Some(frame)))) if !frame.reason.is_empty() => {
                    break Heard::Failed {
                        says: format!("the endpoint closed the tunnel: {}", frame.reason.as_str()),
                        hint: "see the endpoint's security group, and that the port is open".into(),
                    };
                }
                Some(Ok(Message::Close(_))) | None => break Heard::Closed,
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    break Heard::Failed {
                        says: format!("the tunnel broke: {error}"),
                        hint: "connect again".into(),
                    };
                }
            }
        };
        // Who stopped listening knows already.
        let _ = tell.send(end).await;
    });
    Ok((Writer(writer), told))
}

/// What may be shown of an error: the status and the service's words, never the address.
fn refused(error: &tungstenite::Error) -> Refused {
    let tungstenite::Error::Http(response) = error else {
        let says = match error {
            tungstenite::Error::Io(cause) => cause.to_string(),
            tungstenite::Error::Tls(cause) => cause.to_string(),
            _ => "its answer is no web socket".to_owned(),
        };
        return Refused {
            says,
            hint: "see that this machine reaches the endpoint's address on port 443".into(),
        };
    };
    let body = response.body().as_deref().unwrap_or_default();
    let words: String = String::from_utf8_lossy(body)
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    let words = words.trim();
    let says = if words.is_empty() {
        format!("HTTP {}", response.status().as_u16())
    } else {
        format!("HTTP {}: {words}", response.status().as_u16())
    };
    let hint = match response.status().as_u16() {
        403 => "ec2-instance-connect:OpenTunnel must be allowed on the endpoint, for this port and address",
        _ => "see the endpoint's state and security group, and that the port is 22 or 3389",
    };
    Refused {
        says,
        hint: hint.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_endpoint_that_takes_the_connection_and_says_nothing_is_given_up() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "ws://{}/openTunnel?X-Amz-Signature=hidden",
            silent.local_addr().unwrap()
        );
        let opened = open_within(Duration::from_millis(50), &url, &Network::default()).await;
        let refused = opened.err().unwrap();
        assert!(refused.says.contains("no answer in"), "{refused}");
        assert!(!refused.to_string().contains("hidden") && !refused.hint.is_empty());
    }
}
