//! CloudWatch's log groups: how much they hold, since when, and for how long. At most fifty come on a page.

use futures_util::TryStreamExt;
use jiff::Timestamp;

use crate::aws::paging::pages;
use crate::aws::{Cloud, Failure, Place};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogGroup {
    pub name: String,
    /// As CloudWatch last counted; it lags by hours.
    pub stored_bytes: i64,
    /// `None`: for ever.
    pub retention_days: Option<i32>,
    pub created_at: Option<Timestamp>,
}

impl Cloud {
    pub async fn fetch_log_groups(&self, place: &Place) -> Result<Vec<LogGroup>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "logs", "DescribeLogGroups").await);
        let client = self.clients(place).await.logs;
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client.describe_log_groups().limit(50).set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let groups = answer.log_groups.unwrap_or_default().into_iter();
                let rows = groups.map(|group| LogGroup {
                    name: group.log_group_name.unwrap_or_default(),
                    stored_bytes: group.stored_bytes.unwrap_or_default(),
                    retention_days: group.retention_in_days,
                    created_at: group
                        .creation_time
                        .and_then(|at| Timestamp::from_millisecond(at).ok()),
                });
                Ok((rows.collect::<Vec<_>>(), answer.next_token))
            }
        })
        .try_concat()
        .await
    }
}
