//! What a report says, section by section, as parts that know no markup. Markdown and HTML paint the same parts, so that
//! neither can say less than the other.

mod impact;

use std::collections::BTreeSet;

use super::text::{self, Zone};
use super::{Report, Span, command, evidence};
use crate::incident::timeline::{self, Item, Kind, Spot};
use crate::recording::clock;
use crate::runbook::run::Outcome;

/// A piece of a line.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Our own words.
    Text(String),
    /// Foreign words, or what may hold some.
    Own(String),
    Code(String),
    Strong(String),
    /// Strong, and bad news.
    Bad(&'static str),
    Aside(String),
    /// The next line of what a person wrote.
    Break,
}

pub type Line = Vec<Piece>;

pub enum Part {
    Section(&'static str),
    Heading(Line),
    Paragraph(Line),
    Quote(String),
    Table {
        heads: &'static [&'static str],
        rows: Vec<Vec<Line>>,
    },
    List(Vec<Line>),
    /// What a person still has to do.
    Task(Line),
    /// An output as it was kept.
    Output(String),
}

/// Everything below the title.
pub fn parts(report: &Report, zone: &Zone) -> Vec<Part> {
    let mut page = Page {
        parts: Vec::new(),
        zone,
        alike: alike(report),
    };
    page.head(report);
    page.impact(report);
    page.people(report);
    page.timeline(report);
    page.commands(report);
    page.evidence(report);
    page.cost(report);
    page.recordings(report);
    page.rest(report);
    page.parts
}

fn said(text: impl Into<String>) -> Line {
    vec![Piece::Text(text.into())]
}

fn own(text: impl Into<String>) -> Line {
    vec![Piece::Own(text.into())]
}

fn code(text: impl Into<String>) -> Line {
    vec![Piece::Code(text.into())]
}

/// A sentence of ours that may hold foreign words, what it sets between backticks as code.
fn marked(text: &str) -> Line {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return own(text);
    }
    let piece = |(nth, part): (usize, &&str)| match nth % 2 {
        0 => Piece::Own((*part).to_owned()),
        _ => Piece::Code((*part).to_owned()),
    };
    let parts = parts.iter().enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(piece).collect()
}

struct Page<'z> {
    parts: Vec<Part>,
    zone: &'z Zone,
    /// What several people are called alike.
    alike: BTreeSet<String>,
}

fn alike(report: &Report) -> BTreeSet<String> {
    let people = report.people.iter();
    let people = people.map(|person| (person.name.as_str(), person.arn.as_deref()));
    let did = report.timeline.iter();
    let did = did.filter_map(|item| Some((item.who.as_deref()?, item.arn.as_deref())));
    timeline::alike(people.chain(did))
}

