//! CloudWatch's metrics, a batch a call. Each metric asked for is paid, so the caller decides about each batch, and hears of
//! one whose answer was lost. Facts: at most 500 metrics a call and 100,800 data points a page (`GetMetricData`).

use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::aws::{Cloud, Failure, Place, Unanswered};

/// One metric of one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricQuery {
    /// `AWS/EC2`.
    pub namespace: &'static str,
    pub name: &'static str,
    pub dimensions: Vec<(&'static str, String)>,
    /// `Maximum`, `Sum`.
    pub stat: &'static str,
    pub period_seconds: i32,
}

/// Its values, in no order.
pub type MetricSeries = Vec<f64>;

impl Cloud {
    /// The values of each query over a span of time, in the order of the queries; every page of one batch.
    pub async fn fetch_metrics(
        &self,
        place: &Place,
        queries: &[MetricQuery],
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<MetricSeries>, Unanswered> {
        let at = self.at(place, "monitoring", "GetMetricData").await;
        let client = self.clients(place).await.metrics;
        let asked: Vec<MetricDataQuery> = queries.iter().enumerate().map(query).collect();
        let ids: BTreeMap<String, usize> = (0..queries.len()).map(|nth| (id(nth), nth)).collect();
        let mut found = vec![MetricSeries::new(); queries.len()];
        let (mut token, mut seen) = (None, HashSet::new());
        loop {
            let call = client
                .get_metric_data()
                .set_metric_data_queries(Some(asked.clone()))
                .start_time(DateTime::from_secs(from.as_second()))
                .end_time(DateTime::from_secs(to.as_second()))
                .set_next_token(token.take());
            let answer = self.attempts(&at, || call.clone().send()).await?;
            for result in answer.metric_data_results.unwrap_or_default() {
                if let Some(nth) = result.id.as_ref().and_then(|id| ids.get(id)) {
                    found[*nth].extend(result.values.unwrap_or_default());
                }
            }
            match answer.next_token.filter(|token| !token.is_empty()) {
                None => return Ok(found),
                Some(next) if !seen.insert(next.clone()) => return Err(Failure::looping(&at).into()),
                Some(next) => token = Some(next),
            }
        }
    }
}

/// An id begins with a small letter.
fn id(nth: usize) -> String {
    format!("m{nth}")
}

fn query((nth, query): (usize, &MetricQuery)) -> MetricDataQuery {
    let dimensions = query
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(*name).value(value).build());
    let metric = Metric::builder()
        .namespace(query.namespace)
        .metric_name(query.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(query.period_seconds)
        .stat(query.stat)
        .build();
    MetricDataQuery::builder()
        .id(id(nth))
        .metric_stat(stat)
        .return_data(true)
        .build()
}
