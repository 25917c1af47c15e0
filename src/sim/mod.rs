//! The embedded AWS: EC2, Systems Manager, Cost Explorer, STS and KMS on loopback, in their own wire formats, for
//! the demo and the tests. Clients reach it only over HTTP and WebSocket; it verifies every signature, and
//! apart from keys, tokens and today's date everything follows from the seed. It knows no panel.

pub mod account;
pub mod agent;
mod alarm;
mod athena;
mod billing;
mod budgets;
mod call;
mod ce;
mod certificate;
mod channel;
mod cloudtrail;
mod dice;
mod ec2;
mod ecs;
mod elb;
mod estate;
pub mod fault;
pub mod fleet;
mod form;
mod iam;
mod instance_connect;
mod instance_connect_endpoint;
pub mod kms;
mod load;
mod logs;
mod mac;
mod metric;
mod optimizer;
mod page;
mod rds;
mod recycle;
mod refusal;
mod refused;
mod rpc;
pub mod runbook;
mod s3;
mod savings;
mod scaling;
mod schedule;
mod server;
mod signature;
mod ssm;
mod sts;
mod wildcard;
mod world;
mod xml;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use account::Account;
pub use fault::Faults;
pub use fleet::Spec as FleetSpec;
pub use ssm::{BadFolder, Format as DocumentFormat, load_documents};

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// Loopback only; port 0 picks one.
    pub addr: SocketAddr,
    pub seed: u64,
    pub fleet: FleetSpec,
    pub faults: Faults,
    /// Where pushed SSH keys go, one `authorized_keys` file a login; without it they are accepted and forgotten.
    pub authorized_keys: Option<std::path::PathBuf>,
    /// More documents that every account owns; see [`load_documents`].
    pub documents: Vec<(String, DocumentFormat, String)>,
    /// How shells run and are kept apart from this machine. Its faults are replaced by those of `faults`.
    pub agent: agent::Options,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            fleet: FleetSpec::demo(),
            faults: Faults::default(),
            authorized_keys: None,
            documents: Vec::new(),
            agent: agent::Options::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        addr: SocketAddr,
        source: std::io::Error,
    },
    #[error("{0} is not a loopback address; the simulator hands out shells and stays on this machine")]
    NotLoopback(SocketAddr),
    #[error("the simulator needs a running tokio runtime")]
    NoRuntime,
}

/// A running simulator. Dropping it ends everything that it started.
pub struct Sim {
    world: Arc<world::World>,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
}

impl Sim {
    /// Starts listening; must be called within a tokio runtime. Several may run in one process.
    pub fn start(options: Options) -> Result<Sim, Error> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| Error::NoRuntime)?;
        if !options.addr.ip().is_loopback() {
            return Err(Error::NotLoopback(options.addr));
        }
        let listen = |source| Error::Listen {
            addr: options.addr,
            source,
        };
        let listener = std::net::TcpListener::bind(options.addr).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(listen)?;
        let world = Arc::new_cyclic(|me| world::World::new(options, addr, me.clone()));
        let (stop, stopped) = watch::channel(false);
        let server = runtime.spawn(server::serve(listener, world.clone(), stopped));
        Ok(Sim {
            world,
            stop,
            server: Some(server),
        })
    }

    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.world.addr)
    }

    pub fn accounts(&self) -> Vec<Account> {
        self.world.accounts.clone()
    }

    /// Calls of Cost Explorer that were answered with 200: what AWS would put on the bill.
    pub fn paid_requests(&self) -> u32 {
        self.world.tally.answered()
    }

    /// Queries of Athena that were stopped before they ended.
    pub fn cancelled_queries(&self) -> usize {
        self.world.queries.cancelled()
    }

    /// The bill stands at another moment from now on.
    pub fn set_bill_clock(&self, now: jiff::Timestamp) {
        self.world.set_bill_clock(now);
    }

    /// The JSON object that `qd sim` prints first; it holds secrets that open shells.
    pub fn first_line(&self) -> serde_json::Value {
        let first = self.world.accounts.first();
        let accounts: Vec<serde_json::Value> = self
            .world
            .accounts
            .iter()
            .map(|account| {
                serde_json::json!({
                    "id": account.id,
                    "name": account.name,
                    "access_key_id": account.access_key_id,
                    "secret_access_key": account.secret_access_key,
                    "regions": account.regions,
                })
            })
            .collect();
        let fleet = self.world.fleet();
        let instances: Vec<&str> = fleet
            .places()
            .flat_map(|(_, _, place)| place.instances.iter().map(|instance| instance.id.as_str()))
            .collect();
        let tasks: Vec<String> = fleet
            .places()
            .flat_map(|(_, _, place)| &place.tasks)
            .map(|task| format!("{}/{}", task.cluster, task.id))
            .collect();
        serde_json::json!({
            "endpoint_url": self.endpoint_url(),
            "region": first.and_then(|account| account.regions.first()),
            "access_key_id": first.map(|account| &account.access_key_id),
            "secret_access_key": first.map(|account| &account.secret_access_key),
            "instances": instances,
            "tasks": tasks,
            "accounts": accounts,
        })
    }

    /// Ends every connection and session, and waits until they are gone, for a while.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        self.world.runs.cancel_all();
        self.world.orders.cancel_all();
        for session in self.world.sessions.list() {
            session.terminate();
        }
        if let Some(server) = self.server.take() {
            let _ = server.await;
        }
        let over = async {
            while self
                .world
                .sessions
                .list()
                .iter()
                .any(|session| !session.is_over())
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), over).await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.world.runs.cancel_all();
        self.world.orders.cancel_all();
        for session in self.world.sessions.list() {
            session.terminate();
        }
    }
}

#[cfg(test)]
mod tests;
