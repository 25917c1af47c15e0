//! One recording, or two at the same wall time, on one clock: position, speed and pause are of both. What began later
//! starts later; what has ended stands still.

use super::player::micros;
use super::{Error, FASTEST, Player, SLOWEST};
use std::time::Duration;

pub struct Deck {
    first: Player,
    second: Option<Second>,
}

/// The clock of a pair is its own; that of a single recording is its player's.
struct Second {
    player: Player,
    /// When each begins, on the clock of both.
    offsets_us: [u64; 2],
    at_us: u64,
    duration_us: u64,
    speed: f64,
    paused: bool,
    idle_limit: Option<Duration>,
    idled_us: u64,
}

impl From<Player> for Deck {
    fn from(first: Player) -> Deck {
        Deck { first, second: None }
    }
}

impl Deck {
    /// Two, side by side at the same wall time.
    pub fn pair(mut first: Player, mut second: Player) -> Deck {
        let started = [&first, &second].map(|player| player.reader().header().started_at);
        let begin = started[0].min(started[1]);
        let offsets_us = started.map(|at| at.abs_diff(begin));
        let ends = [&first, &second].map(Player::duration_us);
        let duration_us = (offsets_us[0].saturating_add(ends[0])).max(offsets_us[1].saturating_add(ends[1]));
        first.set_paused(false);
        second.set_paused(false);
        Deck {
            first,
            second: Some(Second {
                player: second,
                offsets_us,
                at_us: 0,
                duration_us,
                speed: 1.0,
                paused: false,
                idle_limit: None,
                idled_us: 0,
            }),
        }
    }

    /// Every player with the time at which it begins.
    pub fn players(&self) -> impl Iterator<Item = (u64, &Player)> {
        let offset = |nth: usize| self.second.as_ref().map_or(0, |pair| pair.offsets_us[nth]);
        let second = self.second.as_ref().map(|pair| (offset(1), &pair.player));
        [(offset(0), &self.first)].into_iter().chain(second)
    }

    pub fn player_mut(&mut self, nth: usize) -> &mut Player {
        match &mut self.second {
            Some(pair) if nth > 0 => &mut pair.player,
            _ => &mut self.first,
        }
    }

    pub fn at_us(&self) -> u64 {
        self.second.as_ref().map_or(self.first.at_us(), |pair| pair.at_us)
    }

    pub fn duration_us(&self) -> u64 {
        self.second
            .as_ref()
            .map_or(self.first.duration_us(), |pair| pair.duration_us)
    }

    pub fn is_at_end(&self) -> bool {
        match &self.second {
            Some(pair) => pair.at_us >= pair.duration_us,
            None => self.first.is_at_end(),
        }
    }

    pub fn is_paused(&self) -> bool {
        self.second
            .as_ref()
            .map_or(self.first.is_paused(), |pair| pair.paused)
    }

    pub fn set_paused(&mut self, paused: bool) {
        match &mut self.second {
            Some(pair) => pair.paused = paused,
            None => self.first.set_paused(paused),
        }
    }

    pub fn speed(&self) -> f64 {
        self.second.as_ref().map_or(self.first.speed(), |pair| pair.speed)
    }

    /// Clamped to 0.25 to 32.
    pub fn set_speed(&mut self, speed: f64) {
        match &mut self.second {
            Some(pair) if speed.is_finite() => pair.speed = speed.clamp(SLOWEST, FASTEST),
            Some(_) => {}
            None => self.first.set_speed(speed),
        }
    }

    pub fn idle_limit(&self) -> Option<Duration> {
        self.second
            .as_ref()
            .map_or(self.first.idle_limit(), |pair| pair.idle_limit)
    }

    /// Longer waits in which nothing happens in any are cut to this.
    pub fn set_idle_limit(&mut self, limit: Option<Duration>) {
        match &mut self.second {
            Some(pair) => pair.idle_limit = limit,
            None => self.first.set_idle_limit(limit),
        }
    }

    /// Wall time has passed; true when a screen may have changed.
    pub fn advance(&mut self, by: Duration) -> Result<bool, Error> {
        let Some(pair) = &mut self.second else {
            return self.first.advance(by);
        };
        if pair.paused || pair.at_us >= pair.duration_us {
            return Ok(false);
        }
        let mut left = (by.as_secs_f64() * 1e6 * pair.speed) as u64;
        let mut changed = false;
        while left > 0 && pair.at_us < pair.duration_us {
            let next = [
                (pair.offsets_us[0], &self.first),
                (pair.offsets_us[1], &pair.player),
            ]
            .into_iter()
            .filter_map(|(offset, player)| Some(offset.saturating_add(player.next_at_us()?)))
            .min()
            .unwrap_or(pair.duration_us);
            let wait = next.saturating_sub(pair.at_us);
            let limit = pair
                .idle_limit
                .map_or(u64::MAX, micros)
                .saturating_sub(pair.idled_us);
            if left < wait.min(limit) {
                pair.at_us += left;
                pair.idled_us += left;
                return Ok(changed);
            }
            left -= wait.min(limit);
            pair.idled_us = 0;
            self.first.seek(next.saturating_sub(pair.offsets_us[0]))?;
            pair.player.seek(next.saturating_sub(pair.offsets_us[1]))?;
            pair.at_us = next;
            changed = true;
        }
        Ok(changed)
    }

