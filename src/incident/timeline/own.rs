//! The incident's own lines as things that were done.

use super::{Item, Kind};
use crate::incident::{Line, Record, opsitem};

/// A line of the incident as something that was done.
pub(super) fn own(line: &Line) -> Item {
    let with = |what: &str, note: &str| match note {
        "" => what.to_owned(),
        note => format!("{what}: {note}"),
    };
    let written = match line.record.when() {
        Some(_) => format!(" (said at {})", line.at.strftime("%H:%M:%S UTC")),
        None => String::new(),
    };
    let (kind, says) = match &line.record {
        Record::Opened(opened) => (
            Kind::Incident,
            format!("incident opened ({}): {}", opened.severity, opened.title),
        ),
        Record::Acknowledged { note, .. } => (Kind::Incident, with("acknowledged", note) + &written),
        Record::Note { text } => (Kind::Note, text.clone()),
        Record::Linked { link, note } => {
            let what = format!("{} {} linked", link.noun(), link.id());
            (Kind::Incident, with(&what, note))
        }
        Record::Mitigated { note, .. } => (Kind::Incident, with("mitigated", note) + &written),
        Record::Recovered { note, .. } => (Kind::Incident, with("recovered", note) + &written),
        Record::Closed { note } => (Kind::Incident, with("closed", note)),
        Record::Reopened { note } => (Kind::Incident, with("reopened", note)),
        Record::Role { role, person } => (Kind::Incident, format!("{person} is {role}")),
        Record::Opsitem {
            did,
            id,
            region,
            refused,
            left,
            ..
        } => {
            let id = id.as_deref().unwrap_or("(none)");
            let says = match refused {
                None => format!("OpsItem {id} in {region}: {did}{}", opsitem::left(left)),
                Some(why) => format!("OpsItem {id} in {region}: not {did}: {why}"),
            };
            (Kind::Incident, says)
        }
        Record::Priced { .. } => (Kind::Incident, "its cost was reckoned".into()),
        Record::Salvaged { bytes, .. } => (
            Kind::Incident,
            format!("{bytes} bytes of a line that was never finished were set aside"),
        ),
    };
    let mut item = Item::new(line.record.when().unwrap_or(line.at), kind, says);
    item.who = Some(line.by.name().to_owned());
    item.arn.clone_from(&line.by.arn);
    item.failed = matches!(&line.record, Record::Opsitem { refused: Some(_), .. });
    item
}
