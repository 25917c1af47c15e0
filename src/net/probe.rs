//! Whether an address answers, by which way, how quickly, and what time it is there: one unsigned GET.

use std::error::Error as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper::http::Uri;
use hyper::http::header::DATE;
use jiff::Timestamp;

use super::error::{Error, Kind};
use super::{Network, target};

/// What an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// From the first packet to the head of the answer.
    pub took: Duration,
    /// How far the other side's clock is ahead of ours, in seconds; `None` where it tells no time.
    pub ahead_seconds: Option<i64>,
}

impl Network {
    pub async fn probe(&self, url: &str, within: Duration) -> Result<Answer, Error> {
        let unusable = || {
            Error::new(
                Kind::Name,
                "an endpoint's address is no URL",
                "check the endpoints",
            )
        };
        let uri: Uri = url.parse().map_err(|_| unusable())?;
        let place = target(&uri)?;
        let mut request = Request::get(uri.clone())
            .body(Empty::<Bytes>::new())
            .map_err(|_| unusable())?;
        self.authorize(&uri, request.headers_mut());
        let began = Instant::now();
        let asked = tokio::time::timeout(within, self.client(within).request(request));
        let late = || {
            Error::new(
                Kind::Slow,
                format!(
                    "{} took the request and did not answer in {} s",
                    place.host,
                    within.as_secs()
                ),
                "something on the way may hold the connection: a firewall, a proxy",
            )
        };
        let answer = asked.await.map_err(|_| late())?.map_err(|cause| {
            let ours = std::iter::successors(cause.source(), |cause| (*cause).source())
                .find_map(|cause| cause.downcast_ref::<Error>());
            ours.cloned().unwrap_or_else(|| Error::foreign(&place.host))
        })?;
        let ahead_seconds = answer
            .headers()
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(|date| {
                jiff::fmt::rfc2822::DateTimeParser::new()
                    .parse_timestamp(date)
                    .ok()
            })
            .map(|there| there.as_second() - Timestamp::now().as_second());
        Ok(Answer {
            status: answer.status().as_u16(),
            took: began.elapsed(),
            ahead_seconds,
        })
    }
}
