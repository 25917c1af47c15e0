//! What a crash left torn is closed before recordings are listed: signed as recovered, and on the audit log.

use std::sync::{Mutex, PoisonError};

use crate::app::{Msg, Notice, Weight};
use crate::audit::{Actor, Event, Kind, Log, Rec};
use crate::config::Paths;
use crate::recording::{DeviceKey, Library, Sealed};

use super::inbox::Outbox;

/// One at a time: what another listing is just closing would be listed as live, and stay so.
static TURN: Mutex<()> = Mutex::new(());

pub fn recover(library: &Library, paths: &Paths, out: &Outbox) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let recovered =
        DeviceKey::load_or_create(&paths.data_dir).and_then(|device| library.recover_torn(&device));
    match recovered {
        Ok(recovered) => {
            for each in recovered {
                match each {
                    Ok(sealed) => out.send(Msg::Noticed(tell(paths, &sealed))),
                    Err(cause) => out.send(Msg::Noticed(Notice::new(Weight::Bad, cause.to_string()))),
                }
            }
        }
        Err(cause) => out.send(Msg::Noticed(Notice::new(Weight::Bad, cause.to_string()))),
    }
}

fn tell(paths: &Paths, sealed: &Sealed) -> Notice {
    let path = sealed.path.display().to_string();
    let rec = Rec {
        path: path.clone(),
        size: Some(sealed.len),
        sha256: Some(hex::encode(sealed.sha256)),
        ..Rec::default()
    };
    let id = sealed.path.file_stem().and_then(|id| id.to_str());
    let event = Event {
        sid: id.and_then(|id| id.parse().ok()),
        rec: Some(rec),
        ..Event::new(Kind::RecordingRecovered, Actor::local())
    };
    let logged = Log::open(&paths.data_dir).and_then(|log| log.append(event));
    match logged {
        Ok(_) => Notice::new(
            Weight::Warn,
            "a recording that a crash had left open is closed, signed as recovered",
        )
        .hint(path),
        Err(cause) => Notice::new(
            Weight::Bad,
            format!("a recording was recovered but not logged: {cause}"),
        ),
    }
}
