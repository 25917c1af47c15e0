//! The tunnels of the console: one actor opens, watches and ends them all. What changed is told together, at most twice
//! a second, and nothing where nothing changed.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::app::{Msg, Plan, TunnelId, TunnelMove};
use crate::aws::{Cloud, Place};
use crate::config::Config;
use crate::fleet::{self, Policy};
use crate::forward::{Listener, Rate, Request, Snapshot, Status, Tunnel, Unbound};
use crate::panel::forwards::RowId;
use crate::recording::{self, Mode, Recipients};

use super::connected;
use super::inbox::Outbox;

const BEAT: Duration = Duration::from_millis(500);
/// How long the seals of all may take when the console is left.
const FAREWELL: Duration = Duration::from_secs(10);

enum Order {
    Open(TunnelId, Box<Plan>),
    Stop(TunnelId),
}

/// The handle of the actor. It works until it is told to end.
pub struct Tunnels {
    orders: mpsc::UnboundedSender<Order>,
    task: JoinHandle<()>,
}

impl Tunnels {
    pub fn start(
        cloud: watch::Receiver<Option<Cloud>>,
        config: Config,
        data_dir: PathBuf,
        out: Outbox,
    ) -> Self {
        let (orders, ordered) = mpsc::unbounded_channel();
        let actor = Actor {
            cloud,
            config,
            data_dir,
            out,
            opening: JoinSet::new(),
            handles: HashMap::new(),
            open: BTreeMap::new(),
        };
        let task = tokio::spawn(actor.run(ordered));
        Self { orders, task }
    }

    pub fn open(&self, id: TunnelId, plan: Box<Plan>) {
        self.order(Order::Open(id, plan));
    }

    pub fn stop(&self, id: TunnelId) {
        self.order(Order::Stop(id));
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            tracing::error!("the tunnels have no actor any more");
        }
    }

    /// Ends every tunnel and waits for their seals, but not for ever.
    pub async fn end(self) {
        drop(self.orders);
        if timeout(FAREWELL, self.task).await.is_err() {
            tracing::warn!("a tunnel was left before it was sealed");
        }
    }
}

/// A tunnel and what was last told of it.
struct Watched {
    tunnel: Tunnel,
    told: Option<(Status, Snapshot, Rate)>,
}

type Opened = (TunnelId, Result<Tunnel, Unbound>);

struct Actor {
    cloud: watch::Receiver<Option<Cloud>>,
    config: Config,
    data_dir: PathBuf,
    out: Outbox,
    opening: JoinSet<Opened>,
    handles: HashMap<TunnelId, AbortHandle>,
    open: BTreeMap<TunnelId, Watched>,
}

