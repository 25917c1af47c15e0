//! A tunnel: the actor between a listener and its sessions, and the handle that others hold of it.
//!
//! A session that is lost takes its connections with it, never the listener; connections that come meanwhile wait for
//! the next session.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::carrier::{Carrier, News};
use super::connection::Link;
use super::explain::{self, Cause};
use super::listen::Listener;
use super::pool::{Place, Pool};
use super::request::Request;
use super::socket::Socket;
use super::status::{Snapshot, State, Status};

/// How long a connection waits for a session.
const WAIT: Duration = Duration::from_secs(60);
/// Connections that wait; more stay with the system until there is room.
const MOST_WAITING: usize = 1024;
/// After the system would not hand over a connection.
const BREATH: Duration = Duration::from_millis(100);

/// The handle; the tunnel ends when it is told to or the handle goes.
pub struct Tunnel {
    listening: Vec<String>,
    status: watch::Receiver<Status>,
    stop: watch::Sender<bool>,
    board: Arc<Board>,
}

/// What others may look at while the tunnel works.
#[derive(Default)]
struct Board {
    links: Mutex<BTreeMap<u64, Arc<Link>>>,
    carriers: Mutex<Vec<Arc<Carrier>>>,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Tunnel {
    /// Takes over a bound listener; the first session is opened at once unless the request is lazy.
    pub fn open(listener: Listener, request: Request) -> Self {
        let listening = listener.addresses();
        let (told, status) = watch::channel(Status::default());
        let (stop, stopped) = watch::channel(false);
        let board = Arc::new(Board::default());
        let (news, heard) = mpsc::unbounded_channel();
        let actor = Actor {
            pool: Pool::new(request.clone(), news),
            request,
            heard,
            waiting: VecDeque::new(),
            connections: JoinSet::new(),
            status: told,
            board: board.clone(),
            next_link: 0,
            reached: false,
            served: false,
            end: None,
        };
        tokio::spawn(actor.run(listener, stopped));
        Self {
            listening,
            status,
            stop,
            board,
        }
    }

    /// Where it listens.
    pub fn listening(&self) -> &[String] {
        &self.listening
    }

    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    pub fn snapshot(&self) -> Snapshot {
        let links = lock(&self.board.links);
        let connections: Vec<_> = links.values().map(|link| link.seen()).collect();
        let carriers = lock(&self.board.carriers);
        Snapshot {
            at: Moment::now(),
            sent: self.board.sent.load(Relaxed) + connections.iter().map(|c| c.sent).sum::<u64>(),
            received: self.board.received.load(Relaxed) + connections.iter().map(|c| c.received).sum::<u64>(),
            connections,
            carrying: carriers.iter().filter(|carrier| carrier.streams() > 0).count(),
            congested: carriers.iter().any(|carrier| carrier.port.is_congested()),
            messages: carriers.iter().map(|carrier| carrier.pace.messages()).sum(),
            busy_for: carriers.iter().map(|carrier| carrier.pace.busy_for()).sum(),
        }
    }

    /// Closes the listener, ends every connection and session, seals the evidence; the status says when that is done.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// The same, and waits for it.
    pub async fn end(&self) {
        self.stop();
        let mut status = self.status.clone();
        // An actor that is gone has ended.
        let _ = status.wait_for(Status::has_ended).await;
    }
}

/// A connection without a session.
struct Waiting {
    socket: Socket,
    number: u64,
    link: Arc<Link>,
    until: Instant,
}

struct Actor {
    pool: Pool,
    request: Request,
    heard: mpsc::UnboundedReceiver<News>,
    waiting: VecDeque<Waiting>,
    connections: JoinSet<Option<Waiting>>,
    status: watch::Sender<Status>,
    board: Arc<Board>,
    next_link: u64,
    /// Some session was opened, so what keeps the next from it may pass.
    reached: bool,
    /// Some connection was given to a session, so the way there is right.
    served: bool,
    end: Option<Cause>,
}

impl Actor {
    async fn run(mut self, listener: Listener, mut stop: watch::Receiver<bool>) {
        if let Some(version) = self.request.too_old() {
            self.end = Some(explain::too_old(version, &self.request));
        } else if !self.request.lazy {
            self.pool.open();
        }
        while self.end.is_none() {
            self.place();
            self.show();
            let retry_at = self.pool.retry().map(|(at, ..)| at);
            let late_at = self.waiting.front().map(|first| first.until);
            let alarm = [retry_at, late_at].into_iter().flatten().min();
            tokio::select! {
                accepted = listener.accept(), if self.waiting.len() < MOST_WAITING => self.accept(accepted).await,
                opened = self.pool.opened() => match opened {
                    Ok(()) => self.reached = true,
                    Err(cause) => self.not_opened(cause),
                },
                Some(news) = self.heard.recv() => self.hear(news),
                Some(done) = self.connections.join_next() => {
                    // It was given to a session that was over.
                    self.waiting.extend(done.ok().flatten());
                }
                () = sleep_until(alarm.unwrap_or_else(Instant::now)), if alarm.is_some() => self.give_up_late(),
                () = asked(&mut stop) => self.end = Some(Cause::ours("stopped from here")),
            }
        }
        drop(listener);
        let cause = self
            .end
            .take()
            .unwrap_or_else(|| Cause::ours("stopped from here"));
        for waiting in std::mem::take(&mut self.waiting) {
            self.drop_link(&waiting);
            waiting.socket.abort();
        }
        self.pool.end(&cause.says).await;
        while self.connections.join_next().await.is_some() {}
        lock(&self.board.carriers).clear();
        self.status.send_modify(|status| {
            status.sessions.clear();
            status.refusal = cause.is_final.then_some((cause.hint, cause.connecting));
            status.state = State::Ended { why: cause.says };
        });
    }