    pub fn seek(&mut self, at_us: u64) -> Result<(), Error> {
        let Some(pair) = &mut self.second else {
            return self.first.seek(at_us);
        };
        pair.at_us = at_us.min(pair.duration_us);
        pair.idled_us = 0;
        // One that has not begun yet shows its first screen.
        self.first.seek(pair.at_us.saturating_sub(pair.offsets_us[0]))?;
        pair.player.seek(pair.at_us.saturating_sub(pair.offsets_us[1]))
    }

    /// 0 to 100.
    pub fn seek_percent(&mut self, percent: f64) -> Result<(), Error> {
        let part = percent.clamp(0.0, 100.0) / 100.0;
        self.seek((self.duration_us() as f64 * part) as u64)
    }

    /// Events of the first on or, when negative, back; pauses. The second follows.
    pub fn step(&mut self, by: i32) -> Result<(), Error> {
        self.set_paused(true);
        self.first.step(by)?;
        if let Some(pair) = &mut self.second {
            self.first.set_paused(false);
            pair.at_us = pair.offsets_us[0].saturating_add(self.first.at_us());
            pair.player.seek(pair.at_us.saturating_sub(pair.offsets_us[1]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{DeviceKey, End, Header, Writer};

    const SECOND: u64 = 1_000_000;

    fn player(dir: &std::path::Path, began_s: i64, events: &[(u64, &str)]) -> Player {
        let key = DeviceKey::load_or_create(dir).unwrap();
        let mut header = Header::new("local", (20, 2));
        header.started_at = began_s * SECOND as i64;
        let mut writer = Writer::create(dir, header, &key).unwrap();
        for (at_s, text) in events {
            writer.output(at_s * SECOND, text.as_bytes()).unwrap();
        }
        let last = events.last().map_or(0, |(at_s, _)| *at_s);
        let sealed = writer.end((last + 1) * SECOND, End::default()).unwrap();
        Player::open(&sealed.path).unwrap()
    }

    fn shown(deck: &Deck) -> Vec<String> {
        deck.players().map(|(_, player)| player.screen().text()).collect()
    }

    #[test]
    fn two_recordings_show_the_same_wall_time() {
        let dir = tempfile::tempdir().unwrap();
        let early = player(dir.path(), 100, &[(1, "a"), (30, "b"), (500, "c")]);
        let late = player(dir.path(), 120, &[(1, "x"), (10, "y")]);
        let mut deck = Deck::pair(late, early);
        assert_eq!(deck.duration_us(), 501 * SECOND);
        deck.seek(21 * SECOND).unwrap();
        assert_eq!(shown(&deck), ["x", "a"]);
        deck.advance(Duration::from_secs(9)).unwrap();
        assert_eq!(
            (deck.at_us(), shown(&deck)),
            (30 * SECOND, vec!["xy".into(), "ab".into()])
        );
        deck.seek(5 * SECOND).unwrap();
        assert_eq!(shown(&deck), ["", "a"]);
        deck.set_idle_limit(Some(Duration::from_secs(1)));
        deck.set_speed(2.0);
        deck.advance(Duration::from_secs(20)).unwrap();
        assert!(deck.is_at_end());
        assert_eq!(shown(&deck), ["xy", "abc"]);
        deck.seek(0).unwrap();
        deck.step(1).unwrap();
        assert!(deck.is_paused());
        assert_eq!(
            (deck.at_us(), shown(&deck)),
            (21 * SECOND, vec!["x".into(), "a".into()])
        );
    }

    #[test]
    fn a_single_recording_plays_as_its_player_does() {
        let dir = tempfile::tempdir().unwrap();
        let mut deck = Deck::from(player(dir.path(), 5, &[(1, "a"), (3, "b")]));
        deck.advance(Duration::from_secs(2)).unwrap();
        assert_eq!((deck.at_us(), shown(&deck)), (2 * SECOND, vec!["a".into()]));
        deck.seek_percent(100.0).unwrap();
        assert!(deck.is_at_end());
    }
}
