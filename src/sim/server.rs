//! The socket side: HTTP/1.1 on loopback, one task a connection, all of them ended with the run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::call;
use super::channel::{self, Upgrade};
use super::world::World;

/// A segment of a recording is the largest thing that comes.
const MAX_BODY: usize = 64 << 20;
/// How long connections may take to end once the run stops.
const GRACE: Duration = Duration::from_secs(2);

pub async fn serve(listener: TcpListener, world: Arc<World>, stop: watch::Receiver<bool>) {
    let mut stopped = stop.clone();
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = open.join_next(), if !open.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    open.spawn(connection(stream, world.clone(), stop.clone()));
                }
                // Out of file descriptors, most likely: others must close first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    let _ = tokio::time::timeout(GRACE, async { while open.join_next().await.is_some() {} }).await;
}

async fn connection(stream: TcpStream, world: Arc<World>, mut stop: watch::Receiver<bool>) {
    // Only slower without it.
    let _ = stream.set_nodelay(true);
    let upgrade: Mutex<Option<Upgrade>> = Mutex::default();
    let service = service_fn(|request| respond(world.clone(), request, &upgrade));
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::select! {
        _ = connection => {}
        _ = stop.changed() => return,
    }
    let upgrade = upgrade.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(upgrade) = upgrade {
        upgrade.serve(stop).await;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
struct Closed;

async fn respond(
    world: Arc<World>,
    request: Request<Incoming>,
    upgrade: &Mutex<Option<Upgrade>>,
) -> Result<Response<Full<Bytes>>, Closed> {
    if channel::is_wanted(&request) {
        let (response, accepted) = channel::accept(&world, request);
        *upgrade.lock().unwrap_or_else(PoisonError::into_inner) = accepted;
        return Ok(response);
    }
    let request_id = uuid::Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Ok(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is too large or was cut off",
        ));
    };
    let reply = call::answer(&world, &parts, &body.to_bytes(), &request_id)
        .await
        .ok_or(Closed)?;
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static(reply.content_type),
    );
    for (name, value) in reply.headers {
        if let Ok(value) = value.parse() {
            response
                .headers_mut()
                .insert(hyper::header::HeaderName::from_static(name), value);
        }
    }
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(world.faults.clock_seconds);
    if let Ok(date) = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
        response.headers_mut().insert(hyper::header::DATE, date);
    }
    if let Ok(id) = request_id.parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    Ok(response)
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
