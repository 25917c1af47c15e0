//! What to forward, as it is written on the command line: the grammar of `ssh -L`, and what follows from it.
//!
//! `PORT`, `LOCAL:PORT`, `LOCAL:HOST:PORT`, `BIND:LOCAL:HOST:PORT`; an IPv6 address stands in brackets, and a path with
//! a `/` instead of LOCAL is a Unix socket.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub local: Local,
    pub remote: Remote,
}

/// Where this side listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// Without an address the usual ones; port 0 lets the system pick.
    Tcp {
        bind: Option<String>,
        port: u16,
    },
    Unix(PathBuf),
}

/// What the instance connects to: a port of its own, or one of a host that it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub host: Option<String>,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{spec:?} is no forwarding: {says}")]
pub struct Bad {
    spec: String,
    says: String,
}

impl Bad {
    pub const HINT: &str = "write PORT, LOCAL:PORT, LOCAL:HOST:PORT or BIND:LOCAL:HOST:PORT; \
                            an IPv6 address in brackets, or the path of a Unix socket for LOCAL";
}

impl FromStr for Spec {
    type Err = Bad;

    fn from_str(text: &str) -> Result<Self, Bad> {
        parse(text).map_err(|says| Bad {
            spec: text.to_owned(),
            says,
        })
    }
}

fn parse(text: &str) -> Result<Spec, String> {
    let parts = split(text)?;
    let tcp = |bind: Option<&str>, local: &str, remote| {
        Ok(Spec {
            local: Local::Tcp {
                bind: bind.map(parse_host).transpose()?,
                port: parse_port(local, true)?,
            },
            remote,
        })
    };
    let unix = |path: &str, remote| {
        Ok(Spec {
            local: Local::Unix(path.into()),
            remote,
        })
    };
    match parts.as_slice() {
        [port] => tcp(None, port, own(port)?),
        [path, port] if path.contains('/') => unix(path, own(port)?),
        [path, host, port] if path.contains('/') => unix(path, at(host, port)?),
        [path, ..] if path.contains('/') => Err("a path cannot hold a colon".into()),
        [local, port] if is_number(local) => tcp(None, local, own(port)?),
        [host, port] => tcp(None, port, at(host, port)?),
        [local, host, port] if is_number(local) => tcp(None, local, at(host, port)?),
        [bind, local, port] if is_number(local) => tcp(Some(bind), local, own(port)?),
        [local, _, _] => Err(format!("{local:?} is no local port")),
        [bind, local, host, port] => tcp(Some(bind), local, at(host, port)?),
        _ => Err("it has more than four parts".into()),
    }
}

/// At every colon outside brackets.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut from, mut inside) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' if !inside => inside = true,
            b']' if inside => inside = false,
            b'[' | b']' => return Err("its brackets do not match".into()),
            b':' if !inside => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err("its brackets do not match".into());
    }
    parts.push(&text[from..]);
    Ok(parts)
}

fn own(port: &str) -> Result<Remote, String> {
    let port = parse_port(port, false)?;
    Ok(Remote { host: None, port })
}

fn at(host: &str, port: &str) -> Result<Remote, String> {
    Ok(Remote {
        host: Some(parse_host(host)?),
        port: parse_port(port, false)?,
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_port(text: &str, zero: bool) -> Result<u16, String> {
    let least = u16::from(!zero);
    match text.parse() {
        Ok(port) if port >= least && is_number(text) => Ok(port),
        _ => Err(format!("{text:?} is no port from {least} to 65535")),
    }
}

/// A name or an address, without the brackets.
fn parse_host(text: &str) -> Result<String, String> {
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = inside {
        let plain = address.split('%').next().unwrap_or_default();
        return match plain.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(address.to_owned()),
            Err(_) => Err(format!("{address:?} is no IPv6 address")),
        };
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
    if text.is_empty() || text.len() > 253 || text.starts_with('-') || !text.chars().all(fits) {
        return Err(format!("{text:?} is no host"));
    }
    Ok(text.to_owned())
}

/// As it stands in a specification.
fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.local {
            Local::Tcp { bind, port } => {
                if let Some(bind) = bind {
                    write!(f, "{}:", bracketed(bind))?;
                }
                write!(f, "{port}:")?;
            }
            Local::Unix(path) => write!(f, "{}:", path.display())?,
        }
        write!(f, "{}", self.remote)
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.host {
            write!(f, "{}:", bracketed(host))?;
        }
        write!(f, "{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_reads_as_ssh_reads_it() {
        let remote = |host: &str, port| Remote {
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
        };
        let tcp = |bind: &str, port| Local::Tcp {
            bind: (!bind.is_empty()).then(|| bind.to_owned()),
            port,
        };
        for (text, local, to) in [
            ("5432", tcp("", 5432), remote("", 5432)),
            ("15432:5432", tcp("", 15432), remote("", 5432)),
            ("0:5432", tcp("", 0), remote("", 5432)),
            ("db.internal:5432", tcp("", 5432), remote("db.internal", 5432)),
            (
                "15432:db.internal:5432",
                tcp("", 15432),
                remote("db.internal", 5432),
            ),
            ("8080:[fd00::1]:80", tcp("", 8080), remote("fd00::1", 80)),
            ("[::1]:8080:db:80", tcp("::1", 8080), remote("db", 80)),
            ("0.0.0.0:8080:80", tcp("0.0.0.0", 8080), remote("", 80)),
            ("*:8080:10.0.0.7:80", tcp("*", 8080), remote("10.0.0.7", 80)),
            (
                "/run/db.sock:5432",
                Local::Unix("/run/db.sock".into()),
                remote("", 5432),
            ),
            ("./s:db:1", Local::Unix("./s".into()), remote("db", 1)),
        ] {
            let spec: Spec = text.parse().unwrap_or_else(|bad| panic!("{bad}"));
            assert_eq!((&spec.local, &spec.remote), (&local, &to), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, says) in [
            ("", "no port"),
            ("0", "no port from 1"),
            ("70000", "no port"),
            ("+80", "no port"),
            ("80:", "no port"),
            ("db:x:80", "no local port"),
            ("8080::80", "no host"),
            ("8080:[db]:80", "no IPv6 address"),
            ("8080:[::1:80", "brackets"),
            ("1:2:3:4:5", "more than four"),
            ("8080:-oProxy:80", "no host"),
            ("/a:b:c:d", "cannot hold a colon"),
        ] {
            let bad = text.parse::<Spec>().unwrap_err();
            assert!(bad.to_string().contains(says), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_printed_reads_the_same(text in "[0-9a-c:./\\[\\]*%-]{0,24}") {
            if let Ok(spec) = text.parse::<Spec>() {
                prop_assert_eq!(spec.to_string().parse::<Spec>(), Ok(spec));
            }
        }
    }
}
