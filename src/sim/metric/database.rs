//! What databases, volumes and CPU credits did: a little different each quarter of an hour, as the seed throws it, and of
//! what they are now.

use jiff::Timestamp;

use super::series::{Wanted, periods};
use crate::sim::dice::Dice;
use crate::sim::estate::Database;
use crate::sim::fleet::{Instance, Volume};

const GIB: f64 = (1_u64 << 30) as f64;

/// One value for each period, thrown from its quarter of an hour; nothing before `since`.
fn thrown(
    what: &str,
    seed: u64,
    since: Timestamp,
    wanted: &Wanted<'_>,
    value: impl Fn(f64, Timestamp) -> f64,
) -> Vec<(Timestamp, f64)> {
    periods(wanted)
        .filter(|start| *start >= since)
        .map(|start| {
            let quarter = start.as_second() / 900;
            let share = Dice::new(seed, &format!("{}/{what}/{quarter}", wanted.name)).unit();
            (start, value(share, start))
        })
        .collect()
}

pub fn of(one: &Database, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    // What it had before it grew, and how far behind it was before it was restarted, is history.
    let free = |share: f64, at: Timestamp| {
        let gib = match one.grown_at {
            Some((grown, before)) if at < grown => before,
            _ => one.gib,
        };
        (f64::from(gib) - one.used_gib - share).max(0.0) * GIB
    };
    let lag = |share: f64, at: Timestamp| match one.rebooted_at {
        Some(up) if at >= up => share,
        _ => 40.0 + 80.0 * share,
    };
    let value: &dyn Fn(f64, Timestamp) -> f64 = match wanted.name {
        "CPUUtilization" => &|share, _| 18.0 + 30.0 * share,
        "DatabaseConnections" => &|share, _| (40.0 + 60.0 * share).floor(),
        "WriteIOPS" if one.source.is_none() => &|share, _| 180.0 + 400.0 * share,
        "FreeStorageSpace" => &free,
        "ReplicaLag" if one.source.is_some() => &lag,
        _ => return Vec::new(),
    };
    thrown(&one.name, seed, one.created_at, wanted, value)
}

/// Percent of its burst that a gp2 volume has left; others have no burst.
pub fn burst(volume: &Volume, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    if volume.shape.kind != "gp2" {
        return Vec::new();
    }
    let since = Timestamp::UNIX_EPOCH;
    thrown(&volume.id, seed, since, wanted, |share, _| {
        (70.0 + 40.0 * share).min(100.0)
    })
}

/// Operations of an attached volume in each period: a few of those that it may do.
pub fn operations(volume: &Volume, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    let most = f64::from(volume.shape.iops) * wanted.period_seconds as f64;
    let since = volume.attached_at.unwrap_or(Timestamp::UNIX_EPOCH);
    thrown(&volume.id, seed, since, wanted, |share, _| {
        (most * (0.02 + 0.2 * share)).floor()
    })
}

/// CPU credits that a burstable instance has left.
pub fn credits(one: &Instance, seed: u64, wanted: &Wanted<'_>) -> Vec<(Timestamp, f64)> {
    if one.credits.is_none() {
        return Vec::new();
    }
    thrown(&one.id, seed, one.launched_at, wanted, |share, _| 288.0 * share)
}
