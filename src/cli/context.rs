//! What every verb is given: flags, environment and configuration joined once, and the ways to print.
//! Printing quotes control characters in cells and survives a reader that goes away.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgAction, Args};
use serde::Serialize;

use super::aim::note;
use super::{Error, table};
use crate::audit;
use crate::aws::Endpoints;
use crate::config::{Config, Endpoint, Paths};
use crate::net::{self, Network};

/// Flags that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Configuration instead of $XDG_CONFIG_HOME/quarterdeck/config.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// AWS profile to show, repeatable; default: AWS_PROFILE, then the configured ones
    #[arg(long = "profile", global = true, value_name = "NAME", action = ArgAction::Append)]
    pub profiles: Vec<String>,
    /// Region to show, repeatable; default: the profile's, then the configured ones
    #[arg(long = "region", global = true, value_name = "NAME", action = ArgAction::Append)]
    pub regions: Vec<String>,
    /// One endpoint for every AWS service (also AWS_ENDPOINT_URL)
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Nothing that changes an account or opens a session is possible
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Machine-readable output
    #[arg(long, global = true)]
    pub json: bool,
    /// Recordings, catalogue, audit log and keys instead of $XDG_DATA_HOME/quarterdeck
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// A file of age identities that open encrypted recordings, repeatable (also QD_IDENTITY)
    #[arg(long = "identity", global = true, value_name = "FILE", action = ArgAction::Append)]
    pub identities: Vec<PathBuf>,
    /// What goes to the log file: off, error, warn, info, debug, trace; ROOM=LEVEL for one room (also QD_LOG)
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
}

impl Globals {
    /// Where files live, `--config` and `--data-dir` applied.
    pub fn paths(&self) -> Result<Paths, Error> {
        let mut paths = Paths::from_environment()?;
        if let Some(file) = &self.config {
            paths.config_file = file.clone();
        }
        if let Some(dir) = &self.data_dir {
            paths.data_dir = dir.clone();
        }
        Ok(paths)
    }
}