impl Page<'_> {
    fn section(&mut self, title: &'static str) {
        self.parts.push(Part::Section(title));
    }

    fn say(&mut self, line: Line) {
        self.parts.push(Part::Paragraph(line));
    }

    fn table(&mut self, heads: &'static [&'static str], rows: impl Iterator<Item = Vec<Line>>) {
        let rows = rows.collect();
        self.parts.push(Part::Table { heads, rows });
    }

    fn head(&mut self, report: &Report) {
        let moment = |at: &Option<String>| self.zone.stamped(at);
        let span = |at: &Option<String>, span: &Span| match at {
            Some(_) => format!("{} ({})", moment(at), span.says),
            None => span.says.clone(),
        };
        let closed = match &report.closed_at {
            Some(_) => moment(&report.closed_at),
            None => "not yet".into(),
        };
        let acknowledged = span(&report.acknowledged_at, &report.to_acknowledge);
        let mitigated = span(&report.mitigated_at, &report.to_mitigate);
        let recovered = span(&report.recovered_at, &report.to_recover);
        let mut rows = vec![
            ("Incident", said(report.id.clone())),
            ("Severity", said(report.severity.as_str().to_uppercase())),
            ("Status", said(report.status.as_str())),
            ("Began", said(moment(&report.started_at))),
            ("Acknowledged", said(acknowledged)),
            ("Mitigated", said(mitigated)),
            ("Recovered", said(recovered)),
            ("Closed", said(closed)),
            ("Opened by", own(report.opened_by.clone())),
        ];
        if report.reopened > 0 {
            rows.push(("Reopened", said(format!("{} times", report.reopened))));
        }
        if let Some(item) = &report.opsitem {
            rows.push(("OpsItem", own(format!("{} in {}", item.id, item.region))));
        }
        let rows = rows.into_iter().map(|(what, says)| vec![said(what), says]);
        self.table(&["", ""], rows);
        self.say(said(format!("All times are {}.", self.zone.name())));
    }

    fn people(&mut self, report: &Report) {
        self.section("People");
        let alike = self.alike.clone();
        let rows = report.people.iter().map(|person| {
            vec![
                told(
                    own(timeline::person_apart(
                        &person.name,
                        person.arn.as_deref(),
                        &alike,
                    )),
                    person.from.as_ref(),
                ),
                own(person.roles.join(", ")),
                said(person.commands.to_string()),
                said(person.notes.to_string()),
                said(person.did.to_string()),
            ]
        });
        self.table(&["Who", "Role", "Commands", "Notes", "Entries"], rows);
    }

    fn timeline(&mut self, report: &Report) {
        self.section("Timeline");
        let (zone, alike) = (self.zone, self.alike.clone());
        let called = |item: &Item| {
            let name = item.who.as_deref()?;
            Some(timeline::person_apart(name, item.arn.as_deref(), &alike))
        };
        let rows = report.timeline.iter().map(|item| {
            vec![
                said(zone.moment(item.at)),
                said(item.kind.as_str()),
                own(called(item).unwrap_or_else(|| "—".into())),
                on(item),
                what(item),
                item.spot.as_ref().map(place).unwrap_or_default(),
            ]
        });
        self.table(&["Time", "Kind", "Who", "On", "What", "Recording"], rows);
    }

    fn commands(&mut self, report: &Report) {
        self.section("Commands");
        let row = |item: &Item| {
            vec![
                said(self.zone.moment(item.at)),
                on(item),
                told(ran(item), item.from.as_ref()),
                said(item.exit.map_or_else(|| "—".into(), |code| code.to_string())),
                said(item.known.unwrap_or("—")),
            ]
        };
        let rows: Vec<Vec<Line>> = command::ran(&report.timeline).map(row).collect();
        if rows.is_empty() {
            return self.say(said("None is known."));
        }
        self.table(&["Time", "On", "Command", "Exit", "Known by"], rows.into_iter());
        self.say(vec![
            Piece::Code("inferred".into()),
            Piece::Text(" is a guess from what stood behind a prompt; ".into()),
            Piece::Code("typed".into()),
            Piece::Text(
                " is what was typed, to a shell or to whatever was asking. An exit code that nobody told is left out."
                    .into(),
            ),
        ]);
    }

    fn evidence(&mut self, report: &Report) {
        self.section("Evidence");
        let elsewhere = evidence::elsewhere(&report.timeline);
        match (report.evidence.is_empty(), elsewhere.is_empty()) {
            (true, true) => self.say(said("No step left an output as evidence.")),
            (true, false) => self.say(said("No step left an output as evidence here.")),
            (false, _) => {}
        }
        for (from, steps) in elsewhere {
            let many = if steps == 1 {
                "a step".to_owned()
            } else {
                format!("{steps} steps")
            };
            self.say(vec![
                Piece::Text(format!("What {many} of ")),
                Piece::Own(from.to_owned()),
                Piece::Text(" left is on that machine.".into()),
            ]);
        }
        for evidence in &report.evidence {
            let how = match (evidence.ok, evidence.outcome) {
                (false, _) => "NOT what was kept",
                (true, Outcome::Success) => "as it was kept",
                (true, Outcome::Unknown) => "how it ended is not known; what was seen last",
                (true, _) => "failed; its end",
            };
            let covered = match evidence.covered {
                true => "; secrets are covered here, and not in the file that has this hash",
                false => "",
            };
            let (step, target, title) = (&evidence.step, &evidence.target, &evidence.title);
            self.parts.push(Part::Heading(vec![
                Piece::Text("Step ".into()),
                Piece::Own(step.clone()),
                Piece::Text(" on ".into()),
                Piece::Own(target.clone()),
                Piece::Text(": ".into()),
                Piece::Own(title.clone()),
            ]));
            self.say(vec![
                Piece::Text("Run ".into()),
                Piece::Own(evidence.run.clone()),
                Piece::Text(format!(", {}SHA-256 ", evidence.length())),
                Piece::Code(evidence.sha256.clone()),
                Piece::Text(format!(", {how}{covered}.")),
            ]);
            if evidence.left_out > 0 {
                let says = format!("{} bytes before this are left out.", evidence.left_out);
                self.say(said(says));
            }
            self.parts.push(Part::Output(evidence.text.clone()));
        }
    }

    fn cost(&mut self, report: &Report) {
        self.section("Cost during the incident");
        let cost = &report.cost;
        let mut line = match (&cost.during, &cost.currency) {
            (Some(during), Some(currency)) => vec![
                Piece::Strong(format!("{during} {currency}")),
                Piece::Text(", ".into()),
            ],
            _ => Vec::new(),
        };
        line.extend(marked(&cost.says));
        line.push(Piece::Text(".".into()));
        self.say(line);
        if cost.during.is_some() {
            let amount = |amount: &Option<String>| said(amount.as_deref().unwrap_or("not known"));
            let rows = cost
                .targets
                .iter()
                .map(|price| vec![own(price.id.clone()), amount(&price.a_day), amount(&price.during)]);
            self.table(&["Machine", "A day", "During"], rows);
        }
        if let (Some(days), false) = (&cost.days, cost.accounts.is_empty()) {
            let says = format!("All that the touched accounts were billed from {days}:");
            self.say(said(says));
            let bills = cost.accounts.iter().map(|bill| {
                let cost = Piece::Text(format!(": {}", bill.cost));
                vec![Piece::Own(bill.account.clone()), cost]
            });
            self.parts.push(Part::List(bills.collect()));
        }
    }

    fn recordings(&mut self, report: &Report) {
        self.section("Recordings");
        if report.recordings.is_empty() {
            return self.say(said("None."));
        }
        let zone = self.zone;
        let rows = report.recordings.iter().map(|tape| {
            let trust = tape.trust.as_ref();
            let verdict = match trust {
                None => said("not checked"),
                Some(trust) if trust.ok => said("ok"),
                Some(trust) if trust.state == "elsewhere" => said("not here"),
                Some(_) => vec![Piece::Bad("NOT OK")],
            };
            vec![
                code(tape.id.clone()),
                own(tape.kind.clone()),
                own(tape.target.clone()),
                said(zone.stamped(&tape.started_at)),
                said(tape.duration_us.map_or_else(|| "—".into(), text::lasted)),
                verdict,
                said(trust.map_or("—", |trust| trust.state)),
                said(trust.map_or("—", |trust| trust.evidence)),
                marked(trust.map_or("", |trust| &trust.says)),
            ]
        });
        const HEADS: &[&str] = &[
            "Recording",
            "Kind",
            "On",
            "Began",
            "Length",
            "Verified",
            "State",
            "Evidence",
            "Says",
        ];
        self.table(HEADS, rows);
    }

    fn rest(&mut self, report: &Report) {
        self.section("What this report does not know");
        let journal = &report.journal;
        let word = if journal.ok { "whole" } else { "NOT whole" };
        let mut items = vec![said(format!(
            "The incident's journal is {word}: {} lines, {} of them known to the audit log.",
            journal.lines, journal.witnessed
        ))];
        let foreign = |before: &str, says: &String| {
            let mut line = said(before);
            line.extend(marked(says));
            line.push(Piece::Text(".".into()));
            line
        };
        items.extend(journal.faults.iter().map(|says| foreign("Journal, ", says)));
        items.extend(report.warnings.iter().map(|says| foreign("", says)));
        items.push(vec![
            Piece::Text("It tells what was done through Quarterdeck by those whose work this data directory holds; a colleague's exported audit log joins it with ".into()),
            Piece::Code("--with FILE".into()),
            Piece::Text(".".into()),
        ]);
        self.parts.push(Part::List(items));
        self.section("Causes");
        self.say(vec![Piece::Aside("To be written.".into())]);
        self.section("Actions");
        self.parts
            .push(Part::Task(vec![Piece::Aside("To be written.".into())]));
    }
}

