//! CloudWatch's log streams: which a group has below a name, and what one says, from its first event to its last.

use futures_util::TryStreamExt;

use super::failure::Why;
use super::paging::pages;
use super::{Cloud, Failure, Place};

/// More of a stream than this is not taken into memory.
const MOST: usize = 64 << 20;

impl Cloud {
    /// The streams of a group whose names begin so. Needs logs:DescribeLogStreams.
    pub async fn fetch_log_streams(
        &self,
        place: &Place,
        group: &str,
        prefix: &str,
    ) -> Result<Vec<String>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "logs", "DescribeLogStreams").await);
        let client = self.clients(place).await.logs;
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_log_streams()
                .log_group_name(group)
                .log_stream_name_prefix(prefix)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await;
                let answer = answer.map_err(|failure| of_group(failure, group))?;
                let streams = answer.log_streams.unwrap_or_default().into_iter();
                let names: Vec<String> = streams.filter_map(|stream| stream.log_stream_name).collect();
                Ok((names, answer.next_token))
            }
        })
        .try_concat()
        .await
    }

    /// The messages of a stream, in order. Needs logs:GetLogEvents.
    pub async fn fetch_log_messages(
        &self,
        place: &Place,
        group: &str,
        stream: &str,
    ) -> Result<Vec<String>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "logs", "GetLogEvents").await);
        let client = self.clients(place).await.logs;
        let mut pages = std::pin::pin!(pages(at.clone(), |token: Option<String>| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .get_log_events()
                .log_group_name(group)
                .log_stream_name(stream)
                .start_from_head(true)
                .set_next_token(token.clone());
            async move {
                let answer = cloud.call(&at, call.send()).await;
                let answer = answer.map_err(|failure| of_group(failure, group))?;
                let events = answer.events.unwrap_or_default().into_iter();
                let messages: Vec<String> = events.filter_map(|event| event.message).collect();
                // The end is told by the token that was asked with; a page without events is no end.
                Ok((
                    messages,
                    answer
                        .next_forward_token
                        .filter(|next| Some(next) != token.as_ref()),
                ))
            }
        }));
        let (mut messages, mut size) = (Vec::new(), 0);
        while let Some(page) = pages.try_next().await? {
            size += page.iter().map(String::len).sum::<usize>();
            if size > MOST {
                let says = format!("log stream {stream} is larger than {} MiB", MOST >> 20);
                let hint = format!("aws logs get-log-events --log-group-name {group} reads it");
                return Err(Failure::refused(&at, &says, &hint));
            }
            messages.extend(page);
        }
        Ok(messages)
    }
}

/// What a group refuses, with its name and the remedy.
fn of_group(mut failure: Failure, group: &str) -> Failure {
    if failure.cause.contains("(ResourceNotFoundException)") {
        failure.why = Why::Absent;
        failure.hint = "the instance's role must allow logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents, \
                        logs:DescribeLogGroups and logs:DescribeLogStreams; else its agent writes nothing there"
            .into();
    }
    failure.cause = format!("{} (log group {group})", failure.cause);
    failure
}
