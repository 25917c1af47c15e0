//! Who watches a session: each join and leave goes into its recording and the audit log, and the wish to end it is
//! obeyed as the owner's own. The session's own task knows nothing of it, and a disk that is stuck holds up no other:
//! joins and leaves wait for it on a thread of their own, an end for nothing.

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
    status: watch::Receiver<Status>,
) -> Audience {
    let (door, knocks) = match Door::open(data_dir, id) {
        Ok(opened) => opened,
        Err(cause) => {
            tracing::warn!(%cause, "nobody can watch this session");
            return Audience::default();
        }
    };
    receive(door, knocks, core, journal, orders, status)
}

/// The same at a door that is open; it stays so for as long as somebody is let in.
fn receive<D: Send + 'static>(
    door: D,
    mut knocks: mpsc::Receiver<Knock>,
    core: Arc<Turns<Core>>,
    journal: Journal,
    orders: mpsc::WeakUnboundedSender<Order>,
    mut status: watch::Receiver<Status>,
) -> Audience {
    let (open, mut shut) = oneshot::channel::<()>();
    // The log syncs to the disk; whoever joins next does not wait for that.
    let (say, mut said) = mpsc::unbounded_channel::<(Kind, String)>();
    let writing = tokio::spawn(async move {
        while let Some((kind, who)) = said.recv().await {
            write(&journal, kind, who).await;
        }
    });
    let (come, mut coming) = mpsc::unbounded_channel::<Knock>();
    let saying = say.clone();
    tokio::spawn(async move {
        while let Some(knock) = coming.recv().await {
            attend(knock, &core, &saying).await;
        }
    });
    tokio::spawn(async move {
        let _door = door;
        loop {
            tokio::select! {
                () = over(&mut status) => return,
                _ = &mut shut => return,
                knock = knocks.recv() => match knock {
                    Some(Knock::End { who }) => {
                        let _ = say.send((Kind::SessionTerminate, who.clone()));
                        if let Some(orders) = orders.upgrade() {
                            let _ = orders.send(Order::EndedBy(who));
                        }
                    }
                    Some(knock) => drop(come.send(knock)),
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

async fn attend(knock: Knock, core: &Arc<Turns<Core>>, say: &mpsc::UnboundedSender<(Kind, String)>) {
    match knock {
        Knock::Join { who, answer } => {
            let start = note(core, &who, true).await;
            if start.is_some_and(|start| answer.send(start).is_ok()) {
                let _ = say.send((Kind::SessionJoin, who));
            }
        }
        Knock::Leave { who } => {
            note(core, &who, false).await;
            let _ = say.send((Kind::SessionLeave, who));
        }
        // Obeyed at the door.
        Knock::End { .. } => {}
    }
}

/// Into the recording; where the newest screen is, unless it has ended.
async fn note(core: &Arc<Turns<Core>>, who: &str, joined: bool) -> Option<Segment> {
    let participant = Participant {
        who: who.into(),
        mode: "observer".into(),
        joined,
    };
    let core = core.clone();
    let noted = tokio::task::spawn_blocking(move || match &mut *core.lock() {
        Core::Recording(recorder) => {
            // On a full disk the session's next output says so, and its policy decides.
            if let Err(cause) = recorder.participant(participant) {
                tracing::warn!(%cause, "a watcher is not in the recording");
            }
            Some(recorder.newest_start())
        }
        Core::Ended(_) => None,
    });
    noted.await.ok().flatten()
}

async fn write(journal: &Journal, kind: Kind, who: String) {
    journal
        .say(kind, |event| {
            *event = event.clone().with("who", who).with("mode", "observer");
        })
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Event};
    use crate::recording::DeviceKey;
    use crate::term::{Screen, Size};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    /// Where the runtime has one thread only: who would block it would keep the end from being heard.
    #[tokio::test]
    async fn a_watchers_wish_to_end_it_waits_for_no_disk() {
        let dir = tempfile::tempdir().unwrap();
        let screen = Screen::new(Size { cols: 1, rows: 1 }, 0);
        let core = Arc::new(Turns::new(Core::Ended(Box::new(screen))));
        let event = Event::new(Kind::SessionStart, Actor::default());
        let device = DeviceKey::load_or_create(dir.path()).unwrap();
        let journal = Journal::local(dir.path(), event, device);
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let (_status, told) = watch::channel(Status::default());
        let (knock, knocks) = mpsc::channel(4);
        let mut audience = receive((), knocks, core.clone(), journal, orders.downgrade(), told);
        // The session's own thread, inside a write that does not return.
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (hold, held) = oneshot::channel();
        let is_stuck = Arc::new(AtomicBool::new(true));
        let (stuck, waits) = (is_stuck.clone(), core.clone());
        let session = std::thread::spawn(move || {
            let _core = waits.lock();
            hold.send(()).unwrap();
            let _ = released.recv_timeout(Duration::from_secs(5));
            stuck.store(false, Ordering::Relaxed);
        });
        held.await.unwrap();
        let who = || "eve".to_owned();
        let (answer, start) = oneshot::channel();
        knock.send(Knock::Join { who: who(), answer }).await.unwrap();
        knock.send(Knock::End { who: who() }).await.unwrap();
        assert!(matches!(ordered.recv().await, Some(Order::EndedBy(_))));
        assert!(is_stuck.load(Ordering::Relaxed), "it waited for the disk");
        release.send(()).unwrap();
        assert!(start.await.is_err(), "it has ended");
        session.join().unwrap();
        drop(knock);
        audience.dismiss().await;
    }
}
