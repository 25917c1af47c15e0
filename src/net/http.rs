//! The network as hyper's client wants it: one pool of connections whose every connection goes out through here.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::http::header::PROXY_AUTHORIZATION;
use hyper::http::{HeaderMap, HeaderValue, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::error::{Error, Kind};
use super::{Network, Stream, Target};

/// Opens connections for hyper.
#[derive(Clone)]
pub struct Connector {
    network: Network,
    within: Duration,
}

/// A connection in hyper's terms.
pub struct Link(TokioIo<Stream>);

impl Network {
    /// A client whose new connections may take `within`.
    pub fn client<B>(&self, within: Duration) -> Client<Connector, B>
    where
        B: hyper::body::Body + Send,
        B::Data: Send,
    {
        let connector = Connector {
            network: self.clone(),
            within,
        };
        Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector)
    }

    /// Adds what an HTTP proxy that is given whole requests wants to know of us.
    pub fn authorize(&self, uri: &Uri, headers: &mut HeaderMap) {
        let Ok(to) = target(uri) else { return };
        let proxy = self.rules().choose(to.encrypted, &to.host, to.port);
        let Some(proxy) = proxy.filter(|proxy| !to.encrypted && !proxy.is_socks()) else {
            return;
        };
        if let Some(Ok(mut value)) = proxy.authorization().map(HeaderValue::try_from) {
            value.set_sensitive(true);
            headers.insert(PROXY_AUTHORIZATION, value);
        }
    }
}

/// Where a URL leads.
pub fn target(uri: &Uri) -> Result<Target, Error> {
    let encrypted = matches!(uri.scheme_str(), Some("https" | "wss"));
    let host = uri
        .host()
        .ok_or_else(|| Error::new(Kind::Name, "an address names no host", "check the endpoint"))?;
    Ok(Target {
        encrypted,
        host: host.trim_matches(['[', ']']).to_owned(),
        port: uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
        tunnel: false,
    })
}

impl tower_service::Service<Uri> for Connector {
    type Response = Link;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Link, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Connector { network, within } = self.clone();
        Box::pin(async move {
            let stream = network.connect(&target(&uri)?, within).await?;
            Ok(Link(TokioIo::new(stream)))
        })
    }
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.0.inner().forwards)
    }
}

impl hyper::rt::Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl hyper::rt::Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        hyper::rt::Write::is_write_vectored(&self.0)
    }
}
