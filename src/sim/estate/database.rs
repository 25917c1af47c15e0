//! Databases of RDS: one that takes writes with a replica in an account's first region, one for reports elsewhere.

use jiff::{SignedDuration, Timestamp};

use super::Site;
use crate::sim::dice::Dice;
use crate::sim::fleet::TURN;

#[derive(Debug, Clone)]
pub struct Database {
    pub name: String,
    pub class: &'static str,
    pub gib: u32,
    /// Up to where it grows by itself.
    pub most_gib: Option<u32>,
    /// Asked for and not yet applied.
    pub pending_gib: Option<u32>,
    /// What is on it.
    pub used_gib: f64,
    /// Of what it is a replica.
    pub source: Option<String>,
    pub created_at: Timestamp,
    pub rebooted_at: Option<Timestamp>,
    /// When it last grew in this run, and what it had before, in GiB.
    pub grown_at: Option<(Timestamp, u32)>,
    /// Category and sentence, oldest first.
    pub events: Vec<(Timestamp, &'static str, &'static str)>,
}

impl Database {
    /// RDS's word for it.
    pub fn status(&self, now: Timestamp) -> &'static str {
        let within = |at: Option<Timestamp>, span| at.is_some_and(|at| now.duration_since(at) < span);
        let grown_at = self.grown_at.map(|(at, _)| at);
        if within(self.rebooted_at, TURN) {
            "rebooting"
        } else if within(grown_at, TURN) {
            "modifying"
        } else if within(grown_at, TURN * 10) {
            "storage-optimization"
        } else {
            "available"
        }
    }

    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("arn:aws:rds:{region}:{account}:db:{}", self.name)
    }
}

/// What a place with machines has.
pub fn databases(site: &Site<'_>) -> Vec<Database> {
    let mut dice = site.dice("database");
    let first = [("orders", None), ("orders-replica", Some("orders"))];
    let names = if site.nth == 0 {
        &first[..]
    } else {
        &[("reports", None)]
    };
    let made = names
        .iter()
        .map(|(name, source)| one(site, &mut dice, name, *source));
    made.collect()
}

fn one(site: &Site<'_>, dice: &mut Dice, name: &str, source: Option<&str>) -> Database {
    let backup = site.today - SignedDuration::from_mins(40);
    let minutes = 2 + dice.below(9) as i64;
    let days = 200 + dice.below(500);
    Database {
        name: name.to_owned(),
        class: if source.is_some() {
            "db.r6g.large"
        } else {
            "db.r6g.xlarge"
        },
        gib: 100,
        most_gib: source.is_none().then_some(400),
        pending_gib: None,
        used_gib: 80.0 + 12.0 * dice.unit(),
        source: source.map(str::to_owned),
        created_at: site.ago(days, dice),
        rebooted_at: None,
        grown_at: None,
        events: vec![
            (backup, "backup", "Backing up DB instance"),
            (
                backup + SignedDuration::from_mins(minutes),
                "backup",
                "Finished DB Instance backup",
            ),
        ],
    }
}
