//! Events from elsewhere as a recording of this device. What cannot be taken whole leaves nothing behind.

use super::Taken;
use crate::recording::{DeviceKey, End, Error, Event, Header, Recorder, Sealed, What, Writer};
use crate::term::Size;
use std::path::Path;

pub(super) fn write(taken: Taken, data_dir: &Path, device: &DeviceKey) -> Result<Sealed, Error> {
    let events = taken.events.into_iter();
    let events = events.map(|(at_us, what)| Ok(Event { at_us, what }));
    replay_into(events, taken.header, data_dir, device)
}

/// Writes events at their own times.
pub(in crate::recording) fn replay_into(
    events: impl Iterator<Item = Result<Event, Error>>,
    header: Header,
    data_dir: &Path,
    device: &DeviceKey,
) -> Result<Sealed, Error> {
    let (cols, rows) = header.size;
    let mut end = End {
        why: "imported".into(),
        ..End::default()
    };
    let writer = Writer::create(data_dir, header, device)?;
    let made = writer.path().to_path_buf();
    let mut recorder = Recorder::for_import(writer, Size { cols, rows });
    let mut last_us = 0;
    let put = || {
        for event in events {
            let Event { at_us, what } = event?;
            last_us = at_us;
            match what {
                What::Output(bytes) => recorder.output_at(at_us, &bytes)?,
                What::Stderr(bytes) => recorder.stderr_at(at_us, &bytes)?,
                What::Resize { cols, rows } => recorder.resize_at(at_us, cols, rows)?,
                What::Input(bytes) => recorder.writer_mut().input(at_us, &bytes)?,
                What::Marker(marker) => recorder.writer_mut().marker(at_us, marker)?,
                What::Gap(gap) => recorder.writer_mut().gap(at_us, gap)?,
                What::Join(who) => recorder.writer_mut().participant(at_us, who)?,
                What::SessionId(id) => recorder.writer_mut().session_id(at_us, &id)?,
                What::End(said) => {
                    end.exit_code = said.exit_code;
                    if !said.why.is_empty() {
                        end.why = said.why;
                    }
                }
            }
        }
        Ok(())
    };
    let done = put().and_then(|()| recorder.into_writer().end(last_us, end));
    if done.is_err() {
        // Nothing was shown from it, and its source is still there.
        let _ = std::fs::remove_file(made);
    }
    done
}
