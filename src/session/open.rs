//! Opening a shell or a command: what is asked for, and the actor that lives once it has begun.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::aws::{Cloud, ExecuteCommand, Place};
use crate::fleet::Node;
use crate::recording::{Mode, Recipients};
use crate::ssm::{self, Channel, Options};

use super::actor::{Actor, Faults};
use super::audience;
use super::begin::{Begun, begin};
use super::journal::Lines;
use super::opening::Opening;
use super::patience::{Patience, Remote};
use super::status::Idle;
use super::thread::Thread;
use super::turns::Turns;
use super::{Core, Live, Piece, Status};

/// What to open, and where it is kept.
pub struct Request {
    pub cloud: Cloud,
    pub place: Place,
    pub account: String,
    /// `i-…`, `mi-…` or `ecs:CLUSTER_TASK_RUNTIME`.
    pub target: String,
    pub name: String,
    /// The machine's tags, as far as the fleet knows them.
    pub tags: BTreeMap<String, String>,
    /// What the recording calls it: `shell`, `command`, `port`, `ssh`, `copy`.
    pub kind: &'static str,
    /// Without one the account's own shell preferences hold.
    pub document: Option<String>,
    pub parameters: BTreeMap<String, String>,
    /// A container to run a command in; AWS is asked by ExecuteCommand then, which takes no document and no reason.
    pub container: Option<ExecuteCommand>,
    /// The command, for the record, of a session that runs one.
    pub command: Option<String>,
    pub reason: String,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Lines of history kept in memory; older ones are in the recording.
    pub scrollback: usize,
    pub mode: Mode,
    /// Whom the recording is encrypted to, by the policy for the target.
    pub recipients: Recipients,
    pub data_dir: PathBuf,
    /// Told, once, whenever the screen or the status changed.
    pub changed: Arc<Notify>,
    /// Gets every byte after it was recorded: the user's own terminal, a pipe.
    pub sink: Option<mpsc::Sender<Piece>>,
}

impl Request {
    /// A shell of 80 columns by the account's own preferences, recorded strictly, that nobody hears; named by what differs.
    pub fn new(cloud: Cloud, place: Place, target: impl Into<String>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            cloud,
            place,
            account: String::new(),
            target: target.into(),
            name: String::new(),
            tags: BTreeMap::new(),
            kind: "shell",
            document: None,
            parameters: BTreeMap::new(),
            container: None,
            command: None,
            reason: String::new(),
            size: (80, 24),
            scrollback: 0,
            mode: Mode::Strict,
            recipients: Recipients::default(),
            data_dir: data_dir.into(),
            changed: Arc::default(),
            sink: None,
        }
    }

    /// The same on a machine of the fleet.
    pub fn on(cloud: Cloud, node: &Node, data_dir: impl Into<PathBuf>) -> Self {
        let place = Place {
            profile: node.profile.clone(),
            region: node.region.clone(),
        };
        Self {
            account: node.account.clone(),
            name: node.name.clone(),
            tags: node.tags.clone(),
            ..Self::new(cloud, place, node.id.to_string(), data_dir)
        }
    }
}

/// Why no session came to be.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Refused {
    pub says: String,
    pub hint: String,
    /// AWS was asked and the connection failed, rather than something on this side.
    pub connecting: bool,
    /// The target is not there or not connected, so that connecting never began.
    pub absent: bool,
}

impl Refused {
    pub(super) fn here(says: impl ToString, hint: impl Into<String>) -> Self {
        Self {
            says: says.to_string(),
            hint: hint.into(),
            connecting: false,
            absent: false,
        }
    }

    pub(super) fn there(says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            hint: hint.into(),
            connecting: true,
            absent: false,
        }
    }
}

/// Opens a session. One whose opener stopped waiting is ended, not forgotten.
pub async fn open(request: Request) -> Result<Live, Refused> {
    open_with(request, Opening::default()).await
}

/// The same for somebody who wants to be told meanwhile, or to stop it.
pub async fn open_with(request: Request, opening: Opening) -> Result<Live, Refused> {
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        // Refused here, the handle is dropped, and that ends the session.
        let _ = tell.send(open_all(request, opening).await);
    });
    told.await
        .unwrap_or_else(|_| Err(Refused::here("opening the session was interrupted", "")))
}

async fn open_all(request: Request, opening: Opening) -> Result<Live, Refused> {
    let thread = Thread::start(request.sink.is_none())
        .map_err(|cause| Refused::here(cause, "this machine has no thread left"))?;
    let options = Options {
        size: Some(request.size),
        ..Options::default()
    };
    let Begun {
        id,
        session_id,
        recorder,
        journal,
        entry,
        channel,
        events,
    } = begin(&request, options, &opening).await?;
    let strain = recorder.strain();
    let typist = recorder.typist();
    let core = Arc::new(Turns::new(Core::Recording(Box::new(recorder))));
    let (orders, ordered) = mpsc::unbounded_channel();
    let (keys, typed) = mpsc::unbounded_channel();
    let told = opening.status;
    told.send_modify(|status| status.session_id = Some(session_id));
    let watched = told.subscribe();
    count_idle(&request, channel.idle(), told.clone(), opening.idle_limit);
    let patience = Patience {
        strain,
        mode: request.mode,
        ward: Remote {
            channel: channel.clone(),
            status: told.clone(),
            changed: request.changed.clone(),
            orders: orders.downgrade(),
        },
    };
    let audience = audience::admit(
        &request.data_dir,
        id,
        core.clone(),
        journal.clone(),
        orders.downgrade(),
        told.subscribe(),
    );
    let actor = Actor {
        typist: tokio::spawn(type_on(channel.clone(), typed)).abort_handle(),
        patience: tokio::spawn(patience.keep()).abort_handle(),
        core: core.clone(),
        channel,
        events,
        ordered,
        keys: keys.downgrade(),
        status: told,
        changed: request.changed,
        sink: request.sink,
        mode: request.mode,
        is_command: request.command.is_some(),
        lines: Lines::of(&journal),
        audience,
        journal,
        entry,
        held: None,
        after: None,
        faults: Faults::default(),
    };
    thread.drive(actor.run());
    Ok(Live {
        id,
        core,
        orders,
        keys,
        typist,
        status: watched,
    })
}

/// Keys travel on a task of their own, so that a full window never holds up output.
async fn type_on(channel: Channel, mut typed: mpsc::UnboundedReceiver<Bytes>) {
    while let Some(bytes) = typed.recv().await {
        if channel.input(bytes).await.is_err() {
            return;
        }
    }
}

/// Finds out the idle limit, beside the session: nothing waits for it.
pub(super) fn count_idle(
    request: &Request,
    since: ssm::Idle,
    told: watch::Sender<Status>,
    otherwise: Option<Duration>,
) {
    let (cloud, place) = (request.cloud.clone(), request.place.clone());
    tokio::spawn(async move {
        let known = cloud.fetch_idle_limit(&place).await;
        if let Some(limit) = known.ok().or(otherwise) {
            told.send_modify(|status| status.idle = Some(Idle { limit, since }));
        }
    });
}
