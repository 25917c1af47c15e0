//! Why an alarm stands as it does, in CloudWatch's sentence and in the JSON that it keeps beside it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Metric, State};

/// The sentence and the data, for values of the last periods, oldest first.
pub fn of(metric: &Metric, from: State, to: State, at: Timestamp, values: &[f64]) -> (String, String) {
    let start = |nth: usize| {
        let back = metric.period_seconds * (values.len() - nth) as i64;
        Timestamp::from_second((at.as_second() - back).div_euclid(60) * 60).unwrap_or(at)
    };
    let sentence = sentence(metric, from, to, values, &start);
    let evaluated: Vec<Value> = values
        .iter()
        .enumerate()
        .rev()
        .map(|(nth, value)| json!({ "timestamp": stamp(start(nth)), "sampleCount": 5.0, "value": value }))
        .collect();
    let data = json!({
        "version": "1.0", "queryDate": stamp(at), "startDate": stamp(start(0)), "statistic": metric.statistic,
        "period": metric.period_seconds, "recentDatapoints": values, "threshold": metric.threshold,
        "evaluatedDatapoints": evaluated,
    });
    (sentence, data.to_string())
}

fn sentence(
    metric: &Metric,
    from: State,
    to: State,
    values: &[f64],
    start: &dyn Fn(usize) -> Timestamp,
) -> String {
    if to == State::Unknown {
        let count = metric.periods;
        return format!("Insufficient Data: {count} datapoints were unknown.");
    }
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .rev()
        .map(|(nth, value)| format!("{value:?} ({})", start(nth).strftime("%d/%m/%y %H:%M:%S")))
        .collect();
    let (how, threshold) = (words(metric.comparison, to), metric.threshold);
    let (breaching, of, word, points) = (values.len(), metric.periods, from.word(), points.join(", "));
    let plural = if breaching == 1 {
        "datapoint was"
    } else {
        "datapoints were"
    };
    let (count, verb) = plural.split_once(' ').unwrap_or((plural, ""));
    format!(
        "Threshold Crossed: {breaching} out of the last {of} {count} [{points}] {verb} {how} the threshold ({threshold:?}) \
         (minimum {} {} for {word} -> {} transition).",
        metric.breaching,
        if metric.breaching == 1 {
            "datapoint"
        } else {
            "datapoints"
        },
        to.word(),
    )
}

fn words(comparison: &str, to: State) -> &'static str {
    let breaches = to == State::Alarm;
    match (comparison, breaches) {
        ("GreaterThanThreshold", true) => "greater than",
        ("GreaterThanThreshold", false) => "not greater than",
        ("LessThanThreshold", true) => "less than",
        ("LessThanThreshold", false) => "not less than",
        ("LessThanOrEqualToThreshold", true) => "less than or equal to",
        ("LessThanOrEqualToThreshold", false) => "not less than or equal to",
        (_, true) => "greater than or equal to",
        (_, false) => "not greater than or equal to",
    }
}

/// A moment as CloudWatch writes it in JSON.
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

/// Values that make the metric stand so, `periods` of them.
pub fn values(metric: &Metric, to: State, dice: &mut super::super::dice::Dice) -> Vec<f64> {
    let count = match to {
        State::Unknown => 0,
        State::Alarm => metric.breaching,
        State::Ok => metric.periods,
    };
    let above = metric.comparison.starts_with("Greater") == (to == State::Alarm);
    let one = |dice: &mut super::super::dice::Dice| {
        let spread = 0.02 + 0.06 * dice.unit();
        let value = match (above, metric.threshold) {
            (true, 0.0) => 1.0,
            (false, 0.0) => 0.0,
            (true, threshold) => threshold * (1.0 + spread),
            (false, threshold) => threshold * (0.7 - spread),
        };
        // Shares end at 100, and checks either fail or do not.
        let value = if metric.name.contains("percent") || metric.name == "CPUUtilization" {
            value.min(99.6)
        } else if metric.name.starts_with("StatusCheck") {
            value.round()
        } else {
            value
        };
        (value * 100.0).round() / 100.0
    };
    (0..count).map(|_| one(dice)).collect()
}
