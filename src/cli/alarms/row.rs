//! An alarm as JSON, for scripts: what is absent is null.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::alarm::{Alarm, Letter, Severity, State};

#[derive(Serialize)]
pub struct Row<'a> {
    name: &'a str,
    arn: &'a str,
    account: &'a str,
    profile: &'a str,
    region: &'a str,
    state: State,
    since: Option<Timestamp>,
    severity: Option<Severity>,
    letter: Letter,
    target: Option<&'a str>,
    instance_id: Option<&'a str>,
    reason: &'a str,
    description: Option<&'a str>,
    namespace: Option<&'a str>,
    metric: Option<&'a str>,
    dimensions: &'a BTreeMap<String, String>,
    composite: bool,
    rule: Option<&'a str>,
    suppressed: Option<&'a str>,
    doubt: Option<&'a str>,
    flaps: Option<u32>,
    flapping: bool,
    tags: Option<&'a BTreeMap<String, String>>,
    /// The one that answers it best, by its name.
    runbook: Option<&'a str>,
}

impl<'a> Row<'a> {
    pub fn of(alarm: &'a Alarm, runbook: Option<&'a str>) -> Row<'a> {
        Row {
            name: &alarm.name,
            arn: &alarm.arn,
            account: &alarm.account,
            profile: &alarm.profile,
            region: &alarm.region,
            state: alarm.state,
            since: alarm.since,
            severity: alarm.severity(),
            letter: alarm.letter(),
            target: alarm.target(),
            instance_id: alarm.instance_id(),
            reason: &alarm.reason,
            description: alarm.description.as_deref(),
            namespace: alarm.namespace.as_deref(),
            metric: alarm.metric.as_deref(),
            dimensions: &alarm.dimensions,
            composite: alarm.composite,
            rule: alarm.rule.as_deref(),
            suppressed: alarm.suppressed.as_deref(),
            doubt: alarm.doubt.as_deref(),
            flaps: alarm.flaps,
            flapping: alarm.is_flapping(),
            tags: alarm.tags.as_ref(),
            runbook,
        }
    }
}

/// What makes an alarm another one than it looks, in a few words.
pub fn remarks(alarm: &Alarm) -> String {
    let mut remarks = Vec::new();
    if alarm.composite {
        remarks.push("composite".to_owned());
    }
    if alarm.is_flapping() {
        remarks.push(format!(
            "flapping ({} times today)",
            alarm.flaps.unwrap_or_default()
        ));
    }
    remarks.extend(alarm.suppressed.clone());
    remarks.extend(alarm.doubt.clone());
    remarks.join(", ")
}
