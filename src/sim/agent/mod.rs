//! The instance's side of the data channel: what the agent and the relay behind it do, on one web socket.
//!
//! `Sessions` is the registry behind StartSession, ResumeSession, TerminateSession and DescribeSessions; `serve` speaks
//! for one session on a web socket. Shells, commands and ports are real; state survives reconnects. Constants and odd
//! manners follow the real agent, so that a client which works here works there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::kms::Vault;

mod command;
mod document;
mod encryption;
mod fault;
pub mod isolate;
mod launch;
mod link;
mod mux;
mod port;
mod program;
mod relay;
mod script;
mod session;
mod sessions;
mod shell;
mod smux;
mod stream;
mod template;
mod utf8;
pub(super) mod version;
mod weather;

#[cfg(test)]
mod tests;

pub use document::{BadDocument, Parameters};
pub use fault::{BadFault, Faults, HELP as FAULTS_HELP};
pub use isolate::Isolation;
pub use link::{serve, socket_config};
pub use script::{Runner, Script, Verdict};
pub use session::{Ending, Session, Status};
pub use sessions::{Opened, Sessions};

/// AWS's own, where an account has set none.
const IDLE: Duration = Duration::from_secs(20 * 60);

/// How instances behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// Run instead of the usual shell, by `sh -c`.
    pub shell: Option<String>,
    /// Keep shells and commands away from this machine; where that is impossible they say so before the first prompt.
    pub isolate: bool,
    /// The program that understands `__isolate`, for `isolate`.
    pub helper: Option<PathBuf>,
    /// Sleep 1 ms after each chunk, as the agent does. Costs most of the throughput.
    pub pace: bool,
    /// The wait before the first read of a shell's output; the agent waits 1 s.
    pub start_pause_for: Duration,
    /// A session ends after this long, whatever it does.
    pub lasts_for: Option<Duration>,
    /// How long a client may take to answer the handshake.
    pub handshake_for: Duration,
    /// Agent version where `Start` names none.
    pub agent_version: String,
    /// Ports of the instance that lead to another address than this machine's own port of that number.
    pub ports: BTreeMap<u16, SocketAddr>,
    pub faults: Faults,
    /// Opens the keys of encrypted sessions.
    pub vault: Vault,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shell: None,
            isolate: false,
            helper: None,
            pace: true,
            start_pause_for: Duration::from_secs(1),
            lasts_for: None,
            handshake_for: Duration::from_secs(15),
            agent_version: "3.3.2299.0".to_owned(),
            ports: BTreeMap::new(),
            faults: Faults::default(),
            vault: Vault::default(),
        }
    }
}

impl Options {
    /// A session without data for this long ends.
    fn idle_for(&self) -> Duration {
        self.faults.idle_for.unwrap_or(IDLE)
    }
}

/// The options of one registry, and what was found out about this machine.
struct Settings {
    options: Options,
    isolation: OnceCell<Isolation>,
}

impl Settings {
    fn new(options: Options) -> Self {
        Self {
            options,
            isolation: OnceCell::new(),
        }
    }

    /// Found out by trying, once.
    async fn isolation(&self) -> &Isolation {
        let find = || async {
            if !self.options.isolate {
                return Isolation::None;
            }
            let helper = self.options.helper.clone();
            tokio::task::spawn_blocking(move || Isolation::probe(helper.as_deref()))
                .await
                .unwrap_or(Isolation::None)
        };
        self.isolation.get_or_init(find).await
    }
}

impl std::ops::Deref for Settings {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.options
    }
}

/// What StartSession asked for.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub target: String,
    pub document: Option<String>,
    /// The document's text, where it is the account's own.
    pub content: Option<serde_json::Value>,
    pub parameters: Parameters,
    pub reason: Option<String>,
    /// The caller's ARN.
    pub owner: String,
    /// Host name of the instance, such as `ip-10-0-1-23`.
    pub hostname: Option<String>,
    pub agent_version: Option<String>,
}
