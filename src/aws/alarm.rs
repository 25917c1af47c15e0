//! CloudWatch's alarms, what became of them, and their tags, page by page in our own types. Facts: 100 records a page; a
//! list without `AlarmTypes` is of metric alarms alone; history is kept for 30 days (CloudWatch's API reference).

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    AlarmHistoryItem, AlarmMuteRuleStatus, AlarmType, CompositeAlarm, Dimension, HistoryItemType, LogAlarm,
    MetricAlarm, ScanBy, StateValue,
};
use aws_smithy_types::DateTime;
use futures_util::stream::{Stream, StreamExt};
use jiff::Timestamp;

use super::machine::timestamp;
use super::paging::pages;
use super::{Cloud, Failure, Place};

const PAGE: i32 = 100;

/// An alarm as CloudWatch describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmRow {
    pub name: String,
    pub arn: String,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
    pub reason: String,
    /// Of the last change from one state to another.
    pub since: Option<Timestamp>,
    pub description: Option<String>,
    pub namespace: Option<String>,
    pub metric: Option<String>,
    pub dimensions: BTreeMap<String, String>,
    /// Of a composite alarm.
    pub rule: Option<String>,
    /// Why its actions are not carried out.
    pub suppressed: Option<String>,
    /// Why its state may be wrong.
    pub doubt: Option<String>,
}

/// Which alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmQuery {
    /// Only those in `ALARM`.
    pub burning: bool,
    /// Only these; at most 100.
    pub names: Vec<String>,
}

/// An alarm that went from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub alarm: String,
    pub at: Timestamp,
    /// As CloudWatch spells states.
    pub from: String,
    pub to: String,
}

/// A rule that keeps alarms from telling anybody, for now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mute {
    pub rule: String,
    /// Names of alarms.
    pub alarms: Vec<String>,
    pub until: Option<Timestamp>,
}

impl Cloud {
    /// Names of the mute rules that are active now, at most 100. Needs cloudwatch:ListAlarmMuteRules.
    pub async fn fetch_active_mutes(&self, place: &Place) -> Result<Vec<String>, Failure> {
        let at = self.at(place, "cloudwatch", "ListAlarmMuteRules").await;
        let client = self.clients(place).await.alarms;
        let call = client
            .list_alarm_mute_rules()
            .statuses(AlarmMuteRuleStatus::Active)
            .max_records(PAGE)
            .send();
        let rules = self
            .call(&at, call)
            .await?
            .alarm_mute_rule_summaries
            .unwrap_or_default();
        let name = |arn: String| arn.rsplit(':').next().map(str::to_owned);
        Ok(rules
            .into_iter()
            .filter_map(|rule| rule.alarm_mute_rule_arn.and_then(name))
            .collect())
    }

    /// What a mute rule mutes. Needs cloudwatch:GetAlarmMuteRule.
    pub async fn fetch_mute(&self, place: &Place, rule: &str) -> Result<Mute, Failure> {
        let at = self.at(place, "cloudwatch", "GetAlarmMuteRule").await;
        let client = self.clients(place).await.alarms;
        let call = client.get_alarm_mute_rule().alarm_mute_rule_name(rule).send();
        let found = self.call(&at, call).await?;
        Ok(Mute {
            rule: rule.to_owned(),
            alarms: found
                .mute_targets
                .and_then(|targets| targets.alarm_names)
                .unwrap_or_default(),
            until: timestamp(found.expire_date),
        })
    }

