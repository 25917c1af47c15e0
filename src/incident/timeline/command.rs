//! What was run inside recordings: their transcripts' commands, with how each is known; the results of a command on many
//! instances; the connections of a tunnel.

use jiff::{SignedDuration, Timestamp};

use super::{Item, Kind, Spot, Target};
use crate::fanout::Count;
use crate::recording::{Catalogue, Error, Marker, Row, What};

/// Kinds of recordings that carry opaque bytes: what is known of them stands in their marks.
fn is_opaque(kind: &str) -> bool {
    matches!(kind, "port" | "copy" | "ssh" | "fanout")
}

/// Everything that was run in a recording.
pub fn items(catalogue: &Catalogue, row: &Row) -> Result<Vec<Item>, Error> {
    if is_opaque(&row.kind) {
        return marks(catalogue, row);
    }
    let kept = catalogue.load(&row.path)?;
    let item = |command: &crate::recording::Command| {
        let mut item = of(row, command.at_us, Kind::Command, command.text.clone());
        item.exit = command.exit_code;
        item.failed = command.exit_code.is_some_and(|code| code != 0);
        item.known = Some(command.source.as_str());
        item
    };
    Ok(kept.commands.iter().map(item).collect())
}

/// How a command ended on a machine, by the status that it has there. AWS calls terminated what it never began.
pub(super) fn settle(item: &mut Item, status: &str) {
    let count = Count::of(status);
    item.says = match count {
        Count::NeverBegan if status == "Terminated" => "did not begin".to_owned(),
        Count::NeverBegan => format!("did not begin: {status}"),
        _ => status.to_owned(),
    };
    // Of one whose end AWS did not tell nobody knows, and where it never began nothing has failed.
    item.failed = count == Count::Failed;
    item.is_untouched = count.is_untouched();
}

fn of(row: &Row, at_us: u64, kind: Kind, says: String) -> Item {
    let began = Timestamp::from_microsecond(row.started_at).unwrap_or_default();
    let after = SignedDuration::from_micros(i64::try_from(at_us).unwrap_or(i64::MAX));
    let at = began.checked_add(after).unwrap_or(began);
    Item {
        who: row.local_user.clone().or_else(|| row.actor.clone()),
        arn: row.actor.clone().filter(|actor| actor.starts_with("arn:")),
        target: Some(Target {
            id: row.target.clone(),
            name: row.name.clone(),
            account: row.account.clone(),
            region: row.region.clone(),
            ..Target::default()
        }),
        spot: Some(Spot {
            recording: row.id.clone(),
            at_us,
        }),
        ..Item::new(at, kind, says)
    }
}

fn marks(catalogue: &Catalogue, row: &Row) -> Result<Vec<Item>, Error> {
    let (mut items, mut command) = (Vec::new(), None);
    for event in catalogue.reader(&row.path)?.marks()? {
        let What::Marker(marker) = event.what else {
            continue;
        };
        let item = match marker.kind.as_str() {
            "connection" => {
                let mut item = of(row, event.at_us, Kind::Forward, connection(&marker));
                if row.kind == "copy" {
                    item.kind = Kind::Copy;
                }
                item
            }
            "result" => Item {
                command: command.clone(),
                ..result(row, event.at_us, &marker)
            },
            // It stands before its results.
            "command" if row.kind == "fanout" => {
                command = Some(marker.label);
                continue;
            }
            _ => continue,
        };
        items.push(item);
    }
    Ok(items)
}

fn field<'m>(marker: &'m Marker, name: &str) -> &'m str {
    marker.fields.get(name).map_or("", String::as_str)
}

fn connection(marker: &Marker) -> String {
    format!(
        "{} was connected to {}: {} bytes sent, {} received, {}",
        marker.label,
        field(marker, "remote"),
        field(marker, "sent_bytes"),
        field(marker, "received_bytes"),
        field(marker, "end"),
    )
}

fn result(row: &Row, at_us: u64, marker: &Marker) -> Item {
    let some = |name: &str| Some(field(marker, name).to_owned()).filter(|value| !value.is_empty());
    let mut item = of(row, at_us, Kind::Result, String::new());
    settle(&mut item, field(marker, "status"));
    item.exit = field(marker, "exit_code").parse().ok();
    item.target = Some(Target {
        id: Some(marker.label.clone()),
        name: some("name"),
        account: some("account"),
        region: some("region"),
        tags: serde_json::from_str(field(marker, "tags")).unwrap_or_default(),
    });
    item
}
