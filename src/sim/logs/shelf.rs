//! What agents wrote to log groups, by account, region, group and stream; in events as the real agent makes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// The most that an agent puts into one event, in bytes.
const EVENT: usize = 200_000;

type Place = (usize, String);
type Streams = BTreeMap<String, Stream>;

/// The events of a stream, oldest first.
pub type Stream = Arc<Vec<(Timestamp, String)>>;

#[derive(Default)]
pub struct Shelf(Mutex<BTreeMap<(Place, String), Streams>>);

impl Shelf {
    /// Keeps an output that is complete; the group and the stream are made where they are not there.
    pub fn put(&self, place: &Place, group: &str, stream: &str, bytes: &[u8]) {
        let now = Timestamp::now();
        let events = events_of(bytes).into_iter().map(|text| (now, text)).collect();
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = groups.entry((place.clone(), group.to_owned())).or_default();
        streams.insert(stream.to_owned(), Arc::new(events));
    }

    /// The streams of a group; none if there is no such group.
    pub fn group(&self, place: Place, group: &str) -> Option<Streams> {
        let groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        groups.get(&(place, group.to_owned())).cloned()
    }
}

/// Lines together as far as they fit; the last line end of an event goes, and so does every carriage return before one.
fn events_of(bytes: &[u8]) -> Vec<String> {
    let pieces = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| line.chunks(EVENT));
    let mut events: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        match events.last_mut() {
            Some(event) if event.len() + piece.len() <= EVENT => event.extend_from_slice(piece),
            _ => events.push(piece.to_vec()),
        }
    }
    let text = |event: &Vec<u8>| {
        let text = String::from_utf8_lossy(event).replace("\r\n", "\n");
        text.strip_suffix('\n').map(str::to_owned).unwrap_or(text)
    };
    events.iter().map(text).filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_share_an_event_as_far_as_they_fit() {
        assert_eq!(events_of(b"a\r\nb\n"), ["a\nb"]);
        assert_eq!(events_of(b"a"), ["a"]);
        let line = "x".repeat(EVENT / 2 + 10);
        assert_eq!(
            events_of(format!("{line}\n{line}\n").as_bytes()),
            [&*line, &*line]
        );
        let long = format!("{}yz\n", "x".repeat(EVENT));
        assert_eq!(events_of(long.as_bytes()), [&"x".repeat(EVENT), "yz"]);
    }
}
