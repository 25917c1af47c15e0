//! The local end: bound before anything is asked of AWS, so that a port in use costs no session.
//!
//! By default on both loopback addresses, since `localhost` may be either.

use std::fs;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::task::Poll;

use socket2::{Domain, Socket as Socket2, Type};
use tokio::net::{TcpListener, UnixListener, lookup_host};

use super::holder;
use super::socket::Socket;
use super::spec::Local;

/// Bytes of a Unix socket's path on Linux, its end mark not counted (unix(7)).
const LONGEST_PATH: usize = 107;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;
/// Times that another port is picked because the first is taken on the second address.
const PICKS: usize = 16;

/// Why a local end could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Unbound {
    pub says: String,
    pub hint: String,
}

impl Unbound {
    fn new(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            hint: hint.into(),
        }
    }
}

pub struct Listener {
    tcp: Vec<TcpListener>,
    unix: Option<(UnixListener, Own)>,
}

/// The socket file that we made, removed with the listener unless another has taken its place.
struct Own {
    path: PathBuf,
    inode: u64,
}

impl Drop for Own {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Listener {
    /// `usual`: addresses for a specification that names none; empty for both of loopback.
    pub async fn bind(local: &Local, usual: &[String]) -> Result<Self, Unbound> {
        match local {
            Local::Unix(path) => bind_unix(path).await,
            Local::Tcp { bind, port } => {
                let named: &[String] = bind.as_ref().map_or(usual, std::slice::from_ref);
                let mut hosts = Vec::new();
                for name in named {
                    hosts.extend(addresses(name).await?);
                }
                let tcp = if hosts.is_empty() {
                    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                    bind_tcp(&loopback, *port, true).await?
                } else {
                    bind_tcp(&hosts, *port, false).await?
                };
                Ok(Self { tcp, unix: None })
            }
        }
    }

    /// Where it listens, in words that a client can be given.
    pub fn addresses(&self) -> Vec<String> {
        let tcp = self.tcp.iter().filter_map(|listener| listener.local_addr().ok());
        let unix = self.unix.iter().map(|(_, own)| own.path.display().to_string());
        tcp.map(|address| address.to_string()).chain(unix).collect()
    }

    /// The next connection and who made it.
    pub async fn accept(&self) -> io::Result<(Socket, String)> {
        poll_fn(|cx| {
            for listener in &self.tcp {
                if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                    return Poll::Ready(
                        accepted.map(|(stream, peer)| (Socket::Tcp(stream), peer.to_string())),
                    );
                }
            }
            if let Some((listener, own)) = &self.unix
                && let Poll::Ready(accepted) = listener.poll_accept(cx)
            {
                return Poll::Ready(accepted.map(|(stream, _)| {
                    let peer = stream.peer_cred().map_or_else(
                        |_| own.path.display().to_string(),
                        |who| match who.pid() {
                            Some(pid) => format!("process {pid} of user {}", who.uid()),
                            None => format!("a process of user {}", who.uid()),
                        },
                    );
                    (Socket::Unix(stream), peer)
                }));
            }
            Poll::Pending
        })
        .await
    }
}

/// The addresses of a name; `*` is all of this machine, as in `ssh`.
async fn addresses(name: &str) -> Result<Vec<IpAddr>, Unbound> {
    if name == "*" {
        return Ok(vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()]);
    }
    let plain = name.trim_start_matches('[').trim_end_matches(']');
    let mut found: Vec<IpAddr> = match lookup_host((plain, 0)).await {
        Ok(found) => found.map(|address| address.ip()).collect(),
        Err(_) => Vec::new(),
    };
    found.dedup();
    if found.is_empty() {
        let hint = "give an address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0";
        return Err(Unbound::new(format!("{name} is no address to listen on"), hint));
    }
    Ok(found)
}

