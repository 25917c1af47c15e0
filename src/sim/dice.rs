//! Repeatable chance: the same seed and the same name give the same throws on every machine and in every
//! version of every crate, so a demo fleet keeps its ids. Never used for keys or tokens.

/// SplitMix64, started from a seed and the name of what is being made.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A stream of throws of its own for `what`, so that adding one thing does not change another.
    pub fn new(seed: u64, what: &str) -> Dice {
        let hash = what.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut dice = Dice(seed ^ hash);
        dice.throw();
        dice
    }

    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.throw() % end }
    }

    /// A number from 0 up to but not including 1.
    pub fn unit(&mut self) -> f64 {
        (self.throw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `digits` lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.throw()));
        }
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_name_give_the_same_throws() {
        assert_eq!(Dice::new(7, "fleet").hex(17), Dice::new(7, "fleet").hex(17));
        assert_ne!(Dice::new(7, "fleet").hex(17), Dice::new(8, "fleet").hex(17));
        assert_ne!(Dice::new(7, "fleet").hex(17), Dice::new(7, "bill").hex(17));
    }
}
