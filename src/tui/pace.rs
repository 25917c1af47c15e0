//! When to draw: at once for the answer to a key, soon for a change that nobody asked for, less often while changes
//! never stop, so that drawing a flood takes neither the processor nor the terminal from the next key.

use std::time::Duration;

use tokio::time::Instant;

/// Between frames of what nobody asked for.
const SOON: Duration = Duration::from_millis(4);
/// The same while one follows another without a rest.
const STEADY: Duration = Duration::from_millis(16);
/// As many frames in a row are a flood.
const FLOOD: u32 = 8;
/// For this long after a key its own frame and its echo are drawn at once…
const ANSWER: Duration = Duration::from_millis(50);
/// …and a prompt that comes in pieces, but no more; in a flood, where the next frames are the flood's, only the first.
const ANSWERS: u32 = 3;

pub struct Pace {
    drawn_at: Option<Instant>,
    pressed_at: Option<Instant>,
    answers: u32,
    row: u32,
}

impl Pace {
    pub fn new() -> Self {
        Self {
            drawn_at: None,
            pressed_at: None,
            answers: 0,
            row: 0,
        }
    }

    pub fn pressed(&mut self, now: Instant) {
        if !self.follows(now) {
            self.row = 0;
        }
        self.pressed_at = Some(now);
        self.answers = if self.floods() { 1 } else { ANSWERS };
    }

    /// The earliest time for the next frame.
    pub fn due_at(&self, now: Instant) -> Instant {
        match self.drawn_at {
            Some(at) if !self.answers(now) => at + self.interval(),
            _ => now,
        }
    }

    /// Frames that answer keys do not count: quick fingers are no flood.
    pub fn drawn(&mut self, now: Instant) {
        if !self.answers(now) {
            self.row = if self.follows(now) {
                self.row.saturating_add(1)
            } else {
                0
            };
        }
        self.answers = self.answers.saturating_sub(1);
        self.drawn_at = Some(now);
    }

    /// Whether changes never stopped for a while.
    fn floods(&self) -> bool {
        self.row >= FLOOD
    }

    fn answers(&self, now: Instant) -> bool {
        self.answers > 0 && self.pressed_at.is_some_and(|at| now - at < ANSWER)
    }

    fn follows(&self, now: Instant) -> bool {
        self.drawn_at.is_some_and(|at| now - at < self.interval() + SOON)
    }

    fn interval(&self) -> Duration {
        if self.floods() { STEADY } else { SOON }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Draws whenever it is due while something changes all the time; returns the times between frames.
    fn flood(pace: &mut Pace, from: Instant, frames: usize) -> Vec<Duration> {
        let mut now = from;
        let mut gaps = Vec::new();
        for _ in 0..frames {
            let due_at = pace.due_at(now).max(now);
            gaps.push(due_at - now);
            now = due_at;
            pace.drawn(now);
        }
        gaps
    }

    #[test]
    fn the_first_change_is_drawn_at_once_and_a_flood_sixty_times_a_second() {
        let mut pace = Pace::new();
        let gaps = flood(&mut pace, Instant::now(), 30);
        assert_eq!(gaps[0], Duration::ZERO);
        assert_eq!(gaps[1], SOON);
        assert_eq!(gaps[29], STEADY);
    }

    #[test]
    fn a_key_is_answered_at_once_even_in_a_flood_but_does_not_open_the_gates() {
        let mut pace = Pace::new();
        let start = Instant::now();
        let passed: Duration = flood(&mut pace, start, 30).iter().sum();
        let now = start + passed + MS;
        pace.pressed(now);
        assert_eq!(flood(&mut pace, now, 2), [Duration::ZERO, STEADY]);
    }

    #[test]
    fn a_prompt_that_comes_in_pieces_is_drawn_at_once_however_quick_the_fingers() {
        let mut pace = Pace::new();
        let mut now = Instant::now();
        for _ in 0..50 {
            now += MS;
            pace.pressed(now);
            assert_eq!(flood(&mut pace, now, 3), [Duration::ZERO; 3]);
        }
        assert_eq!(flood(&mut pace, now, 1), [SOON]);
    }

    #[test]
    fn after_a_flood_and_a_rest_a_prompt_is_no_flood() {
        let mut pace = Pace::new();
        let start = Instant::now();
        let passed: Duration = flood(&mut pace, start, 30).iter().sum();
        let now = start + passed + 100 * MS;
        pace.pressed(now);
        assert_eq!(flood(&mut pace, now, 3), [Duration::ZERO; 3]);
    }

    #[test]
    fn after_a_rest_changes_are_drawn_soon_again() {
        let mut pace = Pace::new();
        let start = Instant::now();
        let passed: Duration = flood(&mut pace, start, 30).iter().sum();
        let gaps = flood(&mut pace, start + passed + 100 * MS, 3);
        assert_eq!(gaps, [Duration::ZERO, SOON, SOON]);
    }
}