impl Actor {
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Open(id, plan)) => self.begin(id, *plan),
                    Some(Order::Stop(id)) => self.stop(id),
                    None => break,
                },
                Some(opened) = self.opening.join_next() => if let Ok(opened) = opened {
                    self.opened(opened);
                },
                _ = beat.tick(), if !self.open.is_empty() => self.tell(),
            }
        }
        self.opening.shutdown().await;
        self.open.values().for_each(|watched| watched.tunnel.stop());
        join_all(self.open.values().map(|watched| watched.tunnel.end())).await;
    }

    fn begin(&mut self, id: TunnelId, plan: Plan) {
        let (cloud, data_dir) = (self.cloud.clone(), self.data_dir.clone());
        // A rule that is no filter was refused at the start.
        let policy = Policy::of(&self.config).unwrap_or_default();
        let terms = policy.on(&plan.node);
        let recipients = Recipients::of(&self.config.recording, terms.is_production);
        let mode = terms.mode.into();
        let handle = self
            .opening
            .spawn(async move { (id, open(cloud, plan, mode, recipients, data_dir).await) });
        self.handles.insert(id, handle);
    }

    fn opened(&mut self, (id, opened): Opened) {
        let is_wanted = self.handles.remove(&id).is_some();
        match opened {
            Ok(tunnel) => {
                if !is_wanted {
                    tunnel.stop();
                }
                self.open.insert(id, Watched { tunnel, told: None });
            }
            Err(Unbound { says, hint }) => self.out.send(Msg::TunnelRefused {
                tunnel: id,
                says,
                hint,
            }),
        }
    }

    fn stop(&mut self, id: TunnelId) {
        if let Some(watched) = self.open.get(&id) {
            watched.tunnel.stop();
        }
        // One that has just been opened comes all the same, and is stopped then.
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
            self.out.send(Msg::TunnelRefused {
                tunnel: id,
                says: "stopped before it was open".into(),
                hint: String::new(),
            });
        }
    }

    /// Tells what differs from what was told before; lets go of what has ended.
    fn tell(&mut self) {
        let mut moves = Vec::new();
        for (id, watched) in &mut self.open {
            let status = watched.tunnel.status().borrow().clone();
            let now = watched.tunnel.snapshot();
            let before = watched.told.as_ref();
            let rate = before.map_or_else(Rate::default, |(_, before, _)| now.rate(before));
            let is_new = before.is_none_or(|(was, before, gone)| {
                *was != status || *gone != rate || !looks_same(before, &now)
            });
            if is_new {
                moves.push(TunnelMove {
                    tunnel: *id,
                    listening: watched.tunnel.listening().to_vec(),
                    status: status.clone(),
                    now: now.clone(),
                    rate,
                });
            }
            watched.told = Some((status, now, rate));
        }
        self.open
            .retain(|_, watched| !matches!(&watched.told, Some((status, ..)) if status.has_ended()));
        if !moves.is_empty() {
            self.out.send(Msg::TunnelsMoved(moves));
        }
    }
}

/// Which container a tunnel is to lead to.
pub async fn find_container(cloud: watch::Receiver<Option<Cloud>>, row: RowId, target: String, out: Outbox) {
    let found = match connected(cloud).await {
        Some(cloud) => match fleet::find_container(&cloud, &target).await {
            Ok(found) => Ok(Box::new(found.node)),
            Err(absent) => Err((absent.says(&target), absent.hint().to_owned())),
        },
        None => Err(unconnected()),
    };
    out.send(Msg::ContainerFound(row, found));
}

fn unconnected() -> (String, String) {
    (
        "there is no connection to AWS".into(),
        "nothing was opened".into(),
    )
}

/// But for the moment at which they were taken.
fn looks_same(a: &Snapshot, b: &Snapshot) -> bool {
    let b = Snapshot {
        at: a.at,
        ..b.clone()
    };
    *a == b
}

/// The local end first: a port in use costs no session.
async fn open(
    cloud: watch::Receiver<Option<Cloud>>,
    plan: Plan,
    mode: Mode,
    recipients: Result<Recipients, recording::Error>,
    data_dir: PathBuf,
) -> Result<Tunnel, Unbound> {
    let recipients = recipients.map_err(|cause| Unbound {
        says: cause.to_string(),
        hint: cause.hint().unwrap_or_default().into(),
    })?;
    let listener = Listener::bind(&plan.spec.local, &plan.bind).await?;
    let Some(cloud) = connected(cloud).await else {
        let (says, hint) = unconnected();
        return Err(Unbound { says, hint });
    };
    let Plan {
        node,
        spec,
        sessions,
        lazy,
        reason,
        ..
    } = plan;
    let request = Request {
        cloud,
        place: Place {
            profile: node.profile,
            region: node.region,
        },
        account: node.account,
        target: node.id.to_string(),
        name: node.name,
        tags: node.tags,
        agent_version: node.agent_version,
        remote: spec.remote,
        reason,
        mode,
        recipients,
        data_dir,
        sessions,
        lazy,
    };
    Ok(Tunnel::open(listener, request))
}
