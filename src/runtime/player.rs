//! Players for the panel: a clock that advances a replay while it is not paused, and orders for it. Standing still, it
//! wakes nobody. What the timeline shows is read beside it, so that the first screen does not wait for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::app::{Msg, Notice, PaneId, PlayerStatus, ToPlayer, Weight};
use crate::recording::redaction::{Rules, Veil};
use crate::recording::{Catalogue, Deck, Error, FASTEST, Keyring, Overview, Player, Query, SLOWEST};
use crate::term::{Direction, Screen};

use super::inbox::{Outbox, Piece};
use super::view::Views;
use super::watching;

/// How often a running replay moves.
const STEP: Duration = Duration::from_millis(16);
/// Idle time is shortened to this.
const IDLE: Duration = Duration::from_millis(500);

/// What is to be replayed.
pub struct Open {
    pub data_dir: PathBuf,
    pub keyring: Keyring,
    /// What is covered, or why those rules cannot be used.
    pub rules: Result<Arc<Rules>, String>,
    /// Secrets are covered at first.
    pub covers: bool,
    pub path: PathBuf,
    pub title: String,
    pub pane: PaneId,
    /// The one at its side, with its pane and its title.
    pub beside: Option<(PathBuf, PaneId, String)>,
    /// Where to begin, and what was sought there.
    pub found: Option<(u64, String)>,
    pub changed: Arc<Notify>,
}

/// One side of a replay; when the last one is dropped its clock stops.
#[derive(Clone)]
pub struct Playing {
    clock: Arc<Clock>,
    orders: mpsc::Sender<(usize, ToPlayer)>,
    nth: usize,
}

struct Clock {
    shared: Arc<Shared>,
    running: AbortHandle,
}

struct Shared {
    pane: PaneId,
    views: Mutex<Views>,
    /// Covers on the screens what the streams do not have whole.
    veil: Mutex<Veil>,
    /// Which view it is, for whoever must not wait while one is made.
    is_covered: AtomicBool,
    catalogue: Catalogue,
    deck: Mutex<Deck>,
    hits: Mutex<Vec<i64>>,
    /// What marks hits on a screen.
    pattern: Mutex<Option<String>>,
    telling: Mutex<()>,
    changed: Arc<Notify>,
    /// An order was carried out: a clock that stood still may have to go on.
    ordered: Notify,
    out: Outbox,
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a recording for replay; that it was looked at goes into the audit log first.
/// One that is still written by a process that lets watchers in is followed instead.
pub fn open(open: Open, out: Outbox) {
    if open.beside.is_none() && open.found.is_none() && watching::open(&open, &out) {
        return;
    }
    let catalogue = Catalogue::open(&open.data_dir, open.keyring.clone());
    let (deck, views) = match load(&open, &catalogue) {
        Ok(loaded) => loaded,
        Err((says, hint)) => return out.send(Msg::Noticed(Notice::new(Weight::Bad, says).hint(hint))),
    };
    let late = open.covers && !views.is_covered;
    let shared = Arc::new(Shared {
        pane: open.pane,
        is_covered: AtomicBool::new(views.is_covered),
        veil: Mutex::new(Veil::new(views.rules.clone())),
        views: Mutex::new(views),
        catalogue,
        deck: Mutex::new(deck),
        hits: Mutex::default(),
        pattern: Mutex::default(),
        telling: Mutex::default(),
        changed: open.changed,
        ordered: Notify::new(),
        out: out.lasting(),
    });
    let playing = Playing {
        orders: attend(shared.clone()),
        nth: 0,
        clock: Arc::new(Clock {
            running: tokio::spawn(advance(shared.clone())).abort_handle(),
            shared: shared.clone(),
        }),
    };
    let beside = open.beside.map(|(_, pane, title)| (pane, title));
    let mut players = vec![(open.pane, playing.clone())];
    players.extend(
        beside
            .as_ref()
            .map(|(pane, _)| (*pane, Playing { nth: 1, ..playing })),
    );
    out.piece(Piece::Player {
        players,
        opened: Msg::PlayerOpened {
            pane: open.pane,
            title: open.title,
            beside,
        },
    });
    shared.tell(late.then(|| "it is long: secrets are covered once you ask for it".to_owned()));
    if let Some((_, sought)) = &open.found
        && let Err(cause) = shared.search(sought)
    {
        shared.tell(Some(cause.to_string()));
    }
    if let Err(cause) = shared.read() {
        shared.tell(Some(cause.to_string()));
    }
}

/// Or what is wrong, and what helps.
fn load(open: &Open, catalogue: &Catalogue) -> Result<(Deck, Views), (String, String)> {
    let told = |cause: Error| (cause.to_string(), cause.hint().unwrap_or_default().to_owned());
    let beside = open.beside.as_ref().map(|(path, ..)| path.clone());
    let mut views = Views {
        data_dir: open.data_dir.clone(),
        originals: [open.path.clone()].into_iter().chain(beside).collect(),
        rules: open.rules.clone().map_err(|says| (says, String::new()))?,
        is_covered: false,
        copies: None,
    };
    let covered = open.covers && views.is_quick(catalogue);
    views.turn(covered, catalogue).map_err(told)?;
    let mut deck = deck_of(&views, catalogue).map_err(told)?;
    deck.set_idle_limit(Some(IDLE));
    if let Some((at_us, sought)) = &open.found {
        deck.set_paused(true);
        deck.seek(*at_us).map_err(told)?;
        let pattern = Query::parse(sought, jiff::Timestamp::now())
            .ok()
            .and_then(|query| query.pattern());
        show(&mut deck, pattern.as_deref());
    }
    Ok((deck, views))
}

fn deck_of(views: &Views, catalogue: &Catalogue) -> Result<Deck, Error> {
    let mut players = views
        .paths()
        .iter()
        .map(|path| Player::of(catalogue.reader(path)?));
    let first = players
        .next()
        .unwrap_or_else(|| Err(Error::NotFound(String::new())))?;
    Ok(match players.next() {
        Some(second) => Deck::pair(first, second?),
        None => Deck::from(first),
    })
}

/// Marks what was found, and goes to it where it has scrolled off already.
fn show(deck: &mut Deck, pattern: Option<&str>) {
    let screen = deck.player_mut(0).screen_mut();
    if let Some(pattern) = pattern {
        // A pattern too large to be marked was good enough to be found.
        let _ = screen.search(pattern, Direction::Up);
    }
}

/// A thread that carries orders out, since seeking and searching read the file: one after the other, as they were
/// given. It ends when the replay lets go of it.
fn attend(shared: Arc<Shared>) -> mpsc::Sender<(usize, ToPlayer)> {
    let (sender, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for (nth, order) in orders {
            let turns = matches!(order, ToPlayer::Cover);
            let says = shared
                .obey(nth, order)
                .unwrap_or_else(|cause| Some(cause.to_string()));
            shared.ordered.notify_one();
            shared.tell(says);
            // The timeline names commands, which are covered too.
            if turns && let Err(cause) = shared.read() {
                shared.tell(Some(cause.to_string()));
            }
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
            let mut deck = lock(&shared.deck);
            if deck.is_paused() || deck.is_at_end() {
                continue;
            }
            deck.advance(by)
        };
        match moved {
            Ok(true) => shared.changed.notify_one(),
            Ok(false) => {}
            Err(cause) => {
                lock(&shared.deck).set_paused(true);
                shared.tell(Some(cause.to_string()));
            }
        }
        // The position on the timeline moves four times a second; the screen as often as it changes.
        told += 1;
        if told % 15 == 0 || lock(&shared.deck).is_at_end() {
            shared.tell(None);
        }
    }
}

impl Shared {
    fn stands_still(&self) -> bool {
        let deck = lock(&self.deck);
        deck.is_paused() || deck.is_at_end()
    }

