//! What a person links to an incident, found by what was typed: `ticket=…`, `alarm=…`, `automation=…`, else a run of a
//! runbook or a recording by its id or the beginning of it.

use std::path::Path;

use super::record::Link;
use crate::recording::Library;
use crate::runbook::run::journal as runs;

#[derive(Debug, thiserror::Error)]
pub enum BadLink {
    #[error("{0} is the beginning of a run ({1}) and of a recording")]
    Both(String, String),
    #[error("{0} is the beginning of several runs")]
    Several(String),
    #[error("{0} names nothing")]
    Empty(String),
    #[error(transparent)]
    Absent(#[from] crate::recording::Error),
}

impl BadLink {
    pub fn hint(&self) -> &'static str {
        match self {
            BadLink::Both(..) | BadLink::Several(_) => "write more of the id",
            BadLink::Empty(_) => "ticket=OPS-12, alarm=NAME, automation=ID, or a recording or a run",
            BadLink::Absent(_) => "`qd recordings ls` and `qd runbooks runs` list them",
        }
    }
}

/// What `what` means.
pub fn find(data_dir: &Path, what: &str) -> Result<Link, BadLink> {
    let what = what.trim();
    let kinds = [
        ("ticket", Link::Ticket as fn(String) -> Link),
        ("alarm", Link::Alarm),
        ("automation", Link::Automation),
    ];
    for (kind, link) in kinds {
        let rest = what.strip_prefix(kind);
        if let Some(id) = rest.and_then(|rest| rest.strip_prefix(['=', ' '])) {
            return match id.trim() {
                "" => Err(BadLink::Empty(what.to_owned())),
                id => Ok(link(id.to_owned())),
            };
        }
    }
    let run = runs::find(data_dir, what);
    let path = Library::open(data_dir).find(what);
    match (run, path) {
        (Ok(run), Ok(_)) => Err(BadLink::Both(what.to_owned(), run)),
        (Ok(run), Err(_)) => Ok(Link::Run(run)),
        (Err(_), Ok(path)) => {
            let reader = crate::recording::Reader::open(&path)?;
            Ok(Link::Recording(reader.header().id.to_string()))
        }
        (Err(runs::Error::Several(..)), Err(_)) => Err(BadLink::Several(what.to_owned())),
        (Err(_), Err(cause)) => Err(cause.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_elsewhere_is_named_by_its_kind() {
        let dir = tempfile::tempdir().unwrap();
        let found = |what: &str| find(dir.path(), what).map_err(|bad| bad.to_string());
        assert_eq!(found("ticket=OPS-12"), Ok(Link::Ticket("OPS-12".into())));
        assert_eq!(found("alarm=shop 5xx "), Ok(Link::Alarm("shop 5xx".into())));
        assert_eq!(found("ticket OPS-12"), Ok(Link::Ticket("OPS-12".into())));
        assert!(found("ticket= ").unwrap_err().contains("names nothing"));
        assert!(found("0193").is_err(), "no run and no recording");
    }
}
