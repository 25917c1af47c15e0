//! SOCKS5 as a client: no authentication or user and password, CONNECT by name or address.
//! Outside facts: RFC 1928 and RFC 1929.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::Error;
use super::proxy::{Proxy, place};

const HINT: &str = "check the address of the proxy and what it lets through";

/// Asks the proxy at the other end of `stream` for a connection to `host`.
pub async fn ask<S>(stream: &mut S, proxy: &Proxy, host: &str, port: u16) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let whom = proxy.place();
    let cut = |cause: std::io::Error| Error::reach(&format!("the proxy {whom}"), &cause);
    let methods: &[u8] = if proxy.login().is_some() {
        &[5, 2, 0, 2]
    } else {
        &[5, 1, 0]
    };
    stream.write_all(methods).await.map_err(cut)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(cut)?;
    match (chosen, proxy.login()) {
        ([5, 0], _) => {}
        ([5, 2], Some((user, password))) => log_in(stream, &whom, user, password).await?,
        ([5, _], login) => {
            let says = if login.is_some() {
                format!("the proxy {whom} takes no user and password")
            } else {
                format!("the proxy {whom} wants a user and a password")
            };
            return Err(Error::proxy(
                says,
                "write them as socks5h://USER:PASSWORD@HOST:PORT",
            ));
        }
        _ => {
            return Err(Error::proxy(
                format!("what answers at {whom} is no SOCKS5 proxy"),
                HINT,
            ));
        }
    }
    stream.write_all(&request(host, port)?).await.map_err(cut)?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(cut)?;
    let bound = match head[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await.map_err(cut)?),
        _ => {
            return Err(Error::proxy(
                format!("what answers at {whom} is no SOCKS5 proxy"),
                HINT,
            ));
        }
    };
    let mut rest = vec![0; bound + 2];
    stream.read_exact(&mut rest).await.map_err(cut)?;
    match head[1] {
        0 => Ok(()),
        code => Err(Error::proxy(
            format!(
                "the proxy {whom} did not connect to {}: {}",
                place(host, port),
                reason(code)
            ),
            HINT,
        )),
    }
}

async fn log_in<S>(stream: &mut S, whom: &str, user: &str, password: &str) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let cut = |cause: std::io::Error| Error::reach(&format!("the proxy {whom}"), &cause);
    let (Ok(user_length), Ok(password_length)) = (u8::try_from(user.len()), u8::try_from(password.len()))
    else {
        return Err(Error::proxy(
            "the proxy's user or password is longer than 255 bytes",
            HINT,
        ));
    };
    let mut line = vec![1, user_length];
    line.extend(user.as_bytes());
    line.push(password_length);
    line.extend(password.as_bytes());
    stream.write_all(&line).await.map_err(cut)?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await.map_err(cut)?;
    if answer[1] == 0 {
        return Ok(());
    }
    Err(Error::proxy(
        format!("the proxy {whom} refused the user and password it was given"),
        "correct them in ALL_PROXY or HTTPS_PROXY",
    ))
}

fn request(host: &str, port: u16) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![5, 1, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            bytes.push(1);
            bytes.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            bytes.push(4);
            bytes.extend(address.octets());
        }
        Err(_) => {
            let length = u8::try_from(host.len())
                .map_err(|_| Error::proxy("a host name is longer than SOCKS5 can carry", HINT))?;
            bytes.extend([3, length]);
            bytes.extend(host.as_bytes());
        }
    }
    bytes.extend(port.to_be_bytes());
    Ok(bytes)
}

fn reason(code: u8) -> &'static str {
    match code {
        2 => "its rules forbid it",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "nothing listens there",
        6 => "it took too long",
        _ => "it failed",
    }
}
