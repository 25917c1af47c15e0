//! The way onto a data channel: `GET /v1/data-channel/ID` becomes a web socket that the session's agent serves.
//! The token in the first frame is what lets a client in; a signature is not asked for, but a wrong one is refused.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::agent::{self, Session};
use super::instance_connect_endpoint;
use super::signature::Signature;
use super::world::World;

const PREFIX: &str = "/v1/data-channel/";

/// A web socket that is about to be, and the session that it is for.
pub struct Upgrade {
    upgrade: hyper::upgrade::OnUpgrade,
    purpose: Purpose,
}

enum Purpose {
    Session(Arc<Session>),
    /// A port behind an EC2 Instance Connect Endpoint.
    Tunnel(SocketAddr),
}

pub fn is_wanted(request: &Request<Incoming>) -> bool {
    let path = request.uri().path();
    request.method() == Method::GET && (path.starts_with(PREFIX) || path == instance_connect_endpoint::PATH)
}

/// The answer to the request; with a 101 comes what is to be served once it is sent.
pub fn accept(world: &World, mut request: Request<Incoming>) -> (Response<Full<Bytes>>, Option<Upgrade>) {
    if request.uri().path() == instance_connect_endpoint::PATH {
        return accept_tunnel(world, request);
    }
    let id = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let Some(session) = world.sessions.find(id) else {
        return (plain(StatusCode::NOT_FOUND, "no such session"), None);
    };
    let Some(accept) = accept_key(request.headers()) else {
        return (
            plain(StatusCode::UPGRADE_REQUIRED, "a data channel is a web socket"),
            None,
        );
    };
    if session.refuses_upgrade() {
        return (plain(StatusCode::SERVICE_UNAVAILABLE, "not now"), None);
    }
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    // Other kinds than AWS's are no signature: there are clients that send the token as a bearer's.
    let is_signed = |value: &hyper::header::HeaderValue| value.as_bytes().starts_with(b"AWS4-");
    if parts
        .headers
        .get(hyper::header::AUTHORIZATION)
        .is_some_and(is_signed)
    {
        let verified = Signature::parse(&parts).is_some_and(|signature| {
            let key = world.keys.find(&signature.access_key_id);
            signature.service == "ssmmessages" && signature.verify(key, &parts, b"", Timestamp::now()).is_ok()
        });
        if !verified {
            return (plain(StatusCode::FORBIDDEN, "the signature is not valid"), None);
        }
    }
    let purpose = Purpose::Session(session);
    (switching(accept), Some(Upgrade { upgrade, purpose }))
}

fn accept_tunnel(world: &World, mut request: Request<Incoming>) -> (Response<Full<Bytes>>, Option<Upgrade>) {
    let Some(accept) = accept_key(request.headers()) else {
        return (
            plain(StatusCode::UPGRADE_REQUIRED, "a tunnel is a web socket"),
            None,
        );
    };
    let upgrade = hyper::upgrade::on(&mut request);
    match instance_connect_endpoint::admit(world, &request.into_parts().0) {
        Ok(to) => {
            let purpose = Purpose::Tunnel(to);
            (switching(accept), Some(Upgrade { upgrade, purpose }))
        }
        Err((status, says)) => (plain(status, says), None),
    }
}

fn switching(accept: HeaderValue) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

impl Upgrade {
    /// Lets the agent speak until the web socket closes or the run stops.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        // The client went away before the switch.
        let Ok(upgraded) = self.upgrade.await else { return };
        let socket = WebSocketStream::from_raw_socket(
            TokioIo::new(upgraded),
            Role::Server,
            Some(agent::socket_config()),
        );
        let stopped = async move {
            // An error means that the run is gone altogether.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        match self.purpose {
            Purpose::Session(session) => agent::serve(socket.await, session, stopped).await,
            Purpose::Tunnel(to) => tokio::select! {
                () = instance_connect_endpoint::serve(socket.await, to) => {}
                () = stopped => {}
            },
        }
    }
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let asks = headers
        .get(UPGRADE)?
        .to_str()
        .ok()?
        .eq_ignore_ascii_case("websocket");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks)?;
    derive_accept_key(key.as_bytes()).parse().ok()
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
