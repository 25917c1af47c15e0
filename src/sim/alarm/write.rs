//! An alarm as DescribeAlarms writes it.

use serde_json::{Value, json};

use super::{Alarm, Metric, Watch, arn, epoch};
use crate::sim::call::Call;

pub fn alarm(call: &Call<'_>, alarm: &Alarm) -> Value {
    let mut value = json!({
        "AlarmName": alarm.name, "AlarmArn": arn(call, alarm), "ActionsEnabled": alarm.acts,
        "AlarmConfigurationUpdatedTimestamp": epoch(alarm.configured_at),
        "OKActions": [], "AlarmActions": alarm.actions, "InsufficientDataActions": [],
        "StateValue": alarm.state.word(), "StateReason": alarm.reason,
        "StateUpdatedTimestamp": epoch(alarm.updated_at), "StateTransitionedTimestamp": epoch(alarm.since),
    });
    if let Some(says) = &alarm.says {
        value["AlarmDescription"] = says.as_str().into();
    }
    if let Some(data) = &alarm.data {
        value["StateReasonData"] = data.as_str().into();
    }
    match &alarm.watches {
        Watch::Rule(rule) => value["AlarmRule"] = rule.as_str().into(),
        Watch::Metric(metric) => write_metric(&mut value, metric, alarm.partial),
    }
    value
}

fn write_metric(value: &mut Value, metric: &Metric, partial: bool) {
    value["EvaluationPeriods"] = metric.periods.into();
    value["DatapointsToAlarm"] = metric.breaching.into();
    value["Threshold"] = metric.threshold.into();
    value["ComparisonOperator"] = metric.comparison.into();
    value["TreatMissingData"] = metric.missing.into();
    if partial {
        value["EvaluationState"] = "PARTIAL_DATA".into();
    }
    if let Some(query) = &metric.query {
        value["Metrics"] = json!([{
            "Id": "q1", "Label": metric.name, "ReturnData": true, "Period": metric.period_seconds, "Expression": query,
        }]);
        return;
    }
    value["Namespace"] = metric.namespace.as_str().into();
    value["MetricName"] = metric.name.as_str().into();
    value["Period"] = metric.period_seconds.into();
    value["Dimensions"] = metric
        .dimensions
        .iter()
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect();
    let is_percentile = metric.statistic.starts_with('p');
    let member = if is_percentile {
        "ExtendedStatistic"
    } else {
        "Statistic"
    };
    value[member] = metric.statistic.as_str().into();
}
