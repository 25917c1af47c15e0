//! Opens a connection: checks the URL, signs, upgrades, sends the opening text frame.
//!
//! Unencrypted `ws` is for loopback alone. Errors name the host, never the query.

use super::{
    event::Signing,
    options::Options,
    payload,
    ticket::{Renewal, Ticket},
    wire::{Wire, describe},
};
use crate::net;
use tokio_tungstenite::{
    client_async_with_config,
    tungstenite::{
        self,
        client::IntoClientRequest,
        error::ProtocolError,
        http::{HeaderName, HeaderValue, Uri},
        protocol::WebSocketConfig,
    },
};
use uuid::Uuid;

/// No agent message comes near this; what does is refused before it is read.
const LARGEST_FRAME: usize = 4 << 20;

const PRESIGNED: [&str; 7] = [
    "algorithm",
    "credential",
    "date",
    "expires",
    "signedheaders",
    "signature",
    "security-token",
];

/// Why no connection came about; `fatal` when trying again cannot help.
#[derive(Debug)]
pub struct Trouble {
    pub says: String,
    pub fatal: bool,
}

impl Trouble {
    fn passing(says: String) -> Self {
        Self { says, fatal: false }
    }

    fn fatal(says: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            fatal: true,
        }
    }
}

pub async fn dial(
    ticket: &Ticket,
    renewal: &dyn Renewal,
    client_id: Uuid,
    options: &Options,
) -> Result<(Wire, Signing), Trouble> {
    let attempt = async {
        let host = check(&ticket.stream_url)?;
        let (headers, mut signing) = sign(&ticket.stream_url, renewal).await;
        let mut upgraded = upgrade(&ticket.stream_url, &headers, options).await;
        if signing == Signing::Signed && is_forbidden(&upgraded) {
            upgraded = upgrade(&ticket.stream_url, &[], options).await;
            signing = Signing::UnsignedAfterRefusal;
        }
        let mut wire = upgraded.map_err(|failed| failed.trouble(&host))?;
        wire.push_text(payload::opening(
            &ticket.token,
            client_id,
            &options.client_version,
        ));
        Ok((wire, signing))
    };
    tokio::time::timeout(options.dial_within, attempt)
        .await
        .unwrap_or_else(|_| {
            Err(Trouble::passing(format!(
                "no answer from the relay in {} s",
                options.dial_within.as_secs()
            )))
        })
}

/// The host to name in messages.
fn check(url: &str) -> Result<String, Trouble> {
    let uri: Uri = url
        .parse()
        .map_err(|_| Trouble::fatal("the stream URL cannot be read"))?;
    let host = uri
        .host()
        .ok_or_else(|| Trouble::fatal("the stream URL names no host"))?;
    let plain = host.trim_matches(['[', ']']);
    let loopback = plain == "localhost"
        || plain
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("wss") => Ok(host.to_owned()),
        Some("ws") if loopback => Ok(host.to_owned()),
        Some("ws") => Err(Trouble::fatal(format!(
            "{host}: refusing an unencrypted stream to another machine"
        ))),
        _ => Err(Trouble::fatal(format!("{host}: the stream URL is not wss"))),
    }
}

async fn sign(url: &str, renewal: &dyn Renewal) -> (Vec<(String, String)>, Signing) {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let presigned = query.split('&').any(|item| {
        let name = item.split('=').next().unwrap_or_default().to_lowercase();
        name.strip_prefix("x-amz-")
            .is_some_and(|rest| PRESIGNED.contains(&rest))
    });
    if presigned {
        return (Vec::new(), Signing::Presigned);
    }
    match renewal.signed_headers(url).await {
        Ok(headers) if headers.is_empty() => (headers, Signing::Unsigned(String::new())),
        Ok(headers) => (headers, Signing::Signed),
        Err(why) => (Vec::new(), Signing::Unsigned(why)),
    }
}

/// Why there is no WebSocket: no connection, or no agreement on it.
enum Failed {
    Network(net::Error),
    Upgrade(tungstenite::Error),
}

