//! DescribeLogStreams and GetLogEvents: the streams of a group, and the events of one in pages of at most a megabyte. The end
//! of a stream is told by the token that was asked with.

use serde::Deserialize;
use serde_json::{Value, json};

use super::shelf::Stream;
use super::{bad_token, limit};
use crate::sim::call::Call;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// What a page of events holds, in bytes; each event counts some more.
const PAGE: usize = 1 << 20;
const OF_EVENT: usize = 26;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamsRequest {
    log_group_name: String,
    #[serde(default)]
    log_stream_name_prefix: String,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventsRequest {
    log_group_name: String,
    log_stream_name: String,
    next_token: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    start_from_head: bool,
}

fn no(what: &str) -> Refusal {
    let message = format!("The specified log {what} does not exist.");
    Refusal::new("ResourceNotFoundException", message)
}

pub fn streams(world: &World, call: &Call<'_>, request: StreamsRequest) -> Result<Value, Refusal> {
    let size = limit(request.limit, 50)?;
    let (group, prefix) = (&request.log_group_name, &request.log_stream_name_prefix);
    let found = world
        .logs
        .group((call.caller.account, call.region.clone()), group);
    let found: Vec<(String, Stream)> = found
        .ok_or_else(|| no("group"))?
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    let who = format!("streams/{}/{}/{group}/{prefix}", call.caller.account, call.region);
    let offset = world.pager.offset(&who, request.next_token.as_deref());
    let offset = offset.map_err(|_| bad_token())?;
    let page = found.iter().skip(offset).take(size);
    let rows: Vec<Value> = page
        .map(|(name, stream)| {
            let at = |event: Option<&(jiff::Timestamp, String)>| event.map(|(at, _)| at.as_millisecond());
            json!({
                "logStreamName": name,
                "arn": format!("arn:aws:logs:{}:{}:log-group:{group}:log-stream:{name}", call.region, call.caller.account_id),
                "creationTime": at(stream.first()), "firstEventTimestamp": at(stream.first()),
                "lastEventTimestamp": at(stream.last()), "lastIngestionTime": at(stream.last()),
            })
        })
        .collect();
    let mut reply = json!({ "logStreams": rows });
    if found.len() > offset + size {
        reply["nextToken"] = world.pager.token(&who, offset + size).into();
    }
    Ok(reply)
}

pub fn get(world: &World, call: &Call<'_>, request: EventsRequest) -> Result<Value, Refusal> {
    let most = limit(request.limit, 10_000)?;
    let (group, stream) = (&request.log_group_name, &request.log_stream_name);
    let found = world
        .logs
        .group((call.caller.account, call.region.clone()), group);
    let found = found.ok_or_else(|| no("group"))?;
    let events = found.get(stream).ok_or_else(|| no("stream"))?;
    let who = |way: &str| {
        format!(
            "events/{way}/{}/{}/{group}/{stream}",
            call.caller.account, call.region
        )
    };
    let token = request.next_token.as_deref();
    let backward = token
        .and_then(|token| token.strip_prefix("b/"))
        .map(|token| world.pager.offset(&who("b"), Some(token)));
    // Where a page begins; without a word on it, at the last one.
    let (from, to) = match (backward, token) {
        (Some(to), _) => back(events, to.map_err(|_| bad_token())?, most),
        (None, Some(token)) => {
            let token = token.strip_prefix("f/").ok_or_else(bad_token)?;
            let from = world
                .pager
                .offset(&who("f"), Some(token))
                .map_err(|_| bad_token())?;
            (from, ahead(events, from, most))
        }
        (None, None) if request.start_from_head => (0, ahead(events, 0, most)),
        (None, None) => back(events, events.len(), most),
    };
    let rows: Vec<Value> = events[from.min(to)..to]
        .iter()
        .map(|(at, text)| {
            let at = at.as_millisecond();
            json!({ "timestamp": at, "message": text, "ingestionTime": at })
        })
        .collect();
    Ok(json!({
        "events": rows,
        "nextForwardToken": format!("f/{}", world.pager.token(&who("f"), to)),
        "nextBackwardToken": format!("b/{}", world.pager.token(&who("b"), from)),
    }))
}

/// Where a page ends that begins here.
fn ahead(events: &Stream, from: usize, most: usize) -> usize {
    let rest = events.iter().skip(from);
    from.min(events.len()) + fitting(rest.map(|(_, text)| text), most)
}

/// Where a page begins that ends here, and its end.
fn back(events: &Stream, to: usize, most: usize) -> (usize, usize) {
    let to = to.min(events.len());
    (
        to - fitting(events[..to].iter().rev().map(|(_, text)| text), most),
        to,
    )
}

fn fitting<'a>(texts: impl Iterator<Item = &'a String>, most: usize) -> usize {
    let sizes = texts.take(most).scan(0, |sum, text| {
        *sum += text.len() + OF_EVENT;
        Some(*sum)
    });
    sizes.take_while(|sum| *sum <= PAGE).count()
}
