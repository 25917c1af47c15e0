//! How busy machines are: what CloudWatch shows and what Compute Optimizer judges by, from one model.

use jiff::Timestamp;

use super::dice::Dice;
use super::fleet::Instance;

/// What a machine does all day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Nobody needs it.
    Idle,
    /// Far less than it could.
    Low,
    Normal,
}

impl Load {
    /// What its owners wrote on it tells of forgotten ones; of the others the seed decides.
    pub fn of(instance: &Instance, seed: u64) -> Load {
        let forgotten = ["decommission", "note"]
            .iter()
            .any(|key| instance.tags.contains_key(*key));
        if forgotten || !instance.tags.contains_key("env") {
            return Load::Idle;
        }
        match Dice::new(seed, &format!("load/{}", instance.id)).below(100) {
            0..25 => Load::Low,
            _ => Load::Normal,
        }
    }

    /// Percent of the processors, the most in the hour that begins at `hour`.
    pub fn cpu(self, instance: &Instance, seed: u64, hour: Timestamp) -> f64 {
        let mut dice = Dice::new(seed, &format!("cpu/{}/{}", instance.id, hour.as_second() / 3600));
        let by_day = 0.5 - 0.5 * (hour.as_second() as f64 / 86_400.0 * std::f64::consts::TAU).cos();
        match self {
            Load::Idle => 0.4 + 2.2 * dice.unit(),
            Load::Low => 4.0 + 18.0 * by_day + 10.0 * dice.unit(),
            Load::Normal => 22.0 + 42.0 * by_day + 26.0 * dice.unit(),
        }
    }

    /// Bytes in an hour, in each direction.
    pub fn network(self, instance: &Instance, seed: u64, hour: Timestamp) -> f64 {
        let mut dice = Dice::new(seed, &format!("net/{}/{}", instance.id, hour.as_second() / 3600));
        match self {
            Load::Idle => 3600.0 * (60.0 + 200.0 * dice.unit()),
            Load::Low => 3600.0 * (2e4 + 6e4 * dice.unit()),
            Load::Normal => 3600.0 * (2e5 + 4e6 * dice.unit()),
        }
    }
}