impl From<tungstenite::Error> for Failed {
    fn from(error: tungstenite::Error) -> Self {
        Self::Upgrade(error)
    }
}

impl Failed {
    fn trouble(self, host: &str) -> Trouble {
        match self {
            Self::Network(error) => Trouble {
                fatal: error.is_final(),
                says: format!("{}; {}", error.says, error.hint),
            },
            Self::Upgrade(error) => Trouble {
                fatal: is_final(&error),
                says: match &error {
                    tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => {
                        format!("{host} closed the connection before it was open")
                    }
                    tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_) => format!(
                        "{host} answers, but not as the service's relay does; a proxy may answer in its place"
                    ),
                    error => format!("{host}: {}", describe(error)),
                },
            },
        }
    }
}

async fn upgrade(url: &str, headers: &[(String, String)], options: &Options) -> Result<Wire, Failed> {
    let mut request = url.into_client_request()?;
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("host") {
            continue;
        }
        let unfit = |error| tungstenite::Error::HttpFormat(error);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| unfit(error.into()))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| unfit(error.into()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME));
    let to = net::Target {
        tunnel: true,
        ..net::target(request.uri()).map_err(Failed::Network)?
    };
    let stream = options
        .network
        .connect(&to, options.dial_within)
        .await
        .map_err(Failed::Network)?;
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(Wire::new(socket))
}

fn is_forbidden(upgraded: &Result<Wire, Failed>) -> bool {
    matches!(upgraded, Err(Failed::Upgrade(tungstenite::Error::Http(response))) if response.status() == 403)
}

/// An answer that another attempt will not change.
fn is_final(error: &tungstenite::Error) -> bool {
    match error {
        tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => false,
        tungstenite::Error::Http(response) => {
            let status = response.status();
            !status.is_server_error() && status != 408 && status != 429
        }
        tungstenite::Error::Url(_)
        | tungstenite::Error::HttpFormat(_)
        | tungstenite::Error::Protocol(_)
        | tungstenite::Error::Utf8(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unencrypted_streams_are_for_loopback_alone_and_no_message_shows_the_query() {
        for url in [
            "ws://127.0.0.1:9/x?q=1",
            "ws://[::1]:9/",
            "ws://localhost/",
            "wss://relay.example/x?q=1",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
        for url in [
            "ws://relay.example/x?cell=hidden",
            "https://relay.example/x?cell=hidden",
            "no url",
            "",
        ] {
            let trouble = check(url).unwrap_err();
            assert!(trouble.fatal && !trouble.says.contains("hidden"), "{url}");
        }
    }

    struct Unsigned;

    impl Renewal for Unsigned {
        fn resume(&self, _: &str) -> crate::ssm::Later<Result<Option<Ticket>, String>> {
            Box::pin(async { Ok(None) })
        }

        fn terminate(&self, _: &str) -> crate::ssm::Later<Result<(), String>> {
            Box::pin(async { Ok(()) })
        }

        fn signed_headers(&self, _: &str) -> crate::ssm::Later<Result<Vec<(String, String)>, String>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    #[tokio::test]
    async fn a_half_open_relay_is_given_up_in_time() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ticket = Ticket {
            session_id: "s-1".into(),
            token: "t0ken".into(),
            stream_url: format!(
                "ws://{}/v1/data-channel/s-1?cell-number=hidden",
                listener.local_addr().unwrap()
            ),
        };
        let options = Options {
            dial_within: std::time::Duration::from_millis(50),
            ..Options::default()
        };
        let dialled = dial(&ticket, &Unsigned, Uuid::nil(), &options).await;
        let trouble = dialled.err().unwrap();
        assert!(
            !trouble.fatal && trouble.says.contains("no answer from the relay in"),
            "{trouble:?}"
        );
        assert!(!trouble.says.contains("hidden") && !trouble.says.contains("t0ken"));
    }
}
