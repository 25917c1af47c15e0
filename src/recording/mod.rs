//! The recording container: written before display, signed, seekable. `FORMAT.md` beside this file has the bytes.
//!
//! A [`Writer`] puts events into a file, a [`Reader`] takes them out, [`verify()`] says how far a file can be trusted,
//! [`recover()`] closes one whose writer died, [`Library`] finds them.

mod catalogue;
mod checkpoint;
mod cipher;
mod clock;
mod cursor;
mod deck;
mod disk;
mod error;
mod event;
pub mod evidence;
#[cfg(test)]
mod example;
pub mod export;
mod header;
pub mod import;
mod index;
mod json;
mod key;
mod keyring;
mod library;
pub mod live;
mod log;
mod overview;
mod player;
mod pulse;
mod query;
mod reader;
mod recipient;
mod record;
mod recorder;
mod recover;
pub mod redaction;
pub mod remote;
mod scan;
mod search;
mod short;
mod sidecar;
mod sketch;
#[cfg(test)]
pub(crate) mod small_disk;
mod strain;
mod stream;
mod tap;
mod tape;
mod transcript;
mod typed;
mod verify;
mod wire;
mod writer;

pub use catalogue::{Catalogue, Kept};
pub use clock::{clock, parse_clock};
pub use cursor::Cursor;
pub use deck::Deck;
pub use error::Error;
pub use event::{End, Event, Gap, Marker, Participant, What};
pub(crate) use header::header_of;
pub use header::{Header, Mode};
pub use index::{Segment, Summary};
pub use key::{Custody, DeviceKey, keep_device_key};
pub use keyring::{Keyring, create_identity};
pub use library::{Library, Row};
pub use log::{event_of, recovered_event, sealing_event};
pub use overview::{Moment, MomentKind, Overview};
pub use player::{FASTEST, Player, SLOWEST};
pub use query::{BadQuery, Query};
pub use reader::{Reader, State};
pub use recipient::Recipients;
pub use recorder::{Recorder, Told};
pub use recover::{recover, recover_elsewhere};
pub use search::{Found, Hit, Place, search};
pub use short::Short;
pub use strain::{Strain, Waited};
pub use tap::Far;
pub use transcript::{Command, Line, Page, Source, Transcript};
pub use typed::{Typist, keep_typed, line_of};
pub use verify::{Verdict, verify};
pub use writer::{Sealed, Writer};
