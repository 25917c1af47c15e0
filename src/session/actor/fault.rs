//! What keeps a session out of its recording: a time in which nothing could be written, which may end, and what was
//! written and is not safe, which does not. Each is news once, an outage each time it comes.

use std::time::Instant;

use super::super::{Core, Piece};
use super::{Actor, Next, unrecordable};
use crate::audit::Kind;
use crate::recording::{Error, Mode};

#[derive(Debug)]
pub(crate) enum Fault {
    /// It takes nothing at the moment.
    Outage(String),
    /// What it took may be lost.
    Unsafe(String),
}

impl Fault {
    fn says(&self) -> &str {
        match self {
            Fault::Outage(says) | Fault::Unsafe(says) => says,
        }
    }
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        match error {
            Error::Sync { .. } => Fault::Unsafe(error.to_string()),
            _ => Fault::Outage(error.to_string()),
        }
    }
}

/// Those of one session.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    outage: Option<Outage>,
    lost: Option<String>,
}

#[derive(Debug)]
struct Outage {
    began_at: Instant,
    says: String,
    /// Shown without a record.
    bytes: usize,
}

impl Faults {
    /// Whether it is news; `bytes` are shown all the same.
    pub fn take(&mut self, fault: Fault, bytes: usize) -> bool {
        match fault {
            Fault::Outage(says) => {
                let is_news = self.outage.is_none();
                let outage = self.outage.get_or_insert_with(|| Outage {
                    began_at: Instant::now(),
                    says,
                    bytes: 0,
                });
                outage.bytes += bytes;
                is_news
            }
            Fault::Unsafe(says) => self.lost.replace(says).is_none(),
        }
    }

    pub fn is_out(&self) -> bool {
        self.outage.is_some()
    }

    /// It is over: what the log is told of it, and what is wrong still.
    pub fn end_outage(&mut self) -> Option<(String, Option<String>)> {
        let Outage {
            began_at,
            says,
            bytes,
        } = self.outage.take()?;
        let lasted = began_at.elapsed().as_secs_f64();
        let note = format!(
            "{says}; after {lasted:.1} s it could be written again, {bytes} bytes were shown without"
        );
        Some((note, self.lost.clone()))
    }
}

impl Actor {
    pub(super) async fn recorded(&mut self, result: Result<(), Error>) -> Next {
        match result {
            Ok(()) => Next::On,
            Err(cause) => self.unrecorded((&cause).into(), &[]).await,
        }
    }

    /// The same for output: that it can be written again after a time is told too.
    pub(super) async fn recorded_output(&mut self, result: Result<(), Error>, piece: &Piece) -> Next {
        match result {
            Ok(()) if !piece.bytes().is_empty() => {
                self.goes_on().await;
                Next::On
            }
            Ok(()) => Next::On,
            Err(cause) => self.unrecorded((&cause).into(), piece.bytes()).await,
        }
    }

    /// A record that could not be written: policy decides whether the session may go on, and both leave a trace.
    pub(super) async fn unrecorded(&mut self, fault: Fault, unrecorded: &[u8]) -> Next {
        let says = fault.says().to_owned();
        let is_news = self.faults.take(fault, unrecorded.len());
        self.status.send_if_modified(|status| {
            let is_new = is_news || status.recording_failed.is_none();
            if is_new {
                status.recording_failed = Some(says.clone());
            }
            is_new
        });
        if self.mode == Mode::Strict {
            // The end comes first; the audit log is told when the recording is sealed.
            return unrecordable(&says);
        }
        if is_news {
            self.journal
                .say(Kind::RecordingFailed, |event| *event = event.clone().failed(says))
                .await;
        }
        if let Core::Recording(recorder) = &mut *self.core.lock() {
            recorder.show_unrecorded(unrecorded);
        }
        Next::On
    }

    /// Output is in the recording: if it could not be for a while, that time is over.
    async fn goes_on(&mut self) {
        let is_full = match &*self.core.lock() {
            Core::Recording(recorder) => recorder.is_full(),
            Core::Ended(_) => true,
        };
        if is_full {
            return;
        }
        let Some((note, left)) = self.faults.end_outage() else {
            return;
        };
        self.status.send_modify(|status| status.recording_failed = left);
        self.journal
            .say(Kind::RecordingGap, |event| {
                *event = event.clone().with("note", note)
            })
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_news_each_time_and_what_is_lost_stays_lost() {
        let mut faults = Faults::default();
        let full = || Fault::Outage("full".into());
        assert!(faults.end_outage().is_none());
        assert!(faults.take(full(), 3) && !faults.take(full(), 4));
        let (note, left) = faults.end_outage().unwrap();
        assert!(
            note.starts_with("full; after 0") && note.contains("7 bytes"),
            "{note}"
        );
        assert_eq!(left, None);
        assert!(faults.take(full(), 0), "a second one");
        assert!(faults.take(Fault::Unsafe("gone".into()), 0));
        assert!(!faults.take(Fault::Unsafe("gone".into()), 0));
        assert_eq!(faults.end_outage().unwrap().1.as_deref(), Some("gone"));
    }
}
