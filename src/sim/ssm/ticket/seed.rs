//! The tickets that are there when a run begins: one being worked on, one done, one that an alarm opened.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{DEDUP, Data, Ticket};
use crate::sim::dice::Dice;
use crate::sim::fleet::{Fleet, Place};

pub fn all(
    fleet: &Fleet,
    account_ids: &[String],
    seed: u64,
    now: Timestamp,
) -> BTreeMap<(usize, String), Vec<Ticket>> {
    let of = |(account, region, place): (usize, &str, &Place)| {
        let id = account_ids.get(account).map_or("", String::as_str);
        let mut dice = Dice::new(seed, &format!("ticket/{id}/{region}"));
        (
            (account, region.to_owned()),
            tickets(place, id, region, now, &mut dice),
        )
    };
    fleet.places().map(of).collect()
}

/// Title, description, status, severity, age in hours.
const STORY: [(&str, &str, &str, &str, i64); 3] = [
    (
        "Disk of the database host almost full",
        "WAL kept by a replication slot that nobody reads. Dropped the slot; watch it until morning.",
        "Resolved",
        "2",
        31 * 24,
    ),
    (
        "NAT gateway costs three times last week's",
        "Image pulls since the deploy of Tuesday. Endpoint is back, waiting for tomorrow's bill.",
        "InProgress",
        "3",
        19,
    ),
    (
        "EC2 status check failed",
        "CloudWatch alarm went off; nobody has looked yet.",
        "Open",
        "2",
        2,
    ),
];

fn tickets(place: &Place, account_id: &str, region: &str, now: Timestamp, dice: &mut Dice) -> Vec<Ticket> {
    let Some(first) = place.instances.first() else {
        return Vec::new();
    };
    let arn = format!("arn:aws:ec2:{region}:{account_id}:instance/{}", first.id);
    STORY
        .iter()
        .map(|(title, description, status, severity, hours)| {
            let created_at = now - SignedDuration::from_secs(hours * 3_600 + dice.below(1_800) as i64);
            let by = format!("arn:aws:iam::{account_id}:user/oncall");
            let dedup = json!({ "dedupString": format!("{title}/{}", first.id) });
            let is_alarm = *status == "Open";
            Ticket {
                id: format!("oi-{}", dice.hex(12)),
                kind: "/aws/issue".into(),
                title: (*title).into(),
                description: (*description).into(),
                source: if is_alarm { "CloudWatch alarm" } else { "EC2" }.into(),
                category: Some("Availability".into()),
                severity: Some((*severity).into()),
                priority: Some(2),
                status: (*status).into(),
                data: BTreeMap::from([
                    (
                        "/aws/resources".into(),
                        Data::new(json!([{ "arn": arn }]).to_string(), true),
                    ),
                    (DEDUP.into(), Data::new(dedup.to_string(), true)),
                ]),
                related: Vec::new(),
                notifications: Vec::new(),
                times: BTreeMap::new(),
                created_by: by.clone(),
                created_at,
                modified_by: by,
                modified_at: created_at + SignedDuration::from_mins(40),
                version: 1,
            }
        })
        .collect()
}
