//! The parameters that are there when a run begins: what runbooks and documents of the demo ask for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{DEFAULT_KEY, Parameter, SECURE, Shelf, Version};
use crate::sim::fleet::Fleet;

/// Name, type, values from the oldest on, description.
const ALL: [(&str, &str, &[&str], &str); 8] = [
    (
        "/oncall/token",
        SECURE,
        &["not-a-real-token-1", "not-a-real-token-2"],
        "Opens the deploy service to whoever is on call",
    ),
    (
        "/oncall/channel",
        "String",
        &["#inc-larkfield"],
        "Where incidents are talked about",
    ),
    (
        "/oncall/approvers",
        "StringList",
        &["mara.lindqvist,tomas.keller"],
        "Who may approve changes at night",
    ),
    (
        "/payments/db/host",
        "String",
        &["payments-db-01.internal"],
        "The primary",
    ),
    (
        "/payments/db/password",
        SECURE,
        &["correct horse battery"],
        "Turned every quarter",
    ),
    ("/payments/feature/retry", "String", &["off", "on"], ""),
    (
        "/web/drain-seconds",
        "String",
        &["30"],
        "How long a node is drained before it stops",
    ),
    (
        "golden-image",
        "String",
        &["ami-0f1e2d3c4b5a69788"],
        "What new machines start from",
    ),
];

pub fn all(fleet: &Fleet, account_ids: &[String], now: Timestamp) -> BTreeMap<(usize, String), Shelf> {
    fleet
        .places()
        .map(|(account, region, _)| {
            let id = account_ids.get(account).map_or("", String::as_str);
            let parameters = ALL.iter().map(|(name, kind, values, says)| {
                let version = |(nth, value): (usize, &&str)| Version {
                    value: (*value).into(),
                    at: now - SignedDuration::from_hours(24 * (40 - 7 * nth as i64)),
                    by: format!("arn:aws:iam::{id}:user/terraform"),
                };
                let parameter = Parameter {
                    kind: (*kind).into(),
                    says: Some((*says).to_owned()).filter(|says| !says.is_empty()),
                    key_id: (*kind == SECURE).then(|| DEFAULT_KEY.to_owned()),
                    tier: "Standard".into(),
                    data_type: "text".into(),
                    pattern: None,
                    tags: BTreeMap::from([("team".into(), "platform".into())]),
                    versions: values.iter().enumerate().map(version).collect(),
                };
                ((*name).to_owned(), parameter)
            });
            ((account, region.to_owned()), parameters.collect())
        })
        .collect()
}
