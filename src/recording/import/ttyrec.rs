//! ttyrec: frames of seconds, microseconds and length, 32 bits each, then the bytes. The byte order is that of the
//! machine that wrote it, so it is read off the first frame. There is no size in it, and no version.

use super::file::File;
use super::{MAX_US, Taken, USUAL};
use crate::recording::{Error, Header, What};
use serde_json::json;

const HEAD: usize = 12;

type Order = fn([u8; 4]) -> u32;
const ORDERS: [Order; 2] = [u32::from_le_bytes, u32::from_be_bytes];

/// One frame's time in microseconds, and the length of its bytes.
fn head(bytes: &[u8], order: Order) -> Option<(u64, usize)> {
    let mut words = bytes.get(..HEAD)?.chunks_exact(4);
    let mut word = || words.next()?.try_into().ok().map(order);
    let (seconds, micros, len) = (word()?, word()?, word()?);
    let at_us = u64::from(seconds) * 1_000_000 + u64::from(micros);
    (micros < 1_000_000).then_some((at_us, len as usize))
}

fn order_of(bytes: &[u8]) -> Option<Order> {
    ORDERS.into_iter().find(|order| {
        let first = head(bytes, *order);
        first.is_some_and(|(_, len)| {
            let next = bytes.get(HEAD + len..);
            next.is_some_and(|next| next.is_empty() || head(next, *order).is_some())
        })
    })
}

pub(super) fn is_ttyrec(bytes: &[u8]) -> bool {
    order_of(bytes).is_some()
}

pub(super) fn load(file: &File, size: Option<(u16, u16)>) -> Result<Taken, Error> {
    let not = "this is no ttyrec: a frame begins with seconds, microseconds below 1,000,000 and a length, 32 bits each";
    let order = order_of(&file.bytes).ok_or_else(|| file.bad_byte(0, not))?;
    let mut rest = &file.bytes[..];
    let (mut started_us, mut clock_us) = (None, 0);
    let mut events = Vec::new();
    while !rest.is_empty() {
        let offset = file.bytes.len() - rest.len();
        let (at_us, len) = head(rest, order)
            .ok_or_else(|| file.bad_byte(offset, "a frame that is cut short or has no time"))?;
        let bytes = rest.get(HEAD..HEAD + len).ok_or_else(|| {
            file.bad_byte(
                offset,
                format!("a frame of {len} bytes, of which {} are there", rest.len() - HEAD),
            )
        })?;
        rest = &rest[HEAD + len..];
        let start = *started_us.get_or_insert(at_us);
        // A clock that was set back does not turn the recording back.
        clock_us = at_us.saturating_sub(start).max(clock_us);
        if clock_us > MAX_US {
            return Err(file.bad_byte(offset, "the recording would last for more than a year"));
        }
        if !bytes.is_empty() {
            events.push((clock_us, What::Output(bytes.to_vec())));
        }
    }
    let started_at = started_us.and_then(|us| i64::try_from(us).ok());
    let header = Header {
        started_at: started_at.unwrap_or_else(|| file.made_at.as_microsecond()),
        source: Some(json!({ "format": "ttyrec" })),
        ..Header::new("import", size.unwrap_or(USUAL))
    };
    Ok(Taken { header, events })
}
