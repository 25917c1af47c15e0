//! What AWS's own Cost Anomaly Detection found, a page a call; each page is a paid request.

use aws_sdk_costexplorer::types::AnomalyDateInterval;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::failure::At;
use super::{Cloud, Failure, Unanswered};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnomalyRow {
    pub id: String,
    pub from: Date,
    /// Included; the first day while it has not ended.
    pub last_day: Date,
    /// Of the first cause that is named, or what the monitor watches.
    pub service: Option<String>,
    pub account: Option<String>,
    /// Spent beyond what was expected, all days together.
    pub impact: f64,
}

impl Cloud {
    /// Anomalies that ended from `from` to `last_day`, both included; AWS keeps them for ninety days.
    pub async fn fetch_anomalies(
        &self,
        profile: &str,
        from: Date,
        last_day: Date,
        page_token: Option<String>,
    ) -> Result<(Vec<AnomalyRow>, Option<String>), Unanswered> {
        let (place, at) = self.cost_place(profile, "GetAnomalies").await;
        let client = self.clients(&place).await.cost;
        let days = AnomalyDateInterval::builder()
            .start_date(from.to_string())
            .end_date(last_day.to_string())
            .build()
            .map_err(|_| Failure::faulty(&at, "days that cannot be asked for"))?;
        let call = client
            .get_anomalies()
            .date_interval(days)
            .set_next_page_token(page_token);
        let answer = self.attempts(&at, || call.clone().send()).await?;
        let rows: Result<Vec<AnomalyRow>, Failure> = answer
            .anomalies
            .into_iter()
            .map(|anomaly| row(&at, anomaly))
            .collect();
        Ok((rows?, answer.next_page_token.filter(|token| !token.is_empty())))
    }
}

fn row(at: &At, anomaly: aws_sdk_costexplorer::types::Anomaly) -> Result<AnomalyRow, Failure> {
    // With a time of day behind it, or without.
    let day = |text: &str| text.get(..10).and_then(|day| day.parse::<Date>().ok());
    let from = anomaly.anomaly_start_date.as_deref().and_then(day);
    let from = from.ok_or_else(|| Failure::faulty(at, "an anomaly without its first day"))?;
    let causes = anomaly.root_causes.unwrap_or_default();
    Ok(AnomalyRow {
        id: anomaly.anomaly_id,
        from,
        last_day: anomaly.anomaly_end_date.as_deref().and_then(day).unwrap_or(from),
        service: causes
            .iter()
            .find_map(|cause| cause.service.clone())
            .or(anomaly.dimension_value),
        account: causes.iter().find_map(|cause| cause.linked_account.clone()),
        impact: anomaly.impact.map_or(0.0, |impact| impact.total_impact),
    })
}
