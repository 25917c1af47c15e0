//! What a timeline shows of a recording: how much happened when, the commands, and the moments that stand out.

use super::redaction::Rules;
use super::{Command, Error, Reader, What, line_of};
use std::sync::Arc;

/// Stretches of equal length that activity is counted in.
const SLICES: usize = 240;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MomentKind {
    Marker,
    Gap,
    Join,
    Leave,
    /// The session's id came, it ended.
    Session,
}

/// A moment worth going to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub at_us: u64,
    pub kind: MomentKind,
    pub label: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overview {
    /// Bytes of output in each slice of the whole.
    pub activity: Vec<u64>,
    pub moments: Vec<Moment>,
    pub commands: Vec<Command>,
}

impl Overview {
    /// Reads the recording once, for a timeline of `whole_us` on which it begins at `offset_us`.
    pub fn read(
        reader: &Reader,
        commands: &[Command],
        offset_us: u64,
        whole_us: u64,
    ) -> Result<Overview, Error> {
        let mut overview = Overview {
            activity: vec![0; SLICES],
            ..Overview::default()
        };
        let whole_us = whole_us.max(1);
        for event in reader.events()? {
            let event = event?;
            let at_us = event.at_us.saturating_add(offset_us);
            if let What::Output(bytes) | What::Stderr(bytes) = &event.what {
                let nth = u128::from(at_us) * SLICES as u128 / u128::from(whole_us);
                overview.activity[(nth as usize).min(SLICES - 1)] += bytes.len() as u64;
            } else {
                overview.moments.extend(moment(at_us, event.what));
            }
        }
        overview.commands = commands.to_vec();
        for command in &mut overview.commands {
            command.at_us = command.at_us.saturating_add(offset_us);
        }
        Ok(overview)
    }

    /// Covers secrets in what was run: those that the stream had in pieces are whole there.
    pub fn cover(&mut self, rules: &Arc<Rules>) {
        for command in &mut self.commands {
            command.text = rules.redact(&command.text);
        }
    }

    /// Lays another one of the same timeline over this.
    pub fn join(&mut self, other: Overview) {
        for (sum, more) in self.activity.iter_mut().zip(other.activity) {
            *sum += more;
        }
        self.moments.extend(other.moments);
        self.commands.extend(other.commands);
        self.moments.sort_by_key(|moment| moment.at_us);
        self.commands.sort_by_key(|command| command.at_us);
    }
}

fn moment(at_us: u64, what: What) -> Option<Moment> {
    let (kind, label) = match what {
        What::Marker(marker) => (MomentKind::Marker, format!("{} {}", marker.kind, marker.label)),
        What::Gap(gap) => (MomentKind::Gap, format!("gap: {} {}", gap.cause, gap.note)),
        What::Join(who) if who.joined => (MomentKind::Join, format!("{} joined as {}", who.who, who.mode)),
        What::Join(who) => (MomentKind::Leave, format!("{} left", who.who)),
        What::SessionId(id) => (MomentKind::Session, format!("session {id}")),
        What::End(end) => (MomentKind::Session, format!("end: {}", end.why)),
        What::Input(keys) => (MomentKind::Marker, format!("typed {}", line_of(&keys)?)),
        What::Output(_) | What::Stderr(_) | What::Resize { .. } => return None,
    };
    let label = label.trim().to_owned();
    Some(Moment { at_us, kind, label })
}
