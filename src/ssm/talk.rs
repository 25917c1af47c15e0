//! One connection from its opening to its end: a single loop that never waits for one side at the cost of another.
//!
//! A slow reader leaves the socket unread once the backlog is full; keystrokes go out all the same.

use super::{
    actor::{Actor, Leave, QUICK, by_us, stopped},
    event::{Event, State},
    key::DataKey,
    pulse::{Beat, Pulse},
    route::Look,
    ticket::Later,
    wire::{Heard, Wire},
};
use std::{
    pin::pin,
    time::{Duration, SystemTime},
};
use tokio::{
    sync::mpsc::error::TrySendError,
    time::{Instant, sleep_until},
};

const LATER: Duration = Duration::from_secs(3600);

impl Actor {
    pub(super) async fn talk(&mut self, wire: &mut Wire) -> Leave {
        let began = Instant::now();
        let mut pulse = Pulse::new(
            self.options.ping_every,
            self.options.pong_within,
            self.options.pong_soon,
            began,
        );
        let mut heard = Vec::new();
        let mut greeted = false;
        let mut size_at: Option<Instant> = None;
        let mut watch_at = began + self.options.watch_every;
        let stop = self.ends.stop.clone();
        let events = self.ends.events.clone();
        let mut alarm = pin!(sleep_until(began + LATER));
        loop {
            let now = Instant::now();
            let reading = self.is_reading(wire);
            if !reading && !wire.is_full() {
                pulse.excuse(now);
            }
            if now >= watch_at {
                watch_at = now + self.options.watch_every;
                // A route that is gone may come back before anyone notices: only another one is a reason to doubt.
                if self.route.as_mut().is_some_and(|route| route.look() == Look::New) {
                    pulse.doubt(now);
                }
            }
            let stall_at = self.judge(greeted, reading, &mut pulse, began, now);
            let silent_since = pulse.waiting_since();
            match pulse.beat(now, SystemTime::now()) {
                Beat::Rest => {}
                Beat::Ping => {
                    wire.ping();
                    self.flow.say_reached();
                }
                Beat::Dead => {
                    let silent = silent_since.map_or(0, |at| (now - at).as_millis());
                    return Leave::Dropped(format!("no answer to a ping in {silent} ms"));
                }
            }
            self.flow.tick(now);
            if let Some(wanted) = self.flow.key_wanted() {
                self.ask_for_key(wanted);
            }
            self.ends.intake.pour(&mut self.flow, now);
            if size_at.is_some_and(|at| now >= at) {
                size_at = None;
                let size = *self.ends.sizes.borrow_and_update();
                self.flow.resize(size, now);
            }
            if greeted && self.lost_at.is_some() && now >= began + self.options.settled_after {
                self.lost_at = None;
                self.quick = QUICK;
                self.backoff.reset();
            }
            let assume_at = self.options.assume_open_after.map(|after| began + after);
            if self.flow.is_opening() && assume_at.is_some_and(|at| now >= at) {
                self.flow.assume_open(now);
            }
            if self.hand_over().is_err() {
                return Leave::Ended(by_us());
            }
            for frame in self.flow.take_frames() {
                wire.push(frame);
            }
            if let Some(end) = self.flow.ended() {
                return Leave::Ended(end.clone());
            }
            // What was handed over made room: to sleep on what held before that would be to sleep for long.
            let reading = self.is_reading(wire);
            let wake_at = [
                Some(pulse.due_at()),
                Some(watch_at),
                self.flow.due_at(),
                size_at,
                stall_at,
                assume_at.filter(|_| self.flow.is_opening()),
                self.lost_at.map(|_| began + self.options.settled_after),
            ]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .fold(now + LATER, Instant::min);
            // An alarm that rings too early costs one turn, setting it anew each time costs more.
            if alarm.is_elapsed() || wake_at < alarm.deadline() {
                alarm.as_mut().reset(wake_at);
            }
            tokio::select! {
                turned = wire.turn(reading, &mut heard) => {
                    if let Err(because) = turned {
                        return Leave::Dropped(because);
                    }
                    if heard.is_empty() {
                        continue;
                    }
                    let now = Instant::now();
                    pulse.heard(now);
                    if !greeted {
                        greeted = true;
                        self.greet();
                    }
                    for each in heard.drain(..) {
                        if let Heard::Frame(frame) = each {
                            pulse.fed(now);
                            self.flow.hear(&frame, now);
                        }
                    }
                }
                // Poured at the next turn.
                Some(()) = self.ends.intake.arrived(), if self.flow.takes_input() => {}
                key = brought(&mut self.asking), if self.asking.is_some() => {
                    self.asking = None;
                    self.flow.take_key(key, Instant::now());
                }
                Ok(place) = events.reserve(), if self.flow.has_events() => {
                    if let Some(event) = self.flow.next_event() {
                        place.send(event);
                    }
                }
                Ok(()) = self.ends.sizes.changed(), if size_at.is_none() => {
                    size_at = Some(Instant::now() + self.options.resize_after);
                }
                () = stopped(stop.clone(), &events) => return Leave::Ended(by_us()),
                () = &mut alarm => {}
            }
        }
    }

    /// Whether there is room for what the socket would bring.
    fn is_reading(&self, wire: &Wire) -> bool {
        self.flow.backlog() < self.options.backlog && !wire.is_full()
    }

    /// The first sign of life on a connection that replaces a lost one.
    fn greet(&mut self) {
        self.greeted = true;
        if let Some(lost_at) = self.lost_at {
            self.flow.tell(Event::Resumed {
                sequence: self.flow.expects(),
                away_for: lost_at.elapsed(),
                attempts: self.tries,
            });
            self.tries = 0;
        }
    }

    /// Sets the state to what is true now; returns when silence would make it a stall.
    fn judge(
        &mut self,
        greeted: bool,
        reading: bool,
        pulse: &mut Pulse,
        began: Instant,
        now: Instant,
    ) -> Option<Instant> {
        if !greeted {
            return None;
        }
        if !self.flow.is_open() {
            self.set_state(State::Connecting);
            return None;
        }
        let unanswered = self.flow.waiting_since().map(|at| at.max(began));
        let waiting = [unanswered, pulse.waiting_since()]
            .into_iter()
            .flatten()
            .min()
            .filter(|_| reading);
        let stall_at = waiting.map(|at| at + self.options.stalled_after);
        match waiting.filter(|_| stall_at.is_some_and(|at| now >= at)) {
            Some(since) => {
                pulse.hurry(now, self.options.pong_stalled);
                self.set_state(State::Stalled {
                    since: since.into_std(),
                });
            }
            None => self.set_state(State::Connected),
        }
        stall_at
    }

    /// Events as far as the reader's channel takes them; an error when nobody reads.
    fn hand_over(&mut self) -> Result<(), ()> {
        while self.flow.has_events() {
            match self.ends.events.try_reserve() {
                Ok(place) => {
                    if let Some(event) = self.flow.next_event() {
                        place.send(event);
                    }
                }
                Err(TrySendError::Full(())) => return Ok(()),
                Err(TrySendError::Closed(())) => return Err(()),
            }
        }
        Ok(())
    }
}

/// The key that was asked for.
async fn brought(asking: &mut Option<Later<Result<DataKey, String>>>) -> Result<DataKey, String> {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}