/// The same port on every address. With `lenient`, one that this machine does not have is left out.
async fn bind_tcp(hosts: &[IpAddr], port: u16, lenient: bool) -> Result<Vec<TcpListener>, Unbound> {
    let mut tries = 0;
    'again: loop {
        let (mut bound, mut number): (Vec<TcpListener>, u16) = (Vec::new(), port);
        for host in hosts {
            let address = SocketAddr::new(*host, number);
            match listen(address) {
                Ok(listener) => {
                    number = listener.local_addr().map_or(number, |address| address.port());
                    bound.push(listener);
                }
                Err(cause) if cause.kind() == ErrorKind::AddrInUse && port == 0 && tries < PICKS => {
                    tries += 1;
                    continue 'again;
                }
                Err(cause) if lenient && !bound.is_empty() && is_absent(&cause) => {}
                Err(cause) => return Err(refused(address, &cause)),
            }
        }
        return Ok(bound);
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket2::new(Domain::for_address(address), Type::STREAM, None)?;
    // A port that was left a moment ago may be had again; one that is listened on may not.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // Otherwise `[::]` takes the IPv4 port as well, and the next bind fails.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// The machine has no such address, or no such protocol.
fn is_absent(cause: &io::Error) -> bool {
    cause.kind() == ErrorKind::AddrNotAvailable
        || cause.raw_os_error() == Some(nix::errno::Errno::EAFNOSUPPORT as i32)
}

fn refused(address: SocketAddr, cause: &io::Error) -> Unbound {
    match cause.kind() {
        ErrorKind::AddrInUse => {
            let by = holder::of(address).map_or_else(String::new, |who| format!(" by {who}"));
            let hint = "name another local port, or 0 to have one picked; nothing was opened at AWS";
            Unbound::new(format!("{address} is in use{by}"), hint)
        }
        ErrorKind::PermissionDenied if address.port() < 1024 => {
            let hint = "ports below 1024 are for root: name a higher local port, or 0 to have one picked";
            Unbound::new(format!("{address} may not be listened on: {cause}"), hint)
        }
        ErrorKind::AddrNotAvailable => {
            let hint = "give an address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0";
            Unbound::new(format!("{} is no address of this machine", address.ip()), hint)
        }
        _ => Unbound::new(format!("{address} may not be listened on: {cause}"), ""),
    }
}

async fn bind_unix(path: &Path) -> Result<Listener, Unbound> {
    let shown = path.display();
    let length = path.as_os_str().len();
    if length > LONGEST_PATH {
        let says = format!("the path {shown} has {length} bytes, and a socket's may have {LONGEST_PATH}");
        return Err(Unbound::new(
            says,
            "choose a shorter one, such as below /tmp or $XDG_RUNTIME_DIR",
        ));
    }
    if let Ok(file) = fs::symlink_metadata(path) {
        if !file.file_type().is_socket() {
            return Err(Unbound::new(
                format!("{shown} exists and is no socket"),
                "choose another path; nothing was removed",
            ));
        }
        match tokio::net::UnixStream::connect(path).await {
            Err(cause) if cause.kind() == ErrorKind::ConnectionRefused => {
                // Nobody listens: what a crash left behind.
                fs::remove_file(path)
                    .map_err(|cause| Unbound::new(format!("{shown} cannot be replaced: {cause}"), ""))?;
            }
            _ => {
                let hint = "choose another path, or end the program that listens there";
                return Err(Unbound::new(format!("{shown} is in use"), hint));
            }
        }
    }
    let failed = |cause: io::Error| {
        let (says, hint) = match cause.kind() {
            ErrorKind::NotFound => (
                format!("{shown} has no folder to be in"),
                "make the folder, or choose another path",
            ),
            ErrorKind::PermissionDenied => (
                format!("{shown} may not be made: its folder is not yours to write in"),
                "choose another path, such as below $XDG_RUNTIME_DIR",
            ),
            _ => (format!("{shown} may not be listened on: {cause}"), ""),
        };
        Unbound::new(says, hint)
    };
    let listener = UnixListener::bind(path).map_err(failed)?;
    let own = Own {
        path: path.into(),
        inode: fs::symlink_metadata(path).map_err(failed)?.ino(),
    };
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(Listener {
        tcp: Vec::new(),
        unix: Some((listener, own)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(bind: Option<&str>, port: u16) -> Local {
        Local::Tcp {
            bind: bind.map(Into::into),
            port,
        }
    }

    #[tokio::test]
    async fn the_usual_addresses_are_loopback_and_share_a_picked_port() {
        let listener = Listener::bind(&tcp(None, 0), &[]).await.unwrap();
        let addresses: Vec<SocketAddr> = listener.addresses().iter().map(|a| a.parse().unwrap()).collect();
        assert!(addresses[0].ip() == Ipv4Addr::LOCALHOST && addresses[0].port() != 0);
        assert!(
            addresses
                .iter()
                .all(|a| a.ip().is_loopback() && a.port() == addresses[0].port())
        );
        for address in addresses {
            let (made, accepted) = tokio::join!(tokio::net::TcpStream::connect(address), listener.accept());
            assert_eq!(
                accepted.unwrap().1,
                made.unwrap().local_addr().unwrap().to_string()
            );
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_named_with_who_has_it() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = Listener::bind(&tcp(None, port), &[]).await.err().unwrap();
        let who = format!("127.0.0.1:{port} is in use by ");
        assert!(refused.says.starts_with(&who), "{refused}");
        assert!(
            refused.says.contains(&format!("({})", std::process::id())),
            "{refused}"
        );
        let refused = Listener::bind(&tcp(Some("192.0.2.1"), 0), &[])
            .await
            .err()
            .unwrap();
        assert!(refused.says.contains("no address of this machine"), "{refused}");
        let refused = Listener::bind(&tcp(None, 0), &["no-such-host.invalid".into()]).await;
        assert!(refused.err().unwrap().says.contains("no address to listen on"));
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_used_one_a_file_and_a_long_path_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let listener = Listener::bind(&Local::Unix(path.clone()), &[]).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let used = Listener::bind(&Local::Unix(path.clone()), &[]).await;
        assert!(used.err().unwrap().says.ends_with("is in use"));
        drop(listener);
        assert!(!path.exists(), "it is removed with its listener");
        fs::write(&path, "precious").unwrap();
        let file = Listener::bind(&Local::Unix(path.clone()), &[]).await;
        assert!(file.err().unwrap().says.contains("is no socket"));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        let lost = Listener::bind(&Local::Unix(dir.path().join("no/db.sock")), &[]).await;
        assert!(lost.err().unwrap().says.ends_with("has no folder to be in"));
        let long = dir.path().join("x".repeat(120));
        let long = Listener::bind(&Local::Unix(long), &[]).await.err().unwrap();
        assert!(long.says.contains("may have 107"), "{long}");
    }
}
