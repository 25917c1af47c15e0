//! Mute rules: PutAlarmMuteRule, GetAlarmMuteRule, ListAlarmMuteRules, DeleteAlarmMuteRule. Windows of one time, `at(…)`,
//! in UTC; a recurring one is refused, as nothing here would read its `cron(…)`.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Board, epoch, invalid, paged, parse};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// Alarms of one rule.
const TARGETS: usize = 100;

/// Rules of a run, by account and region and then by name.
pub(super) type Rules = BTreeMap<(usize, String), BTreeMap<String, Rule>>;

#[derive(Clone, Debug)]
pub(super) struct Rule {
    name: String,
    description: Option<String>,
    expression: String,
    duration: String,
    alarms: Vec<String>,
    from: Timestamp,
    to: Timestamp,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    name: String,
    description: Option<String>,
    rule: Wrapped,
    #[serde(default)]
    mute_targets: Targets,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wrapped {
    schedule: Schedule,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Schedule {
    expression: String,
    duration: String,
    timezone: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Targets {
    #[serde(default)]
    alarm_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    alarm_mute_rule_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    alarm_name: Option<String>,
    #[serde(default)]
    statuses: Vec<String>,
}

impl Rule {
    fn status(&self, now: Timestamp) -> &'static str {
        match now {
            now if now < self.from => "SCHEDULED",
            now if now < self.to => "ACTIVE",
            _ => "EXPIRED",
        }
    }

    fn summary(&self, call: &Call<'_>, now: Timestamp) -> Value {
        json!({
            "AlarmMuteRuleArn": arn(call, &self.name),
            "ExpireDate": epoch(self.to),
            "Status": self.status(now),
            "MuteType": "ONE_TIME",
            "LastUpdatedTimestamp": epoch(self.updated_at),
        })
    }

    fn whole(&self, call: &Call<'_>, now: Timestamp) -> Value {
        let mut whole = self.summary(call, now);
        whole["Name"] = self.name.clone().into();
        whole["Rule"] = json!({ "Schedule": {
            "Expression": self.expression, "Duration": self.duration, "Timezone": "UTC",
        }});
        whole["MuteTargets"] = json!({ "AlarmNames": self.alarms });
        whole["StartDate"] = epoch(self.from).into();
        if let Some(description) = &self.description {
            whole["Description"] = description.clone().into();
        }
        whole
    }
}

fn arn(call: &Call<'_>, name: &str) -> String {
    let (region, account) = (&call.region, &call.caller.account_id);
    format!("arn:aws:cloudwatch:{region}:{account}:alarm-mute-rule:{name}")
}

fn here(call: &Call<'_>) -> (usize, String) {
    (call.caller.account, call.region.clone())
}

impl Board {
    fn rule(&self, call: &Call<'_>, name: &str) -> Result<Rule, Refusal> {
        let rules = self.rules();
        let found = rules.get(&here(call)).and_then(|rules| rules.get(name)).cloned();
        found.ok_or_else(|| Refusal::new("ResourceNotFoundException", format!("{name} does not exist")))
    }
}

pub fn put(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let put: Put = parse(request)?;
    let schedule = &put.rule.schedule;
    if schedule.timezone.as_deref().is_some_and(|zone| zone != "UTC") {
        return Err(invalid("the simulator keeps mute rules in UTC"));
    }
    if put.mute_targets.alarm_names.len() > TARGETS {
        return Err(invalid(format!("AlarmNames holds at most {TARGETS} names")));
    }
    let at = schedule
        .expression
        .strip_prefix("at(")
        .and_then(|rest| rest.strip_suffix(')'));
    let at = at.ok_or_else(|| invalid("the simulator knows mute rules of one time: at(yyyy-mm-ddThh:mm)"))?;
    let begins = at
        .parse::<DateTime>()
        .ok()
        .and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    let begins = begins.ok_or_else(|| invalid(format!("{at} is no moment")))?;
    let lasts: Span = schedule
        .duration
        .parse()
        .map_err(|_| invalid(format!("{} is no duration", schedule.duration)))?;
    let ends = begins
        .checked_add(lasts)
        .map_err(|bad| invalid(bad.to_string()))?;
    let rule = Rule {
        name: put.name.clone(),
        description: put.description,
        expression: schedule.expression.clone(),
        duration: schedule.duration.clone(),
        alarms: put.mute_targets.alarm_names,
        from: begins.timestamp(),
        to: ends.timestamp(),
        updated_at: Timestamp::now(),
    };
    let mut rules = world.alarms.rules();
    rules.entry(here(call)).or_default().insert(put.name, rule);
    Ok(json!({}))
}

pub fn get(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let named: Named = parse(request)?;
    let rule = world.alarms.rule(call, &named.alarm_mute_rule_name)?;
    Ok(rule.whole(call, Timestamp::now()))
}

pub fn delete(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let named: Named = parse(request)?;
    if let Some(rules) = world.alarms.rules().get_mut(&here(call)) {
        rules.remove(&named.alarm_mute_rule_name);
    }
    Ok(json!({}))
}

pub fn list(world: &World, call: &Call<'_>, request: &Value) -> Result<Value, Refusal> {
    let listing: Listing = parse(request)?;
    let now = Timestamp::now();
    let rules = world.alarms.rules().get(&here(call)).cloned().unwrap_or_default();
    let fits = |rule: &Rule| {
        let is_wanted =
            listing.statuses.is_empty() || listing.statuses.iter().any(|status| status == rule.status(now));
        is_wanted
            && listing
                .alarm_name
                .as_ref()
                .is_none_or(|name| rule.alarms.contains(name))
    };
    let found: Vec<Rule> = rules.into_values().filter(fits).collect();
    let (rows, token) = paged(world, call, request, found)?;
    let rows: Vec<Value> = rows.iter().map(|rule| rule.summary(call, now)).collect();
    let mut reply = json!({ "AlarmMuteRuleSummaries": rows });
    if let Some(token) = token {
        reply["NextToken"] = token.into();
    }
    Ok(reply)
}
