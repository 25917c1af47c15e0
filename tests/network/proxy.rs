//! A proxy on loopback that knows every name as this machine, and one for each way in which proxies go wrong.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// HTTP CONNECT; wants `watch` and `p@ss:w/rd`.
    Http,
    /// SOCKS5 with the same login.
    Socks,
    /// Answers every CONNECT with this status.
    Status(u16),
    Garbage,
    /// Closes at once.
    Closing,
}

pub struct Proxy {
    pub port: u16,
    /// `HOST:PORT` of every connection that was made.
    pub asked: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

/// `watch:p@ss:w/rd` as it is written into a URL.
pub const LOGIN: &str = "watch:p%40ss%3Aw%2Frd";
pub const PASSWORD: &str = "p@ss:w/rd";
/// What HTTP makes of it.
pub const BASIC: &str = "d2F0Y2g6cEBzczp3L3Jk";

impl Proxy {
    pub fn start(manner: Manner) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner, seen.clone()));
            }
        });
        Self {
            port,
            asked,
            _runtime: runtime,
        }
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, seen: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let place = match manner {
        Manner::Closing => return None,
        Manner::Garbage => {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
            return None;
        }
        Manner::Socks => socks(&mut stream).await?,
        Manner::Http | Manner::Status(_) => http(&mut stream, manner).await?,
    };
    seen.lock().unwrap().push(place.clone());
    let port: u16 = place.rsplit_once(':')?.1.parse().ok()?;
    let mut there = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut there).await;
    Some(())
}

async fn http(stream: &mut TcpStream, manner: Manner) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let place = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    let status = match manner {
        Manner::Status(status) => status,
        _ if head.contains(&format!("Proxy-Authorization: Basic {BASIC}\r\n")) => 200,
        _ => 407,
    };
    let answer = format!("HTTP/1.1 {status} whatever\r\nVia: test\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()?;
    (status == 200).then_some(place)
}

async fn socks(stream: &mut TcpStream) -> Option<String> {
    let mut hello = [0; 2];
    stream.read_exact(&mut hello).await.ok()?;
    let mut methods = vec![0; usize::from(hello[1])];
    stream.read_exact(&mut methods).await.ok()?;
    if !methods.contains(&2) {
        stream.write_all(&[5, 0xff]).await.ok()?;
        return None;
    }
    stream.write_all(&[5, 2]).await.ok()?;
    let mut login = Vec::new();
    stream.read_u8().await.ok()?;
    for _ in 0..2 {
        let mut part = vec![0; usize::from(stream.read_u8().await.ok()?)];
        stream.read_exact(&mut part).await.ok()?;
        login.push(String::from_utf8(part).ok()?);
    }
    let known = login == ["watch", PASSWORD];
    stream.write_all(&[1, u8::from(!known)]).await.ok()?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.ok()?;
    assert_eq!(head[3], 3, "names are for the proxy to resolve");
    let mut host = vec![0; usize::from(stream.read_u8().await.ok()?)];
    stream.read_exact(&mut host).await.ok()?;
    let port = stream.read_u16().await.ok()?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    Some(format!("{}:{port}", String::from_utf8(host).ok()?))
}
