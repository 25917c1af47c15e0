//! A run for the panel: started, followed, what it tells passed on in batches. Leaving the console cancels it and waits a
//! while for its seal.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::{Msg, RunId};
use crate::aws::Cloud;
use crate::config::Config;
use crate::fanout::{self, Event, Given, Limits, Request};
use crate::fleet::{Node, Policy};
use crate::recording::{self, Recipients};

use super::connected;
use super::inbox::Outbox;

/// What comes within this time of the last batch waits for the next.
const TOGETHER: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 1_000;
/// How long a cancelled run is followed after the user has left.
const FAREWELL: Duration = Duration::from_secs(10);
/// Bytes of a stream that the panel keeps; the recording has all.
const SHOWN: usize = 256 * 1024;

pub struct Order {
    pub run: RunId,
    pub nodes: Vec<Node>,
    pub text: String,
    pub reason: String,
    pub limits: Limits,
    pub given: Option<Given>,
    pub cloud: watch::Receiver<Option<Cloud>>,
    pub config: Config,
    pub data_dir: PathBuf,
}

/// A run that goes on, whoever looks.
pub struct Going {
    cancel: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Going {
    pub fn start(order: Order, out: Outbox) -> Self {
        let (cancel, cancelled) = watch::channel(false);
        let task = tokio::spawn(follow(order, cancelled, out));
        Self { cancel, task }
    }

    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits for the seal, but not for ever.
    pub async fn ended(self) {
        if timeout(FAREWELL, self.task).await.is_err() {
            tracing::warn!("a cancelled run was left before it was over");
        }
    }
}

async fn asked(cancel: &mut watch::Receiver<bool>) {
    if cancel.wait_for(|cancel| *cancel).await.is_err() {
        // Nobody is left who could ask.
        std::future::pending::<()>().await;
    }
}

async fn follow(order: Order, mut cancel: watch::Receiver<bool>, out: Outbox) {
    let run = order.run;
    let refuse = |says: String, hint: String| out.send(Msg::RunRefused { run, says, hint });
    let cloud = tokio::select! {
        cloud = connected(order.cloud.clone()) => cloud,
        () = asked(&mut cancel) => None,
    };
    let Some(cloud) = cloud else {
        return refuse("there is no connection to AWS".into(), "nothing was run".into());
    };
    let given = order.given.clone();
    let request = match request(order, cloud) {
        Ok(request) => request,
        Err(cause) => return refuse(cause.to_string(), cause.hint().unwrap_or_default().into()),
    };
    let started = match given {
        Some(given) => fanout::start_document(request, given).await,
        None => fanout::start(request).await,
    };
    let (handle, mut events) = match started {
        Ok(started) => started,
        Err(refused) => return refuse(refused.says, refused.hint),
    };
    let mut heard = Vec::new();
    let mut turn_at = Instant::now();
    let mut told = false;
    loop {
        let next = async {
            sleep_until(turn_at).await;
            events.recv_many(&mut heard, AT_ONCE).await
        };
        let count = tokio::select! {
            count = next => count,
            () = asked(&mut cancel), if !told => {
                told = true;
                handle.cancel();
                continue;
            }
        };
        if count == 0 {
            break;
        }
        turn_at = Instant::now() + TOGETHER;
        let mut events = std::mem::take(&mut heard);
        events.iter_mut().for_each(shorten);
        out.send(Msg::RunHeard { run, events });
    }
    out.send(Msg::RunEnded(run));
}

fn request(order: Order, cloud: Cloud) -> Result<Request, recording::Error> {
    // A rule that is no filter was refused at the start.
    let policy = Policy::of(&order.config).unwrap_or_default();
    let terms = policy.on_all(&order.nodes);
    let output = order.config.run.bucket.map(|said| match said.split_once('/') {
        Some((bucket, prefix)) => (bucket.to_owned(), prefix.to_owned()),
        None => (said, String::new()),
    });
    Ok(Request {
        recipients: Recipients::of(&order.config.recording, terms.is_production)?,
        cloud,
        nodes: order.nodes,
        tags: None,
        text: order.text,
        reason: order.reason,
        limits: order.limits,
        output,
        mode: terms.mode.into(),
        data_dir: order.data_dir,
    })
}

fn shorten(event: &mut Event) {
    let Event::Over(outcome) = event else { return };
    if outcome.stdout.len().max(outcome.stderr.len()) > SHOWN {
        outcome.stdout.truncate(SHOWN);
        outcome.stderr.truncate(SHOWN);
        outcome.is_cut = true;
        outcome.says = Some("only its beginning is kept here; the recording has all".into());
    }
}
