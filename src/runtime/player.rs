//! Players for the panel: a clock that advances a replay while it is not paused, and orders for it. Standing still, it
//! wakes nobody.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::app::{Msg, Notice, PaneId, PlayerStatus, ToPlayer, Weight};
use crate::audit::{Actor, Event, Kind, Log};
use crate::recording::{Error, FASTEST, Keyring, Player, Reader, SLOWEST};
use crate::term::Screen;

use super::inbox::{Outbox, Piece};
use super::watching;

/// How often a running replay moves.
const STEP: Duration = Duration::from_millis(16);
/// Idle time is shortened to this.
const IDLE: Duration = Duration::from_millis(500);
/// Slices of the timeline's activity.
const SLICES: usize = 120;

/// A replay; dropping it stops its clock.
pub struct Playing {
    shared: Arc<Shared>,
    clock: AbortHandle,
    orders: mpsc::Sender<ToPlayer>,
}

struct Shared {
    pane: PaneId,
    player: Mutex<Player>,
    hits: Mutex<Vec<i64>>,
    telling: Mutex<()>,
    activity: Vec<u64>,
    changed: Arc<Notify>,
    /// An order was carried out: a clock that stood still may have to go on.
    ordered: Notify,
    out: Outbox,
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.clock.abort();
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a recording for replay; that it was looked at goes into the audit log first.
/// One that is still written by a process that lets watchers in is followed instead.
pub fn open(
    data_dir: &Path,
    path: &Path,
    keyring: &Keyring,
    pane: PaneId,
    title: String,
    changed: Arc<Notify>,
    out: Outbox,
) {
    if watching::open(data_dir, path, keyring, pane, &title, &changed, &out) {
        return;
    }
    match load(data_dir, path, keyring) {
        Ok((mut player, activity)) => {
            player.set_idle_limit(Some(IDLE));
            let shared = Shared {
                pane,
                player: Mutex::new(player),
                hits: Mutex::default(),
                telling: Mutex::default(),
                activity,
                changed,
                ordered: Notify::new(),
                out: out.lasting(),
            };
            let shared = Arc::new(shared);
            let clock = tokio::spawn(advance(shared.clone())).abort_handle();
            let status = shared.status(None);
            let playing = Playing {
                orders: attend(shared.clone()),
                shared,
                clock,
            };
            out.piece(Piece::Player {
                pane,
                playing,
                opened: Msg::PlayerOpened { pane, title },
            });
            out.send(Msg::PlayerMoved { pane, status });
        }
        Err((says, hint)) => out.send(Msg::Noticed(Notice::new(Weight::Bad, says).hint(hint))),
    }
}

/// Or what is wrong, and what helps.
fn load(data_dir: &Path, path: &Path, keyring: &Keyring) -> Result<(Player, Vec<u64>), (String, String)> {
    let told = |cause: Error| (cause.to_string(), cause.hint().unwrap_or_default().to_owned());
    let mut reader = Reader::open(path).map_err(told)?;
    reader.unlock(keyring).map_err(told)?;
    let player = Player::of(reader).map_err(told)?;
    let header = player.reader().header();
    let event = Event {
        sid: Some(header.id),
        ..Event::new(Kind::RecordingAccess, Actor::local())
    };
    Log::open(data_dir)
        .and_then(|log| log.append(event.with("how", "console")))
        .map_err(|cause| {
            let says = format!("nothing is replayed that cannot be logged: {cause}");
            (says, String::new())
        })?;
    let activity = activity(player.reader()).map_err(told)?;
    Ok((player, activity))
}

/// Bytes of each slice of the recording.
fn activity(reader: &Reader) -> Result<Vec<u64>, Error> {
    let mut slices = vec![0; SLICES];
    let whole = reader.duration_us().max(1);
    for event in reader.events()? {
        let event = event?;
        if let crate::recording::What::Output(bytes) = &event.what {
            let at = (event.at_us.saturating_mul(SLICES as u64) / whole).min(SLICES as u64 - 1);
            slices[at as usize] += bytes.len() as u64;
        }
    }
    Ok(slices)
}

/// A thread that carries orders out, since seeking and searching read the file: one after the other, as they were
/// given. It ends when the replay lets go of it.
fn attend(shared: Arc<Shared>) -> mpsc::Sender<ToPlayer> {
    let (sender, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for order in orders {
            let says = shared.obey(order).unwrap_or_else(|cause| Some(cause.to_string()));
            shared.ordered.notify_one();
            shared.tell(says);
        }
    });
    sender
}