    /// Alarms of a place, page by page.
    pub async fn fetch_alarms(
        &self,
        place: &Place,
        query: AlarmQuery,
    ) -> impl Stream<Item = Result<Vec<AlarmRow>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (self.clone(), self.at(place, "cloudwatch", "DescribeAlarms").await);
        let client = self.clients(place).await.alarms;
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_alarms()
                .set_alarm_types(Some(types()))
                .set_state_value(query.burning.then_some(StateValue::Alarm))
                .set_alarm_names(Some(query.names.clone()).filter(|names| !names.is_empty()))
                .max_records(PAGE)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let metric = answer
                    .metric_alarms
                    .unwrap_or_default()
                    .into_iter()
                    .map(of_metric);
                let composite = answer
                    .composite_alarms
                    .unwrap_or_default()
                    .into_iter()
                    .map(of_others);
                let log = answer.log_alarms.unwrap_or_default().into_iter().map(of_log);
                Ok((metric.chain(composite).chain(log).collect(), answer.next_token))
            }
        })
        .boxed()
    }

    /// Changes of state since a moment, newest first, of one alarm or of all of a place.
    pub async fn fetch_alarm_history(
        &self,
        place: &Place,
        alarm: Option<&str>,
        (from, to): (Timestamp, Timestamp),
    ) -> impl Stream<Item = Result<Vec<Transition>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (
            self.clone(),
            self.at(place, "cloudwatch", "DescribeAlarmHistory").await,
        );
        let client = self.clients(place).await.alarms;
        let alarm = alarm.map(str::to_owned);
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_alarm_history()
                .set_alarm_name(alarm.clone())
                .set_alarm_types(Some(types()))
                .history_item_type(HistoryItemType::StateUpdate)
                .start_date(DateTime::from_secs(from.as_second()))
                .end_date(DateTime::from_secs(to.as_second().saturating_add(1)))
                .scan_by(ScanBy::TimestampDescending)
                .max_records(PAGE)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let items = answer.alarm_history_items.unwrap_or_default();
                Ok((
                    items.into_iter().filter_map(transition).collect(),
                    answer.next_token,
                ))
            }
        })
        .boxed()
    }

    /// The tags of an alarm, by its ARN.
    pub async fn fetch_alarm_tags(
        &self,
        place: &Place,
        arn: &str,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let at = self.at(place, "cloudwatch", "ListTagsForResource").await;
        let client = self.clients(place).await.alarms;
        let call = client.list_tags_for_resource().resource_arn(arn).send();
        let tags = self.call(&at, call).await?.tags.unwrap_or_default();
        let pair = |tag: aws_sdk_cloudwatch::types::Tag| Some((tag.key?, tag.value.unwrap_or_default()));
        Ok(tags.into_iter().filter_map(pair).collect())
    }
}

fn types() -> Vec<AlarmType> {
    vec![
        AlarmType::MetricAlarm,
        AlarmType::CompositeAlarm,
        AlarmType::LogAlarm,
    ]
}

fn of_metric(alarm: MetricAlarm) -> AlarmRow {
    // Where metrics are computed with, the first that is measured stands for them.
    let measured = alarm.metrics.unwrap_or_default().into_iter();
    let first = measured.filter_map(|query| query.metric_stat?.metric).next();
    let (namespace, metric, dimensions) = match (alarm.metric_name, first) {
        (Some(name), _) => (alarm.namespace, Some(name), alarm.dimensions),
        (None, Some(first)) => (first.namespace, first.metric_name, first.dimensions),
        (None, None) => (alarm.namespace, None, alarm.dimensions),
    };
    AlarmRow {
        name: alarm.alarm_name.unwrap_or_default(),
        arn: alarm.alarm_arn.unwrap_or_default(),
        state: spelt(alarm.state_value),
        reason: alarm.state_reason.unwrap_or_default(),
        since: timestamp(alarm.state_transitioned_timestamp).or(timestamp(alarm.state_updated_timestamp)),
        description: alarm.alarm_description,
        namespace,
        metric,
        dimensions: dimensions
            .unwrap_or_default()
            .into_iter()
            .filter_map(pair)
            .collect(),
        rule: None,
        suppressed: switched_off(alarm.actions_enabled),
        doubt: alarm.evaluation_state.map(|state| doubt(state.as_str())),
    }
}

