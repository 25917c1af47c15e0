//! The way out of this machine: proxies, trusted certificates, and connections that say in one sentence why they
//! did not come about. AWS's clients and the data channel both go through here, so that what holds for one holds
//! for the other. Rule: nothing here prints the user or the password of a proxy.

mod bypass;
mod connect;
mod error;
mod http;
mod probe;
mod profile;
mod proxy;
mod reach;
mod socks;
#[cfg(test)]
mod tests;
mod trust;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;

pub use connect::{Stream, Target};
pub use error::{Error, Kind};
pub use http::{Connector, target};
pub use probe::Answer;
pub use profile::parse_ca_bundle;
pub use proxy::{BadProxy, Proxy, Rules};
pub use trust::BadBundle;

/// What the environment and the configuration say of the network; texts are not read yet.
#[derive(Clone, Default)]
pub struct Settings {
    /// For `http://` addresses.
    pub http_proxy: Option<String>,
    /// For `https://` and `wss://` addresses.
    pub https_proxy: Option<String>,
    /// For both, where no other is given.
    pub all_proxy: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Whether even this machine's own addresses are asked for through the proxy.
    pub proxy_loopback: bool,
    /// A file of PEM certificates trusted besides the system's.
    pub ca_bundle: Option<PathBuf>,
}

impl Settings {
    /// The usual variables, lower case before upper case as curl has it, filling in what is not given.
    pub fn or_environment(mut self, variable: impl Fn(&str) -> Option<String>) -> Settings {
        let either = |name: &str| variable(&name.to_lowercase()).or_else(|| variable(name));
        // A proxy that the configuration names replaces all of the environment's.
        if self.http_proxy.is_none() && self.https_proxy.is_none() && self.all_proxy.is_none() {
            self.http_proxy = either("HTTP_PROXY");
            self.https_proxy = either("HTTPS_PROXY");
            self.all_proxy = either("ALL_PROXY");
        }
        self.no_proxy = self.no_proxy.or_else(|| either("NO_PROXY"));
        self.ca_bundle = self
            .ca_bundle
            .or_else(|| variable("AWS_CA_BUNDLE").map(PathBuf::from));
        self
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Bad {
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    #[error(transparent)]
    Bundle(#[from] BadBundle),
}

impl Bad {
    pub fn hint(&self) -> &'static str {
        match self {
            Bad::Proxy(_) => {
                "a proxy is written http://USER:PASSWORD@HOST:PORT, or with https:// or socks5h://"
            }
            Bad::Bundle(_) => {
                "AWS_CA_BUNDLE, [network] ca_bundle or a profile's ca_bundle names a file of PEM certificates"
            }
        }
    }
}

/// How connections leave this machine; clones share it. The default knows no proxy and trusts the system's roots.
#[derive(Clone, Default)]
pub struct Network {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    rules: Rules,
    bundle: trust::Bundle,
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Network {
    pub fn new(settings: &Settings) -> Result<Network, Bad> {
        Ok(Network {
            inner: Arc::new(Inner {
                rules: Rules::parse(settings)?,
                bundle: settings
                    .ca_bundle
                    .as_deref()
                    .map(trust::Bundle::load)
                    .transpose()?
                    .unwrap_or_default(),
                tls: OnceLock::new(),
            }),
        })
    }

    pub fn rules(&self) -> &Rules {
        &self.inner.rules
    }

    /// The file of certificates trusted besides the system's.
    pub fn bundle(&self) -> Option<&std::path::Path> {
        self.inner.bundle.file.as_deref()
    }

    /// Reading the system's certificates takes a while, so it is done when the first one is needed, and once.
    fn tls(&self) -> Result<Arc<ClientConfig>, Error> {
        if let Some(config) = self.inner.tls.get() {
            return Ok(config.clone());
        }
        let config = trust::client(&self.inner.bundle)?;
        Ok(self.inner.tls.get_or_init(|| config).clone())
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network")
            .field("rules", &self.inner.rules)
            .field("bundle", &self.inner.bundle.file)
            .finish_non_exhaustive()
    }
}