async fn advance(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(STEP);
    let mut before = Instant::now();
    let mut told = 0;
    loop {
        if shared.stands_still() {
            shared.ordered.notified().await;
            before = Instant::now();
            tick.reset();
            continue;
        }
        tick.tick().await;
        let now = Instant::now();
        let by = now - std::mem::replace(&mut before, now);
        let moved = {
            let mut player = lock(&shared.player);
            if player.is_paused() {
                continue;
            }
            player.advance(by)
        };
        match moved {
            Ok(true) => shared.changed.notify_one(),
            Ok(false) => {}
            Err(cause) => {
                lock(&shared.player).set_paused(true);
                shared.tell(Some(cause.to_string()));
            }
        }
        // The position on the timeline moves four times a second; the screen as often as it changes.
        told += 1;
        if told % 15 == 0 || lock(&shared.player).is_at_end() {
            shared.tell(None);
        }
    }
}

impl Shared {
    fn stands_still(&self) -> bool {
        let player = lock(&self.player);
        player.is_paused() || player.is_at_end()
    }

    fn status(&self, says: Option<String>) -> PlayerStatus {
        let player = lock(&self.player);
        PlayerStatus {
            at_us: player.at_us() as i64,
            duration_us: player.duration_us() as i64,
            speed: player.speed(),
            paused: player.is_paused() || player.is_at_end(),
            idle_limited: player.idle_limit().is_some(),
            hits: lock(&self.hits).clone(),
            activity: self.activity.clone(),
            says,
        }
    }

    fn tell(&self, says: Option<String>) {
        // What is told last is what holds last.
        let _turn = lock(&self.telling);
        self.out.send(Msg::PlayerMoved {
            pane: self.pane,
            status: self.status(says),
        });
        self.changed.notify_one();
    }

    fn obey(&self, order: ToPlayer) -> Result<Option<String>, Error> {
        let mut player = lock(&self.player);
        let by =
            |us: i64, player: &Player| player.at_us().saturating_add_signed(us).min(player.duration_us());
        match order {
            ToPlayer::Pause if player.is_at_end() => {
                player.seek(0)?;
                player.set_paused(false);
            }
            ToPlayer::Pause => {
                let paused = player.is_paused();
                player.set_paused(!paused);
            }
            ToPlayer::Faster => {
                let speed = player.speed();
                player.set_speed((speed * 2.0).min(FASTEST));
            }
            ToPlayer::Slower => {
                let speed = player.speed();
                player.set_speed((speed / 2.0).max(SLOWEST));
            }
            ToPlayer::SeekBy(us) => {
                let to = by(us, &player);
                player.seek(to)?;
            }
            ToPlayer::SeekTo(us) => {
                let to = (us.max(0) as u64).min(player.duration_us());
                player.seek(to)?;
            }
            ToPlayer::SeekPercent(percent) => player.seek_percent(percent)?,
            ToPlayer::Step(by) => {
                player.set_paused(true);
                player.step(by)?;
            }
            ToPlayer::Idle => {
                let limit = player.idle_limit().is_none().then_some(IDLE);
                player.set_idle_limit(limit);
            }
            ToPlayer::Search(text) => {
                let found = player.search(&text)?;
                let at = player.at_us();
                *lock(&self.hits) = found.iter().map(|hit| hit.at_us as i64).collect();
                if let Some(hit) = found.iter().find(|hit| hit.at_us >= at).or(found.first()) {
                    player.set_paused(true);
                    player.seek(hit.at_us)?;
                    return Ok(None);
                }
                return Ok((!text.is_empty()).then(|| format!("{text:?} was never shown")));
            }
            ToPlayer::Close => {}
        }
        Ok(None)
    }
}

impl Playing {
    pub fn obey(&self, order: ToPlayer) {
        // The other end lives as long as this one.
        let _ = self.orders.send(order);
    }

    pub fn with_screen<T>(&self, then: impl FnOnce(&mut Screen) -> T) -> T {
        then(lock(&self.shared.player).screen_mut())
    }
}