fn on(item: &Item) -> Line {
    own(item.target.as_ref().map_or("", |target| target.label()))
}

/// Only what was typed stands as code.
fn says(item: &Item) -> Line {
    match (item.kind, &item.command) {
        (Kind::Command, _) => code(item.says.clone()),
        (Kind::FanOut, Some(command)) => {
            let rest = item.says.strip_prefix(command.as_str()).unwrap_or_default();
            vec![Piece::Code(command.clone()), Piece::Own(rest.to_owned())]
        }
        (Kind::Note, _) => {
            let lines = item.says.lines().map(|line| Piece::Own(line.to_owned()));
            let broken = lines.flat_map(|line| [Piece::Break, line]);
            broken.skip(1).collect()
        }
        _ => own(item.says.clone()),
    }
}

/// What was run, and how it ended where no exit code says so.
fn ran(item: &Item) -> Line {
    let Some(command) = &item.command else {
        return says(item);
    };
    let mut line = code(command.clone());
    if let Some(ended) = command::ended(item) {
        line.push(Piece::Own(format!(" ({ended})")));
    }
    line
}

fn what(item: &Item) -> Line {
    let mut line = says(item);
    let mut add = |piece: Piece| line.extend([Piece::Text(" ".into()), piece]);
    if let Some(exit) = item.exit {
        add(Piece::Text(format!("(exit {exit})")));
    }
    if item.failed && item.exit.is_none() {
        add(Piece::Bad("failed"));
    }
    if item.known == Some("inferred") {
        add(Piece::Aside("inferred".into()));
    }
    if item.clock_went_back {
        add(Piece::Aside("the clock went back before this".into()));
    }
    told(line, item.from.as_ref())
}

/// What somebody else's log alone tells is nothing that this machine knows.
fn told(mut line: Line, from: Option<&String>) -> Line {
    if let Some(from) = from {
        let says = format!("told by {from}");
        line.extend([Piece::Text(" ".into()), Piece::Aside(says)]);
    }
    line
}

fn place(spot: &Spot) -> Line {
    let at = clock(spot.at_us);
    code(format!("qd recordings play {} --at {at}", spot.recording))
}
