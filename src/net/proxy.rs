//! Which proxy a connection takes: HTTP CONNECT, the same over TLS, or SOCKS5. This machine's own addresses and
//! the metadata services of EC2 and ECS are asked directly, since a proxy would answer for its own machine.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Settings;
use super::bypass::Bypass;

/// A text that names no proxy. Neither user nor password of it is shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} names no proxy that can be used: {says}")]
pub struct BadProxy {
    pub variable: &'static str,
    pub says: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Https,
    /// `remote_names`: the proxy resolves names (`socks5h`), not we.
    Socks5 {
        remote_names: bool,
    },
}

/// A proxy; printing it shows neither user nor password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub protocol: Protocol,
    pub host: String,
    pub port: u16,
    login: Option<(String, String)>,
}

impl Proxy {
    /// `[SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/]`; without a scheme `http` is meant.
    fn parse(text: &str) -> Result<Proxy, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (protocol, usual) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Protocol::Http, 80),
            "https" => (Protocol::Https, 443),
            "socks5" => (Protocol::Socks5 { remote_names: false }, 1080),
            "socks5h" | "socks" => (Protocol::Socks5 { remote_names: true }, 1080),
            _ => return Err("http, https, socks5 and socks5h proxies are known".into()),
        };
        // A password may hold anything but a slash that was not encoded.
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            (decode(user), decode(password))
        });
        let (host, port) = split_place(place).ok_or("it has no host, or a port that is no number")?;
        Ok(Proxy {
            protocol,
            host: host.to_owned(),
            port: port.unwrap_or(usual),
            login,
        })
    }

    pub fn is_socks(&self) -> bool {
        matches!(self.protocol, Protocol::Socks5 { .. })
    }

    /// `HOST:PORT` for messages.
    pub fn place(&self) -> String {
        place(&self.host, self.port)
    }

    pub(super) fn login(&self) -> Option<(&str, &str)> {
        self.login
            .as_ref()
            .map(|(user, password)| (user.as_str(), password.as_str()))
    }

    /// The value of `Proxy-Authorization`.
    pub(super) fn authorization(&self) -> Option<String> {
        let (user, password) = self.login()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Https => "https",
            Protocol::Socks5 { remote_names: true } => "socks5h",
            Protocol::Socks5 { remote_names: false } => "socks5",
        };
        write!(f, "{scheme}://{}", self.place())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// `host:port`, brackets around an IPv6 address.
pub(super) fn place(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn split_place(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        (host, rest.strip_prefix(':'))
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if host.is_empty() || !host.chars().all(is_name) {
        return None;
    }
    match port {
        None | Some("") => Some((host, None)),
        Some(port) => port.parse().ok().map(|port| (host, Some(port))),
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Which proxy for which address.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    http: Option<Proxy>,
    https: Option<Proxy>,
    bypass: Bypass,
    loopback: bool,
}

impl Rules {
    pub fn parse(settings: &Settings) -> Result<Rules, BadProxy> {
        let read = |variable, text: &Option<String>| {
            text.as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(|text| Proxy::parse(text).map_err(|says| BadProxy { variable, says }))
                .transpose()
        };
        let all = read("ALL_PROXY", &settings.all_proxy)?;
        Ok(Rules {
            http: read("HTTP_PROXY", &settings.http_proxy)?.or_else(|| all.clone()),
            https: read("HTTPS_PROXY", &settings.https_proxy)?.or(all),
            bypass: Bypass::parse(settings.no_proxy.as_deref().unwrap_or_default()),
            loopback: settings.proxy_loopback,
        })
    }

    /// The proxy for a connection, encrypted or not; `None` goes there directly.
    pub fn choose(&self, encrypted: bool, host: &str, port: u16) -> Option<&Proxy> {
        let proxy = if encrypted { &self.https } else { &self.http };
        let proxy = proxy.as_ref()?;
        let own = is_metadata(host) || is_loopback(host) && !self.loopback;
        (!own && !self.bypass.has(host, port)).then_some(proxy)
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The instance metadata and the container credentials services.
fn is_metadata(host: &str) -> bool {
    matches!(
        host,
        "169.254.169.254" | "169.254.170.2" | "169.254.170.23" | "fd00:ec2::254" | "fd00:ec2::23"
    )
}
