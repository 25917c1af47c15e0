//! What interrupts a session and must leave a trace: a drop, a return, a hole. Each is a gap in the recording and a
//! line in the audit log, whatever kind of session it is.

use crate::audit::Kind;
use crate::recording::Gap;
use crate::ssm::{Event, State};

pub(super) struct Seam {
    pub kind: Kind,
    pub gap: Gap,
}

impl Seam {
    /// Of an event that is one.
    pub fn of(event: &Event) -> Option<Self> {
        let (kind, cause, sequence, note) = match event {
            Event::State(State::Resuming { attempt: 1, because }) => {
                (Kind::Disconnect, "disconnect", None, because.to_string())
            }
            Event::Resumed {
                sequence,
                away_for,
                attempts,
            } => {
                let away_ms = away_for.as_millis();
                let note = format!("away for {away_ms} ms, {attempts} tries, nothing lost");
                let around = (*sequence as i64 - 1, *sequence as i64);
                (Kind::Resume, "reconnect", Some(around), note)
            }
            Event::Missing(range) => {
                let last = range.end.saturating_sub(1);
                let note = format!("messages {} to {last} never arrived", range.start);
                let around = (range.start as i64 - 1, range.end as i64);
                (Kind::RecordingGap, "missing", Some(around), note)
            }
            _ => return None,
        };
        let gap = Gap {
            cause: cause.into(),
            sequence,
            note,
            ..Gap::default()
        };
        Some(Self { kind, gap })
    }
}