fn of_others(alarm: CompositeAlarm) -> AlarmRow {
    let by = alarm.actions_suppressed_by.map(|by| {
        let suppressor = alarm.actions_suppressor.unwrap_or_default();
        match (by.as_str(), suppressor.as_str()) {
            ("Alarm", "") => "suppressed by another alarm".to_owned(),
            ("Alarm", suppressor) => format!("suppressed by {suppressor}"),
            _ => "suppressed for a while".to_owned(),
        }
    });
    AlarmRow {
        name: alarm.alarm_name.unwrap_or_default(),
        arn: alarm.alarm_arn.unwrap_or_default(),
        state: spelt(alarm.state_value),
        reason: alarm.state_reason.unwrap_or_default(),
        since: timestamp(alarm.state_transitioned_timestamp).or(timestamp(alarm.state_updated_timestamp)),
        description: alarm.alarm_description,
        rule: Some(alarm.alarm_rule.unwrap_or_default()),
        suppressed: by.or(switched_off(alarm.actions_enabled)),
        ..AlarmRow::default()
    }
}

fn of_log(alarm: LogAlarm) -> AlarmRow {
    AlarmRow {
        name: alarm.alarm_name.unwrap_or_default(),
        arn: alarm.alarm_arn.unwrap_or_default(),
        state: spelt(alarm.state_value),
        reason: alarm.state_reason.unwrap_or_default(),
        since: timestamp(alarm.state_transitioned_timestamp).or(timestamp(alarm.state_updated_timestamp)),
        description: alarm.alarm_description,
        suppressed: switched_off(alarm.actions_enabled),
        doubt: alarm.evaluation_state.map(|state| doubt(state.as_str())),
        ..AlarmRow::default()
    }
}

fn spelt(state: Option<StateValue>) -> String {
    state.map(|state| state.as_str().to_owned()).unwrap_or_default()
}

fn pair(dimension: Dimension) -> Option<(String, String)> {
    Some((dimension.name?, dimension.value.unwrap_or_default()))
}

fn switched_off(enabled: Option<bool>) -> Option<String> {
    (enabled == Some(false)).then(|| "its actions are off".to_owned())
}

fn doubt(state: &str) -> String {
    match state {
        "PARTIAL_DATA" => "judged on a part of its data".into(),
        "EVALUATION_ERROR" => "cannot be judged: its configuration or permissions are wrong".into(),
        "EVALUATION_FAILURE" => "cannot be judged: CloudWatch has a problem".into(),
        other => other.to_lowercase().replace('_', " "),
    }
}

/// `HistoryData` tells the states apart; its absence leaves the words of the summary.
fn transition(item: AlarmHistoryItem) -> Option<Transition> {
    let (from, to) = item
        .history_data
        .as_deref()
        .and_then(states)
        .or_else(|| in_words(item.history_summary.as_deref()?))?;
    Some(Transition {
        alarm: item.alarm_name?,
        at: timestamp(item.timestamp)?,
        from,
        to,
    })
}

fn states(data: &str) -> Option<(String, String)> {
    let data: serde_json::Value = serde_json::from_str(data).ok()?;
    let state = |of: &str| Some(data.get(of)?.get("stateValue")?.as_str()?.to_owned());
    Some((state("oldState")?, state("newState")?))
}

/// `Alarm updated from OK to ALARM`.
fn in_words(summary: &str) -> Option<(String, String)> {
    let (from, to) = summary.rsplit_once(" from ")?.1.split_once(" to ")?;
    Some((from.trim().to_owned(), to.trim_end_matches('.').trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_states_of_a_history_item_come_from_its_data_or_its_words() {
        let data = r#"{"version":"1.0","oldState":{"stateValue":"OK"},"newState":{"stateValue":"ALARM","stateReason":"x"}}"#;
        let went = Some(("OK".to_owned(), "ALARM".to_owned()));
        assert_eq!(states(data), went);
        assert_eq!(states(r#"{"oldState":{}}"#), None);
        assert_eq!(in_words("Alarm updated from OK to ALARM"), went);
        assert_eq!(in_words("Alarm created"), None);
    }

    proptest! {
        #[test]
        fn no_history_data_is_too_strange(data in ".{0,200}") {
            let _ = (states(&data), in_words(&data));
        }
    }
}
