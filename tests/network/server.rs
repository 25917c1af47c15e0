//! Servers on loopback that stand where AWS should and misbehave: garbage, silence, a stream that goes bad.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Not HTTP.
    Garbage,
    /// HTTP, but a page of something else.
    Page,
    /// Passes everything on to this port; after the first message of the agent comes garbage.
    Spoiling(u16),
}

pub struct Server {
    pub url: String,
    _runtime: Runtime,
}

impl Server {
    pub fn start(manner: Manner) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner));
            }
        });
        Self {
            url,
            _runtime: runtime,
        }
    }
}

async fn serve(mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    match manner {
        Manner::Garbage | Manner::Page => {
            let _ = stream.read(&mut bytes).await?;
            let page = "<html><h1>Welcome to the guest network</h1></html>";
            let answer = match manner {
                Manner::Garbage => "\x16\x03\x01 not at all HTTP\r\n\r\n".to_owned(),
                _ => format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{page}",
                    page.len()
                ),
            };
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        }
        Manner::Spoiling(port) => {
            let there = TcpStream::connect(("127.0.0.1", port)).await?;
            let (mut from_client, mut to_client) = stream.into_split();
            let (mut from_service, mut to_service) = there.into_split();
            let up = async { tokio::io::copy(&mut from_client, &mut to_service).await.map(drop) };
            let down = async {
                // The upgrade, then something of the agent, then frames that break every rule.
                for _ in 0..2 {
                    let read = from_service.read(&mut bytes).await?;
                    to_client.write_all(&bytes[..read]).await?;
                }
                to_client.write_all(&[0xff; 512]).await?;
                std::future::pending::<std::io::Result<()>>().await
            };
            tokio::try_join!(up, down).map(drop)
        }
    }
}