    fn status(&self, says: Option<String>) -> PlayerStatus {
        let mut deck = lock(&self.deck);
        let size = deck.player_mut(0).screen().size();
        PlayerStatus {
            is_watched: false,
            at_us: deck.at_us() as i64,
            duration_us: deck.duration_us() as i64,
            speed: deck.speed(),
            paused: deck.is_paused() || deck.is_at_end(),
            idle_limited: deck.idle_limit().is_some(),
            covered: self.is_covered.load(Ordering::Relaxed),
            hits: lock(&self.hits).clone(),
            size: (size.cols, size.rows),
            cursor: deck.player_mut(0).screen().position(),
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

    /// Reads what the timeline shows: activity first, which is quick, then the commands.
    fn read(&self) -> Result<(), Error> {
        let offsets: Vec<u64> = lock(&self.deck).players().map(|(offset, _)| offset).collect();
        let whole_us = lock(&self.deck).duration_us();
        let (paths, rules) = {
            let views = lock(&self.views);
            (
                views.paths().to_vec(),
                views.is_covered.then(|| views.rules.clone()),
            )
        };
        let mut commands: Vec<Vec<_>> = vec![Vec::new(); paths.len()];
        for round in 0..2 {
            let mut overview: Option<Overview> = None;
            for (nth, (path, offset)) in paths.iter().zip(&offsets).enumerate() {
                if round > 0 {
                    commands[nth] = self.catalogue.load(path)?.commands;
                }
                let mut next =
                    Overview::read(&self.catalogue.reader(path)?, &commands[nth], *offset, whole_us)?;
                if let Some(rules) = &rules {
                    next.cover(rules);
                }
                match &mut overview {
                    Some(overview) => overview.join(next),
                    None => overview = Some(next),
                }
            }
            self.out.send(Msg::PlayerRead {
                pane: self.pane,
                overview: Box::new(overview.unwrap_or_default()),
            });
        }
        Ok(())
    }

    /// Every place where it was found, in all that is played.
    fn search(&self, text: &str) -> Result<(), Error> {
        let query = Query::parse(text, jiff::Timestamp::now())?;
        let offsets: Vec<u64> = lock(&self.deck).players().map(|(offset, _)| offset).collect();
        let mut hits = Vec::new();
        if !query.is_empty() {
            let paths = lock(&self.views).paths().to_vec();
            for (path, offset) in paths.iter().zip(offsets) {
                let found = self.catalogue.transcript(path)?.search(&query);
                hits.extend(found.iter().map(|hit| hit.at_us.saturating_add(offset) as i64));
            }
        }
        hits.sort_unstable();
        hits.dedup();
        *lock(&self.hits) = hits;
        *lock(&self.pattern) = query.pattern();
        Ok(())
    }

    fn obey(&self, nth: usize, order: ToPlayer) -> Result<Option<String>, Error> {
        if let ToPlayer::Search(text) = &order {
            self.search(text)?;
        }
        if let ToPlayer::Cover = order {
            return self.turn();
        }
        let mut deck = lock(&self.deck);
        let by = |us: i64, deck: &Deck| deck.at_us().saturating_add_signed(us).min(deck.duration_us());
        let screen = deck.player_mut(nth).screen_mut();
        match &order {
            ToPlayer::SelectFrom(col, row) => {
                screen.clear_selection();
                screen.select_start(*col, *row);
            }
            ToPlayer::SelectTo(col, row) => screen.select_to(*col, *row),
            ToPlayer::Unselect => screen.clear_selection(),
            ToPlayer::CopyText => {
                let text = match self.is_covered.load(Ordering::Relaxed) {
                    true => lock(&self.veil).selected(screen),
                    false => screen.selected_text(),
                };
                let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
                    return Ok(Some(
                        "nothing is selected: drag with the mouse, or press v".into(),
                    ));
                };
                self.out.send(Msg::Taken(text));
            }
            // What was marked or scrolled to is of the moment that is left.
            _ => {
                screen.clear_search();
                screen.scroll_to_end();
            }
        }
        match order {
            ToPlayer::Pause if deck.is_at_end() => {
                deck.seek(0)?;
                deck.set_paused(false);
            }
            ToPlayer::Pause => {
                let paused = deck.is_paused();
                deck.set_paused(!paused);
            }
            ToPlayer::Faster => {
                let speed = deck.speed();
                deck.set_speed((speed * 2.0).min(FASTEST));
            }
            ToPlayer::Slower => {
                let speed = deck.speed();
                deck.set_speed((speed / 2.0).max(SLOWEST));
            }
            ToPlayer::SeekBy(us) => {
                let to = by(us, &deck);
                deck.seek(to)?;
            }
            ToPlayer::SeekTo(us) => deck.seek(us.max(0) as u64)?,
            ToPlayer::Show(us) => self.show(&mut deck, us)?,
            ToPlayer::SeekPercent(percent) => deck.seek_percent(percent)?,
            ToPlayer::Step(by) => deck.step(by)?,
            ToPlayer::Idle => {
                let limit = deck.idle_limit().is_none().then_some(IDLE);
                deck.set_idle_limit(limit);
            }
            ToPlayer::Search(text) => {
                let at = deck.at_us() as i64;
                let hits = lock(&self.hits).clone();
                match hits.iter().find(|hit| **hit >= at).or(hits.first()) {
                    Some(hit) => self.show(&mut deck, *hit)?,
                    None => return Ok((!text.is_empty()).then(|| format!("{text:?} was never shown"))),
                }
            }
            ToPlayer::SelectFrom(..)
            | ToPlayer::SelectTo(..)
            | ToPlayer::Unselect
            | ToPlayer::CopyText
            | ToPlayer::Cover
            | ToPlayer::Close => {}
        }
        Ok(None)
    }

    /// The other view of the same moment.
    fn turn(&self) -> Result<Option<String>, Error> {
        let mut next = {
            let mut views = lock(&self.views);
            let covered = !views.is_covered;
            views.turn(covered, &self.catalogue)?;
            deck_of(&views, &self.catalogue)?
        };
        let mut deck = lock(&self.deck);
        next.seek(deck.at_us())?;
        next.set_speed(deck.speed());
        next.set_paused(deck.is_paused());
        next.set_idle_limit(deck.idle_limit());
        *deck = next;
        self.is_covered.fetch_not(Ordering::Relaxed);
        // What was found was found in the other view.
        lock(&self.hits).clear();
        *lock(&self.pattern) = None;
        Ok(None)
    }

    fn show(&self, deck: &mut Deck, at_us: i64) -> Result<(), Error> {
        deck.set_paused(true);
        deck.seek(at_us.max(0) as u64)?;
        show(deck, lock(&self.pattern).as_deref());
        Ok(())
    }
}

impl Playing {
    pub fn obey(&self, order: ToPlayer) {
        // The other end lives as long as this one.
        let _ = self.orders.send((self.nth, order));
    }

    /// Paints its screen by `then`, and covers what must not be seen of it.
    pub fn paint<T>(
        &self,
        area: Rect,
        buf: &mut Buffer,
        then: impl FnOnce(&mut Screen, &mut Buffer) -> T,
    ) -> T {
        let shared = &self.clock.shared;
        let mut deck = lock(&shared.deck);
        let screen = deck.player_mut(self.nth).screen_mut();
        let painted = then(screen, buf);
        if shared.is_covered.load(Ordering::Relaxed) {
            lock(&shared.veil).paint(screen, area, buf);
        }
        painted
    }
}
