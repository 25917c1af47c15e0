//! What a lossy path does to the frames of one direction of one web socket: lost, twice, late, out of order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::fault::Faults;

/// Frames that may be under way; more pass at once.
const UNDER_WAY: usize = 4_096;

pub struct Weather {
    faults: Option<Faults>,
    dice: StdRng,
    late: BTreeMap<(Instant, u64), Bytes>,
    count: u64,
}

impl Weather {
    /// `salt` keeps the two directions and successive web sockets apart.
    pub fn new(faults: &Faults, salt: u64) -> Self {
        Self {
            dice: StdRng::seed_from_u64(faults.seed ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            faults: faults.is_lossy().then(|| faults.clone()),
            late: BTreeMap::new(),
            count: 0,
        }
    }

    /// Lets a frame through. The answer says how many copies go at once; the others come out of `take_due`.
    pub fn pass(&mut self, frame: &Bytes, now: Instant) -> usize {
        let mut at_once = 0;
        for late in self.fate() {
            if late.is_zero() || self.late.len() >= UNDER_WAY {
                at_once += 1;
            } else {
                self.hold(frame.clone(), now + late);
            }
        }
        at_once
    }

    /// Keeps a frame back, whatever the weather.
    pub fn hold(&mut self, frame: Bytes, until: Instant) {
        self.count += 1;
        self.late.insert((until, self.count), frame);
    }

    /// When the next late frame comes out.
    pub fn next_at(&self) -> Option<Instant> {
        self.late.keys().next().map(|(at, _)| *at)
    }

    pub fn take_due(&mut self, now: Instant) -> Option<Bytes> {
        let first = self.late.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// How long each copy of a frame waits: no entry is a lost frame, two are a duplicate.
    fn fate(&mut self) -> Vec<Duration> {
        let Some(faults) = &self.faults else {
            return vec![Duration::ZERO];
        };
        if self.dice.random_bool(faults.drop) {
            return Vec::new();
        }
        let copies = if self.dice.random_bool(faults.duplicate) {
            2
        } else {
            1
        };
        (0..copies)
            .map(|_| {
                let late = if self.dice.random_bool(faults.reorder) {
                    Duration::from_millis(self.dice.random_range(5..40))
                } else {
                    Duration::ZERO
                };
                late + faults.delay.mul_f64(self.dice.random_range(0.0..=1.0))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_has_the_same_weather() {
        let faults = Faults::parse("seed=3,drop=0.3,duplicate=0.3,reorder=0.3,delay=5ms").unwrap();
        let roll = |salt| {
            let mut weather = Weather::new(&faults, salt);
            (0..200).map(|_| weather.fate()).collect::<Vec<_>>()
        };
        assert_eq!(roll(1), roll(1));
        assert_ne!(roll(1), roll(2));
        assert!(roll(1).iter().any(Vec::is_empty) && roll(1).iter().any(|fate| fate.len() == 2));
    }

    #[test]
    fn late_frames_come_out_when_due() {
        let mut weather = Weather::new(&Faults::parse("reorder=1").unwrap(), 0);
        let now = Instant::now();
        assert_eq!(weather.pass(&Bytes::from_static(b"a"), now), 0);
        assert_eq!(weather.take_due(now), None);
        let due = weather.next_at().unwrap();
        assert_eq!(weather.take_due(due), Some(Bytes::from_static(b"a")));
    }
}
