//! What a crash left torn is closed before recordings are listed: signed as recovered, and on the audit log.

use std::sync::{Mutex, PoisonError};

use crate::app::{Msg, Notice, Weight};
use crate::audit::Log;
use crate::config::Paths;
use crate::recording::{DeviceKey, Library, Sealed, recovered_event};

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
    match log(paths, sealed) {
        Ok(()) => Notice::new(
            Weight::Warn,
            "a recording that a crash had left open is closed, signed as recovered",
        )
        .hint(sealed.path.display().to_string()),
        Err(cause) => Notice::new(
            Weight::Bad,
            format!("a recording was recovered but not logged: {cause}"),
        ),
    }
}

fn log(paths: &Paths, sealed: &Sealed) -> Result<(), String> {
    let event = recovered_event(&sealed.path).map_err(|cause| cause.to_string())?;
    let logged = Log::open(&paths.data_dir).and_then(|log| log.append(event));
    logged.map(drop).map_err(|cause| cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Range;
    use crate::recording::{Header, Writer};

    #[test]
    fn what_the_console_closes_is_told_like_what_the_command_line_closes() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths {
            config_file: dir.path().join("config.toml"),
            data_dir: dir.path().into(),
            cache_dir: dir.path().into(),
            state_dir: dir.path().into(),
        };
        let device = DeviceKey::load_or_create(dir.path()).unwrap();
        let header = Header {
            target: Some("i-0abc".into()),
            ..Header::new("shell", (80, 24))
        };
        let id = header.id;
        let mut writer = Writer::create(dir.path(), header, &device).unwrap();
        writer.session_id(1, "ops-1").unwrap();
        drop(writer);
        let closed = Library::open(dir.path()).recover_torn(&device).unwrap();
        let notice = tell(&paths, closed[0].as_ref().unwrap());
        assert!(notice.says.contains("signed as recovered"), "{}", notice.says);
        let log = Log::open(dir.path()).unwrap();
        let entry = log.read(Range::default()).unwrap().next().unwrap().unwrap();
        assert_eq!(entry.sid, Some(id.to_string()));
        assert_eq!(entry.target.unwrap().id.as_deref(), Some("i-0abc"));
        assert_eq!(entry.ssm_session_id.as_deref(), Some("ops-1"));
        assert_eq!(entry.body["how"], "its writer died");
        assert!(entry.rec.unwrap().sha256.is_some());
    }
}
