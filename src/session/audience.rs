//! Who watches a session: each join and leave goes into its recording and the audit log, and the wish to end it is
//! obeyed as the owner's own. The session's own task knows nothing of it.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::journal::Journal;
use super::turns::Turns;
use super::{Core, Order, Status};
use crate::audit::Kind;
use crate::recording::live::{Door, Knock};
use crate::recording::{Participant, Segment};

/// Those who watch. Dropped, the door is shut.
#[derive(Default)]
pub(super) struct Audience {
    open: Option<oneshot::Sender<()>>,
    writing: Option<JoinHandle<()>>,
}

impl Audience {
    /// Shuts the door, and waits until all that is known of who came and went is in the log.
    pub async fn dismiss(&mut self) {
        self.open = None;
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
    }
}

/// Lets watchers in until the session is over. A session that nobody can watch goes on.
pub(super) fn admit(
    data_dir: &Path,
    id: Uuid,
    core: Arc<Turns<Core>>,
    journal: Journal,
    orders: mpsc::WeakUnboundedSender<Order>,
    mut status: watch::Receiver<Status>,
) -> Audience {
    let (door, mut knocks) = match Door::open(data_dir, id) {
        Ok(opened) => opened,
        Err(cause) => {
            tracing::warn!(%cause, "nobody can watch this session");
            return Audience::default();
        }
    };
    let (open, mut shut) = oneshot::channel::<()>();
    // The log syncs to the disk; whoever joins next does not wait for that.
    let (say, mut said) = mpsc::unbounded_channel::<(Kind, String)>();
    let writing = tokio::spawn(async move {
        while let Some((kind, who)) = said.recv().await {
            write(&journal, kind, who).await;
        }
    });
    tokio::spawn(async move {
        let _door = door;
        loop {
            tokio::select! {
                () = over(&mut status) => return,
                _ = &mut shut => return,
                knock = knocks.recv() => match knock {
                    Some(knock) => attend(knock, &core, &say, &orders),
                    None => return,
                },
            }
        }
    });
    Audience {
        open: Some(open),
        writing: Some(writing),
    }
}

async fn over(status: &mut watch::Receiver<Status>) {
    // The guard of a watch must not outlive this.
    let _ = status.wait_for(Status::has_ended).await.map(drop);
}

fn attend(
    knock: Knock,
    core: &Turns<Core>,
    say: &mpsc::UnboundedSender<(Kind, String)>,
    orders: &mpsc::WeakUnboundedSender<Order>,
) {
    match knock {
        Knock::Join { who, answer } => {
            let start = note(core, &who, true);
            if start.is_some_and(|start| answer.send(start).is_ok()) {
                let _ = say.send((Kind::SessionJoin, who));
            }
        }
        Knock::Leave { who } => {
            note(core, &who, false);
            let _ = say.send((Kind::SessionLeave, who));
        }
        Knock::End { who } => {
            let _ = say.send((Kind::SessionTerminate, who.clone()));
            if let Some(orders) = orders.upgrade() {
                let _ = orders.send(Order::EndedBy(who));
            }
        }
    }
}

/// Into the recording; where the newest screen is, unless it has ended.
fn note(core: &Turns<Core>, who: &str, joined: bool) -> Option<Segment> {
    let participant = Participant {
        who: who.into(),
        mode: "observer".into(),
        joined,
    };
    match &mut *core.lock() {
        Core::Recording(recorder) => {
            // On a full disk the session's next output says so, and its policy decides.
            if let Err(cause) = recorder.participant(participant) {
                tracing::warn!(%cause, "a watcher is not in the recording");
            }
            Some(recorder.newest_start())
        }
        Core::Ended(_) => None,
    }
}

async fn write(journal: &Journal, kind: Kind, who: String) {
    journal
        .say(kind, |event| {
            *event = event.clone().with("who", who).with("mode", "observer");
        })
        .await;
}
