//! What of a report tells what was hit: the alarm, the machines that were touched, and what of them is not known yet.

use super::{Line, Page, Part, Piece, own, said, told};
use crate::incident::report::Report;
use crate::incident::timeline::Unsettled;

impl Page<'_> {
    pub(super) fn impact(&mut self, report: &Report) {
        self.section("Impact");
        let impact = &report.impact;
        if let Some(alarm) = &impact.alarm {
            let place = [&alarm.account, &alarm.region].into_iter().flatten();
            let place: Vec<&str> = place.map(String::as_str).collect();
            let lasted = match &impact.alarm_lasted {
                Some(span) => format!("; until recovery {}.", span.says),
                None => "; since when it burnt is not known.".into(),
            };
            self.say(vec![
                Piece::Text("Alarm ".into()),
                Piece::Strong(alarm.name.clone()),
                Piece::Own(format!(" {}", place.join(" "))),
                Piece::Text(lasted),
            ]);
            // Whoever repaired it may never have touched what it is about.
            let about = alarm.dimensions.iter();
            let about: Vec<String> = about.map(|(name, value)| format!("{name} {value}")).collect();
            if !about.is_empty() {
                self.say(vec![
                    Piece::Text("It watches ".into()),
                    Piece::Own(about.join(", ")),
                    Piece::Text(".".into()),
                ]);
            }
            if let Some(reason) = &alarm.reason {
                self.parts.push(Part::Quote(reason.clone()));
            }
        }
        let all = |what: &str, values: &[String]| {
            let values = match values {
                [] => Piece::Text("not known: no touched machine has such a tag".into()),
                values => Piece::Own(values.join(", ")),
            };
            vec![Piece::Text(format!("{what}: ")), values]
        };
        let mut items = vec![all("Services", &impact.services), all("Teams", &impact.teams)];
        if impact.targets.is_empty() && impact.unsettled.is_empty() && impact.untold == 0 {
            items.push(said("No machine was touched from here."));
        }
        let unsettled = impact.unsettled.iter();
        items.extend(unsettled.map(|automation| going_on(automation, impact.targets.is_empty())));
        if impact.untold > 0 {
            items.push(said(untold(impact.untold, impact.targets.is_empty())));
        }
        self.parts.push(Part::List(items));
        if impact.targets.is_empty() {
            return;
        }
        let cell = |text: &Option<String>| own(text.as_deref().unwrap_or("—"));
        let rows = impact.targets.iter().map(|target| {
            vec![
                told(own(target.id.clone()), target.from.as_ref()),
                cell(&target.name),
                cell(&target.account),
                cell(&target.region),
                cell(&target.environment),
                cell(&target.service),
                cell(&target.team),
            ]
        });
        const HEADS: &[&str] = &[
            "Machine",
            "Name",
            "Account",
            "Region",
            "Environment",
            "Service",
            "Team",
        ];
        self.table(HEADS, rows);
    }
}

/// Machines that no log here names.
fn untold(machines: u64, is_all: bool) -> String {
    let begins = match is_all {
        true => "Machines not known",
        false => "Not all machines are known",
    };
    format!("{begins}: a command was sent to {machines} whose names are in recordings that are not here.")
}

/// An automation whose end nobody here has seen.
fn going_on(automation: &Unsettled, is_all: bool) -> Line {
    let begins = match is_all {
        true => "Machines not known yet: ",
        false => "Not all machines are known yet: ",
    };
    let id = &automation.execution_id;
    vec![
        Piece::Text(begins.into()),
        Piece::Own(automation.document.clone()),
        Piece::Text(" still runs as far as is known here, execution ".into()),
        Piece::Own(id.clone()),
        Piece::Text("; ".into()),
        Piece::Code(format!("qd documents status {id}")),
        Piece::Text(" asks how it stands.".into()),
    ]
}