    async fn accept(&mut self, accepted: io::Result<(Socket, String)>) {
        match accepted {
            Ok((socket, peer)) => {
                let number = self.next_link;
                self.next_link += 1;
                let link = Link::new(peer);
                lock(&self.board.links).insert(number, link.clone());
                self.waiting.push_back(Waiting {
                    socket,
                    number,
                    link,
                    until: Instant::now() + WAIT,
                });
            }
            Err(cause) => {
                self.tell(format!("a connection could not be taken: {cause}"));
                sleep(BREATH).await;
            }
        }
    }

    /// Gives waiting connections to sessions.
    fn place(&mut self) {
        while let Some(first) = self.waiting.pop_front() {
            let carrier = match self.pool.place(self.waiting.len() + 1) {
                Place::Here(carrier) => carrier,
                Place::Wait => return self.waiting.push_front(first),
            };
            self.served = true;
            let board = self.board.clone();
            self.connections.spawn(async move {
                let Waiting {
                    socket,
                    number,
                    link,
                    until,
                } = first;
                let back = carrier.serve(socket, &link).await.err();
                let waiting = |socket| Waiting {
                    socket,
                    number,
                    link: link.clone(),
                    until,
                };
                if back.is_none() {
                    board.forget(number, &link);
                }
                back.map(waiting)
            });
        }
        if self.pool.retry().is_some() {
            self.pool.forget_failures();
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Changed => {}
            News::Notice(says) => self.tell(says),
            News::Over { id, cause } => {
                if !self.pool.remove(id) {
                    return;
                }
                if cause.is_final {
                    self.refuse(cause);
                } else {
                    self.tell(format!("{}; {}", cause.says, cause.hint));
                }
            }
        }
    }

    fn not_opened(&mut self, cause: Cause) {
        if cause.is_final || !self.reached {
            self.refuse(cause);
        } else {
            self.tell(cause.says);
        }
    }

    /// What another try would not change: at the start it ends the tunnel, later only those who wait.
    fn refuse(&mut self, cause: Cause) {
        if !self.request.lazy && !self.served {
            self.end = Some(Cause {
                is_final: true,
                ..cause
            });
            return;
        }
        self.tell(format!("{}; {}", cause.says, cause.hint));
        for waiting in std::mem::take(&mut self.waiting) {
            self.drop_link(&waiting);
            waiting.socket.abort();
        }
        self.pool.forget_failures();
    }

    fn give_up_late(&mut self) {
        let now = Instant::now();
        while let Some(late) = self.waiting.pop_front_if(|first| first.until <= now) {
            let (peer, seconds) = (&late.link.peer, WAIT.as_secs());
            self.tell(format!("{peer} was not served: no session in {seconds} s"));
            self.drop_link(&late);
            late.socket.abort();
        }
    }

    fn drop_link(&self, waiting: &Waiting) {
        self.board.forget(waiting.number, &waiting.link);
    }

    fn tell(&self, says: String) {
        tracing::info!(target = self.request.target, %says, "forward");
        self.status.send_modify(|status| {
            let number = status.notice.as_ref().map_or(0, |(number, _)| *number) + 1;
            status.notice = Some((number, says.trim_end_matches("; ").into()));
        });
    }

    /// Brings what others see up to date.
    fn show(&self) {
        let sessions: Vec<_> = self
            .pool
            .carriers
            .iter()
            .map(|c| c.session_id().to_owned())
            .collect();
        let state = self.state();
        lock(&self.board.carriers).clone_from(&self.pool.carriers);
        self.status.send_if_modified(|status| {
            let changed = status.state != state || status.sessions != sessions;
            status.state = state;
            status.sessions = sessions;
            changed
        });
    }

    fn state(&self) -> State {
        let states = self.pool.carriers.iter().filter_map(|carrier| carrier.state());
        if let Some(worst) = states.max_by_key(State::weight) {
            return worst;
        }
        if self.pool.is_opening() {
            return State::Opening;
        }
        match self.pool.retry() {
            Some((_, attempt, cause)) => State::Retrying {
                attempt,
                because: cause.says.clone(),
            },
            None => State::Listening,
        }
    }
}

impl Board {
    /// A connection is over; its bytes stay counted.
    fn forget(&self, number: u64, link: &Link) {
        let mut links = lock(&self.links);
        if links.remove(&number).is_some() {
            self.sent.fetch_add(link.sent.load(Relaxed), Relaxed);
            self.received.fetch_add(link.received.load(Relaxed), Relaxed);
        }
    }
}

/// Waits until the tunnel is to end; without a handle nobody wants it.
async fn asked(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
