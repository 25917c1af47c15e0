//! Whether a command may happen: read-only mode, policy and what is asked before. Judged here, once, for every way
//! a command can come: key, palette, prompt, mouse.

use super::command::{Command, Risk, Verb};
use super::model::Model;
use crate::panel::{carry, costs, documents, incident, runbooks};

/// The judgement of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Asked about first; what the question says.
    Asked(Vec<String>),
    Refused {
        says: String,
        hint: String,
    },
}

/// Whether a verb reaches beyond this machine, which read-only mode refuses.
pub fn opens(verb: Verb) -> bool {
    let ends = matches!(
        verb,
        Verb::EndSession | Verb::CancelRun | Verb::StopStep | Verb::StopAutomation | Verb::IncidentOpsItem
    );
    ends || verb.spec().risk == Risk::Opens
}

pub fn judge(model: &Model, command: &Command) -> Verdict {
    let spec = command.spec();
    if model.read_only && opens(command.verb) {
        return Verdict::Refused {
            says: format!("{} is not possible in read-only mode", spec.name),
            hint: "start qd without --read-only".into(),
        };
    }
    match command.verb {
        Verb::SendBlock | Verb::EditPage | Verb::EditOutside if model.catalogue.is_only => Verdict::Refused {
            says: format!("{} is not possible from a catalogue", spec.name),
            hint: "R carries the page out; it asks for what it needs".into(),
        },
        Verb::RunPage if model.carry.is_going() => match carry::going(model) {
            Some(question) => Verdict::Asked(question),
            None => Verdict::Allowed,
        },
        Verb::RunPage | Verb::SendBlock => match runbooks::forbidden(model) {
            Some(why) => Verdict::Refused {
                says: why.to_string(),
                hint: why.hint().into(),
            },
            None => Verdict::Allowed,
        },
        Verb::Quit if model.carry.is_going() => Verdict::Asked(vec![
            format!("{} is being carried out.", model.carry.title),
            "Leaving stops it; `qd runbooks run --resume last` goes on with it.".into(),
        ]),
        Verb::Quit if model.sessions.live() + model.fanout.going() + model.forwards.open() > 0 => {
            Verdict::Asked(leaving(model))
        }
        Verb::ToggleForward => match model.forwards.selected() {
            Some(row) if row.is_open() && !row.connections().is_empty() => Verdict::Asked(vec![
                format!("Stop {}?", row.name),
                format!("{} cut off.", counted(row.connections().len(), "connection")),
            ]),
            _ => Verdict::Allowed,
        },
        Verb::FanOut if model.fleet.marks() == 0 && model.fleet.filter.is_empty() => Verdict::Asked(vec![
            format!(
                "No mark and no filter: this is all {} instances.",
                model.fleet.shown.len()
            ),
            "m marks one, / filters.".into(),
        ]),
        Verb::CancelRun => match model.fanout.run() {
            Some(run) if run.is_going() => Verdict::Asked(vec![
                format!("Cancel `{}` wherever it has not ended?", run.text),
                format!(
                    "{} of {} are over; what they did stays done.",
                    run.over(),
                    run.targets.len()
                ),
            ]),
            _ => Verdict::Allowed,
        },
        Verb::StopAutomation => match model.documents.stopping(&command.argument) {
            Some(question) => Verdict::Asked(question),
            None => Verdict::Allowed,
        },
        Verb::StopStep => match model.documents.stopping_step(&command.argument) {
            Some(question) => Verdict::Asked(question),
            None => Verdict::Allowed,
        },
        Verb::GoOnStep => match documents::letting_go(model) {
            Some(question) => Verdict::Asked(question),
            None => Verdict::Allowed,
        },
        Verb::IncidentClose => match incident::asked_close(model) {
            Some(question) => Verdict::Asked(question),
            None => Verdict::Allowed,
        },
        Verb::EndSession => match model.sessions.current() {
            Some(tab) if tab.is_live() => Verdict::Asked(vec![
                format!("End the session on {}?", tab.title),
                "Its recording is kept, and sealed.".into(),
            ]),
            _ => Verdict::Allowed,
        },
        // What cannot be paid for is no question: asked for, it says why and what to do.
        Verb::Spend => match model.costs.price() {
            Some(price) if model.costs.unpayable("a refresh", &price, model.now).is_none() => {
                Verdict::Asked(vec![
                    "Cost Explorer charges $0.01 for each page of an answer.".into(),
                    format!("A refresh takes {}.", price.says),
                ])
            }
            _ => Verdict::Allowed,
        },
        Verb::Pay => match model.costs.priced() {
            Some(price) => Verdict::Asked(costs::question(price)),
            None => Verdict::Allowed,
        },
        _ => Verdict::Allowed,
    }
}

/// What leaving ends.
fn leaving(model: &Model) -> Vec<String> {
    let mut says = Vec::new();
    if model.sessions.live() > 0 {
        let open = counted(model.sessions.live(), "session");
        says.push(format!("{open} open, ended when you leave."));
    }
    if model.fanout.going() > 0 {
        let going = counted(model.fanout.going(), "run");
        says.push(format!("{going} going, cancelled wherever it has not ended."));
    }
    if model.forwards.open() > 0 {
        let open = counted(model.forwards.open(), "tunnel");
        let connections = match model.forwards.connections() {
            0 => "without a connection".to_owned(),
            1 => "with 1 connection".to_owned(),
            many => format!("with {many} connections"),
        };
        says.push(format!("{open} open {connections}, ended when you leave."));
    }
    says.push("What they did is recorded.".into());
    says
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun} is")
    } else {
        format!("{number} {noun}s are")
    }
}
