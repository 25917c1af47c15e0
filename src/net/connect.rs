//! From an address to a stream: directly or through a proxy, encrypted where the address says so, within a time.
//! When it takes too long, the error says what it was that took so long.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::Network;
use super::error::{Error, Kind};
use super::proxy::{Protocol, Proxy, place};
use super::reach::reach;
use super::socks;

/// No proxy answers CONNECT with more.
const LONGEST_ANSWER: usize = 16 << 10;

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub encrypted: bool,
    /// A name or an address without brackets.
    pub host: String,
    pub port: u16,
    /// Whether bytes must reach it as they are. Otherwise a plain HTTP proxy is given whole requests.
    pub tunnel: bool,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// An open connection.
pub struct Stream {
    inner: Box<dyn Duplex>,
    peer: Option<SocketAddr>,
    /// Whether an HTTP proxy at the other end wants the whole address in each request.
    pub forwards: bool,
}

impl Stream {
    pub(crate) fn new(
        inner: impl AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static,
        peer: Option<SocketAddr>,
    ) -> Stream {
        Stream {
            inner: Box::new(inner),
            peer,
            forwards: false,
        }
    }

    fn over(tcp: TcpStream) -> Stream {
        let peer = tcp.peer_addr().ok();
        Stream::new(tcp, peer)
    }

    /// The machine that was dialled: the one that was wanted, or the proxy before it.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl Network {
    pub async fn connect(&self, to: &Target, within: Duration) -> Result<Stream, Error> {
        let until = Until {
            at: Instant::now() + within,
            within,
        };
        let whom = place(&to.host, to.port);
        let stream = match self.rules().choose(to.encrypted, &to.host, to.port) {
            None => Stream::over(until.hold(&whom, reach(&to.host, to.port, &whom)).await?),
            Some(proxy) => {
                let named = format!("the proxy {}", proxy.place());
                let tcp = until.hold(&named, reach(&proxy.host, proxy.port, &named)).await?;
                let mut stream = Stream::over(tcp);
                if proxy.protocol == Protocol::Https {
                    stream = until
                        .hold(&named, self.encrypt(stream, &proxy.host, &named))
                        .await?;
                }
                if !to.encrypted && !to.tunnel && !proxy.is_socks() {
                    stream.forwards = true;
                    return Ok(stream);
                }
                until.hold(&named, ask(&mut stream, proxy, to)).await?;
                stream
            }
        };
        if !to.encrypted {
            return Ok(stream);
        }
        until.hold(&whom, self.encrypt(stream, &to.host, &whom)).await
    }

    async fn encrypt(&self, stream: Stream, host: &str, whom: &str) -> Result<Stream, Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Error::new(
                Kind::Name,
                format!("{host} is no name of a host"),
                "check the address",
            )
        })?;
        let peer = stream.peer;
        let encrypted = TlsConnector::from(self.tls()?).connect(name, stream).await;
        encrypted
            .map(|encrypted| Stream::new(encrypted, peer))
            .map_err(|cause| Error::handshake(whom, &cause, self.bundle().is_some()))
    }
}

/// A deadline that knows how long it was.
struct Until {
    at: Instant,
    within: Duration,
}

impl Until {
    async fn hold<T>(&self, whom: &str, step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout_at(self.at, step).await.unwrap_or_else(|_| {
            Err(Error::new(
                Kind::Slow,
                format!("{whom} did not answer in {:.0} s", self.within.as_secs_f64()),
                "check the network, HTTPS_PROXY and NO_PROXY",
            ))
        })
    }
}

async fn ask(stream: &mut Stream, proxy: &Proxy, to: &Target) -> Result<(), Error> {
    match proxy.protocol {
        Protocol::Socks5 { remote_names: true } => socks::ask(stream, proxy, &to.host, to.port).await,
        Protocol::Socks5 { remote_names: false } => {
            let mut found = tokio::net::lookup_host((to.host.as_str(), to.port))
                .await
                .map_err(|_| Error::unknown(&to.host))?;
            let address = found.next().ok_or_else(|| Error::unknown(&to.host))?;
            socks::ask(stream, proxy, &address.ip().to_string(), to.port).await
        }
        Protocol::Http | Protocol::Https => connect(stream, proxy, to).await,
    }
}

/// HTTP CONNECT. Outside facts: RFC 9110, section 9.3.6.
async fn connect(stream: &mut Stream, proxy: &Proxy, to: &Target) -> Result<(), Error> {
    let (whom, there) = (proxy.place(), place(&to.host, to.port));
    let cut = |cause: io::Error| Error::reach(&format!("the proxy {whom}"), &cause);
    let mut request = format!("CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n");
    if let Some(authorization) = proxy.authorization() {
        request.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.map_err(cut)?;
    stream.flush().await.map_err(cut)?;
    // Byte by byte: what follows the answer belongs to the other side.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.map_err(cut)?);
        let is_http = answer.starts_with(&b"HTTP/1."[..answer.len().min(7)]);
        if !is_http || answer.len() > LONGEST_ANSWER {
            return Err(no_proxy(&whom));
        }
    }
    let head = String::from_utf8_lossy(&answer);
    let status: u16 = head
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| no_proxy(&whom))?;
    match status {
        200..=299 => Ok(()),
        407 if proxy.login().is_some() => Err(Error::proxy(
            format!("the proxy {whom} refused the user and password it was given (HTTP 407)"),
            "correct them in HTTPS_PROXY; write % @ : and / in them as %25 %40 %3A and %2F",
        )),
        407 => Err(Error::proxy(
            format!("the proxy {whom} wants a user and a password (HTTP 407)"),
            "write them into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT",
        )),
        502..=504 => Err(Error::new(
            Kind::Unreachable,
            format!("the proxy {whom} cannot reach {there} (HTTP {status})"),
            "check the region and the endpoint's name; the proxy may need longer or know no way there",
        )),
        _ => Err(Error::proxy(
            format!("the proxy {whom} refused the connection to {there} (HTTP {status})"),
            "have the proxy allow the host, or leave the host out of it with NO_PROXY",
        )),
    }
}

fn no_proxy(whom: &str) -> Error {
    Error::proxy(
        format!("what answers at {whom} is no HTTP proxy"),
        "check HTTPS_PROXY; a SOCKS proxy is written socks5h://HOST:PORT",
    )
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
