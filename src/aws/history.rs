//! CloudTrail's event history: who called what on sessions in the last 90 days. The service takes two lookups a second
//! for an account and region, so pages are asked for no faster.

use std::time::Duration;

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use futures_util::stream::{Stream, StreamExt};
use jiff::Timestamp;

use super::machine::timestamp;
use super::paging::pages;
use super::{Cloud, Failure, Place};

/// Between two lookups: API reference of LookupEvents.
const PACE: Duration = Duration::from_millis(550);

/// An event as CloudTrail has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRow {
    pub event_id: String,
    pub at: Option<Timestamp>,
    /// The whole record, JSON.
    pub record: String,
}

impl Cloud {
    /// Events of one name in a span of time, newest first, page by page.
    pub async fn fetch_trail(
        &self,
        place: &Place,
        event_name: &'static str,
        (from, to): (Timestamp, Timestamp),
    ) -> impl Stream<Item = Result<Vec<TrailRow>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (self.clone(), self.at(place, "cloudtrail", "LookupEvents").await);
        let client = self.clients(place).await.trail;
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(event_name)
            .build()
            .ok();
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let is_first = token.is_none();
            let call = client
                .lookup_events()
                .set_lookup_attributes(attribute.clone().map(|attribute| vec![attribute]))
                .start_time(DateTime::from_secs(from.as_second()))
                .end_time(DateTime::from_secs(to.as_second().saturating_add(1)))
                .max_results(50)
                .set_next_token(token);
            async move {
                if !is_first {
                    tokio::time::sleep(PACE).await;
                }
                let answer = cloud.call(&at, call.send()).await?;
                let rows = answer.events.unwrap_or_default().into_iter().map(row_from);
                Ok((rows.collect(), answer.next_token))
            }
        })
        .boxed()
    }
}

fn row_from(event: Event) -> TrailRow {
    TrailRow {
        event_id: event.event_id.unwrap_or_default(),
        at: timestamp(event.event_time),
        record: event.cloud_trail_event.unwrap_or_default(),
    }
}