/// Flags, environment and configuration, joined.
#[derive(Clone, Debug)]
pub struct Context {
    pub config: Config,
    pub paths: Paths,
    pub json: bool,
    pub read_only: bool,
    /// Whether standard output may carry colour: a terminal, and `NO_COLOR` unset or empty.
    pub colour: bool,
    /// `--profile`, else `AWS_PROFILE`, else the configured ones; empty: the usual credential chain decides.
    pub profiles: Vec<String>,
    /// `--region` only; empty: the profile's, then `config.regions`.
    pub regions: Vec<String>,
    /// `--endpoint-url`, else `AWS_ENDPOINT_URL`, else the configured one.
    pub endpoint_url: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM` and `AWS_ENDPOINT_URL_SSMMESSAGES`, else the configured ones.
    pub endpoints: Endpoints,
    /// Proxies and trusted certificates; the default where they are wrong, which [`Context::require_network`] tells.
    pub network: Network,
    pub(super) bad_network: Option<Arc<net::Bad>>,
}

impl Context {
    /// The profile that alone is meant, where one is.
    pub fn only_profile(&self) -> Option<String> {
        match self.profiles.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// Reads the configuration file; an explicit `--config` must exist, the usual one need not.
    pub fn load(globals: Globals) -> Result<Context, Error> {
        let paths = globals.paths()?;
        let mut config = if globals.config.is_some() {
            Config::load(&paths.config_file)?
        } else {
            Config::load_if_present(&paths.config_file)?
        };
        let named = globals.identities.iter().cloned();
        let named = named.chain(environment("QD_IDENTITY").map(PathBuf::from));
        config.recording.identities = named.chain(config.recording.identities).collect();
        let profiles = first_given([
            globals.profiles,
            environment("AWS_PROFILE").into_iter().collect(),
            config.profiles.clone(),
        ]);
        let (network, bad_network) = match network(&config, &profiles) {
            Ok(network) => (network, None),
            Err(bad) => (Network::default(), Some(Arc::new(bad))),
        };
        let endpoints = Endpoints {
            // An address for all services that the command line or the environment names comes before the file's.
            ssm: environment("AWS_ENDPOINT_URL_SSM")
                .map(Endpoint::All)
                .or_else(|| {
                    config
                        .endpoints
                        .ssm
                        .clone()
                        .filter(|_| environment("AWS_ENDPOINT_URL").is_none())
                })
                .filter(|_| globals.endpoint_url.is_none()),
            ssmmessages: environment("AWS_ENDPOINT_URL_SSMMESSAGES")
                .map(Endpoint::All)
                .or_else(|| config.endpoints.ssmmessages.clone()),
        };
        let endpoint_url = globals
            .endpoint_url
            .or_else(|| environment("AWS_ENDPOINT_URL"))
            .or_else(|| config.endpoint_url.clone());
        Ok(Context {
            config,
            paths,
            json: globals.json,
            read_only: globals.read_only,
            colour: std::io::stdout().is_terminal() && environment("NO_COLOR").is_none(),
            profiles,
            regions: globals.regions,
            endpoint_url,
            endpoints,
            network,
            bad_network,
        })
    }

    /// Exit 3 when `--read-only` was given; `what` completes "cannot …".
    pub fn require_write(&self, what: &str) -> Result<(), Error> {
        if self.read_only {
            let refused = Error::refused(format!("cannot {what}: this is read-only mode"))
                .hint("leave out --read-only to allow it");
            note(self, audit::Target::default(), None, &refused);
            return Err(refused);
        }
        Ok(())
    }

    /// Exit 2 when the proxy or the certificates that were asked for cannot be used. What needs no network goes on
    /// without.
    pub fn require_network(&self) -> Result<(), Error> {
        match &self.bad_network {
            Some(bad) => Err(Error::usage(bad.to_string()).hint(bad.hint())),
            None => Ok(()),
        }
    }

    /// A table aligned by display width, control characters quoted; headers in bold where colour is allowed.
    pub fn print_table<R>(&self, headers: &[&str], rows: &[R]) -> Result<(), Error>
    where
        R: AsRef<[String]>,
    {
        print(&table::render(headers, rows, self.colour))
    }

    /// One JSON document, indented when a person reads it.
    pub fn print_json(&self, document: &impl Serialize) -> Result<(), Error> {
        let text = if std::io::stdout().is_terminal() {
            serde_json::to_string_pretty(document)
        } else {
            serde_json::to_string(document)
        };
        print_line(text)
    }

    /// One object of a stream, on one line, flushed at once.
    pub fn print_json_line(&self, object: &impl Serialize) -> Result<(), Error> {
        print_line(serde_json::to_string(object))
    }
}

/// Proxies and certificates of the configuration, else of the environment, else of the profiles.
fn network(config: &Config, profiles: &[String]) -> Result<Network, net::Bad> {
    let said = &config.network;
    let settings = net::Settings {
        all_proxy: said.proxy.clone(),
        no_proxy: Some(said.no_proxy.join(",")).filter(|hosts| !hosts.is_empty()),
        proxy_loopback: said.proxy_loopback,
        ca_bundle: said.ca_bundle.clone(),
        ..net::Settings::default()
    };
    let mut settings = settings.or_environment(environment);
    settings.ca_bundle = settings.ca_bundle.or_else(|| bundle_of(profiles));
    Network::new(&settings)
}

/// The certificates that AWS's own configuration file names for the first profile that has some.
fn bundle_of(profiles: &[String]) -> Option<PathBuf> {
    let home = PathBuf::from(environment("HOME")?);
    let file = environment("AWS_CONFIG_FILE").map_or_else(|| home.join(".aws/config"), PathBuf::from);
    let mut names: Vec<&str> = profiles.iter().map(String::as_str).collect();
    if names.is_empty() {
        names.push("default");
    }
    // Whoever has no such file, or none that can be read, is told so by the SDK where it matters.
    let text = std::fs::read_to_string(file).ok()?;
    net::parse_ca_bundle(&text, &names, &home)
}

/// A line on standard error: progress and notices, never results.
pub fn notice(says: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{says}");
}

/// Writes text to standard output as it is and flushes.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::output)
}

fn print_line(text: Result<String, serde_json::Error>) -> Result<(), Error> {
    let mut text = text.map_err(|cause| Error::failed(format!("cannot write JSON: {cause}")))?;
    text.push('\n');
    print(&text)
}

/// A variable that is set to something.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn first_given<const N: usize>(choices: [Vec<String>; N]) -> Vec<String> {
    choices
        .into_iter()
        .find(|choice| !choice.is_empty())
        .unwrap_or_default()
}
