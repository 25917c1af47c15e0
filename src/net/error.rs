//! Why a connection did not come about: one sentence with the cause, and what to do about it.

use std::io;

/// What kind of trouble it is, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The name is unknown here.
    Name,
    /// No answer, or a refusal of the connection.
    Unreachable,
    /// Nothing was said in time.
    Slow,
    /// The proxy refused, or is no proxy.
    Proxy,
    /// The other side's certificate is not trusted.
    Certificate,
    /// Any other failure of encryption.
    Tls,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{says}")]
pub struct Error {
    pub kind: Kind,
    pub says: String,
    pub hint: String,
}

impl Error {
    pub(super) fn new(kind: Kind, says: impl Into<String>, hint: impl Into<String>) -> Error {
        Error {
            kind,
            says: says.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn proxy(says: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::new(Kind::Proxy, says, hint)
    }

    /// Whether asking again cannot change it: the answer of a proxy about us, a certificate.
    pub fn is_final(&self) -> bool {
        matches!(self.kind, Kind::Proxy | Kind::Certificate)
    }

    /// Something listens there, and it is no HTTP server.
    pub fn foreign(host: &str) -> Error {
        Error::new(
            Kind::Unreachable,
            format!("{host} does not answer as an HTTP server does"),
            "check the endpoint's address and port; a proxy may answer in its place",
        )
    }

    pub(super) fn unknown(host: &str) -> Error {
        Error::new(
            Kind::Name,
            format!("the name {host} is unknown here"),
            "check the spelling, the region and this machine's name resolution",
        )
    }

    pub(super) fn reach(whom: &str, cause: &io::Error) -> Error {
        let why = match cause.kind() {
            io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
            io::ErrorKind::ConnectionReset => "the connection was cut".to_owned(),
            io::ErrorKind::UnexpectedEof => "the connection was closed without a word".to_owned(),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                "no route leads there".to_owned()
            }
            _ => cause.to_string(),
        };
        Error::new(
            Kind::Unreachable,
            format!("{whom} cannot be reached: {why}"),
            "check the network, HTTPS_PROXY and NO_PROXY",
        )
    }

    /// What a failed TLS handshake means.
    pub(super) fn handshake(whom: &str, cause: &io::Error, bundled: bool) -> Error {
        let inner = cause
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::InvalidCertificate(why)) => Error::certificate(whom, why, bundled),
            Some(rustls::Error::InvalidMessage(_)) => Error::new(
                Kind::Tls,
                format!("{whom} does not answer with TLS"),
                "check the port and whether the address should begin with http://",
            ),
            Some(other) => Error::new(
                Kind::Tls,
                format!("TLS with {whom} failed: {other}"),
                "a proxy or firewall on the way may inspect TLS",
            ),
            None => Error::reach(whom, cause),
        }
    }

    fn certificate(whom: &str, why: &rustls::CertificateError, bundled: bool) -> Error {
        use rustls::CertificateError::*;
        let (what, hint) = match why {
            UnknownIssuer => (
                "an authority that is not trusted here issued it".to_owned(),
                if bundled {
                    "AWS_CA_BUNDLE must name the authority that issued it: the proxy's or the endpoint's own"
                } else {
                    "where a proxy inspects TLS, or an endpoint has an own authority, name its certificate with AWS_CA_BUNDLE"
                },
            ),
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => (
                "it is not valid today".to_owned(),
                "check this machine's clock; else the endpoint's owner must renew it",
            ),
            NotValidForName | NotValidForNameContext { .. } => (
                "it is for another name".to_owned(),
                "check the address; a VPC endpoint is reached by its own name, a proxy may answer in its place",
            ),
            other => (
                other.to_string(),
                "the endpoint's owner must mend it; AWS_CA_BUNDLE names authorities to trust besides the system's",
            ),
        };
        Error::new(
            Kind::Certificate,
            format!("the certificate of {whom} is not trusted: {what}"),
            hint,
        )
    }
}
