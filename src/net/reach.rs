//! TCP to the first address that answers: both families are tried, each a moment after the one before, so that a
//! network with broken IPv6 costs a quarter of a second and not a timeout. Outside facts: RFC 8305.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::net::{TcpStream, lookup_host};

use socket2::{SockRef, TcpKeepalive};

use super::error::Error;

const STAGGER: Duration = Duration::from_millis(250);
/// A machine that is gone, or a way that swallows everything, is noticed after 5 + 3·2 s although nobody sends: then the
/// system ends the connection. A program that hangs on a machine that lives answers all the same; the pings are for that.
const SILENCE: Duration = Duration::from_secs(5);
const PROBE_EVERY: Duration = Duration::from_secs(2);
const PROBES: u32 = 3;

/// A connection without delay for small writes; `whom` names the other side in errors.
pub async fn reach(host: &str, port: u16, whom: &str) -> Result<TcpStream, Error> {
    let found = lookup_host((host, port))
        .await
        .map_err(|_| Error::unknown(host))?;
    let addresses = interleave(found.collect());
    if addresses.is_empty() {
        return Err(Error::unknown(host));
    }
    let stream = race(&addresses)
        .await
        .map_err(|cause| Error::reach(whom, &cause))?;
    // Only slower without it.
    let _ = stream.set_nodelay(true);
    watch(&stream);
    Ok(stream)
}

/// Has the system look after a silent connection; where it cannot, the pings take longer to notice.
fn watch(stream: &TcpStream) {
    let probes = TcpKeepalive::new()
        .with_time(SILENCE)
        .with_interval(PROBE_EVERY)
        .with_retries(PROBES);
    let _ = SockRef::from(stream).set_tcp_keepalive(&probes);
}

/// The first of the addresses to accept; the error is that of the last to fail.
async fn race(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut trying = FuturesUnordered::new();
    let mut left = addresses.iter().copied();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = left.next() {
            trying.push(TcpStream::connect(address));
        } else if trying.is_empty() {
            return Err(last);
        }
        let wait = if left.len() == 0 { Duration::MAX } else { STAGGER };
        match tokio::time::timeout(wait, trying.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(cause))) => last = cause,
            Ok(None) | Err(_) => {}
        }
    }
}

/// One of each family by turns, in the order of the resolver.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut order = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let order = interleave(
            ["[::1]:1", "[::2]:1", "127.0.0.1:1", "127.0.0.2:1"]
                .map(parse)
                .to_vec(),
        );
        assert_eq!(
            order,
            ["[::1]:1", "127.0.0.1:1", "[::2]:1", "127.0.0.2:1"].map(parse)
        );
    }

    #[tokio::test]
    async fn an_address_that_refuses_does_not_stop_the_next() {
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = {
            let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        let stream = race(&[closed, open.local_addr().unwrap()]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open.local_addr().unwrap());
        assert!(race(&[closed]).await.is_err());
    }

    #[tokio::test]
    async fn the_system_looks_after_a_silent_connection() {
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = open.local_addr().unwrap().port();
        let stream = reach("127.0.0.1", port, "it").await.unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), SILENCE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), PROBE_EVERY);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), PROBES);
    }
}
